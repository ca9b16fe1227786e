"""The trend followers' position: its own recursion, limits, no look ahead, and the pivots that were published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from daily_series import closes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.flows.curve import flow_curve
from gex.flows.fitted import PERCENTILE_ERROR, PIVOT_ERRORS_PCT
from gex.flows.flow_table import HORIZONS, SCENARIOS, STRESSES, Stress, flow_table, stress_flow
from gex.flows.published_trend import PUBLISHED
from gex.flows.trend import PIVOTS, TrendModel, sized, step, target, trend_positions, trend_states
from gex.flows.trend_flow import TrendFlow
from gex.history import ranks_of
from gex.signals.averages import ema, sma
from gex.signals.realized import ewma

MODEL = TrendModel()
WALK = 5000 * np.exp(np.cumsum(np.random.default_rng(7).normal(0.0003, 0.011, 1600)))
SHEET = {
    *("2024-04-11", "2024-07-19", "2024-09-13", "2024-10-18", "2025-02-20", "2025-05-23"),
    *("2025-06-20", "2025-09-26", "2025-11-13", "2025-12-08"),
}
"""Dates whose pivots the spans were fitted to, by others."""
models = st.builds(
    TrendModel,
    width=st.floats(0.1, 3),
    target_volatility=st.floats(0.02, 1),
    volatility_days=st.floats(5, 90),
    execution_span=st.floats(1, 40),
)


@settings(max_examples=10)
@given(models, st.integers(0, 2**31))
def test_a_position_is_within_its_limits_and_so_is_every_flow(model, seed):
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, 80)))
    states = trend_states(closes, model)
    held = states.held(model)[21:]
    assert np.all(np.abs(held) <= 1 + 1e-12)
    table = flow_table(states.at([-1]), model)
    flows = [flow for row in table.values() for flow in row.values()]
    flows += [stress_flow(states.at([-1]), model, stress) for stress in STRESSES]
    assert np.all(np.abs(flows) <= 2 * model.full_size_usd * (1 + 1e-12))


def test_a_day_rests_on_no_later_one():
    whole = trend_positions(WALK, MODEL)
    assert np.isnan(whole[: MODEL.needed - 1]).all()
    assert np.isfinite(whole[MODEL.needed - 1 :]).all()
    np.testing.assert_array_equal(trend_positions(WALK[:1300], MODEL), whole[:1300])


def test_one_step_is_the_next_day_of_a_history():
    states = trend_states(WALK, MODEL)
    days = np.arange(1200, 1599)
    after = step(states.at(days), np.log(WALK[days + 1] / WALK[days]), MODEL)
    expected = states.at(days + 1)
    for name in ("close", "averages", "variance", "legs"):
        np.testing.assert_allclose(getattr(after, name), getattr(expected, name), rtol=1e-9, atol=1e-12)


def test_the_position_is_what_its_definition_says():
    """Once more, in plain words and one number at a time."""
    volatility = ewma(WALK, 20 / 21)
    held = 0.0
    for span, weight in zip(MODEL.spans, MODEL.weights, strict=True):
        deviation = volatility / np.sqrt(252) * (span - 1) / (2 * np.sqrt(span))
        trend = np.log(WALK / ema(WALK, span)) / deviation
        aims = np.clip(trend / 0.5, -1, 1) * np.minimum(1, 0.08 / volatility)
        held += weight * ema(aims, 20)[-1]
    assert trend_positions(WALK, MODEL)[-1] == pytest.approx(held, rel=1e-12)


def test_a_walk_about_its_average_has_the_deviation_that_scales_the_trend():
    rng = np.random.default_rng(2)
    for span in (38, 121):
        walk = np.cumsum(rng.normal(0, 1.0, 100_000))
        gap = (walk - ema(walk, span))[5 * span :]
        assert gap.std() == pytest.approx((span - 1) / (2 * np.sqrt(span)), rel=0.1)


def test_a_signal_turns_where_the_price_crosses_the_pivot():
    state = trend_states(WALK, MODEL).at([-1])
    for place, average in enumerate(state.averages[:, 0]):
        for side in (1.0, -1.0):
            aims = target(np.array([average + side]), state.averages, state.variance, MODEL)
            assert np.sign(aims[place, 0]) == side


def test_without_volatility_the_sign_is_held_in_full():
    still = np.full(1300, 100.0)
    assert trend_positions(still, MODEL)[-1] == 0.0
    jump = np.array([101.0])
    aims = target(jump, np.full((3, 1), 100.0), np.zeros(1), MODEL)
    assert aims[:, 0] == pytest.approx([1.0, 1.0, 1.0])


def test_flows_are_positions_times_dollars_and_a_full_size_scales_them():
    state = trend_states(WALK, MODEL).at([-1])
    table, double = flow_table(state, MODEL), flow_table(state, replace(MODEL, full_size_usd=2 * MODEL.full_size_usd))
    assert list(table) == ["week", "month"]
    for horizon, sessions in HORIZONS.items():
        for scenario, deviations in SCENARIOS.items():
            drift = deviations * np.sqrt(state.variance[0] * sessions) / sessions
            path = np.append(WALK, WALK[-1] * np.exp(drift * np.arange(1, sessions + 1)))
            change = np.diff(trend_positions(path, MODEL)[[-1 - sessions, -1]])[0]
            assert table[horizon][scenario] == pytest.approx(change * MODEL.full_size_usd, rel=1e-6)
            assert double[horizon][scenario] == pytest.approx(2 * table[horizon][scenario], rel=1e-12)


@pytest.mark.parametrize("stress", STRESSES, ids=lambda stress: stress.name)
def test_a_stress_falls_by_what_it_says_with_the_volatility_it_says(stress):
    returns = stress.returns
    assert np.exp(returns.sum()) - 1 == pytest.approx(stress.change, rel=1e-12)
    assert np.sqrt(252 * np.mean(returns**2)) == pytest.approx(stress.volatility, rel=1e-12)
    state = trend_states(WALK, MODEL).at([-1])
    path = np.append(WALK, WALK[-1] * np.exp(np.cumsum(returns)))
    change = np.diff(trend_positions(path, MODEL)[[-1 - stress.sessions, -1]])[0]
    assert stress_flow(state, MODEL, stress) == pytest.approx(change * MODEL.full_size_usd, rel=1e-6)


def test_on_the_order_flow_curve_they_trade_the_change_of_a_day():
    flow = TrendFlow(trend_states(WALK, MODEL).at([-1]), MODEL)
    spots = WALK[-1] * np.linspace(0.9, 1.1, 21)
    curve = flow_curve([flow], spots, np.array([0.0, 0.5, 1.0]))
    traded = curve.usd["trend_followers"]
    assert np.all(traded[0] == 0.0)
    assert traded[1] == pytest.approx(traded[2] / 2)
    for place in (0, 10, 20):
        after = trend_positions(np.append(WALK, spots[place]), MODEL)
        assert traded[2, place] == pytest.approx(MODEL.full_size_usd * (after[-1] - after[-2]), rel=1e-6, abs=1.0)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: TrendModel(full_size_usd=0.0), "full_size_usd"),
        (lambda: TrendModel(target_volatility=float("nan")), "target_volatility"),
        (lambda: TrendModel(execution_span=0.5), "execution_span"),
        (lambda: TrendModel(weights=(0.5, 0.5)), "3 weights"),
        (lambda: TrendModel(weights=(0.5, 0.4, 0.2)), "add up to 1"),
        (lambda: TrendModel(weights=(1.5, -0.4, -0.1)), "zero or more"),
        (lambda: TrendModel(spans=(1, 2, 3)), "two sessions"),
        (lambda: Stress("crash", -1.0, 5, 1.0), "above -1"),
        (lambda: Stress("crash", -0.2, 5, 0.1), "volatility of 71%"),
        (lambda: trend_states([1.0, 0.0, 2.0], MODEL), "in row 1"),
        (lambda: trend_states([1.0, np.nan], MODEL), "in row 1"),
        (lambda: trend_states([[1.0]], MODEL), "one dimension"),
        (lambda: sized([1.0], [0.0], 0.1), "above 0"),
    ],
)
def test_what_nobody_could_trade_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_any_signal_is_sized_by_volatility():
    assert sized([1.0, -1.0, 0.5], [0.2, 0.05, 0.4], 0.1) == pytest.approx([0.5, -1.0, 0.125])


@pytest.mark.real
def test_the_published_pivots(data_path):
    """Averages come as near to the levels that the spans were chosen on as was said, and half as near to others.

    Simple averages, of the spans that suit them best, do not.
    """
    dates, closes = closes_of(data_path("history", "SPX_History.csv"))
    limits = {"short": (10, 0.0735, 0.25), "medium": (7, 0.315, 0.88), "long": (6, 0.506, 1.27)}
    for place, (name, span) in enumerate(PIVOTS.items()):
        average = ema(closes, span)
        rows = [row for row in PUBLISHED if row.pivots[place] is not None]
        found = [average[dates == np.datetime64(row.close)][0] for row in rows]
        off = 100 * np.abs(np.array(found) / [row.pivots[place] for row in rows] - 1)
        chosen = np.array([str(row.close) in SHEET for row in rows])
        count, mean, most = limits[name]
        assert (chosen.sum(), off[chosen].mean() <= mean, off[chosen].max() <= most) == (count, True, True)
        told = (len(rows), round(off.mean(), 2), round(off.max(), 2))
        assert told == PIVOT_ERRORS_PCT[name]
        simple = [sma(closes, {38: 39, 121: 121, 345: 305}[span])[dates == np.datetime64(row.close)][0] for row in rows]
        apart = 100 * np.abs(np.array(simple) / [row.pivots[place] for row in rows] - 1)
        assert apart[chosen].mean() == pytest.approx({38: 0.524, 121: 0.578, 345: 0.914}[span], abs=0.001)
    day = dates == np.datetime64("2026-02-05")
    assert round(ema(closes, 121)[day][0], 1) == 6706.8
    assert round(ema(closes, 38)[day][0], 1) == 6891.0
    assert round(ema(closes, 38)[dates == np.datetime64("2025-11-13")][0], 2) == 6725.88


@pytest.mark.real
def test_the_published_percentiles(data_path):
    dates, closes = closes_of(data_path("history", "SPX_History.csv"))
    held = trend_positions(closes, MODEL)
    off = []
    for row in (row for row in PUBLISHED if row.percentile is not None):
        place = int(np.searchsorted(dates, np.datetime64(row.close)))
        past = held[:place][~np.isnan(held[:place])]
        off.append(abs(ranks_of(held[place], past)[0] - row.percentile))
    assert len(off) == 10
    assert round(float(np.mean(off)), 1) == PERCENTILE_ERROR
