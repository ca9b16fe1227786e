"""The same figures by other means: NumPy and SciPy in double precision, mpmath in fifty digits, and sample contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import mpmath as mp
import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64Array = npt.NDArray[np.float64]

MINUTE = 1.0 / 525_600.0


class Contracts(NamedTuple):
    """Columns of contracts, in the order of the arguments of `gex.pricing.greeks`."""

    spot: Float64Array
    strike: Float64Array
    years: Float64Array
    sigma: Float64Array
    rate: Float64Array
    dividend: Float64Array
    is_call: npt.NDArray[np.bool_]


def wide_contracts(n: int, seed: int) -> Contracts:
    """Return contracts from a minute to five years, sigma from 3% to 300%, and |d1| up to 8.5."""
    rng = np.random.default_rng(seed)
    years = np.exp(rng.uniform(np.log(MINUTE), np.log(5.0), n))
    sigma = np.exp(rng.uniform(np.log(0.03), np.log(3.0), n))
    spot = np.exp(rng.uniform(np.log(1.0), np.log(40_000.0), n))
    rate, dividend = rng.uniform(-0.02, 0.10, n), rng.uniform(-0.01, 0.06, n)
    w = sigma * np.sqrt(years)
    d1 = rng.uniform(-8.49, 8.49, n)
    strike = spot * np.exp((rate - dividend) * years + 0.5 * w * w - d1 * w)
    return Contracts(spot, strike, years, sigma, rate, dividend, rng.random(n) < 0.5)


def index_chain(n: int = 20_000, seed: int = 7) -> tuple[Contracts, Float64Array]:
    """Return a chain shaped like one of an index, a minute to three years, and open interest signed +call -put."""
    rng = np.random.default_rng(seed)
    days = np.r_[1 / 1440, 30 / 1440, 240 / 1440, np.arange(1, 22) + 0.27, np.geomspace(25, 1090, 26)]
    years = rng.choice(days, n) / 365.0
    spot = np.full(n, 5800.0)
    reach = np.clip(0.9 * np.sqrt(years), 0.06, 0.9)
    strike = 5.0 * np.round(spot * np.exp(reach * rng.uniform(-1.3, 0.8, n)) / 5.0)
    slope = np.log(strike / spot) / np.sqrt(years + 0.02)
    sigma = np.clip(0.16 - 0.12 * slope + 0.08 * slope * slope, 0.05, 2.0)
    is_call = rng.random(n) < 0.5
    interest = np.floor(np.exp(rng.normal(5.0, 2.0, n)))
    contracts = Contracts(spot, strike, years, sigma, np.full(n, 0.043), np.full(n, 0.013), is_call)
    return contracts, np.where(is_call, interest, -interest)


def gamma(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend: npt.ArrayLike,
) -> Float64Array:
    """Return gamma as textbooks write it."""
    w = sigma * np.sqrt(years)
    d1 = (np.log(np.divide(spot, strike)) + np.subtract(rate, dividend) * years) / w + 0.5 * w
    return np.exp(-0.5 * d1 * d1 - np.multiply(dividend, years)) / (np.sqrt(2.0 * np.pi) * spot * w)


def greeks(contracts: Contracts) -> dict[str, Float64Array]:
    """Return all greeks as textbooks write them, theta and charm in calendar time."""
    spot, strike, years, sigma, rate, dividend, is_call = contracts
    sign = np.where(is_call, 1.0, -1.0)
    root = np.sqrt(years)
    w = sigma * root
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    d2 = d1 - w
    asset = spot * np.exp(-dividend * years) * ndtr(sign * d1)
    cash = strike * np.exp(-rate * years) * ndtr(sign * d2)
    density = np.exp(-0.5 * d1 * d1 - dividend * years) / np.sqrt(2.0 * np.pi)
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


def exact_greeks(
    spot: float, strike: float, years: float, sigma: float, rate: float, dividend: float, is_call: bool
) -> tuple[dict[str, mp.mpf], dict[str, mp.mpf]]:
    """Return the greeks of the given doubles in fifty digits, and for each the size of its largest term."""
    s, k, t, v, r, q = (mp.mpf(float(x)) for x in (spot, strike, years, sigma, rate, dividend))
    sign = 1 if is_call else -1
    root = mp.sqrt(t)
    w = v * root
    d1 = (mp.log(s / k) + (r - q) * t) / w + w / 2
    d2 = d1 - w
    asset_pv, cash_pv = s * mp.exp(-q * t), k * mp.exp(-r * t)
    asset, cash = asset_pv * mp.ncdf(sign * d1), cash_pv * mp.ncdf(sign * d2)
    density = mp.exp(-q * t) * mp.npdf(d1)
    delta = sign * asset / s
    decay = s * density * v / (2 * root)
    values = {
        "price": sign * (asset - cash),
        "delta": delta,
        "gamma": density / (s * w),
        "vega": s * density * root,
        "theta": -decay - sign * (r * cash - q * asset),
        "vanna": -density * d2 / v,
        "charm": q * delta - density * ((r - q) / w - d2 / (2 * t)),
    }
    scales = {
        "price": max(s, asset_pv, cash_pv),
        "delta": abs(delta),
        "gamma": values["gamma"],
        "vega": values["vega"],
        "theta": max(decay, abs(r) * cash, abs(q) * asset),
        "vanna": density * max(abs(d1), w) / v,
        "charm": max(abs(q * delta), density * abs(r - q) / w, density * max(abs(d1), w) / (2 * t)),
    }
    return values, scales


def exact_higher_greeks(
    spot: float, strike: float, years: float, sigma: float, rate: float, dividend: float
) -> tuple[dict[str, mp.mpf], dict[str, mp.mpf]]:
    """Return speed, zomma, color and vomma in fifty digits, and for each the size of its largest term.

    From the derivatives of ln gamma rather than from printed formulas: d1 moves by 1 / (S w) a point, by -d2 / sigma
    and by -d1's own slope in time, and gamma is exp(-q t) n(d1) / (S w).
    """
    s, k, t, v, r, q = (mp.mpf(float(x)) for x in (spot, strike, years, sigma, rate, dividend))
    w = v * mp.sqrt(t)
    d1 = (mp.log(s / k) + (r - q) * t) / w + w / 2
    d2 = d1 - w
    gamma = mp.exp(-q * t) * mp.npdf(d1) / (s * w)
    vega = s * s * v * t * gamma
    slope = (r - q) / w + w / (2 * t) - d1 / (2 * t)  # of d1 in t
    square = max(d1 * d1, abs(d1) * w, mp.mpf(1))
    values = {
        "speed": gamma * (-d1 / (s * w) - 1 / s),
        "zomma": gamma * (d1 * d2 / v - 1 / v),
        "color": -gamma * (-q - d1 * slope - 1 / (2 * t)),
        "vomma": vega * d1 * d2 / v,
    }
    scales = {
        "speed": gamma / s * max(abs(d1) / w, 1),
        "zomma": gamma / v * square,
        "color": gamma * max(abs(q), abs(d1 * (r - q)) / w, square / (2 * t)),
        "vomma": vega / v * square,
    }
    return values, scales
