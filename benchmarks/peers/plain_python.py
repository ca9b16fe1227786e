"""One contract a call, with nothing but Python's own math module."""

from __future__ import annotations

from math import erfc, exp, log, pi, sqrt

import numpy as np

from benchmarks.peers import CONTRACT, Columns, Work

DISTRIBUTIONS = ()
INV_ROOT_TWO_PI = 1.0 / sqrt(2.0 * pi)
INV_ROOT_TWO = sqrt(0.5)
NAMES = ("price", "delta", "gamma", "vega", "theta", "vanna", "charm")


def _gamma(spot, strike, years, sigma, rate, dividend):
    w = sigma * sqrt(years)
    d1 = (log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    return exp(-0.5 * d1 * d1 - dividend * years) * INV_ROOT_TWO_PI / (spot * w)


def _greeks(spot, strike, years, sigma, rate, dividend, sign):
    root = sqrt(years)
    w = sigma * root
    drift = (rate - dividend) * years
    d1 = (log(spot / strike) + drift) / w + 0.5 * w
    d2 = d1 - w
    carry = exp(-dividend * years)
    density = carry * exp(-0.5 * d1 * d1) * INV_ROOT_TWO_PI
    delta = sign * carry * 0.5 * erfc(-sign * d1 * INV_ROOT_TWO)
    cash = strike * exp(-rate * years) * 0.5 * erfc(-sign * d2 * INV_ROOT_TWO)
    theta = -0.5 * spot * density * sigma / root - sign * rate * cash + dividend * spot * delta
    charm = dividend * delta - density * (drift - 0.5 * d2 * w) / (years * w)
    vega, vanna = spot * density * root, -density * d2 / sigma
    return spot * delta - sign * cash, delta, density / (spot * w), vega, theta, vanna, charm


def scalar_gamma(columns: Columns, _variant: str) -> Work:
    rows = list(zip(*(columns[name].tolist() for name in CONTRACT), strict=True))
    return Work(lambda: [_gamma(*row) for row in rows], np.array)


def scalar_greeks(columns: Columns, _variant: str) -> Work:
    sign = np.where(columns["is_call"], 1.0, -1.0).tolist()
    rows = list(zip(*(columns[name].tolist() for name in CONTRACT), sign, strict=True))
    return Work(
        lambda: [_greeks(*row) for row in rows],
        lambda result: dict(zip(NAMES, np.array(result).T, strict=True)),
    )
