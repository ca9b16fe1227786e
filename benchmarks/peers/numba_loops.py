"""Loops compiled by numba; its variant is `strict` or `fastmath`. SVML is used where numba finds the library."""

from __future__ import annotations

import math

import numba
import numpy as np

from benchmarks.peers import Columns, Work, contract

DISTRIBUTIONS = ("numba", "numpy")
NAMES = ("price", "delta", "gamma", "vega", "theta", "vanna", "charm")
INV_ROOT_TWO_PI = 1.0 / math.sqrt(2.0 * math.pi)
INV_ROOT_TWO = math.sqrt(0.5)


def requirement(variant: str) -> str | None:
    """Return why the variant cannot run here, if it cannot."""
    return "numba does not find SVML" if variant == "svml" and not numba.config.USING_SVML else None


def _compiled(function, variant: str):
    return numba.njit(fastmath=variant != "strict", error_model="numpy")(function)


def _gamma_loop(spot, strike, years, sigma, rate, dividend, out):
    for i in range(out.size):
        w = sigma[i] * math.sqrt(years[i])
        d1 = (math.log(spot[i] / strike[i]) + (rate[i] - dividend[i]) * years[i]) / w + 0.5 * w
        out[i] = math.exp(-0.5 * d1 * d1 - dividend[i] * years[i]) * INV_ROOT_TWO_PI / (spot[i] * w)


def _greeks_loop(spot, strike, years, sigma, rate, dividend, sign, price, delta, gamma, vega, theta, vanna, charm):
    for i in range(price.size):
        root = math.sqrt(years[i])
        w = sigma[i] * root
        drift = (rate[i] - dividend[i]) * years[i]
        d1 = (math.log(spot[i] / strike[i]) + drift) / w + 0.5 * w
        d2 = d1 - w
        carry = math.exp(-dividend[i] * years[i])
        density = carry * math.exp(-0.5 * d1 * d1) * INV_ROOT_TWO_PI
        side = carry * 0.5 * math.erfc(-sign[i] * d1 * INV_ROOT_TWO)
        cash = strike[i] * math.exp(-rate[i] * years[i]) * 0.5 * math.erfc(-sign[i] * d2 * INV_ROOT_TWO)
        price[i] = sign[i] * (spot[i] * side - cash)
        delta[i] = sign[i] * side
        gamma[i] = density / (spot[i] * w)
        vega[i] = spot[i] * density * root
        theta[i] = -0.5 * spot[i] * density * sigma[i] / root - sign[i] * (
            rate[i] * cash - dividend[i] * spot[i] * side
        )
        vanna[i] = -density * d2 / sigma[i]
        charm[i] = sign[i] * dividend[i] * side - density * (drift - 0.5 * d2 * w) / (years[i] * w)


def _profile_loop(center, inv_w, scale, step, out):
    """One exponential per pair, d1 carried along: everything that can leave the inner loop has left it."""
    for i in range(center.size):
        start, b, height = center[i], step * inv_w[i], scale[i]
        for j in range(out.size):
            d = start + b * j
            out[j] += height * math.exp(-0.5 * d * d)


def gamma(columns: Columns, variant: str) -> Work:
    loop, out = _compiled(_gamma_loop, variant), np.empty_like(columns["strike"])

    def call() -> np.ndarray:
        loop(*contract(columns), out)
        return out

    return Work(call)


def greeks(columns: Columns, variant: str) -> Work:
    loop = _compiled(_greeks_loop, variant)
    sign = np.where(columns["is_call"], 1.0, -1.0)
    out = [np.empty_like(sign) for _ in NAMES]

    def call() -> dict[str, np.ndarray]:
        loop(*contract(columns), sign, *out)
        return dict(zip(NAMES, out, strict=True))

    return Work(call)


def profile(columns: Columns, variant: str) -> Work:
    loop = _compiled(_profile_loop, variant)
    _, strike, years, sigma, rate, dividend = contract(columns)
    spots, weight = columns["spots"], columns["weight"]
    step = math.log(spots[-1] / spots[0]) / (spots.size - 1)

    def call() -> np.ndarray:
        w = sigma * np.sqrt(years)
        center = (np.log(spots[0] / strike) + (rate - dividend) * years) / w + 0.5 * w
        out = np.zeros(spots.size)
        loop(center, 1.0 / w, weight * np.exp(-dividend * years) * INV_ROOT_TWO_PI / w, step, out)
        return out / spots

    return Work(call)


def _implied_loop(price, forward, strike, years, sign, out):
    """Newton from the inflection point, kept positive, to the last step."""
    for i in range(out.size):
        x = math.log(forward[i] / strike[i])
        w = max(math.sqrt(2.0 * abs(x)), 1e-3)
        for _ in range(50):
            d1 = x / w + 0.5 * w
            asset = forward[i] * 0.5 * math.erfc(-sign[i] * d1 * INV_ROOT_TWO)
            cash = strike[i] * 0.5 * math.erfc(-sign[i] * (d1 - w) * INV_ROOT_TWO)
            vega = forward[i] * math.exp(-0.5 * d1 * d1) * INV_ROOT_TWO_PI
            step = (price[i] - sign[i] * (asset - cash)) / vega
            w = max(w + step, 0.5 * w)
            if abs(step) <= 1e-13 * w:
                break
        out[i] = w / math.sqrt(years[i])


def implied(columns: Columns, variant: str) -> Work:
    loop, out = _compiled(_implied_loop, variant), np.empty_like(columns["strike"])
    sign = np.where(columns["is_call"], 1.0, -1.0)
    inputs = [columns[name] for name in ("price", "forward", "strike", "years")]

    def call() -> np.ndarray:
        loop(*inputs, sign, out)
        return out

    return Work(call)
