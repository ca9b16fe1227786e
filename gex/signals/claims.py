"""Claims that market notes make, each with its figure, in a form that can be held against the record.

A claim is words, where they stand, and a test: what must be computed from which history, and the figure that the words
say comes out. `gex.signals.audit` computes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import datetime as dt

    from gex.signals.units import Period

Unit = Literal["points", "percent", "bp", "ratio", "sessions", "share", "return", "rank", "usd", "word"]
"""Of a figure: `share` and `return` are fractions."""
Edge = Literal["higher", "lower"]
Direction = Literal["positive", "negative"]
Trade = Literal["buy", "sell"]


@dataclass(frozen=True)
class Claimed:
    """The figure of a claim: one number, a range, or one side of a bound.

    Attributes:
        low: Least that is claimed, −inf for none.
        high: Most that is claimed, inf for none.
        tolerance: How far beyond either the claim still counts as right, in the figure's own unit.

    """

    low: float
    high: float
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a figure that claims nothing."""
        if math.isnan(self.low) or math.isnan(self.high) or self.low > self.high:
            raise ValueError(f"a range goes from its least to its most, got {self.low:g} to {self.high:g}")
        if math.isinf(self.low) and math.isinf(self.high):
            raise ValueError("a claim needs a figure")
        if not 0 <= self.tolerance < math.inf:
            raise ValueError(f"tolerance must not be negative, got {self.tolerance:g}")

    def holds(self, found: float) -> bool:
        """Tell whether a figure is the claimed one, within tolerance; NaN is not."""
        return self.low - self.tolerance <= found <= self.high + self.tolerance

    def meets(self, low: float, high: float) -> bool:
        """Tell whether an interval has a figure in it that is the claimed one."""
        return low <= self.high + self.tolerance and self.low - self.tolerance <= high


@dataclass(frozen=True)
class Level:
    """A figure of a day: an expression's value."""

    history: str
    expression: str
    on: dt.date
    claimed: Claimed
    unit: Unit = "points"


@dataclass(frozen=True)
class Touched:
    """The range of a day reached a price: a number, both ends of a zone, or an expression's value."""

    history: str
    on: dt.date
    price: tuple[float, float] | str


@dataclass(frozen=True)
class Streak:
    """How many sessions in a row a condition had held by a day, and since when there was no longer run.

    Attributes:
        history: What the condition is about.
        condition: An expression that is true or false.
        on: The day.
        claimed: Sessions.
        longest_since: When the last run as long as that ended, if the claim says; its year and month count.
        start: Of the runs that it is ranked among.

    """

    history: str
    condition: str
    on: dt.date
    claimed: Claimed
    longest_since: dt.date | None = None
    start: dt.date | None = None


@dataclass(frozen=True)
class Persistence:
    """A condition had held at this many closes in a row, on that day."""

    history: str
    condition: str
    closes: int
    on: dt.date


@dataclass(frozen=True)
class Seasonality:
    """A calendar month's mean return, and its place among the twelve (1 the best); fractions, from its years' closes."""

    history: str
    month: int
    mean: Claimed | None
    rank: int | None
    start: dt.date | None = None
    end: dt.date | None = None


@dataclass(frozen=True)
class Event:
    """What followed whenever something happened.

    Attributes:
        history: Whose returns are counted.
        when: An expression that is true on the days it happened; or those days.
        horizon: Sessions.
        hit: Share of the cases that rose.
        median: Of their returns, a fraction.
        mean: Of their returns, a fraction.
        drawdown: Median of the worst loss on the way, a fraction, not positive.
        edge: Returns were higher, or lower, than after any day.
        start: First day of the sample.
        end: Last day an event may fall on.
        entry: At the close of the event, or of the session after.

    """

    history: str
    when: str | tuple[dt.date, ...]
    horizon: int
    hit: Claimed | None = None
    median: Claimed | None = None
    mean: Claimed | None = None
    drawdown: Claimed | None = None
    edge: Edge | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    entry: Literal["signal", "next"] = "signal"

    def __post_init__(self) -> None:
        """Refuse an event of which nothing is said."""
        if all(each is None for each in (self.hit, self.median, self.mean, self.drawdown, self.edge)):
            raise ValueError("an event needs a figure: give hit, median, mean, drawdown or edge")


@dataclass(frozen=True)
class FlowOfPosition:
    """Someone trades so much within a week or a month, out of so large a position; $."""

    flow: float
    position: float
    period: Period


@dataclass(frozen=True)
class ShareOfWhole:
    """An amount is this share of a whole of which something is known; $."""

    part: float
    share: float
    whole: tuple[float, float]
    whole_source: str


@dataclass(frozen=True)
class Sign:
    """What dealers do in a move, by the sign of their gamma."""

    gamma: Direction
    move: Literal["up", "down"]
    dealers: Trade


Test: TypeAlias = (
    Level | Touched | Streak | Persistence | Seasonality | Event | FlowOfPosition | ShareOfWhole | Sign
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """What a note says.

    Attributes:
        name: Short, of the one who audits.
        text: Its own words.
        source: Where they stand.
        test: What they come to.
        note: What the reader should know of the test.

    """

    name: str
    text: str
    source: str
    test: Test
    note: str = ""
