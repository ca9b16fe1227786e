"""An analysis as the three tables of the result store; their types never depend on what is null."""

from __future__ import annotations

from functools import cache
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
HEAD = ("underlying", "quote_time", "quote_date")
FOOT = ("sha256", "spec_fingerprint", "tool_version")
"""Columns of the summary that the other tables begin and end with."""
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

    row = _summary(chain, analysis, fingerprint)
    summary = pl.DataFrame([tuple(row.values())], schema={name: _dtype(name) for name in row}, orient="row")
    return {
        "summary": summary,
        "by_expiration": _within(analysis.by_expiration, summary),
        "by_strike": _within(analysis.by_strike, summary),
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


def _within(frame: pl.DataFrame, summary: pl.DataFrame) -> pl.DataFrame:
    """Return a table between columns of the summary, as series: expressions cost a part of a millisecond each."""
    import polars as pl

    head, foot = ([summary[name].new_from_index(0, frame.height) for name in names] for names in (HEAD, FOOT))
    return pl.DataFrame([*head, *(column.cast(_dtype(column.name)) for column in frame), *foot])


@cache
def _dtype(name: str) -> Any:
    """Return the type of a column: a figure is a float unless it is known to be something else."""
    import polars as pl

    from gex.ingest.schema import UTC_TIME

    for names, dtype in ((STRINGS, pl.String), (INTEGERS, pl.Int64), (DATES, pl.Date), (TIMES, UTC_TIME)):
        if name in names:
            return dtype
    return pl.List(pl.String) if name == "warnings" else pl.Float64
