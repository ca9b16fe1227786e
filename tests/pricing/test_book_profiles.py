"""Delta, vanna and charm of a book over a ladder of spots."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from gex.pricing import (
    charm_profile,
    delta_profile,
    gamma_profile,
    greeks,
    log_ladder,
    vanna_profile,
)

if TYPE_CHECKING:
    from types import ModuleType

    import numpy.typing as npt

EPS = np.finfo(float).eps
NAMES = ("delta", "vanna", "charm")


def profile(name: str, spots: Any, book: tuple[Any, ...], is_call: Any) -> npt.NDArray[np.float64]:
    """Return the profile of that name; calls and puts have the same vanna."""
    if name == "vanna":
        return vanna_profile(spots, *book)
    return {"delta": delta_profile, "charm": charm_profile}[name](spots, *book, is_call)


def allowance(name: str, contracts: Any, is_call: Any, weight: Any) -> npt.NDArray[np.float64]:
    """Return what may be lost: 1e-12 of each contract's terms, its spot's rounding, and 1e-15 of the weights."""
    spot, strike, years, sigma, rate, dividend = (np.asarray(c, np.longdouble) for c in contracts)
    w = sigma * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    bell = np.exp(-0.5 * d1 * d1 - dividend * years) / np.sqrt(2 * np.pi)
    delta = np.exp(-dividend * years).astype(float) * ndtr(np.where(is_call, 1.0, -1.0) * d1.astype(float))
    reach = np.maximum(np.abs(d1), w)
    unit = {"delta": 1.0, "vanna": 1.0 / sigma, "charm": 1.0 / years}[name] * np.exp(-dividend * years)
    carry = np.maximum(np.abs(rate - dividend) / w, reach / (2 * years))
    size = {"delta": delta, "vanna": bell * reach / sigma, "charm": bell * carry + np.abs(dividend)}[name]
    moved = (size * (1.0 + np.abs(d1)) + bell * unit) / w
    return np.asarray(np.abs(weight) * (1e-12 * size + 3e-15 * unit + 2 * EPS * moved), float)


@functools.cache
def exact_sums(reference: ModuleType, spot: float) -> dict[str, mp.mpf]:
    """Return the sum of each greek over the book below, to mpmath's digits."""
    contracts, weight = reference.index_chain(150, seed=51)
    exact = [reference.exact_greeks(spot, *row)[0] for row in zip(*contracts[1:], strict=True)]
    return {name: mp.fdot(weight.tolist(), [values[name] for values in exact]) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["ladder", "coarse ladder", "long ladder", "short ladder", "any spots", "many spots"])
