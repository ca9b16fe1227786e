"""The chart of a series out of its rows: gaps at their places, a panel a figure, the limits on each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.history_picture import BAND
from gex.cli.render.history_screen import ABOVE, GROSS, NET, TODAY
from gex.cli.render.series_chart import Bound, Chart, Curve, Lane, Panel, Place
from gex.limit_fields import FIELDS
from gex.limits import Beyond

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from gex.cli.render.history_screen import Shown
    from gex.cli.render.series_chart import Kind, Look, Value
    from gex.cli.serve.pages.series_limits import Watched

    Row = dict[str, Any]

LONGEST = 10
"""Steps that a gap takes at the most."""
USUAL = (NET, GROSS, ABOVE, TODAY)
"""Panels below that of levels where nobody asks for others."""
MOST = 12
"""Panels of one page."""
PRICES: dict[str, Look] = {"call_wall": "call_wall", "put_wall": "put_wall", "gamma_flip": "flip", "spot": "spot"}
"""Figures of the first panel, in the order they are drawn."""
NAMES = {
    "spot": "spot",
    "gamma_flip": "flip",
    "call_wall": "call wall",
    "put_wall": "put wall",
    NET: "Net gamma",
    GROSS: "Gross gamma",
    ABOVE: "Spot above the flip",
    TODAY: "0DTE share of gross gamma",
    "zero_dte_net_gamma_usd_per_1pct": "0DTE net gamma",
}


@dataclass(frozen=True)
class Measure:
    """How a column is written.

    Attributes:
        scale: What its values are divided by.
        unit: Of what is shown then.
        kind: How ticks are written.
        digits: Decimals.
        signed: Whether a sign is written.

    """

    scale: float
    unit: str
    kind: Kind
    digits: int
    signed: bool

    def __call__(self, value: float) -> str:
        """Return a value as text, without its unit but for percentages."""
        shown = value / self.scale
        text = (
            figures.signed(shown, self.digits)
            if self.signed
            else f"{shown:,.{self.digits}f}".replace("-", figures.MINUS)
        )
        return text + ("%" if self.kind == "percent" else "")


def measure_of(name: str, values: Sequence[Value]) -> Measure:
    """Return how a column is written that has these values."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if "_usd" in name:
        money = figures.Money.spanning(known)
        signed = "gross" not in name
        unit = f"{money.unit} per +1% of spot" if name.endswith("per_1pct") else money.unit
        return Measure(money.scale, unit, "number" if signed else "price", money.decimals, signed)
    if name.endswith(("_share_of_gross", "_probability", "_share")):
        return Measure(0.01, "%", "percent", 0, signed=False)
    if name.endswith("_pct"):
        return Measure(1.0, "% of spot", "percent", 2, signed=True)
    if name.endswith("_percentile"):
        return Measure(1.0, "0 to 100", "price", 0, signed=False)
    if name in FIELDS and FIELDS[name].unit == "price":
        return MEASURE
    return Measure(1.0, "", "price", figures.decimals(max(map(abs, known), default=0.0)), signed=False)


MEASURE = Measure(1.0, "points", "price", 1, signed=False)
"""Of prices."""


def title_of(name: str, measure: Measure) -> str:
    """Return the heading of a panel."""
    what = NAMES.get(name) or name.replace("_usd_per_1pct", "").replace("_", " ")
    return what[:1].upper() + what[1:] + (f", {measure.unit}" if measure.unit else "")


def columns_there(shown: Shown) -> list[str]:
    """Return the columns that a panel can show: numbers."""
    return [name for name, kind in shown.history.frame.schema.items() if kind.is_numeric()]


def chart_of(shown: Shown, watched: Watched | None, columns: Sequence[str] | None) -> Chart:
    """Return the chart.

    Args:
        shown: The series.
        watched: Its limits; None where nobody set any.
        columns: Panels below that of levels; None for the usual ones, and those that limits are set on.

    """
    places, rows = _places(shown.rows)
    names = list(columns) if columns is not None else [*USUAL, *_limited(shown, watched)][:MOST]
    panels = [_levels(rows, watched), *(_panel(name, rows, watched) for name in names)]
    lanes = () if watched is None else tuple(_lane(watched, number, rows) for number in range(len(watched.rules)))
    return Chart(shown.rows[-1]["underlying"], _finding(shown), _caption(shown), places, tuple(panels), lanes)


def _limited(shown: Shown, watched: Watched | None) -> Iterator[str]:
    """Yield columns that have a limit at one value, and no panel otherwise."""
    there = set(columns_there(shown)) - {*USUAL, *PRICES}
    for rule in watched.rules if watched else ():
        if isinstance(rule.test, Beyond) and rule.field in there:
            there.discard(rule.field)
            yield rule.field


def _places(rows: Sequence[Row]) -> tuple[tuple[Place, ...], list[Row | None]]:
    """Return the steps along the sessions, and the row of each; None where sessions are missing."""
    from gex.ingest.calendar import next_session

    places: list[Place] = []
    found: list[Row | None] = []
    before: dt.date | None = None
    for row in rows:
        day = row["quote_date"]
        missing: list[dt.date] = []
        while before is not None and (before := next_session(before)) < day:
            missing.append(before)
        shown = missing[:LONGEST]
        for number, each in enumerate(shown, 1):
            count = len(missing) - len(shown) + 1 if number == len(shown) else 1
            places.append(Place(f"{each}", "", count))
            found.append(None)
        time = row["quote_time"].astimezone(figures.NEW_YORK)
        places.append(Place(f"{day}", f"{time:%H:%M} ET"))
        found.append(row)
        before = day
    return tuple(places), found


