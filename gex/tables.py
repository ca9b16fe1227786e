"""Results as Polars frames: by contract, by strike, by expiration."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.levels import expected_move, max_pains, straddles, sum_by
from gex.segments import first_largest, interpolate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gex.exposure import Book, ContractExposure
    from gex.forwards import Forwards
    from gex.levels import StrikeTotals
    from gex.market import Market
    from gex.quotes import Floats, Ints, Quotes
    from gex.results import ExpectedMove

HEAD = ("expiration", "root", "settlement", "expires_at")
LEVELS = ("call_wall", "put_wall", "max_pain", "straddle_strike", "straddle", "expected_move")


def by_contract(
    frame: pl.DataFrame,
    used: Ints,
    book: Book,
    spot: float,
    dollars: ContractExposure,
    by_volume: Floats | None = None,
) -> pl.DataFrame:
    """Return the used rows with what priced them and the dealers' exposure in each, and that had they taken volume."""
    forward = spot * np.exp((book.rate - book.dividend) * book.years)
    columns = {
        "years": book.years,
        "forward": forward,
        "discount": np.exp(-book.rate * book.years),
        "sigma": book.sigma,
        "position": book.units / frame["multiplier"].to_numpy()[used],
        "gamma_usd_per_1pct": dollars.gamma,
        "delta_usd": dollars.delta,
        "vanna_usd_per_vol_point": dollars.vanna,
    }
    if dollars.charm is not None:
        columns["charm_usd_to_close"] = dollars.charm
    if by_volume is not None:
        columns["volume_gamma_usd_per_1pct"] = by_volume
    return frame[used].with_columns(pl.Series(name, values) for name, values in columns.items())


def by_strike(totals: StrikeTotals, zero_dte: StrikeTotals) -> pl.DataFrame:
    """Return exposure by strike; `zero_dte` is the part of `net` that expires today."""
    today = np.zeros(len(totals.strike))
    today[np.searchsorted(totals.strike, zero_dte.strike)] = zero_dte.net
    return _frame(
        {
            "strike": totals.strike,
            "net": totals.net,
            "calls": totals.calls,
            "puts": totals.puts,
            "gross": totals.gross,
            "zero_dte": today,
            "call_open_interest": totals.call_open_interest.astype(np.int64),
            "put_open_interest": totals.put_open_interest.astype(np.int64),
            "volume": totals.volume.astype(np.int64),
            "cumulative": np.cumsum(totals.net),
        }
    )


def by_expiration(market: Market, gamma_usd: Floats) -> pl.DataFrame:
    """Return one row per (expiration, root) with a contract in use.

    Args:
        market: The chain priced.
        gamma_usd: Dealers' gamma of each used contract, $ per +1%.

    """
    quotes, forwards = market.quotes, market.forwards
    shown, is_call = market.priced, quotes.is_call[market.used]
    starts = np.searchsorted(quotes.expiration[market.used], shown)
    calls, puts = (np.add.reduceat(np.where(side, gamma_usd, 0.0), starts) for side in (is_call, ~is_call))
    whole = np.searchsorted(quotes.expiration, np.arange(len(market.years)))
    figures: dict[str, Floats | Ints | list[str] | pl.Series] = {
        "years": market.years[shown],
        "forward": forwards.forward[shown] * (market.level / market.spot.used),
        "forward_source": [forwards.source[i] for i in shown],
        "discount": forwards.discount[shown],
        "fitted_discount": _nullable(forwards.fitted_discount[shown]),
        "atm_iv": _nullable(_atm_iv(market)[shown]),
        "vol_source": [market.volatility.source[i] for i in shown],
        "contracts": np.diff(starts, append=len(is_call)),
        "net": np.add.reduceat(gamma_usd, starts),
        "gross": np.add.reduceat(np.abs(gamma_usd), starts),
        "calls": calls,
        "puts": puts,
        "open_interest": np.add.reduceat(quotes.open_interest, whole)[shown].astype(np.int64),
        "volume": np.add.reduceat(quotes.volume, whole)[shown].astype(np.int64),
    }
    levels = {name: _nullable(level[shown]) for name, level in _levels(market, gamma_usd).items()}
    head = quotes.expirations.table[shown.tolist(), list(HEAD)]
    return pl.concat([head, _frame(figures | levels)], how="horizontal")


def _frame(columns: Mapping[str, Floats | Ints | list[str] | pl.Series]) -> pl.DataFrame:
    """Build a small frame from lists: a NumPy array makes Polars import numpy.ma, a tenth of a report's time."""
    return pl.DataFrame(
        {name: values.tolist() if isinstance(values, np.ndarray) else values for name, values in columns.items()}
    )


def _nullable(values: Floats) -> pl.Series:
    """Return a column of floats, null for NaN."""
    return pl.Series([None if isnan(value) else value for value in values.tolist()], dtype=pl.Float64)


def _atm_iv(market: Market) -> Floats:
    """Return each expiration's volatility at its forward, per square-root year; NaN where it has no smile."""
    quotes, forward = market.quotes, market.forwards.forward
    rungs, quoted = quotes.rungs, quotes.expirations.years
    k = np.log(rungs.strike / forward[rungs.expiration])
    money = np.log(forward * market.level / market.spot.used / forward)
    w = interpolate(money, k, market.volatility.smile, quotes.expirations.first_rung)
    return w * np.sqrt(market.years / quoted) / np.sqrt(market.years)


def _levels(market: Market, gamma_usd: Floats) -> dict[str, Floats]:
    """Return the walls, max pain and expected move of each (root, expiration), points; NaN where there is none."""
    quotes, rungs = market.quotes, market.quotes.rungs
    first = quotes.expirations.first_rung
    net = sum_by(quotes.rung[market.used], gamma_usd, len(rungs.strike))
    high, low = first_largest(net, first), first_largest(-net, first)
    calls = np.where(rungs.call >= 0, quotes.open_interest[rungs.call], 0.0)
    puts = np.where(rungs.put >= 0, quotes.open_interest[rungs.put], 0.0)
    levels = (
        np.where(net[high] > 0, rungs.strike[high], np.nan),
        np.where(net[low] < 0, rungs.strike[low], np.nan),
        max_pains(rungs.strike, calls, puts, first),
        *straddles(rungs.strike, *quotes.leg_mids, market.forwards.forward, first),
    )
    return dict(zip(LEVELS, levels, strict=True))


def straddle_of(quotes: Quotes, forwards: Forwards, index: int) -> ExpectedMove | None:
    """Return the expected move of one (expiration, root)."""
    at = quotes.expirations.rungs(index)
    call, put = quotes.leg_mids
    return expected_move(quotes.rungs.strike[at], call[at], put[at], float(forwards.forward[index]))
