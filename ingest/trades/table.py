"""Tapes that are lines of text: what a reader says of its columns, and what all of them share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.readers.csv_pieces import Piece, columns
from gex.ingest.readers.text import split_line
from gex.ingest.trades.raw import RawTrades

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gex.ingest.schema import QualityReport, Source
    from gex.ingest.trades.conditions import Coding


@dataclass(frozen=True)
class Cancels:
    """Which reports of a tape take trades back.

    Attributes:
        condition: The column of conditions.
        coding: Its codes.
        key: The columns that such a report shares with the trade.
        mark: A column that tells a trade that was taken back in its own row.
        marks: Tells that by a text of `mark`.

    """

    condition: str
    coding: Coding
    key: tuple[str, ...]
    mark: str | None = None
    marks: Callable[[pl.Expr], pl.Expr] = field(default=lambda column: column.is_null() & column.is_not_null())


@dataclass(frozen=True)
class Written:
    """Where the tape in a file of ours came from, and the account of that reading."""

    source: Source
    quality: QualityReport


@dataclass(frozen=True)
class Stored:
    """A tape of records: its rows a part at a time.

    Attributes:
        raws: The rows.
        written: What a file of ours was when it was written.
        notes: What is to be known of the tape.

    """

    raws: Iterator[RawTrades]
    written: Written | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A tape of one trade a line.

    Attributes:
        names: The columns of a line, once it is flat.
        read: Takes some flat lines apart: rows of `raw.ROWS`.
        cancels: How trades are taken back; None where that is settled.
        top: Lines before the first trade.
        flat: Makes lines of one width of those of the source, in the same order.
        written: What a file of ours was when it was written.
        notes: What is to be known of the tape, as far as it was read.
        complete: Adds what is beside the tape, such as quotes, to the rows as they come.

    """

    names: tuple[str, ...]
    read: Callable[[Piece], pl.DataFrame]
    cancels: Cancels | None = None
    top: int = 1
    flat: Callable[[Piece], Piece] = lambda piece: piece
    written: Written | None = None
    notes: Callable[[], tuple[str, ...]] = tuple
    complete: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows

    def raws(self, found: Iterator[Piece]) -> Iterator[RawTrades]:
        """Yield the rows of each piece; of a last line without its line end only that it is cut."""
        for piece in found:
            texts = partial(_texts, piece)
            if piece.ended:
                yield RawTrades(self.complete(self.read(self.flat(piece))), texts)
            else:
                rows = self.read(self.flat(Piece(piece.data + b"\n", piece.line)))
                yield RawTrades(rows.with_columns(defect=pl.lit("cut_row")), texts)

    def cells(self, piece: Piece, wanted: Sequence[str]) -> pl.DataFrame:
        """Return `line` and some columns of whole lines as text; of lines with too few cells null."""
        flat = self.flat(piece)
        table = columns(flat.data, self.names, wanted) if _is_even(flat, len(self.names)) else None
        if table is None or table.height != flat.height:
            return _line_by_line(flat, self.names, wanted)
        return table.select(pl.int_range(flat.line, flat.line + flat.height, dtype=pl.Int64).alias("line"), *wanted)


def _texts(piece: Piece, lines: Sequence[int]) -> list[str]:
    return [piece.text(line) for line in lines]


def _is_even(piece: Piece, width: int) -> bool:
    """Tell whether the lines have as many cells as they should, at least together."""
    return piece.ended and b"\r" not in piece.data and piece.count(b",") == piece.height * (width - 1)


def _line_by_line(piece: Piece, names: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame:
    places = [names.index(name) for name in wanted]
    rows = []
    for line in range(piece.line, piece.line + piece.height):
        cells = split_line(piece.text(line), ",")
        rows.append([line, *(cells[place] or None if len(cells) == len(names) else None for place in places)])
    return pl.DataFrame(rows, schema={"line": pl.Int64, **dict.fromkeys(wanted, pl.String)}, orient="row")


def unquoted(piece: Piece) -> Piece:
    """Return lines without quotes around their cells, of files in which no cell holds a comma."""
    return Piece(piece.data.replace(b'"', b""), piece.line)
