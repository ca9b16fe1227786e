"""Implied volatility against fifty-digit inversion, and the status of prices that have none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gex.pricing import Status, greeks, implied_total_volatility, implied_vol, price

if TYPE_CHECKING:
    from types import ModuleType


def exact_inverse(
    value: float, forward: float, strike: float, discount: float, is_call: bool, near: float
) -> tuple[mp.mpf, mp.mpf]:
    """Return w of the given doubles by Newton's method from `near` in fifty digits, and the vega there."""
    p, f, k, d = (mp.mpf(float(x)) for x in (value, forward, strike, discount))
    target = p / d - max(f - k if is_call else k - f, mp.mpf(0))
    x = -abs(mp.log(f / k))
    scale = mp.sqrt(f * k)
    w = mp.mpf(float(near))
    for _ in range(8):
        above, below = x / w + w / 2, x / w - w / 2
        b = scale * (mp.exp(x / 2) * mp.ncdf(above) - mp.exp(-x / 2) * mp.ncdf(below))
        vega = scale * mp.exp(x / 2) * mp.npdf(above)
        change = mp.log(target / b) * b / (vega * w)
        w *= mp.exp(change)  # Newton on ln b against ln w: no overshoot in the wings
        if abs(change) < mp.mpf("1e-30"):  # Its square is what is left.
            break
    return w, vega * d


def sample(n: int, seed: int) -> tuple[np.ndarray, ...]:
    """Return prices, forwards, strikes, years, discounts, sides: a minute to five years, out to six deviations."""
    rng = np.random.default_rng(seed)
    years = np.exp(rng.uniform(np.log(1 / 525_600), np.log(5.0), n))
    sigma = np.exp(rng.uniform(np.log(0.03), np.log(3.0), n))
    forward = 6000.0 * np.exp(0.2 * rng.standard_normal(n))
    strike = forward * np.exp(sigma * np.sqrt(years) * rng.uniform(-6.0, 6.0, n))
    rate = rng.uniform(-0.02, 0.08, n)
    is_call = rng.random(n) < 0.5
    value = price(forward * np.exp(-rate * years), strike, years, sigma, rate, 0.0, is_call)
    return value, forward, strike, years, np.exp(-rate * years), is_call


def test_implied_volatility_agrees_with_fifty_digit_inversion() -> None:
    """Within 1e-12, or two units in the last place of the price over vega; both sides of the money."""
    value, forward, strike, years, discount, is_call = sample(1500, seed=31)
    w, status = implied_total_volatility(value, forward, strike, discount, is_call)
    sigma, _ = implied_vol(value, forward, strike, years, discount, is_call)
    converged = np.flatnonzero(status == Status.CONVERGED)
    with mp.workdps(50):
        for i in converged:
            exact, vega = exact_inverse(value[i], forward[i], strike[i], discount[i], bool(is_call[i]), w[i])
            tolerance = max(1e-12 * exact, 2 * mp.mpf(float(np.spacing(value[i]))) / vega)
            assert abs(w[i] - exact) <= tolerance
            root = mp.sqrt(mp.mpf(float(years[i])))
            assert abs(sigma[i] - exact / root) <= 2 * tolerance / root

    assert converged.size > 1000
    lost = np.isin(status, [Status.CONVERGED, Status.BELOW_INTRINSIC], invert=True)
    assert not lost.any()


def miss(
    value: float, forward: float, strike: float, discount: float, is_call: bool, w: float
) -> tuple[mp.mpf, mp.mpf]:
    """Return by how much w misses the price of the given doubles, and the vega at w, in fifty digits."""
    p, f, k, d, v = (mp.mpf(float(x)) for x in (value, forward, strike, discount, w))
    above, sign = mp.log(f / k) / v + v / 2, 1 if is_call else -1
    model = sign * (f * mp.ncdf(sign * above) - k * mp.ncdf(sign * (above - v)))
    return abs(d * model - p), d * f * mp.npdf(above)


