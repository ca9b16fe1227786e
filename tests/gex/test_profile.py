"""The profile and its roots, on books whose roots are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from gex.exposure import Book
from gex.profile import MAX_STEPS, MIN_STEPS, brackets_of, crossings_of, ladder_of, root_between


def book_of(strikes, units, w: float = 0.02, years: float = 0.02) -> Book:
    n = len(strikes)
    return Book(
        strike=np.array(strikes, dtype=float),
        is_call=np.ones(n, dtype=bool),
        years=np.full(n, years),
        sigma=np.full(n, w / np.sqrt(years)),
        rate=np.zeros(n),
        dividend=np.zeros(n),
        units=np.array(units, dtype=float),
    )


def test_two_equal_strikes_of_opposite_sign_cross_at_their_geometric_mean() -> None:
    """With w alike, n(d1) is alike where |ln(S/K) + w^2/2| is: S = sqrt(K1 K2) exp(-w^2/2)."""
    book = book_of([95.0, 105.0], [-1.0, 1.0])
    spots = ladder_of(book, 100.0, 0.15)
    (crossing,) = crossings_of(book, spots, book.gamma_usd_profile(spots))
    assert crossing.spot == pytest.approx(np.sqrt(95.0 * 105.0) * np.exp(-0.0002), rel=1e-12)
    assert crossing.slope > 0


def test_every_crossing_is_found() -> None:
    """Five strikes of alternating sign cross four times; each root against SciPy's brentq on the exact sum."""
    book = book_of([90, 95, 100, 105, 110], [1, -1, 1, -1, 1], w=0.01)
    spots = ladder_of(book, 100.0, 0.15)
    found = crossings_of(book, spots, book.gamma_usd_profile(spots))
    expected = [brentq(book.net_gamma_usd, k - 2.4, k + 2.6, xtol=1e-12) for k in (92.5, 97.5, 102.5, 107.5)]
    assert [c.spot for c in found] == pytest.approx(expected, rel=1e-11)
    assert [np.sign(c.slope) for c in found] == [-1, 1, -1, 1]


@pytest.mark.parametrize("guess", [None, 1.0, 1.9999, 0.5, 2.5, 1.4142])
def test_a_root_is_found_from_any_guess(guess: float | None) -> None:
    """Also one outside the bracket, at its end, or next to the root."""
    root = root_between(lambda x: x**3 - 2.0 * x, (1.0, -1.0), (2.0, 4.0), guess=guess)
    assert root == pytest.approx(np.sqrt(2.0), rel=1e-12)


def test_the_search_ends_beside_the_root() -> None:
    """Where a step is nothing, there is no use in halving the bracket."""
    tried: list[float] = []

    def cubic(x: float) -> float:
        tried.append(x)
        return x**3 - 2.0 * x

    root_between(cubic, (1.4, -0.056), (1.5, 0.375), guess=float(np.sqrt(2.0)) * (1.0 - 1e-8))
    assert len(tried) <= 4


def test_a_bracket_guesses_by_the_curve() -> None:
    """Inverse interpolation through four points is exact for a cubic in the value; no guess where they turn back."""
    values = np.array([-3.0, -1.0, 2.0, 4.0])
    (bracket,) = brackets_of(100.0 + values + 0.01 * values**3, values)
    assert bracket.guess == pytest.approx(100.0, rel=1e-14)
    (turned,) = brackets_of(np.arange(4.0), np.array([-1.0, -2.0, 2.0, 4.0]))
    assert turned.guess is None


def test_the_slope_is_the_derivative() -> None:
    book = book_of([95.0, 105.0], [-1.0, 1.3])
    spots = ladder_of(book, 100.0, 0.15)
    (crossing,) = crossings_of(book, spots, book.gamma_usd_profile(spots))
    h = 1e-3
    around = [book.net_gamma_usd(crossing.spot + d) for d in (-2 * h, -h, h, 2 * h)]
    derivative = (around[0] - 8 * around[1] + 8 * around[2] - around[3]) / (12 * h)
    assert crossing.slope == pytest.approx(derivative, rel=1e-3)


def test_the_profile_is_the_sum_at_each_spot() -> None:
    book = book_of([95.0, 100.0, 105.0], [-4.0, 2.0, 3.0])
    spots = ladder_of(book, 100.0, 0.15)
    profile = book.gamma_usd_profile(spots)
    exact = np.array([book.net_gamma_usd(float(s)) for s in spots])
    assert profile == pytest.approx(exact, rel=1e-10, abs=1e-12 * np.max(np.abs(exact)))


def test_the_ladder_resolves_the_narrowest_gamma() -> None:
    """Minutes before expiry a strike's gamma is narrower than the usual step: the ladder is refined, within bounds."""
    coarse = ladder_of(book_of([100.0], [1.0], w=0.05), 100.0, 0.15)
    fine = ladder_of(book_of([100.0], [1.0], w=0.0004), 100.0, 0.15)
    finest = ladder_of(book_of([100.0], [1.0], w=1e-6), 100.0, 0.15)
    assert len(coarse) == MIN_STEPS + 1
    assert np.max(np.diff(np.log(fine))) < 0.0003
    assert len(finest) == MAX_STEPS + 1
    assert (fine[0], fine[-1]) == (pytest.approx(85.0), pytest.approx(115.0))


def test_one_sign_has_no_crossing() -> None:
    book = book_of([95.0, 105.0], [-1.0, -2.0])
    spots = ladder_of(book, 100.0, 0.15)
    assert crossings_of(book, spots, book.gamma_usd_profile(spots)) == ()


def test_no_position_has_a_flat_profile() -> None:
    book = book_of([95.0, 105.0], [0.0, 0.0])
    spots = ladder_of(book, 100.0, 0.15)
    profile = book.gamma_usd_profile(spots)
    assert not profile.any()
    assert crossings_of(book, spots, profile) == ()
