"""What overlapping returns are worth: against sums over pairs, blocks laid out one by one, and random walks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gex.signals.overlap import block_bootstrap, effective_count, hodrick_error

DAYS = arrays(bool, st.integers(1, 80), elements=st.booleans())


@given(DAYS, st.integers(1, 40))
def test_effective_count_is_the_sum_over_all_pairs(taken: np.ndarray, horizon: int) -> None:
    places = np.flatnonzero(taken)
    shared = np.maximum(0, 1 - np.abs(places[:, None] - places) / horizon).sum()
    expected = len(places) ** 2 / shared if len(places) else 0.0
    assert effective_count(taken, horizon) == pytest.approx(expected, rel=1e-12)
    assert effective_count(taken, horizon) <= len(places) + 1e-9


def test_effective_count_of_all_and_of_lone_days() -> None:
    assert effective_count(np.ones(25_200, dtype=bool), 252) == pytest.approx(100, rel=0.01)
    lone = np.zeros(1000, dtype=bool)
    lone[::100] = True
    assert effective_count(lone, 100) == 10


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_hodricks_error_counts_each_day_by_the_windows_over_it(seed: int, horizon: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    weights = np.where(np.arange(n) < n - horizon, rng.normal(size=n), 0.0)
    returns = rng.normal(size=n - 1)
    moves = returns - returns.mean()
    total = 0.0
    for day in range(n - 1):
        total += (sum(weights[t] for t in range(n) if t <= day < t + horizon) * moves[day]) ** 2
    assert hodrick_error(weights, returns, horizon) == pytest.approx(total**0.5, rel=1e-9, abs=1e-12)


def test_hodricks_error_is_that_of_random_walks() -> None:
    """The spread, over many walks, of the mean over chosen windows is the error told from one of them."""
    rng = np.random.default_rng(4)
    n, horizon = 600, 20
    weights = np.zeros(n)
    weights[[30, 35, 36, 200, 410, 415, 500]] = 1 / 7
    weights[: n - horizon] -= 1 / (n - horizon)
    steps = rng.normal(size=(3000, n - 1))
    walks = np.concatenate([np.zeros((3000, 1)), steps.cumsum(axis=1)], axis=1)
    sums = (walks[:, horizon:] - walks[:, :-horizon]) @ weights[: n - horizon]
    told = [hodrick_error(weights, row, horizon) for row in steps[:50]]
    assert np.mean(told) == pytest.approx(sums.std(), rel=0.06)


@pytest.mark.parametrize(("n", "block"), [(50, 7), (50, 50), (20, 400), (30, 1)])
def test_blocks_are_those_laid_out_one_by_one(n: int, block: int) -> None:
    rng = np.random.default_rng(n + block)
    events, values = rng.random(n) < 0.4, rng.normal(size=n)
    found = block_bootstrap(events, values, block, resamples=100, seed=9)
    length = min(block, n)
    starts = np.random.default_rng((9, length)).integers(0, n, (100, -(-n // length)))
    days = (starts[:, :, None] + np.arange(length)).reshape(100, -1) % n
    expected = [values[row][events[row]].mean() - values[row].mean() for row in days if events[row].any()]
    assert found == pytest.approx(np.array(expected), abs=1e-12)


def test_the_same_seed_draws_the_same_and_several_series_are_drawn_together() -> None:
    rng = np.random.default_rng(1)
    events, values = rng.random(200) < 0.3, rng.normal(size=(2, 200))
    both = block_bootstrap(events, values, 10, resamples=300, seed=3)
    assert both.shape == (2, 300)
    for row, alone in zip(both, values, strict=True):
        assert row == pytest.approx(block_bootstrap(events, alone, 10, resamples=300, seed=3), abs=1e-12)
    assert not np.array_equal(both, block_bootstrap(events, values, 10, resamples=300, seed=4))


def test_it_is_silent_where_draws_miss_every_event() -> None:
    events = np.zeros(500, dtype=bool)
    events[250] = True
    assert block_bootstrap(events, np.arange(500.0), 10, resamples=200, seed=0) is None


def test_many_blocks_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    events, values = rng.random(200) < 0.3, rng.normal(size=200)
    whole = block_bootstrap(events, values, 4, resamples=120, seed=3)
    monkeypatch.setattr("gex.signals.overlap.AT_ONCE", 350)
    assert np.array_equal(block_bootstrap(events, values, 4, resamples=120, seed=3), whole)
