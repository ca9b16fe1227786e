"""The books between two snapshots: contracts of both, priced partly by the first, partly by the second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from gex.exposure import contract_exposure
from gex.ingest.schema import KEY, SORT
from gex.levels import levels_of, strike_totals
from gex.pricing import EarlyExercise
from gex.profile import crossings_of, ladder_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from gex.analysis import Priced
    from gex.exposure import Book
    from gex.market import AmericanTerms
    from gex.quotes import Bools, Floats
    from gex.results import Levels

Factor = Literal["price", "time", "volatility", "carry", "quantity"]


@dataclass(frozen=True)
class State:
    """A book at a spot on a date: a snapshot's, or one between two."""

    book: Book
    spot: float
    today: Bools
    """Marks the contracts that expire on its date."""

    @cached_property
    def measures(self) -> Floats:
        """Four figures a contract: gamma, its size, its 0DTE part ($ per +1%), vanna ($ per vol point)."""
        if not len(self.book):
            return np.zeros((4, 0))
        dollars = contract_exposure(self.book, self.spot, None)
        return np.stack([dollars.gamma, np.abs(dollars.gamma), dollars.gamma * self.today, dollars.vanna])

    def levels(self, half_width: float) -> Levels:
        """Return flip and walls; counts of contracts have no part in them.

        Args:
            half_width: Of the ladder searched for crossings, as a fraction of spot.

        """
        book, none = self.book, np.zeros(len(self.book))
        strikes, at = np.unique(book.strike, return_inverse=True)
        totals = strike_totals(strikes, at, book.is_call, self.measures[0], none, none)
        spots = ladder_of(book, self.spot, half_width)
        crossings = crossings_of(book, spots, book.gamma_usd_profile(spots))
        return levels_of(totals, crossings, self.spot, half_width)


@dataclass(frozen=True)
class Side:
    """One snapshot's contracts that the other prices too, in an order that both share."""

    book: Book
    american: Bools
    """Marks those that may be exercised early."""
    terms: AmericanTerms
    spot: float
    today: Bools
    """Marks those that expire on the snapshot's date."""


@dataclass(frozen=True)
class Matched:
    """Two snapshots, contract by contract; those that neither holds are left out."""

    before: Priced
    after: Priced
    table: pl.DataFrame
    """The chain table's key, `expires_at`, and `a` and `b`: whether the snapshot prices the contract. Sorted by `SORT`."""

    @property
    def both(self) -> pl.DataFrame:
        """Contracts of both snapshots."""
        return self.table.filter(pl.col("a") & pl.col("b"))

    @property
    def gone(self) -> pl.DataFrame:
        """Contracts of the first snapshot alone."""
        return self.table.filter(~pl.col("b"))

    @property
    def come(self) -> pl.DataFrame:
        """Contracts of the second snapshot alone."""
        return self.table.filter(~pl.col("a"))

    def sides(self) -> tuple[Side, Side]:
        """Return both snapshots' figures for the contracts of both."""
        return _side(self.before, self.both), _side(self.after, self.both)

    def reach(self) -> tuple[float, float]:
        """Return the range of spots that a book between the two is priced at."""
        low, high = zip(self.before.market.reach(), self.after.market.reach(), strict=True)
        return min(low), max(high)


def matched(before: Priced, after: Priced) -> Matched:
    """Find which contracts two snapshots share."""
    first, second = (_held(each).rename({"units": name}) for each, name in ((before, "a"), (after, "b")))
    second = second.rename({"expires_at": "later"})  # the first's holds, should a calendar have been corrected between
    table = first.join(second, on=KEY, how="full", coalesce=True)
    table = table.with_columns(pl.coalesce("expires_at", "later")).drop("later")
    held = (pl.col("a").fill_null(0.0) != 0.0) | (pl.col("b").fill_null(0.0) != 0.0)
    table = table.filter(held).with_columns(pl.col("a", "b").is_not_null()).sort(*SORT)
    return Matched(before, after, table)


def state_of(base: Priced, contracts: pl.DataFrame) -> State:
    """Return some contracts of a snapshot, as they stand in it."""
    chosen = _places(base, contracts)
    return State(base.book.where(chosen), base.market.level, _expires_today(base, chosen))


def mixed(before: Side, after: Side, moved: AbstractSet[Factor], reach: tuple[float, float]) -> State:
    """Return the contracts of both snapshots, what `moved` names as in the second, the rest as in the first.

    Args:
        before: The first snapshot.
        after: The second.
        moved: `price` is spot (every forward moves with it, volatility as the settings' dynamics say); `time` the time
            left and the date; `volatility` each contract's, per square-root year; `carry` rate and yield of each
            expiration; `quantity` dealers' positions.
        reach: The spots that the book will be priced at.

    """
    of = {name: after if name in moved else before for name in ("price", "time", "volatility", "carry", "quantity")}
    time, volatility, carry = of["time"], of["volatility"], of["carry"]
    terms = carry.terms._replace(years=time.terms.years, sigma=volatility.terms.sigma)
    american = time.american
    book = replace(
        carry.book,
        years=time.book.years,
        sigma=volatility.book.sigma,
        units=of["quantity"].book.units,
        dynamics=volatility.book.dynamics,
        early=EarlyExercise(*terms.where(american), between=reach) if american.any() else None,
        early_row=np.where(american, np.cumsum(american) - 1, -1) if american.any() else None,
    )
    return State(book, of["price"].spot, time.today)


def _held(base: Priced) -> pl.DataFrame:
    """Return the used contracts of a snapshot with dealers' units."""
    rows: pl.DataFrame = base.chain.frame.select(*KEY, "expires_at")[base.market.used.tolist()]
    return rows.with_columns(pl.Series("units", base.book.units))


def _side(base: Priced, contracts: pl.DataFrame) -> Side:
    chosen = _places(base, contracts)
    american, terms = base.market.american_terms()
    book = base.book.where(chosen)
    return Side(book, american[chosen], terms.where(chosen), base.market.level, _expires_today(base, chosen))


def _places(base: Priced, contracts: pl.DataFrame) -> Bools:
    """Mark the used contracts of a snapshot that are among some: a chain is sorted, so that their order is the same."""
    marks = contracts.select(*KEY, pl.lit(value=True).alias("chosen"))
    joined = _held(base).join(marks, on=KEY, how="left", maintain_order="left")
    chosen: Bools = joined["chosen"].fill_null(value=False).to_numpy()
    return chosen


def _expires_today(base: Priced, chosen: Bools) -> Bools:
    market = base.market
    dates = market.dates.to_numpy()[market.quotes.expiration[market.used[chosen]]]
    return np.asarray(dates == np.datetime64(market.today))
