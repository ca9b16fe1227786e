"""Straight lines in many groups, against `numpy.interp` group by group."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.pricing import interpolate_groups

SIZES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8)


@given(SIZES, st.integers(0, 10**6), st.booleans())
def test_each_group_is_numpys(sizes: list[tuple[int, int]], seed: int, sort: bool) -> None:
    """To the bit: with gaps, beyond both ends, at points themselves, places in any order, groups of nothing."""
    rng = np.random.default_rng(seed)
    first, at_first = (np.cumsum([0, *column]) for column in zip(*sizes, strict=True))
    x = np.concatenate([np.sort(rng.choice(np.linspace(-1.0, 1.0, 12), n, replace=False)) for n, _ in sizes])
    y = np.where(rng.random(x.size) < 0.4, rng.choice([np.nan, np.inf], x.size), rng.normal(size=x.size))
    places = [rng.choice(np.linspace(-1.5, 1.5, 34), n) for _, n in sizes]
    at = np.concatenate([np.sort(each) if sort else each for each in places])
    found = interpolate_groups(at, at_first, x, y, first)

    for points, mine in zip(pairwise(first), pairwise(at_first), strict=True):
        group = slice(*points)
        known = np.isfinite(y[group])
        expected = (
            np.interp(at[slice(*mine)], x[group][known], y[group][known])
            if known.any()
            else np.full(mine[1] - mine[0], np.nan)
        )
        np.testing.assert_array_equal(found[slice(*mine)], expected)


def test_a_place_that_is_no_number_gives_none() -> None:
    found = interpolate_groups([np.nan, 0.5, -np.inf, np.inf], [0, 4], [0.0, 1.0], [2.0, 4.0], [0, 2])
    np.testing.assert_array_equal(found, [np.nan, 3.0, 2.0, 4.0])


def test_points_and_places_of_no_group_are_left_alone() -> None:
    found = interpolate_groups([0.5, 0.5, 0.5], [1, 2], [9.0, 0.0, 1.0, 9.0], [9.0, 2.0, 4.0, 9.0], [1, 3])
    np.testing.assert_array_equal(found, [np.nan, 3.0, np.nan])


def test_points_at_one_place_give_the_last() -> None:
    """A chain that lists a strike twice."""
    assert interpolate_groups([1.0], [0, 1], [0.0, 1.0, 1.0, 2.0], [0.0, 5.0, 6.0, 7.0], [0, 4]).tolist() == [6.0]


def test_nothing_in_nothing_out() -> None:
    assert interpolate_groups([], [0], [], [], [0]).size == 0
    assert np.isnan(interpolate_groups([1.0], [0, 1], [], [], [0, 0])).all()


def test_arrays_that_are_not_contiguous_or_writeable() -> None:
    at, x, y = np.arange(8.0)[::2], np.arange(10.0)[::2], np.arange(20.0)[::4]
    x.flags.writeable = False
    np.testing.assert_array_equal(interpolate_groups(at, [0, 4], x, y, [0, 5]), 2.0 * at)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"at": [[1.0]]}, ValueError, r"one-dimensional.*got at \(1, 1\)"),
        ({"y": [1.0]}, ValueError, r"x and y of one length, got at \(2,\), x \(3,\), y \(1,\)"),
        ({"first": [0, 4]}, ValueError, "first must go up from 0 or more to at most 3, the number of points"),
        ({"at_first": [0, 3]}, ValueError, "at_first must go up from 0 or more to at most 2, the number of places"),
        ({"at_first": [0, 1, 2]}, ValueError, "as many groups, got 2 and 3"),
        ({"first": [0.0, 3.0]}, TypeError, "first must hold integers"),
        ({"x": ["a", "b", "c"]}, TypeError, "x must hold real numbers"),
    ],
)
def test_bad_arguments_are_named(changed: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {
        "at": [0.0, 1.0],
        "at_first": [0, 2],
        "x": [0.0, 1.0, 2.0],
        "y": [1.0] * 3,
        "first": [0, 3],
    }
    with pytest.raises(error, match=message):
        interpolate_groups(**(arguments | changed))
