"""Dealers' gamma against spot, re-priced on a ladder, and every spot where it changes sign."""

from __future__ import annotations

from itertools import pairwise
from math import inf, prod
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from gex.pricing import log_ladder
from gex.results import Crossing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.exposure import Book
    from gex.quotes import Floats

Point = tuple[float, float]
"""A spot and the net gamma there."""


class Bracket(NamedTuple):
    """Two spots between which the profile changes sign, and where its curvature suggests that it does."""

    low: Point
    high: Point
    guess: float | None


class Netted(Protocol):
    """A book, or several, with its net gamma at any spot."""

    def net_gamma_usd(self, spot: float) -> float:
        """Return $ of delta per +1%."""


MIN_STEPS, MAX_STEPS = 600, 4000
BESIDE = 3
"""Points to either side of two between which a root is guessed: mostly right to 1e-14, which saves exact sums."""
NEGLIGIBLE = 1e-9
"""Profile values under this fraction of the largest have no sign worth finding."""


def ladder_of(book: Book, spot: float, half_width: float) -> Floats:
    """Return spots uniform in log over spot (1 +- half_width).

    The step is at most half the smallest total standard deviation near the money, so that the gamma of one
    strike minutes before expiry cannot hide between two spots.
    """
    w = book.sigma * np.sqrt(book.years)
    reach = (book.strike > spot * np.exp(-half_width)) & (book.strike < spot * np.exp(half_width))
    narrowest = float(np.min(w[reach])) if reach.any() else np.inf
    steps = int(np.clip(np.ceil(2.0 * half_width / (0.5 * narrowest)), MIN_STEPS, MAX_STEPS))
    return log_ladder(spot, half_width, steps + 1)


def crossings_of(book: Netted, spots: Floats, profile: Floats) -> tuple[Crossing, ...]:
    """Return every root of the profile on the ladder, refined by exact sums, going up in spot."""
    found = []
    for low, high, guess in brackets_of(spots, profile):
        root = root_between(book.net_gamma_usd, low, high, guess=guess)
        found.append(Crossing(root, _slope(book.net_gamma_usd, root)))
    return tuple(found)


def brackets_of(spots: Floats, profile: Floats) -> list[Bracket]:
    """Return the neighbouring points of the ladder between which the profile changes sign, going up in spot."""
    signed = np.flatnonzero(np.abs(profile) > NEGLIGIBLE * np.max(np.abs(profile), initial=0.0))
    below, above = signed[:-1], signed[1:]
    changes = (np.sign(profile[below]) != np.sign(profile[above])) & (above - below <= 2)
    return [_bracket(spots, profile, *at) for at in zip(below[changes].tolist(), above[changes].tolist(), strict=True)]


def _bracket(spots: Floats, profile: Floats, low: int, high: int) -> Bracket:
    around = slice(max(low - BESIDE, 0), high + BESIDE + 1)
    guess = _inverse_at_zero(spots[around].tolist(), profile[around].tolist())
    return Bracket((float(spots[low]), float(profile[low])), (float(spots[high]), float(profile[high])), guess)


def _inverse_at_zero(x: list[float], y: list[float]) -> float | None:
    """Return x at y = 0 by inverse interpolation through a few points (Lagrange); None where y does not go one way."""
    steps = [after - before for before, after in pairwise(y)]
    if not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
        return None
    return sum(
        each * prod(other / (other - value) for other in y if other != value) for each, value in zip(x, y, strict=True)
    )


def _slope(function: Callable[[float], float], x: float) -> float:
    """Return the central difference over +-0.01% of x."""
    h = 1e-4 * x
    return (function(x + h) - function(x - h)) / (2.0 * h)


def root_between(
    function: Callable[[float], float],
    below: Point,
    above: Point,
    tolerance: float = 1e-12,
    guess: float | None = None,
) -> float:
    """Find the root between two points of opposite sign, to a relative tolerance, looking at `guess` first.

    Source: the Illinois variant of regula falsi (Dowell and Jarratt, 1971), which keeps the bracket.
    """
    (low, f_low), (high, f_high) = below, above
    last, kept = inf, 0
    for _ in range(100):
        x = guess or high - f_high * (high - low) / (f_high - f_low)
        if abs(x - last) <= tolerance * x:
            return x
        if not low < x < high:
            x = 0.5 * (low + high)
        last, guess, f = x, None, function(x)
        if f == 0.0:
            return x
        if (f > 0) == (f_high > 0):
            high, f_high = x, f
            f_low *= 0.5 if kept == 1 else 1.0
            kept = 1
        else:
            low, f_low = x, f
            f_high *= 0.5 if kept == -1 else 1.0
            kept = -1
    return last
