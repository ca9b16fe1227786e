"""Forwards from the quotes of chains whose forward is known."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.pricing import forward_from_parity, price


class Quotes(NamedTuple):
    """One expiration, in the order of the arguments of `forward_from_parity`."""

    strike: np.ndarray
    call_bid: np.ndarray
    call_ask: np.ndarray
    put_bid: np.ndarray
    put_ask: np.ndarray


SPOT, RATE, DIVIDEND = 6000.0, 0.045, 0.013


def forward_of(days: float) -> float:
    return SPOT * math.exp((RATE - DIVIDEND) * days / 365.0)


def discount_of(days: float) -> float:
    return math.exp(-RATE * days / 365.0)


def quoted(days: float, seed: int, stale: float = 0.0, tick: float = 0.05, step: float = 5.0) -> Quotes:
    """Return quotes on a smile: spreads that grow with the price, ticks, no bid under a tick, and stale sides.

    A stale side was quoted when spot was 15 basis points higher.
    """
    rng = np.random.default_rng(seed)
    years = days / 365.0
    reach = max(5 * 0.15 * math.sqrt(years), 4 * step / SPOT)
    strike = np.arange(math.ceil(SPOT * math.exp(-reach) / step) * step, SPOT * math.exp(0.8 * reach), step)
    strike = strike[:: max(1, strike.size // 150)]
    level = 0.14 + 0.03 * math.sqrt(min(years, 1.0))
    depth = np.log(strike / forward_of(days)) / (level * math.sqrt(years))
    sigma = np.clip(level * (1 - 0.1 * depth + 0.035 * np.sqrt(depth * depth + 0.5)), 0.06, 2.0)
    sides = []
    for is_call in (True, False):
        fair = price(SPOT, strike, years, sigma, RATE, DIVIDEND, is_call)
        before = price(SPOT * 1.0015, strike, years, sigma, RATE, DIVIDEND, is_call)
        half = 0.05 + 0.01 * fair**0.75
        mid = np.where(rng.random(strike.size) < stale, before, fair + rng.uniform(-0.5, 0.5, strike.size) * half)
        bid = np.floor((mid - half) / tick + 1e-9) * tick
        sides += [np.where(bid < tick / 2, 0.0, bid), np.ceil((mid + half) / tick - 1e-9) * tick]
    return Quotes(strike, *sides)


def errors(days: float, stale: float, chains: int = 60) -> np.ndarray:
    """Return the errors of the forward, in basis points, with a curve that is ten basis points off."""
    discount = discount_of(days) * math.exp(-0.001 * days / 365.0)
    found = [forward_from_parity(*quoted(days, seed, stale), discount) for seed in range(chains)]
    assert all(one.status == "ok" for one in found)
    return 1e4 * np.array([one.forward / forward_of(days) - 1.0 for one in found])


@pytest.mark.parametrize(
    ("days", "stale", "rms", "largest"),
    [
        (5 / 1440, 0.10, 0.05, 0.25),
        (30 / 1440, 0.03, 0.04, 0.15),
        (30 / 1440, 0.10, 0.05, 0.25),
        (6.5 / 24, 0.03, 0.04, 0.15),
        (7.0, 0.03, 0.07, 0.25),
        (30.0, 0.03, 0.11, 0.40),
        (365.0, 0.03, 0.30, 0.90),
    ],
)
def test_forwards_survive_stale_quotes(days: float, stale: float, rms: float, largest: float) -> None:
    """In basis points; a stale pair is 15 off, and the strikes nearest the money may well be stale."""
    found = errors(days, stale)

    assert math.sqrt(float(np.mean(found**2))) < rms
    assert np.abs(found).max() < largest


def test_the_half_width_is_the_size_of_the_actual_error() -> None:
    deviations = []
    for seed in range(80):
        found = forward_from_parity(*quoted(7.0, seed, 0.05), discount_of(7.0))
        deviations.append((found.forward - forward_of(7.0)) / found.half_width)

    assert 0.6 < np.std(deviations) < 1.5


def test_exact_quotes_give_the_exact_forward_and_discount() -> None:
    days = 90.0
    strike = np.arange(5000.0, 7000.0, 25.0)
    sides = [price(SPOT, strike, days / 365.0, 0.2, RATE, DIVIDEND, is_call) for is_call in (True, False)]
    found = forward_from_parity(strike, sides[0], sides[0], sides[1], sides[1], discount_of(days))

    assert found.status == "ok"
    assert found.forward == pytest.approx(forward_of(days), rel=1e-12)
    assert found.fitted_discount == pytest.approx(discount_of(days), rel=1e-10)
    assert found.discount == discount_of(days)
    assert (found.candidates, found.inliers) == (20, 20)
    assert found.half_width < 1e-6


def test_a_year_of_quotes_tells_the_discount_and_a_wrong_one_barely_moves_the_forward() -> None:
    found = forward_from_parity(*quoted(365.0, seed=1), discount_of(365.0) * 0.999)

    assert found.fitted_discount == pytest.approx(discount_of(365.0), rel=3e-4)
    assert found.forward == pytest.approx(forward_of(365.0), rel=3e-5)


@given(st.integers(0, 50), st.permutations(list(range(12))))
def test_the_order_of_strikes_does_not_matter(seed: int, order: list[int]) -> None:
    quotes = Quotes(*(column[:: quoted(30.0, seed).strike.size // 12][:12] for column in quoted(30.0, seed)))
    shuffled = Quotes(*(column[order] for column in quotes))

    assert forward_from_parity(*shuffled, discount_of(30.0)).forward == pytest.approx(
        forward_from_parity(*quotes, discount_of(30.0)).forward, rel=1e-12
    )


@given(st.floats(0.01, 100.0))
def test_the_unit_of_prices_does_not_matter(factor: float) -> None:
    quotes = quoted(30.0, seed=4, stale=0.05)
    scaled = forward_from_parity(*(column * factor for column in quotes), discount_of(30.0))

    assert scaled.forward == pytest.approx(factor * forward_from_parity(*quotes, discount_of(30.0)).forward, rel=1e-12)


def test_missing_and_crossed_quotes_are_left_out() -> None:
    quotes = quoted(7.0, seed=5)
    clean = forward_from_parity(*quotes, discount_of(7.0))
    spoiled = Quotes(*(np.r_[column, column[60:66]] for column in quotes))
    spoiled.call_bid[-6] = spoiled.call_ask[-6] + 100.0
    spoiled.put_ask[-5] = np.nan
    spoiled.call_ask[-4] = np.inf
    spoiled.put_bid[-3] = -1.0
    spoiled.call_bid[-2], spoiled.put_bid[-2] = 0.0, 0.0
    spoiled.strike[-1] = np.nan

    assert forward_from_parity(*spoiled, discount_of(7.0)) == clean


def test_a_missing_bid_counts_on_the_out_of_the_money_side_only() -> None:
    """Five minutes before the close most strikes have one bid; an in-the-money side without one is no quote."""
    quotes = quoted(5 / 1440, seed=6)
    base = forward_from_parity(*quotes, 1.0)
    assert (quotes.call_bid == 0.0).any()
    assert (quotes.put_bid == 0.0).any()
    assert base.candidates == quotes.strike.size
    deep = int(np.argmin(quotes.strike))
    quotes.call_bid[deep], quotes.call_ask[deep] = 0.0, 2.0 * quotes.call_ask[deep]
    quotes.put_bid[deep], quotes.put_ask[deep] = 0.05, 0.1

    assert forward_from_parity(*quotes, 1.0).candidates == base.candidates - 1


def test_without_quotes_there_is_no_forward() -> None:
    for n in (0, 5):
        missing = np.full(n, np.nan)
        found = forward_from_parity(np.arange(100.0, 100.0 + n), missing, missing, missing, missing, 0.99)

        assert math.isnan(found.forward)
        assert math.isnan(found.fitted_discount)
        assert (found.status, found.candidates) == ("too_few", 0)
        assert found.reason == "0 of 0 strikes with quotes on both sides agree; at least 3 must"


def test_a_single_implausible_strike_is_no_quote() -> None:
    """The in-the-money side has no bid: whatever the other side says, there is nothing to measure."""
    found = forward_from_parity([100.0], [0.0], [20.0], [0.5], [1.0], 1.0)

    assert math.isnan(found.forward)
    assert (found.status, found.candidates) == ("too_few", 0)


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_strikes_are_too_few(n: int) -> None:
    quotes = Quotes(*(column[70 : 70 + n] for column in quoted(7.0, seed=7)))
    found = forward_from_parity(*quotes, discount_of(7.0))

    assert found.status == "too_few"
    assert found.candidates == n
    assert found.forward == pytest.approx(forward_of(7.0), rel=1e-3)


def test_strikes_that_contradict_each_other_are_inconsistent() -> None:
    """Each strike quoted at another spot, tight spreads: what an after-hours file looks like."""
    rng = np.random.default_rng(8)
    strike = np.arange(5900.0, 6100.0, 5.0)
    spots = SPOT * (1 + 0.003 * rng.standard_normal(strike.size))
    calls, puts = (price(spots, strike, 7 / 365, 0.15, RATE, DIVIDEND, is_call) for is_call in (True, False))
    found = forward_from_parity(strike, calls - 0.1, calls + 0.1, puts - 0.1, puts + 0.1, discount_of(7.0))

    assert found.status == "inconsistent"
    assert "half-spreads" in found.reason


@pytest.mark.parametrize("discount", [0.0, -1.0, np.nan, np.inf])
def test_a_discount_that_is_no_present_value_is_refused(discount: float) -> None:
    with pytest.raises(ValueError, match="discount must be positive and finite"):
        forward_from_parity(*quoted(7.0, seed=1), discount)


def test_columns_of_other_lengths_or_kinds_are_refused() -> None:
    quotes = quoted(7.0, seed=1)
    with pytest.raises(ValueError, match=r"one length, got strike \(\d+,\), call_bid \(3,\)"):
        forward_from_parity(*quotes._replace(call_bid=quotes.call_bid[:3]), 0.99)
    with pytest.raises(ValueError, match="must be one-dimensional"):
        forward_from_parity(*(column[:, None] for column in quotes), 0.99)
    with pytest.raises(TypeError, match="put_ask must hold real numbers"):
        forward_from_parity(*quotes._replace(put_ask=quotes.put_ask.astype(str)), 0.99)
