"""The sides of a million trades: every rule's labels beside tclf's, and the time of the published best stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.inputs import MILLION, from_tests
from benchmarks.peers import polars_rules
from benchmarks.race import local_lane
from gex.microstructure.rules import RULES, STACKS
from gex.microstructure.sides import classify

if TYPE_CHECKING:
    from benchmarks.inputs import Columns
    from benchmarks.race import Race

CONTRACTS = 4_000
DEAREST = 48_000
"""Cents. tclf's tolerance grows with the price: from 490 dollars on it takes half a cent, from 990 a cent, for nothing."""
QUOTES = ("bid", "ask", "bid_size", "ask_size")


def tape() -> pl.DataFrame:
    drawn: pl.DataFrame = from_tests("side_rules", "helpers").drawn(1, MILLION, CONTRACTS, DEAREST)
    return drawn.rechunk()


def columns_of(trades: pl.DataFrame) -> Columns:
    """Return what tclf needs as arrays, with the different prices that Polars finds."""
    wanted = {"price": pl.col("price"), "size": pl.col("size"), "strike": pl.col("strike"), **polars_rules.others()}
    for name in QUOTES:
        wanted |= {f"{name}_best": pl.col(name), f"{name}_ex": pl.col(f"exchange_{name}")}
    floats = trades.select(**{name: column.cast(pl.Float64).fill_null(np.nan) for name, column in wanted.items()})
    return {**{name: floats[name].to_numpy() for name in wanted}, "rules": np.array(list(RULES))}


def test_sides(race: Race) -> None:
    trades = tape()
    stacks = {"gsu_large": STACKS["gsu_large"], **{rule: (rule,) for rule in RULES}}
    labels = {name: classify(trades, stack, tolerance=0.0).side for name, stack in stacks.items()}
    ties = int((classify(trades, "gsu_large").side != labels["gsu_large"]).sum())

    def wrong(_columns: Columns, answer: dict[str, np.ndarray], _reach: float) -> float:
        return max(float((found != labels[name]).mean()) for name, found in answer.items())

    race(
        "sides",
        columns_of(trades),
        lambda: classify(trades, "gsu_large"),
        wrong,
        also=[local_lane("Polars alone", MILLION, lambda: polars_rules.gsu_large(trades))],
        answers={"gsu_large": polars_rules.gsu_large(trades).to_numpy()},
        rounds=7,
        topic=f"Sides of a million trades of {CONTRACTS:,} contracts, gsu_large",
        unit="trade",
        notes=[
            f"Error: the share of labels that differ, of all {len(RULES)} rules and of the stack.",
            f"Labels are compared as rounding leaves prices; with ties at the middle of quotes kept, {ties:,} differ.",
            "Ours finds the next different prices and says how likely each side is right; tclf is given the prices.",
        ],
    )
