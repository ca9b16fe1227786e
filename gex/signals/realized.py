"""Realized volatility over a rolling window, from closes or from each day's open, high, low and close.

All give the standard deviation of returns a year, as a fraction (0.2 for 20%): the daily variance times
`TRADING_DAYS`, square root. A day's value rests on that day and those before it. A window that holds a missing price,
a price that is not positive, a range that its own open or close leaves, or, where ranges are used, a day whose high is
its low (a source that knows the close alone) gives NaN; so do the days before the first whole window.

What each takes in decides which agree: `close_close`, `yang_zhang` and `ewma` see the whole day with its night; ranges
(`parkinson`, `garman_klass`, `rogers_satchell`) see the session only.
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.quotes import Floats

TRADING_DAYS = 252.0
RISKMETRICS = 0.94
"""Decay of a daily variance (J.P. Morgan, RiskMetrics Technical Document, 1996)."""


def log_returns(closes: npt.ArrayLike) -> Floats:
    """Return ln(P_t / P_t-1), NaN on the first day and beside a price that is none; shape (n,)."""
    logs = _logs("closes", closes)
    returns = np.full_like(logs, np.nan)
    returns[1:] = np.diff(logs)
    return returns


def close_close(closes: npt.ArrayLike, window: SupportsIndex, *, centred: bool = True) -> Floats:
    """Return the standard deviation of daily log returns.

    Args:
        closes: Prices, shape (n,).
        window: How many returns; two or more, or one where they are not centred.
        centred: About their own mean, divided by window - 1: a trend has no part in it. Else about zero, as variance
            swaps settle: a trend adds its square.

    Raises:
        TypeError: The window is no whole number.
        ValueError: The window is too short, or closes are not one row of numbers.

    """
    width = _window(window, 2 if centred else 1)
    returns = log_returns(closes)
    return _annual(_variance(returns, width) if centred else _mean(returns * returns, width))


def parkinson(highs: npt.ArrayLike, lows: npt.ArrayLike, window: SupportsIndex) -> Floats:
    """Return volatility from each session's range: variance = mean of ln(H/L)^2 / (4 ln 2).

    About 4.9 times as efficient as closes. It takes a trend for volatility and knows nothing of the night.

    Args:
        highs: Shape (n,).
        lows: Shape (n,).
        window: How many days.

    Raises:
        TypeError: The window is no whole number.
        ValueError: The window is too short or the shapes differ.

    Source: Parkinson, Journal of Business 53 (1980).

    """
    high, low = _together(highs=highs, lows=lows)
    span = np.where(high > low, high - low, np.nan)
    return _annual(_mean(span * span / (4.0 * np.log(2.0)), _window(window)))


def garman_klass(
    opens: npt.ArrayLike, highs: npt.ArrayLike, lows: npt.ArrayLike, closes: npt.ArrayLike, window: SupportsIndex
) -> Floats:
    """Return volatility from range and body: variance = mean of ln(H/L)^2 / 2 - (2 ln 2 - 1) ln(C/O)^2.

    About 7.4 times as efficient as closes. It takes a trend for volatility and knows nothing of the night.

    Args:
        opens: Shape (n,), like the others.
        highs: Of each session.
        lows: Of each session.
        closes: Of each session.
        window: How many days.

    Raises:
        TypeError: The window is no whole number.
        ValueError: The window is too short or the shapes differ.

    Source: Garman and Klass, Journal of Business 53 (1980), their practical estimator.

    """
    width = _window(window)
    up, down, body, _ = _session(opens, highs, lows, closes)
    return _annual(_mean(0.5 * (up - down) ** 2 - (2.0 * np.log(2.0) - 1.0) * body * body, width))


def rogers_satchell(
    opens: npt.ArrayLike, highs: npt.ArrayLike, lows: npt.ArrayLike, closes: npt.ArrayLike, window: SupportsIndex
) -> Floats:
    """Return volatility that no trend spoils: variance = mean of ln(H/O) ln(H/C) + ln(L/O) ln(L/C).

    About six times as efficient as closes. It knows nothing of the night.

    Args:
        opens: Shape (n,), like the others.
        highs: Of each session.
        lows: Of each session.
        closes: Of each session.
        window: How many days.

    Raises:
        TypeError: The window is no whole number.
        ValueError: The window is too short or the shapes differ.

    Source: Rogers and Satchell, Annals of Applied Probability 1 (1991).

    """
    width = _window(window)
    up, down, body, _ = _session(opens, highs, lows, closes)
    return _annual(_mean(up * (up - body) + down * (down - body), width))


def yang_zhang(
    opens: npt.ArrayLike, highs: npt.ArrayLike, lows: npt.ArrayLike, closes: npt.ArrayLike, window: SupportsIndex
) -> Floats:
    """Return volatility of night and session together, whatever the trend: Vo + k Vc + (1 - k) Vrs.

    Vo and Vc are the variances, about their means, of ln(O_t / C_t-1) and ln(C_t / O_t); Vrs is Rogers and Satchell's;
    k = 0.34 / (1.34 + (n + 1) / (n - 1)).

    Args:
        opens: Shape (n,), like the others.
        highs: Of each session.
        lows: Of each session.
        closes: Of each session.
        window: How many days, two or more.

    Raises:
        TypeError: The window is no whole number.
        ValueError: The window is too short or the shapes differ.

    Source: Yang and Zhang, Journal of Business 73 (2000).

    """
    width = _window(window, 2)
    up, down, body, night = _session(opens, highs, lows, closes)
    weight = 0.34 / (1.34 + (width + 1) / (width - 1))
    session = _mean(up * (up - body) + down * (down - body), width)
    return _annual(_variance(night, width) + weight * _variance(body, width) + (1.0 - weight) * session)


def ewma(closes: npt.ArrayLike, decay: float = RISKMETRICS, *, at_least: SupportsIndex = 21) -> Floats:
    """Return the root of the mean square return, the return of i days ago weighing decay^i.

    Weights are divided by their sum, so that no starting value has a part in it; a day without a return is passed over.

    Args:
        closes: Prices, shape (n,).
        decay: Between 0 and 1; com / (com + 1) for a centre of mass of com days.
        at_least: Returns needed before there is a value.

    Raises:
        TypeError: `at_least` is no whole number.
        ValueError: `decay` or `at_least` is out of range, or closes are not one row of numbers.

    """
    if not 0.0 < decay < 1.0:
        raise ValueError(f"decay must be between 0 and 1, got {decay}")
    least = index(at_least)
    if least < 1:
        raise ValueError(f"at_least must be one return or more, got {least}")
    squares = log_returns(closes) ** 2
    variances = np.full(len(squares), np.nan)
    total = weight = 0.0
    count = 0
    for day, square in enumerate(squares.tolist()):
        if square == square:  # noqa: PLR0124 (NaN alone differs from itself)
            total, weight, count = decay * total + square, decay * weight + 1.0, count + 1
            if count >= least:
                variances[day] = total / weight
    return _annual(variances)


def _session(
    opens: npt.ArrayLike, highs: npt.ArrayLike, lows: npt.ArrayLike, closes: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return ln of high, low and close over the open, and of the open over the close before; NaN on impossible days."""
    open_, high, low, close = _together(opens=opens, highs=highs, lows=lows, closes=closes)
    sound = (high > low) & (low <= np.fmin(open_, close)) & (np.fmax(open_, close) <= high)
    night = np.full_like(open_, np.nan)
    night[1:] = open_[1:] - close[:-1]
    up, down, body = (np.where(sound, each - open_, np.nan) for each in (high, low, close))
    return up, down, body, night


