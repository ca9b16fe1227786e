"""py_vollib_vectorized with the versions it still runs on. Its greeks are finite differences of prices."""

from __future__ import annotations

import numpy as np
import py_vollib_vectorized as vollib

from benchmarks.peers import Columns, Work, flags

DISTRIBUTIONS = ("py_vollib_vectorized", "py_vollib", "numba")
MODEL = {"model": "black_scholes_merton"}


def _arguments(columns: Columns) -> list[np.ndarray]:
    return [flags(columns), *(columns[name] for name in ("spot", "strike", "years", "rate", "sigma", "dividend"))]


def gamma(columns: Columns, _variant: str) -> Work:
    arguments = _arguments(columns)
    return Work(lambda: vollib.vectorized_gamma(*arguments, **MODEL, return_as="numpy"))


def greeks(columns: Columns, _variant: str) -> Work:
    """Delta, gamma, vega, theta and rho; theta is a difference over a whole day, so it is timed but not compared."""
    arguments = _arguments(columns)

    def convert(result: dict[str, list[float]]) -> Columns:
        return {"delta": np.array(result["delta"]), "vega": np.array(result["vega"]) * 100.0}

    return Work(lambda: vollib.get_all_greeks(*arguments, **MODEL, return_as="dict"), convert)


def implied(columns: Columns, _variant: str) -> Work:
    price, forward, strike, years = (columns[name] for name in ("price", "forward", "strike", "years"))
    sides = flags(columns)
    return Work(
        lambda: vollib.vectorized_implied_volatility_black(
            price, forward, strike, 0.0, years, sides, return_as="numpy", on_error="raise"
        )
    )
