"""Odds and moves of 0DTE, and of each session to come, against integrals and the smiles that quotes were made of."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

from gex import Settings
from gex.intraday import Plan, zero_dte
from gex.intraday_moves import normal_between, pin_probability

UTC = dt.UTC
TODAY = dt.date(2025, 9, 5)
CLOSE = dt.datetime(2025, 9, 5, 20, 0, tzinfo=UTC)
MINUTES = 525_600.0


def test_pin_and_settlement_odds_against_the_integral(view) -> None:
    """The lognormal density integrated, with the smile's w at each strike."""
    forward = 6500.0 * np.exp(0.027 * 360 / MINUTES)
    for row in view.odds.to_dicts():
        w = row["w"]
        if row["pin_probability"] > 1e-12:
            density = norm(np.log(forward) - 0.5 * w * w, w).pdf
            low, high = (np.log(row["strike"] + side * row["half_spacing"]) for side in (-1, 1))
            assert row["pin_probability"] == pytest.approx(quad(density, low, high)[0], rel=1e-6)
        assert row["touch_probability"] == pytest.approx(2 * ndtr(-abs(np.log(row["strike"] / forward)) / w), rel=1e-6)
        d2 = np.log(forward / row["strike"]) / w - 0.5 * w
        assert row["above_probability"] == pytest.approx(ndtr(d2), rel=1e-6, abs=1e-12)
    assert set(view.odds["half_spacing"]) == {12.5}


@given(
    w=st.floats(1e-4, 0.5),
    strike=st.floats(50.0, 200.0),
    half=st.floats(0.01, 20.0),
    forward=st.floats(80.0, 120.0),
)
def test_pins_of_neighbours_add_up_to_the_range(w: float, strike: float, half: float, forward: float) -> None:
    """Bins side by side are one wide bin, in the tails too."""
    parts = sum(pin_probability(strike + side * half, half, forward, w) for side in (-1, 1))
    assert parts == pytest.approx(pin_probability(strike, 2 * half, forward, w), rel=1e-9, abs=1e-300)
    assert 0 <= parts <= 1


@given(low=st.floats(-30, 30), width=st.floats(0, 60))
def test_normal_between_keeps_the_tails(low: float, width: float) -> None:
    high = low + width
    mirrored = ndtr(-low) - ndtr(-high) if low > 0 else ndtr(high) - ndtr(low)
    assert normal_between(low, high) == pytest.approx(mirrored, rel=1e-9, abs=1e-15)
    assert normal_between(low, high) == normal_between(-high, -low)


def test_the_move_left_shrinks_with_the_root_of_time(chain, view) -> None:
    assert view.moves.one_sigma == pytest.approx(view.moves.straddle.one_sigma, rel=0.05)
    later = zero_dte(chain, Settings(at=CLOSE - dt.timedelta(minutes=90)))
    assert later.moves.one_sigma == pytest.approx(0.5 * view.moves.one_sigma, rel=1e-3)
    assert view.path["one_sigma"][-1] == pytest.approx(view.moves.one_sigma)
    assert view.path["one_sigma"][5] == pytest.approx(0.5 * view.moves.one_sigma)


def test_session_moves_are_what_the_smiles_were_made_of(make_chain) -> None:
    """A flat 16%, but for one day of 32%: its move is twice the others', which are 16% sqrt(one day)."""
    days = [dt.date(2025, 9, day) for day in (5, 8, 9, 10, 11, 12)]

    def variance(years: float) -> float:
        data_day = dt.timedelta(days=5)  # 2025-09-10
        start = (dt.datetime(2025, 9, 9, 20, tzinfo=UTC) - dt.datetime(2025, 9, 5, 14, tzinfo=UTC)) / data_day * 5 / 365
        return 0.16**2 * (years + 3.0 * np.clip(years - start, 0.0, 1 / 365))

    chain = make_chain(days, smile=lambda k, years: np.full_like(k, np.sqrt(variance(years))))
    view = zero_dte(chain)
    moves = dict(zip(view.sessions["expiration"], view.sessions["move_pct"], strict=True))
    day = 100 * 0.16 * np.sqrt(1 / 365)
    for date, expected in zip(days, (day * 0.5, day * 3**0.5, day, 2 * day, day, day), strict=True):
        assert moves[date] == pytest.approx(expected, rel=1e-3)
    typical = dict(zip(view.sessions["expiration"], view.sessions["times_typical"], strict=True))
    assert typical[dt.date(2025, 9, 10)] == pytest.approx(2.0, rel=1e-3)
    assert typical[TODAY] is None
    assert view.sessions["partial"].to_list() == [True] + [False] * 5


def test_an_evaluation_between_expirations_takes_the_rest_of_the_interval(make_chain) -> None:
    days = [dt.date(2025, 9, day) for day in (5, 8, 9)]
    chain = make_chain(days, smile=lambda k, years: np.full_like(k, 0.16 * np.sqrt(years)))
    sessions = zero_dte(chain, Settings(at=dt.datetime(2025, 9, 7, 8, tzinfo=UTC))).sessions
    assert sessions["expiration"][0] == dt.date(2025, 9, 8)
    assert sessions["move_pct"][0] == pytest.approx(16 * np.sqrt(1.5 / 365), rel=1e-3)


def test_falling_variance_is_null_with_a_reason(make_chain) -> None:
    days = [dt.date(2025, 9, day) for day in (5, 8, 9)]
    last = 4 + 0.25
    chain = make_chain(
        days, smile=lambda k, years: np.full_like(k, (0.1 if years * 365 > last - 0.1 else 0.3) * np.sqrt(years))
    )
    row = zero_dte(chain).sessions.row(2, named=True)
    assert row["move_pct"] is None
    assert "total variance falls" in row["reason"]


def test_sessions_of_a_gap_share_its_variance(make_chain) -> None:
    days = [dt.date(2025, 9, 5), dt.date(2025, 9, 12)]
    chain = make_chain(days, smile=lambda k, years: np.full_like(k, 0.16 * np.sqrt(years)))
    row = zero_dte(chain).sessions.row(1, named=True)
    assert row["sessions"] == 5
    assert row["move_pct"] == pytest.approx(16 * np.sqrt(7 / 365 / 5), rel=1e-3)
    holiday = zero_dte(chain, plan=Plan(sessions_of=lambda *_: 4)).sessions.row(1, named=True)
    assert holiday["move_pct"] == pytest.approx(16 * np.sqrt(7 / 365 / 4), rel=1e-3)
