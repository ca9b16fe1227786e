"""Write `holidays.csv`, the exceptions to "Monday to Friday, 16:00 New York", from exchange_calendars' XNYS.

Run as `python -m gex.ingest.make_holidays`. The file is committed, so that nothing at run time needs a calendar
package. XNYS is the source because Cboe's own calendars in the public packages miss early closes.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

FIRST, LAST = dt.date(1990, 1, 1), dt.date(2040, 12, 31)
PATH = Path(__file__).with_name("holidays.csv")


def exceptions() -> list[tuple[dt.date, str]]:
    """Return each weekday that is closed ("") or closes early ("13:00"), from FIRST to LAST."""
    import exchange_calendars  # type: ignore[import-untyped]

    schedule = exchange_calendars.get_calendar("XNYS", start=str(FIRST), end=str(LAST)).schedule
    closes = schedule["close"].dt.tz_convert("America/New_York").dt.strftime("%H:%M")
    close_on = dict(zip((stamp.date() for stamp in schedule.index), closes, strict=True))
    days = (FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    weekdays = ((day, close_on.get(day, "")) for day in days if day.weekday() < 5)
    return [(day, close) for day, close in weekdays if close != "16:00"]


def main() -> None:
    """Write the table."""
    lines = [f"{day},{close}\n" for day, close in exceptions()]
    PATH.write_text("date,close\n" + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
