"""An analysis as the three tables of the result store; their types never depend on what is null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gex
from gex.cli.render.flat import flat_row

if TYPE_CHECKING:
    import polars as pl

    from gex.ingest.result_parts import Table
    from gex.ingest.schema import Chain
    from gex.results import Analysis

STRINGS = {
    *("underlying", "status", "regime", "certainty", "zero_dte_sign", "positions", "vol", "settings_fingerprint"),
    *("spec_fingerprint", "sha256", "tool_version", "root", "settlement", "forward_source", "vol_source"),
}
INTEGERS = {
    *("rows_in", "rows_used", "quality_rows_in", "quality_rows_kept", "quality_quarantined", "quality_flagged"),
    *("contracts", "open_interest", "volume", "call_open_interest", "put_open_interest"),
}
DATES = {"quote_date", "open_interest_date", "expiration"}
TIMES = {"quote_time", "expires_at"}


def frames_of(chain: Chain, analysis: Analysis, fingerprint: str) -> dict[Table, pl.DataFrame]:
    """Return the tables of one analysis.

    Args:
        chain: What was analysed.
        analysis: What was found.
        fingerprint: Of the spec.

    """
    import polars as pl

    summary = _summary(chain, analysis, fingerprint)
    types = {name: _dtype(name) for name in summary}
    head = [pl.lit(summary[name], types[name]).alias(name) for name in ("underlying", "quote_time", "quote_date")]
    foot = [pl.lit(summary[name], types[name]).alias(name) for name in ("sha256", "spec_fingerprint", "tool_version")]
    return {
        "summary": pl.DataFrame([tuple(summary.values())], schema=types, orient="row"),
        "by_expiration": _typed(analysis.by_expiration).select(*head, pl.all(), *foot),
        "by_strike": _typed(analysis.by_strike).select(*head, pl.all(), *foot),
    }


def _summary(chain: Chain, analysis: Analysis, fingerprint: str) -> dict[str, Any]:
    """Return one row: the flat figures, the facts they rest on, and what a reader must know."""
    row = flat_row(analysis)
    del row["source"]  # Where the input lies is no part of the result; the manifest has it.
    row["tool_version"] = gex.__version__  # What analysed the chain; another version may have read it into a store.
    quality = analysis.quality
    return {
        "underlying": row.pop("underlying"),
        "quote_time": row.pop("quote_time"),
        "quote_date": chain.quote_date,
        "open_interest_date": analysis.open_interest_date,
        **row,
        "quality_rows_in": quality.rows_in,
        "quality_rows_kept": quality.rows_kept,
        "quality_quarantined": sum(quality.quarantined.values()),
        "quality_flagged": sum(quality.warnings.values()),
        "warnings": list(analysis.warnings),
        "spec_fingerprint": fingerprint,
    }


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.cast({name: _dtype(name) for name in frame.columns})


def _dtype(name: str) -> Any:
    """Return the type of a column: a figure is a float unless it is known to be something else."""
    import polars as pl

    from gex.ingest.schema import UTC_TIME

    for names, dtype in ((STRINGS, pl.String), (INTEGERS, pl.Int64), (DATES, pl.Date), (TIMES, UTC_TIME)):
        if name in names:
            return dtype
    return pl.List(pl.String) if name == "warnings" else pl.Float64
