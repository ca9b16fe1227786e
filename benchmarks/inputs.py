"""Seeded inputs: the same on every machine."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import log_ladder, price

if TYPE_CHECKING:
    from types import ModuleType

Columns = dict[str, np.ndarray]

CHAIN, MILLION, SPOTS = 20_000, 1_000_000, 400
TICK = 0.05


@cache
def reference() -> ModuleType:
    """Return the tests' sample contracts and exact formulas, loaded by their path."""
    path = Path(__file__).parents[1] / "tests" / "pricing" / "reference.py"
    spec = importlib.util.spec_from_file_location("pricing_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def few(columns: Columns, rows: int) -> Columns:
    """Return a few rows, evenly spread."""
    chosen = np.linspace(0, columns["strike"].size - 1, rows).astype(int)
    return {name: column[chosen] for name, column in columns.items() if column.size == columns["strike"].size}
