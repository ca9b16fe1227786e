"""Bars of New York time against the clock of `zoneinfo`, one instant at a time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.microstructure.bars import DAY, SECOND, Bars, date_of, moment

NEW_YORK = ZoneInfo("America/New_York")
WIDTHS = ["1s", "30s", "1m", "5m", "7m", "13m", "1h", "5h", "24h", "1d"]


def instant(time: dt.datetime) -> int:
    return int(time.timestamp()) * SECOND


def plain_bar(time: dt.datetime, width: int) -> tuple[dt.datetime, dt.datetime]:
    """Return the bar of a time by walking from the open of its date."""
    date = time.astimezone(NEW_YORK).date()
    midnight, after = (dt.datetime.combine(date + dt.timedelta(n), dt.time(), NEW_YORK) for n in (0, 1))
    counted = midnight if width == DAY else dt.datetime.combine(date, dt.time(9, 30), NEW_YORK)
    step, start = dt.timedelta(seconds=width // SECOND), counted.astimezone(dt.UTC)
    start += (time - start) // step * step
    return max(start, midnight.astimezone(dt.UTC)), min(start + step, after.astimezone(dt.UTC))


# Both days on which New York changes its clocks are among them.
TIMES = st.builds(
    lambda day, second: day + dt.timedelta(seconds=second),
    st.sampled_from([dt.datetime(2025, 3, 8, tzinfo=dt.UTC), dt.datetime(2025, 11, 1, tzinfo=dt.UTC)]),
    st.integers(0, 3 * 86_400),
)


@pytest.mark.parametrize("width", WIDTHS)
@settings(max_examples=settings().max_examples // 3)
@given(times=st.lists(TIMES, min_size=1, max_size=6))
def test_every_instant_falls_in_the_bar_that_the_clock_says(width: str, times: list[dt.datetime]) -> None:
    bars = Bars.of(width)
    starts = bars.starts(np.array([instant(time) for time in times]))
    for time, start, end in zip(times, starts.tolist(), bars.ends(starts).tolist(), strict=True):
        assert (moment(start), moment(end)) == plain_bar(time, bars.width)


def test_bars_are_counted_from_the_open() -> None:
    """An hour's bars begin at half past, in winter and in summer."""
    for date, hour in ((dt.date(2025, 1, 6), 14), (dt.date(2025, 7, 7), 13)):
        opens = instant(dt.datetime.combine(date, dt.time(hour, 30), dt.UTC))
        times = np.array([opens, opens + 3599 * SECOND, opens + 3600 * SECOND, opens - 1])
        assert Bars.of("1h").starts(times).tolist() == [opens, opens, opens + 3600 * SECOND, opens - 3600 * SECOND]


def test_instants_far_apart_need_no_calendar_of_what_lies_between() -> None:
    times = np.array([instant(dt.datetime(year, 6, 2, 15, tzinfo=dt.UTC)) for year in (2200, 1971, 2025)])
    assert [date_of(start).year for start in Bars.of("5m").starts(times).tolist()] == [2200, 1971, 2025]


def test_no_instant_has_no_bar() -> None:
    assert Bars.of("5m").starts(np.empty(0, np.int64)).tolist() == []


def test_the_bars_between_two_of_a_date() -> None:
    bars, opens = Bars.of("5m"), instant(dt.datetime(2025, 9, 5, 13, 30, tzinfo=dt.UTC))
    step = 300 * SECOND
    assert list(bars.between(opens, opens + 3 * step)) == [opens + step, opens + 2 * step]
    assert list(bars.between(opens, opens + step)) == []
    assert list(bars.between(opens, opens + DAY)) == []


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "0s", "-5m", "1.5h", "25h", "2d", "5x", "1000000000000m"])
def test_what_is_no_width_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a bar"):
        Bars.of(text)
