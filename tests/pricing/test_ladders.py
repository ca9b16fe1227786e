"""Gamma over ladders of any length: wide contracts are added up on coarser grids, and interpolated."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.pricing import gamma_profile, log_ladder
from gex.pricing._ladder import FEW_PAIRS

if TYPE_CHECKING:
    from types import ModuleType

    import numpy.typing as npt

    Float64Array = npt.NDArray[np.float64]

EPS = np.finfo(float).eps
MINUTE = 1.0 / 525_600.0
CUT = 2.1e-16
"""What may be left out beyond |d1| = 8.5, of the largest value a contract has at all: exp(-8.5^2 / 2)."""
LENGTHS = [2, 3, 11, 12, 13, 23, 45, 100, 209, 210, 417, 1000, 4000]
HEADER = Path(__file__).parents[2] / "pricing" / "stencils.h"


class Book(NamedTuple):
    """Columns of contracts, in the order of the arguments of `gamma_profile`."""

    strike: Float64Array
    years: Float64Array
    sigma: Float64Array
    weight: Float64Array
    rate: Float64Array
    dividend: Float64Array


def mixed_book(n: int, seed: int, half_width: float) -> Book:
    """Return contracts round 100 from a minute to five years, 3% to 200%, some peaking beyond the ladder."""
    rng = np.random.default_rng(seed)
    years = np.exp(rng.uniform(np.log(MINUTE), np.log(5.0), n))
    sigma = np.exp(rng.uniform(np.log(0.03), np.log(2.0), n))
    rate, dividend = rng.uniform(-0.02, 0.1, n), rng.uniform(-0.01, 0.06, n)
    w = sigma * np.sqrt(years)
    reach = half_width + np.minimum(3.0 * w, 1.0)
    strike = 100.0 * np.exp(rng.uniform(-reach, reach) + (rate - dividend) * years + 0.5 * w * w)
    return Book(strike, years, sigma, rng.normal(size=n) * np.exp(rng.normal(0.0, 2.0, n)), rate, dividend)


def peaked_book(w: Float64Array, peak: Float64Array, weight: Float64Array) -> Book:
    """Return contracts of these total volatilities that have their largest gamma times spot at these spots."""
    zeros = np.zeros(w.size)
    return Book(peak * np.exp(0.5 * w * w), np.full(w.size, 0.25), 2.0 * w, weight, zeros, zeros)


def excess(spots: Float64Array, book: Book, computed: Float64Array) -> Float64Array:
    """Return the error at each spot in units of what is allowed, against sums in long double.

    That is 1e-12 of the sum of absolute terms, what two roundings of spot move them by, and CUT.
    """
    strike, years, sigma, weight, rate, dividend = (column.astype(np.longdouble) for column in book)
    spot = spots.astype(np.longdouble)[:, None]
    w = sigma * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / w + w / 2
    peak = weight * np.exp(-dividend * years) / (spot * w * np.sqrt(2 * np.pi * np.longdouble(1)))
    terms = peak * np.exp(-d1 * d1 / 2)
    allowed = np.abs(terms) * (1e-12 + 2 * np.abs(d1) / w * EPS) + CUT * np.abs(peak)
    return np.asarray(np.abs(computed - terms.sum(axis=1)) / allowed.sum(axis=1), float)


def some_of(spots: Float64Array) -> npt.NDArray[np.intp]:
    """Return the places of the first, the last, and some spots between."""
    return np.unique(np.r_[0:40, np.linspace(0, spots.size - 1, 80), -40:0].astype(int) % spots.size)


@pytest.mark.parametrize("half_width", [0.002, 0.05, 0.7])
@pytest.mark.parametrize("n", LENGTHS)
def test_ladders_of_any_length_agree_with_long_double(n: int, half_width: float) -> None:
    spots, book = log_ladder(100.0, half_width, n), mixed_book(500, seed=n, half_width=half_width)
    some = some_of(spots)

    assert excess(spots[some], book, gamma_profile(spots, *book)[some]).max() <= 1.0


@pytest.mark.parametrize("steps", [0.2, 0.9, 2.0, 5.4, 5.6, 7.0, 10.9, 11.1, 23.0, 45.0, 90.0, 180.0, 400.0, 3000.0])
@pytest.mark.parametrize("n", [60, 401, 1500])
def test_contracts_of_one_width_agree_with_long_double(n: int, steps: float) -> None:
    """On each grid alone, wherever they peak: on the ladder, just beyond an end, or eight deviations away."""
    spots = log_ladder(100.0, 0.15, n)
    length = np.log(spots[-1] / spots[0])
    w = np.full(33, steps * length / (n - 1)) * np.linspace(1.0, 1.01, 33)
    peak = spots[0] * np.exp(np.linspace(-8.0 * w[0], length + 8.0 * w[0], 33))
    some = some_of(spots)
    for chosen in (slice(None), slice(0, 1), slice(8, 9), slice(16, 17), slice(32, 33)):
        book = peaked_book(w[chosen], peak[chosen], np.ones(33)[chosen])
        assert excess(spots[some], book, gamma_profile(spots, *book)[some]).max() <= 1.0


@given(
    st.lists(
        st.tuples(
            st.floats(-2.0, 9.0).map(np.exp2),
            st.floats(-9.0, 9.0),
            st.floats(0.0, 1.0),
            st.sampled_from([-1.0, 3e-3, 50.0]),
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(2, 900),
    st.floats(0.001, 0.5),
)
def test_a_few_contracts_agree_with_long_double(
    contracts: list[tuple[float, float, float, float]], n: int, half_width: float
) -> None:
    """Of any width in steps, peaking so many deviations from some place on the ladder."""
    spots = log_ladder(100.0, half_width, n)
    length = np.log(spots[-1] / spots[0])
    steps, deviations, place, weight = (np.array(column) for column in zip(*contracts, strict=True))
    w = np.minimum(steps * length / (n - 1), 3.0)
    book = peaked_book(w, spots[0] * np.exp(place * length + deviations * w), weight)

    assert excess(spots, book, gamma_profile(spots, *book)).max() <= 1.0


def uneven(kind: str, n: int, half_width: float) -> Float64Array:
    """Return spots that are not at equal steps of their logarithm, or not in that order."""
    rng = np.random.default_rng(n)
    low, high = 100.0 * (1.0 - half_width), 100.0 * (1.0 + half_width)
    return {
        "linear": np.linspace(low, high, n),
        "descending": log_ladder(100.0, half_width, n)[::-1],
        "random": rng.uniform(low, high, n),
        "twice": np.repeat(np.linspace(low, high, n // 2), 2),
        "far apart": np.r_[1e-3, np.linspace(low, high, n - 2), 1e5],
    }[kind]


@pytest.mark.parametrize("half_width", [0.002, 0.05, 0.7])
@pytest.mark.parametrize("kind", ["linear", "descending", "random", "twice", "far apart"])
def test_uneven_spots_agree_with_long_double(kind: str, half_width: float) -> None:
    """On a ladder beneath them, but for narrow contracts."""
    spots, book = uneven(kind, 182, half_width), mixed_book(600, seed=3, half_width=half_width)

    assert spots.size * book.strike.size > FEW_PAIRS
    assert excess(spots, book, gamma_profile(spots, *book)).max() <= 1.0


def test_contracts_at_the_least_width_are_counted_once() -> None:
    """Either on the ladder beneath the spots or at the spots themselves, whatever the rounding."""
    spots = np.linspace(85.0, 115.0, 61)
    w = 5.5 * np.log(115.0 / 85.0) / 60 * (1.0 + np.linspace(-50.0, 50.0, 1001) * EPS)
    book = peaked_book(w, np.full(1001, 100.0), np.ones(1001))

    assert excess(spots, book, gamma_profile(spots, *book)).max() <= 1.0


@pytest.mark.parametrize("exponent", [-600, -40, 3, 200, 340, 700])
def test_weights_of_any_size_are_summed_alike(exponent: int) -> None:
    """To the bit, but for weights so large that their contracts are not swept."""
    spots, book = log_ladder(100.0, 0.15, 401), mixed_book(300, seed=2, half_width=0.15)
    profile = gamma_profile(spots, *book)
    large = gamma_profile(spots, *book._replace(weight=np.ldexp(book.weight, exponent)))
    size = gamma_profile(spots, *book._replace(weight=np.abs(book.weight))).max()

    if exponent <= 200:
        np.testing.assert_array_equal(np.ldexp(large, -exponent), profile)
    np.testing.assert_allclose(np.ldexp(large, -exponent), profile, rtol=0.0, atol=1e-13 * size)


def test_the_committed_stencils_are_the_generated_ones(make_stencils: ModuleType) -> None:
    assert HEADER.read_text() == make_stencils.header()


def test_stencils_are_exact_for_polynomials(make_stencils: ModuleType) -> None:
    for after in (4, 13):
        weights = make_stencils.midpoint_weights(after)
        for degree in range(make_stencils.TAPS):
            assert sum(w * k**degree for k, w in enumerate(weights)) == Fraction(2 * after + 1, 2) ** degree
    middle, total = make_stencils.AREA_TAPS // 2, make_stencils.area_weights()
    for degree in range(make_stencils.AREA_TAPS):
        area = Fraction(middle ** (degree + 1) - (middle - 1) ** (degree + 1), degree + 1)
        assert sum(w * k**degree for k, w in enumerate(total)) == area
