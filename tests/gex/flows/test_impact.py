"""Impact laws: their units, their oddness, and how they meet."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.flows.impact import LinearImpact, SquareRootImpact, kyle_impact

AMOUNTS = st.floats(-1e13, 1e13).filter(lambda usd: abs(usd) > 1.0)


def test_a_hundredth_of_the_days_volume_moves_the_price_a_tenth_of_a_days_move():
    law = SquareRootImpact(adv_usd=5e11, daily_volatility=0.01)
    assert law.log_return(np.array([5e9, -5e9, 0.0, 5e11])) == pytest.approx([0.001, -0.001, 0.0, 0.01])


def test_the_linear_law_is_a_return_per_dollar():
    assert LinearImpact(1e-12).log_return(np.array([1e10, -1e10])) == pytest.approx([0.01, -0.01])
    assert kyle_impact(5e11, 0.01, 0.5).per_usd == pytest.approx(1e-14)


@given(usd=AMOUNTS, adv=st.floats(1e6, 1e13), volatility=st.floats(1e-4, 0.5), prefactor=st.floats(0.1, 3.0))
def test_laws_are_odd_and_the_square_roots_linear_equal_agrees_where_it_was_taken(usd, adv, volatility, prefactor):
    law = SquareRootImpact(adv, volatility, prefactor)
    moved = float(law.log_return(np.array(usd)))
    assert float(law.log_return(np.array(-usd))) == -moved
    assert float(law.log_return(np.array(usd / 4))) == pytest.approx(moved / 2)
    assert float(law.linear_at(usd).log_return(np.array(usd))) == pytest.approx(moved)
    # Both laws agree on a whole day's volume.
    assert float(law.log_return(np.array(adv))) == pytest.approx(
        float(kyle_impact(adv, volatility, prefactor).log_return(np.array(adv)))
    )


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("name", ["adv_usd", "daily_volatility", "prefactor"])
def test_what_is_no_market_is_refused(name, bad):
    given = {"adv_usd": 1e9, "daily_volatility": 0.01, "prefactor": 1.0} | {name: bad}
    with pytest.raises(ValueError, match=name):
        SquareRootImpact(**given)
    with pytest.raises(ValueError, match=name):
        kyle_impact(**given)


def test_percents_for_fractions_and_other_nonsense_are_refused():
    with pytest.raises(ValueError, match=r"0\.01 for 1%"):
        kyle_impact(1e9, 1.2)
    with pytest.raises(ValueError, match="other than 0"):
        SquareRootImpact(1e9, 0.01).linear_at(0.0)
    for bad in (-1e-12, math.nan, math.inf):
        with pytest.raises(ValueError, match="return per"):
            LinearImpact(bad)
