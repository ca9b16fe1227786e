"""American prices inverted for volatility, and the status of those that have none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gex.pricing import Status, american, american_implied_vol, early_exercise_premium, greeks, implied_vol, price


@given(
    st.floats(70.0, 140.0),
    st.floats(1 / 365, 2.0),
    st.floats(0.08, 0.8),
    st.floats(0.0, 0.08),
    st.floats(0.0, 0.04),
    st.booleans(),
)
def test_the_implied_volatility_of_a_price_is_the_one_it_was_made_with(
    spot: float, years: float, sigma: float, rate: float, dividend: float, is_call: bool
) -> None:
    contract = american(spot, 100.0, years, sigma, rate, dividend, is_call)
    vega = greeks(spot, 100.0, years, sigma, rate, dividend).vega
    payoff = max(spot - 100.0 if is_call else 100.0 - spot, 0.0)
    assume(contract.price > payoff + 1e-6 and vega > 1e-3)
    got, status = american_implied_vol(contract.price, spot, 100.0, years, rate, dividend, is_call)
    assert status is Status.CONVERGED
    assert american(spot, 100.0, years, got, rate, dividend, is_call).price == pytest.approx(contract.price, abs=1e-8)
    slope = american(spot, 100.0, years, sigma * 1.001, rate, dividend, is_call).price - contract.price
    if slope > 1e-6 * sigma:
        assert got == pytest.approx(sigma, abs=1e-4 * sigma + 2e-8 * sigma * 1e-3 / slope)


def test_where_exercise_never_pays_it_is_the_european_one() -> None:
    value = price(100.0, np.array([90.0, 100.0, 120.0]), 0.5, 0.25, 0.04, 0.0)
    ours, status = american_implied_vol(value, 100.0, [90.0, 100.0, 120.0], 0.5, 0.04)
    forward, discount = 100.0 * math.exp(0.02), math.exp(-0.02)
    theirs, _ = implied_vol(value, forward, [90.0, 100.0, 120.0], 0.5, discount)
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)
    assert not status.any()


def test_prices_without_a_volatility_have_a_status() -> None:
    value = np.array([20.0, 100.0, 19.0, math.nan, 5.0])
    spot = np.array([80.0, 80.0, 80.0, 80.0, -1.0])
    got, status = american_implied_vol(value, spot, 100.0, 0.5, 0.05, 0.0, False)
    expected = [Status.BELOW_INTRINSIC, Status.ABOVE_BOUND, Status.BELOW_INTRINSIC, *[Status.NOT_FINITE] * 2]
    assert status.tolist() == expected
    assert np.isnan(got).all()
    assert american_implied_vol(5.0, 100.0, 100.0, 0.5, -0.01, -0.03, False)[1] is Status.NOT_FINITE


def test_a_price_below_that_of_no_volatility_has_none() -> None:
    """A call that is sure to be worth 105 - 100 / e^0.05 if kept: less cannot be implied, although it pays to exercise."""
    got, status = american_implied_vol(5.5, 105.0, 100.0, 1.0, 0.05, 0.001, True)
    assert math.isnan(got)
    assert status is Status.BELOW_INTRINSIC


def test_quotes_less_their_premium_obey_parity() -> None:
    """Volatility from the quote, premium from the volatility: what is left is European, call and put."""
    strikes = np.linspace(85.0, 115.0, 13)
    legs = []
    for is_call in (True, False):
        quote = american(100.0, strikes, 0.5, 0.3, 0.05, 0.01, is_call).price
        sigma, status = american_implied_vol(quote, 100.0, strikes, 0.5, 0.05, 0.01, is_call)
        assert not status.any()
        legs.append(quote - early_exercise_premium(100.0, strikes, 0.5, sigma, 0.05, 0.01, is_call))
    parity = 100.0 * math.exp(-0.005) - strikes * math.exp(-0.025)
    np.testing.assert_allclose(legs[0] - legs[1], parity, atol=1e-6)
