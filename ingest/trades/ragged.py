"""Lines with a tail of groups, one for each exchange: the same lines with the group of one exchange alone.

A row of Cboe DataShop's option trades ends with the quotes of all exchanges, of which the trade's own is wanted: four
cells of up to a hundred. A compiled loop copies them and what is before the tail, and only that is parsed.
"""

from __future__ import annotations

from dataclasses import dataclass

from gex.ingest.readers.csv_pieces import Piece
from gex.ingest.readers.text import split_line
from gex.ingest.trades import _tail

_DIGITS = 3


@dataclass(frozen=True)
class Tail:
    """How a line ends.

    Attributes:
        cells: Before the groups, more than twice as many as a group has; the last is the number of groups.
        own: Which of them is the number of the exchange whose group is wanted, from 0.
        group: Cells in a group, the first of which is the number of its exchange.

    """

    cells: int
    own: int
    group: int

    def flat(self, piece: Piece) -> Piece:
        """Return a piece whose lines have their own exchange's group without its number, or empty cells for it.

        A line whose cells are not as many as it says keeps those before the groups only; a comma too many at the end
        of a line means nothing.
        """
        made = None if b'"' in piece.data else _tail.flat(piece.data, self.cells, self.own, self.group)
        if made is not None:
            return Piece(made, piece.line)
        if (halves := piece.halves()) is not None:
            first, second = (self.flat(half) for half in halves)
            return Piece(first.data + second.data, piece.line)
        lines = range(piece.line, piece.line + piece.height)
        return Piece("".join(f"{self.flat_line(piece.text(line))}\n" for line in lines).encode(), piece.line)

    def flat_line(self, text: str) -> str:
        """Return one line, whatever it holds, as `flat` does."""
        cells = split_line(text, ",")
        groups = _number(cells[self.cells - 1]) if len(cells) >= self.cells else None
        end = self.cells + (groups or 0) * self.group
        if groups is None or len(cells) not in {end, end + 1} or any(cells[end:]):
            return ",".join(cells[: self.cells])
        own = _number(cells[self.own])
        starts = [
            start for start in range(self.cells, end, self.group) if own is not None and _number(cells[start]) == own
        ]
        tail = cells[starts[0] + 1 : starts[0] + self.group] if starts else [""] * (self.group - 1)
        return ",".join([*cells[: self.cells], *tail])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
