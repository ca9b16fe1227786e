"""CSV files with one contract a line and many snapshots, in bounded memory, every row with its line number.

Rows of one snapshot (an underlying at a time) are handed on together: straight from the pieces of the file where they
stand together in it, which a first pass over the columns of their key finds out, else by way of temporary files.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from gex.ingest.errors import FormatError
from gex.ingest.readers.csv_pieces import Part, columns, parse, pieces
from gex.ingest.readers.spill import TEXT, spilled
from gex.ingest.readers.text import split_line

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.csv_pieces import Piece

    Key = tuple[str, ...]
    Texts = Callable[[Sequence[int]], list[str]]

Item = TypeVar("Item")

_NEAR = 0.6
"""Share of a layout's columns that makes a header nearly one of it."""


@dataclass(frozen=True)
class Layout:
    """The columns of one vendor's file.

    Attributes:
        name: For messages.
        key: Text columns whose values tell snapshots apart, each with the pattern of its values.
        required: The other columns that must be there.
        optional: Columns that may be.
        text: Those of them that hold no numbers.

    """

    name: str
    key: Mapping[str, re.Pattern[str]]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    text: frozenset[str]

    @cached_property
    def needed(self) -> frozenset[str]:
        """The columns that must be there."""
        return frozenset((*self.key, *self.required))

    @cached_property
    def known(self) -> frozenset[str]:
        """The columns that may be there."""
        return self.needed | frozenset(self.optional)

    def fits(self, names: Sequence[str]) -> bool:
        """Tell whether a header is of this layout: all required columns, none unknown, none twice."""
        return len(set(names)) == len(names) and self.known >= set(names) >= self.needed

    def resembles(self, names: Sequence[str]) -> bool:
        """Tell whether a header has most of the required columns."""
        return len(self.needed & set(names)) >= _NEAR * len(self.needed)

    def is_key(self, key: Key) -> bool:
        """Tell whether values of the key's columns are what belongs there."""
        return all(pattern.fullmatch(text or "") for text, pattern in zip(key, self.key.values(), strict=True))


@dataclass(frozen=True)
class Snapshot:
    """The rows of one snapshot: the columns of the file with `line` and `defect`, and the way to their text."""

    key: Key
    rows: pl.DataFrame
    texts: Texts


def header_of(head: bytes) -> list[str]:
    """Return the column names in a file's first line, quotes, blanks and a byte order mark taken off."""
    first = head.split(b"\n", 1)[0].split(b"\r", 1)[0]
    return [cell.strip() for cell in split_line(first.decode("utf-8-sig", errors="replace"), ",")]


def layout_of(names: Sequence[str], layouts: Sequence[Layout], source: str) -> Layout:
    """Return the layout of a header.

    Raises:
        FormatError: It is nearly one of them; the message names the columns that make the difference.

    """
    for each in layouts:
        if each.fits(names):
            return each
    near = min(layouts, key=lambda each: len(each.needed ^ (set(names) - set(each.optional))))
    missing, unknown = sorted(near.needed - set(names)), sorted(set(names) - near.known)
    parts = [f"lacks {', '.join(missing)}"] if missing else []
    parts += [f"has unknown columns {', '.join(map(repr, unknown))}"] if unknown else []
    parts += ["repeats a column"] if len(set(names)) < len(names) else []
    raise FormatError(f"nearly a file of {near.name}, but it {' and '.join(parts)}", source=source, row=1)


def snapshots(
    blob: Blob, layout: Layout, wanted: Callable[[Key], bool], names: Sequence[str] = ()
) -> Iterator[Snapshot]:
    """Yield the rows of each wanted snapshot, in the order in which they begin.

    Args:
        blob: The file.
        layout: Its layout; the header must fit it.
        wanted: Tells by the values of the key's columns.
        names: What the layout calls the file's columns, where that is not what the header does.

    Raises:
        UnreadableError: The file is empty, cut off in the middle of a line or not text.
        FormatError: The columns of the key hold something else.

    """
    table = _Table(blob, layout, list(names) or header_of(blob.head()))
    found = pieces(blob, len(table.names))
    first, second = next(found), next(found, None)
    if second is None:
        yield from _joined(table.parts(iter([first]), wanted))
    elif table.together():
        yield from _joined(table.parts(pieces(blob, len(table.names)), wanted))
    else:
        for key, rows in spilled(table.parts(pieces(blob, len(table.names)), wanted)):
            yield Snapshot(key, rows.drop(TEXT), _texts_of(rows))


