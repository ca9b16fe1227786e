"""What simulated sessions look like beside the same noise without feedback, each figure with its Monte Carlo error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.closing import LAST_HALF_HOUR

if TYPE_CHECKING:
    from gex.flows.day import Days
    from gex.quotes import Floats


@dataclass(frozen=True)
class Estimate:
    """A figure from sessions that do not depend on each other."""

    value: float | None
    """None where nothing moved."""
    error: float | None
    """Its standard error; None of fewer than two sessions."""


@dataclass(frozen=True)
class DayStatistics:
    """Steps' returns are taken about zero: noise has no drift.

    Attributes:
        days: Sessions.
        volatility_ratio: Root mean square return of a step, beside that without feedback.
        variance_steps: k of the variance ratio.
        variance_ratio: Of k-step returns, overlapping, beside k times that of one step: over 1 trends, under 1 reverts.
        autocorrelation: Of the returns of neighbouring steps.
        close_slope: Return of the last half hour per unit of that of the rest of the session, by least squares
            through zero; none where the steps leave no last half hour.

    """

    days: int
    volatility_ratio: Estimate
    variance_steps: int
    variance_ratio: Estimate
    autocorrelation: Estimate
    close_slope: Estimate


def statistics(
    days: Days, *, variance_steps: int = 20, skip: int = 0, closing: float = LAST_HALF_HOUR
) -> DayStatistics:
    """Measure simulated sessions.

    Args:
        days: From `simulate`.
        variance_steps: k of the variance ratio, 1 to the steps that are left.
        skip: Steps left out at the start of each session, for what begins at rest to forget it.
        closing: The last half hour, as a fraction of the session; of a short session it is more.

    Raises:
        ValueError: `skip` leaves under two steps, or `variance_steps` is out of range.

    """
    moves, alone = (np.log(each[:, skip:]) for each in (days.spots, days.alone))
    if skip < 0 or moves.shape[1] < 3:
        raise ValueError(f"skip must leave two steps or more of {days.spots.shape[1] - 1}, got {skip!r}")
    if not 1 <= variance_steps < moves.shape[1]:
        raise ValueError(f"variance_steps must lie from 1 to {moves.shape[1] - 1}, got {variance_steps!r}")
    returns, free = np.diff(moves, axis=1), np.diff(alone, axis=1)
    over = moves[:, variance_steps:] - moves[:, :-variance_steps]
    squares = np.mean(returns**2, axis=1)
    beside = ratio(squares, np.mean(free**2, axis=1))
    return DayStatistics(
        days=len(moves),
        volatility_ratio=_root(beside),
        variance_steps=variance_steps,
        variance_ratio=ratio(np.mean(over**2, axis=1) / variance_steps, squares),
        autocorrelation=ratio(np.mean(returns[:, 1:] * returns[:, :-1], axis=1), squares),
        close_slope=_close_slope(days, closing),
    )


def ratio(above: Floats, below: Floats) -> Estimate:
    """Return sum(above) / sum(below) over sessions, with its error to first order.

    Args:
        above: One figure a session; shape (n,).
        below: The same.

    """
    total = float(np.sum(below))
    if total == 0:
        return Estimate(None, None)
    value = float(np.sum(above)) / total
    n = len(above)
    spread = float(np.sum((above - value * below) ** 2))
    return Estimate(value, None if n < 2 else float(np.sqrt(spread * n / (n - 1))) / abs(total))


def _root(estimate: Estimate) -> Estimate:
    if estimate.value is None:
        return estimate
    root = float(np.sqrt(estimate.value))
    return Estimate(root, None if estimate.error is None or root == 0 else 0.5 * estimate.error / root)


def _close_slope(days: Days, closing: float) -> Estimate:
    """Regress the last half hour on the rest of the session."""
    at = int(np.searchsorted(days.elapsed, 1.0 - closing - 1e-9))
    if not 0 < at < len(days.elapsed) - 1:
        return Estimate(None, None)
    logs = np.log(days.spots)
    rest, last = logs[:, at] - logs[:, 0], logs[:, -1] - logs[:, at]
    return ratio(last * rest, rest**2)
