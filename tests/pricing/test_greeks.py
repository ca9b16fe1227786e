"""Price and greeks against fifty-digit arithmetic, printed values, QuantLib, and finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mpmath as mp
import numpy as np
import pytest
import QuantLib

from gex.pricing import Greeks, gamma, greeks, price

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

TOLERANCES = {
    "price": 1e-15,
    "delta": 1e-12,
    "gamma": 1e-12,
    "vega": 1e-12,
    "theta": 1e-12,
    "vanna": 1e-12,
    "charm": 1e-12,
}
"""Of the figure itself for delta, gamma and vega, of spot or the strike's present value for the price, else of the
largest of the terms it is a sum of."""


def test_every_greek_agrees_with_fifty_digit_arithmetic(reference: ModuleType) -> None:
    """A minute to five years, sigma 3% to 300%, |d1| below 8.5, calls and puts."""
    contracts = reference.wide_contracts(1500, seed=11)
    computed = greeks(*contracts)
    worst = dict.fromkeys(Greeks._fields, 0.0)
    with mp.workdps(50):
        for i, row in enumerate(zip(*contracts, strict=True)):
            exact, scales = reference.exact_greeks(*row)
            for name in worst:
                error = abs(mp.mpf(float(getattr(computed, name)[i])) - exact[name]) / scales[name]
                worst[name] = max(worst[name], float(error))

    assert {name: error for name, error in worst.items() if error > TOLERANCES[name]} == {}


def test_gamma_and_price_alone_agree_with_the_full_set(reference: ModuleType) -> None:
    """They are separate loops: one shares the exponential of the yield, the other its arithmetic with the greeks."""
    contracts = reference.wide_contracts(5000, seed=12)
    full = greeks(*contracts)

    np.testing.assert_allclose(gamma(*contracts[:6]), full.gamma, rtol=1e-13)
    np.testing.assert_array_equal(price(*contracts), full.price)


def test_the_scalar_path_equals_the_array_path(reference: ModuleType) -> None:
    contracts = reference.wide_contracts(400, seed=13)
    by_array = np.array(greeks(*contracts))
    by_scalar = np.array([greeks(*(x.item() for x in row)) for row in zip(*contracts, strict=True)]).T

    np.testing.assert_array_equal(by_array, by_scalar)
    np.testing.assert_array_equal(
        gamma(*contracts[:6]), [gamma(*map(float, row)) for row in zip(*contracts[:6], strict=True)]
    )
    np.testing.assert_array_equal(
        price(*contracts), [price(*(x.item() for x in row)) for row in zip(*contracts, strict=True)]
    )


def test_one_year_at_the_money() -> None:
    """S = K = 100, t = 1, r = 5%, q = 2%, sigma = 20%, from thirty-digit arithmetic."""
    call = greeks(100.0, 100.0, 1.0, 0.2, 0.05, 0.02)
    put = greeks(100.0, 100.0, 1.0, 0.2, 0.05, 0.02, is_call=False)

    assert call.price == pytest.approx(9.227005508154, abs=1e-12)
    assert call.delta == pytest.approx(0.58685114613476, abs=1e-14)
    assert call.gamma == pytest.approx(0.018950578755009, abs=1e-15)
    assert call.vega == pytest.approx(37.901157510017, abs=1e-12)
    assert call.theta == pytest.approx(-5.0893189139983, abs=1e-13)
    assert call.vanna == pytest.approx(-0.094752893775044, abs=1e-15)
    assert call.charm == pytest.approx(-0.035639423964827, abs=1e-15)
    assert put.price == pytest.approx(6.3300806275499, abs=1e-12)
    assert put.charm == pytest.approx(-0.055243397430962, abs=1e-15)


def test_a_week_out_of_the_money() -> None:
    """S = 6600, K = 6650, 6.5 days, r = 4%, q = 1.3%, sigma = 18%, from thirty-digit arithmetic."""
    call = greeks(6600.0, 6650.0, 6.5 / 365.0, 0.18, 0.04, 0.013)

    assert call.price == pytest.approx(42.784316898519, abs=1e-11)
    assert call.delta == pytest.approx(0.38881631629136, abs=1e-13)
    assert call.gamma == pytest.approx(0.0024176504891181, abs=1e-15)
    assert call.vanna == pytest.approx(0.65198912745821, abs=1e-13)
    assert call.charm == pytest.approx(-3.7208234492032, abs=1e-12)
    assert price(6600.0, 6650.0, 6.5 / 365.0, 0.18, 0.04, 0.013, is_call=False) == pytest.approx(89.576785696662)


def test_the_last_session_at_the_money() -> None:
    """S = K = 6600, 6.5 hours, r = 4%, sigma = 20%, from thirty-digit arithmetic."""
    call = greeks(6600.0, 6600.0, 6.5 / 8760.0, 0.2, 0.04)

    assert call.price == pytest.approx(14.442531951279, abs=1e-11)
    assert call.gamma == pytest.approx(0.011094736906452, abs=1e-14)
    assert call.charm == pytest.approx(-2.1967579074775, abs=1e-12)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(390, 0.013869), (240, 0.017679), (120, 0.025002), (60, 0.035359), (30, 0.050005), (10, 0.086611), (1, 0.273889)],
)
def test_gamma_at_the_money_grows_as_the_root_of_the_time_left(minutes: int, expected: float) -> None:
    assert gamma(6600.0, 6600.0, minutes / 525_600.0, 0.16) == pytest.approx(expected, abs=6e-7)


def test_greeks_agree_with_quantlib_on_a_grid() -> None:
    """QuantLib's calculator takes forward, total standard deviation and discount; its theta leaves out carry's sign."""
    for spot, strike, years, sigma, rate, dividend in np.stack(
        np.meshgrid([90.0, 110.0], [80.0, 100.0, 120.0], [0.02, 0.5, 2.0], [0.1, 0.4], [0.0, 0.05], [0.0, 0.03]), -1
    ).reshape(-1, 6):
        for is_call in (True, False):
            ours = greeks(*map(float, (spot, strike, years, sigma, rate, dividend)), is_call)
            forward = spot * np.exp((rate - dividend) * years)
            kind = QuantLib.Option.Call if is_call else QuantLib.Option.Put
            payoff = QuantLib.PlainVanillaPayoff(kind, strike)
            theirs = QuantLib.BlackCalculator(payoff, forward, sigma * np.sqrt(years), np.exp(-rate * years))

            assert ours.price == pytest.approx(theirs.value(), rel=1e-9, abs=1e-12)
            assert ours.delta == pytest.approx(theirs.delta(spot), rel=1e-9, abs=1e-12)
            assert ours.gamma == pytest.approx(theirs.gamma(spot), rel=1e-9, abs=1e-12)
            assert ours.vega == pytest.approx(theirs.vega(years), rel=1e-9, abs=1e-12)
            assert ours.theta == pytest.approx(theirs.theta(spot, years), rel=1e-9, abs=1e-10)


def central_difference(f: Callable[[float], float], x: float, step: float) -> float:
    """Return the derivative by the central formula of fourth order."""
    return (f(x - 2 * step) - 8 * f(x - step) + 8 * f(x + step) - f(x + 2 * step)) / (12 * step)


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("years", [1 / 365, 0.25, 2.0])
@pytest.mark.parametrize("depth", [-1.5, -0.3, 0.0, 0.8])
def test_greeks_are_derivatives_of_the_price(depth: float, years: float, is_call: bool) -> None:
    """Each greek is the slope of the price or of delta; calendar time runs against the time to expiry."""
    spot, sigma, rate, dividend = 100.0, 0.25, 0.04, 0.015
    w = sigma * np.sqrt(years)
    strike = float(spot * np.exp(depth * w))
    g = greeks(spot, strike, years, sigma, rate, dividend, is_call)

    def at(field: str, **moved: float) -> float:
        arguments = {"spot": spot, "years": years, "sigma": sigma, **moved}
        full = greeks(arguments["spot"], strike, arguments["years"], arguments["sigma"], rate, dividend, is_call)
        return float(getattr(full, field))

    def slope(field: str, of: str, x: float, step: float) -> float:
        return central_difference(lambda value: at(field, **{of: value}), x, step)

    step = 2e-3 * w
    assert g.delta == pytest.approx(slope("price", "spot", spot, spot * step), rel=1e-8)
    assert g.gamma == pytest.approx(slope("delta", "spot", spot, spot * step), rel=1e-8)
    assert g.vega == pytest.approx(slope("price", "sigma", sigma, 2e-3 * sigma), rel=1e-8)
    assert g.vanna == pytest.approx(slope("delta", "sigma", sigma, 2e-3 * sigma), rel=1e-7, abs=1e-8)
    assert g.theta == pytest.approx(-slope("price", "years", years, 2e-3 * years), rel=1e-7)
    assert g.charm == pytest.approx(-slope("delta", "years", years, 2e-3 * years), rel=1e-6, abs=1e-7)


def test_double_precision_textbook_formulas_agree_on_a_chain(reference: ModuleType) -> None:
    """SciPy's normal distribution and a rounded S/K lose digits near expiry, hence the looser tolerance."""
    contracts, _ = reference.index_chain(4000)
    ours, theirs = greeks(*contracts), reference.greeks(contracts)
    for name in Greeks._fields:
        scale = np.abs(theirs[name]).max()
        np.testing.assert_allclose(getattr(ours, name), theirs[name], rtol=1e-9, atol=1e-11 * scale, err_msg=name)
