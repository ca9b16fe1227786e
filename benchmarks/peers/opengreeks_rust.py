"""opengreeks (Rust): one array call a greek, one side (call or put) and one rate a call."""

from __future__ import annotations

import numpy as np
from opengreeks import black76
from opengreeks import black_scholes_merton as bsm

from benchmarks.peers import CONTRACT, Columns, Work

DISTRIBUTIONS = ("opengreeks",)
PRICE = "black_scholes_merton"
# Its vega is per 1% of volatility, its theta per calendar day, its charm against time to expiry.
UNITS = {PRICE: 1.0, "delta": 1.0, "gamma": 1.0, "vega": 100.0, "theta": 365.0, "vanna": 1.0, "charm": -1.0}


def _rates(columns: Columns) -> tuple[float, float]:
    rate, dividend = columns["rate"], columns["dividend"]
    if np.ptp(rate) or np.ptp(dividend):
        raise ValueError("opengreeks takes one rate for all contracts")
    return float(rate[0]), float(dividend[0])


class _Sides:
    """The columns of the calls and those of the puts, and results put back in the contracts' order."""

    def __init__(self, columns: Columns, names: tuple[str, ...]) -> None:
        self.is_call = columns["is_call"]
        self.sides = [
            (flag, *(np.ascontiguousarray(columns[name][rows]) for name in names))
            for flag, rows in (("c", self.is_call), ("p", ~self.is_call))
            if rows.any()
        ]

    def merge(self, parts: list[np.ndarray]) -> np.ndarray:
        out = np.empty(self.is_call.size)
        for (flag, *_), part in zip(self.sides, parts, strict=True):
            out[self.is_call == (flag == "c")] = part
        return out


def _array_calls(columns: Columns, names: tuple[str, ...]) -> tuple[_Sides, Work]:
    rate, dividend = _rates(columns)
    sides = _Sides(columns, CONTRACT[:4])
    functions = [getattr(bsm, f"{name}_array") for name in names]

    def call() -> list[list[np.ndarray]]:
        return [
            [
                function(flag, spot, strike, years, rate, sigma, dividend)
                for flag, spot, strike, years, sigma in sides.sides
            ]
            for function in functions
        ]

    return sides, Work(call)


def gamma(columns: Columns, _variant: str) -> Work:
    sides, work = _array_calls(columns, ("gamma",))
    return Work(work.call, lambda result: sides.merge(result[0]))


def _in_our_units(columns: Columns) -> Columns:
    result = {name: columns[name] * unit for name, unit in UNITS.items()}
    result["price"] = result.pop(PRICE)
    return result


def greeks(columns: Columns, _variant: str) -> Work:
    sides, work = _array_calls(columns, tuple(UNITS))
    return Work(
        work.call,
        lambda result: _in_our_units(dict(zip(UNITS, map(sides.merge, result), strict=True))),
    )


def implied(columns: Columns, _variant: str) -> Work:
    sides = _Sides(columns, ("price", "forward", "strike", "years"))
    return Work(
        lambda: [
            black76.implied_volatility_array(price, forward, strike, 0.0, years, flag)
            for flag, price, forward, strike, years in sides.sides
        ],
        sides.merge,
    )


def _rows(columns: Columns) -> list[tuple[object, ...]]:
    names = ("spot", "strike", "years", "rate", "sigma", "dividend")
    sides = np.where(columns["is_call"], "c", "p").tolist()
    return list(zip(sides, *(columns[name].tolist() for name in names), strict=True))


def scalar_gamma(columns: Columns, _variant: str) -> Work:
    rows = _rows(columns)
    return Work(lambda: [bsm.gamma(*row) for row in rows], np.array)


def scalar_greeks(columns: Columns, _variant: str) -> Work:
    rows = _rows(columns)
    functions = [getattr(bsm, name) for name in UNITS]
    return Work(
        lambda: [[function(*row) for function in functions] for row in rows],
        lambda result: _in_our_units(dict(zip(UNITS, np.array(result).T, strict=True))),
    )


def scalar_implied(columns: Columns, _variant: str) -> Work:
    sides = np.where(columns["is_call"], "c", "p").tolist()
    names = ("price", "forward", "strike", "years")
    rows = list(zip(*(columns[name].tolist() for name in names), sides, strict=True))
    invert = black76.implied_volatility
    return Work(
        lambda: [invert(price, forward, strike, 0.0, years, side) for price, forward, strike, years, side in rows],
        np.array,
    )