@pytest.mark.parametrize(
    ("low", "high", "depth"), [(1e-4, 3.0, 8.5), (1e-4, 3.0, 1e-4), (0.0399, 0.0401, 3.0), (2.0, 16.0, 1.0)]
)
@pytest.mark.parametrize("out_of_the_money", [True, False])
def test_the_whole_domain_is_inverted(low: float, high: float, depth: float, out_of_the_money: bool) -> None:
    """From 1e-4 to where the price meets its bound, at, in and out of the money, by what w misses the price."""
    n = 300
    rng = np.random.default_rng(37)
    w = np.exp(rng.uniform(np.log(low), np.log(high), n))
    distance = depth * rng.uniform(-1.0, 1.0, n)
    forward, discount = np.exp(rng.uniform(0.0, 10.0, n)), np.exp(-rng.uniform(-0.1, 0.3, n))
    strike = forward * np.exp(distance * w)
    is_call = (distance > 0.0) == out_of_the_money
    value = discount * price(forward, strike, 1.0, w, 0.0, 0.0, is_call)
    got, status = implied_total_volatility(value, forward, strike, discount, is_call)
    with mp.workdps(50):
        for i in np.flatnonzero(status == Status.CONVERGED):
            error, vega = miss(value[i], forward[i], strike[i], discount[i], bool(is_call[i]), got[i])
            assert error <= max(2e-13 * got[i] * vega, 2 * np.spacing(value[i]))

    assert (status == Status.CONVERGED).mean() > 0.6
    assert not np.isin(status, [Status.NOT_FINITE]).any()
    assert (status == Status.CONVERGED).all() or high > 3.0 or not out_of_the_money


@pytest.mark.parametrize("strike", [1e-2, 50.0, 99.999, 100.0, 100.001, 150.0, 2e3])
@pytest.mark.parametrize("is_call", [True, False])
def test_the_prices_next_to_the_bounds_are_inverted(strike: float, is_call: bool) -> None:
    """The two numbers above intrinsic value, the two below the bound, and these themselves."""
    forward = 100.0
    intrinsic = max(forward - strike if is_call else strike - forward, 0.0)
    bound = forward if is_call else strike
    step = max(np.spacing(intrinsic), 1e-290)
    inside = [intrinsic + step, intrinsic + 2 * step, np.nextafter(bound, 0.0) - np.spacing(bound)]
    got, status = implied_total_volatility([*inside, intrinsic, bound], forward, strike, 1.0, is_call)

    assert status[3:].tolist() == [Status.BELOW_INTRINSIC, Status.ABOVE_BOUND]
    found = status == Status.CONVERGED
    assert found[:2].all()
    with mp.workdps(350):  # the least price at the money is 1e-290
        for value, w in zip(np.asarray(inside)[found[:3]], got[found], strict=True):
            error, vega = miss(value, forward, strike, 1.0, is_call, w)
            assert error <= max(1e-12 * w * vega, 2 * np.spacing(value))


def test_a_time_value_too_small_to_be_a_normal_number_counts_as_none() -> None:
    w, status = implied_total_volatility([5e-324, 1e-299, 1e-297], 100.0, [100.0, 100.0, 130.0])

    assert status.tolist() == [Status.BELOW_INTRINSIC, Status.BELOW_INTRINSIC, Status.CONVERGED]
    assert np.isnan(w[:2]).all()
    assert price(100.0, 130.0, 1.0, w[2], 0.0, 0.0) == pytest.approx(1e-297, rel=1e-8)


def test_prices_within_a_tick_of_the_money_one_minute_before_expiry() -> None:
    """Where rounding F / K would cost the most: the moneyness itself is a millionth."""
    forward, w = 6000.0, 0.1 * math.sqrt(1 / 525_600)
    strikes = forward * (1.0 + np.linspace(-3e-6, 3e-6, 61))
    for is_call in (True, False):
        value = price(forward, strikes, 1.0, w, 0.0, 0.0, is_call)
        got, status = implied_total_volatility(value, forward, strikes, 1.0, is_call)

        assert not status.any()
        np.testing.assert_allclose(got, w, rtol=1e-11)


@given(
    st.floats(1e-5, 4.0),
    st.floats(-5.0, 5.0),
    st.floats(0.5, 1.1),
    st.booleans(),
)
def test_the_implied_volatility_of_a_price_reproduces_it(
    w: float, depth: float, discount: float, is_call: bool
) -> None:
    forward, strike = 100.0, 100.0 * math.exp(depth * w)
    full = greeks(forward, strike, 1.0, w, 0.0, 0.0, is_call)
    got, status = implied_total_volatility(full.price * discount, forward, strike, discount, is_call)
    assume(status != Status.BELOW_INTRINSIC)

    assert status is Status.CONVERGED
    assert price(forward, strike, 1.0, got, 0.0, 0.0, is_call) == pytest.approx(
        full.price, rel=1e-11, abs=4e-15 * max(forward, strike)
    )


