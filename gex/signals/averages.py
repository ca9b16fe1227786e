"""Moving averages and rolling extremes of a daily series.

A day's figure is summed over its own window, oldest first, so it has the same bits however long the history before or
after it is. A window that holds NaN gives NaN; so do the days before the first full window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gex.quotes import Floats, Ints

LONGEST = 10_000
"""Rows in a window, at the most: forty years of sessions."""


def sma(values: npt.ArrayLike, n: int) -> Floats:
    """Return the simple moving average of the last n values.

    Args:
        values: A value a day, oldest first; shape (days,).
        n: Days in the window, from 1 on.

    Returns:
        Shape (days,), in the unit of `values`; NaN for the first n - 1 days.

    Raises:
        TypeError: `n` is no whole number, or `values` are no numbers.
        ValueError: `n` is out of range, or `values` are not one-dimensional.

    """
    return total(values, n) / n


def total(values: npt.ArrayLike, n: int) -> Floats:
    """Return the sum of the last n values; arguments, shapes and errors as for `sma`."""
    return rolling(values, n, np.add)


def rolling_std(values: npt.ArrayLike, n: int, ddof: int = 1) -> Floats:
    """Return the standard deviation of the last n values about their own mean; arguments as for `sma`.

    Args:
        values: A value a day, oldest first; shape (days,).
        n: Days in the window, more than `ddof`.
        ddof: Taken off n in the divisor: 1 for a sample, 0 for the window itself.

    Raises:
        TypeError: `n` is no whole number, or `values` are no numbers.
        ValueError: `n` is out of range, or `values` are not one-dimensional.

    """
    check_window(n, ddof + 1)
    values = as_series(values)
    mean = sma(values, n)
    squares = np.full(len(values), np.nan)
    if len(values) >= n:
        squares[n - 1 :] = 0.0
        for first in range(n):
            squares[n - 1 :] += (values[first : len(values) - n + 1 + first] - mean[n - 1 :]) ** 2
    return np.asarray(np.sqrt(squares / (n - ddof)))


def ema(values: npt.ArrayLike, span: float) -> Floats:
    """Return the exponential moving average, E_t = E_(t-1) + 2 / (span + 1) * (P_t - E_(t-1)), from E_0 = P_0.

    A day without a value has no average, and the next goes on from the last one there was.

    Args:
        values: A value a day, oldest first; shape (days,).
        span: Days, from 1 on; not always whole.

    Raises:
        TypeError: `span` or `values` are no numbers.
        ValueError: `span` is below 1, or `values` are not one-dimensional.

    """
    if isinstance(span, bool) or not isinstance(span, (int, float, np.integer, np.floating)):
        raise TypeError(f"span must be a number of days, got {span!r}")
    if not 1 <= span <= LONGEST:
        raise ValueError(f"span must be from 1 to {LONGEST} days, got {span}")
    weight, last, averages = 2.0 / (float(span) + 1.0), np.nan, []
    for value in as_series(values).tolist():
        if value == value:  # noqa: PLR0124 - not NaN; much faster than np.isnan on one number
            last = value if last != last else last + weight * (value - last)  # noqa: PLR0124
            averages.append(last)
        else:
            averages.append(np.nan)
    return np.asarray(averages, dtype=np.float64)


def highest(values: npt.ArrayLike, n: int) -> Floats:
    """Return the largest of the last n values; arguments, shapes and errors as for `sma`."""
    return rolling(values, n, np.maximum)


def lowest(values: npt.ArrayLike, n: int) -> Floats:
    """Return the smallest of the last n values; arguments, shapes and errors as for `sma`."""
    return rolling(values, n, np.minimum)


def rolling(values: npt.ArrayLike, n: int, combine: Callable[[Floats, Floats], Floats]) -> Floats:
    """Combine the last n values, two at a time, oldest first; arguments, shapes and errors as for `sma`."""
    check_window(n)
    values = as_series(values)
    found = np.full(len(values), np.nan)
    if len(values) >= n:
        total = values[: len(values) - n + 1].copy()
        for first in range(1, n):
            total = combine(total, values[first : len(values) - n + 1 + first])
        found[n - 1 :] = total
    return found


def weekly(dates: npt.ArrayLike, values: npt.ArrayLike) -> tuple[npt.NDArray[np.datetime64], Floats]:
    """Return the last day of each ISO week (Monday to Sunday) that has a row, and its value.

    The last week may be unfinished: its value is that of its last day so far.

    Args:
        dates: Days, ascending, `datetime64[D]`; shape (days,).
        values: Shape (days,).

    Returns:
        The days and the values, shape (weeks,) each; weeks without a row are left out.

    Raises:
        TypeError: `dates` are no dates, or `values` no numbers.
        ValueError: They differ in length, or the dates do not ascend.

    """
    days, values = as_dates(dates), as_series(values)
    if len(days) != len(values):
        raise ValueError(f"dates and values must be of one length, got {len(days)} and {len(values)}")
    last = last_of_week(days)
    return days[last], values[last]


def last_of_week(days: npt.NDArray[np.datetime64]) -> Ints:
    """Return where the last row of each ISO week stands; `days` ascend."""
    weeks = week_of(days)
    return np.flatnonzero(np.append(np.diff(weeks) != 0, np.ones(min(len(weeks), 1), dtype=bool)))


def week_of(days: npt.NDArray[np.datetime64]) -> Ints:
    """Return the number of each day's ISO week; 1970-01-01 was a Thursday."""
    weeks: Ints = (days.astype("datetime64[D]").astype(np.int64) + 3) // 7
    return weeks


def as_series(values: npt.ArrayLike, name: str = "values") -> Floats:
    """Return values as a one-dimensional array of floats.

    Raises:
        TypeError: They are no numbers.
        ValueError: They have another number of dimensions.

    """
    given = np.asarray(values)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be numbers, got {given.dtype}")
    if given.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got {given.ndim}")
    return given.astype(np.float64)


def as_dates(dates: npt.ArrayLike, name: str = "dates") -> npt.NDArray[np.datetime64]:
    """Return days as `datetime64[D]`.

    Raises:
        TypeError: They are no dates.
        ValueError: They do not ascend, or have another number of dimensions.

    """
    try:
        days = np.asarray(dates).astype("datetime64[D]")
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be dates") from None
    if days.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got {days.ndim}")
    if not np.all(days[1:] > days[:-1]):  # NaT compares false
        raise ValueError(f"{name} must ascend, each day once")
    return days


def check_window(n: int, least: int = 1) -> None:
    """Refuse a window that is no number of days.

    Raises:
        TypeError: `n` is no whole number.
        ValueError: `n` is out of range.

    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"n must be a whole number of days, got {n!r}")
    if not least <= n <= LONGEST:
        raise ValueError(f"n must be from {least} to {LONGEST} days, got {n}")
