"""The option chain at a time of a simulated day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest import calendar
from gex.ingest.schema import KEY, SCHEMA, SORT, Chain, QualityReport, Source
from market.contracts import MULTIPLIER, nanoseconds
from market.quotes import board

if TYPE_CHECKING:
    from market.day import Day

SNAPSHOT = 8


def chain_of(day: Day, when: dt.datetime) -> Chain:
    """Return the chain of a day at a time of it; contracts that have expired by then are out."""
    frame = _frame(day, when).filter(pl.col("expires_at") > when).sort(SORT)
    when = when.astimezone(dt.UTC)
    return Chain(
        frame=frame,
        underlying="SPX",
        asset_class="index",
        spot=frame["spot"][0],
        quote_time=when,
        quote_date=day.settings.date,
        next_close=calendar.session_close(day.settings.date),
        stamp=when,
        delay_minutes=0.0,
        quote_time_source="given",
        market_open=True,
        open_interest_date=calendar.previous_session(day.settings.date),
        source=Source("simulated", "0" * 64, "simulated", "0"),
        quality=QualityReport(rows_in=len(frame), rows_kept=len(frame)),
    )


def _frame(day: Day, when: dt.datetime) -> pl.DataFrame:
    settings, contracts = day.settings, day.contracts
    index = np.arange(len(contracts.strike))
    times = np.full(len(index), nanoseconds(when))
    rng = np.random.default_rng([day.seed, SNAPSHOT, nanoseconds(when)])
    best = board(settings, contracts, day.moves, index, times, rng).at(times).best()
    traded = day.trades.filter(pl.col("trade_time") <= when).group_by(KEY).agg(pl.col("size").sum().alias("volume"))
    columns = {
        "underlying": "SPX",
        "expires_at": pl.Series(contracts.expires).cast(pl.Datetime("ns", "UTC")),
        "settlement": "PM",
        "exercise": "E",
        "multiplier": MULTIPLIER,
        "bid": pl.Series(best.bid),
        "ask": pl.Series(best.ask),
        "bid_size": pl.Series(best.bid_size),
        "ask_size": pl.Series(best.ask_size),
        "open_interest": pl.Series(day.morning.open_interest),
        "open_interest_date": calendar.previous_session(settings.date),
        "quote_time": when,
        "quote_date": settings.date,
        "spot": round(float(day.moves.at(times)[0]), 2),
        "source": "simulated",
        "quality": 0,
    }
    named = {name: value if isinstance(value, pl.Series) else pl.lit(value) for name, value in columns.items()}
    table = contracts.key.with_columns(**named).join(traded, on=KEY, how="left", maintain_order="left")
    table = table.with_columns(pl.col("volume").fill_null(0))
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SCHEMA.items() if name not in table.columns]
    return table.with_columns(missing).select(SCHEMA.names()).cast(dict(SCHEMA))