@pytest.mark.parametrize("w", [1e-8, 1e-5, 1e-3, 0.039, 0.041, 0.5, 2.0, 5.0, 8.0])
def test_at_the_money_the_inverse_is_that_of_the_error_function(w: float) -> None:
    """At F = K the value is F (2 N(w/2) - 1) = F erf(w / sqrt(8)), on either side of every switch of formula."""
    got, status = implied_total_volatility(100.0 * math.erf(w / math.sqrt(8.0)), 100.0, 100.0)
    vega = 100.0 * math.exp(-w * w / 8) / math.sqrt(2 * math.pi)

    assert status is Status.CONVERGED
    assert got == pytest.approx(w, rel=1e-12, abs=3e-14 / vega)


@pytest.mark.parametrize("depth", [1e-9, 1e-3, 0.5, 3.9, 4.1, 12.0, 60.0])
@pytest.mark.parametrize("w", [1e-3, 0.03, 0.3, 1.5, 4.0, 9.0])
def test_far_strikes_are_inverted_too(w: float, depth: float) -> None:
    """Beyond the range of the first guess, and down to prices of 1e-290."""
    strike = 100.0 * math.exp(depth)
    with mp.workdps(50):
        x, v = mp.log(mp.mpf(100) / mp.mpf(strike)), mp.mpf(w)
        exact = 100 * (mp.ncdf(x / v + v / 2) - mp.exp(-x) * mp.ncdf(x / v - v / 2))
        vega = 100 * mp.npdf(x / v + v / 2)
    value = float(exact)
    got, status = implied_total_volatility(value, 100.0, strike)
    if value < 1e-290:
        assert status in {Status.BELOW_INTRINSIC, Status.CONVERGED}
        return

    assert status is Status.CONVERGED
    assert got == pytest.approx(w, rel=1e-12, abs=float(2 * np.spacing(value) / vega))


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize(("forward", "strike"), [(100.0, 90.0), (100.0, 110.0), (100.0, 100.0)])
def test_a_price_without_time_value_is_below_intrinsic(forward: float, strike: float, is_call: bool) -> None:
    discount = 0.5  # a power of two: price / discount is exact
    intrinsic = max(forward - strike if is_call else strike - forward, 0.0)
    for value in (intrinsic * discount, intrinsic * discount - 1e-9, -1.0):
        sigma, status = implied_vol(value, forward, strike, 1.0, discount, is_call)
        assert math.isnan(sigma)
        assert status is Status.BELOW_INTRINSIC
    assert implied_vol(intrinsic * discount + 1e-9, forward, strike, 1.0, discount, is_call)[1] is Status.CONVERGED


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize(("forward", "strike"), [(100.0, 90.0), (100.0, 110.0), (100.0, 100.0)])
def test_a_price_no_volatility_reaches_is_above_the_bound(forward: float, strike: float, is_call: bool) -> None:
    discount = 0.5
    bound = (forward if is_call else strike) * discount
    for value in (bound, bound + 1e-9, 10 * bound):
        sigma, status = implied_vol(value, forward, strike, 1.0, discount, is_call)
        assert math.isnan(sigma)
        assert status is Status.ABOVE_BOUND
    assert implied_vol(bound - 1e-6, forward, strike, 1.0, discount, is_call)[1] is Status.CONVERGED


def test_a_bad_row_leaves_its_neighbours_alone() -> None:
    value = np.array([8.0, np.nan, 0.0, 200.0, 8.0])
    sigma, status = implied_vol(value, 100.0, 100.0, 1.0)

    assert status.dtype == np.int8
    assert [Status(s) for s in status] == [
        Status.CONVERGED,
        Status.NOT_FINITE,
        Status.BELOW_INTRINSIC,
        Status.ABOVE_BOUND,
        Status.CONVERGED,
    ]
    np.testing.assert_array_equal(np.isnan(sigma), status != Status.CONVERGED)
    assert sigma[0] == sigma[4] == implied_vol(8.0, 100.0, 100.0, 1.0)[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0.0, -1.0])
