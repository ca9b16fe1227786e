"""The simulated session, against the closed forms where everything is linear, and against walks written out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.flows.closing import LAST_HALF_HOUR, done_by
from gex.flows.day import DayPlan, simulate
from gex.flows.day_statistics import statistics
from gex.flows.feedback import Lagged, multiplier
from gex.flows.impact import LinearImpact, SquareRootImpact

SPOT, IMPACT, SIGMA = 6500.0, 1e-12, 0.01
KYLE = LinearImpact(IMPACT)


@dataclass(frozen=True)
class Gamma:
    """Dealers of constant $ gamma: -G ln(S/S0)."""

    gamma_usd: float
    name: str = "dealers"

    def usd(self, spots, elapsed):  # noqa: ARG002
        return -self.gamma_usd * np.log(spots / SPOT)


@dataclass(frozen=True)
class Drift:
    """So many dollars over the session, whatever the price."""

    total: float
    name: str = "charm"

    def usd(self, spots, elapsed):
        return np.full(len(spots), self.total * elapsed)


@dataclass(frozen=True)
class Closing:
    """Funds that buy c r at the close."""

    per_return: float
    name: str = "leveraged_funds"

    def usd(self, spots, elapsed):
        return self.per_return * np.log(spots / SPOT) * done_by(elapsed)


@dataclass(frozen=True)
class Trigger:
    """Sells once the price is under a level."""

    level: float
    size: float
    name: str = "trend_followers"

    def usd(self, spots, elapsed):  # noqa: ARG002
        return np.where(spots < self.level, -self.size, 0.0)


def run(*flows, impact=KYLE, **session):
    return simulate(flows, impact, SPOT, DayPlan(**{"daily_volatility": SIGMA, "days": 40, "seed": 7} | session))


def logs(days):
    return np.log(days.spots / SPOT), np.log(days.alone / SPOT)


@pytest.mark.parametrize("gamma_usd", [-2e11, -5e11, 5e10, 4e12])
def test_acting_at_once_every_move_is_the_multiplier_times_its_noise(gamma_usd):
    days = run(Gamma(gamma_usd), reach=0.5)
    moves, noise = logs(days)
    assert moves == pytest.approx(noise * multiplier(IMPACT, gamma_usd), abs=1e-13)
    assert days.usd["dealers"] == pytest.approx(-gamma_usd * moves, rel=1e-9, abs=1.0)
    found = statistics(days)
    assert found.volatility_ratio.value == pytest.approx(multiplier(IMPACT, gamma_usd), rel=1e-12)
    assert found.volatility_ratio.error == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("phi", [0.2, 0.5, -0.5, 0.8])
def test_acting_late_is_the_autoregression_written_out(phi):
    days = run(Gamma(-phi / IMPACT), late=True, reach=1.0, steps=100, days=5)
    moves, noise = logs(days)
    shocks, returns = np.diff(noise, axis=1), np.diff(moves, axis=1)
    expected, last = np.empty_like(returns), np.zeros(5)
    for step in range(100):
        last = expected[:, step] = shocks[:, step] + phi * last
    assert returns == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("phi", "volatility", "variance"),
    [(0.2, 1.0206, 1.4688), (0.5, 1.1547, 2.8), (-0.5, 1.1547, 0.3556), (0.8, 1.6667, 7.0231)],
)
def test_the_published_figures_come_out_within_their_monte_carlo_error(phi, volatility, variance):
    """A million steps in 5,000 sessions; errors of 0.02 to 0.15% of volatility and 0.4 to 0.6% of the variance ratio."""
    days = run(Gamma(-phi / IMPACT), late=True, reach=1.0, rungs=1, steps=250, days=5000)
    found = statistics(days, skip=50)
    assert found.volatility_ratio.error < 0.002 * volatility
    assert found.variance_ratio.error < 0.007 * variance
    assert abs(found.volatility_ratio.value - volatility) < 4 * found.volatility_ratio.error + 5e-5
    assert abs(found.variance_ratio.value - variance) < 4 * found.variance_ratio.error + 5e-5
    assert abs(found.autocorrelation.value - Lagged(phi).autocorrelation(1)) < 4 * found.autocorrelation.error


def test_time_alone_moves_the_price_by_its_dollars():
    days = run(Drift(3e9))
    moves, noise = logs(days)
    assert moves == pytest.approx(noise + IMPACT * 3e9 * days.elapsed, abs=1e-12)
    assert days.usd["charm"][:, -1] == pytest.approx(3e9)


def test_funds_make_the_close_follow_the_day():
    """In the linear limit the last half hour is (1 + lambda G) / (1 + lambda G - lambda c) - 1 of the rest."""
    gamma_usd, per_return = -2e11, 3e11
    days = run(Gamma(gamma_usd), Closing(per_return), days=4000, reach=0.5)
    moves, noise = logs(days)
    before = np.searchsorted(days.elapsed, 1 - LAST_HALF_HOUR - 1e-9)
    assert moves[:, before] == pytest.approx(noise[:, before] / (1 - 0.2), abs=1e-13)
    assert moves[:, -1] == pytest.approx(noise[:, -1] / (1 - 0.2 - 0.3), abs=1e-13)
    slope = statistics(days).close_slope
    assert slope.error < 0.02
    assert abs(slope.value - (0.8 / 0.5 - 1)) < 4 * slope.error
    assert abs(statistics(run(Gamma(gamma_usd), days=4000)).close_slope.value) < 4 * slope.error


def test_a_trigger_is_a_step_down_that_its_own_selling_keeps():
    days = run(Trigger(SPOT * math.exp(-0.005), 4e9), rungs=2000)
    moves, noise = logs(days)
    sold = days.usd["trend_followers"] < -2e9
    assert sold.any()
    assert not sold.all()
    clear = np.abs(moves + 0.005) > 2e-4
    assert np.where(sold, noise - 0.004, noise)[clear] == pytest.approx(moves[clear], abs=1e-12)
    # Once it sold, the price stays under the level until noise alone has brought it back by what was sold.
    assert (noise[sold] < -0.005 + 0.004 + 1e-4).all()


def test_the_price_leaps_where_no_price_near_is_at_rest():
    """Buying that runs ahead of the price by twice its move, between -1 and 1%: nothing rests inside."""

    @dataclass(frozen=True)
    class Chasing:
        name: str = "dealers"

        def usd(self, spots, elapsed):  # noqa: ARG002
            return 2e12 * np.clip(np.log(spots / SPOT), -0.01, 0.01)

    moves, noise = logs(run(Chasing(), rungs=600, reach=0.12))
    assert np.abs(moves[:, 1:]).min() > 0.01
    assert np.abs(moves[:, 1:] - noise[:, 1:]) == pytest.approx(np.full_like(noise[:, 1:], 0.02), abs=1e-12)
    # It stays on its branch until the noise has used up what holds it there.
    up = moves > 0
    assert (noise[:, 1:][up[:, 1:]] >= -0.01 - 1e-12).all()
    assert (noise[:, 1:][~up[:, 1:]] <= 0.01 + 1e-12).all()


def test_by_the_square_root_dollars_move_the_price_by_its_law():
    law = SquareRootImpact(5e11, SIGMA)
    days = run(Drift(2e10), impact=law)
    moves, noise = logs(days)
    assert moves == pytest.approx(noise + SIGMA * np.sqrt(2e10 * days.elapsed / 5e11), abs=1e-12)


def test_short_gamma_by_the_square_root_comes_to_rest_where_the_closed_form_says():
    """x - k sqrt(|G x|) sign(x) = e, solved for sqrt(x), on the side that the first shock took."""
    gamma, law = 5e12, SquareRootImpact(5e11, SIGMA)
    moves, noise = logs(run(Gamma(-gamma), impact=law, steps=2, days=200, rungs=4000))
    first, shock = moves[:, 1], noise[:, 1]
    k = SIGMA * math.sqrt(gamma / 5e11)
    expected = np.sign(shock) * ((k + np.sqrt(k * k + 4 * np.abs(shock))) / 2) ** 2
    assert first == pytest.approx(expected, abs=2e-7)


@given(gamma_usd=st.floats(-9e11, 5e12), total=st.floats(-1e10, 1e10), seed=st.integers(0, 2**40), late=st.booleans())
def test_sessions_are_theirs_alone_and_the_same_again(gamma_usd, total, seed, late):
    flows = Gamma(gamma_usd), Drift(total)
    many, few = (run(*flows, seed=seed, days=days, steps=12, rungs=25, late=late) for days in (6, 2))
    assert np.array_equal(many.spots[:2], few.spots)
    assert np.array_equal(many.alone[:2], few.alone)
    moves = np.log(many.spots / SPOT)
    noise = np.log(many.alone / SPOT)
    usd = many.usd["dealers"] + many.usd["charm"]
    if not late and not many.beyond.any():
        assert moves == pytest.approx(noise + IMPACT * usd, abs=1e-12)
    assert (many.spots[:, 0] == SPOT).all()


def test_beyond_the_pole_the_path_runs_off_the_ladder_and_says_so():
    days = run(Gamma(-2e12))
    assert days.beyond.all()
    assert np.isfinite(days.spots).all()
    assert not run(Gamma(-5e11), reach=0.5).beyond.any()


def test_late_in_the_session_less_noise_is_left():
    days = run(Gamma(0.0), since=0.75, days=4000)
    assert days.elapsed[0] == 0.75
    assert np.std(np.log(days.alone[:, -1] / SPOT)) == pytest.approx(0.005, rel=0.05)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("daily_volatility", 0.0),
        ("daily_volatility", 1.5),
        ("daily_volatility", math.nan),
        ("steps", 1),
        ("since", 1.0),
        ("days", 0),
        ("seed", -1),
        ("reach", 0.0),
        ("rungs", 0),
    ],
)
def test_sessions_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must lie from"):
        DayPlan(**{"daily_volatility": SIGMA} | {name: value})


def test_too_much_at_once_is_refused():
    with pytest.raises(ValueError, match=r"steps \* days"):
        DayPlan(SIGMA, steps=10_000, days=10_000)


def test_prices_and_flows_that_are_none_are_refused():
    @dataclass(frozen=True)
    class Broken:
        name: str = "broken"

        def usd(self, spots, elapsed):  # noqa: ARG002
            return np.where(spots > SPOT, np.nan, 0.0)

    with pytest.raises(ValueError, match="spot must be a positive price"):
        simulate([Drift(1.0)], LinearImpact(IMPACT), -1.0, DayPlan(SIGMA))
    with pytest.raises(ValueError, match="'broken' is not finite"):
        simulate([Broken()], LinearImpact(IMPACT), SPOT, DayPlan(SIGMA))
    with pytest.raises(ValueError, match="different names"):
        simulate([], LinearImpact(IMPACT), SPOT, DayPlan(SIGMA))


def test_statistics_of_one_session_have_no_error_and_ranges_are_kept():
    one = statistics(run(Gamma(-2e11), days=1))
    assert one.volatility_ratio.value == pytest.approx(1.25)
    assert one.volatility_ratio.error is None
    with pytest.raises(ValueError, match="skip must leave"):
        statistics(run(Gamma(0.0), steps=10), skip=9)
    with pytest.raises(ValueError, match="variance_steps must"):
        statistics(run(Gamma(0.0), steps=10))
    assert statistics(run(Gamma(0.0), steps=10), variance_steps=5).close_slope.value is None


@given(seed=st.integers(0, 2**32))
def test_statistics_are_those_of_a_plain_walk_over_the_days(seed):
    days = run(Gamma(-3e11), late=True, days=7, seed=seed, steps=30)
    moves, noise = logs(days)
    found = statistics(days, variance_steps=4)
    r, e = np.diff(moves), np.diff(noise)
    assert found.volatility_ratio.value == pytest.approx(np.sqrt(np.sum(r**2) / np.sum(e**2)))
    blocks = [each[t : t + 4].sum() ** 2 for each in r for t in range(27)]
    assert found.variance_ratio.value == pytest.approx(np.mean(blocks) / 4 / np.mean(r**2))
    pairs = [each[t] * each[t + 1] for each in r for t in range(29)]
    assert found.autocorrelation.value == pytest.approx(np.mean(pairs) / np.mean(r**2))


def test_errors_are_as_large_as_what_seeds_make_of_the_figures():
    found = [statistics(run(Gamma(-4e11), late=True, days=100, steps=30, rungs=1, seed=seed)) for seed in range(60)]
    for name in ("volatility_ratio", "variance_ratio", "autocorrelation", "close_slope"):
        estimates = [getattr(each, name) for each in found]
        spread = np.std([each.value for each in estimates])
        assert 0.7 < spread / np.mean([each.error for each in estimates]) < 1.4, name


def test_the_last_half_hour_of_a_short_session_is_more_of_it():
    days = run(Gamma(-2e11), days=50, steps=42)  # 210 minutes
    logs = np.log(days.spots)
    rest, last = logs[:, 36] - logs[:, 0], logs[:, 42] - logs[:, 36]
    found = statistics(days, closing=30 / 210).close_slope
    assert found.value == pytest.approx(float(last @ rest / (rest @ rest)), rel=1e-12)
    assert found.value != pytest.approx(statistics(days).close_slope.value, rel=1e-3)
