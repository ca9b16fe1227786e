"""What each exchange's makers quote about the value they see, and the best of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market.contracts import SECOND
from market.settings import EXCHANGES

if TYPE_CHECKING:
    from market.contracts import Path
    from market.settings import Settings


@dataclass(frozen=True)
class Quotes:
    """Bids, asks and their sizes; (trades, exchanges)."""

    bid: np.ndarray
    ask: np.ndarray
    bid_size: np.ndarray
    ask_size: np.ndarray

    def of(self, exchange: np.ndarray) -> Quotes:
        """Return one exchange's of each trade; (trades,)."""
        rows = np.arange(len(exchange))
        return Quotes(*(getattr(self, name)[rows, exchange] for name in Quotes.__annotations__))

    def best(self) -> Quotes:
        """Return the best of all exchanges, and the size there is at it; (trades,)."""
        bid, ask = self.bid.max(axis=1), self.ask.min(axis=1)
        bid_size = np.where(self.bid == bid[:, None], self.bid_size, 0).sum(axis=1)
        return Quotes(bid, ask, bid_size, np.where(self.ask == ask[:, None], self.ask_size, 0).sum(axis=1))


@dataclass(frozen=True)
class Makers:
    """What is drawn once for every trade and exchange: how late, askew and wide each maker quotes, and how much."""

    lag: np.ndarray
    skew: np.ndarray
    width: np.ndarray
    bid_size: np.ndarray
    ask_size: np.ndarray


def makers(settings: Settings, count: int, rng: np.random.Generator) -> Makers:
    """Draw the makers' part for `count` trades."""
    shape = (count, len(EXCHANGES))
    sizes = np.ceil(settings.quote_size * np.exp(0.8 * rng.standard_normal((2, *shape)))).astype(np.int64)
    return Makers(
        lag=rng.exponential(settings.quote_lag * SECOND, shape).astype(np.int64),
        skew=settings.skew * rng.standard_normal(shape),
        width=1.0 + rng.exponential(settings.widening, shape),
        bid_size=sizes[0],
        ask_size=sizes[1],
    )


def half_spread(settings: Settings, value: np.ndarray) -> np.ndarray:
    """Return half of the spread makers want, points."""
    least, slope = settings.half_spread
    return least + slope * np.sqrt(value)


def tick(value: np.ndarray) -> np.ndarray:
    """Return the step of quotes: 5 cents below 3 points, else 10."""
    return np.where(value < 3.0, 0.05, 0.10)


def quotes(
    settings: Settings, drawn: Makers, moves: Path, value: np.ndarray, delta: np.ndarray, time: np.ndarray, at: np.ndarray
) -> Quotes:
    """Return the quotes in force at some times near those of the trades; value and delta are those at the trades'.

    Args:
        settings: The market's.
        drawn: The makers' part.
        moves: The underlying.
        value: Of the contract at `time`, points.
        delta: Of the contract at `time`.
        time: Of each trade, nanoseconds.
        at: When the quotes are looked at.

    """
    spot = moves.at(time)
    now = np.maximum(value + delta * (moves.at(at) - spot), 0.0)[:, None]
    seen = np.maximum(value[:, None] + delta[:, None] * (moves.at(at[:, None] - drawn.lag) - spot[:, None]), 0.0)
    half, step = half_spread(settings, now), tick(now)
    middle = seen + half * drawn.skew
    most = np.floor(now / step)
    bid = np.clip(np.floor((middle - half * drawn.width) / step), 0.0, most) * step
    ask = np.maximum(np.ceil((middle + half * drawn.width) / step), most + 1.0) * step
    return Quotes(np.round(bid, 2), np.round(ask, 2), np.where(bid > 0, drawn.bid_size, 0), drawn.ask_size)
