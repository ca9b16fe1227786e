"""One session's flows together: who trades, who is missing and why, on one curve of dollars against price and time."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.flows.closing import CLOSING_MINUTES
from gex.flows.curve import flow_curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.flows.curve import Flow, FlowCurve
    from gex.quotes import Floats

MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """The hours that a curve is of.

    Attributes:
        date: New York's.
        opens_at: Start of regular trading, an instant with its zone.
        closes_at: Its end.
        now: When the evaluation is made; before the open, or while the session is under way.

    """

    date: dt.date
    opens_at: dt.datetime
    closes_at: dt.datetime
    now: dt.datetime

    def __post_init__(self) -> None:
        """Refuse a session that is over.

        Raises:
            ValueError: It closes before it opens, or before now.

        """
        if not (self.opens_at < self.closes_at and self.now < self.closes_at):
            raise ValueError(f"the session of {self.date} is over by {self.now.isoformat()}")

    @property
    def minutes(self) -> float:
        """Its length."""
        return (self.closes_at - self.opens_at) / MINUTE

    @property
    def begun(self) -> float:
        """The fraction of it that has passed."""
        return max(0.0, (self.now - self.opens_at) / (self.closes_at - self.opens_at))

    @property
    def closing(self) -> float:
        """The last half hour, as a fraction of it."""
        return min(1.0, CLOSING_MINUTES / self.minutes)

    def at(self, elapsed: float) -> dt.datetime:
        """Return the instant of a fraction."""
        return self.opens_at + elapsed * (self.closes_at - self.opens_at)

    def grid(self, every_minutes: float) -> Floats:
        """Return fractions from now, or the open, to the close: every so many minutes counted back from the close.

        Raises:
            ValueError: The interval is not positive.

        """
        if not every_minutes > 0:
            raise ValueError(f"every_minutes must be over 0, got {every_minutes!r}")
        step = every_minutes / self.minutes
        back = 1.0 - step * np.arange(math.ceil((1.0 - self.begun) / step))[::-1]
        return np.unique(np.concatenate([[self.begun], back[back > self.begun + 0.01 * step], [1.0]]))


@dataclass(frozen=True)
class Part:
    """Someone on the curve, or the reason why not.

    Attributes:
        name: As `Flow.name`.
        flow: None where what it needs is missing.
        reason: Why it is missing; None where it is not.
        about: What it rests on, by name: plain values for people and programs.

    """

    name: str
    flow: Flow | None
    reason: str | None
    about: dict[str, object]


@dataclass(frozen=True)
class SessionFlows:
    """What `gather` returns.

    Attributes:
        underlying: SPX.
        session: Its hours.
        spot: The price now, points.
        previous_close: Of the session before; None where nobody said.
        parts: Everyone asked for, in the order given, present or missing.
        curve: Of those present.

    """

    underlying: str
    session: Session
    spot: float
    previous_close: float | None
    parts: tuple[Part, ...]
    curve: FlowCurve

    def frame(self) -> pl.DataFrame:
        """Return a row a time and price.

        `time`, `elapsed`, `price`, `move_pct`, `NAME_usd` of each part (null where it is missing), `total_usd`,
        `book_usd_per_point`.
        """
        curve, count = self.curve, len(self.curve.spots)
        prices = np.tile(curve.spots, len(curve.elapsed))
        usd = {
            f"{part.name}_usd": pl.Series(curve.usd[part.name].ravel())
            if part.flow
            else pl.Series([None] * len(prices), dtype=pl.Float64)
            for part in self.parts
        }
        return pl.DataFrame(
            {
                "time": [self.session.at(float(each)) for each in curve.elapsed for _ in range(count)],
                "elapsed": np.repeat(curve.elapsed, count),
                "price": prices,
                "move_pct": 100.0 * (prices / self.spot - 1.0),
                **usd,
                "total_usd": curve.total.ravel(),
                "book_usd_per_point": curve.book.ravel(),
            }
        ).with_columns(pl.col("time").cast(pl.Datetime("us", "UTC")))


def moves(spot: float, reach: float, steps: int) -> Floats:
    """Return prices at even steps of the move from `spot`, from -reach to +reach, spot among them.

    Args:
        spot: Points.
        reach: The largest move, a fraction over 0 and under 1.
        steps: Either side of spot, one or more.

    Raises:
        ValueError: One is out of range.

    """
    if not (0.0 < reach < 1.0 and steps >= 1 and 0.0 < spot < math.inf):
        raise ValueError(
            f"reach must lie between 0 and 1, steps be 1 or more, spot positive: {reach!r}, {steps!r}, {spot!r}"
        )
    return spot * (1.0 + reach * np.arange(-steps, steps + 1) / steps)


def gather(
    underlying: str,
    session: Session,
    spots: Floats,
    elapsed: Floats,
    parts: Sequence[Part],
    *,
    spot: float,
    previous_close: float | None = None,
) -> SessionFlows:
    """Put everyone who is present on one curve.

    Args:
        underlying: SPX.
        session: Its hours.
        spots: Prices, ascending, two or more; shape (n,).
        elapsed: Fractions of the session, ascending; shape (t,).
        parts: Present or missing, each with a name of its own.
        spot: The price now, points.
        previous_close: Of the session before, points.

    Raises:
        ValueError: Nobody is present: the message has every reason; or as `flow_curve`.

    """
    flows = [part.flow for part in parts if part.flow is not None]
    if not flows:
        reasons = "; ".join(f"{part.name.replace('_', ' ')}: {part.reason}" for part in parts)
        raise ValueError(f"nobody's trades can be told: {reasons}")
    return SessionFlows(underlying, session, spot, previous_close, tuple(parts), flow_curve(flows, spots, elapsed))