def test_profiles_agree_with_fifty_digit_sums(name: str, kind: str, reference: ModuleType) -> None:
    contracts, weight = reference.index_chain(150, seed=51)
    spots = {
        "ladder": log_ladder(5800.0, 0.15, 901),
        "coarse ladder": log_ladder(5800.0, 0.15, 26),
        "long ladder": log_ladder(5800.0, 0.15, 3001),
        "short ladder": log_ladder(5800.0, 0.02, 11),
        "any spots": np.linspace(5000.0, 6600.0, 7),
        "many spots": np.linspace(5000.0, 6600.0, 401),
    }[kind]
    computed = profile(name, spots, (*contracts[1:4], weight, *contracts[4:6]), contracts.is_call)
    for j in range(0, spots.size, -(-spots.size // 6)):
        with mp.workdps(50):
            error = float(abs(computed[j] - exact_sums(reference, float(spots[j]))[name]))
        assert error <= allowance(name, (spots[j], *contracts[1:6]), contracts.is_call, weight).sum()


@given(
    st.floats(1 / 525_600, 3.0),
    st.floats(0.03, 2.0),
    st.floats(-0.3, 0.3),
    st.floats(-0.02, 0.1),
    st.integers(2, 1500),
    st.floats(0.01, 0.5),
    st.booleans(),
)
def test_one_contract_on_the_ladder_is_its_greek(
    years: float, sigma: float, depth: float, rate: float, n: int, half_width: float, is_call: bool
) -> None:
    """On ladders much finer and much coarser than the contract's own width."""
    spots, strike = log_ladder(100.0, half_width, n), 100.0 * np.exp(depth)
    exact = greeks(spots, strike, years, sigma, rate, 0.01, is_call)
    book = (strike, years, sigma, 3.0, rate, 0.01)
    for name in NAMES:
        error = np.abs(profile(name, spots, book, is_call) / 3.0 - getattr(exact, name))
        assert (error <= 4.0 * allowance(name, (spots, strike, years, sigma, rate, 0.01), is_call, 1.0)).all(), name


@pytest.mark.parametrize("spots", [log_ladder(5800.0, 0.1, 2001), np.linspace(5600.0, 6000.0, 2001)])
def test_gamma_is_the_slope_of_delta(spots: npt.NDArray[np.float64], reference: ModuleType) -> None:
    """By Simpson's rule: delta gains the integral of gamma, over every second spot."""
    contracts, weight = reference.index_chain(500, seed=52)
    slow = contracts.sigma * np.sqrt(contracts.years) > 0.02
    book = tuple(c[slow] for c in (*contracts[1:4], weight, *contracts[4:6]))
    x = np.log(spots)
    f = spots * gamma_profile(spots, *book) if np.ptp(np.diff(x)) < 1e-12 else gamma_profile(spots, *book)
    step = x[1] - x[0] if np.ptp(np.diff(x)) < 1e-12 else spots[1] - spots[0]
    gained = np.cumsum(step / 3.0 * (f[:-2:2] + 4.0 * f[1:-1:2] + f[2::2]))
    delta = delta_profile(spots, *book, contracts.is_call[slow])[::2]

    np.testing.assert_allclose(delta[1:] - delta[0], gained, rtol=0, atol=1e-8 * np.abs(weight).sum())


@pytest.mark.parametrize(
    "spots", [log_ladder(5800.0, 0.15, 301), np.linspace(5000.0, 6600.0, 12), np.linspace(5000.0, 6600.0, 90)]
)
def test_calls_less_puts_are_the_discounted_units(spots: npt.NDArray[np.float64], reference: ModuleType) -> None:
    contracts, weight = reference.index_chain(2500, seed=53)
    book = (*contracts[1:4], weight, *contracts[4:6])
    units = weight * np.exp(-contracts.dividend * contracts.years)
    for function, expected in ((delta_profile, units.sum()), (charm_profile, (contracts.dividend * units).sum())):
        parity = function(spots, *book, True) - function(spots, *book, False)
        scale = np.abs(function(spots, *book, True)).max() + np.abs(units).sum()
        np.testing.assert_allclose(parity, expected, rtol=0, atol=1e-13 * scale)


def test_beyond_reach_delta_is_all_or_nothing() -> None:
    """Where |d1| is above 8.5 all along the ladder: strikes far below and far above, and a ladder that jumps over."""
    spots = log_ladder(100.0, 0.05, 64)
    discount = np.exp(-0.02 * 0.01)

    np.testing.assert_allclose(delta_profile(spots, 10.0, 0.01, 0.2, 3.0, 0.0, 0.02), 3.0 * discount, rtol=1e-15)
    np.testing.assert_allclose(
        delta_profile(spots, 1000.0, 0.01, 0.2, 3.0, 0.0, 0.02, False), -3.0 * discount, rtol=1e-15
    )
    assert not delta_profile(spots, 1000.0, 0.01, 0.2, 3.0).any()
    assert not delta_profile(spots, 10.0, 0.01, 0.2, 3.0, is_call=False).any()
    between = delta_profile(spots, np.sqrt(spots[31] * spots[32]), 1e-8, 0.1, 1.0)
    np.testing.assert_array_equal(between, np.arange(64) > 31)
    assert not vanna_profile(spots, [10.0, 1000.0], 0.01, 0.2, 3.0).any()


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_book_is_flat(name: str) -> None:
    book = ([], 0.1, 0.2, 1.0, 0.0, 0.01)

    assert not profile(name, log_ladder(100.0, 0.1, 11), book, True).any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["strike", "years", "sigma", "weight", "rate", "dividend"])
@pytest.mark.parametrize(
    "spots", [log_ladder(100.0, 0.1, 11), np.array([90.0, 95.0, 99.0]), np.linspace(90.0, 110.0, 50)]
)
def test_a_contract_that_cannot_be_priced_is_counted_and_located(
    spots: npt.NDArray[np.float64], field: str, name: str
) -> None:
    columns = {n: np.full(5000, x) for n, x in zip(BOOK, (100.0, 0.1, 0.2, 1.0, 0.03, 0.01), strict=True)}
    columns[field][[4310, 4502]] = np.nan
    with pytest.raises(ValueError, match=r"^2 of 5000 contracts cannot be priced, the first at index 4310: "):
        profile(name, spots, tuple(columns.values()), True)


BOOK = ("strike", "years", "sigma", "weight", "rate", "dividend")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spots", [log_ladder(100.0, 0.1, 11), np.array([90.0, 95.0, 99.0])])
def test_a_contract_of_zero_weight_is_skipped_whatever_it_holds(spots: npt.NDArray[np.float64], name: str) -> None:
    book = ([100.0, np.nan, 100.0], 0.1, [0.2, -1.0, 0.2], [1.0, 0.0, 0.0], [0.03, np.inf, 0.0], [0.01, 0.01, np.inf])
    alone = profile(name, spots, (100.0, 0.1, 0.2, 1.0, 0.03, 0.01), [True])

    np.testing.assert_array_equal(profile(name, spots, book, [True, False, False]), alone)


def test_flags_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"^is_call must be True or False"):
        delta_profile([100.0], 100.0, 0.1, 0.2, 1.0, is_call="P")
    with pytest.raises(ValueError, match="do not broadcast"):
        charm_profile([100.0], np.ones(3), 0.1, 0.2, 1.0, is_call=[True, False])


def test_a_crew_of_few_contracts_takes_nothing_from_memory() -> None:
    """In a process whose stack holds NaN: what fills up the lanes of a sweep has no weight, and a slope of its own."""
    code = """if True:
        import numpy as np
        from gex.pricing import charm_profile, greeks, log_ladder, vanna_profile
        nan = np.full(700, np.nan)
        for n in (22, 101, 601, 1500):
            for profile in (vanna_profile, lambda *book: charm_profile(*book, False)):
                greeks(nan, nan, nan, nan)
                assert np.isfinite(profile(log_ladder(100.0, 0.5, n), 100.0, 1.0, 1.0, 3.0, 0.0, 0.01)).all(), n
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
