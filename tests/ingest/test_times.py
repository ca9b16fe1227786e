"""Header dates as browsers print them."""

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import times
from gex.ingest.errors import TimeError
from gex.ingest.times import as_utc, parse_quote_time, parse_stamp


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("December 12, 2022 at 8:30 PM EST", "2022-12-13T01:30"),
        ("July 12, 2022, 11:55 AM EDT", "2022-07-12T15:55"),
        ("9 June 2023, 1:40 PM EDT", "2023-06-09T17:40"),
        ("10 May 2023, at 3:10 PM EDT", "2023-05-10T19:10"),
        ("24 September 2023,1:46 PM EDT", "2023-09-24T17:46"),
        ("Jun 22 2020 @ 20:42 ET", "2020-06-23T00:42"),
        ("Dec 22 2020 @ 20:42 ET", "2020-12-23T01:42"),
        ("5 de setembro de 2025 às 10:16 GMT-4", "2025-09-05T14:16"),
        ("27 de agosto de 2025 às 21:30 GMT-4", "2025-08-28T01:30"),
        ("23 de marzo de 2022, 10:11 GMT-4", "2022-03-23T14:11"),
        ("5 de septiembre de 2025, 3:10 p. m. GMT-4", "2025-09-05T19:10"),
        ("9 декабря 2023 г. в 13:49 GMT-5", "2023-12-09T18:49"),
        ("19 août 2025 à 22:23 UTC−4", "2025-08-20T02:23"),
        ("5 mars 2025 à 22h23 UTC-5", "2025-03-06T03:23"),
        ("5. März 2025 um 16:16 MEZ", "2025-03-05T15:16"),
        ("5 settembre 2025 alle ore 10:16 CEST", "2025-09-05T08:16"),
        ("5 mei 2025 om 10:16 GMT-4", "2025-05-05T14:16"),
        ("5 września 2025 10:16 GMT-4", "2025-09-05T14:16"),
        ("5 Ağustos 2025 10:16 GMT-4", "2025-08-05T14:16"),
        ("5 вересня 2025 р. о 10:16 GMT-4", "2025-09-05T14:16"),
        ("2023年9月24日 GMT-4 下午1:46", "2023-09-24T17:46"),
        ("25.09.2025, 10:16 GMT-4", "2025-09-25T14:16"),
        ("05.09.2025, 10:16 GMT-4", "2025-09-05T14:16"),
        ("09/25/2025 10:16:59 CT", "2025-09-25T15:16"),
        ("2025-09-05 10:16 GMT+5:30", "2025-09-05T04:46"),
        ("2025-09-05T10:16:30-04:00", "2025-09-05T14:16"),
        ("January 1, 2024 at 12:05 AM EST", "2024-01-01T05:05"),
        ("January 1, 2024 at 12:05 PM EST", "2024-01-01T17:05"),
    ],
)
def test_a_spelling_names_an_instant(text, utc):
    assert parse_stamp(text) == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("4 June 4, 3:15 PM EDT", "no year"),
        ("September 5, 2025 at 10:16 AM", "no time zone"),
        ("September 5, 2025 EDT", "no time of day"),
        ("September 5, 2025 at 25:16 EDT", "no time of day is 25:16"),
        ("September 5, 2025 at 13:16 PM EDT", "no time of day is 13:16 pm"),
        ("Smarch 5, 2025 at 10:16 AM EDT", "no single month"),
        ("September 2025 at 10:16 AM EDT", "no single day"),
        ("September 31, 2025 at 10:16 AM EDT", "no such date"),
        ("05/09/2025 10:16 EDT", "month/day or day/month"),
        ("September 5, 2025 at 10:16 GMT-40", "no zone"),
        ("September 5, 1925 at 10:16 EDT", "no time of option quotes"),
        ("", "no time zone"),
    ],
)
def test_what_is_missing_or_ambiguous_asks_for_the_quote_time(text, why):
    with pytest.raises(TimeError, match=why) as caught:
        parse_stamp(text)
    assert "--quote-time" in caught.value.message


LANGUAGES = [names.split() for language, names in times._MONTH_NAMES.items() if language != "irregular"]  # noqa: SLF001


@given(
    st.datetimes(dt.datetime.fromisoformat("2005-01-01"), dt.datetime.fromisoformat("2060-01-01")),
    st.sampled_from(LANGUAGES),
    st.integers(-12, 14),
    st.booleans(),
    st.booleans(),
)
def test_every_instant_in_every_language_comes_back(local, months, offset, upper, half_days):
    """Full month names of all languages, 12 and 24 hours, any whole-hour zone."""
    month = months[local.month - 1]
    clock = f"{local:%I:%M %p}" if half_days else f"{local:%H:%M}"
    text = f"{local.day} de {month.upper() if upper else month} de {local.year}, {clock} GMT{offset:+d}"
    expected = local.replace(second=0, microsecond=0, tzinfo=dt.timezone(dt.timedelta(hours=offset)))
    assert parse_stamp(text) == expected


@given(st.text(max_size=60))
def test_any_text_gives_an_instant_or_a_time_error(text):
    with contextlib.suppress(TimeError):
        assert parse_stamp(text).tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-09-05T10:16", "2025-09-05T14:16"),
        ("2025-01-05 10:16:30", "2025-01-05T15:16:30"),
        ("2025-09-05T10:16Z", "2025-09-05T10:16"),
        ("2025-09-05T10:16+02:00", "2025-09-05T08:16"),
    ],
)
def test_a_given_time_is_new_yorks_unless_it_says_otherwise(text, utc):
    assert parse_quote_time(text) == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["2025-09-05", "yesterday", "", "10:16", "0001-01-01T00:00"])
def test_what_is_no_date_and_time_is_refused(text):
    with pytest.raises(TimeError):
        parse_quote_time(text)


def test_an_aware_time_keeps_its_instant():
    instant = dt.datetime(2025, 9, 5, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert as_utc(instant) == instant
