"""Where a value stands: against SciPy and pandas, by hand, and without a look ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gex.signals.averages import sma, weekly
from gex.signals.standing import (
    anchored_vwap,
    change,
    drawdown,
    pct,
    peak,
    percentile,
    ratio,
    round_above,
    round_below,
    round_to,
    weekly_last,
    weekly_sma,
    zscore,
)

NAN = float("nan")
SERIES = arrays(float, st.integers(0, 40), elements=st.floats(0.1, 1e4) | st.just(NAN))
START = np.datetime64("2025-01-01")


def days(count: int) -> np.ndarray:
    """Return so many weekdays."""
    every = START + np.arange(2 * count + 7)
    return every[(every.astype(int) + 3) % 7 < 5][:count]


@settings(max_examples=25)
@given(SERIES, st.integers(1, 9))
def test_a_percentile_is_the_rank_in_the_window(values, n) -> None:
    expected = pd.Series(values).rolling(n).rank(method="max", pct=True)
    np.testing.assert_allclose(percentile(values, n), 100 * expected, rtol=1e-12)


def test_a_score_is_the_distance_from_the_mean_in_deviations() -> None:
    values = np.array([1.0, 2.0, 4.0, 4.0, 4.0, 9.0])
    window = pd.Series(values).rolling(3)
    expected = (values - window.mean()) / window.std()
    np.testing.assert_allclose(zscore(values, 3), expected.where(window.std() > 0), rtol=1e-12)
    assert np.isnan(zscore(values, 3)[4])


@settings(max_examples=25)
@given(SERIES, st.integers(0, 40))
def test_days_to_come_change_no_bit(values, end) -> None:
    dates = days(len(values))
    found = [
        lambda _, v: percentile(v, 4),
        lambda _, v: zscore(v, 4),
        lambda _, v: pct(v, 2),
        lambda _, v: peak(v),
        lambda _, v: drawdown(v),
        weekly_last,
        lambda d, v: weekly_sma(d, v, 3),
        lambda d, v: anchored_vwap(d, v, v, "2025-01-06"),
    ]
    for each in found:
        np.testing.assert_array_equal(each(dates[:end], values[:end]), each(dates, values)[:end])


@settings(max_examples=25)
@given(arrays(float, st.integers(5, 60), elements=st.floats(1, 1e4)), st.integers(1, 4))
def test_on_a_weeks_last_day_its_average_is_that_of_weekly_closes(values, n) -> None:
    dates = days(len(values))
    ends, closes = weekly(dates, values)
    found = weekly_sma(dates, values, n)[np.isin(dates, ends)]
    np.testing.assert_allclose(found, sma(closes, n), rtol=1e-12)
    before = weekly_last(dates, values)
    for day, last in zip(dates, before, strict=True):
        over = (ends < day) & ((ends.astype(int) + 3) // 7 < (day.astype(int) + 3) // 7)
        assert last == closes[over][-1] if over.any() else np.isnan(last)


def test_an_anchored_average_by_hand() -> None:
    dates = days(5)
    found = anchored_vwap(dates, [9.0, 10.0, NAN, 20.0, 30.0], [5.0, 1.0, 1.0, 3.0, 0.0], dates[1].tolist())
    np.testing.assert_allclose(found, [NAN, 10.0, NAN, 17.5, 17.5])
    assert np.isnan(anchored_vwap(dates, np.ones(5), np.zeros(5), "2025-01-01")).all()


def test_changes_peaks_and_round_numbers_by_hand() -> None:
    np.testing.assert_array_equal(change([1.0, 3.0, 2.0], 1), [NAN, 2.0, -1.0])
    np.testing.assert_allclose(pct([1.0, 3.0, 0.0, 5.0], 1), [NAN, 200.0, -100.0, NAN])
    np.testing.assert_array_equal(peak([1.0, 3.0, NAN, 2.0]), [1.0, 3.0, NAN, 3.0])
    np.testing.assert_allclose(drawdown([1.0, 4.0, NAN, 2.0]), [0.0, 0.0, NAN, -50.0])
    np.testing.assert_array_equal(round_below([6534.0, 6500.0], 50), [6500.0, 6500.0])
    np.testing.assert_array_equal(round_above([6534.0, 6500.0], 50), [6550.0, 6500.0])
    np.testing.assert_array_equal(round_to([6524.0, 6526.0], 50), [6500.0, 6550.0])
    np.testing.assert_array_equal(ratio([1.0, 0.0, 6.0], [0.0, 0.0, 2.0]), [NAN, NAN, 3.0])


@pytest.mark.parametrize("step", [0.0, -1.0, NAN, np.inf])
def test_a_step_must_be_positive(step) -> None:
    for function in (round_below, round_above, round_to):
        with pytest.raises(ValueError, match="step must be positive"):
            function([1.0], step)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="volumes must not be negative"):
        anchored_vwap(days(2), [1.0, 2.0], [1.0, -1.0], "2025-01-01")
    with pytest.raises(ValueError, match="one length"):
        anchored_vwap(days(2), [1.0], [1.0, 1.0], "2025-01-01")
    with pytest.raises(ValueError, match="one length"):
        weekly_sma(days(2), [1.0], 3)
    with pytest.raises(ValueError, match="n must be from 1"):
        weekly_sma(days(2), [1.0, 2.0], 0)
    with pytest.raises(ValueError, match="n must be from 2"):
        zscore([1.0, 2.0], 1)
