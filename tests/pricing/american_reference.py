"""American options by other means: QuantLib's integral equations at high precision, and a dense binomial tree of our own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import QuantLib as ql  # noqa: N813
from scipy.special import ndtr

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64Array = npt.NDArray[np.float64]

STRIKE = 100.0
Row = tuple[float, float, float, float, float, float, bool]
"""Spot, strike, years, sigma, rate, dividend, is_call: the order of the arguments of `gex.pricing.american`."""


class Figures(NamedTuple):
    """Price, delta and gamma."""

    price: float
    delta: float
    gamma: float


def sample(n: int, seed: int) -> list[Row]:
    """Return contracts over the domain whose accuracy is stated, in turn of each kind.

    Calls and puts; without a yield, with one below the rate, at the rate and above it; in and out of the money by up to
    four deviations and near it; a day to two years, sigma from 8% to 80%, the corners of both included.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        years = math.exp(rng.choice([rng.uniform(math.log(1 / 365), math.log(2.0)), math.log(1 / 365), math.log(2.0)]))
        sigma = math.exp(rng.choice([rng.uniform(math.log(0.08), math.log(0.8)), math.log(0.08), math.log(0.8)]))
        low, high = np.sort(rng.uniform(0.002, 0.04, 2))
        rate, dividend = ((2 * high, 0.0), (2 * high, low), (low, low), (low, high))[i // 2 % 4]
        depth = ((-4.0, -1.0), (-1.0, 1.0), (1.0, 4.0))[i // 8 % 3]
        spot = STRIKE * math.exp(sigma * math.sqrt(years) * rng.uniform(*depth))
        rows.append((spot, STRIKE, years, sigma, float(rate), float(dividend), i % 2 == 0))
    return rows


def scales(row: Row) -> Figures:
    """Return what errors are measured in: the larger of spot and strike, 1, and European gamma at the money at the lesser."""
    spot, strike, years, sigma, _, _, _ = row
    at_the_money = 1.0 / (math.sqrt(2.0 * math.pi * years) * min(spot, strike) * sigma)
    return Figures(max(spot, strike), 1.0, at_the_money)


class QuantLibOption:
    """One contract in QuantLib's high-precision Andersen-Lake-Offengenden engine, its life scaled to whole days."""

    def __init__(self, row: Row) -> None:
        spot, strike, years, sigma, rate, dividend, is_call = row
        today, clock = ql.Date(2, 1, 2024), ql.Actual365Fixed()
        ql.Settings.instance().evaluationDate = today
        self.row = row
        self.spot = ql.SimpleQuote(float(spot))
        curves = [ql.YieldTermStructureHandle(ql.FlatForward(today, x * years, clock)) for x in (dividend, rate)]
        volatility = ql.BlackConstantVol(today, ql.NullCalendar(), sigma * math.sqrt(years), clock)
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(self.spot), *curves, ql.BlackVolTermStructureHandle(volatility)
        )
        side = ql.Option.Call if is_call else ql.Option.Put
        self.option = ql.VanillaOption(ql.PlainVanillaPayoff(side, strike), ql.AmericanExercise(today, today + 365))
        scheme = ql.QdFpAmericanEngine.highPrecisionScheme()
        self.option.setPricingEngine(ql.QdFpAmericanEngine(process, scheme))

    def price(self, spot: float) -> float:
        self.spot.setValue(spot)
        return float(self.option.NPV())

    def figures(self) -> Figures | None:
        """Return delta and gamma by differences of the fourth order; None where they would straddle the boundary."""
        spot, strike, years, sigma, _, _, is_call = self.row
        step = spot * min(1e-3, 0.02 * sigma * math.sqrt(years))
        spots = spot + step * np.arange(-2, 3)
        a, b, c, d, e = prices = [self.price(x) for x in spots.tolist()]
        payoff = np.maximum(spots - strike if is_call else strike - spots, 0.0)
        held = prices - payoff > 1e-9 * np.maximum(spots, strike)
        if held.any() != held.all():
            return None
        return Figures(
            c, (a - 8 * b + 8 * d - e) / (12 * step), (-a + 16 * b - 30 * c + 16 * d - e) / (12 * step * step)
        )


def european(row: Row) -> Figures:
    """Return the closed form of the European option."""
    spot, strike, years, sigma, rate, dividend, is_call = row
    sign, w = 1.0 if is_call else -1.0, sigma * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    carry = math.exp(-dividend * years)
    delta = sign * carry * float(ndtr(sign * d1))
    cash = strike * math.exp(-rate * years) * float(ndtr(sign * (d1 - w)))
    density = math.exp(-0.5 * d1 * d1) / math.sqrt(2.0 * math.pi)
    return Figures(spot * delta - sign * cash, delta, carry * density / (spot * w))


def tree_premium(row: Row, steps: int) -> Float64Array:
    """Return American less European price, delta and gamma on Leisen and Reimer's (1996) binomial tree, `steps` odd.

    It starts two steps early, so that three nodes stand at the time of valuation (Pelsser and Vorst, 1994). Delta and
    gamma are NaN where exercise is due at some of these and not at others.
    """
    spot, strike, years, sigma, rate, dividend, is_call = row
    sign, step, w = 1.0 if is_call else -1.0, years / steps, sigma * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w

    def probability(d: float) -> float:
        x = d / (steps + 1 / 3 + 0.1 / (steps + 1))
        return 0.5 + math.copysign(0.5, d) * math.sqrt(-math.expm1(-x * x * (steps + 1 / 6)))

    p, grown = probability(d1 - w), math.exp((rate - dividend) * step)
    up = grown * probability(d1) / p
    down = (grown - p * up) / (1 - p)
    ups = np.arange(-1, steps + 2)
    spots = spot * np.exp(ups * math.log(up) + (steps - ups) * math.log(down))
    values = np.tile(np.maximum(sign * (spots - strike), 0.0), (2, 1))
    discount = math.exp(-rate * step)
    for _ in range(steps):
        spots = spots[1:] / up
        values = discount * (p * values[:, 1:] + (1 - p) * values[:, :-1])
        np.maximum(values[0], sign * (spots - strike), out=values[0])
    held = values[0] > np.maximum(sign * (spots - strike), 0.0)
    premium = values[0] - values[1]
    if held.any() != held.all():
        return np.array([premium[1], np.nan, np.nan])
    below, above = np.diff(spots)
    left, right = np.diff(premium) / (below, above)
    slope = (left * above + right * below) / (below + above)
    return np.array([premium[1], slope, 2.0 * (right - left) / (below + above)])


def tree(row: Row, steps: int) -> Figures:
    """Return the closed form plus the tree's premium, extrapolated from half the steps: the error falls as 1 / steps."""
    premium = 2.0 * tree_premium(row, steps) - tree_premium(row, steps // 2 | 1)
    return Figures(*(np.array(european(row)) + premium).tolist())
