"""Volatility that moves with spot, against SciPy's interpolation and the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import interp1d

from gex import Settings, analyze
from gex.analysis import priced
from gex.dynamics import Smiles, VolBeta, sticky_moneyness
from gex.positioning import FULL_SKEW, SKEW_W, call_weight

SMILES = Smiles(
    k=np.array([-0.2, -0.1, 0.0, 0.3, 0.05]), w=np.array([0.3, 0.2, 0.1, 0.4, 0.7]), first=np.array([0, 4, 4, 5])
)
"""Four strikes, none, and one."""


@given(st.floats(-1.0, 1.0))
def test_smiles_are_linear_between_strikes_and_flat_beyond(k) -> None:
    first, none, one = SMILES.at(np.full(3, k), np.arange(4))
    expected = interp1d(SMILES.k[:4], SMILES.w[:4], bounds_error=False, fill_value=(0.3, 0.4))(k)
    assert first == pytest.approx(float(expected), rel=1e-9)
    assert np.isnan(none)
    assert one == 0.7


def test_no_smile_at_all_is_no_volatility() -> None:
    empty = Smiles(np.empty(0), np.empty(0), np.array([0, 0]))
    assert np.isnan(empty.at(np.array([0.1]), np.array([0, 1]))).all()


def test_sticky_moneyness_is_the_same_smile_around_the_moved_forward(chain) -> None:
    """w'(K) at S' is w(K S / S'): each expiration's smile read with SciPy at the strike as far from the forward."""
    base = priced(chain, Settings(positions="naive"))
    quotes, smile = base.market.quotes, base.market.volatility.smile
    moved = (
        sticky_moneyness(base.market, base.market.used).factor(1.01 * base.market.level)
        * base.book.sigma
        * np.sqrt(base.book.years)
    )
    for index in range(len(base.market.years)):
        at = quotes.expirations.rungs(index)
        k = np.log(quotes.rungs.strike[at] / base.market.forwards.forward[index])
        ends = (smile[at][0], smile[at][-1])
        read = interp1d(k, smile[at], bounds_error=False, fill_value=ends)
        mine = quotes.expiration[base.market.used] == index
        strike = quotes.strike[base.market.used][mine]
        expected = read(np.log(strike / base.market.forwards.forward[index]) - np.log(1.01))
        assert moved[mine] == pytest.approx(expected, rel=1e-9)


def flat_smile(k: np.ndarray, years: float) -> np.ndarray:
    """Return 16% for every strike, as a total standard deviation."""
    return np.full_like(k, 0.16 * np.sqrt(years))


def test_a_flat_smile_does_not_care_what_sticks(make_chain) -> None:
    flat_chain = make_chain(smile=flat_smile)
    strike, moneyness = (
        analyze(flat_chain, Settings(dynamics=name, band=())) for name in ("sticky-strike", "sticky-moneyness")
    )
    assert moneyness.levels.gamma_flip == pytest.approx(strike.levels.gamma_flip, rel=1e-9)


def test_vol_beta_is_a_power_of_spot() -> None:
    assert VolBeta(100.0, -4.0).factor(101.0) == pytest.approx(1.01**-4.0, rel=1e-15)
    assert VolBeta(100.0, -4.0).factor(100.0) == 1.0


def test_vol_beta_moves_the_profile_and_leaves_what_is_at_spot(chain) -> None:
    still, moving = (analyze(chain, Settings(dynamics=name, band=())) for name in ("sticky-strike", "vol-beta"))
    assert moving.exposure == still.exposure
    assert moving.levels.walls == still.levels.walls
    at = np.searchsorted(still.profile.spots, 1.01 * 6500.0)
    spot = float(still.profile.spots[at])
    book = priced(chain, Settings(positions="naive")).book
    d = book.sigma * (spot / 6500.0) ** -4.0 * np.sqrt(book.years)
    d1 = np.log(spot / book.strike) / d + (book.rate - book.dividend) * book.years / d + 0.5 * d
    gamma = np.exp(-book.dividend * book.years - 0.5 * d1**2) / (np.sqrt(2 * np.pi) * spot * d)
    expected = float(np.sum(0.01 * spot**2 * book.units * gamma))
    assert moving.profile.gamma_usd_per_1pct[at] == pytest.approx(expected, rel=1e-11)


def test_call_weight_reads_the_skew_of_each_expiration(chain) -> None:
    """w at 25% call delta over w at the money, from the smile the quotes were made with."""
    market = priced(chain, Settings(positions="naive")).market
    weight = call_weight(market)
    for index in market.priced:
        forward = market.forward(int(index))
        money = market.w(int(index), forward)
        call = market.w(int(index), forward * np.exp(SKEW_W * money))
        assert weight[index] == pytest.approx(np.clip((1.0 - call / money) / FULL_SKEW, -1.0, 1.0), abs=1e-9)
    assert ((weight >= -1.0) & (weight <= 1.0)).all()
