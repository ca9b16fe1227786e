"""Results as Polars frames: by contract, by strike, by expiration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.exposure import gamma_exposure
from gex.levels import expected_move, max_pain, strike_totals, walls_of

if TYPE_CHECKING:
    from gex.exposure import Book, ContractExposure
    from gex.forwards import Forwards
    from gex.levels import StrikeTotals
    from gex.market import Market
    from gex.quotes import Floats, Ints, Quotes
    from gex.results import ExpectedMove

EXPIRATION_SCHEMA = {
    "atm_iv": pl.Float64,
    "contracts": pl.Int64,
    "net": pl.Float64,
    "gross": pl.Float64,
    "calls": pl.Float64,
    "puts": pl.Float64,
    "open_interest": pl.Int64,
    "volume": pl.Int64,
    "call_wall": pl.Float64,
    "put_wall": pl.Float64,
    "max_pain": pl.Float64,
    "straddle_strike": pl.Float64,
    "straddle": pl.Float64,
    "expected_move": pl.Float64,
}


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
    by_row = np.full(len(market.quotes.strike), np.nan)
    by_row[market.used] = gamma_usd
    shown = np.unique(market.quotes.expiration[market.used])
    forwards, volatility = market.forwards, market.volatility
    head = market.quotes.expirations.table[shown].drop("exercise")
    carry = pl.DataFrame(
        {
            "years": market.years[shown],
            "forward": forwards.forward[shown] * (market.level / market.spot.used),
            "forward_source": [forwards.source[i] for i in shown],
            "discount": forwards.discount[shown],
            "vol_source": [volatility.source[i] for i in shown],
        }
    )
    figures = pl.DataFrame([_expiration(market, by_row, int(i)) for i in shown], schema=EXPIRATION_SCHEMA)
    table = pl.concat([head, carry, figures], how="horizontal")
    first = [*head.columns, "years", "forward", "forward_source", "discount", "atm_iv", "vol_source"]
    return table.select(*first, pl.exclude(first))


def _expiration(market: Market, gamma_usd: Floats, index: int) -> dict[str, float | int | None]:
    """Summarise one (expiration, root)."""
    quotes = market.quotes
    rows = _rows_of(quotes, index)
    gamma, is_call = gamma_usd[rows], quotes.is_call[rows]
    used = np.isfinite(gamma)
    open_interest, volume = quotes.open_interest[rows], quotes.volume[rows]
    totals = strike_totals(quotes.strike[rows], is_call, gamma, open_interest, volume)
    walls = walls_of(totals).net
    exposure = gamma_exposure(gamma[used], is_call[used])
    at_money = market.w(index, market.forward(index))
    move = straddle_of(quotes, market.forwards, index)
    return {
        "atm_iv": None if at_money is None else at_money / float(np.sqrt(market.years[index])),
        "contracts": int(used.sum()),
        "net": exposure.net,
        "gross": exposure.gross,
        "calls": exposure.calls,
        "puts": exposure.puts,
        "open_interest": int(np.nansum(open_interest)),
        "volume": int(np.nansum(volume)),
        "call_wall": walls.call.strike if walls.call else None,
        "put_wall": walls.put.strike if walls.put else None,
        "max_pain": max_pain(totals.strike, totals.call_open_interest, totals.put_open_interest),
        "straddle_strike": move.strike if move else None,
        "straddle": move.straddle if move else None,
        "expected_move": move.one_sigma if move else None,
    }


def _rows_of(quotes: Quotes, index: int) -> slice:
    """Return where the contracts of one expiration stand: rows and rungs are in the same order."""
    first, last = np.searchsorted(quotes.expiration, [index, index + 1])
    return slice(int(first), int(last))


def straddle_of(quotes: Quotes, forwards: Forwards, index: int) -> ExpectedMove | None:
    """Return the expected move of one (expiration, root)."""
    rungs = quotes.expirations.rungs(index)
    mid = np.where((quotes.bid > 0) & (quotes.ask >= quotes.bid), 0.5 * (quotes.bid + quotes.ask), np.nan)
    call, put = quotes.leg(mid, quotes.rungs.call[rungs]), quotes.leg(mid, quotes.rungs.put[rungs])
    return expected_move(quotes.rungs.strike[rungs], call, put, float(forwards.forward[index]))
