"""When the quotes of a source were made, which is neither when it was stamped nor when it was saved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gex.ingest.calendar import NEW_YORK, Hours, in_session, last_session_end_at_or_before, next_close, previous_session

if TYPE_CHECKING:
    from collections.abc import Container

# OCC publishes the open interest of a session in the early morning of the next day.
_PUBLISHED = dt.time(6, 30)


@dataclass(frozen=True)
class QuoteTime:
    """The time of a snapshot's quotes and how it was found; the fields are those of `Chain`."""

    quote_time: dt.datetime
    quote_time_source: Literal["stamp", "session_end", "given", "stored"]
    stamp: dt.datetime | None
    delay_minutes: float
    market_open: bool

    @property
    def quote_date(self) -> dt.date:
        """The New York date of the quotes."""
        return self.quote_time.astimezone(NEW_YORK).date()

    @property
    def next_close(self) -> dt.datetime:
        """The first regular close after the quotes."""
        return next_close(self.quote_time)


def from_stamp(stamp: dt.datetime, delay_minutes: float, hours: Hours) -> QuoteTime:
    """Take the delay off a stamp and move what falls outside trading back to the end of the last session.

    Args:
        stamp: The time the source prints, UTC.
        delay_minutes: How old quotes are at that time.
        hours: When options of the underlying stop trading.

    """
    delayed = stamp - dt.timedelta(minutes=delay_minutes)
    if in_session(delayed, hours):
        # Quotes of the last minutes still arrive after the end: the market is open only if it is at the stamp too.
        return QuoteTime(delayed, "stamp", stamp, delay_minutes, in_session(stamp, hours))
    return QuoteTime(
        last_session_end_at_or_before(delayed, hours), "session_end", stamp, delay_minutes, market_open=False
    )


def given(quote_time: dt.datetime, stamp: dt.datetime | None, hours: Hours) -> QuoteTime:
    """Take the time as the user gives it: no delay, no clip."""
    return QuoteTime(quote_time, "given", stamp, 0.0, in_session(quote_time, hours))


def open_interest_date(clock: QuoteTime, expirations: Container[dt.date]) -> dt.date:
    """Return the session whose close the open interest belongs to.

    It is the session before the quotes', except in a source made after the next morning's update and before the
    next open: there it is the quotes' own session. Such a source is told by its stamp, and by no longer listing what
    expired on the quotes' date. (Of one index chain saved on a Friday evening, on the Monday holiday at 08:45 and on
    Tuesday evening, the last two agree in every one of 23,722 contracts and differ from the first in 7,373.)

    Args:
        clock: The time of the quotes.
        expirations: The expirations the source lists, expired ones included.

    """
    day = clock.quote_date
    update = dt.datetime.combine(day + dt.timedelta(days=1), _PUBLISHED, NEW_YORK)
    rolled = clock.stamp is not None and clock.stamp >= update and day not in expirations
    return day if rolled and clock.quote_time_source == "session_end" else previous_session(day)
