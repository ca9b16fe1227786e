"""Whole-array formulas as textbooks write them: NumPy, and SciPy's normal distribution."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from benchmarks.peers import Columns, Work, contract

DISTRIBUTIONS = ("numpy", "scipy")
ROOT_TWO_PI = np.sqrt(2.0 * np.pi)
NEWTON_STEPS = 12


def _gamma(spot, strike, years, sigma, rate, dividend):
    w = sigma * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    return np.exp(-0.5 * d1 * d1 - dividend * years) / (ROOT_TWO_PI * spot * w)


def gamma(columns: Columns, _variant: str) -> Work:
    return Work(lambda: _gamma(*contract(columns)))


def _greeks(spot, strike, years, sigma, rate, dividend, sign):
    root = np.sqrt(years)
    w = sigma * root
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    d2 = d1 - w
    carry = np.exp(-dividend * years)
    asset = spot * carry * ndtr(sign * d1)
    cash = strike * np.exp(-rate * years) * ndtr(sign * d2)
    density = carry * np.exp(-0.5 * d1 * d1) / ROOT_TWO_PI
    delta = sign * asset / spot
    return {
        "price": sign * (asset - cash),
        "delta": delta,
        "gamma": density / (spot * w),
        "vega": spot * density * root,
        "theta": -0.5 * spot * density * sigma / root - sign * (rate * cash - dividend * asset),
        "vanna": -density * d2 / sigma,
        "charm": dividend * delta - density * ((rate - dividend) / w - 0.5 * d2 / years),
    }


def greeks(columns: Columns, _variant: str) -> Work:
    sign = np.where(columns["is_call"], 1.0, -1.0)
    return Work(lambda: _greeks(*contract(columns), sign))


def profile(columns: Columns, _variant: str) -> Work:
    """Gamma of the whole book at one spot after another."""
    _, *rest = contract(columns)
    weight, spots = columns["weight"], columns["spots"]
    return Work(lambda: np.array([weight @ _gamma(spot, *rest) for spot in spots]))


def implied(columns: Columns, _variant: str) -> Work:
    """Newton on whole arrays from the inflection point, a fixed number of steps: the usual recipe."""
    price, forward, strike, years = (columns[name] for name in ("price", "forward", "strike", "years"))
    sign = np.where(columns["is_call"], 1.0, -1.0)

    def newton() -> np.ndarray:
        x = np.log(forward / strike)
        w = np.maximum(np.sqrt(2.0 * np.abs(x)), 1e-3)
        for _ in range(NEWTON_STEPS):
            d1 = x / w + 0.5 * w
            model = sign * (forward * ndtr(sign * d1) - strike * ndtr(sign * (d1 - w)))
            w = w + (price - model) / (forward * np.exp(-0.5 * d1 * d1) / ROOT_TWO_PI)
        return w / np.sqrt(years)

    return Work(newton)
