"""Dealers' gamma against spot, re-priced on a ladder, and every spot where it changes sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.exposure import PER_PCT
from gex.pricing import gamma_profile, log_ladder
from gex.results import Crossing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.exposure import Book
    from gex.quotes import Floats

MIN_STEPS, MAX_STEPS = 600, 4000
NEGLIGIBLE = 1e-9
"""Profile values under this fraction of the largest have no sign worth finding."""


def ladder_of(book: Book, spot: float, half_width: float) -> Floats:
    """Return spots uniform in log over spot (1 +- half_width).

    The step is at most half the smallest total standard deviation near the money, so that the gamma of one
    strike minutes before expiry cannot hide between two spots.
    """
    w = book.sigma * np.sqrt(book.years)
    reach = np.abs(np.log(book.strike / spot)) < half_width
    narrowest = float(np.min(w[reach])) if reach.any() else np.inf
    steps = int(np.clip(np.ceil(2.0 * half_width / (0.5 * narrowest)), MIN_STEPS, MAX_STEPS))
    return log_ladder(spot, half_width, steps + 1)


def profile_of(book: Book, spots: Floats) -> Floats:
    """Return dealers' net gamma at each spot, $ of delta per +1%."""
    held = book.units != 0
    if not held.any():
        return np.zeros(len(spots))
    b = book.where(held)
    return PER_PCT * spots**2 * gamma_profile(spots, b.strike, b.years, b.sigma, b.units, b.rate, b.dividend)


def crossings_of(book: Book, spots: Floats, profile: Floats) -> tuple[Crossing, ...]:
    """Return every root of the profile on the ladder, refined by exact sums, going up in spot."""
    held = book.where(book.units != 0)
    signed = np.flatnonzero(np.abs(profile) > NEGLIGIBLE * np.max(np.abs(profile), initial=0.0))
    below, above = signed[:-1], signed[1:]
    changes = (np.sign(profile[below]) != np.sign(profile[above])) & (above - below <= 2)
    found = []
    for low, high in zip(below[changes], above[changes], strict=True):
        root = _root(held.net_gamma_usd, float(spots[low]), float(spots[high]))
        found.append(Crossing(root, _slope(held.net_gamma_usd, root)))
    return tuple(found)


def _slope(function: Callable[[float], float], x: float) -> float:
    """Return the central difference over +-0.01% of x."""
    h = 1e-4 * x
    return (function(x + h) - function(x - h)) / (2.0 * h)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Find the root between two points of opposite sign to 1e-12 relative.

    Source: the Illinois variant of regula falsi (Dowell and Jarratt, 1971), which keeps the bracket.
    """
    f_low, f_high = function(low), function(high)
    kept = 0
    for _ in range(100):
        if f_low == 0.0:
            return low
        if f_high == 0.0 or high - low <= 1e-12 * high:
            return high
        middle = high - f_high * (high - low) / (f_high - f_low)
        if not low < middle < high:
            middle = 0.5 * (low + high)
        f_middle = function(middle)
        if (f_middle > 0) == (f_high > 0):
            high, f_high = middle, f_middle
            f_low *= 0.5 if kept == 1 else 1.0
            kept = 1
        else:
            low, f_low = middle, f_middle
            f_high *= 0.5 if kept == -1 else 1.0
            kept = -1
    return 0.5 * (low + high)
