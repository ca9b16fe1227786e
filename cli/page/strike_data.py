"""What the script of the strike chart needs: gamma by strike and expiration, the curves, the levels of each choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gex.cli.page.html import floats
from gex.cli.page.packed import counts, sparse
from gex.plot import figures, prices, strikes
from gex.plot.prices import REACH
from gex.strike_cells import strike_cells

if TYPE_CHECKING:
    from gex.quotes import Floats, Ints
    from gex.results import Analysis, Levels

    Data = dict[str, Any]

GAMMA = ("calls", "puts", "volume_calls", "volume_puts")
COUNTS = ("call_open_interest", "put_open_interest", "volume")
DOLLAR = 1.0
"""Gamma of a cell under it is none: far from the money there is next to nothing, in many bytes."""
ROUGH = 5e-4
"""Of a curve's span: points that a straight line between their neighbours meets this nearly are left out."""


def data_of(analysis: Analysis) -> Data:
    """Return it as JSON has it; strikes beyond `REACH` of spot are one below and one above, so that all sums hold."""
    spot, cells = figures.spot_of(analysis), strike_cells(analysis)
    ends = (spot * (1 - REACH), spot * (1 + REACH))
    listed = analysis.by_strike["strike"]
    near = listed.filter(listed.is_between(*ends))
    axis = prices.prices_of(analysis, strikes.ROWS)
    return {
        "spot": spot,
        "ends": ends,
        "window": (axis.low, axis.high),
        "strikes": floats(near.to_numpy()),
        "tails": {"below": int((listed < ends[0]).sum()), "above": int((listed > ends[1]).sum())},
        **_cells(cells, near.to_numpy(), ends),
        "no_volume": _no_volume(analysis, cells),
        "choices": _choices(analysis),
        "band": _band(analysis),
        "profile": _profile(analysis, ends),
    }


def _cells(cells: pl.DataFrame, near: Floats, ends: tuple[float, float]) -> Data:
    """Return the cells of one expiration after the other: steps up from place to place, 0 below all strikes, and sums."""
    strike = cells["strike"].to_numpy()
    place = np.searchsorted(near, strike) + 1
    place[strike < ends[0]], place[strike > ends[1]] = 0, len(near) + 1
    days = cells["expiration"].to_physical().to_numpy()
    # Cells are in order, so those of a date and a place follow each other.
    begins = np.flatnonzero((np.diff(days, prepend=-1) != 0) | (np.diff(place, prepend=-1) != 0))
    dates, firsts, sizes = np.unique(days[begins], return_index=True, return_counts=True)
    step = np.diff(place[begins], prepend=0)
    step[firsts] = place[begins][firsts]
    gamma, number = ({name: _sums(cells[name].to_numpy(), begins) for name in names} for names in (GAMMA, COUNTS))
    return {
        "expirations": [date.isoformat() for date in pl.Series(dates, dtype=pl.Date)],
        "sizes": sizes.tolist(),
        "steps": counts(step),
        **{name: sparse(np.where(np.abs(sums) < DOLLAR, 0.0, sums)) for name, sums in gamma.items()},
        **{name: counts(np.rint(sums)) for name, sums in number.items()},
    }


def _sums(values: Floats, begins: Ints) -> Floats:
    """Return the sums of values from each of `begins` to the next."""
    return np.asarray(np.add.reduceat(values, begins) if len(begins) else values, dtype=np.float64)


def _no_volume(analysis: Analysis, cells: pl.DataFrame) -> str | None:
    """Say why there is no gamma by volume."""
    if analysis.settings.model == "book":
        return "Volume says nothing of a book of your own."
    return None if cells["volume"].sum() else "No contract has volume."


def _choices(analysis: Analysis) -> Data:
    """Return dates, levels and sign of each named set of expirations that there is."""
    sign = "unknown" if analysis.regime == "near_zero" else "known"
    found = {"all": {"dates": None, "sign": sign, "curve": True, **_levels(analysis.levels)}}
    parts = {"0dte": analysis.zero_dte, "next": analysis.next_expiration, "ex-0dte": analysis.ex_zero_dte}
    for name, part in parts.items():
        if part is not None:
            dates = [date.isoformat() for date in part.expirations]
            sign = "unknown" if part.sign == "unknown" else "known"
            found[name] = {"dates": dates, "sign": sign, "curve": name != "next", **_levels(part.levels)}
    return found


def _levels(levels: Levels) -> Data:
    crossings = [(each.spot, 1 if each.slope > 0 else -1) for each in levels.gamma_flip_crossings]
    return {
        "flip": levels.gamma_flip, "call_wall": levels.call_wall, "put_wall": levels.put_wall, "crossings": crossings
    }  # fmt: skip


def _band(analysis: Analysis) -> tuple[float, float] | None:
    bands = analysis.levels.bands
    return bands.method.gamma_flip if bands else None


def _profile(analysis: Analysis, ends: tuple[float, float]) -> Data:
    """Return the curves of all expirations and of 0DTE: their difference is that of all others."""
    profile = analysis.profile
    seen = (profile.spots >= ends[0] * (1 - 1e-9)) & (profile.spots <= ends[1] * (1 + 1e-9))
    spots, *curves = (
        values[seen] for values in (profile.spots, profile.gamma_usd_per_1pct, profile.zero_dte_usd_per_1pct)
    )
    kept = thinned(spots, *curves)
    return dict(zip(("spots", "all", "today"), (floats(values[kept]) for values in (spots, *curves)), strict=True))


def thinned(x: Floats, *curves: Floats) -> Ints:
    """Return where the points stand that the curves need: the others lie on the lines between their neighbours."""
    kept = np.arange(len(x))
    for _ in range(3):
        left, middle, right = kept[:-2:2], kept[1:-1:2], kept[2::2]
        share = (x[middle] - x[left]) / (x[right] - x[left])
        off = [np.abs(y[left] + share * (y[right] - y[left]) - y[middle]) > ROUGH * np.ptp(y) for y in curves]
        kept = np.setdiff1d(kept, middle[~np.logical_or.reduce(off)])
    return kept
