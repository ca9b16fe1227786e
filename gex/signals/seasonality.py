"""Months of the year: mean return of each, with how many there were and how sure the mean is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.averages import as_dates, as_series
from gex.signals.estimates import mean_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.quotes import Floats, Ints


@dataclass(frozen=True)
class Month:
    """The returns of one month of the year.

    Attributes:
        month: 1 to 12.
        n: How many there were.
        mean: Of their returns, %; NaN without any, as the others.
        median: %.
        low: Lower end of the mean's interval (Student's t: independent years of one distribution), %; NaN of one month.
        high: Its upper end, %.
        rose: Share of them above 0.

    """

    month: int
    n: int
    mean: float
    median: float
    low: float
    high: float
    rose: float


def monthly_returns(dates: npt.ArrayLike, closes: npt.ArrayLike) -> tuple[npt.NDArray[np.datetime64], Floats]:
    """Return each month that is over, and its return from the last close before it to its own last, %.

    The last month of a history is left out: whether it is over is not known before the next begins. So are months
    that follow one without a close.

    Args:
        dates: Days, ascending; shape (days,).
        closes: Positive; NaN for a day without; shape (days,).

    Returns:
        Months, `datetime64[M]`, and returns; shape (months,) each.

    Raises:
        TypeError: `dates` are no dates, or `closes` no numbers.
        ValueError: They differ in length, the dates do not ascend, or a close is not positive.

    """
    days, closes = as_dates(dates), as_series(closes, "closes")
    if len(days) != len(closes):
        raise ValueError(f"dates and closes must be of one length, got {len(days)} and {len(closes)}")
    if np.any(closes <= 0):
        raise ValueError("closes must be positive")
    known = ~np.isnan(closes)
    months, closes = days[known].astype("datetime64[M]"), closes[known]
    last = np.flatnonzero(np.diff(months.astype(np.int64)) != 0)
    months, ends = months[last], closes[last]
    following = np.flatnonzero(np.diff(months.astype(np.int64)) == 1) + 1
    return months[following], 100.0 * (ends[following] / ends[following - 1] - 1.0)


def seasonality(
    dates: npt.ArrayLike,
    closes: npt.ArrayLike,
    *,
    first: int | None = None,
    last: int | None = None,
    confidence: float = 0.95,
) -> tuple[Month, ...]:
    """Return the twelve months of the year.

    Args:
        dates: Days, ascending; shape (days,).
        closes: Shape (days,).
        first: The first year whose months count; all by default.
        last: The last year.
        confidence: Of the intervals.

    Raises:
        TypeError: As `monthly_returns`.
        ValueError: As `monthly_returns`, or the confidence is not within 0 and 1.

    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be within 0 and 1, got {confidence}")
    months, returns = monthly_returns(dates, closes)
    years = months.astype("datetime64[Y]").astype(np.int64) + 1970
    used = (years >= (first if first is not None else -np.inf)) & (years <= (last if last is not None else np.inf))
    numbers: Ints = months.astype(np.int64) % 12 + 1
    return tuple(_month(month, returns[used & (numbers == month)], confidence) for month in range(1, 13))


def _month(month: int, returns: Floats, confidence: float) -> Month:
    n, nan = len(returns), float("nan")
    if not n:
        return Month(month, 0, nan, nan, nan, nan, nan)
    mean = float(np.mean(returns))
    low, high = mean_interval(returns, n, confidence) or (nan, nan)
    return Month(month, n, mean, float(np.median(returns)), low, high, float(np.mean(returns > 0)))
