"""Months of the year: by hand, by SciPy's interval, and those of the S&P 500 since 1950."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from daily_series import closes_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from gex.signals.seasonality import monthly_returns, seasonality

DAYS = np.arange("2019-12-15", "2024-02-10", dtype="datetime64[D]")
CLOSES = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, len(DAYS))))


def test_a_month_by_hand() -> None:
    days = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "2024-05-02", "2024-06-03"]
    months, returns = monthly_returns(days, [90.0, 100.0, 70.0, 110.0, 99.0, 120.0, 130.0])
    # April has no close: May has none to begin at. June may not be over.
    assert months.astype(str).tolist() == ["2024-02", "2024-03"]
    np.testing.assert_allclose(returns, [10.0, -10.0])


@settings(max_examples=25)
@given(st.integers(0, len(DAYS)))
def test_days_to_come_change_no_month_before(end) -> None:
    months, returns = monthly_returns(DAYS[:end], CLOSES[:end])
    np.testing.assert_array_equal(returns, monthly_returns(DAYS, CLOSES)[1][: len(months)])


def test_intervals_are_students() -> None:
    months, returns = monthly_returns(DAYS, CLOSES)
    january = seasonality(DAYS, CLOSES)[0]
    own = returns[[str(each).endswith("-01") for each in months]]
    assert january.n == len(own) == 5
    interval = ttest_1samp(own, 0.0).confidence_interval(0.95)
    np.testing.assert_allclose([january.low, january.high], interval)
    np.testing.assert_allclose(
        [january.mean, january.median, january.rose], [own.mean(), np.median(own), (own > 0).mean()]
    )


def test_an_interval_needs_no_slow_import() -> None:
    """`scipy.stats` takes a second to import; the special functions do not."""
    code = (
        "import sys; from gex.signals.seasonality import seasonality; "
        "days = [f'{year}-0{month}-01' for year in (2024, 2025) for month in (1, 2, 3)]; "
        "assert seasonality(days, [1.0, 2, 3, 4, 6, 7])[1].low < 75; "
        "assert 'scipy.stats' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_years_can_be_chosen_and_may_be_few() -> None:
    one = seasonality(DAYS, CLOSES, first=2021, last=2021)
    assert [each.n for each in one] == [1] * 12
    assert np.isnan(one[0].low)
    none = seasonality(DAYS, CLOSES, first=2030)
    assert [each.n for each in none] == [0] * 12
    assert np.isnan(none[0].mean)


@pytest.mark.real
def test_the_best_months_since_1950(data_path) -> None:
    """A note of November 2025 calls December the best of 75 years, +1.8%: that is November."""
    months = seasonality(*closes_of(data_path("history", "SPX_History.csv")), first=1950, last=2024)
    assert {each.n for each in months} == {75}
    assert {number: round(months[number - 1].mean, 2) for number in (4, 11, 12)} == {4: 1.46, 11: 1.88, 12: 1.43}
    assert max(months, key=lambda each: each.mean).month == 11
    assert round(months[11].rose, 2) == 0.73
    assert months[11].low > 0


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="closes must be positive"):
        monthly_returns(["2024-01-01"], [0.0])
    with pytest.raises(ValueError, match="one length, got 1 and 2"):
        monthly_returns(["2024-01-01"], [1.0, 2.0])
    with pytest.raises(TypeError, match="closes must be numbers"):
        monthly_returns(["2024-01-01"], ["x"])
    with pytest.raises(ValueError, match="confidence must be"):
        seasonality(DAYS, CLOSES, confidence=95)
