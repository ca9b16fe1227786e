"""Leveraged and inverse funds: what they must trade at the close to keep their multiple of the index.

A fund of L times an index holds L A of it. After a return r the position is L A (1 + r), the fund worth A (1 + L r), so
that L times it wants L (L - 1) A r more: with the move, for inverse funds too. Money that comes in at the close adds L c.
Sources: Cheng and Madhavan, The Dynamics of Leveraged and Inverse Exchange-Traded Funds, 2009; of creations that offset
it, Ivanov and Lenkey, Are Concerns About Leveraged ETFs Overblown?, FEDS 2014-106.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.flows.closing import LAST_HALF_HOUR, done_by

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from gex.quotes import Floats

MOST_LEVERAGE = 10.0
INDEX_OF = {
    **dict.fromkeys(("SPY", "XSP", "VOO", "IVV", "ES", "MES"), "SPX"),
    **dict.fromkeys(("QQQ", "QQQM", "XND", "NQ", "MNQ"), "NDX"),
    **dict.fromkeys(("IWM", "MRUT", "RTY", "M2K"), "RUT"),
}
"""The index that others have the returns of."""


@dataclass(frozen=True)
class Fund:
    """One fund of the table.

    Attributes:
        ticker: SPXL.
        index: What it multiplies: SPX, NDX, RUT.
        leverage: The multiple of a day's return, negative for an inverse fund.
        aum_usd: Its assets, $; None where nobody has said.
        as_of: The date of the assets.
        source: Where they are from.

    """

    ticker: str
    index: str
    leverage: float
    aum_usd: float | None = None
    as_of: dt.date | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no fund.

        Raises:
            ValueError: Names the value and what is accepted.

        """
        _check(self.leverage, self.aum_usd)
        if (self.aum_usd is None) != (self.as_of is None):
            raise ValueError(f"{self.ticker}: aum_usd and as_of belong together: assets have a date")

    def rebalancing_usd(self, returns: Floats | float, creations_usd: float = 0.0) -> Floats:
        """Return `rebalancing_usd` of this fund; NaN where its assets are unknown."""
        if self.aum_usd is None:
            return np.full(np.shape(returns), np.nan)
        return rebalancing_usd(self.leverage, self.aum_usd, returns, creations_usd)


def rebalancing_usd(leverage: float, aum_usd: float, returns: Floats | float, creations_usd: float = 0.0) -> Floats:
    """Return what a fund trades at the close, L (L - 1) A r + L c, $ of the index, buying positive.

    A fund that has lost everything (1 + L r <= 0) closes its position instead and takes no creations.

    Args:
        leverage: L, not 0; negative for inverse funds.
        aum_usd: A, assets after the close before, $.
        returns: r, the index's since that close, -1 or more, NaN where unknown; any shape.
        creations_usd: c, created less redeemed at this close, $.

    Returns:
        $, in the shape of `returns`.

    Raises:
        ValueError: Names the argument that makes no sense.

    """
    _check(leverage, aum_usd)
    r = np.asarray(returns, dtype=np.float64)
    if (r < -1.0).any() or np.isinf(r).any():
        raise ValueError("returns must be finite fractions, -1 or more")
    if not math.isfinite(creations_usd):
        raise ValueError(f"creations_usd must be a finite amount, got {creations_usd!r}")
    worth = 1.0 + leverage * r
    kept = leverage * (leverage - 1.0) * aum_usd * r + leverage * creations_usd
    return np.where(worth <= 0.0, -leverage * aum_usd * (1.0 + r), kept)


@dataclass(frozen=True)
class Rebalancing:
    """Leveraged and inverse funds of one index, in the closing part of the session: a `Flow`.

    Attributes:
        funds: Of one index; those without assets are left out.
        previous_close: Of the index, which the funds' day counts from, points.
        creations_usd: By ticker, created less redeemed at this close, $; 0 where a fund is not named.
        closing: The part of the session they trade in, evenly.

    """

    funds: Sequence[Fund]
    previous_close: float
    creations_usd: Mapping[str, float] = field(default_factory=dict)
    closing: float = LAST_HALF_HOUR
    name: str = "leveraged_funds"

    def __post_init__(self) -> None:
        """Refuse funds of several indices, none with assets, and a close that is no price.

        Raises:
            ValueError: Says which.

        """
        if not (math.isfinite(self.previous_close) and self.previous_close > 0):
            raise ValueError(f"previous_close must be a positive price, got {self.previous_close!r}")
        if len({fund.index for fund in self.funds}) > 1:
            raise ValueError("the funds of one curve multiply one index: returns of another say nothing of them")
        if not self.known:
            raise ValueError("no fund has its assets: give aum_usd of one at least")
        done_by(0.0, self.closing)

    @property
    def known(self) -> list[Fund]:
        """The funds whose assets are known."""
        return [fund for fund in self.funds if fund.aum_usd is not None]

    def usd(self, spots: Floats, elapsed: float) -> Floats:
        """Return what the funds have traded; see `Flow.usd`."""
        returns = np.asarray(spots, dtype=np.float64) / self.previous_close - 1.0
        each = [fund.rebalancing_usd(returns, self.creations_usd.get(fund.ticker, 0.0)) for fund in self.known]
        total: Floats = done_by(elapsed, self.closing) * np.sum(each, axis=0) + 0.0  # no negative zero
        return total


def fund_frame(funds: Sequence[Fund]) -> pl.DataFrame:
    """Return the funds as a table: `ticker`, `index`, `leverage`, `aum_usd`, `usd_per_1pct`, `as_of`, `source`.

    `usd_per_1pct` is what a fund buys at the close of a day on which its index rises by 1%, $; null without assets.
    """
    rows = [
        {
            "ticker": fund.ticker,
            "index": fund.index,
            "leverage": fund.leverage,
            "aum_usd": fund.aum_usd,
            "usd_per_1pct": None if fund.aum_usd is None else float(fund.rebalancing_usd(0.01)),
            "as_of": fund.as_of,
            "source": fund.source,
        }
        for fund in funds
    ]
    return pl.DataFrame(rows, schema=FRAME)


FRAME = pl.Schema(
    {
        "ticker": pl.String,
        "index": pl.String,
        "leverage": pl.Float64,
        "aum_usd": pl.Float64,
        "usd_per_1pct": pl.Float64,
        "as_of": pl.Date,
        "source": pl.String,
    }
)


def _check(leverage: float, aum_usd: float | None) -> None:
    if not (math.isfinite(leverage) and leverage and abs(leverage) <= MOST_LEVERAGE):
        raise ValueError(f"leverage must be a multiple other than 0, {MOST_LEVERAGE:g} at the most; got {leverage!r}")
    if aum_usd is not None and not (math.isfinite(aum_usd) and aum_usd >= 0):
        raise ValueError(f"aum_usd must be dollars, 0 or more; got {aum_usd!r}")
