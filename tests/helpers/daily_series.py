"""Daily histories made of arrays, and real files read without the product's own reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from gex.ingest.daily_schema import DAILY_SCHEMA, DailyHistory
from gex.ingest.schema import QualityReport, Source

if TYPE_CHECKING:
    from pathlib import Path


def closes_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the days of a file and its last column, missing values left out."""
    table = pd.read_csv(path).dropna()
    return pd.to_datetime(table.iloc[:, 0]).to_numpy().astype("datetime64[D]"), table.iloc[:, -1].to_numpy(float)


def history(dates: np.ndarray, close: np.ndarray, name: str = "SPX", **columns: np.ndarray) -> DailyHistory:
    """Return a history of arrays; columns that are not given have no values."""
    given = {"close": close, **columns}
    missing = np.full(len(close), np.nan)
    frame = pl.DataFrame(
        {"date": np.asarray(dates, dtype="datetime64[D]")}
        | {each: pl.Series(given.get(each, missing), nan_to_null=True) for each in DAILY_SCHEMA if each != "date"},
    ).cast(DAILY_SCHEMA)
    return DailyHistory(name, frame, Source(name, "", "arrays", ""), QualityReport(len(frame), len(frame)))


def history_of(path: Path, name: str) -> DailyHistory:
    """Return the closes of a file, and its highs and lows where it has them."""
    table = pd.read_csv(path)
    table = table[table.iloc[:, -1].notna()].rename(columns=str.lower)
    days = pd.to_datetime(table.iloc[:, 0]).to_numpy().astype("datetime64[D]")
    columns = {each: table[each].to_numpy(float) for each in ("open", "high", "low") if each in table}
    return history(days, table.iloc[:, -1].to_numpy(float), name, **columns)
