"""Daily histories in the layouts that are read, and what is true of everything that was read."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from gex.ingest.daily import read_daily
from gex.ingest.daily_rules import ERRORS, WARNINGS
from gex.ingest.daily_schema import DAILY_SCHEMA, DailyHistory
from gex.ingest.schema import QUARANTINE

TODAY = dt.date(2026, 8, 1)
DAY = dt.date(2025, 11, 10)
CBOE = "DATE,OPEN,HIGH,LOW,CLOSE\n11/13/2025,17.5,21.3,17.2,20.0\n11/14/2025,20.6,23.0,19.6,19.83\n"


def daily(*closes: float | str, start: dt.date = DAY, header: str = "date,close") -> str:
    """Return a history of one value a day, weekends too, as text."""
    days = (start + dt.timedelta(days=place) for place in range(len(closes)))
    return "".join([header + "\n", *(f"{day},{close}\n" for day, close in zip(days, closes, strict=True))])


def read(text: str | bytes, **named: Any) -> DailyHistory:
    """Read a text as a file, today being 2026-08-01, and hold it to what is true of every history."""
    data = text if isinstance(text, bytes) else text.encode()
    return checked(read_daily(io.BytesIO(data), today=TODAY, **named))


def checked(history: DailyHistory) -> DailyHistory:
    """Return a history in which every row is accounted for."""
    quality, aside = history.quality, history.quarantine
    assert quality.rows_in == quality.rows_kept + sum(quality.quarantined.values()), "rows lost"
    assert history.frame.height == quality.rows_kept > 0, "rows lost"
    assert aside.height == sum(quality.quarantined.values()), "rows set aside lost"
    assert (history.frame.schema, aside.schema) == (DAILY_SCHEMA, QUARANTINE), "columns"
    assert set(quality.quarantined) <= set(ERRORS), "reasons"
    assert set(quality.warnings) <= set(WARNINGS), "warnings"
    assert history.frame["date"].is_sorted(), "order"
    assert history.frame["date"].is_unique().all(), "a date twice"
    assert history.frame["close"].is_finite().all(), "values"
    return history
