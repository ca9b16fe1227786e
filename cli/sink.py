"""Results to stdout, or to a file that appears complete or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from gex.cli.options import Format, OutputOptions

SUFFIXES: dict[str, Format] = {
    ".txt": "table",
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".svg": "svg",
    ".png": "png",
}
BINARY = {"parquet", "xlsx", "png"}


def format_of(options: OutputOptions, accepted: Sequence[Format]) -> Format:
    """Return the form asked for, by --format, else by the suffix of --output, else a table.

    Raises:
        click.UsageError: The suffix says nothing, or the form does not fit where it goes.

    """
    wanted = options.format
    if wanted is None and options.output is not None:
        wanted = SUFFIXES.get(options.output.suffix.lower())
        if wanted not in accepted:
            names = ", ".join(suffix for suffix, form in SUFFIXES.items() if form in accepted)
            raise click.UsageError(f"{options.output}: no form is known by this suffix; use {names} or --format")
    if wanted in BINARY and options.output is None and sys.stdout.isatty():
        raise click.UsageError(f"{wanted} is not for a terminal; add --output FILE.{wanted}")
    return wanted or "table"


def emit(chunks: Iterable[str | bytes], output: Path | None) -> None:
    """Write chunks as they come to stdout, or to `output` at once; no chunk, no file."""
    if output is None:
        for chunk in chunks:
            click.echo(chunk, nl=False, color=True)
        return
    first = next(stream := iter(chunks), None)
    if first is not None:
        write_atomically(output, _bytes([first]), _bytes(stream))
        LOGGER.info("wrote %s", output)


def write_atomically(path: Path, *parts: Iterable[bytes]) -> None:
    """Write a file beside its place and move it there: readers see the old one or the new one."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for part in parts:
                file.writelines(part)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file, complete or not at all."""
    write_atomically(path, [text.encode()])


def _bytes(chunks: Iterable[str | bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk.encode() if isinstance(chunk, str) else chunk


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def json_chunks(texts: Iterable[str], *, array: bool) -> Iterator[str]:
    """Yield one JSON value, or an array of them where several sources were asked for."""
    begun = False
    for text in texts:
        if array:
            yield ",\n" if begun else "[\n"
        yield text if array else text + "\n"
        begun = True
    if array and begun:
        yield "\n]\n"


def table_chunk(frame: pl.DataFrame, form: Format) -> bytes:
    """Return a frame as CSV (ISO-8601 UTC times) or Parquet."""
    from io import BytesIO

    buffer = BytesIO()
    if form == "csv":
        frame.write_csv(buffer, datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
    else:
        frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
