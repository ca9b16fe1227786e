"""What a sample of returns says, how surely, and whether it differs from all days."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.newey_west import hac
from gex.signals.overlap import block_bootstrap, effective_count, hodrick_error
from gex.signals.proportions import clopper_pearson, wilson

if TYPE_CHECKING:
    from gex.quotes import Bools, Floats

Interval = tuple[float, float]


@dataclass(frozen=True)
class Method:
    """How sure is sure, and the draws of the bootstrap.

    Attributes:
        confidence: Of all intervals, within 0 and 1.
        resamples: Draws, 100 or more.
        seed: Of the draws.

    """

    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Sample:
    """Returns over one horizon, as fractions.

    Attributes:
        n: How many.
        effective: How many that do not overlap they are worth (`overlap.effective_count`); all intervals are of these.
        hits: How many were above 0.
        hit_rate: Their share.
        wilson: Interval of it.
        exact: Clopper's and Pearson's, for independent events never too narrow.
        mean: Average.
        mean_interval: Student's, None below two effective returns.
        median: Middle one.
        median_interval: The returns at the ends of Wilson's interval of one half (Woodruff 1952).

    """

    n: int
    effective: float
    hits: int
    hit_rate: float
    wilson: Interval
    exact: Interval
    mean: float
    mean_interval: Interval | None
    median: float
    median_interval: Interval


@dataclass(frozen=True)
class Difference:
    """Events less all days of the sample, over one horizon; fractions.

    Attributes:
        mean: Of mean returns.
        newey_west_error: Of a regression on the event, Bartlett's kernel, lags to the horizon less one.
        hodrick_error: Were daily returns independent, each as often as windows cover it (1992, 1B).
        t: By the larger of the two errors; None where both are 0.
        p: Two-sided, Student's distribution with the effective events less one; None below two of them.
        interval: Of the mean, by the same.
        bootstrap: Of the mean: the percentiles of circular blocks of days as long as the horizon; None where more than a
            twentieth of the draws held no event.
        hit_rate: Of shares of returns above 0.
        hit_rate_bootstrap: Interval of it, as `bootstrap`.

    """

    mean: float
    newey_west_error: float
    hodrick_error: float
    t: float | None
    p: float | None
    interval: Interval | None
    bootstrap: Interval | None
    hit_rate: float
    hit_rate_bootstrap: Interval | None


def estimate(returns: Floats, taken: Bools, horizon: int, confidence: float) -> Sample:
    """Return what the returns of the days taken say; one of them at least.

    Args:
        returns: Over the horizon from each day, fractions, finite where taken; shape (n,).
        taken: Days of the sample; shape (n,).
        horizon: Sessions.
        confidence: Of the intervals.

    """
    values = returns[taken]
    n, hits = len(values), int((values > 0).sum())
    worth = effective_count(taken, horizon)
    share, mean = hits / n, float(values.mean())
    around = mean_interval(values, worth, confidence)
    middle = np.quantile(values, [0.5, *wilson(0.5, worth, confidence)])
    by_wilson, exact = wilson(share, worth, confidence), clopper_pearson(share, worth, confidence)
    median = float(middle[0]), (float(middle[1]), float(middle[2]))
    return Sample(n, worth, hits, share, by_wilson, exact, mean, around, *median)


def difference(
    closes: Floats, returns: Floats, events: Bools, sample: Bools, horizon: int, method: Method
) -> Difference:
    """Return by how much the events' returns differ from those of all days of the sample.

    Args:
        closes: Of the days that returns begin on; shape (n,).
        returns: Over the horizon, fractions, finite in the sample; shape (n,).
        events: Days within the sample, one of them at least and not all; shape (n,).
        sample: Days to compare with, the events among them, more than two; shape (n,).
        horizon: Sessions.
        method: Of intervals and draws.

    """
    values, flags = returns[sample], events[sample]
    mean = float(values[flags].mean() - values.mean())
    fit = hac(values, flags.astype(np.float64), min(horizon, len(values)) - 1)
    # The coefficient is the distance to the other days; that to all days, the events among them, is less.
    robust = float(fit.errors[1]) * (1 - float(flags.mean()))
    weights = events / events.sum() - sample / sample.sum()
    # A year's return moves by its own gross return times what one of its days moves by.
    hodrick = (1 + float(values.mean())) * hodrick_error(weights, closes[1:] / closes[:-1] - 1, horizon)
    t, p, around = _test(mean, max(robust, hodrick), effective_count(events, horizon), method.confidence)
    rises = (values > 0).astype(np.float64)
    drawn = block_bootstrap(flags, np.stack([values, rises]), horizon, resamples=method.resamples, seed=method.seed)
    bootstrap, of_hits = (None, None) if drawn is None else (_percentiles(row, method.confidence) for row in drawn)
    return Difference(
        mean, robust, hodrick, t, p, around, bootstrap, float(rises[flags].mean() - rises.mean()), of_hits
    )


def holm(p: list[float | None]) -> list[float | None]:
    """Return p values for all of them together: the smallest times their number, and so on (Holm 1979)."""
    known = sorted((value, place) for place, value in enumerate(p) if value is not None)
    found: list[float | None] = [None] * len(p)
    largest = 0.0
    for rank, (value, place) in enumerate(known):
        largest = max(largest, min(value * (len(known) - rank), 1.0))
        found[place] = largest
    return found


def student(degrees: float, confidence: float) -> float:
    """Return how many errors Student's interval reaches to either side."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + confidence / 2))


def mean_interval(values: Floats, worth: float, confidence: float) -> Interval | None:
    """Return Student's interval of the mean of values worth so many independent ones; None below two."""
    if worth < 2:
        return None
    mean = float(values.mean())
    spread = student(worth - 1, confidence) * float(values.std(ddof=1)) / sqrt(worth)
    return mean - spread, mean + spread


def _test(
    mean: float, error: float, worth: float, confidence: float
) -> tuple[float | None, float | None, Interval | None]:
    from scipy.special import stdtr

    t = mean / error if error > 0 else None
    if t is None or worth < 2:
        return t, None, None
    spread = student(worth - 1, confidence) * error
    return t, 2 * float(stdtr(worth - 1, -abs(t))), (mean - spread, mean + spread)


def _percentiles(draws: Floats, confidence: float) -> Interval:
    low, high = np.quantile(draws, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)
