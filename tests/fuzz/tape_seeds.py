"""Tapes of option trades among the seeds: their names begin with `tape_` and that of their format."""

from __future__ import annotations

import io
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))

from tape_shapes import Shape, shapes

from gex.ingest.trade_schema import TRADE_COLUMNS, TRADE_SCHEMA
from gex.ingest.trades.judge import ERRORS
from gex.ingest.trades.read import read_trades, trade_batches

PREFIX = "tape_"
OURS = {"csv", "parquet"}


@cache
def _shapes() -> dict[str, Shape]:
    return shapes()


def seeds() -> dict[str, bytes]:
    """Return the tapes by their seeds' names."""
    return {f"{PREFIX}{name}": shape.data for name, shape in _shapes().items()}


def check(path: Path, kind: str) -> str:
    """Read a file that was once a tape of a format, at once and in batches; what is refused raises a `ChainError`."""
    form = kind.removeprefix(PREFIX)
    beside = next(shape.beside for name, shape in _shapes().items() if name.startswith(form))
    tape = read_trades(path, beside=[io.BytesIO(each) for each in beside])
    quality, aside = tape.quality, sum(tape.quality.quarantined.values())
    assert quality.rows_in == quality.rows_kept + aside, "rows lost"
    assert tape.frame.height == quality.rows_kept, "rows lost"
    assert form in OURS or tape.source.format == form, f"read as {tape.source.format}"
    assert form in OURS or tape.quarantine.height == aside, "rows set aside lost"
    assert tape.frame.schema == TRADE_SCHEMA, "columns"
    assert set(quality.quarantined) <= set(ERRORS) or form in OURS, "reasons"
    needed = tape.frame.select(column.name for column in TRADE_COLUMNS if not column.nullable)
    assert not any(needed.null_count().row(0)), "null where a value is needed"
    assert (tape.frame["trade_time"] <= tape.frame["expires_at"]).all(), "expired"
    parts = list(trade_batches(path, beside=[io.BytesIO(each) for each in beside], rows=2))
    assert [row for part in parts for row in part.frame.rows()] == tape.frame.rows(), "batches"
    return "read"
