"""Dealers' gamma and the counts behind it by strike and expiration date: what a choice of dates is summed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gex.merged_book import common_strikes
from gex.results import MergedAnalysis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.results import Analysis, MergedPart

GAMMA, BY_VOLUME = "gamma_usd_per_1pct", "volume_gamma_usd_per_1pct"
SIDES = {
    GAMMA: ("calls", "puts"),
    BY_VOLUME: ("volume_calls", "volume_puts"),
    "open_interest": ("call_open_interest", "put_open_interest"),
}


def strike_cells(analysis: Analysis) -> pl.DataFrame:
    """Return one row per (expiration date, strike) that somebody holds or trades, in that order.

    Columns: `expiration`, `strike` (points; of merged sources those of the first, as in `by_strike`), `calls`, `puts`
    (dealers' gamma, $ per +1%), `volume_calls`, `volume_puts` (the same with today's volume in place of open interest:
    a scenario, not an estimate), `call_open_interest`, `put_open_interest`, `volume` (contracts).
    """
    is_call = pl.col("option_type") == "C"
    sides = [
        pl.when(side).then(column).otherwise(0).alias(name)
        for column, names in SIDES.items()
        for name, side in zip(names, (is_call, ~is_call), strict=True)
    ]
    held = (pl.col("open_interest") > 0) | (pl.col("volume") > 0) | (pl.col(GAMMA) != 0)
    rows = pl.concat(_contracts(analysis)).lazy().filter(held).select("expiration", "strike", *sides, "volume")
    # Collected first: a lazy query adds up a group in parts, in any order, and each run would have last bits of its own.
    return rows.collect().group_by("expiration", "strike").agg(pl.all().sum()).sort("expiration", "strike")


def _contracts(analysis: Analysis) -> Iterator[pl.DataFrame]:
    """Yield each source's contracts as they count in `by_strike`."""
    if not isinstance(analysis, MergedAnalysis):
        yield _counted(analysis, analysis.by_contract["strike"], 1.0)
        return
    first = analysis.parts[0]
    for part in analysis.parts:
        size = _multiplier(part) / (part.scale * _multiplier(first))
        yield _counted(part.analysis, _strikes(part, first), size)


def _counted(analysis: Analysis, strikes: pl.Series, size: float) -> pl.DataFrame:
    counts = [(pl.col(name).fill_null(0) * size).alias(name) for name in ("open_interest", "volume")]
    return analysis.by_contract.select("expiration", "option_type", GAMMA, BY_VOLUME, *counts, strikes)


def _strikes(part: MergedPart, first: MergedPart) -> pl.Series:
    own = part.analysis.by_contract["strike"]
    if part is first:
        return own
    listed = first.analysis.by_strike["strike"].to_numpy()
    return pl.Series("strike", common_strikes(own.to_numpy(), part.scale, listed))


def _multiplier(part: MergedPart) -> float:
    return float(part.analysis.by_contract["multiplier"][0])
