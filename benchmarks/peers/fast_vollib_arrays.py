"""fast-vollib; its variant is the backend, or `jackel` for its own inversion of prices."""

from __future__ import annotations

import fast_vollib
import numpy as np
from fast_vollib.jackel import jackel_iv_black

from benchmarks.peers import Columns, Work, flags

DISTRIBUTIONS = ("fast-vollib",)
# Its vega is per 1% of volatility, its theta per calendar day.
UNITS = {"delta": 1.0, "gamma": 1.0, "vega": 100.0, "theta": 365.0}


def _arguments(columns: Columns) -> list[np.ndarray]:
    return [flags(columns), *(columns[name] for name in ("spot", "strike", "years", "rate", "sigma", "dividend"))]


def _options(variant: str, form: str) -> dict[str, str]:
    return {"model": "black_scholes_merton", "return_as": form, "backend": variant}


def gamma(columns: Columns, variant: str) -> Work:
    arguments, options = _arguments(columns), _options(variant, "numpy")
    return Work(lambda: fast_vollib.vectorized_gamma(*arguments, **options))


def greeks(columns: Columns, variant: str) -> Work:
    """Delta, gamma, vega, theta and rho."""
    arguments, options = _arguments(columns), _options(variant, "dict")
    return Work(
        lambda: fast_vollib.get_all_greeks(*arguments, **options),
        lambda result: {name: result[name] * unit for name, unit in UNITS.items()},
    )


def implied(columns: Columns, variant: str) -> Work:
    price, forward, strike, years = (columns[name] for name in ("price", "forward", "strike", "years"))
    if variant == "numpy":
        is_call = columns["is_call"]
        return Work(lambda: jackel_iv_black(price, forward, strike, years, is_call))
    sides, rate = flags(columns), np.zeros_like(price)
    return Work(
        lambda: fast_vollib.fast_implied_volatility_black(
            price, forward, strike, rate, years, sides, return_as="numpy", backend=variant
        )
    )
