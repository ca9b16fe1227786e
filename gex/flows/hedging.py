"""What dealers trade to stay hedged as price, volatility and time move: exact differences of delta, never a derivative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.intraday_paths import shares, with_vol_moved
from gex.levels import sum_sides

if TYPE_CHECKING:
    from gex.exposure import Book
    from gex.quotes import Floats

SECOND = 1.0 / (365.0 * 86_400.0)
"""In years: a session's end is looked at a second later, when what expires with it has its payoff."""


def hedge_usd(book: Book, spot: float, spots: Floats, elapsed: float = 0.0, vol_points: float = 0.0) -> Floats:
    """Return what dealers hedged at `spot` must trade when the price, volatility and time have moved, $, buying positive.

    -S' [D(S', sigma + points, t) - D(S, sigma, 0)]: the change of their options' delta, valued at the price moved to,
    the convention of `hedge_flows` and of the 0DTE surfaces.

    Args:
        book: Contracts with dealers' positions.
        spot: Where dealers are hedged, points.
        spots: Prices moved to, points; shape (n,).
        elapsed: Years passed.
        vol_points: Every volatility moves by so many points.

    Raises:
        ValueError: A price is not positive and finite, time runs back, or a volatility would not stay positive.

    """
    spots = _prices(spots)
    _prices(np.array([spot]))
    if not 0.0 <= elapsed < np.inf:
        raise ValueError(f"elapsed must be a time that has passed, years from 0 on; got {elapsed!r}")
    moved = with_vol_moved(book, vol_points) if vol_points else book
    before = shares(book, np.array([spot]), 0.0)[0]
    trade: Floats = -spots * (shares(moved, spots, elapsed) - before)
    return trade


@dataclass(frozen=True)
class Hedging:
    """Dealers who keep their options hedged: a `Flow`, counted from the evaluation of the book.

    Attributes:
        book: Contracts with dealers' positions.
        spot: The price they are hedged at when the book is evaluated, points.
        opens: When the session opens, years from the evaluation; negative while it is under way.
        closes: When it closes, years from the evaluation.
        vol_points: Every volatility moves by so many points.

    """

    book: Book
    spot: float
    opens: float
    closes: float
    vol_points: float = 0.0
    name: str = "dealers"

    def __post_init__(self) -> None:
        """Refuse a session that is over.

        Raises:
            ValueError: The session ends before it opens, or before the evaluation.

        """
        if not (self.opens < self.closes and self.closes > 0.0):
            raise ValueError(
                f"the session must close after it opens and after now: opens {self.opens!r}, closes {self.closes!r}"
            )

    @property
    def begun(self) -> float:
        """The fraction of the session that has passed at the evaluation: before it, nothing is known to be traded."""
        return max(0.0, -self.opens / (self.closes - self.opens))

    def years(self, elapsed: float) -> float:
        """Return the years from the evaluation to a fraction of the session; 0 before it."""
        at = self.opens + elapsed * (self.closes - self.opens)
        return max(0.0, at) if elapsed < 1.0 else self.closes + SECOND

    def usd(self, spots: Floats, elapsed: float) -> Floats:
        """Return what dealers have traded since the evaluation; see `Flow.usd`."""
        return hedge_usd(self.book, self.spot, spots, self.years(elapsed), self.vol_points)


def strike_flows(book: Book, spot: float, moved: float, elapsed: float = 0.0, vol_points: float = 0.0) -> pl.DataFrame:
    """Return which strikes the hedging of one move comes from; the rows add up to `hedge_usd`.

    Args:
        book: Contracts with dealers' positions.
        spot: Where dealers are hedged, points.
        moved: Where the price goes, points.
        elapsed: Years passed.
        vol_points: Every volatility moves by so many points.

    Returns:
        One row a strike, going up: `strike`, `calls_usd`, `puts_usd`, `usd`, $ with buying positive.

    """
    _prices(np.array([spot, moved]))
    after = (with_vol_moved(book, vol_points) if vol_points else book).delta(moved, elapsed)
    trades = -moved * book.units * (after - book.delta(spot))
    strikes, at = np.unique(book.strike, return_inverse=True)
    calls, puts = sum_sides(at, book.is_call, trades, len(strikes))
    return pl.DataFrame({"strike": strikes, "calls_usd": calls, "puts_usd": puts, "usd": calls + puts})


def order_book(book: Book, prices: Floats, elapsed: float = 0.0, vol_points: float = 0.0) -> pl.DataFrame:
    """Return the orders that hedging amounts to: what dealers trade while the price passes from each level to the next.

    Between two prices dealers trade the difference of their delta, at the middle price: falling through the same levels
    they trade the opposite. Where they sell into a rise and buy into a fall, hedging rests in the market like limit
    orders; where they buy into a rise, like stops.

    Args:
        book: Contracts with dealers' positions.
        prices: Levels, points, ascending, two or more; shape (n,).
        elapsed: Years from the evaluation of the book to the moment looked at.
        vol_points: Every volatility moves by so many points.

    Returns:
        n - 1 rows going up: `low`, `high` (points), `rising_usd` (what dealers trade as the price rises from low to
        high, buying positive), `usd_per_point`, `kind` (`limit`, `stop` or `none`).

    """
    prices = _prices(prices)
    if len(prices) < 2 or not (np.diff(prices) > 0).all():
        raise ValueError("prices must be two or more levels, ascending")
    held = shares(with_vol_moved(book, vol_points) if vol_points else book, prices, elapsed)
    rising = -0.5 * (prices[1:] + prices[:-1]) * np.diff(held)
    return pl.DataFrame(
        {"low": prices[:-1], "high": prices[1:], "rising_usd": rising, "usd_per_point": rising / np.diff(prices)}
    ).with_columns(
        pl.when(pl.col("rising_usd") < 0)
        .then(pl.lit("limit"))
        .when(pl.col("rising_usd") > 0)
        .then(pl.lit("stop"))
        .otherwise(pl.lit("none"))
        .alias("kind")
    )


def _prices(prices: Floats) -> Floats:
    """Return prices as an array.

    Raises:
        ValueError: One is not positive and finite.

    """
    array = np.asarray(prices, dtype=np.float64)
    if array.ndim != 1 or not (np.isfinite(array) & (array > 0)).all():
        raise ValueError("prices of the underlying must be one list of positive, finite numbers")
    return array
