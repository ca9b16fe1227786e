"""Moving averages against pandas, against what was published for November 2025, and without a look ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from daily_series import closes_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gex.signals.averages import ema, highest, lowest, rolling_std, sma, weekly

SERIES = arrays(float, st.integers(0, 40), elements=st.floats(-1e6, 1e6) | st.just(np.nan))
ROLLING = [sma, rolling_std, ema, highest, lowest]


@settings(max_examples=25)
@given(SERIES, st.integers(1, 12))
def test_rolling_figures_are_those_of_pandas(values, n) -> None:
    window = pd.Series(values).rolling(n)
    scale = 1e-9 * (1 + np.nanmax(np.abs(values), initial=0.0))
    np.testing.assert_array_equal(highest(values, n), window.max())
    np.testing.assert_array_equal(lowest(values, n), window.min())
    np.testing.assert_allclose(sma(values, n), window.apply(np.mean, raw=True), rtol=1e-12, atol=scale)
    if n > 1:
        expected = window.apply(lambda part: np.std(part, ddof=1), raw=True)
        np.testing.assert_allclose(rolling_std(values, n), expected, rtol=1e-9, atol=scale)


@settings(max_examples=25)
@given(SERIES, st.floats(1, 400))
def test_exponential_averages_are_those_of_pandas(values, span) -> None:
    """pandas gives a day without a value the last average; here it has none."""
    expected = pd.Series(values).ewm(span=span, adjust=False, ignore_na=True).mean().where(~np.isnan(values))
    np.testing.assert_allclose(ema(values, span), expected, rtol=1e-9, atol=1e-6)


@settings(max_examples=25)
@given(SERIES, st.integers(2, 12), st.integers(0, 40))
def test_days_to_come_change_no_bit(values, n, end) -> None:
    for average in ROLLING:
        np.testing.assert_array_equal(average(values[:end], n), average(values, n)[:end])


def test_a_constant_has_no_deviation_and_is_its_own_average() -> None:
    values = np.full(30, 6602.99)
    assert np.nanmax(np.abs(sma(values, 7) - 6602.99)) < 1e-11
    assert np.nanmax(rolling_std(values, 7)) < 1e-11
    assert np.all(ema(values, 38) == 6602.99)


def test_a_window_longer_than_the_history_gives_nan() -> None:
    for average in (sma, rolling_std, highest):
        assert np.isnan(average([1.0, 2.0], 3)).all()
        assert len(average([], 3)) == 0


@settings(max_examples=25)
@given(st.lists(st.dates(min_value=pd.Timestamp("1950-01-01").date()), unique=True, max_size=60))
def test_weeks_are_those_of_the_calendar(days) -> None:
    days.sort()
    dates, values = weekly(np.array(days, dtype="datetime64[D]"), np.arange(len(days)))
    last = {day.isocalendar()[:2]: (day, place) for place, day in enumerate(days)}
    assert list(zip(dates.tolist(), values, strict=True)) == list(last.values())


@pytest.mark.real
def test_what_was_published_in_november_2025(data_path) -> None:
    dates, values = closes_of(data_path("history", "SPX_History.csv"))

    def on(day: str, series: np.ndarray) -> float:
        return round(float(series[dates == np.datetime64(day)][0]), 2)

    assert on("2025-11-14", sma(values, 50)) == 6704.17
    assert on("2025-11-17", sma(values, 50)) == 6707.71
    assert on("2025-11-17", sma(values, 20)) == 6791.35
    assert on("2025-11-24", sma(values, 200)) == 6166.14
    assert on("2025-11-13", ema(values, 38)) == 6725.88
    fridays, ends = weekly(dates, values)
    assert round(float(sma(ends, 20)[fridays == np.datetime64("2025-11-21")][0]), 2) == 6547.68


@pytest.mark.parametrize("average", [sma, rolling_std, highest, lowest])
@pytest.mark.parametrize(
    ("values", "n", "error", "says"),
    [
        ([1.0, 2.0], 0, ValueError, "n must be from"),
        ([1.0, 2.0], -3, ValueError, "n must be from"),
        ([1.0, 2.0], 10_001, ValueError, "10000"),
        ([1.0, 2.0], 2.5, TypeError, "n must be a whole number"),
        ([1.0, 2.0], True, TypeError, "n must be a whole number"),
        ([1.0, 2.0], "3", TypeError, "n must be a whole number"),
        (["a", "b"], 3, TypeError, "values must be numbers"),
        ([[1.0, 2.0]], 2, ValueError, "values must have one dimension"),
    ],
)
def test_bad_arguments_are_named(average, values, n, error, says) -> None:
    with pytest.raises(error, match=says):
        average(values, n)


@pytest.mark.parametrize(("span", "error"), [(0.5, ValueError), (np.nan, ValueError), ("38", TypeError)])
def test_a_bad_span_is_named(span, error) -> None:
    with pytest.raises(error, match="span must be"):
        ema([1.0, 2.0], span)


def test_bad_dates_are_named() -> None:
    with pytest.raises(ValueError, match="dates must ascend"):
        weekly(["2025-11-21", "2025-11-20"], [1.0, 2.0])
    with pytest.raises(ValueError, match="dates must ascend"):
        weekly(["2025-11-21", "NaT"], [1.0, 2.0])
    with pytest.raises(ValueError, match="one length"):
        weekly(["2025-11-21"], [1.0, 2.0])
    with pytest.raises(TypeError, match="dates must be dates"):
        weekly(["soon"], [1.0])


def test_strided_and_read_only_values_are_taken_as_they_are() -> None:
    values = np.arange(20.0)[::2]
    values.flags.writeable = False
    np.testing.assert_array_equal(sma(values, 2)[1:], values[1:] - 1.0)
    np.testing.assert_array_equal(values, np.arange(0.0, 20.0, 2.0))
