"""One figure per expiration, for all expirations at once, from arrays that hold one expiration's strikes after another.

`first` is where each begins, and where the last ends, as `Expirations.first_rung`; each has a strike at least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gex.quotes import Floats, Ints


def first_largest(values: Floats, first: Ints) -> Ints:
    """Return where the largest value of each stands, the first of equals; no value may be NaN."""
    largest = np.repeat(np.maximum.reduceat(values, first[:-1]), np.diff(first))
    rows = np.flatnonzero(values == largest)
    return rows[np.searchsorted(rows, first[:-1])]


def interpolate(at: Floats, x: Floats, y: Floats, first: Ints) -> Floats:
    """Return what `np.interp` gives of each at one place, going by the finite values of `y`; NaN where there are none.

    Args:
        at: A place for each expiration, shape (m,).
        x: Going up within each expiration, shape (n,).
        y: Shape (n,).
        first: Shape (m + 1,).

    """
    known = np.flatnonzero(np.isfinite(y))
    bounds = np.searchsorted(known, first)
    some = np.flatnonzero(np.diff(bounds))
    start, end = bounds[some], bounds[some + 1] - 1
    passed = x[known] <= np.repeat(at, np.diff(bounds))
    above = start + np.add.reduceat(passed, start, dtype=np.int64)
    low, high = known[np.maximum(above - 1, start)], known[np.minimum(above, end)]
    run = x[high] - x[low]
    slope = np.divide(y[high] - y[low], run, out=np.zeros(len(some)), where=run > 0)
    found = np.full(len(at), np.nan)
    found[some] = slope * (at[some] - x[low]) + y[low]
    return found
