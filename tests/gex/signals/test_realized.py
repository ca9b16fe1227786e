"""Realized volatility: each paper's formula written out by hand, known bias and efficiency on simulated days."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gex.signals import realized

YEAR = 252.0
SIGMA = 0.01
"""Of a simulated day, night and session together."""


def days(count, *, drift=0.0, night=0.0, seed=5, steps=48):
    """Return open, high, low, close of a geometric Brownian motion, `night` the share of variance before the open.

    The highest and lowest of each step are drawn from the law of a Brownian bridge's extremes, so that the range is
    that of a path watched without pause (up to both extremes falling in one step).
    """
    random = np.random.default_rng(seed)
    gaps = SIGMA * sqrt(night) * random.standard_normal(count) + drift * night
    variance = SIGMA**2 * (1 - night) / steps
    path = random.standard_normal((count, steps)) * sqrt(variance) + drift * (1 - night) / steps
    path = np.concatenate([np.zeros((count, 1)), np.cumsum(path, axis=1)], axis=1)
    start, end = path[:, :-1], path[:, 1:]
    tops, bottoms = (
        0.5 * (start + end + sign * np.sqrt((end - start) ** 2 - 2 * variance * np.log1p(-random.random(start.shape))))
        for sign in (1, -1)
    )
    opens = np.cumsum(gaps) + np.concatenate([[0.0], np.cumsum(path[:-1, -1])])
    prices = [opens, opens + tops.max(axis=1), opens + bottoms.min(axis=1), opens + path[:, -1]]
    return tuple(100.0 * np.exp(each) for each in prices)


def sample(values):
    """Return the unbiased variance of a list, the slow way."""
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def by_hand(o, h, l, c, n):  # noqa: E741 (the papers' letters)
    """Return each estimator of the last n days as its paper writes it, unsimplified."""
    last = range(len(c) - n, len(c))
    returns = [log(c[i]) - log(c[i - 1]) for i in last]
    park = sum(log(h[i] / l[i]) ** 2 for i in last) / (4 * n * log(2))
    u, d, e = [[log(x[i] / o[i]) for i in last] for x in (h, l, c)]
    gk = sum(0.5 * (a - b) ** 2 - (2 * log(2) - 1) * f**2 for a, b, f in zip(u, d, e, strict=True)) / n
    rs = sum(log(h[i] / c[i]) * log(h[i] / o[i]) + log(l[i] / c[i]) * log(l[i] / o[i]) for i in last) / n
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    yz = sample([log(o[i] / c[i - 1]) for i in last]) + k * sample(e) + (1 - k) * rs
    return {
        "close_close": sample(returns),
        "about_zero": sum(r * r for r in returns) / n,
        "parkinson": park,
        "garman_klass": gk,
        "rogers_satchell": rs,
        "yang_zhang": yz,
    }


def estimates(o, h, l, c, n):  # noqa: E741
    return {
        "close_close": realized.close_close(c, n),
        "about_zero": realized.close_close(c, n, centred=False),
        "parkinson": realized.parkinson(h, l, n),
        "garman_klass": realized.garman_klass(o, h, l, c, n),
        "rogers_satchell": realized.rogers_satchell(o, h, l, c, n),
        "yang_zhang": realized.yang_zhang(o, h, l, c, n),
    }


@pytest.mark.parametrize("n", [2, 5, 21])
def test_each_estimator_is_its_papers_formula(n):
    prices = days(40, drift=0.002, night=0.3)
    found, wanted = estimates(*prices, n), by_hand(*prices, n)
    for name, variance in wanted.items():
        assert found[name][-1] == pytest.approx(sqrt(YEAR * variance), rel=1e-11), name
        assert np.isnan(found[name][: n - 1]).all()
        assert found[name].shape == (40,)


def test_the_exponential_mean_is_the_weighted_sum_and_the_recursion():
    closes = days(300)[3]
    squares = np.diff(np.log(closes)) ** 2
    weights = 0.94 ** np.arange(len(squares))[::-1]
    found = realized.ewma(closes)
    assert found[-1] == pytest.approx(sqrt(YEAR * (weights @ squares) / weights.sum()), rel=1e-12)
    assert found[-1] ** 2 == pytest.approx(0.94 * found[-2] ** 2 + 0.06 * YEAR * squares[-1], rel=1e-6), "RiskMetrics"
    assert np.isnan(found[:21]).all()
    assert np.isfinite(found[21:]).all()


def mean_variance(values):
    """Return the mean variance of a day, in units of the simulated one."""
    return np.nanmean(values**2) / YEAR / SIGMA**2


def test_without_trend_and_night_all_are_unbiased():
    """Standard errors of the means are under 0.01; both extremes in one step cost the ranges up to 0.01 more."""
    for name, values in estimates(*days(25_000), 21).items():
        assert mean_variance(values) == pytest.approx(1.0, abs=0.025), name


def test_a_trend_fools_ranges_and_sums_of_squares_but_not_rogers_satchell_and_yang_zhang():
    found = {name: mean_variance(values) for name, values in estimates(*days(25_000, drift=SIGMA), 21).items()}
    for name in ("close_close", "rogers_satchell", "yang_zhang"):
        assert found[name] == pytest.approx(1.0, abs=0.025), name
    assert found["about_zero"] == pytest.approx(2.0, abs=0.05), "sigma^2 + mu^2"
    assert found["parkinson"] > 1.3
    assert found["garman_klass"] > 1.1


def test_ranges_know_nothing_of_the_night():
    found = {name: mean_variance(values) for name, values in estimates(*days(25_000, night=0.4), 21).items()}
    for name in ("close_close", "about_zero", "yang_zhang"):
        assert found[name] == pytest.approx(1.0, abs=0.025), name
    for name in ("parkinson", "garman_klass", "rogers_satchell"):
        assert found[name] == pytest.approx(0.6, abs=0.015), name


def test_efficiency_is_as_published():
    """Variance of a squared return over that of the estimator, one day: 4.9, 7.4, 6.0; with a night, YZ beats closes."""
    o, h, l, c = days(25_000)  # noqa: E741
    daily = {
        "parkinson": (realized.parkinson(h, l, 1), 4.91),
        "garman_klass": (realized.garman_klass(o, h, l, c, 1), 7.41),
        "rogers_satchell": (realized.rogers_satchell(o, h, l, c, 1), 6.04),
    }
    of_closes = np.nanvar(realized.close_close(c, 1, centred=False) ** 2)
    for name, (values, published) in daily.items():
        assert of_closes / np.nanvar(values**2) == pytest.approx(published, rel=0.08), name
    found = estimates(*days(25_000, night=0.2), 10)
    assert np.nanvar(found["close_close"] ** 2) / np.nanvar(found["yang_zhang"] ** 2) > 6.0


@given(
    moves=hnp.arrays(float, 24, elements=st.floats(-0.2, 0.2)),
    scale=st.floats(0.01, 1e4),
    n=st.integers(2, 10),
)
def test_only_ratios_count_and_no_day_knows_the_next(moves, scale, n):
    closes = 100.0 * np.exp(np.cumsum(moves))
    opens = np.roll(closes, 1)
    highs, lows = np.fmax(opens, closes) * 1.01, np.fmin(opens, closes) / 1.01
    found = estimates(opens, highs, lows, closes, n)
    scaled = estimates(opens * scale, highs * scale, lows * scale, closes * scale, n)
    earlier = estimates(opens[:15], highs[:15], lows[:15], closes[:15], n)
    for name, values in found.items():
        assert scaled[name] == pytest.approx(values, abs=1e-6, nan_ok=True), name
        assert np.array_equal(values[:15], earlier[name], equal_nan=True), name
    assert np.array_equal(
        realized.ewma(closes, at_least=n)[:15], realized.ewma(closes[:15], at_least=n), equal_nan=True
    )


@pytest.mark.parametrize("bad", [np.nan, 0.0, -5.0, np.inf])
def test_a_price_that_is_none_blanks_the_windows_that_hold_it(bad):
    prices = [each.copy() for each in days(30)]
    for each in prices:
        each[10] = bad
    for name, values in estimates(*prices, 5).items():
        assert np.isnan(values[10:15]).all(), name
        assert np.isfinite(values[16:]).all(), name
    exponential = realized.ewma(prices[3], at_least=3)
    assert np.isnan(exponential[10:12]).all()
    assert np.isfinite(exponential[12:]).all()


def test_a_source_that_knows_closes_alone_has_no_range():
    closes = days(30)[3]
    found = estimates(closes, closes, closes, closes, 5)
    assert np.isfinite(found["close_close"][5:]).all()
    for name in ("parkinson", "garman_klass", "rogers_satchell", "yang_zhang"):
        assert np.isnan(found[name]).all(), name


def test_a_range_that_its_close_leaves_is_no_range():
    o, h, l, c = (each.copy() for each in days(30))  # noqa: E741
    h[20] = c[20] * 0.999
    assert np.isnan(realized.rogers_satchell(o, h, l, c, 5)[20:25]).all()
    assert np.isfinite(realized.rogers_satchell(o, h, l, c, 5)[25:]).all()


def test_a_history_shorter_than_the_window_gives_nothing():
    assert np.isnan(realized.close_close([100.0, 101.0], 21)).all()
    assert realized.close_close([], 21).shape == (0,)
    assert np.isnan(realized.ewma([100.0])).all()


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: realized.close_close([1.0, 2.0], 1), ValueError, "window must be 2 or more"),
        (lambda: realized.close_close([1.0, 2.0], 0, centred=False), ValueError, "window must be 1 or more"),
        (lambda: realized.close_close([1.0, 2.0], 2.5), TypeError, "window must be a whole number"),
        (lambda: realized.close_close([[1.0, 2.0]], 2), ValueError, "closes must have one dimension"),
        (lambda: realized.close_close(["a", "b"], 2), TypeError, "closes must be numbers"),
        (lambda: realized.parkinson([1.0, 2.0], [1.0], 2), ValueError, r"lows has shape \(1,\), highs \(2,\)"),
        (lambda: realized.ewma([1.0, 2.0], 1.0), ValueError, "decay must be between 0 and 1"),
        (lambda: realized.ewma([1.0, 2.0], float("nan")), ValueError, "decay must be between 0 and 1"),
        (lambda: realized.ewma([1.0, 2.0], at_least=0), ValueError, "at_least must be one"),
    ],
)
def test_bad_arguments_are_named(call, error, match):
    with pytest.raises(error, match=match):
        call()