def _values(rows: Sequence[Row | None], name: str, scale: float = 1.0) -> tuple[Value, ...]:
    """Return a column in the unit of its panel; what is null or not finite is None."""
    values = (None if row is None else row.get(name) for row in rows)
    return tuple(value / scale if value is not None and math.isfinite(value) else None for value in values)


def _levels(rows: Sequence[Row | None], watched: Watched | None) -> Panel:
    """Return the first panel: spot, flip with its band, walls."""
    last = next(row for row in reversed(rows) if row is not None)
    write: dict[str, Callable[[float], str]] = {
        "spot": figures.price,
        "gamma_flip": partial(figures.level, spot=last["spot"]),
    }
    curves, beside = [], []
    for name, look in PRICES.items():
        values = _values(rows, name)
        if any(value is not None for value in values):
            curves.append(Curve(NAMES[name], look, values, breaches=_breaches(watched, rows, name)))
            value = last.get(name)
            beside.append("" if value is None else f"{NAMES[name]} {write.get(name, figures.strike)(value)}")
    low, high = (_values(rows, name) for name in BAND)
    band = (low, high) if any(value is not None for value in low) else None
    first = [curves[-1], *curves[:-1]]
    return Panel(
        "levels",
        "Spot, flip and walls, points",
        "price",
        1,
        False,
        tuple(first),
        band,
        tuple(bound for name in PRICES for bound in _bounds(watched, name, MEASURE)),
        beside=(beside[-1], *beside[:-1]),
    )


def _panel(name: str, rows: Sequence[Row | None], watched: Watched | None) -> Panel:
    raw = _values(rows, name)
    measure = measure_of(name, raw)
    unsure = tuple(n for n, row in enumerate(rows) if row is not None and row.get("regime") == "near_zero")
    look: Look = "net" if name == NET else "line"
    values = _values(rows, name, measure.scale)
    curve = Curve(NAMES.get(name, name), look, values, unsure, _breaches(watched, rows, name))
    return Panel(
        name,
        title_of(name, measure),
        measure.kind,
        measure.digits,
        measure.signed,
        (curve,),
        bounds=tuple(_bounds(watched, name, measure)),
        ranks=_values(rows, f"{name}_percentile") if any(f"{name}_percentile" in row for row in rows if row) else (),
        beside=tuple(_beside(name, rows, measure)),
    )


def _beside(name: str, rows: Sequence[Row | None], measure: Measure) -> Iterator[str]:
    """Say the last figure and its rank."""
    last = next(row for row in reversed(rows) if row is not None)
    if last.get(name) is None:
        yield "none"
        return
    text = figures.dollars(last[name]) if measure.scale >= 1e6 else measure(last[name])
    yield text if measure.signed else text.removeprefix("+")
    yield from ranked(last, name)


def ranked(row: Row, name: str) -> Iterator[str]:
    """Yield the place of a figure among its own past, if it has one."""
    if row.get(f"{name}_percentile") is not None:
        yield f"percentile {row[f'{name}_percentile']:.0f} of {row[f'{name}_sessions']}"


def _bounds(watched: Watched | None, name: str, measure: Measure) -> Iterator[Bound]:
    for rule in watched.rules if watched else ():
        if isinstance(rule.test, Beyond) and rule.field == name:
            value = rule.test.bound / measure.scale
            written = f"{value:,.6g}".replace("-", figures.MINUS) + ("%" if measure.kind == "percent" else "")
            yield Bound(rule.name, value, f"{rule.test.side} {written}")


def _breaches(watched: Watched | None, rows: Sequence[Row | None], name: str) -> tuple[int, ...]:
    """Return the places at which a breach of a limit on a column begins."""
    found: set[int] = set()
    for number, rule in enumerate(watched.rules if watched else ()):
        if rule.field == name and watched is not None:
            states = [None if row is None else watched.state(number, row) for row in rows]
            # A gap neither ends a breach nor begins one.
            known = [(place, state) for place, state in enumerate(states) if state is not None]
            before = [None, *(state for _, state in known)]
            found |= {place for (place, state), last in zip(known, before, strict=False) if state == "breached" != last}
    return tuple(sorted(found))


def _lane(watched: Watched, number: int, rows: Sequence[Row | None]) -> Lane:
    states = tuple(None if row is None else watched.state(number, row) for row in rows)
    rule = watched.rules[number]
    return Lane(rule.name, states, watched.now(number), rule.severity)


def _finding(shown: Shown) -> str:
    """Say the last session in a sentence."""
    row, money = shown.rows[-1], shown.money
    rank = "".join(f", {text} sessions before" for text in ranked(row, NET))
    said = f"net gamma was {money.alone(row[NET])} {money.unit} per +1% on {row['quote_date']}{rank}"
    if row[ABOVE] is not None:
        said += f"; spot {abs(row[ABOVE]):.2f}% {'above' if row[ABOVE] >= 0 else 'below'} the flip"
    return said


def _caption(shown: Shown) -> str:
    from gex.cli.render.history_screen import held
    from gex.summary import DECISIVE

    return (
        f"The last snapshot of each session, restated. Dollars {held(shown.rows)}. Ribbon: the flip under other methods. "
        f"Hatched: no result, or a net under {DECISIVE:.0%} of gross, whose sign is unknown. Triangles: a breach of a "
        "limit on that figure begins. Walls by net gamma of all expirations."
    )