def _together(**prices: npt.ArrayLike) -> list[Floats]:
    logs = {name: _logs(name, each) for name, each in prices.items()}
    (first, wanted), *others = ((name, each.shape) for name, each in logs.items())
    for name, shape in others:
        if shape != wanted:
            raise ValueError(f"{name} has shape {shape}, {first} {wanted}")
    return list(logs.values())


def _logs(name: str, prices: npt.ArrayLike) -> Floats:
    try:
        values = np.asarray(prices, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numbers") from None
    if values.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {values.shape}")
    logs = np.full(values.shape, np.nan)
    np.log(values, out=logs, where=(values > 0.0) & np.isfinite(values))
    return logs


def _window(window: SupportsIndex, least: int = 1) -> int:
    try:
        width = index(window)
    except TypeError:
        raise TypeError(f"window must be a whole number of days, got {window!r}") from None
    if width < least:
        raise ValueError(f"window must be {least} or more days, got {width}")
    return width


def _mean(values: Floats, width: int) -> Floats:
    """Return the mean of the last `width` values; added lag by lag, so that a day's bits don't depend on its place."""
    means = np.full(len(values), np.nan)
    count = len(values) - width + 1
    if count > 0:
        total = np.zeros(count)
        for lag in range(width):
            total += values[lag : lag + count]
        means[width - 1 :] = total / width
    return means


def _variance(values: Floats, width: int) -> Floats:
    """Return the variance of the last `width` values about their mean, unbiased."""
    variances = np.full(len(values), np.nan)
    count = len(values) - width + 1
    if count > 0:
        mean, total = _mean(values, width)[width - 1 :], np.zeros(count)
        for lag in range(width):
            total += (values[lag : lag + count] - mean) ** 2
        variances[width - 1 :] = total / (width - 1)
    return variances


def _annual(variance: Floats) -> Floats:
    """Return the yearly standard deviation of a daily variance; rounding below zero is zero."""
    return np.sqrt(TRADING_DAYS * np.maximum(variance, 0.0))
