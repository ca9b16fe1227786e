"""Hedging at once and one step late, against the closed forms' published figures and a walk of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.flows.feedback import Lagged, NoEquilibriumError, lagged, multiplier, regime_of, strength

IMPACT = 1e-12


@pytest.mark.parametrize(("gamma_usd", "ratio"), [(-2e11, 1.25), (-5e11, 2.0), (5e10, 1 / 1.05), (0.0, 1.0)])
def test_moves_grow_where_dealers_are_short_gamma(gamma_usd, ratio):
    assert multiplier(IMPACT, gamma_usd) == pytest.approx(ratio, rel=1e-15)


def test_the_published_figure_of_long_gamma():
    assert multiplier(IMPACT, 5e10) == pytest.approx(0.9524, abs=5e-5)


@pytest.mark.parametrize(
    ("gamma_usd", "regime"),
    [(5e10, "damped"), (0.0, "neutral"), (-9.9e11, "amplified"), (-1e12, "no equilibrium"), (-3e12, "no equilibrium")],
)
def test_the_regime_says_what_hedging_does(gamma_usd, regime):
    assert regime_of(IMPACT, gamma_usd) == regime


@pytest.mark.parametrize("gamma_usd", [-1e12, -2e12])
def test_beyond_the_pole_there_is_no_equilibrium(gamma_usd):
    with pytest.raises(NoEquilibriumError, match=r"no equilibrium: lambda \* G = -[12] <= -1"):
        multiplier(IMPACT, gamma_usd)


@pytest.mark.parametrize("phi", [1.0, -1.0, 1.5, math.inf])
def test_hedging_late_diverges_on_both_sides(phi):
    with pytest.raises(NoEquilibriumError, match="one step late"):
        Lagged(phi)


@pytest.mark.parametrize(
    ("phi", "volatility", "variance"),
    [(0.2, 1.0206, 1.4688), (0.5, 1.1547, 2.8), (-0.5, 1.1547, 0.3556), (0.8, 1.6667, 7.0231)],
)
def test_the_published_figures_of_hedging_late(phi, volatility, variance):
    found = lagged(IMPACT, -phi / IMPACT)
    assert found.phi == pytest.approx(phi)
    assert found.volatility_ratio == pytest.approx(volatility, abs=5e-5)
    assert found.variance_ratio(20) == pytest.approx(variance, abs=5e-5)


@given(phi=st.floats(-0.95, 0.95), steps=st.integers(1, 60))
def test_the_variance_ratio_is_that_of_the_covariance_matrix(phi, steps):
    lags = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    assert Lagged(phi).variance_ratio(steps) == pytest.approx(np.sum(phi**lags) / steps, rel=1e-10)


@given(phi=st.floats(-0.9, 0.9))
def test_a_shock_amounts_to_what_it_would_at_once(phi):
    moves = [Lagged(phi).autocorrelation(lag) for lag in range(400)]
    assert sum(moves) == pytest.approx(Lagged(phi).long_run, rel=1e-12)
    assert Lagged(phi).long_run == pytest.approx(multiplier(1.0, -phi), rel=1e-12)
    assert Lagged(phi).variance_ratio(1000) == pytest.approx((1 + phi) / (1 - phi), rel=0.02)


@pytest.mark.parametrize(
    ("impact", "gamma_usd"), [(-1e-12, 1e9), (math.nan, 1e9), (1e-12, math.nan), (1e-12, math.inf)]
)
def test_what_is_no_number_is_refused(impact, gamma_usd):
    for function in (strength, multiplier, regime_of, lagged):
        with pytest.raises(ValueError, match=r"impact must|gamma_usd must"):
            function(impact, gamma_usd)


def test_lags_and_steps_out_of_range_are_refused():
    with pytest.raises(ValueError, match="lag must"):
        Lagged(0.5).autocorrelation(-1)
    with pytest.raises(ValueError, match="steps must"):
        Lagged(0.5).variance_ratio(0)
    with pytest.raises(ValueError, match="phi must"):
        Lagged(math.nan)
