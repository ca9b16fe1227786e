"""Where a day's value stands: against its own past, its peak, a volume-weighted average, its weeks, round numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.signals.averages import as_dates, as_series, check_window, last_of_week, rolling, rolling_std, sma, week_of
from gex.signals.runs import lag

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from gex.quotes import Floats


def zscore(values: npt.ArrayLike, n: int) -> Floats:
    """Return how many standard deviations (of a sample) each value is from the mean of the last n, itself among them.

    NaN where the n values are all the same. Shapes and errors as for `gex.signals.averages.sma`; n from 2 on.
    """
    deviation = rolling_std(values, n)
    return ratio(as_series(values) - sma(values, n), np.where(deviation > 0, deviation, np.nan))


def percentile(values: npt.ArrayLike, n: int) -> Floats:
    """Return the percentage of the last n values, the day's own among them, that are not above the day's own.

    The highest of n has 100, the lowest 100 / n. Shapes and errors as for `gex.signals.averages.sma`.
    """
    check_window(n)
    values = as_series(values)
    below = np.full(len(values), np.nan)
    if len(values) >= n:
        below[n - 1 :] = 0.0
        for first in range(n):
            past = values[first : len(values) - n + 1 + first]
            below[n - 1 :] += np.where(np.isnan(past), np.nan, past <= values[n - 1 :])
    return np.asarray(100.0 * np.where(np.isnan(values), np.nan, below) / n)


def change(values: npt.ArrayLike, n: int) -> Floats:
    """Return the change over n days, in the unit of the values. Shapes and errors as for `lag`."""
    return as_series(values) - lag(values, n)


def pct(values: npt.ArrayLike, n: int) -> Floats:
    """Return the change over n days, %; NaN from a value that is not positive. Shapes and errors as for `lag`."""
    before = lag(values, n)
    return 100.0 * (ratio(as_series(values), np.where(before > 0, before, np.nan)) - 1.0)


def peak(values: npt.ArrayLike) -> Floats:
    """Return the highest value so far; NaN on a day without one."""
    values = as_series(values)
    found: Floats = np.where(np.isnan(values), np.nan, np.fmax.accumulate(values) if len(values) else values)
    return found


def drawdown(values: npt.ArrayLike) -> Floats:
    """Return how far each value is below the highest so far, %: 0 or negative; NaN where that is not positive."""
    top = peak(values)
    return 100.0 * (ratio(as_series(values), np.where(top > 0, top, np.nan)) - 1.0)


def weekly_last(dates: npt.ArrayLike, values: npt.ArrayLike) -> Floats:
    """Return on each day the last value of the last ISO week that was over before it.

    A Friday's own week is not over: whether a session follows is not known from the history.

    Args:
        dates: Days, ascending; shape (days,).
        values: Shape (days,).

    Raises:
        TypeError: `dates` are no dates, or `values` no numbers.
        ValueError: They differ in length, or the dates do not ascend.

    """
    ends, week = _weeks(dates, values)
    return lag(ends, 1)[week]


def weekly_sma(dates: npt.ArrayLike, values: npt.ArrayLike, n: int) -> Floats:
    """Return on each day the mean of the last values of n ISO weeks, of which its own counts as it stands that day.

    On the last session of a week this is the moving average of weekly closes. Arguments and errors as for
    `weekly_last`; n from 1 on.
    """
    check_window(n)
    ends, week = _weeks(dates, values)
    before = lag(rolling(ends, n - 1, np.add), 1)[week] if n > 1 else 0.0
    return np.asarray((before + as_series(values)) / n)


def anchored_vwap(dates: npt.ArrayLike, prices: npt.ArrayLike, volumes: npt.ArrayLike, anchor: dt.date | str) -> Floats:
    """Return the average of prices by volume since a day: sum(price * volume) / sum(volume).

    Days without a price or a volume are left out of both sums and have no average.

    Args:
        dates: Days, ascending; shape (days,).
        prices: Typical prices, (high + low + close) / 3, points; shape (days,).
        volumes: Shares or contracts; of a fund or a future on the index where the index has none; shape (days,).
        anchor: The first day.

    Returns:
        Points, shape (days,); NaN before the anchor.

    Raises:
        TypeError: `dates` are no dates, or the others no numbers.
        ValueError: They differ in length, the dates do not ascend, or a volume is negative.

    """
    days, prices, volumes = as_dates(dates), as_series(prices, "prices"), as_series(volumes, "volumes")
    if not len(days) == len(prices) == len(volumes):
        raise ValueError("dates, prices and volumes must be of one length")
    if np.any(volumes < 0):
        raise ValueError("volumes must not be negative")
    used = (days >= np.datetime64(anchor, "D")) & ~np.isnan(prices) & ~np.isnan(volumes)
    traded = np.cumsum(np.where(used, volumes, 0.0))
    dollars = np.cumsum(np.where(used, prices * volumes, 0.0))
    return ratio(dollars, np.where(used & (traded > 0), traded, np.nan))


def round_below(values: npt.ArrayLike, step: float) -> Floats:
    """Return the largest multiple of a step at or below each value.

    Raises:
        ValueError: The step is not positive and finite.

    """
    _check_step(step)
    return np.asarray(np.floor(np.asarray(values, dtype=np.float64) / step) * step)


def round_above(values: npt.ArrayLike, step: float) -> Floats:
    """Return the smallest multiple of a step at or above each value; errors as for `round_below`."""
    _check_step(step)
    return np.asarray(np.ceil(np.asarray(values, dtype=np.float64) / step) * step)


def round_to(values: npt.ArrayLike, step: float) -> Floats:
    """Return the multiple of a step that is nearest to each value; errors as for `round_below`."""
    _check_step(step)
    return np.asarray(np.rint(np.asarray(values, dtype=np.float64) / step) * step)


def ratio(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    """Divide; NaN where the divisor is 0 or the result is not finite."""
    with np.errstate(all="ignore"):
        found = np.divide(above, below)
    return np.where(np.isfinite(found), found, np.nan)


def _weeks(dates: npt.ArrayLike, values: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the last value of each week that has a row, and which of them each day is in."""
    days, values = as_dates(dates), as_series(values)
    if len(days) != len(values):
        raise ValueError(f"dates and values must be of one length, got {len(days)} and {len(values)}")
    return values[last_of_week(days)], np.unique(week_of(days), return_inverse=True)[1]


def _check_step(step: float) -> None:
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step must be positive and finite, got {step}")
