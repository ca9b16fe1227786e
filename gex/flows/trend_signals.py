"""Signals that trend followers are known to trade, each in [-1, 1] a day: long, short, or in between.

A day's signal uses that close and earlier ones; it is NaN until its window is full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.signals.averages import as_series, check_window, ema, sma

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gex.quotes import Floats

LATTICE_WEIGHTS = (0.156, 0.234, 0.61)
"""They give the states that Nomura has published, 100, 68.8, 53.2 and 22%, long or short."""
LATTICE_WINDOWS = (21, 63, 252)
"""Sessions; which windows the published weights belong to was not: one, three and twelve months are taken."""
EWMA_PAIRS = ((8, 24), (16, 48), (32, 96))
DECISIVE_T = 2.0
"""Baltas and Kosowski hold a full position from a t-statistic of 2 on."""
BLOCK = 2_000
"""Windows regressed at once: 4 MB of a year's."""


def momentum(closes: npt.ArrayLike, window: int) -> Floats:
    """Return the sign of the return over a window.

    Args:
        closes: Prices, oldest first, shape (days,).
        window: Sessions, from 1 on.

    Raises:
        TypeError: The window is no whole number, or closes are no numbers.
        ValueError: The window is out of range, or closes are not one-dimensional.

    Source: Moskowitz, Ooi and Pedersen, Time series momentum, Journal of Financial Economics 104 (2012).

    """
    check_window(window)
    prices = as_series(closes, "closes")
    signs = np.full(len(prices), np.nan)
    signs[window:] = np.sign(prices[window:] - prices[:-window])
    return signs


def crossing(
    closes: npt.ArrayLike, fast: int, slow: int, average: Callable[[npt.ArrayLike, int], Floats] = sma
) -> Floats:
    """Return 1 while the fast average is above the slow one, -1 while it is below; fast 1 is the price itself.

    Args:
        closes: Prices, oldest first, shape (days,).
        fast: Sessions, below `slow`.
        slow: Sessions.
        average: `sma`, or `ema` of such a span.

    Raises:
        ValueError: Fast is not below slow; else as `average`.

    """
    if not fast < slow:
        raise ValueError(f"the fast average must be the shorter one, got {fast} and {slow}")
    return np.asarray(np.sign(average(closes, fast) - average(closes, slow)))


def blend(signals: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return the weighted mean of signals, shape (days,) each.

    Raises:
        ValueError: There is not one weight a signal, or they are negative or all zero.

    """
    share = np.asarray(weights, dtype=np.float64)
    if len(share) != len(signals) or not (np.all(share >= 0.0) and share.sum() > 0.0):
        raise ValueError(f"expected {len(signals)} weights of zero or more, got {list(weights)}")
    return np.asarray(np.tensordot(share / share.sum(), np.stack(signals), 1))


def lattice(
    closes: npt.ArrayLike,
    windows: Sequence[int] = LATTICE_WINDOWS,
    weights: Sequence[float] = LATTICE_WEIGHTS,
) -> Floats:
    """Return the weighted signs of several windows: a position that moves between few states; errors as `momentum`."""
    return blend([momentum(closes, window) for window in windows], weights)


def lattice_states(weights: Sequence[float] = LATTICE_WEIGHTS) -> Floats:
    """Return every state that a lattice can be in, ascending; shape (2 ** len(weights),)."""
    signs = np.stack(np.meshgrid(*[[-1.0, 1.0]] * len(weights)), axis=-1).reshape(-1, len(weights))
    return np.sort(signs @ np.asarray(weights))


def ewma_crossings(closes: npt.ArrayLike, pairs: Sequence[tuple[int, int]] = EWMA_PAIRS) -> Floats:
    """Return the mean sign of exponential averages' crossings, each pair a fast and a slow span; errors as `crossing`."""
    return blend([crossing(closes, fast, slow, ema) for fast, slow in pairs], [1.0] * len(pairs))


def trend_t(closes: npt.ArrayLike, window: int = 252) -> Floats:
    """Return the t-statistic of the slope of log prices on time over the last `window` closes.

    Errors are Newey and West's, with floor(4 (window / 100)^(2/9)) lags. A window that is one straight line has an
    infinite t, or none if it is level.

    Args:
        closes: Prices, oldest first, shape (days,).
        window: Closes, three or more.

    Raises:
        TypeError: The window is no whole number, or closes are no numbers.
        ValueError: The window is out of range, or closes are not one-dimensional.

    Source: Baltas and Kosowski, Demystifying time-series momentum strategies (2015), the TREND signal.

    """
    check_window(window, 3)
    prices = as_series(closes, "closes")
    logs = np.log(prices, out=np.full(len(prices), np.nan), where=prices > 0.0)
    found = np.full(len(prices), np.nan)
    if len(logs) >= window:
        windows = np.lib.stride_tricks.sliding_window_view(logs, window)
        for first in range(0, len(windows), BLOCK):
            some = windows[first : first + BLOCK]
            found[window - 1 + first : window - 1 + first + len(some)] = _slope_t(some)
    return found


def baltas_kosowski(closes: npt.ArrayLike, window: int = 252) -> Floats:
    """Return `trend_t` over 2, held to [-1, 1]; arguments and errors as there."""
    return np.clip(trend_t(closes, window) / DECISIVE_T, -1.0, 1.0)


def _slope_t(windows: Floats) -> Floats:
    """Return the t-statistic of each row's slope on its place."""
    count = windows.shape[1]
    time = np.arange(count) - (count - 1) / 2
    level = windows - windows.mean(axis=1, keepdims=True)
    slope = level @ time / (time @ time)
    scores = (level - slope[:, None] * time) * time
    variance = np.einsum("ij,ij->i", scores, scores)
    lags = int(4 * (count / 100) ** (2 / 9))
    for lag in range(1, min(lags, count - 1) + 1):
        weight = 2.0 * (1.0 - lag / (lags + 1.0))
        variance += weight * np.einsum("ij,ij->i", scores[:, lag:], scores[:, :-lag])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(slope * (time @ time) / np.sqrt(np.maximum(variance, 0.0)))