@pytest.mark.parametrize("argument", [0, 1, 2, 3])
def test_every_bad_argument_is_named_by_its_status(argument: int, bad: float) -> None:
    quotes = np.tile([[8.0], [100.0], [100.0], [0.99]], 19)
    clean, _ = implied_total_volatility(*quotes)
    quotes[argument, 11] = bad
    w, status = implied_total_volatility(*quotes)

    assert status[11] == (Status.NOT_FINITE if argument or not np.isfinite(bad) else Status.BELOW_INTRINSIC)
    assert np.isnan(w[11])
    np.testing.assert_array_equal(np.delete(w, 11), np.delete(clean, 11))
    assert not np.delete(status, 11).any()


def test_a_row_has_the_same_bits_wherever_it_stands() -> None:
    """Alone, in a part of any length, and beside rows that need more steps than it does."""
    rng = np.random.default_rng(41)
    w = np.exp(rng.uniform(np.log(1e-4), np.log(6.0), 1100))
    strike = 100.0 * np.exp(w * rng.uniform(-8.0, 8.0, w.size))
    is_call = rng.random(w.size) < 0.8
    value = price(100.0, strike, 1.0, w, 0.0, 0.0, is_call)
    whole, status = implied_total_volatility(value, 100.0, strike, 1.0, is_call)
    assert (status == Status.CONVERGED).mean() > 0.8

    for part in [slice(i, i + 1) for i in range(0, w.size, 7)] + [slice(13, 13 + n) for n in (2, 7, 9, 255, 257, 1000)]:
        got, verdict = implied_total_volatility(value[part], 100.0, strike[part], 1.0, is_call[part])
        np.testing.assert_array_equal(got, whole[part])
        np.testing.assert_array_equal(verdict, status[part])
    order = rng.permutation(w.size)
    shuffled, _ = implied_total_volatility(value[order], 100.0, strike[order], 1.0, is_call[order])
    np.testing.assert_array_equal(shuffled, whole[order])


@given(st.floats(1e-4, 3.0), st.floats(-4.0, 4.0), st.integers(-60, 60), st.booleans())
def test_the_unit_of_money_does_not_matter(w: float, depth: float, power: int, is_call: bool) -> None:
    """Homogeneity of degree zero: exact in binary but for the rounding of a square root at odd powers."""
    strike, unit = 100.0 * math.exp(depth * w), 4.0**power
    value = price(100.0, strike, 1.0, w, 0.0, 0.0, is_call)

    np.testing.assert_equal(
        implied_total_volatility(value * unit, 100.0 * unit, strike * unit, 1.0, is_call),
        implied_total_volatility(value, 100.0, strike, 1.0, is_call),
    )


@given(st.floats(1e-3, 2.0), st.floats(-3.0, 3.0))
def test_a_call_and_the_put_of_swapped_forward_and_strike_imply_the_same(w: float, depth: float) -> None:
    """max(F - K, 0) is a call on F and a put on K: out of the money the rows are one and the same."""
    strike = 100.0 * math.exp(abs(depth) * w)
    value = price(100.0, strike, 1.0, w, 0.0, 0.0, True)

    call, _ = implied_total_volatility(value, 100.0, strike, 1.0, True)
    put, _ = implied_total_volatility(value, strike, 100.0, 1.0, False)
    assert call == pytest.approx(put, rel=4e-15)


def test_total_volatility_is_volatility_times_root_time(reference: ModuleType) -> None:
    contracts, _ = reference.index_chain(500, seed=33)
    value = price(*contracts)
    discount = np.exp(-contracts.rate * contracts.years)
    forward = contracts.spot * np.exp((contracts.rate - contracts.dividend) * contracts.years)
    quote = (value, forward, contracts.strike)
    w, _ = implied_total_volatility(*quote, discount, contracts.is_call)
    sigma, _ = implied_vol(*quote, contracts.years, discount, contracts.is_call)

    np.testing.assert_array_equal(sigma, w / np.sqrt(contracts.years))


def test_scalars_give_a_float_and_a_status() -> None:
    sigma, status = implied_vol(7.965567455405804, 100.0, 100.0, 1.0)

    assert type(sigma) is float
    assert status is Status.CONVERGED
    assert sigma == pytest.approx(0.2, rel=1e-13)
