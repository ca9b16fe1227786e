"""Levels on ladders small enough to work by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gex.levels import expected_move, levels_of, max_pain, strike_totals, touch_probability, walls_of
from gex.results import Crossing

STRIKE = np.array([90.0, 90.0, 95.0, 95.0, 100.0, 100.0, 105.0, 105.0, 110.0, 110.0])
IS_CALL = np.array([True, False] * 5)
GAMMA = np.array([1.0, -9.0, 2.0, -7.0, 12.0, -11.0, 8.0, -2.0, 5.0, -1.0])
OPEN_INTEREST = np.array([10.0, 80.0, 20.0, 70.0, 60.0, 65.0, 90.0, 15.0, 75.0, 5.0])


def totals_of(gamma, open_interest=OPEN_INTEREST):
    strikes, at = np.unique(STRIKE, return_inverse=True)
    return strike_totals(strikes, at, IS_CALL, gamma, open_interest, np.ones(10))


@pytest.fixture(name="totals")
def _totals():
    return totals_of(GAMMA)


def test_walls_by_hand(totals) -> None:
    """Net by strike is -8, -5, +1, +6, +4: call wall 105 over 110 by half, put wall 90 over 95 by 3/5."""
    walls = walls_of(totals)
    assert (walls.net.call.strike, walls.net.call.value, walls.net.call.runner_up) == (105.0, 6.0, 110.0)
    assert walls.net.call.margin == pytest.approx(0.5)
    assert (walls.net.put.strike, walls.net.put.value, walls.net.put.runner_up) == (90.0, -8.0, 95.0)
    assert walls.net.put.margin == pytest.approx(0.6)
    assert (walls.gross.call.strike, walls.gross.put.strike) == (100.0, 100.0)
    assert (walls.gross.call.value, walls.gross.put.value) == (12.0, -11.0)
    assert (walls.open_interest.call.strike, walls.open_interest.put.strike) == (105.0, 90.0)


def test_levels_by_hand(totals) -> None:
    """The cumulative net -8, -13, -12, -6, -2 is least at 95; the largest |calls| + |puts| is 23 at 100."""
    crossings = (Crossing(80.0, 1.0), Crossing(103.0, 2.0))
    levels = levels_of(totals, crossings, spot=101.0, ladder=0.15)
    assert (levels.call_wall, levels.put_wall) == (105.0, 90.0)
    assert (levels.high_vol_level, levels.absolute_gamma_strike) == (95.0, 100.0)
    assert levels.gamma_flip == 103.0
    assert levels.points_per_1pct_of_gross == pytest.approx(0.01 * 58.0 / 2.0)
    assert levels.reasons == {}


def test_a_level_that_does_not_exist_has_a_reason() -> None:
    """Dealers short everything: no positive strike, no crossing."""
    totals = totals_of(-np.abs(GAMMA))
    levels = levels_of(totals, (), spot=101.0, ladder=0.15)
    assert levels.call_wall is None
    assert levels.gamma_flip is None
    assert levels.reasons["gamma_flip"] == "net gamma is negative everywhere within 15% of spot"
    assert "positive net gamma" in levels.reasons["call_wall"]
    assert levels.put_wall == 100.0
    assert levels.walls.gross.call.value == -12.0


def test_no_positions_no_levels() -> None:
    totals = totals_of(np.zeros(10), np.zeros(10))
    levels = levels_of(totals, (), spot=101.0, ladder=0.15)
    found = (levels.call_wall, levels.put_wall, levels.absolute_gamma_strike, levels.high_vol_level, levels.gamma_flip)
    assert found == (None,) * 5
    assert set(levels.reasons) == {
        "call_wall", "put_wall", "absolute_gamma_strike", "high_vol_level", "gamma_flip",
    }  # fmt: skip


def test_a_lone_wall_has_no_runner_up() -> None:
    one = np.array([3.0])
    totals = strike_totals(np.array([95.0, 100.0]), np.array([1]), np.array([True]), one, one, one)
    wall = walls_of(totals).net.call
    assert (wall.strike, wall.runner_up, wall.margin) == (100.0, None, None)


@given(
    hnp.arrays(np.float64, 12, elements=st.integers(0, 500).map(float)),
    hnp.arrays(np.float64, 12, elements=st.integers(0, 500).map(float)),
)
def test_max_pain_is_the_cheapest_settlement(calls, puts) -> None:
    """Against the definition, summed over every pair of strikes."""
    strike = np.arange(80.0, 140.0, 5.0)
    found = max_pain(strike, calls, puts)
    if calls.sum() + puts.sum() == 0:
        assert found is None
        return
    payoff = [np.sum(calls * np.maximum(k - strike, 0) + puts * np.maximum(strike - k, 0)) for k in strike]
    assert payoff[int(np.searchsorted(strike, found))] == pytest.approx(min(payoff), abs=1e-6)


def test_expected_move_is_the_straddle_nearest_the_forward() -> None:
    move = expected_move(np.array([95.0, 100.0, 105.0]), np.array([6.0, 3.0, np.nan]), np.array([1.0, 2.5, 6.0]), 103.0)
    assert (move.strike, move.straddle) == (100.0, 5.5)
    assert move.one_sigma == pytest.approx(5.5 * 1.2533141373155)


def test_expected_move_needs_both_sides() -> None:
    assert expected_move(np.array([100.0]), np.array([np.nan]), np.array([2.0]), 100.0) is None


def test_one_sigma_of_a_normal_straddle_is_its_deviation() -> None:
    """E|X| = s sqrt(2/pi) for a normal X, by quadrature."""
    x = np.linspace(-12.0, 12.0, 200_001)
    straddle = np.trapezoid(np.abs(7.0 * x) * np.exp(-x * x / 2) / np.sqrt(2 * np.pi), x)
    move = expected_move(np.array([100.0]), np.array([straddle / 2]), np.array([straddle / 2]), 100.0)
    assert move.one_sigma == pytest.approx(7.0, rel=1e-8)


def test_touch_probability_against_simulated_paths() -> None:
    """The reflection principle, against 20,000 paths of 2,000 steps with the barrier moved for the steps' gaps."""
    rng = np.random.default_rng(7)
    w, steps, barrier = 0.02, 2000, 0.015
    running = np.zeros(20_000)
    highest = np.zeros(20_000)
    for _ in range(steps):
        running += rng.standard_normal(20_000) * w / np.sqrt(steps)
        np.maximum(highest, running, out=highest)
    # Broadie, Glasserman and Kou (1997): discrete steps miss 0.5826 of a step's deviation.
    simulated = np.mean(highest >= barrier - 0.5826 * w / np.sqrt(steps))
    assert touch_probability(100.0 * np.exp(barrier), 100.0, w) == pytest.approx(simulated, abs=0.012)


def test_touch_probability_is_one_at_the_forward() -> None:
    assert touch_probability(100.0, 100.0, 0.01) == 1.0
