"""Lines with a tail of groups, one for each exchange: the same lines with the group of one exchange alone.

A row of Cboe DataShop's option trades ends with the quotes of all exchanges, of which the trade's own is wanted: four
cells of up to a hundred. They are found by where the commas stand, many lines at once, and only they are parsed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.ingest.readers.csv_pieces import Piece
from gex.ingest.readers.text import split_line

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

_COMMA, _FEED, _RETURN, _ZERO = 44, 10, 13, 48
_DIGITS = 3


@dataclass(frozen=True)
class Tail:
    """How a line ends.

    Attributes:
        cells: Before the groups; the last of them is the number of groups.
        own: Which of them is the number of the exchange whose group is wanted.
        group: Cells in a group, the first of which is the number of its exchange.

    """

    cells: int
    own: int
    group: int

    def flat(self, piece: Piece) -> Piece:
        """Return a piece whose lines have their own exchange's group without its number, or empty cells for it.

        A line whose cells are not as many as it says keeps those before the groups only.
        """
        made = _at_once(piece.data, self)
        if made is not None:
            return Piece(made, piece.line)
        if (halves := piece.halves()) is not None:
            first, second = (self.flat(half) for half in halves)
            return Piece(first.data + second.data, piece.line)
        lines = range(piece.line, piece.line + piece.height)
        return Piece("".join(f"{self._flat_line(piece.text(line))}\n" for line in lines).encode(), piece.line)

    def _flat_line(self, text: str) -> str:
        cells = [cell.strip() for cell in split_line(text, ",")]
        groups = (
            int(cells[self.cells - 1])
            if len(cells) >= self.cells and _number(cells[self.cells - 1]) is not None
            else -1
        )
        end = self.cells + groups * self.group
        if groups < 0 or len(cells) not in {end, end + 1} or any(cells[end:]):
            return text if len(cells) < self.cells else ",".join(cells[: self.cells])
        tails = [
            cells[start + 1 : start + self.group]
            for start in range(self.cells, end, self.group)
            if _number(cells[start]) == _number(cells[self.own])
        ]
        return ",".join([*cells[: self.cells], *(tails[0] if tails else [""] * (self.group - 1))])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _at_once(data: bytes, tail: Tail) -> bytes | None:
    """Return the flat lines; None where one may not be as it says."""
    import numpy as np

    if not data.endswith(b"\n") or b'"' in data:
        return None
    chars = np.frombuffer(data + b"," * (tail.group - 1) + b"\n", np.uint8)
    ends = np.flatnonzero(chars[: len(data)] == _FEED)
    commas = np.append(np.flatnonzero(chars[: len(data)] == _COMMA), len(data))
    starts = np.concatenate(([0], ends[:-1] + 1))
    stops = ends - (chars[ends - 1] == _RETURN)
    first = np.searchsorted(commas[:-1], starts)
    count = np.diff(np.append(first, len(commas) - 1))
    if (count < tail.cells - 1).any():
        return None
    head = np.where(count == tail.cells - 1, stops, commas[np.minimum(first + tail.cells - 1, len(commas) - 1)])
    groups = _numbers(chars, commas[first + tail.cells - 2] + 1, head)
    surplus = count - (tail.cells - 1 + tail.group * groups)
    if ((groups < 0) | (surplus < 0) | (surplus > 1) | ((surplus == 1) & (chars[stops - 1] != _COMMA))).any():
        return None
    found, to = _own_group(chars, commas, first, groups, stops - surplus, tail)
    none = found < 0
    # Where there is no such group, the empty cells behind the data are taken; between both there is a comma.
    begin = np.where(none, len(data), found)
    pieces = (
        (starts, head),
        (len(data), len(data) + 1),
        (begin, np.where(none, len(data) + tail.group - 2, to)),
        (len(data) + tail.group - 1, len(data) + tail.group),
    )
    return _gathered(chars, pieces, len(ends))


def _own_group(
    chars: npt.NDArray[np.uint8], commas: Ints, first: Ints, groups: Ints, stops: Ints, tail: Tail
) -> tuple[Ints, Ints]:
    """Return from where to where the group of each line's own exchange goes, behind its number; -1 where there is none."""
    import numpy as np

    own = _numbers(chars, commas[first + tail.own - 1] + 1, commas[first + tail.own])
    found, to = np.full(len(first), -1), np.full(len(first), -1)
    for place in range(int(groups.max(initial=0))):
        rows = np.flatnonzero((groups > place) & (found < 0))
        start = first[rows] + tail.cells - 1 + place * tail.group
        hit = (_numbers(chars, commas[start] + 1, commas[start + 1]) == own[rows]) & (own[rows] >= 0)
        rows, start = rows[hit], start[hit]
        found[rows] = commas[start + 1] + 1
        last = groups[rows] == place + 1
        to[rows] = np.where(last, stops[rows], commas[np.minimum(start + tail.group, len(commas) - 1)])
    return found, to


def _numbers(chars: npt.NDArray[np.uint8], start: Ints, end: Ints) -> Ints:
    """Return the whole numbers that stand between places; -1 for anything else, and for more than three digits."""
    import numpy as np

    width = end - start
    value, good = np.zeros(len(start), np.int64), (width >= 1) & (width <= _DIGITS)
    for digit in range(_DIGITS):
        there = good & (digit < width)
        char = chars[np.where(there, start + digit, 0)].astype(np.int64) - _ZERO
        good &= ~there | ((char >= 0) & (char <= 9))
        value = np.where(there, value * 10 + char, value)
    return np.where(good, value, -1)


def _gathered(chars: npt.NDArray[np.uint8], pieces: tuple[tuple[Ints | int, Ints | int], ...], lines: int) -> bytes:
    """Return what stands between places, line by line and piece by piece."""
    import numpy as np

    start = np.stack([np.broadcast_to(each, lines) for each, _ in pieces], axis=1).ravel()
    width = np.stack([np.broadcast_to(np.subtract(to, each), lines) for each, to in pieces], axis=1).ravel()
    before = np.concatenate(([0], np.cumsum(width)[:-1]))
    places = np.repeat((start - before).astype(np.int32), width) + np.arange(int(width.sum()), dtype=np.int32)
    found: bytes = chars[places].tobytes()
    return found
