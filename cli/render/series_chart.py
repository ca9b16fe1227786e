"""What a chart of a series shows, before anybody draws it: places along the sessions, panels of figures, lanes of limits.

The picture (`series_picture`) and the script of the page (`series.js`) are drawn from the same chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.limits import Severity

Value = float | None
Look = Literal["spot", "flip", "call_wall", "put_wall", "net", "line"]
"""How a figure is drawn: walls as steps, net gamma as bars, all others as lines."""
Kind = Literal["price", "number", "percent"]
Mark = Literal["ok", "pending", "breached", "cleared", "unknown"]

GUTTER = 0.06
NEAR = 1.5
"""A limit further from the figures than so many times their range is named at the edge, so that it flattens nothing."""


@dataclass(frozen=True)
class Place:
    """One step along the sessions: one of them, or what is missing between two."""

    label: str
    """Its date."""
    time: str
    """Of the quotes, New York time; empty where there is no result."""
    missing: int = 0
    """So many sessions without a result, drawn as one step; 0 where there is a result."""


@dataclass(frozen=True)
class Curve:
    """One figure through time, in the unit of its panel; None at places without it."""

    label: str
    look: Look
    values: tuple[Value, ...]
    unsure: tuple[int, ...] = ()
    """Places at which its sign is unknown."""
    breaches: tuple[int, ...] = ()
    """Places at which a breach of a limit on it begins."""


@dataclass(frozen=True)
class Bound:
    """Where a limit lies."""

    rule: str
    value: float
    words: str
    """The test: `below 0`."""


@dataclass(frozen=True)
class Panel:
    """Figures of one unit on one axis.

    Attributes:
        name: Of the column.
        title: What it is, with its unit.
        kind: How its figures are written.
        digits: Decimals of them.
        signed: Whether they are written with their sign.
        curves: The figures.
        band: Low and high of the flip under other methods.
        bounds: Limits on it that lie at one value.
        ranks: Percentile of the first figure at each place.
        beside: What stands at its right end, the latest figure first.

    """

    name: str
    title: str
    kind: Kind
    digits: int
    signed: bool
    curves: tuple[Curve, ...]
    band: tuple[tuple[Value, ...], tuple[Value, ...]] | None = None
    bounds: tuple[Bound, ...] = ()
    ranks: tuple[Value, ...] = ()
    beside: tuple[str, ...] = ()

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Return the lowest and highest value of its axis, with some room."""
        known = [value for values in self.all_values() for value in values if value is not None]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        if any(curve.look == "net" for curve in self.curves):
            low, high = min(low, 0.0), max(high, 0.0)
        reach = NEAR * (high - low)
        near = [bound.value for bound in self.bounds if low - reach <= bound.value <= high + reach]
        low, high = min(low, *near, low), max(high, *near, high)
        room = GUTTER * (high - low) or 0.01 * abs(high) or 1.0
        return low - room, high + room

    def all_values(self) -> Iterator[Sequence[Value]]:
        """Yield the values of each curve, and of the band."""
        yield from (curve.values for curve in self.curves)
        yield from self.band or ()


@dataclass(frozen=True)
class Lane:
    """One limit through time."""

    rule: str
    states: tuple[Mark | None, ...]
    """None at places where nobody looked."""
    now: str
    """Its state at the last place, in words."""
    severity: Severity


@dataclass(frozen=True)
class Chart:
    """All of it."""

    underlying: str
    finding: str
    """A sentence."""
    caption: str
    places: tuple[Place, ...]
    panels: tuple[Panel, ...]
    lanes: tuple[Lane, ...] = ()


def runs(values: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield first and last place of each stretch in which no value is None."""
    first = None
    for place, value in enumerate(values):
        if value is None and first is not None:
            yield first, place - 1
            first = None
        elif value is not None and first is None:
            first = place
    if first is not None:
        yield first, len(values) - 1


def stretches(values: Sequence[Mark | None]) -> Iterator[tuple[int, int, Mark]]:
    """Yield first place, last place and state of each stretch of one state."""
    first = 0
    for place in range(1, len(values) + 1):
        if place == len(values) or values[place] != values[first]:
            state = values[first]
            if state is not None:
                yield first, place - 1, state
            first = place
