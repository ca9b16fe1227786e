"""Trades that were taken back: which trade a report means that takes one back.

Such a report has the contract, exchange, price and size of the trade it takes back. It means the latest such trade
before it in the tape (of a report that takes back the first trade of a contract: the earliest), one that is marked as
taken back in its own row before others, and none that another report has taken back. As it may come hours after its trade, a tape is
looked through twice before it is read: for the reports, and for trades that they may mean.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gex.ingest.readers.csv_pieces import Piece
    from gex.ingest.trades.table import Cancels, Table


@dataclass(frozen=True)
class Settled:
    """The lines of reports whose trade was found, and of the trades."""

    matched: frozenset[int] = frozenset()
    cancelled: frozenset[int] = frozenset()

    def marked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with `matched`, and `cancelled` where one is."""
        line = pl.col("line")
        return rows.with_columns(
            line.is_in(sorted(self.matched)).alias("matched"),
            pl.col("cancelled") | line.is_in(sorted(self.cancelled)),
        )


NOTHING = Settled()


@dataclass
class _Open:
    """Trades alike that may be taken back, in their order."""

    lines: list[int] = field(default_factory=list)
    marked: list[int] = field(default_factory=list)

    def take(self, *, first: bool) -> int | None:
        held = self.marked or self.lines
        return held.pop(0 if first else -1) if held else None


def settle(table: Table, pieces: Callable[[], Iterator[Piece]]) -> Settled:
    """Find the trades that a tape's reports take back.

    Args:
        table: The tape.
        pieces: Begins it anew.

    """
    how = table.cancels
    if how is None:
        return NOTHING
    reports = _gathered(_reports(table, piece, how) for piece in pieces())
    if reports.is_empty():
        return NOTHING
    alike = _gathered(_alike(table, piece, how, reports) for piece in pieces())
    return _matched(reports, alike, how)


def _gathered(found: Iterable[pl.DataFrame]) -> pl.DataFrame:
    tables = [each for each in found if each.height]
    return pl.concat(tables) if tables else pl.DataFrame()


def _reports(table: Table, piece: Piece, how: Cancels) -> pl.DataFrame:
    """Return the reports of a piece that take a trade back."""
    if how.coding.flags(table.cells(piece, [how.condition])[how.condition])["cancels"].any():
        cells = table.cells(piece, [how.condition, *how.key])
        found = how.coding.flags(cells[how.condition])["cancels"]
        return cells.filter(found).drop_nulls(how.key)
    return pl.DataFrame()


def _alike(table: Table, piece: Piece, how: Cancels, reports: pl.DataFrame) -> pl.DataFrame:
    """Return the trades of a piece that a report may mean, and whether they are marked."""
    if piece.line > int(reports["line"].max()):  # type: ignore[arg-type]
        return pl.DataFrame()
    mark = [how.mark] if how.mark else []
    cells = table.cells(piece, [how.condition, *how.key, *mark])
    found = cells.join(reports.select(how.key).unique(), on=how.key, how="semi", maintain_order="left")
    trades = found.filter(~how.coding.flags(found[how.condition])["cancels"])
    marked = how.marks(pl.col(how.mark)).fill_null(value=False) if how.mark else pl.lit(value=False)
    return trades.select("line", *how.key, marked.alias("marked"))


def _matched(reports: pl.DataFrame, trades: pl.DataFrame, how: Cancels) -> Settled:
    firsts = reports[how.condition].is_in(sorted(how.coding.first))
    told = [
        (line, tuple(key), first)
        for (line, *key), first in zip(reports.select("line", *how.key).iter_rows(), firsts, strict=True)
    ]
    waiting = iter(trades.iter_rows() if trades.width else ())
    held: defaultdict[tuple[str, ...], _Open] = defaultdict(_Open)
    matched, cancelled, trade = [], [], next(waiting, None)
    for line, key, first in told:
        while trade is not None and trade[0] < line:
            opened = held[tuple(trade[1:-1])]
            (opened.marked if trade[-1] else opened.lines).append(trade[0])
            trade = next(waiting, None)
        if (found := held[key].take(first=first)) is not None:
            matched.append(line)
            cancelled.append(found)
    return Settled(frozenset(matched), frozenset(cancelled))
