"""What early exercise adds, from one boundary a contract, against the American less the European figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gex.pricing import EarlyExercise, american, gamma_profile, greeks, log_ladder

SPOT = 100.0


def book(n: int = 400, seed: int = 2) -> tuple[np.ndarray[Any, Any], ...]:
    """Return strike, years, sigma, rate, dividend, is_call of a chain: runs of one expiration, call and put in turn."""
    rng = np.random.default_rng(seed)
    run = np.arange(n) // 40
    years = np.sort(np.exp(rng.uniform(math.log(8 / 365), math.log(2.0), n // 40 + 1)))[run]
    strike = 100.0 * np.linspace(0.75, 1.3, 20)[np.arange(n) // 2 % 20]
    sigma = 0.2 - 0.15 * np.log(strike / SPOT) + 0.02 * rng.random(n)
    rate, dividend = rng.uniform(0.0, 0.08, n // 40 + 1)[run], rng.uniform(0.0, 0.05, n // 40 + 1)[run]
    return strike, years, sigma, rate, dividend, np.arange(n) % 2 == 0


def added(spot: float, contracts: tuple[np.ndarray[Any, Any], ...]) -> tuple[np.ndarray[Any, Any], ...]:
    whole, european = american(spot, *contracts), greeks(spot, *contracts)
    return tuple(getattr(whole, name) - getattr(european, name) for name in ("price", "delta", "gamma"))


@pytest.mark.parametrize("spot", [80.0, 97.0, 100.0, 112.0])
def test_values_are_the_american_less_the_european_figures(spot: float) -> None:
    """Price within 1e-10 of the strike: neighbours lead to each other's boundaries, which end within the solver's tolerance."""
    contracts = book()
    early = EarlyExercise(*contracts)
    assert early.solved.all()
    assert len(early) == 400
    for got, expected, tolerance in zip(early.values(spot), added(spot, contracts), (1e-8, 1e-9, 1e-10), strict=True):
        np.testing.assert_allclose(got, expected, rtol=0.0, atol=tolerance)
    assert np.count_nonzero(early.values(spot).gamma) > 100


def test_later_the_same_boundary_is_cut_short() -> None:
    """After a weekend, against boundaries found anew for the time left: price within 5e-8 of the strike."""
    contracts = book()
    elapsed = 3 / 365
    later = EarlyExercise(*contracts).after(elapsed)
    expected = added(SPOT, (contracts[0], contracts[1] - elapsed, *contracts[2:]))
    for got, value, tolerance in zip(later.values(SPOT), expected, (5e-6, 5e-6, 5e-6), strict=True):
        np.testing.assert_allclose(got, value, rtol=0.0, atol=tolerance)
    assert later.after(0.0) is later


def test_rows_are_chosen_by_number() -> None:
    early = EarlyExercise(*book())
    whole, rows = early.values(97.0), np.array([7, 3, 3, 399])
    for some, every in zip(early.values(97.0, rows), whole, strict=True):
        np.testing.assert_array_equal(some, every[rows])
    assert early.gamma_sum(97.0, np.ones(4), rows) == pytest.approx(whole.gamma[rows].sum(), rel=1e-12)


def test_sums_and_profiles_agree_with_values() -> None:
    """The sum to rounding; the profile, a polynomial in ln S for each contract, within 1e-4 of the European peak."""
    strike, years, sigma, *_ = contracts = book()
    early, spots = EarlyExercise(*contracts), log_ladder(SPOT, 0.2, 401)
    weight = np.random.default_rng(1).normal(size=len(early))
    profile = early.gamma_profile(spots, weight)
    peak = np.abs(weight) / (math.sqrt(2 * math.pi) * strike * sigma * np.sqrt(years))
    for spot, got in zip(spots[::40], profile[::40], strict=True):
        terms = weight * early.values(float(spot)).gamma
        assert early.gamma_sum(float(spot), weight) == pytest.approx(terms.sum(), abs=1e-12 * np.abs(terms).sum())
        assert got == pytest.approx(terms.sum(), abs=1e-6 * peak.sum())
    whole = gamma_profile(spots, strike, years, sigma, weight, *contracts[3:5]) + profile
    expected = np.array([(weight * american(s, *contracts).gamma).sum() for s in spots[::40]])
    np.testing.assert_allclose(whole[::40], expected, rtol=0.0, atol=1e-6 * peak.sum())


def test_vanna_is_the_change_of_delta_with_volatility() -> None:
    """Against a difference ten times finer; contracts at the edge of exercise, where delta bends, are few."""
    strike, years, sigma, *others = contracts = book()
    got, change = EarlyExercise(*contracts).vanna(SPOT), 1e-4

    def delta(factor: float) -> np.ndarray[Any, Any]:
        return added(SPOT, (strike, years, factor * sigma, *others))[1]

    expected = (delta(1 + change) - delta(1 - change)) / (2 * change * sigma)
    close = np.abs(got - expected) < 1e-3 * np.abs(expected).max()
    assert close.mean() > 0.99
    assert np.abs(expected).max() > 0.1


def test_out_of_reach_of_the_spots_asked_for_nothing_is_added() -> None:
    """Within the range figures stay the same to 1e-10 of the strike; outside, asking is an error."""
    contracts = book()
    near, everywhere = EarlyExercise(*contracts, between=(95.0, 105.0)), EarlyExercise(*contracts)
    for spot in (95.0, 100.0, 105.0):
        for some, whole in zip(near.values(spot), everywhere.values(spot), strict=True):
            np.testing.assert_allclose(some, whole, rtol=0.0, atol=1e-8)
    with pytest.raises(ValueError, match=r"spot must lie between 95\.0 and 105\.0"):
        near.values(94.9)
    with pytest.raises(ValueError, match="spots must lie between"):
        near.gamma_profile([100.0, 106.0], 1.0)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_change_nothing(threads: int) -> None:
    contracts = book(1000)
    one, many = EarlyExercise(*contracts), EarlyExercise(*contracts, threads=threads)
    spots, weight = log_ladder(SPOT, 0.1, 101), np.linspace(-1.0, 2.0, 1000)
    assert [x.tobytes() for x in one.values(99.0)] == [x.tobytes() for x in many.values(99.0)]
    assert one.gamma_profile(spots, weight).tobytes() == many.gamma_profile(spots, weight).tobytes()
    assert one.gamma_sum(99.0, weight) == many.gamma_sum(99.0, weight)
    assert one.vanna(99.0).tobytes() == many.vanna(99.0).tobytes()


def test_contracts_without_a_boundary_add_nothing_and_are_marked() -> None:
    """NaN, a volatility too low over two years, two boundaries; a call without yield is solved, and never exercised."""
    early = EarlyExercise(
        100.0,
        2.0,
        [0.2, np.nan, 0.2, 0.2, -1.0],
        [0.04, 0.04, -0.02, 0.04, 0.04],
        [0.0, 0.0, -0.03, 0.0, 0.0],
        [False, False, False, True, False],
    )
    assert early.solved.tolist() == [True, False, False, True, False]
    assert (early.values(90.0).price != 0.0).tolist() == [True, False, False, False, False]
    assert not early.vanna(90.0)[1:].any()


def test_no_contracts() -> None:
    early = EarlyExercise([], [], [])
    assert len(early) == 0
    assert early.values(100.0).delta.size == 0
    assert early.gamma_sum(100.0, []) == 0.0
    assert not early.gamma_profile([90.0, 100.0], []).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda e: e.values(float("nan")), ValueError, "spot must be positive prices"),
        (lambda e: e.values(-1.0), ValueError, "spot must be positive prices"),
        (lambda e: e.values("a"), TypeError, "spot must hold real numbers"),
        (lambda e: e.values(100.0, np.array([2])), IndexError, "rows must lie between 0 and 1"),
        (lambda e: e.gamma_profile([100.0, 90.0], 1.0), ValueError, "spots must go up"),
        (lambda e: e.gamma_profile([90.0, 100.0], [1.0, 2.0, 3.0]), ValueError, "weight must be one number or 2"),
        (lambda e: e.gamma_sum(90.0, np.inf), ValueError, "weight must be finite"),
        (lambda e: e.after(-1.0), ValueError, "elapsed must be a number of years from 0 on"),
        (lambda e: e.after(1.0), ValueError, "elapsed must leave every contract some time"),
        (lambda _: EarlyExercise([[90.0]], 1.0, 0.2), ValueError, "contracts must be one-dimensional"),
        (lambda _: EarlyExercise([90.0, 100.0], [1.0, 2.0, 3.0], 0.2), ValueError, "shapes do not broadcast"),
        (lambda _: EarlyExercise("a", 1.0, 0.2), TypeError, "strike must hold real numbers"),
        (lambda _: EarlyExercise([90.0], 1.0, 0.2, threads=0), ValueError, "threads must be at least 1"),
        (lambda _: EarlyExercise([90.0], 1.0, 0.2, between=(2.0, 1.0)), ValueError, "between must go up"),
    ],
)
def test_bad_arguments_are_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call(EarlyExercise([90.0, 110.0], 1.0, 0.2, 0.04))
