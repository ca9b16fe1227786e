"""What each trade's contract is worth to a hedger: delta, gamma and vanna at the trade, from its own quotes.

Volatility is implied from the national mid at the trade, else from the trade's price, else taken from the chain's smile
at its strike (sticky strike). Forwards are the chain's, moved with spot; without a chain, or for an expiration that it
does not list, spot carried at a flat rate and dividend yield. Contracts are priced as European.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from gex.market import market_of
from gex.microstructure.bars import DAY, SECOND
from gex.pricing import Status, greeks, implied_vol
from gex.settings import MIN_YEARS, Settings
from gex.volatility import MAX_W, MIN_W

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.ingest.schema import Chain
    from gex.market import Market
    from gex.quotes import Bools, Floats, Ints

    Codes = npt.NDArray[np.int8]

RATE, DIVIDEND = 0.04, 0.0
"""Per year, continuously compounded, where no chain tells."""
SPOT_SECONDS = 60
"""A trade without a quote of the underlying takes the last one of the tape, no older than this."""
YEAR = 365 * DAY
BLOCK = 1 << 15
"""Trades priced at a time: what is in the making then stays in the cache."""

UNPRICED = {
    "expired": "made at or after the instant its payoff was fixed",
    "no_underlying": f"no quote of the underlying with it or in the {SPOT_SECONDS} s before, and no chain",
    "no_time_value": "mid and price are at or below what exercise would pay, and no chain's smile tells a volatility",
    "impossible_price": "mid and price are above what any volatility gives, and no chain's smile tells one",
}
"""Why a trade has no delta. Code n of `TradeGreeks.reason` is the n-th of these."""
VOLATILITY_SOURCES = ("mid", "price", "smile")
SPOT_SOURCES = ("quote", "earlier quote", "chain")


@dataclass(frozen=True)
class TradeGreeks:
    """Greeks of one unit of each trade's contract at the trade, shape (n,); NaN where it cannot be priced."""

    spot: Floats
    """Mid of the underlying, points; NaN where unknown."""
    delta: Floats
    gamma: Floats
    """Per point."""
    vanna: Floats
    """d delta / d sigma, per 1.00 of sigma."""
    reason: Codes
    """Why it is not priced, the place in `UNPRICED`; -1 where it is."""
    volatility_from: Codes
    """The place in `VOLATILITY_SOURCES`; -1 where there is none."""
    spot_from: Codes
    """The place in `SPOT_SOURCES`; -1 where there is none."""
    in_chain: Bools
    """Whether the chain lists its expiration."""


class Carry(NamedTuple):
    """What leads from spot to forwards, one entry a trade."""

    forward: Floats
    rate: Floats
    dividend: Floats
    listed: Ints
    """The place of its expiration in the chain; -1 where it has none."""


class TradePricer:
    """Prices batches of trades in the order of the tape; the underlying's last quote carries over."""

    def __init__(self, chain: Chain | None = None, *, rate: float = RATE, dividend: float = DIVIDEND) -> None:
        """Take the chain's forwards and smiles, and the carry for what it does not list.

        Raises:
            ValueError: The chain cannot be priced, or a rate is not finite.

        """
        for name, value in (("rate", rate), ("dividend", dividend)):
            if not np.isfinite(value):
                raise ValueError(f"{name} must be a number per year, got {value!r}")
        self._rate, self._dividend = rate, dividend
        self._market = market_of(chain, Settings()) if chain is not None else None
        self._last = (np.nan, 0)

    def price(self, trades: pl.DataFrame) -> TradeGreeks:
        """Return the greeks of each trade.

        Args:
            trades: Columns and types of `gex.ingest.trade_schema.TRADE_SCHEMA`.

        """
        times = trades["trade_time"].to_physical().to_numpy()
        spot, spot_from = self._spots(trades, times)
        left = trades["expires_at"].dt.cast_time_unit("ns").to_physical().to_numpy() - times
        years = np.maximum(left / YEAR, MIN_YEARS)
        strike, is_call = trades["strike"].to_numpy(), (trades["option_type"] == "C").to_numpy()
        carry = self._carry(trades, spot, years)
        sigma, volatility_from, status = self._volatility(trades, carry, strike, years, is_call)
        reason = _reasons(left, spot, sigma, status)
        # What cannot be priced has no greeks: a volatility that is NaN makes them NaN.
        delta, gamma, vanna = _greeks(
            (spot, strike, years, np.where(reason < 0, sigma, np.nan), carry.rate, carry.dividend, is_call)
        )
        return TradeGreeks(spot, delta, gamma, vanna, reason, volatility_from, spot_from, carry.listed >= 0)

    def _spots(self, trades: pl.DataFrame, times: Ints) -> tuple[Floats, Codes]:
        """Return the mid of the underlying at each trade and where it is from; what is missing is the last one's."""
        mid = _mids(trades, "underlying_bid", "underlying_ask")
        known = np.isfinite(mid)
        source = np.where(known, 0, -1).astype(np.int8)
        # The quote of the batch before stands in front, at place 0.
        mids, at = np.append(self._last[0], mid), np.append(self._last[1], times)
        last = np.maximum.accumulate(np.where(np.isfinite(mids), np.arange(len(mids)), 0))
        self._last = (float(mids[last[-1]]), int(at[last[-1]]))
        if known.all():
            return mid, source
        last = last[1:]
        near = ~known & np.isfinite(mids[last]) & (np.abs(times - at[last]) <= SPOT_SECONDS * SECOND)
        source[near] = 1
        spot = np.where(near, mids[last], mid)
        if self._market is not None:
            source[source < 0] = 2
            spot = np.where(source == 2, self._market.spot.used, spot)
        return spot, source

    def _carry(self, trades: pl.DataFrame, spot: Floats, years: Floats) -> Carry:
        """Return forwards and carry: the chain's where it lists the expiration, else flat."""
        rate, dividend = np.full(len(spot), self._rate), np.full(len(spot), self._dividend)
        listed = np.full(len(spot), -1)
        if self._market is not None:
            listed = _places(trades, self._market)
            known = np.flatnonzero(listed >= 0)
            rates, ratios = _ratios(self._market)
            rate[known] = rates[listed[known]]
            # The basis to spot is kept, not its yield: that of quotes a minute before expiry says nothing of the morning.
            dividend[known] = rate[known] - np.log(ratios[listed[known]]) / years[known]
        return Carry(spot * np.exp((rate - dividend) * years), rate, dividend, listed)

    def _volatility(
        self, trades: pl.DataFrame, carry: Carry, strike: Floats, years: Floats, is_call: Bools
    ) -> tuple[Floats, Codes, Codes]:
        """Return each contract's volatility, where it is from, and how the inversion of the last price tried ended."""
        sigma, status = np.full(len(strike), np.nan), np.full(len(strike), int(Status.NOT_FINITE), np.int8)
        source = np.full(len(strike), -1, np.int8)
        discount = np.exp(-carry.rate * years)
        for place, prices in enumerate((_mids(trades, "bid", "ask"), trades["price"].to_numpy())):
            rows = np.flatnonzero((source < 0) & np.isfinite(prices))
            given = (prices, carry.forward, strike, years, discount, is_call)
            for block in _blocks(len(rows)):
                part = rows[block]
                implied, status[part] = implied_vol(*(column[part] for column in given))
                usable = _usable(implied, years[part])
                sigma[part[usable]], source[part[usable]] = implied[usable], place
        if self._market is not None:
            rows = np.flatnonzero((source < 0) & (carry.listed >= 0))
            smile = _smile(self._market, carry.listed[rows], strike[rows])
            usable = _usable(smile, years[rows])
            sigma[rows[usable]], source[rows[usable]] = smile[usable], 2
        return sigma, source, status


