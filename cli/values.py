"""Options' values as read: times, dates, rates, shares, names; what cannot be meant is refused with an example."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from gex.position_book import PositionBook
from gex.settings import CONVENTIONS, Convention, Curve, PositionsModel

if TYPE_CHECKING:
    from gex.ingest.rates import RateHistory

EXPIRATIONS = re.compile(r"all|0dte|next|\d{4}-\d{2}-\d{2}|\d+d")
DOLLARS = {"tn": 1e12, "bn": 1e9, "mm": 1e6}
MOST_DOLLARS = 1e15
"""More than there are: the unit is wrong."""
PAIRS = re.compile(r",(?=\s*\w+=)")


def new_york_time(_ctx: click.Context, _param: click.Parameter, value: str | None) -> dt.datetime | None:
    """Read an ISO time; without a zone it is New York's."""
    if value is None:
        return None
    from gex.ingest.times import parse_quote_time

    try:
        return parse_quote_time(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def rate_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Read a rate per year: 0.04 or 4%."""
    if value is None:
        return None
    try:
        rate = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no rate; write 0.04 or 4%") from None
    if not -0.5 < rate < 0.5:
        raise click.BadParameter(f"{value} is {rate:.0%} a year; write 0.04 or 4%")
    return rate


@dataclass(frozen=True)
class DatedCurve(Curve):
    """Rates by date: which are meant is known with the date of the quotes, and until then there are none."""

    rates: tuple[float, ...] = (math.nan,)
    history: RateHistory = field(kw_only=True)

    def on(self, day: dt.date) -> Curve:
        """Return the curve of a day."""
        return Curve(*self.history.curve_on(day))


def curve_of(_ctx: click.Context, _param: click.Parameter, value: str) -> Curve:
    """Read a flat rate, a file of tenors and rates, or a file of rates by date."""
    from gex.ingest.curve import read_curve, read_rates

    history = read_rates(value)
    return DatedCurve(history=history) if history else Curve(*read_curve(value))


def positions_of(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> PositionsModel | PositionBook | None:
    """Return a model by its name, or read the file of a book."""
    models: dict[str, PositionsModel] = {name: name for name in get_args(PositionsModel)}
    if value is None or value in models:
        return models[value] if value else None
    if not Path(value).is_file():
        raise click.BadParameter(f"{value!r} is none of {', '.join(models)}, and no file")
    return book_of(value)


def signed_volume_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> PositionBook | None:
    """Read the file of what dealers bought and sold."""
    return None if value is None else book_of(value)


def book_of(path: str) -> PositionBook:
    """Read a position file."""
    from gex.ingest.positions_file import read_positions

    table, digest = read_positions(path)
    return PositionBook(Path(path).name, table, digest)


def expirations_of(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Check the spelling of a choice of expirations."""
    if not EXPIRATIONS.fullmatch(value) or ("-" in value and not _is_date(value)):
        raise click.BadParameter(f"{value!r} is none of all, 0dte, next, a date (2025-09-19) or days (7d)")
    return value


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def share_of(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """Read a share: 0.05 or 5%."""
    try:
        share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no share; write 0.05 or 5%") from None
    if not 0 <= share <= 1:
        raise click.BadParameter(f"{value!r} must lie between 0 and 100%")
    return share


def dollars_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Read an amount of dollars: 2e9, 2bn, 500mm, 1.5tn, with a sign where it may have one."""
    if value is None:
        return None
    text = value.replace(",", "").strip().lower().removeprefix("$")
    scale = next((scale for ending, scale in DOLLARS.items() if text.endswith(ending)), None)
    try:
        amount = float(text[:-2] if scale else text) * (scale or 1.0)
    except ValueError:
        amount = math.nan
    if not abs(amount) <= MOST_DOLLARS:
        raise click.BadParameter(f"{value!r} is no amount of dollars; write 2bn, 500mm, 1.5tn or 2e9")
    return amount


def finite(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Refuse what no range does: a number that is none, or without end."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no amount")
    return value


def conventions_of(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[Convention, ...]:
    """Read which conventions bands vary: all, none, or vendor,rates."""
    named = {"all": CONVENTIONS, "none": ()}.get(value)
    if named is not None:
        return named
    wanted = [name.strip() for name in value.split(",")]
    if unknown := [name for name in wanted if name not in CONVENTIONS]:
        raise click.BadParameter(f"no convention {unknown[0]!r}; there are all, none, {', '.join(CONVENTIONS)}")
    return tuple(name for name in CONVENTIONS if name in wanted)


def day_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> dt.date | None:
    """Read a date: 2025-09-05."""
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date; write 2025-09-05") from None


def columns_of(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """Read which column of a file is what: strike=K,bid=Bid; a comma may also stand in a column's name."""
    found: dict[str, str] = {}
    for pair in (pair for each in value for pair in PAIRS.split(each)):
        name, _, column = pair.partition("=")
        if not column:
            raise click.BadParameter(f"{pair!r} is no NAME=COLUMN; write strike=K,bid=Bid, and root==SPXW for a value")
        if name.strip() in found:
            raise click.BadParameter(f"{name.strip()} is named twice")
        found[name.strip()] = column
    return found
