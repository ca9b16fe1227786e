"""Figures of many expirations at once, against the same ones found one expiration at a time."""

from __future__ import annotations

import operator
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.levels import expected_move, max_pain, max_pains, straddles, strike_totals
from gex.segments import first_largest, interpolate, places

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def segments(sizes: list[int]) -> tuple[np.ndarray, list[slice]]:
    """Return where each segment begins and the last one ends, and each as a slice."""
    first = np.cumsum([0, *sizes])
    return first, [slice(a, b) for a, b in pairwise(first)]


@given(st.lists(st.booleans(), max_size=12))
def test_places_pick_what_is_marked_and_copy_nothing_of_a_run(marks: list[bool]) -> None:
    chosen, values = np.array(marks, dtype=bool), np.arange(float(len(marks)))
    picked = values[places(chosen)]

    assert picked.tolist() == [value for value, mark in zip(values, marks, strict=True) if mark]
    changes = np.count_nonzero(np.diff(chosen, prepend=False, append=False))
    assert (picked.base is values) == (changes == 2)


@given(SIZES, st.integers(0, 10**6))
def test_the_first_largest_of_each_segment(sizes: list[int], seed: int) -> None:
    """Of few values, so that equals are common within segments and across them."""
    first, each = segments(sizes)
    values = np.random.default_rng(seed).choice([-np.inf, -1.0, 0.0, 2.0], first[-1])

    assert first_largest(values, first).tolist() == [at.start + int(np.argmax(values[at])) for at in each]


@given(SIZES, st.integers(0, 10**6))
def test_interpolation_in_each_segment_is_numpys(sizes: list[int], seed: int) -> None:
    """To the bit, with gaps, outside on both sides and exactly at a node."""
    rng = np.random.default_rng(seed)
    first, each = segments(sizes)
    x = np.concatenate([np.sort(rng.choice(np.linspace(-1.0, 1.0, 12), n, replace=False)) for n in sizes])
    y = np.where(rng.random(first[-1]) < 0.4, np.nan, rng.normal(size=first[-1]))
    at = rng.choice(np.linspace(-1.5, 1.5, 34), len(sizes))
    at[0] = x[0]
    expected = []
    for place, rows in zip(at, each, strict=True):
        known = np.isfinite(y[rows])
        expected.append(np.interp(place, x[rows][known], y[rows][known]) if known.any() else np.nan)

    np.testing.assert_array_equal(interpolate(at, x, y, first), expected)


def test_nothing_known_interpolates_to_nan() -> None:
    assert np.isnan(interpolate(np.zeros(2), np.arange(4.0), np.full(4, np.nan), np.array([0, 1, 4]))).all()


@given(SIZES, st.integers(0, 10**6))
def test_max_pain_of_each_expiration_is_its_own(sizes: list[int], seed: int) -> None:
    """Against the definition, in whole numbers, so that the lowest of equals is known."""
    rng = np.random.default_rng(seed)
    first, each = segments(sizes)
    strike = np.concatenate([np.sort(rng.choice(np.arange(80, 120), n, replace=False)) for n in sizes])
    calls, puts = rng.choice([0, 0, 1, 2, 5, 10**9], (2, first[-1]))
    expected = []
    for rows in each:
        k, c, p = strike[rows], calls[rows], puts[rows]
        pain = [int(np.sum(c * np.maximum(at - k, 0) + p * np.maximum(k - at, 0))) for at in k]
        expected.append(k[int(np.argmin(pain))] if (c + p).any() else np.nan)
    found = max_pains(strike.astype(float), calls.astype(float), puts.astype(float), first)

    np.testing.assert_array_equal(found, expected)


def test_max_pain_at_strikes_that_are_no_binary_fractions() -> None:
    """Calls at 100.1 and puts at 100.3 pay their holders the same anywhere between: the lowest is the answer."""
    strike = np.array([100.1, 100.2, 100.3])

    assert max_pain(strike, np.array([7.0, 0, 0]), np.array([0, 0, 7.0])) == 100.1


@given(SIZES, st.integers(0, 10**6))
def test_the_straddle_of_each_expiration_is_its_own(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, each = segments(sizes)
    strike = np.concatenate([np.sort(rng.choice(np.arange(80.0, 120.0), n, replace=False)) for n in sizes])
    mids = np.where(rng.random((2, first[-1])) < 0.3, np.nan, rng.uniform(1.0, 9.0, (2, first[-1])))
    forward = rng.integers(160, 240, len(sizes)) / 2.0
    at, price, sigma = straddles(strike, *mids, forward, first)
    for i, rows in enumerate(each):
        quoted = [k for k in range(rows.start, rows.stop) if np.isfinite(mids[:, k]).all()]
        alone = expected_move(strike[rows], *mids[:, rows], forward[i])
        if not quoted:
            assert np.isnan([at[i], price[i], sigma[i]]).all()
            assert alone is None
            continue
        nearest = min(quoted, key=lambda k: abs(strike[k] - forward[i]))
        assert (at[i], price[i]) == (strike[nearest], mids[:, nearest].sum())
        assert sigma[i] == pytest.approx(price[i] * np.sqrt(np.pi / 2.0), rel=1e-15)
        assert (alone.strike, alone.straddle, alone.one_sigma) == (at[i], price[i], sigma[i])


def in_turn(values: np.ndarray) -> float:
    """Add values one after another; `sum` mends rounding from Python 3.12 on."""
    return float(reduce(operator.add, values.tolist(), 0.0))


def test_sums_by_strike_are_those_of_each_side_alone() -> None:
    """To the bit, in the order of the rows; strikes without a contract are left out."""
    rng = np.random.default_rng(1)
    at, is_call = rng.integers(0, 30, 400) * 2, rng.random(400) < 0.5
    gamma, held = rng.normal(size=400), rng.integers(0, 99, 400).astype(float)
    strikes = np.arange(60.0)
    totals = strike_totals(strikes, at, is_call, gamma, held, held)

    np.testing.assert_array_equal(totals.strike, np.unique(at))
    for k, strike in enumerate(totals.strike):
        here = at == strike
        for side, sums, interest in (
            (here & is_call, totals.calls, totals.call_open_interest),
            (here & ~is_call, totals.puts, totals.put_open_interest),
        ):
            assert sums[k] == in_turn(gamma[side])
            assert interest[k] == held[side].sum()
        assert totals.gross[k] == in_turn(np.abs(gamma[here]))
        assert totals.volume[k] == held[here].sum()