def _joined(parts: Iterator[Part]) -> Iterator[Snapshot]:
    """Join what stands together in the file across its pieces."""
    for key, held in groupby(parts, lambda part: part.key):
        both = list(held)
        yield Snapshot(key, pl.concat([part.rows for part in both]), texts_in([part.piece for part in both]))


def texts_in(sources: Sequence[Piece]) -> Texts:
    """Return the way from line numbers to the lines of pieces in ascending order."""
    starts = [piece.line for piece in sources]
    return lambda numbers: [sources[bisect_right(starts, number) - 1].text(number) for number in numbers]


def _texts_of(rows: pl.DataFrame) -> Texts:
    by_line = dict(rows.select("line", TEXT).iter_rows())
    return lambda numbers: [by_line[number] for number in numbers]


@dataclass(frozen=True)
class _Table:
    """A file of a layout."""

    blob: Blob
    layout: Layout
    names: list[str]

    def together(self) -> bool:
        """Tell, by a pass over the columns of the key, whether the rows of each snapshot surely stand together."""
        seen: set[Key] = set()
        last: Key | None = None
        for piece in ahead(pieces(self.blob, len(self.names))):
            rows = columns(piece.data, self.names, list(self.layout.key))
            if rows is None:
                return False
            for key in filter(self.layout.is_key, (values for _, values in _runs(rows))):
                if key != last and key in seen:
                    return False
                seen.add(key)
                last = key
        return True

    def parts(self, found: Iterator[Piece], wanted: Callable[[Key], bool]) -> Iterator[Part]:
        """Yield the wanted rows of each snapshot in each piece of the file."""
        key = list(self.layout.key)
        last: Key | None = None
        for piece, parsed in ahead((piece, self._parsed(piece)) for piece in found):
            rows = self._with_keys(parsed, last)
            for values, part in _split(rows, key):
                if wanted(values):
                    yield Part(values, part, piece)
            last = rows.select(key).row(-1) if rows.height else last

    def _parsed(self, piece: Piece) -> pl.DataFrame:
        return parse(piece, self.names, self.layout.known - self.layout.text)

    def _with_keys(self, rows: pl.DataFrame, last: Key | None) -> pl.DataFrame:
        """Put rows whose key cannot be read to the snapshot before them, as defects."""
        key = list(self.layout.key)
        runs = {values for _, values in _runs(rows.select(key))}
        good = {each for each in runs if self.layout.is_key(each)}
        if good == runs and rows["defect"].null_count() == rows.height:
            return rows
        known = pl.DataFrame(list(good), schema=dict.fromkeys(key, pl.String), orient="row").with_columns(known=True)
        rows = rows.join(known, on=key, how="left", maintain_order="left")
        unknown = rows["known"].is_null()
        sure = ~unknown & (rows["defect"] != "field_count").fill_null(value=True)
        if last is None and not sure.any():
            values = ", ".join(f"{name} {value!r}" for name, value in zip(key, rows.select(key).row(0), strict=True))
            raise FormatError(
                f"no line begins a snapshot: {values}, or cells missing", source=self.blob.name, row=rows["line"][0]
            )
        filled = (
            pl.coalesce(pl.when(sure).then(name).forward_fill(), pl.lit(value, pl.String)).backward_fill().alias(name)
            for name, value in zip(key, last or [None] * len(key), strict=True)
        )
        bad = pl.when(unknown).then(pl.lit("bad_number"))
        return rows.with_columns(*filled, pl.coalesce("defect", bad).alias("defect")).drop("known")


def _runs(key: pl.DataFrame) -> list[tuple[int, Key]]:
    """Return each row at which the values are not those of the row above, and the values."""
    changed = key.select(pl.any_horizontal(pl.all().ne_missing(pl.all().shift())) | (pl.int_range(pl.len()) == 0))
    starts = changed.to_series().arg_true()
    return list(zip(starts, key[starts].iter_rows(), strict=True))


def _split(rows: pl.DataFrame, key: list[str]) -> Iterator[tuple[Key, pl.DataFrame]]:
    """Yield the rows of each key; without copies where they stand together."""
    runs = _runs(rows.select(key))
    if len({values for _, values in runs}) < len(runs):
        yield from rows.partition_by(key, maintain_order=True, as_dict=True).items()
        return
    for (first, values), (end, _) in pairwise([*runs, (rows.height, ())]):
        yield values, rows[first:end]


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the same items, the next one made by a thread while this one is used."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, items, None)
        while (item := pending.result()) is not None:
            pending = pool.submit(next, items, None)
            yield item
