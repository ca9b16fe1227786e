"""The rule for exercise before a cash dividend, against a tree on spot less the dividend's present value."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gex.pricing import may_exercise_before_dividend, price

RATE, SIGMA, YEARS, EX_DATE, STEPS = 0.05, 0.2, 0.25, 0.2, 1000


def exercise_premium(spot: float, strike: float, amount: float) -> float:
    """Return American less European call on Cox, Ross and Rubinstein's tree; the dividend is paid at EX_DATE."""
    step = YEARS / STEPS
    up = math.exp(SIGMA * math.sqrt(step))
    p, discount = (math.exp(RATE * step) - 1 / up) / (up - 1 / up), math.exp(-RATE * step)
    base = spot - amount * math.exp(-RATE * EX_DATE)
    values = np.maximum(base * up ** np.arange(-STEPS, STEPS + 1, 2.0) - strike, 0.0)
    european = values
    for level in range(STEPS - 1, -1, -1):
        values, european = (discount * (p * v[1:] + (1 - p) * v[:-1]) for v in (values, european))
        time = level * step
        ahead = amount * math.exp(-RATE * (EX_DATE - time)) if time < EX_DATE else 0.0
        values = np.maximum(values, base * up ** np.arange(-level, level + 1, 2.0) + ahead - strike)
    assert european[0] == pytest.approx(price(base, strike, YEARS, SIGMA, RATE), abs=0.02)
    return float(values[0] - european[0])


@pytest.mark.parametrize("spot", [95.0, 105.0, 130.0, 170.0])
def test_a_dividend_no_larger_than_the_interest_is_not_worth_exercising_for(spot: float) -> None:
    interest = 100.0 * -math.expm1(-RATE * (YEARS - EX_DATE))
    assert not may_exercise_before_dividend(0.98 * interest, 100.0, YEARS - EX_DATE, RATE)
    assert exercise_premium(spot, 100.0, 0.98 * interest) == pytest.approx(0.0, abs=1e-9)


def test_a_larger_one_is_far_in_the_money() -> None:
    interest = 100.0 * -math.expm1(-RATE * (YEARS - EX_DATE))
    assert may_exercise_before_dividend(1.5 * interest, 100.0, YEARS - EX_DATE, RATE)
    assert exercise_premium(170.0, 100.0, 1.5 * interest) > 0.4 * interest


def test_the_rule_broadcasts_and_refuses_what_is_not_a_number() -> None:
    due = may_exercise_before_dividend([0.1, 0.75, np.nan], 500.0, 10.0 / 365.0, 0.045)
    assert np.asarray(due).tolist() == [False, True, False]
    assert may_exercise_before_dividend(0.75, 500.0, 12.5 / 365.0, 0.045) is False
    with pytest.raises(TypeError, match="amount must hold real numbers"):
        may_exercise_before_dividend("x", 500.0, 0.1, 0.045)
