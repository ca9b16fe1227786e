"""One figure per expiration, for all expirations at once, from arrays that hold one expiration's strikes after another.

`first` is where each begins, and where the last ends, as `Expirations.first_rung`; each has a strike at least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import interpolate_groups

if TYPE_CHECKING:
    from gex.quotes import Bools, Floats, Ints

    Places = slice | Ints
    """Where some of many stand."""


def places(chosen: Bools) -> Places:
    """Return where the marks are: as a slice, which copies nothing, where they stand together as an expiration's do."""
    rows = np.flatnonzero(chosen)
    together = len(rows) > 0 and rows[-1] - rows[0] == len(rows) - 1
    return slice(int(rows[0]), int(rows[-1]) + 1) if together else rows


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
    return interpolate_groups(at, np.arange(len(first)), x, y, first)
