"""The next morning's open interest beside a day's trades: what opened, what closed, and how far dealers can have gone.

Each of the V contracts traded has a buyer, who opens a long or closes a short, and a seller, who opens a short or closes a
long. Let B of the bought and S of the sold contracts open. Longs change by B less the V - S that were sold to close:
OI' - OI = B + S - V, and shorts change by as much. So both sides together opened

    B + S = V + (OI' - OI),

from 0 to 2 V: |OI' - OI| <= V, or trades are missing, or contracts were exercised. Of one side alone, B or S, it follows
that it opened from max(0, OI' - OI) to min(V, V + OI' - OI). Whoever dealers are, they hold no more longs and no more shorts
than there are: |dealers' net| <= OI'. Where these bounds are narrower than those of the trades, the estimate's normal distribution is
cut off at them: right if any open interest that has room for what dealers hold is as likely as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.schema import KEY, SCHEMA, SORT
from gex.microstructure.factors import joined
from gex.microstructure.inventory import COLUMNS, Inventory

if TYPE_CHECKING:
    from gex.quotes import Floats

REACH = 12.0
"""Standard deviations beyond which a normal distribution is taken to end."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True)
class Reconciliation:
    """An inventory within the bounds of open interest, and what opened.

    Attributes:
        inventory: With narrower bounds and errors; contracts that are not in the next morning's list, and impossible
            ones, are as they were.
        table: `KEY`, `volume`, `before` and `after` (open interest), `opened` (contracts bought or sold to open, both sides),
            `opened_low` and `opened_high` (of either side alone); one row for each contract reconciled.
        impossible: `KEY`, `volume`, `before`, `after` and `reason` of contracts whose data contradict each other; nothing of
            them is used.

    """

    inventory: Inventory
    table: pl.DataFrame
    impossible: pl.DataFrame


def reconcile(inventory: Inventory, before: pl.DataFrame, after: pl.DataFrame) -> Reconciliation:
    """Hold an inventory at the end of a day against the open interest before and after it.

    Args:
        inventory: Position before the day and all its trades.
        before: `KEY` and `open_interest` in the morning; a contract that is missing had none.
        after: The same of the next morning.

    Errors are cut off contract by contract; what contracts share of them shrinks with each contract's own, their
    correlations staying as they are: an approximation wherever both are in doubt.

    """
    counts = _counts(inventory, before, after)
    bad = counts.filter(pl.col("reason").is_not_null())
    good = counts.filter(pl.col("reason").is_null())
    change = pl.col("after") - pl.col("before")
    table = good.select(
        *KEY,
        *("volume", "before", "after"),
        (pl.col("volume") + change).alias("opened"),
        change.clip(lower_bound=0).alias("opened_low"),
        pl.min_horizontal("volume", pl.col("volume") + change).alias("opened_high"),
    )
    return Reconciliation(_tightened(inventory, good), table, bad.select(*KEY, "volume", "before", "after", "reason"))


def _counts(inventory: Inventory, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return the inventory's contracts that the next morning's list has, with both open interests and what is wrong."""
    held = inventory.table.join(_open(after, "after"), on=KEY, how="inner")
    held = held.join(_open(before, "before"), on=KEY, how="left").with_columns(pl.col("before").fill_null(0))
    change, after_, low, high = pl.col("after") - pl.col("before"), pl.col("after"), pl.col("low"), pl.col("high")
    return held.with_columns(
        pl.when((pl.col("after") < 0) | (pl.col("before") < 0))
        .then(pl.lit("negative open interest"))
        .when(change.abs() > pl.col("volume"))
        .then(pl.lit("open interest changed by more than was traded"))
        .when((low > after_) | (high < -after_))
        .then(pl.lit("dealers would hold more than is open"))
        .alias("reason")
    )


def _open(table: pl.DataFrame, name: str) -> pl.DataFrame:
    counted = table.select(*KEY, pl.col("open_interest").cast(pl.Int64).alias(name)).drop_nulls()
    return counted.cast({key: SCHEMA[key] for key in KEY})


def _tightened(inventory: Inventory, good: pl.DataFrame) -> Inventory:
    """Return the inventory with the bounds of open interest and the moments that are left within them."""
    bound = pl.col("after").cast(pl.Float64)
    table = good.with_columns(
        pl.max_horizontal("low", -bound).alias("low"), pl.min_horizontal("high", bound).alias("high")
    )
    mean, had, low, high = (table[name].to_numpy() for name in ("contracts", "variance", "low", "high"))
    cut_mean, cut_variance = cut_moments(mean, had, low, high)
    tells = (low > good["low"].to_numpy()) | (high < good["high"].to_numpy())  # else it was known before
    mean, variance = np.where(tells, cut_mean, mean), np.where(tells, cut_variance, had)
    shrunk = np.sqrt(np.divide(variance, had, out=np.ones(len(had)), where=had > 0))
    table = table.with_columns(contracts=mean, variance=variance, shrunk=shrunk)
    kept = inventory.table.join(table, on=KEY, how="anti")
    factors = inventory.factors.join(table.select(*KEY, "shrunk"), on=KEY, how="left")
    loading = (pl.col("loading") * pl.col("shrunk").fill_null(1.0)).alias("loading")
    whole = pl.concat([kept, table.select(COLUMNS.names()).cast(COLUMNS)])
    return Inventory(whole.sort(SORT), joined(factors.with_columns(loading)))


def cut_moments(mean: Floats, variance: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance of normal distributions cut off at bounds, all of shape (n,).

    By Gauss and Legendre with 64 points on what is left of them within `REACH` standard deviations, or, where they are
    cut far out in a tail, as far as they fall to e^-36. Without variance the mean goes to the nearest bound.
    """
    sd = np.sqrt(variance)
    nearest = np.clip(mean, low, high)
    out = np.maximum(np.abs(nearest - mean), 1e-300)
    width = REACH * sd * np.minimum(1.0, 3.0 * sd / out)
    start, end = np.maximum(low, nearest - width), np.minimum(high, nearest + width)
    half = 0.5 * (end - start)
    x = (0.5 * (start + end))[:, None] + half[:, None] * _NODES
    doubt = np.where(sd > 0, sd, 1.0)[:, None]
    exponent = -0.5 * ((x - mean[:, None]) / doubt) ** 2
    weight = _WEIGHTS * np.exp(exponent - exponent.max(axis=1, keepdims=True, initial=-np.inf))
    weight /= weight.sum(axis=1, keepdims=True)
    first = (weight * x).sum(axis=1)
    second = (weight * (x - first[:, None]) ** 2).sum(axis=1)
    return np.where(half > 0, first, nearest), np.where(half > 0, second, 0.0)
