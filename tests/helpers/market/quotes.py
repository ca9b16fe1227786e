"""What each exchange's makers quote about the value they see, and the best of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market.contracts import SECOND, fair
from market.settings import EXCHANGES

if TYPE_CHECKING:
    from market.contracts import Contracts, Path
    from market.settings import Settings


@dataclass(frozen=True)
class Quotes:
    """Bids, asks and their sizes; (trades, exchanges)."""

    bid: np.ndarray
    ask: np.ndarray
    bid_size: np.ndarray
    ask_size: np.ndarray

    def __getitem__(self, places: np.ndarray | tuple[np.ndarray, np.ndarray]) -> Quotes:
        """Return some trades', or one exchange's by a pair of places."""
        return Quotes(*(getattr(self, name)[places] for name in Quotes.__annotations__))

    def of(self, exchange: np.ndarray) -> Quotes:
        """Return one exchange's of each trade; (trades,)."""
        return self[np.arange(len(exchange)), exchange]

    def or_else(self, other: Quotes, mine: np.ndarray) -> Quotes:
        """Return these where `mine`, else others."""
        names = Quotes.__annotations__
        return Quotes(*(np.where(mine, getattr(self, name), getattr(other, name)) for name in names))

    def with_orders(self, there: np.ndarray, side: np.ndarray, price: np.ndarray, size: np.ndarray) -> Quotes:
        """Add resting orders where there are some: one that betters the quote stands alone."""
        buys, sells = there & (side > 0), there & (side < 0)
        bid = np.where(buys, np.maximum(self.bid, price), self.bid)
        ask = np.where(sells, np.minimum(self.ask, price), self.ask)
        bid_size = np.where(self.bid == bid, self.bid_size, 0) + np.where(buys & (price == bid), size, 0)
        ask_size = np.where(self.ask == ask, self.ask_size, 0) + np.where(sells & (price == ask), size, 0)
        return Quotes(bid, ask, bid_size, ask_size)

    def best_places(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the exchange of the best bid and that of the best ask: of several the one that shows most; (trades,)."""
        bid = np.where(self.bid == self.bid.max(axis=1, keepdims=True), self.bid_size, -1)
        ask = np.where(self.ask == self.ask.min(axis=1, keepdims=True), self.ask_size, -1)
        return bid.argmax(axis=1), ask.argmax(axis=1)

    def best(self) -> Quotes:
        """Return the best of all exchanges, with the size of one; (trades,)."""
        bid, ask = (self.of(places) for places in self.best_places())
        return Quotes(bid.bid, ask.ask, bid.bid_size, ask.ask_size)


@dataclass(frozen=True)
class Makers:
    """What is drawn once for every trade and exchange: how late, askew and wide each maker quotes, and how much."""

    lag: np.ndarray
    skew: np.ndarray
    width: np.ndarray
    bid_size: np.ndarray
    ask_size: np.ndarray


def half_spread(settings: Settings, value: np.ndarray) -> np.ndarray:
    """Return half of the spread makers want, points."""
    least, slope = settings.half_spread
    return least + slope * np.sqrt(value)


def tick(value: np.ndarray) -> np.ndarray:
    """Return the step of quotes: 5 cents below 3 points, else 10."""
    return np.where(value < 3.0, 0.05, 0.10)


@dataclass(frozen=True)
class Board:
    """What makers quote of each trade's contract, at any time near the trade.

    Attributes:
        settings: The market's.
        moves: The underlying.
        part: What is drawn of the makers.
        time: Of each trade, nanoseconds.
        value: Of its contract at that time, points.
        delta: Of its contract at that time.

    """

    settings: Settings
    moves: Path
    part: Makers
    time: np.ndarray
    value: np.ndarray
    delta: np.ndarray

    def at(self, times: np.ndarray) -> Quotes:
        """Return the quotes in force at a time each; value moves by delta with the underlying."""
        spot = self.moves.at(self.time)
        now = np.maximum(self.value + self.delta * (self.moves.at(times) - spot), 0.0)[:, None]
        lagged = self.moves.at(times[:, None] - self.part.lag) - spot[:, None]
        seen = np.maximum(self.value[:, None] + self.delta[:, None] * lagged, 0.0)
        half, step = half_spread(self.settings, now), tick(now)
        middle, wide = seen + half * self.part.skew, half * self.part.width
        most = np.floor(now / step)
        bid = np.clip(np.floor((middle - wide) / step), 0.0, most) * step
        ask = np.maximum(np.ceil((middle + wide) / step), most + 1.0) * step
        return Quotes(np.round(bid, 2), np.round(ask, 2), np.where(bid > 0, self.part.bid_size, 0), self.part.ask_size)


def board(
    settings: Settings, contracts: Contracts, moves: Path, index: np.ndarray, time: np.ndarray, rng: np.random.Generator
) -> Board:
    """Value a contract each at a time each, and draw its makers."""
    value, delta = fair(settings, contracts, moves, index, time)
    return Board(settings, moves, makers(settings, len(time), rng), time, value, delta)


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
