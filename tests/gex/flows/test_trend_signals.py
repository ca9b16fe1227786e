"""Trend followers' signals: against pandas and textbook regressions, published states, and never a look ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gex.flows.trend_signals import (
    baltas_kosowski,
    blend,
    crossing,
    ewma_crossings,
    lattice,
    lattice_states,
    momentum,
    trend_t,
)
from gex.signals.averages import ema

PRICES = arrays(float, st.integers(1, 60), elements=st.floats(50, 150))
ALL = {
    "momentum": lambda prices: momentum(prices, 5),
    "crossing": lambda prices: crossing(prices, 3, 8),
    "lattice": lambda prices: lattice(prices, (2, 5, 9)),
    "ewma": lambda prices: ewma_crossings(prices, ((2, 5), (3, 9))),
    "baltas_kosowski": lambda prices: baltas_kosowski(prices, 6),
}


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=15)
@given(prices=PRICES, cut=st.integers(1, 60))
def test_a_signal_is_in_its_range_and_never_looks_ahead(name, prices, cut):
    found = ALL[name](prices)
    defined = found[~np.isnan(found)]
    assert found.shape == prices.shape
    assert np.all(np.abs(defined) <= 1.0)
    np.testing.assert_array_equal(ALL[name](prices[:cut]), found[:cut])


@settings(max_examples=20)
@given(PRICES)
def test_momentum_and_crossings_are_those_of_pandas(prices):
    series = pd.Series(prices)
    np.testing.assert_array_equal(momentum(prices, 4), np.sign(series - series.shift(4)))
    gap = series.rolling(3).mean() - series.rolling(8).mean()
    clear = ~(gap.abs() < 1e-9)
    np.testing.assert_array_equal(crossing(prices, 3, 8)[clear], np.sign(gap)[clear])
    gap = series.ewm(span=3, adjust=False).mean() - series.ewm(span=8, adjust=False).mean()
    clear = gap.abs() > 1e-9
    np.testing.assert_array_equal(crossing(prices, 3, 8, ema)[clear], np.sign(gap)[clear])


def test_the_published_weights_give_the_published_states():
    """Nomura's states: 100, 68.8, 53.2 and 22%, long or short."""
    published = [-1, -0.688, -0.532, -0.22, 0.22, 0.532, 0.688, 1]
    assert lattice_states() == pytest.approx(published, abs=1e-12)
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 9000)))
    assert np.unique(lattice(walk)[252:].round(12)) == pytest.approx(published)


def t_by_matrices(logs: np.ndarray, lags: int) -> float:
    """Return Newey and West's t of the slope by the sandwich of full matrices."""
    design = np.column_stack([np.ones(len(logs)), np.arange(len(logs))])
    inverse = np.linalg.inv(design.T @ design)
    slope = inverse @ design.T @ logs
    scores = design * (logs - design @ slope)[:, None]
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        part = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (part + part.T)
    return float(slope[1] / np.sqrt((inverse @ middle @ inverse)[1, 1]))


@pytest.mark.parametrize(("window", "lags"), [(40, 3), (100, 4), (252, 4)])
def test_the_t_of_a_trend_is_that_of_the_textbook_regression(window, lags):
    prices = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0.0003, 0.01, 300)))
    found = trend_t(prices, window)
    for day in (window - 1, 270, 299):
        expected = t_by_matrices(np.log(prices[day + 1 - window : day + 1]), lags)
        assert found[day] == pytest.approx(expected, rel=1e-8)
    assert np.isnan(found[: window - 1]).all()


def test_a_steady_rise_is_a_full_position():
    prices = 100 * 1.001 ** np.arange(300) + np.sin(np.arange(300))
    assert baltas_kosowski(prices)[-1] == 1.0
    assert baltas_kosowski(1e4 / prices)[-1] == -1.0
    assert ewma_crossings(prices)[-1] == 1.0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: crossing([1.0, 2.0], 5, 5), "shorter"),
        (lambda: blend([np.ones(3)], [1.0, 2.0]), "1 weights"),
        (lambda: blend([np.ones(3)], [-1.0]), "zero or more"),
        (lambda: momentum([1.0], 0), "n must be"),
        (lambda: trend_t([1.0], 2), "n must be"),
        (lambda: momentum([[1.0]], 2), "closes must have one dimension"),
    ],
)
def test_what_is_no_signal_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()
