"""Derivatives of gamma and vega, and gamma over a finite move, against fifty digits, printed values and differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.pricing import HigherGreeks, finite_move_gamma, gamma, greeks, higher_greeks

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import numpy.typing as npt

MINUTE = 1.0 / 525_600.0


def test_higher_greeks_agree_with_fifty_digit_arithmetic(reference: ModuleType) -> None:
    """Within 1e-12 of the largest term, a minute to five years, sigma 3% to 300%, |d1| below 8.5."""
    contracts = reference.wide_contracts(1500, seed=31)
    computed = higher_greeks(*contracts)
    worst = dict.fromkeys(HigherGreeks._fields, 0.0)
    with mp.workdps(50):
        for i, row in enumerate(zip(*contracts[:6], strict=True)):
            exact, scales = reference.exact_higher_greeks(*row)
            for name in worst:
                error = abs(mp.mpf(float(getattr(computed, name)[i])) - exact[name]) / scales[name]
                worst[name] = max(worst[name], float(error))

    assert {name: error for name, error in worst.items() if error > 1e-12} == {}


def test_one_year_at_the_money() -> None:
    """S = K = 100, t = 1, r = 5%, q = 2%, sigma = 20%, from thirty-digit arithmetic.

    Color as usually printed, d gamma / d (time to expiry), is -0.010446506538699: in calendar time it is the opposite.
    """
    higher = higher_greeks(100.0, 100.0, 1.0, 0.2, 0.05, 0.02)

    assert higher.speed == pytest.approx(-0.0004263880219877, abs=1e-16)
    assert higher.zomma == pytest.approx(-0.093568482602856, abs=1e-14)
    assert higher.color == pytest.approx(0.010446506538699, abs=1e-15)
    assert higher.vomma == pytest.approx(2.3688223443761, abs=1e-13)


def central_difference(f: Callable[[float], float], x: float, step: float) -> float:
    """Return the derivative by the central formula of fourth order."""
    return (f(x - 2 * step) - 8 * f(x - step) + 8 * f(x + step) - f(x + 2 * step)) / (12 * step)


@pytest.mark.parametrize("years", [1 / 365, 0.25, 2.0])
@pytest.mark.parametrize("depth", [-1.5, -0.3, 0.0, 0.8])
def test_higher_greeks_are_derivatives_of_gamma_and_vega(depth: float, years: float) -> None:
    spot, sigma, rate, dividend = 100.0, 0.25, 0.04, 0.015
    w = sigma * np.sqrt(years)
    strike = float(spot * np.exp(depth * w))
    higher = higher_greeks(spot, strike, years, sigma, rate, dividend)
    peak = gamma(spot, spot, years, sigma)
    step = 2e-3

    def vega(v: float) -> float:
        return greeks(spot, strike, years, v, rate, dividend).vega

    def gamma_over_time(t: float) -> float:
        return gamma(spot, strike, t, sigma, rate, dividend)

    speed = central_difference(lambda s: gamma(s, strike, years, sigma, rate, dividend), spot, spot * step * w)
    zomma = central_difference(lambda v: gamma(spot, strike, years, v, rate, dividend), sigma, sigma * step)
    assert higher.speed == pytest.approx(speed, rel=1e-8, abs=1e-8 * peak / (spot * w))
    assert higher.zomma == pytest.approx(zomma, rel=1e-8, abs=1e-8 * peak / sigma)
    assert higher.color == pytest.approx(-central_difference(gamma_over_time, years, years * step), rel=1e-7)
    assert higher.vomma == pytest.approx(central_difference(vega, sigma, sigma * step), rel=1e-7, abs=1e-7 * spot)


def test_calls_and_puts_share_them_and_scalars_equal_arrays(reference: ModuleType) -> None:
    contracts = reference.wide_contracts(300, seed=32)
    whole = np.array(higher_greeks(*contracts))
    by_scalar = np.array([higher_greeks(*(x.item() for x in row)) for row in zip(*contracts, strict=True)]).T

    np.testing.assert_array_equal(by_scalar, whole)
    np.testing.assert_array_equal(higher_greeks(*contracts[:6], is_call=~contracts.is_call), whole)


def exact_finite_move_gamma(row: tuple[float, ...], move: float) -> mp.mpf:
    """Return it by the definition: with fifty digits the deltas may simply be subtracted."""
    s, k, t, v, r, q = map(mp.mpf, row)
    m, w = mp.mpf(move), v * mp.sqrt(t)

    def delta(spot: mp.mpf) -> mp.mpf:
        d1 = (mp.log(spot / k) + (r - q) * t) / w + w / 2
        return mp.exp(-q * t) * mp.erfc(-d1 / mp.sqrt(2)) / 2

    return (delta(s * (1 + m)) - delta(s * (1 - m))) / (2 * m * s)


def test_finite_move_gamma_agrees_with_fifty_digit_arithmetic(reference: ModuleType) -> None:
    """Within 1e-12 where the middle of the move is within 8.5 deviations, for moves from 1e-9 to half of spot."""
    contracts = reference.wide_contracts(2000, seed=33)
    move = np.exp(np.random.default_rng(33).uniform(np.log(1e-9), np.log(0.5), 2000))
    computed = finite_move_gamma(*contracts[:4], move, *contracts[4:6])
    worst = 0.0
    with mp.workdps(110):
        for value, row, m in zip(computed.tolist(), zip(*contracts[:6], strict=True), move.tolist(), strict=True):
            exact = exact_finite_move_gamma(tuple(map(float, row)), m)
            worst = max(worst, float(abs(value / exact - 1)))

    assert worst < 1e-12


@pytest.mark.parametrize("minutes", [390, 60, 10, 1, 0.01])
@pytest.mark.parametrize("strike", [6590.0, 6600.0, 6606.6, 6650.0])
def test_finite_move_gamma_is_the_slope_of_delta_however_near_expiry(minutes: float, strike: float) -> None:
    """Delta is a step in the end: 1 / 2h where the strike is within the move, nothing elsewhere."""
    spot, move = 6600.0, 1e-3
    h = move * spot
    contract = (strike, minutes * MINUTE, 0.16, 0.04, 0.013)
    slope = (greeks(spot + h, *contract).delta - greeks(spot - h, *contract).delta) / (2 * h)

    assert finite_move_gamma(spot, *contract[:3], move, *contract[3:]) == pytest.approx(slope, rel=1e-11, abs=1e-14)
    assert finite_move_gamma(spot, *contract[:3], move, *contract[3:]) <= 0.5 / h


@given(st.floats(MINUTE, 5.0), st.floats(0.03, 2.0), st.floats(-6.0, 6.0), st.floats(1e-12, 1e-5))
def test_finite_move_gamma_tends_to_gamma(years: float, sigma: float, depth: float, move: float) -> None:
    """Off by a sixth of (move / w)^2 times at most a cubic in the distance."""
    w = sigma * np.sqrt(years)
    contract = (100.0, float(100.0 * np.exp(depth * w)), years, sigma)
    reach = (move / w) * (1.0 + abs(depth) + w)
    expected = gamma(*contract, 0.03, 0.01)

    assert finite_move_gamma(*contract, move * 1e-3, 0.03, 0.01) == pytest.approx(expected, rel=reach**2 + 1e-12)


@pytest.mark.parametrize("move", [0.0, -0.01, 1.0, 1.5, np.nan, np.inf])
def test_a_move_that_is_no_fraction_gives_nan(move: float) -> None:
    assert np.isnan(finite_move_gamma(100.0, 100.0, 0.1, 0.2, move))
    row = finite_move_gamma(100.0, 100.0, 0.1, 0.2, np.array([0.01, move, 0.02]))
    np.testing.assert_array_equal(np.isnan(row), [False, True, False])


def test_results_take_the_shape_of_the_arguments() -> None:
    strikes = np.linspace(80.0, 120.0, 5)
    moves = np.array([[0.001], [0.01]])
    out: npt.NDArray[np.float64] = np.empty((2, 5))
    four = [np.empty(5) for _ in range(4)]

    assert type(finite_move_gamma(100.0, 100.0, 0.1, 0.2, 0.01)) is float
    assert type(higher_greeks(100.0, 100.0, 0.1, np.float64(0.2)).color) is float
    assert finite_move_gamma(100.0, strikes, 0.1, 0.2, moves, out=out) is out
    assert out[1, 3] == finite_move_gamma(100.0, float(strikes[3]), 0.1, 0.2, 0.01)
    assert all(a is b for a, b in zip(higher_greeks(100.0, strikes, 0.1, 0.2, out=four), four, strict=True))
    assert four[2][1] == higher_greeks(100.0, float(strikes[1]), 0.1, 0.2).color


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -1.0])
@pytest.mark.parametrize("name", ["spot", "strike", "years", "sigma"])
def test_what_cannot_be_priced_is_nan(name: str, value: float) -> None:
    contract = {"spot": 100.0, "strike": 105.0, "years": 0.5, "sigma": 0.2, "rate": 0.03, "dividend": 0.01, name: value}

    assert np.isnan(higher_greeks(**contract)).all()
    assert np.isnan(finite_move_gamma(**contract, move=0.01))


def test_arguments_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"^move must hold real numbers"):
        finite_move_gamma(100.0, 100.0, 0.1, 0.2, "1%")
    with pytest.raises(TypeError, match=r"^is_call must be True or False"):
        higher_greeks(100.0, 100.0, 0.1, 0.2, is_call="C")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match=r"out must hold 4 arrays \(speed, zomma, color, vomma\), got 1"):
        higher_greeks(100.0, np.ones(3), 0.1, 0.2, out=[np.empty(3)])
