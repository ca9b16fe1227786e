"""Daily histories among the seeds: their names begin with `daily_`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))

from histories import CBOE, checked, daily, read

from gex.ingest.daily import read_daily

PREFIX = "daily_"


def seeds() -> dict[str, bytes]:
    """Return the histories by their seeds' names."""
    one = daily(*range(80, 120), header="observation_date,DFF")
    buffer = io.BytesIO()
    read(one).frame.write_parquet(buffer)
    texts = {
        "cboe": CBOE,
        "fred": one,
        "yahoo": "Date,Open,High,Low,Close,Adj Close,Volume\n2025-11-13,1,3,1,2,1.5,900\n",
    }
    return {f"{PREFIX}{name}": text.encode() for name, text in texts.items()} | {f"{PREFIX}parquet": buffer.getvalue()}


def check(path: Path) -> str:
    """Read a file that was once a history; what is refused raises a `ChainError`."""
    checked(read_daily(path))
    return "read"
