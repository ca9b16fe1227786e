"""Sessions of New York, their early closes, and the instants at which options expire.

Regular trading runs from 09:30 to 16:00 on weekdays; `holidays.csv` holds every exception from 1990 to 2040 (see
`make_holidays`). Beyond those years every weekday counts as a full session: `covers` tells. Options on indices and
broad funds trade 15 minutes longer, on early closes too. All instants are UTC.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

Hours = Literal["regular", "late"]
"""When options of an underlying stop trading: with the stock market, or 15 minutes later."""

NEW_YORK = ZoneInfo("America/New_York")
OPEN = dt.time(9, 30)
CLOSE = dt.time(16)
LATE = dt.timedelta(minutes=15)
FIRST, LAST = dt.date(1990, 1, 1), dt.date(2040, 12, 31)

_DAY = dt.timedelta(days=1)


@cache
def _exceptions() -> dict[dt.date, dt.time | None]:
    """Map each weekday that is closed to None, and each early close to its time."""
    text = Path(__file__).with_name("holidays.csv").read_text(encoding="utf-8")
    rows = (line.split(",") for line in text.splitlines()[1:])
    return {dt.date.fromisoformat(day): dt.time.fromisoformat(close) if close else None for day, close in rows}


def covers(day: dt.date) -> bool:
    """Tell whether holidays are known for this date."""
    return FIRST <= day <= LAST


def is_session(day: dt.date) -> bool:
    """Tell whether New York trades on this date."""
    return day.weekday() < 5 and _exceptions().get(day, CLOSE) is not None


def previous_session(day: dt.date) -> dt.date:
    """Return the last session before this date."""
    day -= _DAY
    while not is_session(day):
        day -= _DAY
    return day


def next_session(day: dt.date) -> dt.date:
    """Return the first session after this date."""
    day += _DAY
    while not is_session(day):
        day += _DAY
    return day


def sessions_between(after: dt.date, until: dt.date) -> int:
    """Count the sessions after one date up to another."""
    return sum(is_session(after + _DAY * days) for days in range(1, (until - after).days + 1))


def new_york(day: dt.date, clock: dt.time) -> dt.datetime:
    """Return the instant, in UTC, of a New York date and time."""
    return dt.datetime.combine(day, clock, NEW_YORK).astimezone(dt.UTC)


def session_open(day: dt.date) -> dt.datetime:
    """Return the instant a session opens."""
    return new_york(day, OPEN)


def session_close(day: dt.date, hours: Hours = "regular") -> dt.datetime:
    """Return the instant a session ends for options of these hours: 16:00 or 16:15, 13:00 or 13:15 on early closes.

    Raises:
        ValueError: The date is not a session.

    """
    close = _exceptions().get(day, CLOSE)
    if close is None or day.weekday() >= 5:
        raise ValueError(f"{day} is not a session of New York")
    return new_york(day, close) + (LATE if hours == "late" else dt.timedelta(0))


def expiration_session(expiration: dt.date) -> dt.date:
    """Return the session an expiration falls on: its own, or the one before (Saturdays until 2015, holidays)."""
    return expiration if is_session(expiration) else previous_session(expiration)


def expires_at(expiration: dt.date, settlement: Literal["AM", "PM"]) -> dt.datetime:
    """Return the instant the payoff is fixed: the session's open if AM-settled, else its regular close."""
    session = expiration_session(expiration)
    return session_open(session) if settlement == "AM" else session_close(session)


def in_session(instant: dt.datetime, hours: Hours = "regular") -> bool:
    """Tell whether options of these hours trade at this instant; both ends count."""
    day = instant.astimezone(NEW_YORK).date()
    return is_session(day) and session_open(day) <= instant <= session_close(day, hours)


def sessions_begun(after: dt.date, until: dt.datetime) -> int:
    """Count the sessions after a date that had opened by an instant."""
    day = until.astimezone(NEW_YORK).date()
    begun = sessions_between(after, day)
    return begun - (begun > 0 and is_session(day) and until < session_open(day))


def session_minutes(after: dt.datetime, until: dt.datetime, hours: Hours = "regular") -> float:
    """Return for how many minutes options of these hours traded from one instant to another."""
    day, last = after.astimezone(NEW_YORK).date(), until.astimezone(NEW_YORK).date()
    total = dt.timedelta(0)
    while day <= last:
        if is_session(day):
            part = min(until, session_close(day, hours)) - max(after, session_open(day))
            total += max(part, dt.timedelta(0))
        day += _DAY
    return total.total_seconds() / 60.0


def last_session_end_at_or_before(instant: dt.datetime, hours: Hours = "regular") -> dt.datetime:
    """Return the latest end of a session that is not after this instant."""
    day = expiration_session(instant.astimezone(NEW_YORK).date())
    end = session_close(day, hours)
    return end if end <= instant else session_close(previous_session(day), hours)


def next_close(instant: dt.datetime) -> dt.datetime:
    """Return the first regular close strictly after this instant."""
    day = instant.astimezone(NEW_YORK).date()
    if is_session(day) and session_close(day) > instant:
        return session_close(day)
    return session_close(next_session(day))
