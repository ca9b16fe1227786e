"""Moves after gamma: published figures on the public series, planted effects found, nothing said of a few days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import gex
from gex.signals.newey_west import hac
from gex.signals.regression import ENOUGH, last_half_hour, next_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def sessions(n: int) -> np.ndarray:
    """Return weekdays."""
    return np.busday_offset("2010-01-04", np.arange(n)).astype("datetime64[D]")


def simulated(seed: int, n: int = 3000, effect: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw days whose volatility is twice as high after negative gamma, and whose last half hour then goes on.

    Args:
        seed: Of the draws.
        n: Days.
        effect: Percent of the last half hour for a percent of the rest of the day, after negative gamma.

    """
    rng = np.random.default_rng(seed)
    gamma = rng.normal(1.0, 1.0, n)
    before = np.concatenate([[1.0], gamma[:-1]])
    rest = rng.normal(0.0, 0.01, n) * np.where(before < 0, 2.0, 1.0)
    late = rng.normal(0.0, 0.002, n) + np.where(before < 0, effect * rest, 0.0)
    closes = 4000.0 * np.cumprod((1 + rest) * (1 + late))
    return sessions(n), closes, closes / (1 + late), gamma


@pytest.fixture(scope="module", name="published")
def _published(data_path: Callable[..., Path]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    path = data_path("history", "squeezemetrics_dix_gex.csv")
    prices, gamma = gex.read_history(path), gex.read_history(path, column="gex")
    return prices.dates, prices.column(), gamma.column()


@pytest.mark.real
def test_the_public_series_says_what_was_found_in_it(published: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    found = next_day(*published)
    assert [round(group.sd_pct or 0, 3) for group in found.by_quarter] == [1.699, 0.930, 0.703, 0.733]
    below, above = found.by_sign
    assert (found.below_zero, below.n, found.n) == (334, 333, 3503)
    assert found.left_out == {"no session after it yet": 1}
    assert [round(group.sd_pct or 0, 3) for group in (below, above)] == [2.223, 0.898]
    assert [round(group.mean_absolute_pct or 0, 3) for group in (below, above)] == [1.524, 0.640]
    assert found.correlation == pytest.approx(-0.259, abs=5e-4)
    assert found.on_gamma is not None
    assert found.on_gamma.r_squared == pytest.approx(found.correlation**2, rel=1e-9)
    assert found.on_gamma.high < 0
    assert found.on_sign is not None
    assert found.on_sign.value == pytest.approx(below.mean_absolute_pct - above.mean_absolute_pct, rel=1e-9)
    assert found.on_sign.low > 0
    assert found.reasons == {}


@pytest.mark.real
def test_the_first_years_alone_say_what_was_found_in_them(published: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    dates, closes, gamma = published
    found = next_day(dates, closes, np.where(dates < np.datetime64("2018-01-01"), gamma, np.nan))
    assert [round(group.sd_pct or 0, 3) for group in found.by_quarter] == [1.384, 0.824, 0.646, 0.454]


def test_the_next_day_is_told_by_numpy_and_scipy_alike() -> None:
    dates, closes, _, gamma = simulated(1, 500)
    found = next_day(dates, closes, gamma)
    move = 100 * (closes[1:] / closes[:-1] - 1)
    line = stats.linregress(gamma[:-1], np.abs(move))
    assert found.on_gamma is not None
    assert found.on_gamma.value == pytest.approx(line.slope * gamma[:-1].std(ddof=1), rel=1e-9)
    assert found.correlation == pytest.approx(line.rvalue, rel=1e-9)
    assert found.gamma_sd == pytest.approx(np.std(gamma[:-1], ddof=1), rel=1e-12)
    assert found.by_sign[0].sd_pct == pytest.approx(np.std(move[gamma[:-1] < 0], ddof=1), rel=1e-12)
    assert sum(group.n for group in found.by_quarter) == sum(group.n for group in found.by_sign) == found.n == 499
    white = next_day(dates, closes, gamma, lags=0).on_gamma
    assert white is not None
    scaled = gamma[:-1] / gamma[:-1].std(ddof=1)
    x, residual = scaled - scaled.mean(), np.abs(move) - line.intercept - line.slope * gamma[:-1]
    assert white.error == pytest.approx(np.sqrt(((x * residual) ** 2).sum()) / (x**2).sum(), rel=1e-9)


def test_a_planted_effect_is_found_and_none_is_not() -> None:
    dates, closes, late, gamma = simulated(2)
    after = next_day(dates, closes, gamma)
    assert after.on_sign is not None
    assert after.on_sign.low > 0.3
    found = last_half_hour(dates, closes, late, gamma)
    assert found.below_zero is not None
    assert found.above is not None
    assert found.difference is not None
    assert found.below_zero.low < 1.0 < found.below_zero.high
    assert found.above.low < 0.0 < found.above.high
    assert found.difference.value == pytest.approx(found.below_zero.value - found.above.value, rel=1e-9)
    assert found.n == found.below_zero.n + found.above.n == 2999
    quiet = [last_half_hour(*simulated(seed, 600, effect=0.0)).difference for seed in range(40)]
    assert 33 <= sum(each.low <= 0 <= each.high for each in quiet if each) <= 40


def test_a_slope_of_the_last_half_hour_is_that_of_its_days_alone() -> None:
    dates, closes, late, gamma = simulated(3, 400)
    found = last_half_hour(dates, closes, late, gamma, lags=3)
    rest, last, below = late[1:] / closes[:-1] - 1, closes[1:] / late[1:] - 1, gamma[:-1] < 0
    fit = hac(last[below], rest[below], 3)
    assert found.below_zero is not None
    assert (found.below_zero.value, found.below_zero.error) == (fit.coefficients[1], fit.errors[1])
    assert found.below_zero.r_squared == fit.r_squared


def test_gamma_of_a_day_explains_what_comes_after_it_only() -> None:
    """What the market does on a day says nothing about the gamma that explains the same day."""
    dates, closes, late, gamma = simulated(4, 300)
    whole = next_day(dates, closes, gamma)
    moved = closes.copy()
    moved[-1] *= 1.2
    lost = gamma.copy()
    lost[-2] = np.nan
    assert next_day(dates, moved, lost).by_sign == next_day(dates, closes, lost).by_sign != whole.by_sign
    assert last_half_hour(dates, closes, late, gamma) == last_half_hour(
        dates, closes, late, np.concatenate([gamma[:-1], [-50.0]])
    )


@given(st.integers(0, 2**32), st.floats(1e-9, 1e12), st.integers(40, 120))
def test_the_unit_of_gamma_and_of_prices_changes_nothing(seed: int, unit: float, n: int) -> None:
    dates, closes, late, gamma = simulated(seed, n)
    found, scaled = next_day(dates, closes, gamma), next_day(dates, closes * 7, gamma * unit)
    assert (found.on_gamma is None) == (scaled.on_gamma is None)
    if found.on_gamma and scaled.on_gamma:
        assert scaled.on_gamma.value == pytest.approx(found.on_gamma.value, rel=1e-6, abs=1e-12)
        assert scaled.gamma_sd == pytest.approx((found.gamma_sd or 0) * unit, rel=1e-9)
    assert [group.n for group in scaled.by_quarter] == [group.n for group in found.by_quarter]
    slope, again = last_half_hour(dates, closes, late, gamma), last_half_hour(dates, closes * 7, late * 7, gamma * unit)
    assert slope.reasons == again.reasons
    if slope.above and again.above:
        assert again.above.value == pytest.approx(slope.above.value, rel=1e-6, abs=1e-12)


def test_holes_are_left_out_and_counted() -> None:
    dates, closes, late, gamma = simulated(5, 200)
    apart = dates.copy()
    apart[100:] += 30
    gamma[:10] = np.nan
    late[20] = np.nan
    after = next_day(apart, closes, gamma)
    assert after.left_out == {"no session after it yet": 1, "more than 5 days to the next session": 1}
    assert after.n == 200 - 10 - 2
    found = last_half_hour(apart, closes, late, gamma)
    assert found.left_out == {"more than 5 days to the next session": 1, "no price before the close": 1}
    assert found.n == 199 - 10 - 2


def test_prices_that_never_vary_say_why_there_is_no_slope() -> None:
    days, _, _, gamma = simulated(3, 400)
    flat = np.full(400, 50.0)
    found, closing = next_day(days, flat, gamma), last_half_hour(days, flat, flat, gamma)
    assert (found.on_gamma, found.on_sign, found.correlation, closing.above) == (None,) * 4
    why = "nothing to explain: all moves are the same"
    assert found.reasons == {"on_gamma": why, "on_sign": why, "correlation": why}
    assert closing.reasons["above"] == why


@pytest.mark.parametrize("times", [0.1, 10.0])
def test_a_price_before_the_close_in_another_unit_is_refused(times: float) -> None:
    days, closes, late, gamma = simulated(3, 200)
    with pytest.raises(ValueError, match="must be in the unit of closes"):
        last_half_hour(days, closes, late * times, gamma)


@pytest.mark.parametrize("n", [0, 1, 2, ENOUGH])
def test_of_a_few_days_nothing_is_said(n: int) -> None:
    dates, closes, late, gamma = (each[:n] for each in simulated(6, 60))
    after, closing = next_day(dates, closes, gamma), last_half_hour(dates, closes, late, gamma)
    assert after.on_gamma is after.on_sign is after.correlation is after.gamma_sd is None
    assert all(group.sd_pct is None for group in (*after.by_sign, *after.by_quarter))
    assert closing.below_zero is closing.above is closing.difference is None
    count = max(n - 1, 0)
    assert after.reasons["on_gamma"] == after.reasons["correlation"] == f"not enough data: n = {count}"
    assert set(closing.reasons) == {"below_zero", "above", "difference"}


def test_a_gamma_of_one_sign_or_value_says_why_there_is_no_slope() -> None:
    dates, closes, late, gamma = simulated(7, 200)
    after = next_day(dates, closes, np.abs(gamma))
    assert after.reasons == {"on_sign": "not enough data: n = 0 below zero"}
    assert last_half_hour(dates, closes, late, np.abs(gamma)).reasons == {
        "below_zero": "not enough data: n = 0",
        "difference": "one of the two slopes is missing",
    }
    assert "constant" in next_day(dates, closes, np.ones(200)).reasons["on_gamma"]


@pytest.mark.parametrize(
    ("name", "value", "error", "match"),
    [
        ("dates", np.arange(60), TypeError, "dates must be datetime64"),
        ("dates", sessions(60)[::-1], ValueError, "dates must be ascending"),
        ("dates", np.full(60, np.datetime64("NaT")), ValueError, "dates must be ascending"),
        ("closes", np.array(["1"] * 60), TypeError, "closes must hold numbers"),
        ("closes", np.ones(59), ValueError, "closes must have the shape of dates"),
        ("closes", np.zeros(60), ValueError, "closes must be above 0, got 0 at place 0"),
        ("closes", np.full(60, np.nan), ValueError, "closes must be above 0, got nan"),
        ("before_close", np.full(60, -1.0), ValueError, "before_close must be above 0, got -1"),
        ("gamma", np.full(60, np.inf), ValueError, "gamma must be finite"),
        ("gamma", np.ones((60, 1)), ValueError, "gamma must have the shape of dates"),
        ("lags", -1, ValueError, "lags must be"),
        ("lags", 1.5, TypeError, "lags must be"),
    ],
)
def test_what_is_out_of_range_is_named(name: str, value: object, error: type[Exception], match: str) -> None:
    dates, closes, late, gamma = simulated(8, 60)
    arguments = {"dates": dates, "closes": closes, "before_close": late, "gamma": gamma, "lags": None, name: value}
    with pytest.raises(error, match=match):
        last_half_hour(**arguments)  # type: ignore[arg-type]
    if name != "before_close":
        arguments.pop("before_close")
        with pytest.raises(error, match=match):
            next_day(**arguments)  # type: ignore[arg-type]
