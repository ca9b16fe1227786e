"""Bulk volume classification: the share of a bar's volume that was bought, from how its price moved alone.

Source: Easley, Lopez de Prado and O'Hara, "Flow Toxicity and Liquidity in a High-Frequency World", Review of Financial
Studies 25 (2012) 1457-1493, by the normal distribution; with Student's t of 0.25 degrees of freedom in their "Discerning
Information from Trade Data", Journal of Financial Economics 120 (2016) 269-285. It needs no quotes, and says nothing
of any one trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.microstructure.columns import Columns, Contracts

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt
    import polars as pl

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

DEGREES = 0.25
"""Degrees of freedom of Student's t in the paper of 2016."""

ROUNDING = 1e-9
"""A standard deviation this small a part of the changes is that of equal changes, rounded."""


@dataclass(frozen=True)
class Bulk:
    """Bars of one contract after another, in time, one entry per bar; shapes (n,).

    Attributes:
        first: The row of the tape that a bar's first trade has.
        trades: How many trades are in it.
        volume: Contracts traded in it.
        change: Its last price less that of the contract's bar before it, in points; NaN in a contract's first bar.
        bought: Share of its volume that was bought, 0 to 1; 0.5 where nothing tells: a first bar, or a contract whose
            changes are all the same.

    """

    first: Ints
    trades: Ints
    volume: Floats
    change: Floats
    bought: Floats

    @property
    def signed_volume(self) -> Floats:
        """Contracts bought less contracts sold."""
        signed: Floats = self.volume * (2.0 * self.bought - 1.0)
        return signed


def bought_share(change: npt.ArrayLike, deviation: npt.ArrayLike, degrees: float | None = DEGREES) -> Floats:
    """Return the share bought of a bar's volume: the distribution function of its price change in standard deviations.

    Args:
        change: Points from the bar before to this one; any shape.
        deviation: Standard deviation of such changes, points, above 0; shape that broadcasts with it.
        degrees: Of freedom of Student's t; None for the normal distribution.

    Returns:
        Shares from 0 to 1; 0.5 where the change or the deviation is not a number, or there is no deviation.

    Raises:
        ValueError: Degrees of freedom that are not above 0.

    """
    from scipy.special import ndtr, stdtr

    if degrees is not None and not degrees > 0.0:
        raise ValueError(f"degrees of freedom must be above 0, or None for the normal distribution, got {degrees!r}")
    moved, scale = np.broadcast_arrays(np.asarray(change, np.float64), np.asarray(deviation, np.float64))
    known = np.isfinite(moved) & (scale > 0.0) & np.isfinite(scale)
    z = np.divide(moved, scale, out=np.zeros(moved.shape), where=known)
    share: Floats = ndtr(z) if degrees is None else stdtr(degrees, z)
    return share


def bulk(
    trades: pl.DataFrame,
    *,
    every: dt.timedelta | None = None,
    volume: float | None = None,
    degrees: float | None = DEGREES,
) -> Bulk:
    """Cut each contract's trades into bars of time or of volume, and tell each bar's share bought.

    A bar of time spans `every` from a multiple of it since 1970, in UTC. A bar of volume ends with the trade that fills
    it: trades are not split. Changes of price are measured in their standard deviation over the contract's bars, which
    weighs each change by the volume of its bar, as in the papers.

    Args:
        trades: The trade table, in time, n rows.
        every: Length of bars of time; either this or `volume`.
        volume: Contracts in a bar of volume.
        degrees: As in `bought_share`.

    Returns:
        Bulk of all contracts' bars.

    Raises:
        ValueError: Both or neither of `every` and `volume`, or one that is not above 0; columns as in `classify`.

    """
    columns = Columns.of(trades)
    contract = Contracts().numbers(trades, by_exchange=False)[True][0]
    rows = np.argsort(contract, kind="stable")  # a contract after the other, each in the tape's order
    contract, price, size = contract[rows], columns.price[rows], columns.size[rows]
    starts = np.flatnonzero(_new(contract) | _new(_bars(trades, contract, size, rows, every, volume)))
    ends = np.append(starts[1:], len(rows))[: len(starts)] - 1
    amount = np.add.reduceat(size, starts) if len(starts) else np.empty(0)
    change = np.where(_new(contract[starts]), np.nan, np.diff(price[ends], prepend=np.nan))
    share = bought_share(change, _deviations(change, amount, contract[starts]), degrees)
    return Bulk(rows[starts].astype(np.int64), ends - starts + 1, amount, change, share)


def _new(codes: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Return where a code differs from the one before it."""
    different = np.ones(len(codes), np.bool_)
    different[1:] = codes[1:] != codes[:-1]
    return different


def _bars(
    trades: pl.DataFrame,
    contract: npt.NDArray[np.int32],
    size: Floats,
    rows: Ints,
    every: dt.timedelta | None,
    volume: float | None,
) -> Ints:
    """Return the number of each trade's bar within its contract."""
    if every is not None and volume is None:
        step = round(every.total_seconds() * 1e9)
        if step <= 0:
            raise ValueError(f"every must be a time above 0, got {every}")
        return trades["trade_time"].dt.timestamp("ns").to_numpy()[rows] // step
    if volume is None or every is not None:
        raise ValueError("bars need either every, a time, or volume, contracts")
    if not 0.0 < volume < np.inf:
        raise ValueError(f"volume must be contracts above 0, got {volume!r}")
    return _filled(size, _new(contract), volume)


def _filled(size: Floats, new: npt.NDArray[np.bool_], volume: float) -> Ints:
    """Return which bar each trade is in, a new one from each contract's first trade and from each that is full on."""
    bars, bar, held = np.empty(len(size), np.int64), -1, 0.0
    for i, (amount, first) in enumerate(zip(size.tolist(), new.tolist(), strict=True)):
        if first or held >= volume:
            bar, held = bar + 1, 0.0
        held += amount
        bars[i] = bar
    return bars


def _deviations(change: Floats, volume: Floats, contract: npt.NDArray[np.int32]) -> Floats:
    """Return for each bar the volume-weighted standard deviation of its contract's changes."""
    weight = np.where(np.isnan(change), 0.0, volume)
    moved = np.nan_to_num(change)
    total = np.bincount(contract, weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(contract, weight * moved) / total
        variance = np.bincount(contract, weight * (moved - mean[contract]) ** 2) / total
        square = np.bincount(contract, weight * moved**2) / total
    variance[variance <= ROUNDING**2 * square] = 0.0
    deviation: Floats = np.sqrt(variance)[contract]
    return deviation
