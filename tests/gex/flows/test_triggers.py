"""Trigger prices: nudged to either side they flip the rule, by the averages themselves; the figures of November 2025."""

from __future__ import annotations

import numpy as np
import pytest
from daily_series import closes_of
from hypothesis import assume, given
from hypothesis import strategies as st

from gex.flows.triggers import FLAT_PATHS, REACH, RULES, Rule, lines, trigger_price, triggers
from gex.signals.averages import ema, sma

WALK = 5000 * np.exp(np.cumsum(np.random.default_rng(11).normal(0.0002, 0.012, 1100)))


def indicator(closes: np.ndarray, rule: Rule) -> float:
    """Return fast less slow after the last close, by the averages and not by the closed forms."""
    if rule.kind == "momentum":
        return float(closes[-1] - closes[-1 - rule.slow])
    average = {"sma": sma, "ema": ema}[rule.kind]
    return float(average(closes, rule.fast)[-1] - average(closes, rule.slow)[-1])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("sessions", [1, *FLAT_PATHS])
def test_a_close_on_either_side_of_the_trigger_turns_the_rule(rule, sessions):
    price = trigger_price(WALK, rule, sessions)
    if np.isnan(price):
        assert sessions >= rule.slow
        return
    for nudge in (1.0, -1.0):
        path = np.append(WALK, np.full(sessions, price + nudge))
        assert np.sign(indicator(path, rule)) == nudge
    assert indicator(np.append(WALK, np.full(sessions, price)), rule) == pytest.approx(0.0, abs=1e-8)


@given(
    kind=st.sampled_from(["sma", "ema", "momentum"]),
    fast=st.integers(1, 30),
    slow=st.integers(2, 60),
    sessions=st.integers(0, 40),
    price=st.floats(3000, 9000),
)
def test_a_rule_is_linear_in_the_price_of_a_flat_path(kind, fast, slow, sessions, price):
    fast = 1 if kind == "momentum" else fast
    assume(fast < slow)
    assume(kind != "momentum" or sessions <= slow)
    rule = Rule(kind, fast, slow)
    ((slope, offset),) = lines(WALK, rule, [sessions])
    path = np.append(WALK, np.full(sessions, price))
    assert slope >= 0.0
    assert slope * price + offset == pytest.approx(indicator(path, rule), abs=1e-7)


def test_simple_rules_have_the_simple_forms():
    assert trigger_price(WALK, Rule.read("sma:50")) == pytest.approx(WALK[-49:].mean(), rel=1e-13)
    assert trigger_price(WALK, Rule.read("ema:38")) == pytest.approx(ema(WALK, 38)[-1], rel=1e-13)
    assert trigger_price(WALK, Rule.read("momentum:63")) == WALK[-63]
    assert trigger_price(WALK, Rule.read("sma:20/120"), 20) == pytest.approx(WALK[-100:].mean(), rel=1e-13)


def test_what_a_trigger_says_of_itself():
    for each in triggers(WALK):
        assert each.state == np.sign(indicator(WALK, each.rule))
        assert each.in_reach == (abs(each.next_close / WALK[-1] - 1) <= REACH)
    pivot = triggers(WALK, [Rule.read("ema:38")])[0]
    assert pivot.state == np.sign(WALK[-1] - pivot.next_close)


@pytest.mark.real
def test_the_triggers_of_14_november_2025(data_path):
    dates, values = closes_of(data_path("history", "SPX_History.csv"))
    closes = values[: np.searchsorted(dates, np.datetime64("2025-11-14")) + 1]
    next_close = {
        "sma:10 sma:20 sma:30 sma:40 sma:50": (6779.84, 6797.61, 6755.48, 6735.50, 6708.43),
        "sma:60 sma:100 sma:120 sma:200": (6667.87, 6530.75, 6441.93, 6149.01),
        "sma:5/20 sma:10/30 sma:20/120": (6826.01, 6426.61, -1667.55),
        "ema:8/24 ema:12/26 ema:16/48": (6672.01, 6505.37, 5698.67),
    }
    for texts, prices in next_close.items():
        assert tuple(round(trigger_price(closes, Rule.read(text)), 2) for text in texts.split()) == prices
    flat = {
        "ema:8/24": (6752.22, 6761.26, 6764.65),
        "ema:16/48": (6526.73, 6627.58, 6675.86),
        "ema:32/96": (5617.81, 6122.50, 6380.85),
        "ema:20/120": (5855.92, 6220.55, 6395.13),
    }
    for text, prices in flat.items():
        found = [trigger_price(closes, Rule.read(text), sessions) for sessions in (5, 10, 21)]
        assert tuple(round(price, 2) for price in found) == prices
    slow = [trigger_price(closes, Rule.read("sma:20/120"), sessions) for sessions in (1, 5, 10, 20)]
    assert [round(price, 2) for price in slow] == [-1667.55, 5188.86, 6113.63, 6526.86]
    (far,) = triggers(closes, [Rule.read("sma:20/120")])
    assert not far.in_reach


@pytest.mark.parametrize(
    "text", ["ema", "ema:1", "sma:20/20", "sma:50/20", "momentum:5/20", "rsi:14", "sma:0", "ema:8/"]
)
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match=r"is no rule|sessions must be"):
        Rule.read(text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_how_many_closes_it_needs(rule):
    assert Rule.read(rule.name) == rule
    assert np.isfinite(trigger_price(WALK[-rule.needed :], rule))
    with pytest.raises(ValueError, match=f"needs {rule.needed} closes, got {rule.needed - 1}"):
        trigger_price(WALK[-rule.needed + 1 :], rule)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_price_that_is_none_is_refused(bad):
    closes = WALK.copy()
    closes[7] = bad
    with pytest.raises(ValueError, match="in row 7"):
        triggers(closes)
