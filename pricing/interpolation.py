"""Straight lines between known points, for the smiles of many expirations in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, as_floats, as_starts

if TYPE_CHECKING:
    import numpy.typing as npt


def interpolate_groups(
    at: npt.ArrayLike, at_first: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike, first: npt.ArrayLike
) -> Float64Array:
    """Return what each group of points gives at places of its own, as `numpy.interp` does: linear, flat beyond the ends.

    Points whose y is not finite are left out.

    Args:
        at: Places of all groups, one group after another, shape (p,). Quickest where they go up within each.
        at_first: Where each group's places begin, and where the last one's end, shape (m + 1,).
        x: Abscissas of all groups' points, going up within each, shape (n,).
        y: Ordinates, shape (n,).
        first: Where each group's points begin, and where the last one's end, shape (m + 1,).

    Returns:
        Shape (p,); NaN where a group has no point, where `at` is NaN, and at places of no group.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `first` and `at_first`, integers).
        ValueError: If the arrays have other shapes, or `first` or `at_first` does not go up within them.

    """
    places, abscissas, ordinates = as_floats("at", at), as_floats("x", x), as_floats("y", y)
    if places.ndim != 1 or abscissas.ndim != 1 or abscissas.shape != ordinates.shape:
        shapes = f"at {places.shape}, x {abscissas.shape}, y {ordinates.shape}"
        raise ValueError(f"at, x and y must be one-dimensional, and x and y of one length, got {shapes}")
    starts = as_starts("first", first, abscissas.size, "points")
    place_starts = as_starts("at_first", at_first, places.size, "places")
    if starts.size != place_starts.size:
        raise ValueError(f"first and at_first must tell of as many groups, got {starts.size} and {place_starts.size}")
    out = np.full(places.size, np.nan)
    if places.size and abscissas.size:
        places, abscissas, ordinates = (np.ascontiguousarray(column) for column in (places, abscissas, ordinates))
        _kernel.interpolate_groups(places, place_starts, abscissas, ordinates, starts, out)
    return out
