"""What is in doubt of a sum over trades: those of one order are right together or wrong together.

Fills of an order, trades of one contract at one instant on one exchange that follow one another, have one initiator. So
have the legs of a complex order, at one instant on one exchange in several contracts: what is bought in one and sold in
another is less in doubt than either. Errors of orders are independent. A trade without a told side has an error of its
own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.schema import KEY

if TYPE_CHECKING:
    from gex.microstructure.hedges import Hedges
    from gex.microstructure.sides import Sides
    from gex.quotes import Bools, Floats, Ints

KEYS = ("trade_time", "exchange", "is_complex", *KEY)


class Orders:
    """Takes the trades of a tape in batches; an order that a batch ends in goes on in the next."""

    def __init__(self) -> None:
        """Start before the first trade."""
        self._last: pl.DataFrame | None = None
        self._loads: dict[int, float] = {}

    def variances(self, trades: pl.DataFrame, sides: Sides, hedges: Hedges, group: Ints) -> Floats:
        """Return what each trade adds to the variance of its group's sum, $ squared, shape (n,).

        With load l and c the loads of its order before it, that is l^2 + 2 l c: the order's add up to (sum of l)^2. It
        is negative where a leg takes from the doubt of those before.
        """
        told = sides.side != 0
        load = np.where(told, np.copysign(np.sqrt(hedges.variance), hedges.raw), 0.0)
        own = np.where(told, 0.0, hedges.variance)
        added: Floats = own + load * load + 2.0 * load * self._before(trades.select(KEYS), load, group)
        return added

    def _before(self, keys: pl.DataFrame, load: Floats, group: Ints) -> Floats:
        """Return the loads of each trade's order and group before it."""
        same = _same(keys if self._last is None else pl.concat([self._last, keys]))
        carried = list(self._loads)
        if self._last is None:
            same = np.append(False, same)
        run = np.cumsum(~same)
        runs = np.concatenate([np.full(len(carried), run[0]), run[1:]])
        groups = np.concatenate([np.array(carried, dtype=np.int64), group])
        loads = np.concatenate([np.array(list(self._loads.values())), load])
        summed, before = _running(runs * (int(groups.max(initial=0)) + 1) + groups, loads, runs)
        self._last = keys[-1]
        last = np.flatnonzero(runs == run[-1])
        self._loads = dict(zip(groups[last].tolist(), summed[last].tolist(), strict=True))
        return before[len(carried) :]


def _same(keys: pl.DataFrame) -> Bools:
    """Mark the trades that are of the same order as the one before them."""
    contract = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in KEY)
    instant = (pl.col("trade_time") == pl.col("trade_time").shift(1)) & pl.col("exchange").eq_missing(
        pl.col("exchange").shift(1)
    )
    both = pl.col("is_complex") == pl.col("is_complex").shift(1)
    same = instant & both & (pl.col("is_complex") | contract)
    return keys.select(same.fill_null(value=False)).to_series().to_numpy()


def _running(code: Ints, load: Floats, run: Ints) -> tuple[Floats, Floats]:
    """Return the running sum of loads with each code, that of each trade included and without it."""
    summed, before = load.copy(), np.zeros(len(load))
    several = np.flatnonzero(np.bincount(run)[run] > 1)
    if len(several):
        table = pl.DataFrame({"code": code[several], "load": load[several]})
        sums = table.select(pl.col("load").cum_sum().over("code"), "code")
        summed[several] = sums["load"].to_numpy()
        before[several] = sums.select(pl.col("load").shift(1, fill_value=0.0).over("code")).to_series().to_numpy()
    return summed, before
