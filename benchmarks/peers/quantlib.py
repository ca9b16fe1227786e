"""QuantLib's BlackCalculator, one object a contract: the shortest way through its Python interface."""

from __future__ import annotations

import math

import numpy as np
import QuantLib as ql  # noqa: N813 -- the abbreviation its own examples use

from benchmarks.peers import CONTRACT, Columns, Work

DISTRIBUTIONS = ("QuantLib",)
ACCURACY = 1e-12


def _rows(columns: Columns) -> list[tuple[float, ...]]:
    sides = np.where(columns["is_call"], ql.Option.Call, ql.Option.Put)
    return list(zip(*(columns[name].tolist() for name in CONTRACT), sides.tolist(), strict=True))


def _calculator(spot, strike, years, sigma, rate, dividend, side):
    forward = spot * math.exp((rate - dividend) * years)
    payoff = ql.PlainVanillaPayoff(side, strike)
    return ql.BlackCalculator(payoff, forward, sigma * math.sqrt(years), math.exp(-rate * years))


def _gamma(row: tuple[float, ...]) -> float:
    return _calculator(*row).gamma(row[0])


def _greeks(row: tuple[float, ...]) -> tuple[float, ...]:
    spot, years = row[0], row[2]
    it = _calculator(*row)
    return it.value(), it.delta(spot), it.gamma(spot), it.vega(years), it.theta(spot, years)


def _columns(result: list[tuple[float, ...]]) -> Columns:
    return dict(zip(("price", "delta", "gamma", "vega", "theta"), np.array(result).T, strict=True))


def gamma(columns: Columns, _variant: str) -> Work:
    rows = _rows(columns)
    return Work(lambda: [_gamma(row) for row in rows], np.array)


def greeks(columns: Columns, _variant: str) -> Work:
    rows = _rows(columns)
    return Work(lambda: [_greeks(row) for row in rows], _columns)


def implied(columns: Columns, _variant: str) -> Work:
    sides = np.where(columns["is_call"], ql.Option.Call, ql.Option.Put).tolist()
    rows = list(zip(sides, *(columns[name].tolist() for name in ("strike", "forward", "price")), strict=True))
    root = np.sqrt(columns["years"])
    invert = ql.blackFormulaImpliedStdDev
    start = 0.1
    return Work(
        lambda: [invert(*row, 1.0, 0.0, start, ACCURACY) for row in rows],
        lambda result: np.array(result) / root,
    )


# Its interface takes one contract at a time anyway.
scalar_gamma, scalar_greeks, scalar_implied = gamma, greeks, implied
