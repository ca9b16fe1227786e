"""Conditions over time: comparisons, crossings, streaks, persistence.

A condition is an array of booleans, or of 1 (true), 0 (false) and NaN (not known: something it compares is missing).
What is not known is never an event, in either direction: on a day without x neither `x > 5` nor its opposite holds.
Every function returns such numbers; `events` makes booleans of them. A day's figure uses no later day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.signals.averages import as_series, check_window, rolling

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gex.quotes import Bools, Floats


def events(condition: npt.ArrayLike) -> Bools:
    """Return the days that a condition is known to hold; shape (days,)."""
    return np.asarray(_truth(condition) == 1.0)


def compared(left: npt.ArrayLike, right: npt.ArrayLike, test: Callable[[Floats, Floats], Bools]) -> Floats:
    """Compare two series or numbers by `np.less` and its like: 1, 0, and NaN where either is missing."""
    left, right = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    found: Floats = np.where(np.isnan(left) | np.isnan(right), np.nan, test(left, right))
    return found


def both(left: npt.ArrayLike, right: npt.ArrayLike) -> Floats:
    """Return where two conditions hold; false where either is, whatever the other."""
    found: Floats = np.where((_truth(left) == 0) | (_truth(right) == 0), 0.0, _truth(left) + _truth(right) - 1.0)
    return found


def either(left: npt.ArrayLike, right: npt.ArrayLike) -> Floats:
    """Return where one of two conditions holds, or both; true where either is, whatever the other."""
    return opposite(both(opposite(left), opposite(right)))


def opposite(condition: npt.ArrayLike) -> Floats:
    """Return where a condition is known not to hold."""
    return np.asarray(1.0 - _truth(condition))


def crosses_above(values: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """Return the days on which values are above another series or number, having been at it or below the day before.

    Args:
        values: Shape (days,).
        other: Shape (days,), or a number.

    Returns:
        A condition, shape (days,); not known where it hangs on a figure that is missing, or on the day before the first.

    Raises:
        TypeError: They are no numbers.
        ValueError: Their shapes differ.

    """
    return _crosses(values, other, np.greater)


def crosses_below(values: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """Return the days on which values are below, having been at or above the day before; as `crosses_above`."""
    return _crosses(values, other, np.less)


def streak(condition: npt.ArrayLike) -> Floats:
    """Return how many days in a row, up to and with each, a condition has held.

    Args:
        condition: Shape (days,).

    Returns:
        Days, shape (days,): 0 where it does not hold, NaN where it is not known; the count begins again after both.

    """
    truth = _truth(condition)
    days = np.arange(len(truth))
    broken = np.maximum.accumulate(np.where(truth == 1.0, -1, days)) if len(truth) else days
    found: Floats = np.where(np.isnan(truth), np.nan, days - broken)
    return found


def persist(condition: npt.ArrayLike, n: int) -> Floats:
    """Return the days on which a condition has held for exactly n days in a row: once a run, on its n-th day.

    Args:
        condition: Shape (days,).
        n: Days, from 1 on.

    Raises:
        TypeError: `n` is no whole number.
        ValueError: `n` is out of range.

    """
    check_window(n)
    return compared(streak(condition), n, np.equal)


def started(condition: npt.ArrayLike) -> Floats:
    """Return the days on which a condition holds, and did not the day before."""
    return both(condition, opposite(lag(_truth(condition), 1)))


def ended(condition: npt.ArrayLike) -> Floats:
    """Return the days on which a condition does not hold, and did the day before."""
    return started(opposite(condition))


def within(condition: npt.ArrayLike, n: int) -> Floats:
    """Return the days on which a condition holds, or held on one of the n - 1 days before.

    Raises:
        TypeError: `n` is no whole number.
        ValueError: `n` is out of range.

    """
    return rolling(_truth(condition), n, either)


def count(condition: npt.ArrayLike, n: int) -> Floats:
    """Return on how many of the last n days a condition held; NaN if it is not known on one of them.

    Raises:
        TypeError: `n` is no whole number.
        ValueError: `n` is out of range.

    """
    return rolling(_truth(condition), n, np.add)


def days_since(condition: npt.ArrayLike) -> Floats:
    """Return how many days ago a condition was last known to hold, 0 on a day it does; NaN before the first."""
    held = events(condition)
    days = np.arange(len(held))
    last = np.maximum.accumulate(np.where(held, days, -1)) if len(held) else days
    found: Floats = np.where(last < 0, np.nan, days - last)
    return found


def lag(values: npt.ArrayLike, n: int) -> Floats:
    """Return the values n days before; NaN for the first n.

    Args:
        values: Shape (days,).
        n: Days, from 0 on: a negative one would look ahead.

    Raises:
        TypeError: `n` is no whole number, or `values` are no numbers.
        ValueError: `n` is out of range.

    """
    check_window(n, 0)
    values = as_series(values)
    found = np.full(len(values), np.nan)
    found[n:] = values[: max(len(values) - n, 0)]
    return found


def _crosses(values: npt.ArrayLike, other: npt.ArrayLike, beyond: Callable[[Floats, Floats], Bools]) -> Floats:
    values = as_series(values)
    line = np.full(len(values), float(other)) if np.ndim(other) == 0 else as_series(other, "other")  # type: ignore[arg-type]
    if len(values) != len(line):
        raise ValueError(f"values and other must be of one length, got {len(values)} and {len(line)}")
    return started(compared(values, line, beyond))


def _truth(condition: npt.ArrayLike) -> Floats:
    """Return a condition as 1, 0 and NaN."""
    truth = as_series(condition, "condition")
    if not np.all((truth == 0) | (truth == 1) | np.isnan(truth)):
        raise ValueError("condition must be of true and false, or of 1, 0 and NaN")
    return truth
