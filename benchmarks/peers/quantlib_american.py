"""QuantLib's engines for American options, one object a contract, made outside the clock.

The variant is the engine; `ladder` and `accurate` are QdFp's two schemes with one price a spot, differenced along the
ladder, and `implied` is the option's own method for volatility.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import QuantLib as ql  # noqa: N813 -- the abbreviation its own examples use

from benchmarks.peers import Columns, Work

if TYPE_CHECKING:
    from collections.abc import Callable

DISTRIBUTIONS = ("QuantLib",)
TODAY, CLOCK = ql.Date(2, 1, 2024), ql.Actual365Fixed()
STEP = 1e-3
"""Of spot, for central differences."""
LOW, HIGH, ACCURACY = 0.02, 2.0, 1e-7
"""Of volatility, for the solver."""


QdFp = ql.QdFpAmericanEngine
ENGINES: dict[str, Callable[[ql.BlackScholesMertonProcess], ql.PricingEngine]] = {
    **dict.fromkeys(("fast", "ladder", "implied"), lambda process: QdFp(process, QdFp.fastScheme())),
    "accurate": lambda process: QdFp(process, QdFp.accurateScheme()),
    "binomial": lambda process: ql.BinomialVanillaEngine(process, "lr", 201),
    "baw": ql.BaroneAdesiWhaleyApproximationEngine,
    "bjerksund": ql.BjerksundStenslandApproximationEngine,
}
GRIDS = {"grid": (100, 100), "fine grid": (400, 800)}
"""Steps in time and in spot of the finite differences."""
WITH_GREEKS = ("binomial", "bjerksund")
ALONG_THE_LADDER = ("ladder", "accurate")


class _Contract:
    """An option whose spot and volatility are quotes that may be set."""

    def __init__(
        self,
        engine: Callable[[ql.BlackScholesMertonProcess], ql.PricingEngine],
        spot,
        strike,
        years,
        sigma,
        rate,
        dividend,
        is_call,
    ) -> None:
        ql.Settings.instance().evaluationDate = TODAY
        self.spot, self.sigma = ql.SimpleQuote(float(spot)), ql.SimpleQuote(float(sigma))
        curves = [ql.YieldTermStructureHandle(ql.FlatForward(TODAY, float(x), CLOCK)) for x in (dividend, rate)]
        volatility = ql.BlackConstantVol(TODAY, ql.NullCalendar(), ql.QuoteHandle(self.sigma), CLOCK)
        self.process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(self.spot), *curves, ql.BlackVolTermStructureHandle(volatility)
        )
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, float(strike))
        self.option = ql.VanillaOption(payoff, ql.AmericanExercise(TODAY, TODAY + round(years * 365.0)))
        self.option.setPricingEngine(engine(self.process))

    def price(self, spot: float) -> float:
        self.spot.setValue(spot)
        return self.option.NPV()

    def by_differences(self, spot: float) -> tuple[float, float, float]:
        """Return price, delta and gamma from three prices: most of the engines give no greeks."""
        step = STEP * spot
        low, middle, high = self.price(spot - step), self.price(spot), self.price(spot + step)
        return middle, (high - low) / (2.0 * step), (high - 2.0 * middle + low) / (step * step)

    def by_the_engine(self, _spot: float) -> tuple[float, float, float]:
        self.option.recalculate()
        return self.option.NPV(), self.option.delta(), self.option.gamma()

    def implied(self, price: float) -> float:
        """Brent's method on the engine."""

        def miss(sigma: float) -> float:
            self.sigma.setValue(sigma)
            return self.option.NPV() - price

        return ql.Brent().solve(miss, ACCURACY, 0.2, LOW, HIGH)


def _contracts(columns: Columns, engine: str) -> list[_Contract]:
    return [_Contract(ENGINES[engine], *row) for row in _rows(columns)]


def _rows(columns: Columns) -> list[tuple[Any, ...]]:
    names = ("spot", "strike", "years", "sigma", "rate", "dividend", "is_call")
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def american(columns: Columns, variant: str) -> Work:
    contracts, spots = _contracts(columns, variant), columns["spot"].tolist()
    figures = _Contract.by_the_engine if variant in WITH_GREEKS else _Contract.by_differences
    return Work(
        lambda: [figures(contract, spot) for contract, spot in zip(contracts, spots, strict=True)],
        lambda result: dict(zip(("price", "delta", "gamma"), np.array(result).T, strict=True)),
    )


def american_cash(columns: Columns, variant: str) -> Work:
    """In the escrowed model, with the engine's own delta and gamma; it leaves out what goes ex after expiry itself."""
    time, space = GRIDS[variant]
    paid = ql.DividendVector([TODAY + int(day) for day in columns["ex_days"]], columns["amounts"].tolist())

    def engine(process: ql.BlackScholesMertonProcess) -> ql.PricingEngine:
        scheme, model = ql.FdmSchemeDesc.CrankNicolson(), ql.FdBlackScholesVanillaEngine.Escrowed
        return ql.FdBlackScholesVanillaEngine(process, paid, time, space, 0, scheme, False, -1e300, model)

    contracts = [_Contract(engine, *row) for row in _rows(columns)]
    return Work(
        lambda: [contract.by_the_engine(0.0) for contract in contracts],
        lambda result: dict(zip(("price", "delta", "gamma"), np.array(result).T, strict=True)),
    )


def american_profile(columns: Columns, variant: str) -> Work:
    """Gamma of each contract at each spot: from three prices, or from those of the ladder and one more at either end."""
    contracts, spots = _contracts(columns, variant), columns["spots"]
    if variant in ALONG_THE_LADDER:
        ratio = spots[1] / spots[0]
        longer = np.r_[spots[0] / ratio, spots, spots[-1] * ratio].tolist()
        return Work(
            lambda: [[contract.price(spot) for spot in longer] for contract in contracts],
            lambda result: _second_differences(np.array(longer), np.array(result)),
        )
    return Work(
        lambda: [[contract.by_differences(spot)[2] for spot in spots.tolist()] for contract in contracts], np.array
    )


def _second_differences(spots: np.ndarray, prices: np.ndarray) -> np.ndarray:
    slopes = np.diff(prices) / np.diff(spots)
    return 2.0 * np.diff(slopes) / (spots[2:] - spots[:-2])


def american_implied(columns: Columns, variant: str) -> Work:
    """By the option's own method, whose engine is always finite differences, or by a solver on QdFp."""
    contracts, prices = _contracts(columns, variant), columns["price"].tolist()
    rows = list(zip(contracts, prices, strict=True))
    if variant == "implied":
        return Work(lambda: [it.option.impliedVolatility(price, it.process, ACCURACY) for it, price in rows], np.array)
    return Work(lambda: [contract.implied(price) for contract, price in rows], np.array)
