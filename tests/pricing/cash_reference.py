"""American options with cash dividends by other means: a tree, a closed form, QuantLib's grids, and sample contracts.

All but `quantlib_grid` in the spot model take the escrowed model, S = S* + present value of the dividends to come.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import QuantLib as ql  # noqa: N813
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from gex.pricing import price

DAY = 1.0 / 365.0


class CashContract(NamedTuple):
    """One contract and its underlying's dividends: ex-dates in days, expiry too."""

    spot: float
    strike: float
    days: int
    sigma: float
    rate: float
    dividend: float
    is_call: bool
    ex_days: tuple[int, ...]
    amounts: tuple[float, ...]

    @property
    def arguments(self) -> tuple[float, float, float, float, float, float, bool]:
        return self.spot, self.strike, self.days * DAY, self.sigma, self.rate, self.dividend, self.is_call

    @property
    def cash_dividends(self) -> tuple[list[float], list[float]]:
        return [day * DAY for day in self.ex_days], list(self.amounts)

    @property
    def escrow(self) -> float:
        paid = zip(self.ex_days, self.amounts, strict=True)
        return sum(amount * math.exp(-self.rate * day * DAY) for day, amount in paid if day <= self.days)

    @property
    def peak(self) -> float:
        """The peak of the European gamma, as good as."""
        return 1.0 / (math.sqrt(2.0 * math.pi * self.days * DAY) * self.strike * self.sigma)


def cash_contracts(n: int, seed: int, *, yields: bool = True) -> list[CashContract]:
    """Return contracts over the domain whose accuracy is stated, with ex-dates tomorrow, just before expiry, in a row."""
    rng = np.random.default_rng(seed)
    contracts: list[CashContract] = []
    while len(contracts) < n:
        days = round(math.exp(rng.uniform(math.log(3.0), math.log(730.0))))
        count = int(rng.integers(1, 9 if days > 90 else 3))
        ex_days = rng.choice(np.arange(1, days), min(count, days - 1), replace=False)
        ex_days[0] = (ex_days[0], 1, days - 1, ex_days[-1] % (days - 1) + 1)[len(contracts) % 4]
        ex_days = np.unique(ex_days)
        amounts = np.exp(rng.uniform(math.log(0.1), math.log(3.0), ex_days.size))
        sigma = math.exp(rng.uniform(math.log(0.08), math.log(0.8)))
        reach = min(0.35, 2.5 * sigma * math.sqrt(days * DAY) + 0.02)
        contracts.append(
            CashContract(
                100.0,
                100.0 * math.exp(rng.uniform(-reach, reach)),
                days,
                sigma,
                rng.uniform(0.0, 0.08),
                rng.uniform(0.0, 0.04) if yields and rng.random() < 0.7 else 0.0,
                bool(rng.random() < 0.5),
                tuple(map(int, ex_days)),
                tuple(map(float, amounts)),
            )
        )
    return contracts


def cash_tree(contract: CashContract, steps_a_day: int) -> float:
    """Return the price on Cox, Ross and Rubinstein's tree of S*, its error for the European option taken off."""
    spot, strike, years, sigma, rate, dividend, is_call = contract.arguments
    sign, steps = (1.0 if is_call else -1.0), contract.days * steps_a_day
    step = years / steps
    up, discount = math.exp(sigma * math.sqrt(step)), math.exp(-rate * step)
    p = (math.exp((rate - dividend) * step) - 1.0 / up) / (up - 1.0 / up)
    base = spot - contract.escrow
    levels = [day * steps_a_day for day in contract.ex_days]

    def exercise(level: int, *, before: bool) -> np.ndarray:
        """Return the worth of exercise: the dividend of that very time counts just before the ex-date only."""
        ahead = sum(
            amount * math.exp(-rate * step * (ex - level))
            for ex, amount in zip(levels, contract.amounts, strict=True)
            if level + (not before) <= ex <= steps
        )
        return sign * (base * up ** np.arange(-level, level + 1, 2.0) + ahead - strike)

    american = np.maximum(exercise(steps, before=False), 0.0)
    european = american
    for level in range(steps - 1, -1, -1):
        american, european = (discount * (p * v[1:] + (1.0 - p) * v[:-1]) for v in (american, european))
        american = np.maximum(american, exercise(level, before=False))
        if level in levels:
            american = np.maximum(american, exercise(level, before=True))
    exact = price(base, strike, years, sigma, rate, dividend, is_call)
    return float(american[0] - european[0]) + exact


def roll_geske_whaley(
    spot: float, strike: float, years: float, sigma: float, rate: float, ex: float, amount: float
) -> float:
    """Return the price of a call with one dividend (Whaley, 1981), which exercise before it must be worth while."""
    star, root, early = spot - amount * math.exp(-rate * ex), sigma * math.sqrt(years), sigma * math.sqrt(ex)

    def kept(s: float) -> float:
        return price(s, strike, years - ex, sigma, rate) - (s + amount - strike)

    critical = brentq(kept, 1e-6 * strike, 1e4 * strike, xtol=1e-13 * strike, rtol=1e-15)
    a1 = (math.log(star / strike) + (rate + 0.5 * sigma * sigma) * years) / root
    b1 = (math.log(star / critical) + (rate + 0.5 * sigma * sigma) * ex) / early
    a2, b2, rho = a1 - root, b1 - early, -math.sqrt(ex / years)

    def both(a: float, b: float) -> float:
        return float(multivariate_normal.cdf([a, b], cov=[[1.0, rho], [rho, 1.0]]))

    held = star * (norm.cdf(b1) + both(a1, -b1))
    paid = strike * math.exp(-rate * years) * both(a2, -b2) + (strike - amount) * math.exp(-rate * ex) * norm.cdf(b2)
    return float(held - paid)


def quantlib_grid(contract: CashContract, steps_a_day: int, nodes: int, model: str = "Escrowed") -> np.ndarray:
    """Return price, delta and gamma by QuantLib's finite differences, time steps on all ex-dates; no yield but zero."""
    assert contract.dividend == 0.0, "QuantLib discounts dividends at rate less yield"
    today, clock = ql.Date(2, 1, 2024), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    curves = [ql.YieldTermStructureHandle(ql.FlatForward(today, x, clock)) for x in (0.0, contract.rate)]
    volatility = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), contract.sigma, clock))
    process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(contract.spot)), *curves, volatility)
    side = ql.Option.Call if contract.is_call else ql.Option.Put
    exercise = ql.AmericanExercise(today, today + contract.days)
    option = ql.VanillaOption(ql.PlainVanillaPayoff(side, contract.strike), exercise)
    dividends = ql.DividendVector([today + day for day in contract.ex_days], list(contract.amounts))
    engine = ql.FdBlackScholesVanillaEngine
    scheme, steps = ql.FdmSchemeDesc.CrankNicolson(), steps_a_day * contract.days
    option.setPricingEngine(engine(process, dividends, steps, nodes, 0, scheme, False, -1e300, getattr(engine, model)))
    return np.array([option.NPV(), option.delta(), option.gamma()])
