"""When the tape tells a trade, and what quotes it shows beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market.contracts import MILLISECOND, SECOND
from market.settings import COMPLEX, RESTING

if TYPE_CHECKING:
    from market.orders import Orders
    from market.quotes import Board, Quotes
    from market.settings import Settings
    from market.trading import Fills


@dataclass(frozen=True)
class Reports:
    """One entry a trade.

    Attributes:
        time: Of the report, nanoseconds; that of the trade unless it is late.
        late: Whether it is.
        everywhere: Every exchange's quote; (trades, exchanges).
        shown: That of the trade's exchange.
        national: The best quote.
        best_bid: Whose the best bid is, place in `EXCHANGES`.
        best_ask: Whose the best ask is.

    """

    time: np.ndarray
    late: np.ndarray
    everywhere: Quotes
    shown: Quotes
    national: Quotes
    best_bid: np.ndarray
    best_ask: np.ndarray


def report(settings: Settings, wanted: Orders, fills: Fills, board: Board, rng: np.random.Generator) -> Reports:
    """Tell every trade: beside its exchange's quote of that instant and a best one of a little earlier, or late."""
    count = len(fills.time)
    late = (rng.random(count) < settings.late) & (fills.kind != COMPLEX)
    time = fills.time + np.where(late, rng.integers(5_000, 90_000, count) * MILLISECOND, 0)
    delay = rng.exponential(settings.national_delay * SECOND, count).astype(np.int64)
    seen = board.at(np.where(late, time, fills.time - delay))
    everywhere = seen.or_else(board.at(fills.time), late[:, None])
    rests = np.isin(fills.kind, RESTING) & ~late
    known = rests & (rng.exponential(settings.order_age * SECOND, count) > delay)
    side, price, size = (each[:, None] for each in (-fills.taker_side, fills.price, wanted.size))
    mine = fills.exchange[:, None] == np.arange(everywhere.bid.shape[1])
    shown = everywhere.with_orders(rests[:, None] & mine, side, price, size)
    seen = seen.with_orders(known[:, None] & mine, side, price, size)
    return Reports(time, late, shown, shown.of(fills.exchange), seen.best(), *seen.best_places())
