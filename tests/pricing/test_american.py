"""American options: the identities of early exercise, and what cannot be priced. The truth is held in test_american_truth.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gex.pricing import american, early_exercise_premium, greeks, price

RATES = st.floats(0.001, 0.08)
YIELDS = st.floats(0.0, 0.04)
YEARS = st.floats(1.0 / 365.0, 2.0)
SIGMAS = st.floats(0.08, 0.8)
SPOTS = st.floats(70.0, 140.0)


def chain(n: int, seed: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Return spot, strike, years, sigma, rate, dividend, is_call over the domain whose accuracy is stated."""
    rng = np.random.default_rng(seed)
    years = np.exp(rng.uniform(math.log(1 / 365), math.log(2.0), n))
    sigma = np.exp(rng.uniform(math.log(0.08), math.log(0.8), n))
    rate = rng.uniform(0.0, 0.08, n)
    dividend = np.where(rng.random(n) < 0.3, 0.0, rng.uniform(0.0, 0.04, n))
    spot = np.clip(100.0 * np.exp(sigma * np.sqrt(years) * rng.uniform(-3.0, 3.0, n)), 70.0, 140.0)
    return spot, np.full(n, 100.0), years, sigma, rate, dividend, rng.random(n) < 0.5


@given(SPOTS, YEARS, SIGMAS, RATES, YIELDS, st.booleans())
def test_american_is_worth_at_least_european_and_intrinsic(
    spot: float, years: float, sigma: float, rate: float, dividend: float, is_call: bool
) -> None:
    value = american(spot, 100.0, years, sigma, rate, dividend, is_call)
    assert value.price >= price(spot, 100.0, years, sigma, rate, dividend, is_call) - 1e-12
    assert value.price >= max(spot - 100.0 if is_call else 100.0 - spot, 0.0)
    assert -1.0 - 1e-9 <= (value.delta if not is_call else -value.delta) <= 1e-9
    assert value.gamma >= -1e-6 * greeks(100.0, 100.0, years, sigma).gamma
    assert early_exercise_premium(spot, 100.0, years, sigma, rate, dividend, is_call) >= 0.0


@given(SPOTS, YEARS, SIGMAS, RATES, YIELDS)
def test_a_call_is_a_put_with_the_two_assets_exchanged(
    spot: float, years: float, sigma: float, rate: float, dividend: float
) -> None:
    call = american(spot, 100.0, years, sigma, rate, dividend, True)
    put = american(100.0, spot, years, sigma, dividend, rate, False)
    assert call.price == pytest.approx(put.price, abs=1e-10)


@given(YEARS, SIGMAS, RATES, YIELDS, st.booleans())
def test_delta_and_gamma_are_the_slopes_of_price_and_delta(
    years: float, sigma: float, rate: float, dividend: float, is_call: bool
) -> None:
    """And price, delta are continuous across the boundary: the trapezoid of delta gives the price."""
    spots = 100.0 * np.exp(sigma * math.sqrt(years) * np.linspace(-2.5, 2.5, 2001))
    value = american(spots, 100.0, years, sigma, rate, dividend, is_call)
    steps = np.diff(spots)
    swing = 0.5 * (value.delta[1:] + value.delta[:-1]) * steps
    # A call is a put with spot for strike: its error scales with the larger of the two.
    assert np.max(np.abs(np.diff(value.price) - swing) / np.maximum(spots[1:], 100.0)) < 1e-6
    inside = (value.gamma[1:] > 0.0) & (value.gamma[:-1] > 0.0)
    rise = 0.5 * (value.gamma[1:] + value.gamma[:-1]) * steps
    assert np.abs(np.diff(value.delta) - rise)[inside].max() < 2e-5


@given(YEARS, SIGMAS, RATES, YIELDS, st.booleans())
def test_gamma_at_the_boundary_is_what_the_equation_says(
    years: float, sigma: float, rate: float, dividend: float, is_call: bool
) -> None:
    """Where price is intrinsic and delta is +-1, theta is 0: gamma = 2 |r K - q B| / (sigma B)^2."""
    assume(not is_call or dividend > 0.004)
    low, high = (100.0, 1e4) if is_call else (1.0, 100.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        there = american(middle, 100.0, years, sigma, rate, dividend, is_call)
        exercised = there.gamma == 0.0 and abs(there.delta) == 1.0
        low, high = (low, middle) if exercised is is_call else (middle, high)
    at = high if not is_call else low
    assume(20.0 < at < 500.0 and abs(rate * 100.0 - dividend * at) > 0.2)
    gamma = american(at, 100.0, years, sigma, rate, dividend, is_call).gamma
    expected = 2.0 * abs(rate * 100.0 - dividend * at) / (sigma * at) ** 2
    assert gamma == pytest.approx(expected, rel=2e-2)


def test_more_time_and_more_volatility_are_worth_more() -> None:
    years, sigma = np.linspace(0.01, 2.0, 60), np.linspace(0.08, 0.8, 60)
    for is_call in (True, False):
        by_time = american(95.0, 100.0, years, 0.25, 0.05, 0.03, is_call).price
        by_sigma = american(95.0, 100.0, 0.7, sigma, 0.05, 0.03, is_call).price
        assert (np.diff(by_time) > -1e-6).all()
        assert (np.diff(by_sigma) > -1e-6).all()


def test_the_premium_of_a_put_vanishes_with_the_rate() -> None:
    premium = early_exercise_premium(90.0, 100.0, 1.0, 0.2, np.array([0.04, 1e-2, 1e-3, 1e-4, 1e-5, 0.0]), 0.0, False)
    assert (np.diff(premium) <= 0.0).all()
    assert premium[-2] < 1e-3
    assert premium[-1] < 1e-13


def test_beyond_the_boundary_the_option_is_its_payoff() -> None:
    assert american(60.0, 100.0, 0.5, 0.2, 0.05, 0.0, False) == (40.0, -1.0, 0.0)
    assert american(200.0, 100.0, 0.5, 0.2, 0.02, 0.06, True) == (100.0, 1.0, 0.0)


@pytest.mark.parametrize("position", range(6))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_cannot_be_priced_is_nan_in_its_own_row(position: int, bad: float) -> None:
    columns = [np.full(3, x) for x in (100.0, 100.0, 0.5, 0.2, 0.05, 0.02)]
    columns[position][1] = bad
    for values in american(*columns, False):
        assert np.isnan(values).tolist() == [False, True, False]


def test_two_boundaries_are_refused() -> None:
    assert math.isnan(american(100.0, 100.0, 1.0, 0.2, -0.01, -0.03, False).price)
    assert math.isnan(american(100.0, 100.0, 1.0, 0.2, -0.03, -0.01, True).price)


def test_rows_that_share_a_boundary_are_the_same_as_alone() -> None:
    contracts = chain(40, seed=9)
    twice = [np.repeat(column, 2) for column in contracts]
    for pair, alone in zip(american(*twice), american(*contracts), strict=True):
        np.testing.assert_array_equal(pair, np.repeat(alone, 2))


def test_arguments_are_named_when_they_do_not_fit() -> None:
    with pytest.raises(TypeError, match="strike must hold real numbers"):
        american(100.0, "x", 0.5, 0.2)
    with pytest.raises(ValueError, match="shapes do not broadcast"):
        american(np.ones(2), np.ones(3), 0.5, 0.2)
    assert american(np.ones((2, 0)), 1.0, 1.0, 0.2).price.shape == (2, 0)
