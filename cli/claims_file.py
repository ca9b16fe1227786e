"""A file of claims (TOML): one table a claim, read strictly into `gex.signals.claims`; a bad one does not hide the others."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from gex.cli.claim_figures import amount, claimed, count, day, days, number, optional_day, percent, span
from gex.cli.toml_table import Table, nearest, read_toml
from gex.signals.claims import (
    Claim,
    Direction,
    Edge,
    Event,
    FlowOfPosition,
    Level,
    Persistence,
    Seasonality,
    ShareOfWhole,
    Sign,
    Streak,
    Touched,
    Trade,
)
from gex.signals.units import Period

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import click

    from gex.signals.claims import Test

COMMON = ("text", "source", "kind", "note")
KINDS: dict[str, tuple[str, ...]] = {
    "level": ("history", "expression", "on", "claimed", "unit", "tolerance"),
    "touched": ("history", "on", "price"),
    "streak": ("history", "condition", "on", "claimed", "tolerance", "longest_since", "from"),
    "persistence": ("history", "condition", "closes", "on"),
    "seasonality": ("history", "month", "mean", "rank", "tolerance", "from", "to"),
    "event": (
        *("history", "when", "dates", "horizon", "hit", "median", "mean", "drawdown", "edge"),
        *("tolerance", "from", "to", "entry"),
    ),
    "flow": ("flow", "position", "period"),
    "share": ("part", "share", "whole", "whole_source"),
    "sign": ("gamma", "move", "dealers"),
}
"""What a claim may be of, and the keys that go with it."""
LONGEST = {"horizon": 2520, "closes": 10_000}
"""Sessions, at the most: ten years ahead, forty in a row."""
LEVEL_UNITS = ("points", "percent", "bp", "ratio", "sessions")


@dataclass(frozen=True)
class Entry:
    """A claim of a file, or why it cannot be read."""

    table: Table
    claim: Claim | click.UsageError

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.table.place[-1]


def read_claims(path: Path) -> tuple[Entry, ...]:
    """Return the claims of a file, in its order.

    Raises:
        click.UsageError: It is no such file, or has no claim at all; the message names the line.

    """
    file = read_toml(path, ("claims",))
    found = tuple(Entry(table, _read(table)) for table in file.tables("claims", ()))
    if not found:
        raise file.error("it has no claim; write [claims.NAME], docs/claims.md shows how")
    return found


def _read(table: Table) -> Claim | click.UsageError:
    import click

    try:
        return _claim(table)
    except click.UsageError as error:
        return error


def _claim(table: Table) -> Claim:
    every = sorted({key for keys in KINDS.values() for key in keys})
    table = Table(table.source, table.place, table.values, (*COMMON, *every))
    if table.values.get("kind") not in KINDS:
        told = table.text("kind")
        raise table.error(f"kind must be one of {', '.join(KINDS)}; got {told!r}{nearest(told, KINDS)}", "kind")
    kind = table.text("kind")
    for key in table.values:
        if key not in (*COMMON, *KINDS[kind]):
            raise table.error(f"{key} does not go with kind {kind}, which takes {', '.join(KINDS[kind])}", key)
    text, source = table.text("text"), table.text("source")
    try:
        test = _MAKERS[kind](table)
    except ValueError as error:
        raise table.error(str(error)) from None
    return Claim(table.place[-1], text, source, test, table.text("note", "-") if "note" in table.values else "")


def _level(table: Table) -> Test:
    return Level(
        history=table.text("history"),
        expression=table.text("expression"),
        on=day(table, "on"),
        claimed=claimed(table, "claimed", number, "0.5%"),
        unit=table.choice("unit", LEVEL_UNITS),  # type: ignore[arg-type]
    )


def _touched(table: Table) -> Test:
    price = table.values.get("price")
    if isinstance(price, str):
        return Touched(table.text("history"), day(table, "on"), table.text("price"))
    zone = claimed(table, "price", number, 0.0)
    return Touched(table.text("history"), day(table, "on"), (zone.low, zone.high))


def _streak(table: Table) -> Test:
    return Streak(
        history=table.text("history"),
        condition=table.text("condition"),
        on=day(table, "on"),
        claimed=claimed(table, "claimed", number, 0.0),
        longest_since=optional_day(table, "longest_since"),
        start=optional_day(table, "from"),
    )


def _persistence(table: Table) -> Test:
    closes = count(table, "closes", LONGEST["closes"])
    return Persistence(table.text("history"), table.text("condition"), closes, day(table, "on"))


def _seasonality(table: Table) -> Test:
    written = table.values.get("month")
    names = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
    month = names.get(written.lower(), 0) if isinstance(written, str) else count(table, "month", 12)
    if not month:
        raise table.error(f'month must be a month\'s name or 1 to 12 ("December" or 12); got {written!r}', "month")
    mean = claimed(table, "mean", percent, "0.1%") if "mean" in table.values else None
    rank = count(table, "rank", 12) if "rank" in table.values else None
    if mean is None and rank is None:
        raise table.error("a claim on a month needs a figure: give mean, or rank (1 is the best month)")
    return Seasonality(table.text("history"), month, mean, rank, *span(table))


def _event(table: Table) -> Test:
    if ("when" in table.values) == ("dates" in table.values):
        raise table.error("say once when it happened: with when, an expression, or with dates, a list of days")
    figures = {
        key: claimed(table, key, percent, "1%" if key == "hit" else "0.5%") if key in table.values else None
        for key in ("hit", "median", "mean", "drawdown")
    }
    hit = figures["hit"]
    if hit is not None and any(math.isfinite(each) and not 0 <= each <= 1 for each in (hit.low, hit.high)):
        raise table.error("hit is a share of cases, from 0% to 100%", "hit")
    if (drawdown := figures["drawdown"]) is not None and drawdown.low > 0:
        raise table.error('drawdown is a loss: write "-18.7%"', "drawdown")
    start, end = span(table)
    return Event(
        history=table.text("history"),
        when=table.text("when") if "when" in table.values else days(table, "dates"),
        horizon=count(table, "horizon", LONGEST["horizon"]),
        edge=table.choice("edge", get_args(Edge)) if "edge" in table.values else None,  # type: ignore[arg-type]
        start=start,
        end=end,
        entry=table.choice("entry", ("signal", "next"), "signal"),  # type: ignore[arg-type]
        **figures,
    )


def _flow(table: Table) -> Test:
    flow, position = (amount(table, key) for key in ("flow", "position"))
    if not position:
        raise table.error("position must not be zero", "position")
    return FlowOfPosition(flow, position, table.choice("period", get_args(Period)))  # type: ignore[arg-type]


def _share(table: Table) -> Test:
    part, share = amount(table, "part"), percent(table, "share", table.values.get("share"))
    if not 0 < share <= 1:
        raise table.error("share must be above 0% and 100% at the most", "share")
    whole = table.values.get("whole")
    low, high = (
        (amount(table, "whole", each) for each in whole)
        if isinstance(whole, list) and len(whole) == 2
        else (amount(table, "whole"),) * 2
    )
    if part <= 0 or not 0 < low <= high:
        raise table.error("part and whole must be positive, and a range from its least to its most", "whole")
    return ShareOfWhole(part, share, (low, high), table.text("whole_source"))


def _sign(table: Table) -> Test:
    return Sign(
        table.choice("gamma", get_args(Direction)),  # type: ignore[arg-type]
        table.choice("move", ("up", "down")),  # type: ignore[arg-type]
        table.choice("dealers", get_args(Trade)),  # type: ignore[arg-type]
    )


_MAKERS: dict[str, Callable[[Table], Test]] = {
    "level": _level,
    "touched": _touched,
    "streak": _streak,
    "persistence": _persistence,
    "seasonality": _seasonality,
    "event": _event,
    "flow": _flow,
    "share": _share,
    "sign": _sign,
}
