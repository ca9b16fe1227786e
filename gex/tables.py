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
    group, is_call = quotes.expiration[market.used], quotes.is_call[market.used]
    shown = market.priced

    def total(values: Floats, of: Ints) -> Floats:
        return sum_by(of, values, len(market.years))[shown]

    figures = _frame(
        {
            "years": market.years[shown],
            "forward": forwards.forward[shown] * (market.level / market.spot.used),
            "forward_source": [forwards.source[i] for i in shown],
            "discount": forwards.discount[shown],
            "fitted_discount": forwards.fitted_discount[shown],
            "atm_iv": [_atm_iv(market, int(i)) for i in shown],
            "vol_source": [market.volatility.source[i] for i in shown],
            "contracts": np.bincount(group, minlength=len(market.years))[shown],
            "net": total(gamma_usd, group),
            "gross": total(np.abs(gamma_usd), group),
            "calls": total(gamma_usd[is_call], group[is_call]),
            "puts": total(gamma_usd[~is_call], group[~is_call]),
            "open_interest": total(quotes.open_interest, quotes.expiration).astype(np.int64),
            "volume": total(quotes.volume, quotes.expiration).astype(np.int64),
        }
    ).with_columns(pl.col("fitted_discount", "atm_iv").cast(pl.Float64).fill_nan(None))
    head = quotes.expirations.table.drop("exercise")[shown.tolist(), :]
    return pl.concat([head, figures, _levels_by_expiration(market, gamma_usd, shown)], how="horizontal")


def _frame(columns: dict[str, Floats | Ints | list[str] | list[float | None]]) -> pl.DataFrame:
    """Build a small frame from lists: a NumPy array makes Polars import numpy.ma, a tenth of a report's time."""
    return pl.DataFrame(
        {name: values if isinstance(values, list) else values.tolist() for name, values in columns.items()}
    )


def _atm_iv(market: Market, index: int) -> float | None:
    """Return one expiration's volatility at the forward, per square-root year."""
    w = market.w(index, market.forward(index))
    return None if w is None else w / float(np.sqrt(market.years[index]))


def _levels_by_expiration(market: Market, gamma_usd: Floats, shown: Ints) -> pl.DataFrame:
    """Return the walls, max pain and expected move of each (expiration, root) shown."""
    quotes, rungs = market.quotes, market.quotes.rungs
    net = sum_by(quotes.rung[market.used], gamma_usd, len(rungs.strike))
    calls = np.where(rungs.call >= 0, quotes.open_interest[rungs.call], 0.0)
    puts = np.where(rungs.put >= 0, quotes.open_interest[rungs.put], 0.0)
    rows = []
    for index in shown:
        at = quotes.expirations.rungs(index)
        strike, gamma = rungs.strike[at], net[at]
        high, low = gamma.argmax(), gamma.argmin()
        move = straddle_of(quotes, market.forwards, index)
        rows.append(
            (
                float(strike[high]) if gamma[high] > 0 else None,
                float(strike[low]) if gamma[low] < 0 else None,
                max_pain(strike, calls[at], puts[at]),
                *((move.strike, move.straddle, move.one_sigma) if move else (None, None, None)),
            )
        )
    return pl.DataFrame(rows, schema=LEVEL_SCHEMA, orient="row")


def straddle_of(quotes: Quotes, forwards: Forwards, index: int) -> ExpectedMove | None:
    """Return the expected move of one (expiration, root)."""
    at = quotes.expirations.rungs(index)
    call, put = quotes.leg_mids
    return expected_move(quotes.rungs.strike[at], call[at], put[at], float(forwards.forward[index]))
