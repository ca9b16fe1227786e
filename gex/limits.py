"""Limits: named rules on the fields of a series, each with a test, how long it must hold and where it is over again.

A rule is a frozen description; `gex.limit_states` says in which state one is, snapshot by snapshot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warn", "breach"]
Side = Literal["below", "above"]
DistanceUnit = Literal["plain", "pct"]
SpanUnit = Literal["snapshots", "sessions"]


@dataclass(frozen=True)
class Distance:
    """How far apart two figures are: in their own unit, or in percent of the second's size."""

    amount: float
    unit: DistanceUnit = "plain"

    def __post_init__(self) -> None:
        if not 0 <= self.amount < math.inf:
            raise ValueError(f"a distance must be a number from 0 on, got {self.amount!r}")

    def of(self, value: float, other: float) -> float | None:
        """Return how far `value` is from `other`, signed, in this unit; None for a percentage of zero."""
        if self.unit == "plain":
            return value - other
        return 100.0 * (value - other) / abs(other) if other else None

    def __str__(self) -> str:
        return f"{self.amount:g}{'%' if self.unit == 'pct' else ''}"


@dataclass(frozen=True)
class Span:
    """So many snapshots, or sessions: New York dates of quotes that the series has, each by its last snapshot."""

    count: int
    unit: SpanUnit = "snapshots"

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"a span must be of at least one, got {self.count}")

    def __str__(self) -> str:
        return f"{self.count} {self.unit if self.count > 1 else self.unit[:-1]}"


@dataclass(frozen=True)
class Beyond:
    """The field is below or above a bound."""

    side: Side
    bound: float
    clear: float | None = None
    """Over again only at this value or beyond it, on the other side of the bound."""

    def __post_init__(self) -> None:
        _check_band(self.side, self.bound, self.clear)


@dataclass(frozen=True)
class Percentile:
    """The field's percentile among its own past is below or above a bound.

    The past is the last known value of each earlier session of the span; values equal to the field's count half.
    """

    side: Side
    bound: float
    clear: float | None = None
    over: Span = Span(252, "sessions")
    at_least: int = 20
    """Fewer values of the past than this say nothing."""

    def __post_init__(self) -> None:
        if not all(0 <= each <= 100 for each in (self.bound, self.clear or 0.0)):
            raise ValueError("a percentile must lie between 0 and 100")
        if self.over.unit != "sessions":
            raise ValueError(f"the past of a percentile is of sessions, got {self.over}")
        if not 1 <= self.at_least <= self.over.count:
            raise ValueError(f"at_least must lie between 1 and {self.over.count}, the sessions of over")
        _check_band(self.side, self.bound, self.clear)


@dataclass(frozen=True)
class Within:
    """The field is within a distance of another."""

    other: str
    distance: Distance
    clear: Distance | None = None

    def __post_init__(self) -> None:
        _check_unit(self.distance, self.clear)
        _check_band("below", self.distance.amount, self.clear.amount if self.clear else None)


@dataclass(frozen=True)
class Moves:
    """The field has moved by more than a distance over a span."""

    distance: Distance
    over: Span = Span(1, "sessions")
    clear: Distance | None = None

    def __post_init__(self) -> None:
        _check_unit(self.distance, self.clear)
        _check_band("above", self.distance.amount, self.clear.amount if self.clear else None)


@dataclass(frozen=True)
class Crosses:
    """The field is on the other side of another one than it was a span ago."""

    other: str
    over: Span = Span(1, "sessions")
    clear: Distance = Distance(0.0)
    """No nearer than this is the other side: within it, the field counts as on the side that it came from."""


@dataclass(frozen=True)
class Is:
    """The field, a word, is one of these."""

    values: tuple[str, ...]


Test = Beyond | Percentile | Within | Moves | Crosses | Is


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One limit.

    Attributes:
        name: What it is called.
        field: A name of `gex.limit_fields.FIELDS`.
        test: When it fires.
        lasting: For so many snapshots, or sessions, in a row: a snapshot without a figure neither counts nor interrupts.
        severity: How much it matters.
        symbols: What it holds for; empty for all.
        message: What to tell whoever reads the alert.

    """

    name: str
    field: str
    test: Test
    severity: Severity
    lasting: Span = Span(1)
    symbols: tuple[str, ...] = ()
    message: str = ""

    def __post_init__(self) -> None:
        test = self.test
        if isinstance(test, Crosses) and test.over == Span(1, "snapshots") and self.lasting.count > 1:
            raise ValueError('a crossing since the last snapshot lasts for one: write over = "1 session", or no for')

    @property
    def threshold(self) -> float | tuple[str, ...]:
        """What the figure is held against, in its unit: a bound, a distance, words; for a crossing, its band."""
        match self.test:
            case Beyond() | Percentile():
                return self.test.bound
            case Within() | Moves():
                return self.test.distance.amount
            case Crosses():
                return self.test.clear.amount
            case Is():
                return self.test.values

    @property
    def clear(self) -> float | None:
        """Where a breach is over again, in the unit of the threshold; None where it has no place of its own."""
        match self.test:
            case Beyond() | Percentile():
                return self.test.clear
            case Within() | Moves():
                return None if self.test.clear is None else self.test.clear.amount
        return None

    def holds_for(self, symbol: str) -> bool:
        """Tell whether the rule is about a symbol."""
        return not self.symbols or symbol in self.symbols


def _check_unit(distance: Distance, clear: Distance | None) -> None:
    if clear is not None and clear.unit != distance.unit:
        raise ValueError(f"clear must be in the unit of {distance}, got {clear}")


def _check_band(side: Side, bound: float, clear: float | None) -> None:
    """Refuse a limit that would be over again while it still holds."""
    if not math.isfinite(bound) or not math.isfinite(clear or 0.0):
        raise ValueError("a bound must be a finite number")
    if clear is not None and (clear < bound if side == "below" else clear > bound):
        wanted = "at or above" if side == "below" else "at or below"
        raise ValueError(f"clear must lie {wanted} {bound:g}, where the limit no longer holds; got {clear:g}")
