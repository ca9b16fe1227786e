"""Daily histories made of arrays, and the real ones of Cboe and FRED."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.daily_schema import DAILY_SCHEMA, DailyHistory

if TYPE_CHECKING:
    from collections.abc import Sequence


def weekdays(count: int, start: str = "2020-01-01") -> np.ndarray:
    """Return weekdays in a row from the first at or after `start`."""
    return np.busday_offset(np.datetime64(start, "D"), np.arange(count), roll="forward")


def history(
    name: str, closes: Sequence[float], *, start: str = "2020-01-01", **columns: Sequence[float]
) -> DailyHistory:
    """Return a history of weekdays in a row."""
    given = {"date": weekdays(len(closes), start).astype(dt.date), "close": np.asarray(closes, float), **columns}
    missing = [column for column in DAILY_SCHEMA if column not in given]
    frame = pl.DataFrame({key: pl.Series(list(value)) for key, value in given.items()}, strict=False)
    frame = frame.with_columns(pl.lit(None).alias(column) for column in missing)
    return DailyHistory(name, frame.select(DAILY_SCHEMA.names()).cast(dict(DAILY_SCHEMA)), None, None)  # type: ignore[arg-type]
