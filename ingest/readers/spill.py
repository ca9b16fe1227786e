"""Rows of snapshots that lie scattered in a file, brought together by way of temporary files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.ingest.readers.csv_pieces import Part

    Key = tuple[str, ...]

TEXT = "the line's text"
"""A column's name that no file has."""
HELD = 500_000
"""Rows that are held before they are written."""


def spilled(parts: Iterator[Part]) -> Iterator[tuple[Key, pl.DataFrame]]:
    """Yield each snapshot's key and rows, with the lines in `TEXT`, in the order in which they begin.

    Raises:
        UnreadableError: The temporary files cannot be written.

    """
    with tempfile.TemporaryDirectory(prefix="gex-", ignore_cleanup_errors=True) as folder:
        files: dict[Key, list[Path]] = {}
        held: dict[Key, list[pl.DataFrame]] = {}
        rows = 0
        for part in parts:
            files.setdefault(part.key, [])
            held.setdefault(part.key, []).append(_with_text(part))
            rows += part.rows.height
            if rows >= HELD:
                _write(held, files, Path(folder))
                rows = 0
        for key, written in files.items():
            yield key, pl.concat([*map(pl.read_ipc, written), *held.pop(key, [])])


def _with_text(part: Part) -> pl.DataFrame:
    texts = [part.piece.text(number) for number in part.rows["line"]]
    return part.rows.with_columns(pl.Series(TEXT, texts, pl.String))


def _write(held: dict[Key, list[pl.DataFrame]], files: dict[Key, list[Path]], folder: Path) -> None:
    """Move the rows that are held into files, one a snapshot."""
    for number, key in enumerate(files):
        if key in held:
            path = folder / f"{number}-{len(files[key])}.arrow"
            try:
                pl.concat(held.pop(key)).write_ipc(path)
            except OSError as error:
                raise UnreadableError(f"cannot write temporary files: {error}", source=str(path)) from None
            files[key].append(path)
