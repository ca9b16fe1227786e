"""Rows of snapshots that lie scattered in a file, brought together by way of temporary files."""

from __future__ import annotations

import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import UnreadableError

TEXT = "the line's text"
"""A column's name that no file has."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.ingest.readers.csv_pieces import Part

    Place = tuple[Path, int, int]


def spilled(parts: Iterator[Part]) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """Yield each snapshot's key and rows, with the lines in `TEXT`, in the order in which they begin.

    Raises:
        UnreadableError: The temporary files cannot be written.

    """
    with tempfile.TemporaryDirectory(prefix="gex-", ignore_cleanup_errors=True) as folder:
        places: dict[tuple[str, ...], list[Place]] = {}
        for line, group in groupby(parts, lambda part: part.piece.line):
            _write(list(group), Path(folder) / f"{line}.arrow", places)
        for key, found in places.items():
            yield key, pl.concat([_read(*place) for place in found])


def _write(parts: list[Part], path: Path, places: dict[tuple[str, ...], list[Place]]) -> None:
    """Write the rows of one piece, snapshot by snapshot, and note where each lies."""
    frames, offset = [], 0
    for part in parts:
        texts = [part.piece.text(number) for number in part.rows["line"]]
        frames.append(part.rows.with_columns(pl.Series(TEXT, texts, pl.String)))
        places.setdefault(part.key, []).append((path, offset, part.rows.height))
        offset += part.rows.height
    try:
        pl.concat(frames).write_ipc(path)
    except OSError as error:
        raise UnreadableError(f"cannot write temporary files: {error}", source=str(path)) from None


def _read(path: Path, offset: int, height: int) -> pl.DataFrame:
    return pl.scan_ipc(path).slice(offset, height).collect()
