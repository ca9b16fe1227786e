"""Prices that hedging confirms, against one short straddle whose delta, folds and critical impact have closed forms.

Without carry and struck so that d1 = 0 at S0, dealers short n straddles have D = -n (2 N(d) - 1), d = ln(S/S0) / w:
S0 S D' = -2 n S0 n(d) / w, hence lambda* = w sqrt(2 pi) / (2 n S0), and folds at d = +-sqrt(2 ln(lambda / lambda*)).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtr

from gex.flows.fixed_point import critical_impact, dealers_usd, response, trades_of
from gex.flows.impact import LinearImpact, SquareRootImpact
from gex.pricing import log_ladder

SPOT, W, UNITS = 6500.0, 0.02, 4e7
LADDER = log_ladder(SPOT, 0.2, 1001)
CRITICAL = W * math.sqrt(2 * math.pi) / (2 * UNITS * SPOT)
SCALE = UNITS * SPOT


def straddles(*books: tuple[float, float, float]):
    """Return dealers' delta short of straddles, each (units, ln(K'/S0), w)."""

    def shares(spots):
        x = np.log(np.asarray(spots) / SPOT)
        return -sum(units * (2.0 * ndtr((x - at) / w) - 1.0) for units, at, w in books)

    return shares


def short_straddle():
    return dealers_usd(straddles((UNITS, 0.0, W)), SPOT)


def shock_of(x: float, impact: float) -> float:
    """Return the shock that leads to ln(S/S0) = x, written out."""
    return x - impact * SCALE * (2 * ndtr(x / W) - 1)


def test_the_critical_impact_is_the_closed_form():
    found = critical_impact(trades_of(short_straddle(), SPOT, LADDER))
    assert found.impact == pytest.approx(CRITICAL, rel=1e-8)
    assert found.spot == pytest.approx(SPOT, rel=1e-5)


def test_long_gamma_everywhere_has_no_critical_impact():
    found = critical_impact(trades_of(dealers_usd(straddles((-UNITS, 0.0, W)), SPOT), SPOT, LADDER))
    assert (found.impact, found.spot) == (None, None)


@pytest.mark.parametrize("times", [0.2, 0.9, 0.999])
def test_below_it_every_shock_has_one_answer(times):
    found = response(trades_of(short_straddle(), SPOT, LADDER), LinearImpact(times * CRITICAL))
    assert found.folds == ()
    assert found.stable
    assert found.next_folds == (None, None)
    for shock in np.linspace(-0.1, 0.1, 41):
        (only,) = found.equilibria(float(shock))
        expected = brentq(lambda x, e=shock: shock_of(x, times * CRITICAL) - e, -1.0, 1.0, xtol=1e-15)
        assert math.log(only.spot / SPOT) == pytest.approx(expected, abs=1e-11)
        assert only.stable


@pytest.mark.parametrize("times", [1.01, 1.5, 4.0])
def test_above_it_the_map_folds_where_the_closed_form_says(times):
    impact = times * CRITICAL
    found = response(trades_of(short_straddle(), SPOT, LADDER), LinearImpact(impact))
    d = math.sqrt(2 * math.log(times))
    lower, upper = found.folds
    assert not found.stable
    # The first stable price below S0 is left upward, the first above it downward.
    assert (lower.upward, upper.upward) == (True, False)
    assert math.log(lower.spot / SPOT) == pytest.approx(-d * W, abs=2e-8)
    assert lower.shock == pytest.approx(shock_of(-d * W, impact), abs=1e-13)
    assert upper.shock == pytest.approx(-lower.shock, abs=1e-13)


@pytest.mark.parametrize("times", [1.01, 1.5, 4.0])
def test_a_cascade_is_as_long_as_the_branches_are_apart(times):
    impact = times * CRITICAL
    lower, upper = response(trades_of(short_straddle(), SPOT, LADDER), LinearImpact(impact)).folds
    d = math.sqrt(2 * math.log(times))
    lands = brentq(lambda x: shock_of(x, impact) - shock_of(-d * W, impact), d * W, 1.0, xtol=1e-15)
    assert math.log(lower.lands / SPOT) == pytest.approx(lands, abs=1e-11)
    assert lower.cascade == pytest.approx(lands + d * W, abs=3e-8)
    assert upper.cascade == pytest.approx(-lower.cascade, abs=6e-8)


@pytest.mark.parametrize("shock", [0.0, 1e-3, -2e-3])
def test_all_three_answers_are_found_and_the_middle_one_is_not_stable(shock):
    impact = 2 * CRITICAL
    found = response(trades_of(short_straddle(), SPOT, LADDER), LinearImpact(impact)).equilibria(shock)
    d = math.sqrt(2 * math.log(2)) * W
    expected = [
        brentq(lambda x: shock_of(x, impact) - shock, *ends, xtol=1e-16) for ends in ((-1, -d), (-d, d), (d, 1))
    ]
    assert [math.log(each.spot / SPOT) for each in found] == pytest.approx(expected, abs=1e-11)
    assert [each.stable for each in found] == [True, False, True]


def test_a_price_on_a_stable_branch_knows_what_lies_ahead():
    """Short straddles struck 5% below: the price is at rest now, and a fall towards them runs away."""
    usd = dealers_usd(straddles((UNITS, -0.05, W)), SPOT)
    found = response(trades_of(usd, SPOT, LADDER), LinearImpact(2 * CRITICAL))
    below, above = found.next_folds
    assert found.stable
    assert above is None
    assert not below.upward
    assert below.shock < 0
    assert below.lands < below.spot < SPOT
    d = math.sqrt(2 * math.log(2)) * W
    assert math.log(below.spot / SPOT) == pytest.approx(-0.05 + d, abs=2e-8)
    # A little less than that shock and the price holds, a little more and it is gone.
    held, gone = (max(each.spot for each in found.equilibria(below.shock + by)) for by in (1e-9, -1e-9))
    assert held == pytest.approx(below.spot, rel=1e-4)
    assert gone == pytest.approx(below.lands, rel=1e-6)


def test_a_cascade_beyond_the_ladder_has_no_length():
    usd = dealers_usd(straddles((UNITS, -0.05, W)), SPOT)
    near = log_ladder(SPOT, 0.06, 1001)
    below, _ = response(trades_of(usd, SPOT, near), LinearImpact(2 * CRITICAL)).next_folds
    assert (below.lands, below.cascade) == (None, None)


def test_by_the_square_root_short_gamma_drives_itself():
    """Q = -G x: e = x - k sqrt(|G x|) sign(x) folds at k^2 |G| / 4, rests at k^2 |G|, and lands as worked out by hand."""
    gamma, law = -5e12, SquareRootImpact(5e11, 0.01)
    reach = 0.01**2 / 5e11 * 5e12
    found = response(trades_of(lambda spots: -gamma * np.log(spots / SPOT), SPOT, LADDER), law)
    rest = [math.log(each.spot / SPOT) for each in found.equilibria(0.0)]
    assert rest == pytest.approx([-reach, 0.0, reach], abs=1e-11)
    assert [each.stable for each in found.equilibria(0.0)] == [True, False, True]
    lower, upper = found.folds
    assert math.log(upper.spot / SPOT) == pytest.approx(reach / 4, rel=1e-5)
    assert upper.shock == pytest.approx(-reach / 4, rel=1e-11)
    assert math.log(upper.lands / SPOT) == pytest.approx(-reach * ((1 + math.sqrt(2)) / 2) ** 2, rel=1e-9)
    assert lower.cascade == pytest.approx(-upper.cascade, rel=1e-5)


BOOKS = st.lists(
    st.tuples(st.floats(-6e7, 6e7), st.floats(-0.06, 0.06), st.floats(0.004, 0.03)), min_size=1, max_size=5
)


@given(books=BOOKS, impact=st.floats(1e-15, 2e-13), shock=st.floats(-0.08, 0.08))
def test_every_answer_is_found_and_each_is_one(books, impact, shock):
    usd = dealers_usd(straddles(*books), SPOT)
    found = response(trades_of(usd, SPOT, LADDER), LinearImpact(impact))
    answers = found.equilibria(shock)
    for each in answers:
        error = math.log(each.spot / SPOT) - impact * float(usd(np.array([each.spot]))[0]) - shock
        assert abs(error) < 1e-10
    dense = log_ladder(SPOT, 0.2, 8001)
    values = np.log(dense / SPOT) - impact * usd(dense) - shock
    assume(np.min(np.abs(values)) > 0)
    seen = np.flatnonzero(np.sign(values[1:]) != np.sign(values[:-1]))
    assert len(answers) >= len(seen)
    for at in seen:
        assert any(dense[at] * (1 - 1e-12) <= each.spot <= dense[at + 1] * (1 + 1e-12) for each in answers)
    assert [each.stable for each in answers] == [bool(values[0] < 0) ^ bool(n % 2) for n in range(len(answers))]


@given(books=BOOKS, times=st.floats(0.05, 3.0))
def test_prices_are_unique_exactly_up_to_the_critical_impact(books, times):
    usd = dealers_usd(straddles(*books), SPOT)
    critical = critical_impact(trades_of(usd, SPOT, LADDER)).impact
    assume(critical is not None and critical < 1e-9 and abs(times - 1) > 1e-3)
    assert (response(trades_of(usd, SPOT, LADDER), LinearImpact(times * critical)).folds == ()) == (times < 1)


@given(books=BOOKS, impact=st.floats(1e-15, 2e-13))
def test_cascades_land_on_the_same_shock(books, impact):
    usd = dealers_usd(straddles(*books), SPOT)
    for fold in response(trades_of(usd, SPOT, LADDER), LinearImpact(impact)).folds:
        if fold.lands is not None:
            moved = impact * usd(np.array([fold.lands]))[0]
            assert math.log(fold.lands / SPOT) - moved == pytest.approx(fold.shock, abs=1e-10)
            assert (fold.lands > fold.spot) == fold.upward


@pytest.mark.parametrize(
    ("ladder", "match"),
    [
        (LADDER[::-1], "ascending"),
        (LADDER[:2], "three or more"),
        (LADDER[600:], "both sides"),
        (np.array([-1.0, 6500.0, 7000.0]), "positive"),
    ],
)
def test_what_is_no_ladder_is_refused(ladder, match):
    with pytest.raises(ValueError, match=match):
        trades_of(short_straddle(), SPOT, ladder)


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        trades_of(lambda spots: spots * math.nan, SPOT, LADDER)
    with pytest.raises(ValueError, match="shock must be finite"):
        response(trades_of(short_straddle(), SPOT, LADDER), LinearImpact(1e-14)).equilibria(math.nan)