def _greeks(given: tuple[Floats | Bools, ...]) -> tuple[Floats, Floats, Floats]:
    """Return delta, gamma and vanna, the arguments of `gex.pricing.greeks` given."""
    count = len(given[0])
    delta, gamma, vanna = np.empty(count), np.empty(count), np.empty(count)
    for block in _blocks(count):
        found = greeks(*(column[block] for column in given))
        delta[block], gamma[block], vanna[block] = found.delta, found.gamma, found.vanna
    return delta, gamma, vanna


def _mids(trades: pl.DataFrame, bid: str, ask: str) -> Floats:
    """Return mids in points; NaN without a bid or when crossed."""
    low, high = (trades[name].to_numpy() for name in (bid, ask))
    with np.errstate(invalid="ignore"):  # infinities of both signs
        mid: Floats = 0.5 * (low + high)
    return np.where((low > 0) & (high >= low) & np.isfinite(high), mid, np.nan)


def _usable(sigma: Floats, years: Floats) -> Bools:
    w = sigma * np.sqrt(years)
    usable: Bools = (w > MIN_W) & (w < MAX_W)
    return usable


def _places(trades: pl.DataFrame, market: Market) -> Ints:
    """Return the place of each trade's (root, expiration) in the chain; -1 for one it does not list."""
    table = market.quotes.expirations.table.select("root", "expiration").with_row_index("place")
    found = trades.select("root", "expiration").join(
        table, on=["root", "expiration"], how="left", maintain_order="left"
    )
    return found["place"].cast(pl.Int64).fill_null(-1).to_numpy()


def _ratios(market: Market) -> tuple[Floats, Floats]:
    """Return the rate to each expiration of the chain, and its forward over the spot that the quotes were made at."""
    spot = market.forwards.spot_of_quotes(market.spot.used)
    rate, _ = market.forwards.carry(market.quotes.expirations.years, spot)
    return rate, market.forwards.forward / spot


def _smile(market: Market, listed: Ints, strike: Floats) -> Floats:
    """Return the chain's volatility at each strike, linear in ln(K/F), flat outside; NaN where it has no smile."""
    quotes, sigma = market.quotes, np.full(len(strike), np.nan)
    for expiration in np.flatnonzero(np.bincount(listed)):
        rungs, rows = quotes.expirations.rungs(int(expiration)), np.flatnonzero(listed == expiration)
        w, forward = market.volatility.smile[rungs], market.forwards.forward[expiration]
        known = np.isfinite(w)
        if known.any():
            k = np.log(quotes.rungs.strike[rungs][known] / forward)
            root = np.sqrt(quotes.expirations.years[expiration])
            sigma[rows] = np.interp(np.log(strike[rows] / forward), k, w[known]) / root
    return sigma


def _reasons(left: Ints, spot: Floats, sigma: Floats, status: Codes) -> Codes:
    """Return the first reason that applies to each trade, -1 for none."""
    missing = ~np.isfinite(sigma)
    return np.select(
        [left <= 0, ~np.isfinite(spot), missing & (status == Status.ABOVE_BOUND), missing],
        [0, 1, 3, 2],
        default=-1,
    ).astype(np.int8)


def _blocks(count: int) -> list[slice]:
    return [slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
