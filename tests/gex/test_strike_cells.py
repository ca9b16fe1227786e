"""Gamma by strike and expiration: it sums to what the analysis has by strike, by expiration and by volume."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from gex.analysis import analyze
from gex.strike_cells import strike_cells

if TYPE_CHECKING:
    from gex.ingest.schema import Chain


def test_cells_sum_to_strikes_and_expirations(chain: Chain) -> None:
    analysis = analyze(chain)
    cells = strike_cells(analysis)
    columns = pl.col("calls", "puts", "call_open_interest", "put_open_interest", "volume")
    strikes = analysis.by_strike.join(
        cells.group_by("strike").agg(columns.sum()), on="strike", how="left", suffix="_of"
    )
    for name in ("calls", "puts", "call_open_interest", "put_open_interest", "volume"):
        assert strikes[f"{name}_of"].fill_null(0).to_list() == pytest.approx(
            strikes[name].to_list(), rel=1e-12, abs=1e-3
        )
    dates = cells.group_by("expiration").agg((pl.col("calls") + pl.col("puts")).sum()).sort("expiration")
    own = analysis.by_expiration.group_by("expiration").agg(pl.col("net").sum()).sort("expiration")
    assert dates["calls"].to_list() == pytest.approx(own["net"].to_list(), rel=1e-9, abs=1e-3)
    assert cells.select("expiration", "strike").is_unique().all()


def test_by_volume_it_sums_to_what_the_slices_say(chain: Chain) -> None:
    traded = chain.frame.with_columns(volume=(pl.col("strike") % 7 + 1).cast(pl.Int64))
    analysis = analyze(replace(chain, frame=traded))
    cells = strike_cells(analysis)
    for part in (analysis.zero_dte, analysis.ex_zero_dte, analysis.next_expiration):
        if part is None:
            continue
        chosen = cells.filter(pl.col("expiration").is_in(part.expirations))
        net = chosen["volume_calls"].sum() + chosen["volume_puts"].sum()
        assert net == pytest.approx(part.net_by_volume, rel=1e-9, abs=1e-3)


def test_sums_have_the_same_bits_on_every_run() -> None:
    """Of a table long enough for a query to be cut in parts."""
    rng = np.random.default_rng(1)
    rows = 23_000
    analysis: Any = SimpleNamespace(
        by_contract=pl.DataFrame(
            {
                "expiration": [dt.date(2026, 1, 5)] * rows,
                "strike": rng.integers(0, 400, rows).astype(float),
                "option_type": ["C", "P"] * (rows // 2),
                "gamma_usd_per_1pct": 1e8 * rng.normal(size=rows),
                "volume_gamma_usd_per_1pct": 1e8 * rng.normal(size=rows),
                "open_interest": [1] * rows,
                "volume": [1] * rows,
            }
        )
    )
    first = strike_cells(analysis)
    assert all(strike_cells(analysis).equals(first) for _ in range(40))
