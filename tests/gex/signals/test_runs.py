"""Streaks, crossings and persistence: counted by hand, unknown days, and figures of the S&P 500 and of VVIX."""

from __future__ import annotations

import numpy as np
import pytest
from daily_series import closes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.signals.averages import sma
from gex.signals.runs import (
    both,
    count,
    crosses_above,
    crosses_below,
    days_since,
    either,
    ended,
    events,
    lag,
    opposite,
    persist,
    started,
    streak,
    within,
)

NAN = float("nan")
TRUTH = st.lists(st.sampled_from([0.0, 1.0, NAN]), max_size=30).map(np.array)
OF_CONDITIONS = [
    streak,
    started,
    ended,
    days_since,
    lambda c: persist(c, 2),
    lambda c: within(c, 3),
    lambda c: count(c, 3),
]


def test_a_streak_by_hand() -> None:
    np.testing.assert_array_equal(streak([0, 1, 1, NAN, 1, 1, 1, 0, 1]), [0, 1, 2, NAN, 1, 2, 3, 0, 1])
    np.testing.assert_array_equal(persist([0, 1, 1, NAN, 1, 1, 1, 0, 1], 2), [0, 0, 1, NAN, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(days_since([0, 1, 0, 0, NAN, 1]), [NAN, 0, 1, 2, 3, 0])
    np.testing.assert_array_equal(events(started([True, False, True, True])), [False, False, True, False])
    np.testing.assert_array_equal(events(ended([True, False, True, True])), [False, True, False, False])


@settings(max_examples=25)
@given(TRUTH)
def test_a_streak_counted_day_by_day(truth) -> None:
    run, expected = 0, []
    for each in truth:
        run = run + 1 if each == 1 else 0
        expected.append(NAN if np.isnan(each) else run)
    np.testing.assert_array_equal(streak(truth), expected)


@settings(max_examples=25)
@given(TRUTH, st.integers(0, 30))
def test_days_to_come_change_nothing(truth, end) -> None:
    for function in OF_CONDITIONS:
        np.testing.assert_array_equal(function(truth[:end]), function(truth)[:end])


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, NAN])] * 2), min_size=1))
def test_what_is_not_known_follows_from_every_way_it_could_be(pairs) -> None:
    """Kleene's logic: a result is known exactly if all completions of the unknown agree on it."""
    left, right = np.array(pairs).T

    def completions(value: float) -> list[bool]:
        return [False, True] if np.isnan(value) else [bool(value)]

    for join, holds in ((both, all), (either, any)):
        for one, other, found in zip(left, right, join(left, right), strict=True):
            ways = {holds([a, b]) for a in completions(one) for b in completions(other)}
            assert np.isnan(found) if len(ways) > 1 else bool(found) == ways.pop()


def test_neither_a_comparison_with_nan_nor_its_opposite_is_an_event() -> None:
    above = crosses_above([1.0, 3.0, NAN, 3.0, 1.0, 3.0], 2.0)
    np.testing.assert_array_equal(events(above), [False, True, False, False, False, True])
    assert not events(opposite([NAN, NAN])).any()


def test_what_touches_a_line_has_not_crossed_it() -> None:
    line = np.array([2.0, 2.0, 2.0, 2.0])
    np.testing.assert_array_equal(events(crosses_above([1.0, 2.0, 3.0, 2.0], line)), [False, False, True, False])
    np.testing.assert_array_equal(events(crosses_below([3.0, 2.0, 1.0, 2.0], line)), [False, False, True, False])


@settings(max_examples=25)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30).map(np.array))
def test_crossings_are_mirrored(values) -> None:
    np.testing.assert_array_equal(crosses_above(values, 1.0), crosses_below(-values, -1.0))


@pytest.mark.real
def test_crossings_below_the_50_day_average_since_1950(data_path) -> None:
    dates, closes = closes_of(data_path("history", "SPX_History.csv"))
    crossed = events(crosses_below(closes, sma(closes, 50)))
    period = (dates >= np.datetime64("1950-01-01")) & (dates <= np.datetime64("2025-11-17"))
    assert np.sum(crossed & period) == 584


LONG_STREAKS = {
    "1950-06-26": 151,
    "1958-11-25": 159,
    "1961-06-07": 145,
    "1964-06-01": 126,
    "1971-05-17": 120,
    "1989-09-25": 123,
    "1996-01-10": 257,
    "2007-02-27": 149,
    "2011-03-10": 130,
    "2025-11-17": 138,
}
"""Days above the 50-day average, by the day below that ended them."""


def long_streaks(dates: np.ndarray, closes: np.ndarray) -> dict[str, int]:
    above = closes > np.nan_to_num(sma(closes, 50), nan=np.inf)
    over = events(ended(above)) & (lag(streak(above), 1) >= 120) & (dates >= np.datetime64("1950-01-01"))
    return dict(zip(dates[over].astype(str), lag(streak(above), 1)[over].astype(int), strict=True))


@pytest.mark.real
def test_streaks_above_the_50_day_average_of_120_days_and_more(data_path) -> None:
    dates, closes = closes_of(data_path("history", "SPX_History.csv"))
    known = dates <= np.datetime64("2025-11-17")
    assert long_streaks(dates[known], closes[known]) == LONG_STREAKS
    # A history that begins with the last quarter of 1949 has no average for the first twenty days of that streak.
    late = known & (dates >= np.datetime64("1949-10-01"))
    assert long_streaks(dates[late], closes[late]) == LONG_STREAKS | {"1950-06-26": 131}


@pytest.mark.real
def test_the_streak_of_2025_had_138_days(data_path) -> None:
    dates, closes = closes_of(data_path("history", "SPX_History.csv"))
    days = dict(zip(dates.astype(str), streak(closes > sma(closes, 50)), strict=True))
    assert (days["2025-11-14"], days["2025-11-17"]) == (138, 0)


@pytest.mark.real
@pytest.mark.parametrize(("n", "signals"), [(1, 132), (3, 58), (5, 43), (7, 32)])
def test_how_often_vvix_stayed_above_110(data_path, n, signals) -> None:
    dates, values = closes_of(data_path("history", "VVIX_History.csv"))
    fired = dates[events(persist(values > 110, n)) & (dates >= np.datetime64("2006-06-01"))]
    assert len(fired) == signals
    assert (np.datetime64("2025-11-21") in fired) == (n == 5)


@pytest.mark.real
def test_five_closes_above_110_in_november_2025_and_not_six(data_path) -> None:
    dates, values = closes_of(data_path("history", "VVIX_History.csv"))
    november = (dates >= np.datetime64("2025-11-14")) & (dates <= np.datetime64("2025-11-28"))
    assert dates[events(persist(values > 110, 5)) & november].astype(str).tolist() == ["2025-11-21"]
    assert not (events(persist(values > 110, 6)) & november).any()


@pytest.mark.parametrize("condition", [[0.0, 2.0], [0.5], [np.inf]])
def test_what_is_no_condition_is_refused(condition) -> None:
    with pytest.raises(ValueError, match="condition must be of true and false"):
        streak(condition)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="n must be from 0"):
        lag([1.0], -1)
    with pytest.raises(ValueError, match="n must be from 1"):
        persist([True], 0)
    with pytest.raises(TypeError, match="condition must be numbers"):
        streak(["yes"])
    with pytest.raises(ValueError, match="one length, got 2 and 3"):
        crosses_above([1.0, 2.0], [1.0, 2.0, 3.0])
