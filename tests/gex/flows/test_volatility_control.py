"""Volatility control: closed forms, pandas on the real history, no look at later days."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.flows.closing import LAST_HALF_HOUR
from gex.flows.volatility_control import Rule, VolatilityControl

AUM = 200e9


def zigzag(daily: float, days: int) -> np.ndarray:
    """Return closes whose every log return is plus or minus `daily`."""
    return 100.0 * np.exp(daily * (np.arange(days) % 2))


def walk(seed: int, days: int = 130) -> np.ndarray:
    return 4000.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, days)))


def test_constant_volatility_gives_target_over_volatility() -> None:
    daily = 0.2 / math.sqrt(252.0)
    held = Rule(target=0.1, lag=2).held(zigzag(daily, 100))
    assert np.isnan(held[:62]).all()
    assert held[62:] == pytest.approx(np.full(38, 0.5))
    assert Rule(cap=1.5).held(zigzag(0.0001, 100))[-1] == 1.5
    assert Rule(cap=1.5).held(np.full(100, 50.0))[-1] == 1.5, "no volatility at all"


def test_the_larger_volatility_counts() -> None:
    closes = np.concatenate([zigzag(0.005, 70), zigzag(0.02, 20)])
    assert Rule(cap=9.0).decided(closes)[-1] == pytest.approx(Rule(cap=9.0, windows=(20,)).decided(closes)[-1])
    calm = np.concatenate([zigzag(0.02, 70), zigzag(0.005, 21)])
    assert Rule(cap=9.0).decided(calm)[-1] == pytest.approx(Rule(cap=9.0, windows=(60,)).decided(calm)[-1])


@given(st.integers(0, 50), st.integers(62, 129), st.integers(0, 3))
def test_a_day_rests_on_nothing_later(seed: int, cut: int, lag: int) -> None:
    closes, rule = walk(seed), Rule(lag=lag)
    for of in (rule.decided, rule.held, rule.trades):
        np.testing.assert_array_equal(of(closes)[:cut], of(closes[:cut]))


@given(st.integers(0, 50), st.integers(0, 3), st.floats(0.9, 1.1))
def test_the_flow_is_the_next_trade_of_the_history(seed: int, lag: int, ratio: float) -> None:
    """The flow before a session, at the price it closes at, is what the rule says afterwards."""
    closes = walk(seed)
    price = closes[-1] * ratio
    after = np.append(closes, price)
    flow = VolatilityControl(closes, AUM, Rule(lag=lag))
    spots = np.array([0.97 * price, price])
    assert flow.usd(spots, 1.0)[1] == pytest.approx(AUM * Rule(lag=lag).trades(after)[-1], rel=1e-9, abs=1.0)
    assert flow.decided_usd(spots)[1] == pytest.approx(AUM * Rule(lag=0).trades(after)[-1], rel=1e-9, abs=1.0)
    assert flow.exposure == pytest.approx(Rule(lag=lag).held(closes)[-1])
    if lag:
        assert flow.usd(spots, 1.0)[0] == flow.usd(spots, 1.0)[1], "the price of the session itself decides nothing yet"


def test_they_trade_in_the_closing_part() -> None:
    flow, spots = VolatilityControl(walk(1), AUM), np.array([3900.0, 4000.0])
    assert flow.usd(spots, 1.0 - LAST_HALF_HOUR) == pytest.approx([0.0, 0.0])
    assert flow.usd(spots, 1.0 - 0.5 * LAST_HALF_HOUR) == pytest.approx(0.5 * flow.usd(spots, 1.0))


def test_a_crash_makes_them_sell_a_lag_later() -> None:
    flow = VolatilityControl(zigzag(0.008, 100), AUM, Rule(target=0.12, lag=2))
    assert flow.usd(np.array([95.0]), 1.0)[0] == pytest.approx(0.0, abs=1.0)
    assert flow.decided_usd(np.array([95.0]))[0] < -5e9


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Rule(target=0.0), "target"),
        (lambda: Rule(target=10.0), "target"),
        (lambda: Rule(cap=-1.0), "cap"),
        (lambda: Rule(cap=math.nan), "cap"),
        (lambda: Rule(windows=()), "windows"),
        (lambda: Rule(windows=(1,)), "windows"),
        (lambda: Rule(lag=-1), "lag"),
        (lambda: VolatilityControl(walk(1), math.nan), "aum_usd"),
        (lambda: VolatilityControl(walk(1)[:61], AUM), "not enough history: 61 closes, 62"),
        (lambda: VolatilityControl(np.append(walk(1), 0.0), AUM), "positive"),
        (lambda: VolatilityControl(np.append(walk(1), math.nan), AUM), "positive"),
        (lambda: VolatilityControl(walk(1), AUM, closing=1.5), "closing"),
    ],
)
def test_what_makes_no_sense_is_refused(make, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()


@pytest.mark.real
def test_the_s_and_p_500_since_1928_against_pandas(data_path) -> None:
    table = pl.read_csv(data_path("history", "SPX_History.csv"))
    closes = table["CLOSE"].to_numpy()
    squares = np.log(pd.Series(closes)).diff() ** 2
    volatility = np.sqrt(
        252 * pd.concat([squares.rolling(n).mean() for n in (20, 60)], axis=1).max(axis=1, skipna=False)
    )
    expected = np.minimum(1.5, 0.10 / volatility).shift(2)
    held = Rule(lag=2).held(closes)
    assert held == pytest.approx(expected.to_numpy(), rel=1e-6, nan_ok=True)
    assert np.isfinite(held[62:]).all()
