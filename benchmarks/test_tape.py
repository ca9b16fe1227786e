"""The tape: a million trades told, priced and added up in bars; what each part takes, and the memory of fifty millions."""

from __future__ import annotations

import datetime as dt
import resource
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.inputs import MILLION
from benchmarks.race import local_lane
from gex.ingest.trade_schema import TRADE_SCHEMA
from gex.microstructure.hedges import hedges_of
from gex.microstructure.sides import Sides, classify
from gex.microstructure.tape import Tape
from gex.microstructure.trade_greeks import TradePricer
from gex.pricing import price

if TYPE_CHECKING:
    from benchmarks.race import Race

TODAY = dt.date(2025, 9, 5)
DAYS_OUT, SHARES = (0, 3, 7, 42), (0.5, 0.2, 0.2, 0.1)
NANOSECONDS = 10**9
BATCH, BATCHES = 500_000, 100
MOST_GROWTH = 300
"""Megabytes that may come on top of the first batches', whatever follows."""


def instant(date: dt.date, hour: int, minute: int = 0) -> int:
    """Return a time in UTC as nanoseconds since 1970."""
    return int(dt.datetime.combine(date, dt.time(hour, minute), dt.UTC).timestamp()) * NANOSECONDS


def session(n: int, seed: int = 1) -> pl.DataFrame:
    """Return n trades of a session at quotes around what contracts are worth at 15%."""
    rng = np.random.default_rng(seed)
    time = np.sort(rng.integers(instant(TODAY, 13, 30), instant(TODAY, 20) - 60 * NANOSECONDS, n))
    days = rng.choice(DAYS_OUT, n, p=SHARES)
    expires = instant(TODAY, 20) + days * 86_400 * NANOSECONDS
    spot = 6500.0 * np.exp(np.cumsum(rng.normal(0.0, 0.007 / np.sqrt(n), n)))
    strike = 5.0 * np.round(spot * np.exp(rng.normal(0.0, 0.01, n)) / 5.0)
    is_call = rng.random(n) < 0.5
    value = price(spot, strike, (expires - time) / (365 * 86_400 * NANOSECONDS), 0.15, 0.04, 0.0, is_call)
    bid = np.floor(value * 20.0) / 20.0
    columns = {
        "underlying": np.full(n, "SPX"),
        "root": np.full(n, "SPXW"),
        "expiration": np.datetime64(TODAY, "D") + days,
        "expires_at": pl.Series(expires // 1000).cast(TRADE_SCHEMA["expires_at"]),
        "option_type": np.where(is_call, "C", "P"),
        "strike": strike,
        "multiplier": np.full(n, 100.0),
        "trade_time": pl.Series(time).cast(TRADE_SCHEMA["trade_time"]),
        "trade_date": np.full(n, np.datetime64(TODAY, "D")),
        "price": np.where(rng.random(n) < 0.5, bid + 0.05, np.maximum(bid, 0.05)),
        "size": rng.geometric(0.1, n),
        "exchange": rng.choice(["C", "X", "A"], n),
        "bid": bid,
        "ask": bid + 0.05,
        "underlying_bid": spot - 0.1,
        "underlying_ask": spot + 0.1,
        "is_complex": rng.random(n) < 0.1,
        "line": np.arange(1, n + 1),
        "quality": np.zeros(n),
    }
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in TRADE_SCHEMA.items() if name not in columns]
    return pl.DataFrame(columns).with_columns(missing).select(TRADE_SCHEMA.names()).cast(dict(TRADE_SCHEMA)).rechunk()


def told(trades: pl.DataFrame, sides: Sides) -> pl.DataFrame:
    tape = Tape()
    return pl.concat([tape.add(trades, sides), tape.close()])


def test_tape(free_race: Race) -> None:
    trades = session(MILLION)
    sides, found = classify(trades), TradePricer().price(trades)
    hedges = hedges_of(trades, sides, found)
    flows = trades.select(
        "trade_time", "option_type", "size", today=pl.col("expiration") == pl.col("trade_date")
    ).with_columns(
        side=pl.Series(sides.side),
        **{
            name: pl.Series(getattr(hedges, name))
            for name in ("flow", "raw", "variance", "delta_traded", "gamma", "vanna")
        },
    )

    def by_polars() -> pl.DataFrame:
        """Return sums of the same hedges by the same cells, without spot, groups, late trades or orders."""
        bucket = (pl.col("size") >= 10).cast(pl.Int8) + (pl.col("size") >= 100).cast(pl.Int8)
        keys = (pl.col("trade_time").dt.truncate("5m"), "option_type", "today", bucket.alias("bucket"), "side")
        return flows.group_by(*keys).agg(
            pl.len(), pl.col("size", "flow", "raw", "variance", "delta_traded", "gamma", "vanna").sum()
        )

    rows = told(trades, sides)
    assert rows["trades"].sum() == MILLION
    np.testing.assert_allclose(rows["flow_usd"].sum(), by_polars()["flow"].sum(), rtol=1e-9)
    lanes = [
        local_lane("telling the sides alone", MILLION, lambda: classify(trades)),
        local_lane("pricing alone", MILLION, lambda: TradePricer().price(trades)),
        local_lane("hedges from sides and greeks alone", MILLION, lambda: hedges_of(trades, sides, found)),
        local_lane("hedges added up by Polars, whose sums hang on its threads", MILLION, by_polars),
    ]
    free_race.run(
        lambda: told(trades, classify(trades)),
        lanes,
        rows=MILLION,
        rounds=7,
        topic="The tape of a million trades: sides, greeks and bars",
        unit="trade",
    )


def test_memory_stays_flat() -> None:
    """Fifty million trades take no more memory than the first of them."""
    trades = session(BATCH)
    sides, tape = classify(trades), Tape()
    peaks = []
    for _ in range(BATCHES):
        tape.add(trades, sides)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    assert tape.summary.totals["trades"] == BATCH * BATCHES
    growth = peaks[-1] - peaks[4]
    print(f"\n{BATCH * BATCHES:,} trades: peak {peaks[-1]:.0f} MB, {growth:.0f} MB of it after the first five batches")
    assert growth < MOST_GROWTH
