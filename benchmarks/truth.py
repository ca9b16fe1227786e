"""How exact an answer is: the largest error on a sample.

Against fifty digits; profiles against long double; American options against QuantLib's QdFp engine at high precision.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath as mp
import numpy as np

from benchmarks.inputs import Columns, american_reference, cash_reference, reference
from benchmarks.roster import FEW
from benchmarks.worker import spread_rows

SAMPLE = 300
PROFILE_SAMPLE = 9
AMERICAN_SPOTS = 5
CONTRACT = ("spot", "strike", "years", "sigma", "rate", "dividend", "is_call")

mp.mp.dps = 50


@cache
def _exact_greeks(*row: Any) -> tuple[dict[str, mp.mpf], dict[str, mp.mpf]]:
    return reference().exact_greeks(*row)


def d1_of(columns: Columns) -> np.ndarray:
    w = columns["sigma"] * np.sqrt(columns["years"])
    drift = (columns["rate"] - columns["dividend"]) * columns["years"]
    return (np.log(columns["spot"] / columns["strike"]) + drift) / w + 0.5 * w


def _sample(columns: Columns, reach: float) -> np.ndarray:
    usable = np.flatnonzero(np.abs(d1_of(columns)) < reach)
    return usable[np.linspace(0, usable.size - 1, min(SAMPLE, usable.size)).astype(int)]


def greeks_error(columns: Columns, answer: dict[str, np.ndarray], reach: float) -> float:
    """Return the largest error of any greek in the answer, relative to the largest term of its formula."""
    worst = mp.mpf(0)
    for i in _sample(columns, reach).tolist():
        exact, scale = _exact_greeks(*(columns[name][i].item() for name in CONTRACT))
        for name, values in answer.items():
            worst = max(worst, abs(mp.mpf(float(values[i])) - exact[name]) / scale[name])
    return float(worst)


def gamma_error(columns: Columns, answer: dict[str, np.ndarray], reach: float) -> float:
    """Return the largest relative error of gamma."""
    return greeks_error(columns, {"gamma": answer["value"]}, reach)


def profile_error(columns: Columns, answer: dict[str, np.ndarray], _reach: float) -> float:
    """Return the largest error of a profile, relative to its largest value."""
    chosen = np.linspace(0, columns["spots"].size - 1, PROFILE_SAMPLE).astype(int)
    exact = np.array([_exact_sum(columns, spot) for spot in columns["spots"][chosen]])
    return float(np.max(np.abs(answer["value"][chosen] - exact)) / np.max(np.abs(exact)))


def _exact_sum(columns: Columns, spot: np.float64) -> np.longdouble:
    wide = {name: columns[name].astype(np.longdouble) for name in (*CONTRACT[1:6], "weight")}
    w = wide["sigma"] * np.sqrt(wide["years"])
    drift = (wide["rate"] - wide["dividend"]) * wide["years"]
    d1 = (np.log(np.longdouble(spot) / wide["strike"]) + drift) / w + w / 2
    density = np.exp(-d1 * d1 / 2 - wide["dividend"] * wide["years"]) / np.sqrt(2 * np.pi * np.longdouble(1))
    return np.sum(wide["weight"] * density / (spot * w))


def implied_error(columns: Columns, answer: dict[str, np.ndarray], _reach: float) -> float:
    """Return the largest absolute error in sigma, against the sigma that the price, as it was given, implies."""
    chosen = np.linspace(0, columns["strike"].size - 1, SAMPLE).astype(int).tolist()
    names = ("price", "forward", "strike", "years", "is_call", "sigma")
    return max(
        float(abs(mp.mpf(float(answer["value"][i])) - _exact_sigma(*(columns[name][i].item() for name in names))))
        for i in chosen
    )


@cache
def _exact_sigma(price: float, forward: float, strike: float, years: float, is_call: bool, sigma: float) -> mp.mpf:
    """Newton in fifty digits from the volatility the price was made with: each step doubles the digits."""
    sign, root = (1 if is_call else -1), mp.sqrt(mp.mpf(years))
    x, w = mp.log(mp.mpf(forward) / mp.mpf(strike)), mp.mpf(sigma) * root
    for _ in range(4):
        d1 = x / w + w / 2
        model = sign * (forward * mp.ncdf(sign * d1) - strike * mp.ncdf(sign * (d1 - w)))
        w += (mp.mpf(price) - model) / (forward * mp.npdf(d1))
    return w / root


def _american_rows(columns: Columns) -> list[tuple[Any, ...]]:
    """Return as many rows as the slow peers get, and the same ones."""
    chosen = spread_rows(columns, FEW)
    return list(zip(chosen.tolist(), *(columns[name][chosen].tolist() for name in CONTRACT), strict=True))


@cache
def _exact_american(*row: Any) -> tuple[float, float, float] | None:
    return american_reference().QuantLibOption(row).figures()


def _scaled(ours: Any, exact: Any, row: tuple[Any, ...]) -> float:
    return float(np.max(np.abs(np.subtract(ours, exact)) / american_reference().scales(row)))


def american_error(columns: Columns, answer: dict[str, np.ndarray], _reach: float) -> float:
    """Return the largest error of price, of delta and of gamma, each on its own scale."""
    worst = 0.0
    for i, *row in _american_rows(columns):
        exact = _exact_american(*row)
        if exact is not None:
            found = [answer[name][i] for name in ("price", "delta", "gamma")]
            worst = max(worst, _scaled(found, exact, tuple(row)))
    return worst


def american_cash_error(columns: Columns, answer: dict[str, np.ndarray], _reach: float) -> float:
    """Return the largest error of price, of delta and of gamma, each on its own scale."""
    paid = tuple(columns["ex_days"].astype(int).tolist()), tuple(columns["amounts"].tolist())
    worst = 0.0
    for i, *row in _american_rows(columns)[::3]:
        exact, scales = _exact_cash(*row, *paid)
        found = [answer[name][i] for name in ("price", "delta", "gamma")]
        worst = max(worst, float(np.max(np.abs(np.subtract(found, exact)) / scales)))
    return worst


@cache
def _exact_cash(*row: Any) -> tuple[np.ndarray, list[float]]:
    """By finite differences with time steps on all ex-dates."""
    spot, strike, years, sigma, rate, dividend, is_call, ex_days, amounts = row
    days = round(years * 365.0)
    seen = sum(day <= days for day in ex_days)
    contract = cash_reference().CashContract(
        spot, strike, days, sigma, rate, dividend, is_call, ex_days[:seen], amounts[:seen]
    )
    exact = cash_reference().quantlib_grid(contract, max(3, -(-1200 // days)), 1600)
    return exact, [max(spot, strike), 1.0, contract.peak]


def american_profile_error(columns: Columns, answer: dict[str, np.ndarray], _reach: float) -> float:
    """Return the largest error of a contract's gamma at a few of the spots, on the scale of gamma."""
    worst = 0.0
    for j in np.linspace(0, columns["spots"].size - 1, AMERICAN_SPOTS).astype(int).tolist():
        for i, _, *rest in _american_rows(columns):
            row = (columns["spots"][j].item(), *rest)
            exact = _exact_american(*row)
            if exact is not None:
                worst = max(worst, _scaled([*exact[:2], answer["value"][i, j]], exact, row))
    return worst


def american_implied_error(columns: Columns, answer: dict[str, np.ndarray], _reach: float) -> float:
    """Return the largest absolute error in sigma, against the sigma that the price, as it was given, implies."""
    return max(
        abs(answer["value"][i].item() - _exact_american_sigma(columns["price"][i].item(), *row))
        for i, *row in _american_rows(columns)
    )


@cache
def _exact_american_sigma(price: float, *row: Any) -> float:
    """One step of the secant method from the volatility the price was made with, which is all but right."""
    option = american_reference().QuantLibOption
    spot, sigma, step = row[0], row[3], 1e-4
    here, there = (option((*row[:3], v, *row[4:])).price(spot) for v in (sigma, sigma + step))
    return sigma + (price - here) * step / (there - here)
