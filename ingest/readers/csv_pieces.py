"""Long CSV files piece by piece: whole lines as bytes, then as typed rows that know their line.

Polars parses a piece at once where every line fits; where one does not, the piece is halved until only a few lines
around the bad ones are left, and these are split one by one, so that no bad line takes a good one with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import UnreadableError
from gex.ingest.readers.text import split_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gex.ingest.blob import Blob

SIZE = 8 << 20
"""Bytes of a piece: some fifty thousand lines."""
SLICE = 1 << 14
"""Bytes below which a piece with a bad line is split line by line."""
QUOTED = 1 << 20
"""Bytes up to which a piece with quotes in about every line is: small enough for its cells to be held as text."""
_PACKED = (b"\x1f", b"x", b"(")
"""What zlib, gzip and zstd begin with: Polars would unpack a piece that does."""


@dataclass(frozen=True)
class Piece:
    """Whole lines of a file, the first of which has the number `line`; the file's last one may lack its line end."""

    data: bytes
    line: int

    def text(self, number: int) -> str:
        """Return a line by its number in the file."""
        return _decoded(self._lines[number - self.line])

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.data.split(b"\n")

    @property
    def ended(self) -> bool:
        """Whether the last line has its line end."""
        return self.data.endswith(b"\n")

    @cached_property
    def height(self) -> int:
        """The number of lines."""
        return self.count(b"\n") + (not self.ended)

    def count(self, char: bytes) -> int:
        """Return how often a character occurs, many times faster than `bytes.count` where that is often."""
        import numpy as np

        return int(np.count_nonzero(np.frombuffer(self.data, np.uint8) == ord(char)))

    def halves(self) -> tuple[Piece, Piece] | None:
        """Return the piece in two; None if it is small or one line."""
        cut = self.data.find(b"\n", len(self.data) // 2) + 1
        if len(self.data) < SLICE or not 0 < cut < len(self.data):
            return None
        first = Piece(self.data[:cut], self.line)
        return first, Piece(self.data[cut:], self.line + first.height)


@dataclass(frozen=True)
class Part:
    """The rows of one snapshot in one piece."""

    key: tuple[str, ...]
    rows: pl.DataFrame
    piece: Piece


def pieces(blob: Blob, width: int) -> Iterator[Piece]:
    """Yield a CSV file without its header, piece by piece.

    Args:
        blob: The file.
        width: Cells in a line.

    Raises:
        UnreadableError: The file ends after its header or in the middle of a line, or its lines have no line feeds.

    """
    with blob.open() as stream:
        header, _, rest = stream.read(SIZE).partition(b"\n")
        rest = rest or stream.read(SIZE)
        if b"\r" in header.rstrip(b"\r"):
            raise UnreadableError("line ends of old Macintosh files; save it with line feeds", source=blob.name, row=1)
        line, carried = 2, b""
        while rest:
            end = rest.rfind(b"\n") + 1
            if end:
                yield (piece := Piece(b"".join((carried, memoryview(rest)[:end])), line))
                line, carried = line + piece.height, b""
            carried += rest[end:]
            if len(carried) > SIZE:
                raise UnreadableError(f"a line of more than {SIZE} bytes", source=blob.name, row=line)
            rest = stream.read(SIZE)
    if carried.strip():
        if len(split_line(_decoded(carried), ",")) < width:
            raise UnreadableError(
                "the file is cut off in the middle of a line; save it again", source=blob.name, row=line
            )
        yield Piece(carried, line)
    elif line == 2:
        raise UnreadableError("the file ends after its header: it is cut off or empty", source=blob.name)


def parse(piece: Piece, names: Sequence[str], numbers: Collection[str]) -> pl.DataFrame:
    """Return the rows of a piece, blank lines left out.

    Args:
        piece: Whole lines.
        names: The file's columns in order.
        numbers: Those that hold numbers; the others are text.

    Returns:
        The columns, null where a cell is empty, and before them `line` and `defect` (`field_count`, `cut_row`,
        `bad_number` or null).

    """
    table = _at_once(piece, names, numbers)
    if table is not None:
        return table
    halves = piece.halves()
    # With quotes in about every line there is no part to be found without.
    quoted = len(piece.data) <= QUOTED and piece.count(b'"') >= piece.height
    if halves is None or quoted:
        return _line_by_line(piece, names, numbers)
    return pl.concat([parse(half, names, numbers) for half in halves])


def columns(data: bytes, names: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame | None:
    """Return some columns as text, lines unchecked; None where quotes or damage make them uncertain."""
    if b'"' in data or data.startswith(_PACKED):
        return None
    schema = dict.fromkeys(names, pl.String)
    places = sorted(names.index(name) for name in wanted)
    try:
        found = pl.read_csv(data, has_header=False, schema=schema, columns=places, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    return found.select(wanted)


def _at_once(piece: Piece, names: Sequence[str], numbers: Collection[str]) -> pl.DataFrame | None:
    """Parse a piece in which every line fits; None if one may not."""
    data, height = piece.data, piece.height
    # With as many commas as belong there, a line with too few cells means another with too many, which Polars refuses.
    if not piece.ended or b'"' in data or piece.count(b",") != height * (len(names) - 1):
        return None
    if data.startswith(_PACKED) or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return None
    schema = {name: pl.Float64 if name in numbers else pl.String for name in names}
    try:
        table = pl.read_csv(data, has_header=False, schema=schema, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    if table.height != height:
        return None
    first = pl.int_range(piece.line, piece.line + height, dtype=pl.Int64)
    return table.select(first.alias("line"), pl.lit(None, pl.String).alias("defect"), pl.all())


def _line_by_line(piece: Piece, names: Sequence[str], numbers: Collection[str]) -> pl.DataFrame:
    lines = ((number, piece.text(number)) for number in range(piece.line, piece.line + piece.height))
    found = [(number, text) for number, text in lines if text.strip()]
    rows = [split_line(text, ",") if '"' in text else text.split(",") for _, text in found]
    fits = [len(row) == len(names) for row in rows]
    cells = [row if fit else [*row, *[""] * len(names)][: len(names)] for row, fit in zip(rows, fits, strict=True)]
    table = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
    table = table.select(pl.when(pl.all() != "").then(pl.all()).name.keep())
    bare = [table[name].str.strip_chars() for name in names if name in numbers]
    values = table.with_columns(each.cast(pl.Float64, strict=False) for each in bare)
    unread = [values[each.name].is_null() & (each != "") for each in bare]
    line = pl.Series("line", [number for number, _ in found], pl.Int64)
    cut = (line == piece.line + piece.height - 1) & (not piece.ended)
    defect = (
        pl.when(~pl.Series(fits, dtype=pl.Boolean))
        .then(pl.lit("field_count"))
        .when(cut)
        .then(pl.lit("cut_row"))
        .when(pl.any_horizontal(pl.lit(value=False), *unread))
        .then(pl.lit("bad_number"))
    )
    return values.select(line, defect.alias("defect"), pl.all())


def _decoded(text: bytes) -> str:
    try:
        return text.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return text.removesuffix(b"\r").decode("cp1252", errors="replace")
