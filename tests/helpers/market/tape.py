"""Trades as the tape tells them: the trade table, and prints that are taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.trade_schema import TRADE_SCHEMA, TRADE_TIME, TRADE_WARNINGS
from market.contracts import MULTIPLIER
from market.settings import EXCHANGES, KINDS

if TYPE_CHECKING:
    from market.contracts import Contracts, Path
    from market.reports import Reports
    from market.settings import Settings
    from market.trading import Fills

CONDITIONS = {"market": "I", "sweep": "S", "auction": "a", "middle": "a", "limit": "I", "crossing": "I", "complex": "f"}
"""OPRA's letters: electronic, intermarket sweep, single-leg auction, multi-leg electronic; a late report is a D."""
LATE = "D"
BITS = {name: 1 << place for place, name in enumerate(TRADE_WARNINGS)}


def frame_of(settings: Settings, contracts: Contracts, moves: Path, fills: Fills, reports: Reports) -> pl.DataFrame:
    """Return the trade table of some trades, without lines."""
    spot = np.round(moves.at(reports.time), 2)
    key = contracts.key.with_columns(expires_at=pl.Series(contracts.expires).cast(TRADE_TIME))
    columns = {
        "underlying": "SPX",
        "multiplier": MULTIPLIER,
        "trade_time": reports.time,
        "trade_date": settings.date,
        "price": fills.price,
        "size": fills.size,
        "exchange": np.array(EXCHANGES)[fills.exchange],
        "underlying_bid": np.round(spot - 0.25, 2),
        "underlying_ask": np.round(spot + 0.25, 2),
        "condition": np.where(reports.late, LATE, np.array([CONDITIONS[kind] for kind in KINDS])[fills.kind]),
        "is_complex": fills.kind == KINDS.index("complex"),
        "line": 0,
        "quality": _quality(fills.contract, reports),
    }
    for prefix, quote in (("", reports.national), ("exchange_", reports.shown)):
        columns |= {prefix + name: getattr(quote, name) for name in ("bid", "ask", "bid_size", "ask_size")}
    table = key[fills.contract].with_columns(**{name: _column(value) for name, value in columns.items()})
    return table.select(TRADE_SCHEMA.names()).cast(dict(TRADE_SCHEMA))


def _column(value: object) -> pl.Expr | pl.Series:
    return pl.Series(value) if isinstance(value, np.ndarray) else pl.lit(value)


def _quality(contract: np.ndarray, reports: Reports) -> np.ndarray:
    """Return the warnings a reader would give."""
    national = reports.national
    pairs = pl.DataFrame({"contract": contract, "time": reports.time})
    return (
        BITS["crossed_quote"] * (national.bid > national.ask)
        + BITS["locked_quote"] * (national.bid == national.ask)
        + BITS["duplicate_time"] * pairs.is_duplicated().to_numpy()
        + BITS["late_report"] * reports.late
    )


def misprints(settings: Settings, trades: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return trades told at a wrong price just after right ones, each with the time it is taken back at."""
    count = round(settings.cancelled * trades.height)
    chosen = trades[np.sort(rng.choice(trades.height, count, replace=False))]
    back = rng.integers(1_000, 120_000, count)
    return chosen.with_columns(
        price=(pl.col("price") * 10).round(2),
        trade_time=pl.col("trade_time") + pl.duration(milliseconds=1, time_unit="ns"),
        cancel_time=pl.col("trade_time") + pl.duration(milliseconds=pl.Series(back), time_unit="ns"),
    )
