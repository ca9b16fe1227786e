"""py_vollib: one contract a call, in Python."""

from __future__ import annotations

import warnings

import numpy as np

from benchmarks.peers import Columns, Work, flags

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns that it is to be renamed
    from py_vollib.black.implied_volatility import implied_volatility
    from py_vollib.black_scholes_merton import black_scholes_merton
    from py_vollib.black_scholes_merton.greeks import analytical

DISTRIBUTIONS = ("py_vollib",)
# In the order of its arguments.
CONTRACT = ("spot", "strike", "years", "rate", "sigma", "dividend")
# Its vega is per 1% of volatility, its theta per calendar day.
UNITS = {"price": 1.0, "delta": 1.0, "gamma": 1.0, "vega": 100.0, "theta": 365.0}


def _rows(columns: Columns) -> list[tuple[object, ...]]:
    return list(zip(flags(columns).tolist(), *(columns[name].tolist() for name in CONTRACT), strict=True))


def gamma(columns: Columns, _variant: str) -> Work:
    rows = _rows(columns)
    return Work(lambda: [analytical.gamma(*row) for row in rows], np.array)


def _greeks(row: tuple[object, ...]) -> tuple[float, ...]:
    functions = (black_scholes_merton, analytical.delta, analytical.gamma, analytical.vega, analytical.theta)
    return tuple(function(*row) for function in functions)


def greeks(columns: Columns, _variant: str) -> Work:
    rows = _rows(columns)
    return Work(
        lambda: [_greeks(row) for row in rows],
        lambda result: {
            name: np.array(x) * UNITS[name] for name, x in zip(UNITS, zip(*result, strict=True), strict=True)
        },
    )


def implied(columns: Columns, _variant: str) -> Work:
    names = ("price", "forward", "strike")
    sides = flags(columns).tolist()
    rows = list(zip(*(columns[name].tolist() for name in names), columns["years"].tolist(), sides, strict=True))
    return Work(
        lambda: [
            implied_volatility(price, forward, strike, 0.0, years, side) for price, forward, strike, years, side in rows
        ],
        np.array,
    )


# Its interface takes one contract at a time anyway.
scalar_gamma, scalar_greeks, scalar_implied = gamma, greeks, implied
