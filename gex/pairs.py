"""Calls and the puts beside them: priced alike they have one gamma, and sums over a book half the work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gex.exposure import Book
    from gex.quotes import Bools, Floats, Ints


@dataclass(frozen=True)
class Netted:
    """Contracts of a book, some of them a call that stands for the put after it as well."""

    book: Book
    rows: Ints
    """Of each contract in the book it was made of."""
    calls: Ints
    """Places, here, of the calls that stand for two,"""
    puts: Ints
    """and the rows, there, of their puts."""

    def units(self, units: Floats) -> Floats:
        """Sum a book's units by the contracts here."""
        net = units[self.rows]
        net[self.calls] += units[self.puts]
        return net

    def holding(self, units: Floats) -> Book:
        """Return the contracts with other units, given for the book it was made of."""
        return replace(self.book, units=self.units(units))


def netted(book: Book, wanted: Bools, *, pairs: bool = True) -> Netted:
    """Return a book, each call joined by the put after it if their gamma is the same one.

    Args:
        book: In the chain's order: strike by strike, the call before the put.
        wanted: Marks the contracts that matter; one that is joined matters with the other.
        pairs: Whether to join at all.

    """
    joined = np.zeros(len(book), dtype=bool)
    if pairs:
        joined[1:] = _alike(book)
    kept = ~joined & (wanted | np.append(joined[1:] & wanted[1:], [False]))
    rows, puts = np.flatnonzero(kept), np.flatnonzero(joined & np.append([False], kept[:-1]))
    return Netted(book.where(kept), rows, np.searchsorted(rows, puts - 1), puts)


def _alike(book: Book) -> Bools:
    """Mark the calls whose put follows: of the same strike, time, volatility and carry, both European."""
    alike = book.is_call[:-1] & ~book.is_call[1:]
    if book.early_row is not None:
        alike &= (book.early_row[:-1] < 0) & (book.early_row[1:] < 0)
    for column in (book.strike, book.sigma, book.years, book.rate, book.dividend):
        alike &= column[1:] == column[:-1]
    return alike
