"""Errors of positions, row by row of a chain: what the variance of any sum over contracts is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from gex.position_book import PositionBook
    from gex.quotes import Bools, Floats, Ints
    from gex.settings import Settings

TWO_SIDED_95 = 1.959963984540054
"""Standard errors either way that hold 95% of a normal distribution."""
SLAB = 4096
"""Factors that are multiplied out at a time."""


@dataclass(frozen=True)
class Errors:
    """Independent errors of n rows, and factors that several of them share.

    Attributes:
        own: Variance of each row that no other shares, units^2, shape (n,).
        row: Of each loading, shape (m,).
        factor: The number of each loading's factor, from 0, shape (m,).
        loading: Units, shape (m,).

    """

    own: Floats
    row: Ints
    factor: Ints
    loading: Floats

    @property
    def touched(self) -> Bools:
        """Mark the rows that are in doubt."""
        marked: Bools = self.own > 0
        marked[self.row[self.loading != 0]] = True
        return marked

    def take(self, rows: Ints) -> Errors:
        """Return the errors of some rows, in their order."""
        place = np.full(len(self.own), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.row] >= 0
        return Errors(self.own[rows], place[self.row[kept]], self.factor[kept], self.loading[kept])

    def times(self, units: Floats | float) -> Errors:
        """Return the errors of the rows times some number each."""
        each = np.broadcast_to(units, self.own.shape)
        return Errors(self.own * each**2, self.row, self.factor, self.loading * each[self.row])

    def plus(self, other: Errors) -> Errors:
        """Return the errors of the sum of two positions whose errors are independent."""
        start = int(self.factor.max(initial=-1)) + 1
        return Errors(
            self.own + other.own,
            np.concatenate([self.row, other.row]),
            np.concatenate([self.factor, other.factor + start]),
            np.concatenate([self.loading, other.loading]),
        )

    def variance(self, weights: Floats) -> float:
        """Return the variance of the sum of weights times positions; the weights have shape (n,)."""
        shared = np.bincount(self.factor, weights=weights[self.row] * self.loading)
        return float(self.own @ weights**2 + shared @ shared)

    def variances(self, weights: Floats, group: Ints, size: int) -> Floats:
        """Return the variance of each sum by group, shape (size,)."""
        pairs, pair = np.unique(np.stack([self.factor, group[self.row]]), axis=1, return_inverse=True)
        loads = np.bincount(pair.ravel(), weights=weights[self.row] * self.loading, minlength=pairs.shape[1])
        own = np.bincount(group, weights=self.own * weights**2, minlength=size)
        return np.asarray(own + np.bincount(pairs[1], weights=loads**2, minlength=size))

    def covariance(self, weights: Floats, group: Ints, size: int) -> Floats:
        """Return the covariance of sums by group, shape (size, size); `group` has -1 where a row is in none."""
        inside = group >= 0
        matrix: Floats = np.diag(np.bincount(group[inside], weights=(self.own * weights**2)[inside], minlength=size))
        kept = np.flatnonzero(inside[self.row])
        kept = kept[np.argsort(self.factor[kept], kind="stable")]
        numbers, factor = np.unique(self.factor[kept], return_inverse=True)
        row, load = self.row[kept], weights[self.row[kept]] * self.loading[kept]
        for start in range(0, len(numbers), SLAB):
            first, end = np.searchsorted(factor, [start, start + SLAB]).tolist()
            part = slice(first, end)
            loads = np.zeros((size, SLAB))
            np.add.at(loads, (group[row[part]], factor[part] - start), load[part])
            matrix = matrix + loads @ loads.T
        return matrix


def errors_of(chain: pl.DataFrame, settings: Settings) -> Errors | None:
    """Return the errors of what dealers hold in each row of a chain table, in contracts; None where none are known.

    The settings' book and its signed volume may have them; a model has none.
    """
    total = None
    for book, share in ((settings.positions, 1.0), (settings.signed_volume, settings.signed_share)):
        found = book_errors(book, chain) if book is not None and not isinstance(book, str) else None
        if found is not None:
            found = found.times(settings.scale * share)
            total = found if total is None else total.plus(found)
    return total


def book_errors(book: PositionBook, chain: pl.DataFrame) -> Errors | None:
    """Return a book's errors by row of a chain table; None where it has none."""
    import polars as pl

    from gex.position_book import KEY

    if "variance" not in book.table.columns:
        return None
    kind = pl.col("option_type").cast(chain.schema["option_type"])
    joined = chain.select(KEY).join(
        book.table.with_columns(kind).select(*KEY, "variance"), on=KEY, how="left", maintain_order="left"
    )
    variance = joined["variance"].cast(pl.Float64).fill_null(0.0).to_numpy()
    if book.factors is None or book.factors.is_empty():
        none = np.zeros(0, dtype=np.int64)
        return Errors(variance.copy(), none, none, np.zeros(0))
    places = chain.select(KEY).with_row_index("row")
    loads = book.factors.with_columns(kind).join(places, on=KEY, how="inner")
    row, factor = (loads[name].to_numpy().astype(np.int64) for name in ("row", "factor"))
    loading = loads["loading"].to_numpy()
    shared = np.bincount(row, weights=loading**2, minlength=len(variance))
    return Errors(np.maximum(variance - shared, 0.0), row, factor, loading)
