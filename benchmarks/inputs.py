"""Seeded inputs: the same on every machine."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import american, log_ladder, price

if TYPE_CHECKING:
    from types import ModuleType

Columns = dict[str, np.ndarray]

CHAIN, MILLION, SPOTS = 20_000, 1_000_000, 400
TICK = 0.05
CASH, EX_DAYS = 0.75, range(20, 730, 91)
"""What a share of the American chain pays, and on which days."""
AMERICAN_DAYS, AMERICAN_STRIKES = (8, 15, 29, 57, 92, 183, 365, 547, 730), 220


@cache
def from_tests(name: str, folder: str = "pricing") -> ModuleType:
    """Return a module beside the tests, of pricing unless said otherwise, loaded by its path."""
    path = Path(__file__).parents[1] / "tests" / folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reference() -> ModuleType:
    """Return the tests' sample contracts and exact formulas."""
    return from_tests("reference")


def american_reference() -> ModuleType:
    """Return the tests' American contracts and their two truths."""
    return from_tests("american_reference")


def cash_reference() -> ModuleType:
    """Return the tests' contracts with cash dividends and their truths."""
    return from_tests("cash_reference")


@cache
def chain() -> Columns:
    """Return a chain like that of an index, a minute to three years, with weights, and a ladder of spots."""
    contracts, weight = reference().index_chain(CHAIN)
    return {**contracts._asdict(), "weight": weight, "spots": log_ladder(5800.0, 0.15, SPOTS)}


@cache
def million() -> Columns:
    """Return contracts with nothing in common: a minute to five years, 3% to 300%, abs(d1) below 8.5."""
    return reference().wide_contracts(MILLION, seed=1)._asdict()


@cache
def sorted_chain() -> Columns:
    """Return the contracts of the chain in the order a vendor lists them: expiration after expiration, fifty in all."""
    columns = chain()
    order = np.argsort(columns["years"], kind="stable")
    return {name: column[order] for name, column in columns.items() if column.size == order.size}


@cache
def quotes() -> Columns:
    """Return the chain's out-of-the-money options worth a tick or more, undiscounted, with spot as the forward."""
    columns = chain()
    w = columns["sigma"] * np.sqrt(columns["years"])
    is_call = columns["strike"] > columns["spot"]
    value = price(columns["spot"], columns["strike"], 1.0, w, 0.0, 0.0, is_call)
    everything = {
        "price": value,
        "forward": columns["spot"],
        "strike": columns["strike"],
        "years": columns["years"],
        "is_call": is_call,
        "sigma": columns["sigma"],
    }
    return {name: np.ascontiguousarray(column[value >= TICK]) for name, column in everything.items()}


@cache
def american_chain() -> Columns:
    """Return a chain like that of QQQ, eight days to two years, every strike with a volatility of its own.

    Its expirations are whole days away, as QuantLib wants them.
    """
    spot, rng = 500.0, np.random.default_rng(5)
    legs = []
    for days in AMERICAN_DAYS:
        root = np.sqrt(days / 365.0)
        strikes = np.unique(np.round(spot * np.exp(root * np.linspace(-0.75, 0.5, AMERICAN_STRIKES))))
        legs += [(strike, days / 365.0, is_call) for strike in strikes for is_call in (1.0, 0.0)]
    strike, years, is_call = np.array(legs).T
    slope = np.log(strike / spot) / np.sqrt(years + 0.02)
    interest = np.floor(np.exp(rng.normal(5.0, 2.0, strike.size)))
    return {
        "spot": np.full(strike.size, spot),
        "strike": strike,
        "years": years,
        "sigma": np.clip(0.2 - 0.12 * slope + 0.08 * slope * slope, 0.1, 0.6),
        "rate": np.full(strike.size, 0.045),
        "dividend": np.full(strike.size, 0.006),
        "is_call": is_call == 1.0,
        "weight": np.where(is_call == 1.0, interest, -interest),
        "spots": log_ladder(spot, 0.15, SPOTS),
    }


@cache
def cash_chain() -> Columns:
    """Return the American chain with dividends in cash every quarter in place of a yield."""
    columns = {name: column for name, column in american_chain().items() if name not in {"weight", "spots"}}
    dividends = {"ex_days": np.array(EX_DAYS, dtype=np.float64), "amounts": np.full(len(EX_DAYS), CASH)}
    return {**columns, "dividend": np.zeros_like(columns["dividend"]), **dividends}


@cache
def american_quotes() -> Columns:
    """Return the American chain's options that are out of the money and worth a tick or more."""
    columns = {name: column for name, column in american_chain().items() if name not in {"weight", "spots"}}
    value = american(**columns).price
    chosen = (columns["is_call"] == (columns["strike"] > columns["spot"])) & (value >= TICK)
    return {name: column[chosen] for name, column in {**columns, "price": value}.items()}


def few(columns: Columns, rows: int) -> Columns:
    """Return a few rows, evenly spread."""
    chosen = np.linspace(0, columns["strike"].size - 1, rows).astype(int)
    return {name: column[chosen] for name, column in columns.items() if column.size == columns["strike"].size}
