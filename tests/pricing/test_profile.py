"""Gamma of a book over a ladder of spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.pricing import gamma, gamma_profile, gamma_sum, log_ladder, vanna_profile
from gex.pricing._ladder import UNIFORM

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import numpy.typing as npt

EPS = np.finfo(float).eps


def test_the_ladder_is_uniform_in_the_logarithm_and_reaches_as_far_as_asked() -> None:
    spots = log_ladder(6000.0, 0.15, 601)

    assert spots.size == 601
    assert spots[0] == pytest.approx(5100.0, rel=1e-15)
    assert spots[-1] == pytest.approx(6900.0, rel=1e-15)
    steps = np.diff(np.log(spots.astype(np.longdouble)))
    assert np.ptp(steps) < 1e-15


@given(st.floats(0.01, 1e5), st.floats(1e-3, 0.99), st.integers(2, 3000))
def test_every_ladder_is_uniform_enough_for_the_recurrence(spot: float, half_width: float, n: int) -> None:
    """Else the profile would take the slow path, in silence."""
    spots = log_ladder(spot, half_width, n).astype(np.longdouble)
    x = np.log(spots / spots[0])

    assert np.abs(x - x[-1] * np.arange(n) / (n - 1)).max() < UNIFORM * max(x[-1], 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 0.1, 5), "spot must be a positive price"),
        ((np.nan, 0.1, 5), "spot must be a positive price"),
        ((100.0, 0.0, 5), "half_width must lie between 0 and 1"),
        ((100.0, 1.0, 5), "half_width must lie between 0 and 1"),
        ((100.0, 0.1, 1), "at least 2 spots"),
    ],
)
def test_a_ladder_out_of_bounds_is_refused(arguments: tuple[float, float, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        log_ladder(*arguments)


def test_the_profile_agrees_with_fifty_digit_sums(reference: ModuleType) -> None:
    """Within 1e-12 of the sum of absolute terms, plus what half a unit in the last place of a spot moves the terms."""
    contracts, weight = reference.index_chain(400, seed=5)
    spots = log_ladder(5800.0, 0.15, 251)
    computed = gamma_profile(spots, *contracts[1:4], weight, *contracts[4:6])
    book = [tuple(map(mp.mpf, row)) for row in zip(*(c.tolist() for c in (*contracts[1:6], weight)), strict=True)]
    with mp.workdps(50):
        rows = []
        for k, t, v, r, q, weight_ in book:
            w = v * mp.sqrt(t)
            rows.append((mp.log(k), (r - q) * t / w + w / 2, w, weight_ * mp.exp(-q * t) / (w * mp.sqrt(2 * mp.pi))))
        for j in range(0, 251, 25):
            spot = mp.mpf(float(spots[j]))
            x = mp.log(spot)
            total = size = slack = mp.mpf(0)
            for log_strike, shift, w, scale in rows:
                d1 = (x - log_strike) / w + shift
                term = scale * mp.exp(-d1 * d1 / 2) / spot
                total, size = total + term, size + abs(term)
                slack += abs(term * d1 / w) * EPS
            assert abs(computed[j] - total) <= 1e-12 * size + slack


@given(
    st.floats(1 / 525_600, 3.0),
    st.floats(0.03, 2.0),
    st.floats(-0.3, 0.3),
    st.floats(-0.02, 0.1),
    st.integers(2, 400),
    st.floats(0.01, 0.5),
)
def test_one_contract_on_the_ladder_is_its_gamma(
    years: float, sigma: float, depth: float, rate: float, n: int, half_width: float
) -> None:
    """Recurrence against formula, on ladders much finer and much coarser than the contract's own width."""
    spots, strike = log_ladder(100.0, half_width, n), 100.0 * np.exp(depth)
    exact = gamma(spots, strike, years, sigma, rate, 0.01)
    profile = gamma_profile(spots, strike, years, sigma, 3.0, rate, 0.01) / 3.0
    w = sigma * np.sqrt(years)
    d1 = (np.log(spots / strike) + (rate - 0.01) * years) / w + 0.5 * w
    tolerance = np.abs(exact) * (2e-13 + 8 * EPS * np.abs(d1) / w) + 1e-15 / (spots * w)

    assert (np.abs(profile - exact) <= tolerance).all()


