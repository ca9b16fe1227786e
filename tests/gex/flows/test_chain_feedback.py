"""Feedback of a chain: its gamma, the closed forms on it, its folds re-priced, and a session of all who trade it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from gex import analyze, read_chain
from gex.analysis import priced
from gex.flows.chain_feedback import feedback_of, linear_of
from gex.flows.day import DayPlan, simulate
from gex.flows.day_statistics import statistics
from gex.flows.feedback import multiplier
from gex.flows.funds import Fund, Rebalancing
from gex.flows.hedging import Hedging
from gex.flows.impact import LinearImpact, SquareRootImpact, kyle_impact
from gex.profile import ladder_of
from gex.settings import Settings

HOURS = 1.0 / (365.0 * 24.0)


@pytest.fixture(scope="module", name="base")
def _base(chain):
    """Return dealers short of everything."""
    return priced(chain, Settings(positions="short-all"))


def test_gamma_is_a_hundred_times_that_of_the_report(chain, base):
    found = feedback_of(base.book, base.market.level, None)
    expected = analyze(chain, Settings(positions="short-all", band=())).exposure.gamma_usd_per_1pct.net
    assert found.gamma_usd == pytest.approx(100 * expected, rel=1e-9)


def test_without_an_impact_the_critical_one_is_there_and_the_rest_says_why(base):
    found = feedback_of(base.book, base.market.level, None)
    assert (found.linear, found.prices) == (None, None)
    assert "no impact is known" in found.reasons["linear"]
    assert found.critical.impact > 0


def test_the_critical_impact_is_that_of_exact_gamma(base):
    """-1 / min(S0 S D'(S)), with gamma summed by itself rather than as a difference of delta."""
    spot = base.market.level
    found = feedback_of(base.book, spot, None).critical
    spots = ladder_of(base.book, spot, 0.1)
    slopes = spot / spots * 100 * base.book.gamma_usd_profile(spots)
    assert found.impact == pytest.approx(-1 / np.min(slopes), rel=1e-3)
    at = np.array([found.spot])
    assert found.impact == pytest.approx(-found.spot / spot / (100 * base.book.gamma_usd_profile(at)[0]), rel=1e-6)


def test_linear_figures_are_the_closed_forms(base):
    found = feedback_of(base.book, base.market.level, LinearImpact(1e-13)).linear
    product = 1e-13 * feedback_of(base.book, base.market.level, None).gamma_usd
    assert found.strength == pytest.approx(product)
    assert found.multiplier == pytest.approx(1 / (1 + product))
    assert found.late.phi == pytest.approx(-product)
    assert found.room_usd == pytest.approx((1 + product) / 1e-13)
    assert found.critical_gamma_usd == -1e13


def test_beyond_the_pole_it_says_so_and_goes_on(base):
    spot = base.market.level
    pole = -1 / feedback_of(base.book, spot, None).gamma_usd
    found = feedback_of(base.book, spot, LinearImpact(1.5 * pole))
    assert found.linear.regime == "no equilibrium"
    assert (found.linear.multiplier, found.linear.late) == (None, None)
    assert "no equilibrium" in found.linear.reasons["multiplier"]
    assert "one step late" in found.linear.reasons["late"]
    assert found.linear.room_usd < 0
    assert not found.prices.stable
    assert found.prices.next_folds == (None, None)


def test_at_rest_is_where_the_linear_model_has_an_answer(base):
    spot = base.market.level
    pole = -1 / feedback_of(base.book, spot, None).gamma_usd
    for times, rests in ((0.98, True), (1.02, False)):
        assert feedback_of(base.book, spot, LinearImpact(times * pole)).prices.stable == rests


def test_long_gamma_overshoots_late_but_not_at_once():
    found = linear_of(1e-12, 2e12)
    assert found.multiplier == pytest.approx(1 / 3)
    assert found.late is None
    assert "late" in found.reasons
    assert linear_of(0.0, 2e12).critical_gamma_usd is None


def test_where_hedging_resists_every_move_nothing_folds(base):
    found = feedback_of(replace(base.book, units=-base.book.units), base.market.level, LinearImpact(1e-12))
    assert found.critical.impact is None
    assert "resists every move" in found.reasons["critical.impact"]
    assert found.prices.folds == ()


def test_the_square_root_is_compared_at_a_days_move(base):
    law = SquareRootImpact(1e11, 0.01)
    found = feedback_of(base.book, base.market.level, law)
    traded = abs(found.gamma_usd) * 0.01
    assert found.linear.impact_per_usd == pytest.approx(0.01 * math.sqrt(traded / 1e11) / traded)
    nothing = feedback_of(replace(base.book, units=0.0 * base.book.units), base.market.level, law)
    assert "no slope" in nothing.reasons["linear"]
    assert nothing.prices.folds == ()


@pytest.mark.parametrize("reach", [0.0, 0.6, math.nan])
def test_a_reach_out_of_range_is_refused(base, reach):
    with pytest.raises(ValueError, match="reach must"):
        feedback_of(base.book, base.market.level, None, reach=reach)


def test_small_moves_of_a_chain_are_the_multiplier_times_their_noise(base):
    spot = base.market.level
    impact = LinearImpact(-0.3 / feedback_of(base.book, spot, None).gamma_usd)
    hedging = Hedging(base.book.held(), spot, -1e-9, 1e-6 * HOURS)  # no time for charm
    days = simulate([hedging], impact, spot, DayPlan(1e-5, days=50, reach=2e-4))
    assert statistics(days).volatility_ratio.value == pytest.approx(multiplier(1.0, -0.3), rel=1e-3)


def test_everyone_on_one_curve_moves_the_price_by_what_all_of_them_trade(base):
    spot = base.market.level
    impact = kyle_impact(1e11, 0.01)
    flows = [
        Hedging(base.book.held(), spot, -0.5 * HOURS, 6 * HOURS),
        Rebalancing((Fund("SPXL", "SPX", 3.0, 6e9, base.market.today, "test"),), spot * 0.99),
    ]
    days = simulate(flows, impact, spot, DayPlan(0.01, since=flows[0].begun, days=20, seed=3))
    assert set(days.usd) == {"dealers", "leveraged_funds"}
    moved = impact.log_return(days.usd["dealers"] + days.usd["leveraged_funds"])
    assert np.log(days.spots / spot) == pytest.approx(np.log(days.alone / spot) + moved, abs=1e-12)
    assert (days.usd["leveraged_funds"][:, : len(days.elapsed) // 2] == 0).all()
    # Charm and gamma are those of the book re-priced at the close, up to the ladder's straight lines.
    closing = flows[0].usd(np.sort(days.spots[:, -1]), 1.0)
    assert np.sort(days.spots[:, -1]).shape == closing.shape
    assert days.usd["dealers"][np.argsort(days.spots[:, -1]), -1] == pytest.approx(closing, rel=0.02, abs=2e8)


@pytest.mark.real
def test_a_real_chain_has_the_figures_of_its_gamma(data_path):
    """SPX 2025-09-05: +114 $bn per 1%, damped; short of everything and a fifth of the depth, folds that re-price."""
    chain = read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv"))
    base = priced(chain, Settings())
    found = feedback_of(base.book, base.market.level, kyle_impact(5e11, 0.01))
    assert found.linear.strength == pytest.approx(0.2281, abs=1e-3)
    assert found.linear.multiplier == pytest.approx(0.8143, abs=1e-3)
    assert found.prices.folds == ()
    steep = feedback_of(base.book, base.market.level, LinearImpact(1e-12))
    (below,) = [fold for fold in steep.prices.folds if not fold.upward]
    assert below == steep.prices.next_folds[0]
    # Around the fold the shock needed has its lowest value: a little further it takes less.
    trades = steep.prices.trades
    near = below.spot * np.array([1 - 1e-4, 1.0, 1 + 1e-4])
    needed = np.log(near / found.spot) - 1e-12 * trades.usd(near)
    assert needed.argmin() == 1
    assert needed[1] == pytest.approx(below.shock, abs=1e-9)
