"""Results as Polars frames: by contract, by strike, by expiration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.levels import expected_move, max_pain, sum_by

if TYPE_CHECKING:
    from gex.exposure import Book, ContractExposure
    from gex.forwards import Forwards
    from gex.levels import StrikeTotals
    from gex.market import Market
    from gex.quotes import Floats, Ints, Quotes
    from gex.results import ExpectedMove

LEVEL_SCHEMA = dict.fromkeys(
    ("call_wall", "put_wall", "max_pain", "straddle_strike", "straddle", "expected_move"), pl.Float64
)


def by_contract(frame: pl.DataFrame, used: Ints, book: Book, spot: float, dollars: ContractExposure) -> pl.DataFrame:
    """Return the used rows with what priced them and the dealers' exposure in each."""
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
    return frame[used].with_columns(pl.Series(name, values) for name, values in columns.items())


def by_strike(totals: StrikeTotals, zero_dte: StrikeTotals) -> pl.DataFrame:
    """Return exposure by strike; `zero_dte` is the part of `net` that expires today."""
    today = np.zeros(len(totals.strike))
    today[np.searchsorted(totals.strike, zero_dte.strike)] = zero_dte.net
    return pl.DataFrame(
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
    group, is_call = quotes.expiration[market.used], quotes.is_call[market.used]
    shown = np.unique(group)

    def total(values: Floats, of: Ints) -> Floats:
        return sum_by(of, values, len(market.years))[shown]

    figures = pl.DataFrame(
        {
            "years": market.years[shown],
            "forward": forwards.forward[shown] * (market.level / market.spot.used),
            "forward_source": [forwards.source[i] for i in shown],
            "discount": forwards.discount[shown],
            "fitted_discount": pl.Series(forwards.fitted_discount[shown]).fill_nan(None),
            "atm_iv": pl.Series([_atm_iv(market, int(i)) for i in shown], dtype=pl.Float64),
            "vol_source": [market.volatility.source[i] for i in shown],
            "contracts": np.bincount(group, minlength=len(market.years))[shown],
            "net": total(gamma_usd, group),
            "gross": total(np.abs(gamma_usd), group),
            "calls": total(gamma_usd[is_call], group[is_call]),
            "puts": total(gamma_usd[~is_call], group[~is_call]),
            "open_interest": total(np.nan_to_num(quotes.open_interest), quotes.expiration).astype(np.int64),
            "volume": total(np.nan_to_num(quotes.volume), quotes.expiration).astype(np.int64),
        }
    )
    net = sum_by(quotes.rung[market.used], gamma_usd, len(quotes.rungs.strike))
    levels = pl.DataFrame([_expiration_levels(market, net, int(i)) for i in shown], schema=LEVEL_SCHEMA, orient="row")
    head = quotes.expirations.table[shown].drop("exercise")
    return pl.concat([head, figures, levels], how="horizontal")


def _atm_iv(market: Market, index: int) -> float | None:
    """Return one expiration's volatility at the forward, per square-root year."""
    w = market.w(index, market.forward(index))
    return None if w is None else w / float(np.sqrt(market.years[index]))


def _expiration_levels(market: Market, net: Floats, index: int) -> tuple[float | None, ...]:
    """Return the walls, max pain and expected move of one (expiration, root), in the order of `LEVEL_SCHEMA`."""
    quotes = market.quotes
    rungs = quotes.expirations.rungs(index)
    strike, gamma = quotes.rungs.strike[rungs], net[rungs]
    high, low = int(np.argmax(gamma)), int(np.argmin(gamma))
    calls = np.nan_to_num(quotes.leg(quotes.open_interest, quotes.rungs.call[rungs]))
    puts = np.nan_to_num(quotes.leg(quotes.open_interest, quotes.rungs.put[rungs]))
    move = straddle_of(quotes, market.forwards, index)
    return (
        float(strike[high]) if gamma[high] > 0 else None,
        float(strike[low]) if gamma[low] < 0 else None,
        max_pain(strike, calls, puts),
        move.strike if move else None,
        move.straddle if move else None,
        move.one_sigma if move else None,
    )


def straddle_of(quotes: Quotes, forwards: Forwards, index: int) -> ExpectedMove | None:
    """Return the expected move of one (expiration, root)."""
    rungs = quotes.expirations.rungs(index)
    call = quotes.leg(quotes.mid, quotes.rungs.call[rungs])
    put = quotes.leg(quotes.mid, quotes.rungs.put[rungs])
    return expected_move(quotes.rungs.strike[rungs], call, put, float(forwards.forward[index]))