@pytest.mark.parametrize("kind", ["linear", "random", "single", "descending", "geomspace"])
def test_any_spots_give_the_exact_sums(kind: str, reference: ModuleType) -> None:
    contracts, weight = reference.index_chain(1500, seed=6)
    spots = {
        "linear": np.linspace(5000.0, 6600.0, 33),
        "random": np.random.default_rng(1).uniform(5000.0, 6600.0, 17),
        "single": np.array([5801.0]),
        "descending": log_ladder(5800.0, 0.1, 21)[::-1],
        "geomspace": np.geomspace(5000.0, 6600.0, 101),
    }[kind]
    book = (*contracts[1:4], weight, *contracts[4:6])
    sizes = np.array([gamma_sum(s, *contracts[1:4], np.abs(weight), *contracts[4:6]) for s in spots])
    sums = np.array([gamma_sum(s, *book) for s in spots])

    assert (np.abs(gamma_profile(spots, *book) - sums) <= 2e-12 * sizes).all()


def test_the_same_book_gives_the_same_bytes(reference: ModuleType) -> None:
    contracts, weight = reference.index_chain(3000, seed=8)
    spots = log_ladder(5800.0, 0.15, 301)
    first = gamma_profile(spots, *contracts[1:4], weight, *contracts[4:6])

    assert first.tobytes() == gamma_profile(spots, *contracts[1:4], weight, *contracts[4:6]).tobytes()


