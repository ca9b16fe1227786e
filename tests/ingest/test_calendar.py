"""Sessions, closes and expiry instants, against exchange_calendars and dates from the exchanges' notices."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import calendar, make_holidays

NY = ZoneInfo("America/New_York")
DAYS = st.dates(dt.date(1990, 2, 1), dt.date(2040, 11, 30))
INSTANTS = st.datetimes(
    dt.datetime.fromisoformat("1990-02-01"), dt.datetime.fromisoformat("2040-11-30"), timezones=st.just(dt.UTC)
)
HOURS = st.sampled_from(["regular", "late"])


def ny(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=NY)


@pytest.fixture(scope="module")
def xnys():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        return exchange_calendars.get_calendar("XNYS", start="1990-01-01", end="2040-12-31").schedule


def test_sessions_and_closes_are_those_of_the_new_york_stock_exchange(xnys):
    """All 51 years, every day."""
    theirs = {stamp.date(): close.to_pydatetime() for stamp, close in xnys["close"].items()}
    days = [calendar.FIRST + dt.timedelta(days=n) for n in range((calendar.LAST - calendar.FIRST).days + 1)]
    ours = {day: calendar.session_close(day) for day in days if calendar.is_session(day)}
    assert ours == theirs


@pytest.mark.filterwarnings("ignore")
def test_the_committed_table_is_what_its_generator_writes():
    """Before 2038, because pandas 2 under the calendar package counts seconds in 32 bits and errs beyond."""
    written = [f"{day},{close}" for day, close in make_holidays.exceptions() if str(day) < "2038"]
    committed = make_holidays.PATH.read_text(encoding="utf-8").splitlines()
    assert committed[0] == "date,close"
    assert [line for line in committed[1:] if line < "2038"] == written


@pytest.mark.parametrize(
    "day",
    [
        (2012, 10, 29),
        (2012, 10, 30),
        (2001, 9, 11),
        (2018, 12, 5),
        (2025, 1, 9),
        (2022, 6, 20),
        (2025, 9, 1),
        (2024, 3, 29),
    ],
    ids=["Sandy", "Sandy 2", "attacks", "Bush", "Carter", "Juneteenth observed", "Labor Day", "Good Friday"],
)
def test_days_without_a_session(day):
    assert not calendar.is_session(dt.date(*day))


@pytest.mark.parametrize("day", [(2024, 7, 3), (2024, 11, 29), (2024, 12, 24), (2025, 7, 3), (2025, 11, 28)])
def test_early_closes_end_options_at_13_00_and_13_15(day):
    date = dt.date(*day)
    assert calendar.session_close(date) == ny(*day, 13)
    assert calendar.session_close(date, "late") == ny(*day, 13, 15)


def test_a_day_without_session_has_no_close():
    for day in (dt.date(2025, 9, 6), dt.date(2025, 9, 1)):
        with pytest.raises(ValueError, match=f"{day} is not a session"):
            calendar.session_close(day)


@pytest.mark.parametrize(
    ("expiration", "settlement", "instant"),
    [
        ((2025, 9, 19), "AM", (2025, 9, 19, 9, 30)),
        ((2025, 9, 19), "PM", (2025, 9, 19, 16, 0)),
        ((2022, 4, 14), "AM", (2022, 4, 14, 9, 30)),  # Thursday before Good Friday, a third Friday
        ((2022, 4, 15), "PM", (2022, 4, 14, 16, 0)),  # the Good Friday itself: no session
        ((2014, 6, 21), "AM", (2014, 6, 20, 9, 30)),  # Saturday expirations, until February 2015
        ((2024, 11, 29), "PM", (2024, 11, 29, 13, 0)),  # early close
        ((2024, 7, 3), "PM", (2024, 7, 3, 13, 0)),
        ((2025, 3, 7), "PM", (2025, 3, 7, 16, 0)),  # the Friday before clocks go forward
        ((2025, 3, 10), "PM", (2025, 3, 10, 16, 0)),  # and the Monday after
        ((2025, 11, 3), "PM", (2025, 11, 3, 16, 0)),  # the Monday after clocks go back
    ],
)
def test_expiry_instants(expiration, settlement, instant):
    assert calendar.expires_at(dt.date(*expiration), settlement) == ny(*instant)


def test_daylight_saving_moves_the_close_in_utc():
    assert calendar.session_close(dt.date(2025, 3, 7)).hour == 21
    assert calendar.session_close(dt.date(2025, 3, 10)).hour == 20


@pytest.mark.parametrize(
    ("instant", "end"),
    [
        ((2025, 9, 5, 16, 15), (2025, 9, 5, 16, 15)),
        ((2025, 9, 5, 16, 14), (2025, 9, 4, 16, 15)),
        ((2025, 9, 1, 8, 45), (2025, 8, 29, 16, 15)),
        ((2024, 11, 29, 14, 0), (2024, 11, 29, 13, 15)),
        ((2024, 12, 1, 14, 0), (2024, 11, 29, 13, 15)),
    ],
)
def test_last_session_end(instant, end):
    assert calendar.last_session_end_at_or_before(ny(*instant), "late") == ny(*end)


@pytest.mark.parametrize(
    ("instant", "close"),
    [
        ((2025, 9, 5, 15, 59), (2025, 9, 5, 16, 0)),
        ((2025, 9, 5, 16, 0), (2025, 9, 8, 16, 0)),
        ((2025, 8, 29, 16, 15), (2025, 9, 2, 16, 0)),
        ((2024, 11, 29, 12, 0), (2024, 11, 29, 13, 0)),
    ],
)
def test_next_close(instant, close):
    assert calendar.next_close(ny(*instant)) == ny(*close)


@given(INSTANTS, HOURS)
def test_the_last_end_and_the_next_close_enclose_the_instant(instant, hours):
    end, close = calendar.last_session_end_at_or_before(instant, hours), calendar.next_close(instant)
    assert end <= instant < close
    following = calendar.next_session(end.astimezone(NY).date())
    assert calendar.session_close(following, hours) > instant


@given(DAYS)
def test_neighbouring_sessions_are_each_others(day):
    before, after = calendar.previous_session(day), calendar.next_session(day)
    assert before < day < after
    assert calendar.next_session(before) == (day if calendar.is_session(day) else after)


@given(DAYS, HOURS)
def test_a_session_is_open_from_its_open_to_its_close(day, hours):
    minute = dt.timedelta(minutes=1)
    if calendar.is_session(day):
        first, last = calendar.session_open(day), calendar.session_close(day, hours)
        assert calendar.in_session(first, hours)
        assert calendar.in_session(last, hours)
        assert not calendar.in_session(first - minute, hours)
        assert not calendar.in_session(last + minute, hours)
    else:
        assert not calendar.in_session(calendar.new_york(day, dt.time(12)), hours)


def test_beyond_the_table_every_weekday_is_a_session():
    assert not calendar.covers(dt.date(2041, 12, 25))
    assert calendar.is_session(dt.date(2041, 12, 25))


@given(first=DAYS, length=st.integers(0, 60))
def test_sessions_between_are_those_counted_one_by_one(first, length):
    days = [first + dt.timedelta(days=n) for n in range(1, length + 1)]
    assert calendar.sessions_between(first, first + dt.timedelta(days=length)) == sum(map(calendar.is_session, days))


def test_no_session_between_a_friday_and_labor_day():
    friday, monday = dt.date(2025, 8, 29), dt.date(2025, 9, 1)
    assert calendar.sessions_between(friday, monday) == 0
    assert calendar.sessions_between(friday, dt.date(2025, 9, 2)) == 1


WEEKS = st.timedeltas(dt.timedelta(0), dt.timedelta(days=100))


@given(st.lists(WEEKS.map(lambda since: dt.datetime(2025, 8, 25, tzinfo=dt.UTC) + since), min_size=3, max_size=3))
def test_trading_minutes_add_up(instants: list[dt.datetime]) -> None:
    first, second, third = sorted(instants)
    both = calendar.session_minutes(first, second) + calendar.session_minutes(second, third)
    assert calendar.session_minutes(first, third) == pytest.approx(both, abs=1e-6)


def test_trading_minutes_of_whole_days() -> None:
    """A week with Labor Day in it, and the Friday after Thanksgiving."""
    midnight = [calendar.new_york(dt.date(2025, *day), dt.time(0)) for day in ((8, 30), (9, 6), (11, 28), (11, 29))]
    assert calendar.session_minutes(midnight[0], midnight[1]) == 4 * 390
    assert calendar.session_minutes(midnight[0], midnight[1], "late") == 4 * 405
    assert calendar.session_minutes(midnight[2], midnight[3]) == 210


def test_sessions_begin_at_the_open() -> None:
    friday, monday = dt.date(2025, 9, 5), dt.date(2025, 9, 8)
    before = calendar.session_open(monday) - dt.timedelta(seconds=1)
    assert calendar.sessions_begun(friday, before) == 0
    assert calendar.sessions_begun(friday, calendar.session_open(monday)) == 1
    assert calendar.sessions_begun(dt.date(2025, 8, 29), before) == 4
    assert calendar.sessions_begun(monday, before) == 0
