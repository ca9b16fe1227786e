"""Quote time from a stamp: the delay off, then the clip to the end of the session."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import quote_time
from gex.ingest.calendar import in_session, previous_session

NY = ZoneInfo("America/New_York")


def ny(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=NY)


@pytest.mark.parametrize(
    ("stamp", "hours", "expected", "source", "is_open"),
    [
        ((2025, 9, 5, 10, 16), "late", (2025, 9, 5, 10, 1), "stamp", True),
        ((2025, 9, 3, 16, 18), "late", (2025, 9, 3, 16, 3), "stamp", False),  # quotes of trading, seen after its end
        ((2025, 9, 3, 16, 12), "late", (2025, 9, 3, 15, 57), "stamp", True),
        ((2025, 9, 2, 19, 37), "late", (2025, 9, 2, 16, 15), "session_end", False),
        ((2025, 9, 2, 19, 37), "regular", (2025, 9, 2, 16, 0), "session_end", False),
        ((2025, 9, 1, 8, 45), "late", (2025, 8, 29, 16, 15), "session_end", False),  # Labor Day
        ((2024, 1, 7, 10, 52), "late", (2024, 1, 5, 16, 15), "session_end", False),  # Sunday
        ((2024, 2, 13, 6, 40), "late", (2024, 2, 12, 16, 15), "session_end", False),  # before the open
        ((2025, 9, 5, 9, 44), "late", (2025, 9, 4, 16, 15), "session_end", False),  # delayed to before the open
        ((2025, 9, 5, 9, 45), "late", (2025, 9, 5, 9, 30), "stamp", True),
        ((2024, 11, 29, 15, 0), "late", (2024, 11, 29, 13, 15), "session_end", False),  # early close
        ((2024, 11, 29, 15, 0), "regular", (2024, 11, 29, 13, 0), "session_end", False),
        ((2024, 11, 29, 13, 20), "late", (2024, 11, 29, 13, 5), "stamp", False),
    ],
)
def test_quote_time_of_a_stamp(stamp, hours, expected, source, is_open):
    clock = quote_time.from_stamp(ny(*stamp).astimezone(dt.UTC), 15.0, hours)
    assert (clock.quote_time, clock.quote_time_source, clock.market_open) == (ny(*expected), source, is_open)
    assert clock.quote_date == dt.date(*expected[:3])


@given(
    st.datetimes(
        dt.datetime.fromisoformat("2000-01-01"), dt.datetime.fromisoformat("2040-01-01"), timezones=st.just(dt.UTC)
    ),
    st.sampled_from([0.0, 15.0, 20.0]),
    st.sampled_from(["regular", "late"]),
)
def test_a_quote_time_is_in_a_session_and_never_after_the_delayed_stamp(stamp, delay, hours):
    clock = quote_time.from_stamp(stamp, delay, hours)
    assert clock.quote_time <= stamp - dt.timedelta(minutes=delay)
    assert in_session(clock.quote_time, hours)
    assert clock.next_close > clock.quote_time
    assert quote_time.from_stamp(clock.quote_time, 0.0, hours).quote_time == clock.quote_time


def test_a_given_time_is_taken_as_it_is():
    sunday = ny(2024, 1, 7, 10, 52)
    clock = quote_time.given(sunday, None, "late")
    assert (clock.quote_time, clock.quote_time_source, clock.delay_minutes, clock.market_open) == (
        sunday,
        "given",
        0.0,
        False,
    )


@pytest.mark.parametrize(
    ("stamp", "expirations", "expected"),
    [
        ((2025, 9, 5, 10, 16), [(2025, 9, 5)], (2025, 9, 4)),
        ((2025, 9, 2, 19, 37), [(2025, 9, 2)], (2025, 8, 29)),  # the evening still shows Friday's, over a holiday
        ((2025, 9, 1, 8, 45), [(2025, 9, 2)], (2025, 8, 29)),  # after the update: Friday's own
        ((2024, 1, 7, 10, 52), [(2024, 1, 5)], (2024, 1, 4)),  # Friday's series still listed: not yet updated
        ((2025, 9, 5, 3, 0), [(2025, 9, 5)], (2025, 9, 3)),  # in the night
        ((2025, 9, 5, 7, 0), [(2025, 9, 5)], (2025, 9, 4)),
    ],
)
def test_which_session_open_interest_belongs_to(stamp, expirations, expected):
    clock = quote_time.from_stamp(ny(*stamp), 15.0, "late")
    listed = {dt.date(*day) for day in expirations}
    assert quote_time.open_interest_date(clock, listed) == dt.date(*expected)


def test_without_a_stamp_open_interest_is_of_the_session_before():
    clock = quote_time.given(ny(2025, 9, 5, 10, 1), None, "late")
    assert quote_time.open_interest_date(clock, set()) == previous_session(dt.date(2025, 9, 5))
