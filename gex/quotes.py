"""The chain as arrays: rows in the table's order, grouped by expiration, calls and puts paired by strike."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from gex.settings import MIN_YEARS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MINUTES_PER_YEAR = 525_600.0


@dataclass(frozen=True)
class Expirations:
    """One entry per (root, expiration), in the table's order."""

    table: pl.DataFrame
    """`expiration`, `root`, `settlement`, `exercise`, `expires_at`."""
    years: Floats
    """Calendar minutes from the evaluation to expiry / 525,600; at least one minute."""
    first_rung: Ints
    """Where each expiration's strikes begin among the rungs; one more entry closes the last."""

    def __len__(self) -> int:
        """Return the number of (root, expiration) pairs."""
        return len(self.years)

    def rungs(self, index: int) -> slice:
        """Return where the strikes of one expiration stand among the rungs."""
        return slice(int(self.first_rung[index]), int(self.first_rung[index + 1]))


@dataclass(frozen=True)
class Rungs:
    """One entry per (root, expiration, strike): a rung of an expiration's strike ladder."""

    strike: Floats
    expiration: Ints
    """Index into the expirations."""
    call: Ints
    """Row of the call; -1 where none is listed."""
    put: Ints


@dataclass(frozen=True)
class Quotes:
    """The columns of a chain that positioning needs, one entry per contract; NaN is missing."""

    strike: Floats
    is_call: Bools
    multiplier: Floats
    bid: Floats
    ask: Floats
    implied_volatility: Floats
    vendor_gamma: Floats
    open_interest: Floats
    """Contracts; a missing count is none, here and in `volume`."""
    volume: Floats
    expiration: Ints
    """Index into `expirations`."""
    rung: Ints
    """Index into `rungs`."""
    rungs: Rungs
    expirations: Expirations

    def leg(self, values: Floats, rows: Ints) -> Floats:
        """Return `values` at `rows`, NaN where the row is -1."""
        return np.where(rows >= 0, values[rows], np.nan)

    def legs_of(self, bid: Floats, ask: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return bid and ask of the call of each rung, then of its put, from those of each contract."""
        call, put = self.rungs.call, self.rungs.put
        return self.leg(bid, call), self.leg(ask, call), self.leg(bid, put), self.leg(ask, put)

    @cached_property
    def legs(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Bid and ask of the call of each rung, then of its put."""
        return self.legs_of(self.bid, self.ask)

    @cached_property
    def mid(self) -> Floats:
        """Mid of bid and ask of each contract; NaN without a bid or when crossed."""
        return np.where((self.bid > 0) & (self.ask >= self.bid), 0.5 * (self.bid + self.ask), np.nan)

    @cached_property
    def leg_mids(self) -> tuple[Floats, Floats]:
        """Mids of the call and of the put of each rung."""
        return self.leg(self.mid, self.rungs.call), self.leg(self.mid, self.rungs.put)


def quotes_of(frame: pl.DataFrame, evaluated_at: dt.datetime) -> Quotes:
    """Turn a chain table into arrays.

    Args:
        frame: The chain table, sorted as `gex.ingest.schema.SORT`, without contracts that have expired.
        evaluated_at: The instant the contracts are priced at.

    """
    is_call = (frame["option_type"] == "C").to_numpy()
    strike = frame["strike"].to_numpy()
    groups = _group_ids(frame)
    new_group = np.diff(groups, prepend=-1) != 0
    new_rung = new_group | (np.diff(strike, prepend=np.nan) != 0)
    rung = np.cumsum(new_rung) - 1
    starts = np.flatnonzero(new_rung)
    ends = np.append(starts[1:], len(strike)) - 1
    rungs = Rungs(
        strike=strike[starts],
        expiration=groups[starts],
        call=np.where(is_call[starts], starts, -1),
        put=np.where(is_call[ends], -1, ends),
    )
    # A list, because a NumPy index makes Polars import numpy.ma: a tenth of a report's time.
    table = frame[np.flatnonzero(new_group).tolist(), ["expiration", "root", "settlement", "exercise", "expires_at"]]
    now = np.datetime64(evaluated_at.astimezone(dt.UTC).replace(tzinfo=None), "us")
    minutes = (table["expires_at"].to_numpy() - now).astype(np.int64) / 60e6
    return Quotes(
        strike=strike,
        is_call=is_call,
        multiplier=frame["multiplier"].to_numpy(),
        bid=_floats(frame, "bid"),
        ask=_floats(frame, "ask"),
        implied_volatility=_floats(frame, "implied_volatility"),
        vendor_gamma=_floats(frame, "vendor_gamma"),
        open_interest=_counts(frame, "open_interest"),
        volume=_counts(frame, "volume"),
        expiration=groups,
        rung=rung,
        rungs=rungs,
        expirations=Expirations(
            table=table,
            years=np.maximum(minutes / MINUTES_PER_YEAR, MIN_YEARS),
            first_rung=np.append(np.flatnonzero(np.diff(rungs.expiration, prepend=-1)), len(starts)),
        ),
    )


def median(values: Floats) -> float:
    """Return the median of at least one value; NumPy's own imports numpy.ma first, a tenth of a report's time."""
    ordered = np.sort(values)
    half = len(ordered) // 2
    return float(ordered[half] if len(ordered) % 2 else 0.5 * (ordered[half - 1] + ordered[half]))


def _group_ids(frame: pl.DataFrame) -> Ints:
    """Number the runs of equal (expiration, root), from 0."""
    return frame.select(pl.struct("expiration", "root").rle_id().cast(pl.Int64)).to_series().to_numpy()


def _floats(frame: pl.DataFrame, column: str) -> Floats:
    """Return a column as float64, null as NaN."""
    return frame[column].cast(pl.Float64).to_numpy()


def _counts(frame: pl.DataFrame, column: str) -> Floats:
    """Return a column of counts as float64, null as 0."""
    counts = _floats(frame, column)
    return np.where(np.isnan(counts), 0.0, counts)