def test_profiles_add_up(reference: ModuleType) -> None:
    contracts, weight = reference.index_chain(2000, seed=9)
    spots = log_ladder(5800.0, 0.15, 101)

    def profile(rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return gamma_profile(
            spots, *(c[rows] for c in contracts[1:4]), weight[rows], *(c[rows] for c in contracts[4:6])
        )

    everything = np.ones(2000, np.bool_)
    scale = np.abs(profile(everything)).max()
    np.testing.assert_allclose(
        profile(contracts.is_call) + profile(~contracts.is_call), profile(everything), rtol=0, atol=1e-12 * scale
    )


def test_one_number_stands_for_all_contracts() -> None:
    strikes = np.linspace(80.0, 120.0, 41)
    spots = log_ladder(100.0, 0.2, 51)

    np.testing.assert_array_equal(
        gamma_profile(spots, strikes, 0.1, 0.2, 1.0),
        gamma_profile(spots, strikes, np.full(41, 0.1), np.full(41, 0.2), np.ones(41), np.zeros(41), np.zeros(41)),
    )


def test_contracts_beyond_reach_add_nothing() -> None:
    """Where |d1| is above 8.5 all along the ladder."""
    assert not gamma_profile(log_ladder(100.0, 0.05, 64), [10.0, 1000.0], 0.01, 0.2, 1.0).any()


def test_an_empty_book_is_flat() -> None:
    spots = log_ladder(100.0, 0.1, 11)

    assert not gamma_profile(spots, [], 0.1, 0.2, 1.0).any()
    assert gamma_sum(100.0, [], 0.1, 0.2, 1.0) == 0.0


@pytest.mark.parametrize(
    ("field", "value"),
    [("strike", 0.0), ("strike", -1.0), ("years", 0.0), ("sigma", 0.0), ("sigma", -0.1)]
    + [(f, v) for f in ("strike", "years", "sigma", "weight", "rate", "dividend") for v in (np.nan, np.inf)],
)
@pytest.mark.parametrize("where", ["ladder", "any spots", "many spots", "sum"])
def test_a_contract_that_cannot_be_priced_is_counted_and_located(where: str, field: str, value: float) -> None:
    book = {"strike": 100.0, "years": 0.1, "sigma": 0.2, "weight": 1.0, "rate": 0.03, "dividend": 0.0}
    columns = {name: np.full(600, number) for name, number in book.items()}
    columns[field][[431, 502]] = value
    spots = {
        "ladder": log_ladder(100.0, 0.1, 11),
        "any spots": np.array([90.0, 95.0, 99.0]),
        "many spots": np.linspace(90.0, 110.0, 101),
    }
    with pytest.raises(ValueError, match=r"^2 of 600 contracts cannot be priced, the first at index 431: "):
        gamma_sum(100.0, **columns) if where == "sum" else gamma_profile(spots[where], **columns)


def test_a_contract_of_zero_weight_is_skipped_whatever_it_holds() -> None:
    spots = log_ladder(100.0, 0.1, 11)
    book = ([100.0, np.nan], 0.1, [0.2, -1.0], [1.0, 0.0])
    alone = gamma_profile(spots, 100.0, 0.1, 0.2, 1.0)

    np.testing.assert_array_equal(gamma_profile(spots, *book), alone)
    uneven = np.array([90.0, 97.0, 99.0])
    np.testing.assert_allclose(gamma_profile(uneven, *book), gamma(uneven, 100.0, 0.1, 0.2), rtol=1e-12)
    assert gamma_sum(100.0, *book) == gamma(100.0, 100.0, 0.1, 0.2)


@pytest.mark.parametrize(
    ("spots", "message"),
    [
        ([100.0, np.nan], "spots must be positive prices, got nan at index 1"),
        ([-1.0, 100.0], "spots must be positive prices, got -1.0 at index 0"),
        ([], "spots must be one-dimensional and not empty"),
        ([[100.0]], "spots must be one-dimensional and not empty"),
        (100.0, "spots must be one-dimensional and not empty"),
    ],
)
def test_unfit_spots_are_refused(spots: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gamma_profile(spots, 100.0, 0.1, 0.2, 1.0)  # type: ignore[arg-type]


def test_books_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="do not broadcast"):
        gamma_profile([100.0], np.ones(3), np.ones(4), 0.2, 1.0)
    with pytest.raises(ValueError, match=r"contracts must be one-dimensional, got shape \(2, 2\)"):
        gamma_profile([100.0], np.ones((2, 2)), 0.1, 0.2, 1.0)


@pytest.mark.parametrize("function", [gamma_profile, vanna_profile])
@pytest.mark.parametrize("spots", [log_ladder(5800.0, 0.15, 301), np.linspace(5000.0, 6600.0, 12)])
def test_a_call_and_the_put_beside_it_count_as_one_contract(
    function: Callable[..., npt.NDArray[np.float64]], spots: npt.NDArray[np.float64], reference: ModuleType
) -> None:
    """Rows in pairs, and the same rows with all first halves before all second ones, which no merging reaches."""
    contracts, weight = reference.index_chain(1500, seed=9)
    book = (*contracts[1:4], weight, *contracts[4:6])
    pairs = [np.repeat(column, 2) for column in book]
    pairs[3] *= np.where(np.arange(3000) % 2, 0.7, -1.9)
    apart = [np.concatenate([column[::2], column[1::2]]) for column in pairs]
    size = 3.0 * np.abs(function(spots, *contracts[1:4], np.abs(weight), *contracts[4:6])).max()

    np.testing.assert_allclose(function(spots, *pairs), function(spots, *apart), rtol=0, atol=1e-14 * size)
    np.testing.assert_allclose(function(spots, *pairs), -1.2 * function(spots, *book), rtol=0, atol=1e-14 * size)


def test_neighbours_that_cancel_are_still_looked_at() -> None:
    with pytest.raises(ValueError, match=r"^2 of 2 contracts cannot be priced"):
        gamma_profile(log_ladder(100.0, 0.1, 11), [-100.0, -100.0], 0.1, 0.2, [1.0, -1.0])
    assert not gamma_profile(log_ladder(100.0, 0.1, 11), [100.0, 100.0], 0.1, 0.2, [1.0, -1.0]).any()


@pytest.mark.parametrize("field", range(5))
def test_neighbours_that_differ_in_one_field_stay_apart(field: int) -> None:
    columns = [np.full(2, x) for x in (100.0, 1e-6, 0.2, 0.03, 0.01)]
    columns[field][1] = 2.0 * columns[field][1]
    strike, years, sigma, rate, dividend = columns
    spots = log_ladder(100.0, 0.001, 11)
    alone = [gamma_profile(spots, strike[i], years[i], sigma[i], 1.0, rate[i], dividend[i]) for i in range(2)]

    both = gamma_profile(spots, strike, years, sigma, [1.0, 1.0], rate, dividend)
    np.testing.assert_allclose(both, alone[0] + alone[1], rtol=1e-15)
    assert not np.allclose(alone[0], alone[1], rtol=1e-9, atol=0.0)
