"""`gex store export`: one snapshot, or a range of dates, as CSV or Parquet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import click

from gex.cli import options, sink, values

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from gex.cli.options import Format, OutputOptions

FORMATS: tuple[Format, ...] = ("csv", "parquet")


@click.command("export")
@click.argument("address")
@options.store_option
@click.option("--from", "first", metavar="DATE", callback=values.day_of, help="A range: from this date on.")
@click.option("--to", "last", metavar="DATE", callback=values.day_of, help="A range: to this date, itself included.")
@options.output_options(*FORMATS)
@options.logging_options
def command(
    address: str, store: Path | None, first: dt.date | None, last: dt.date | None, output: OutputOptions
) -> None:
    """Write the snapshot that an ADDRESS means, or with --from and --to all of a SYMBOL's in a range, to a file.

    One snapshot carries its facts along, so that gex reads it back exactly; a range is one plain table of the chain's
    columns, one snapshot at a time, of each quote time the last revision.
    """
    place = options.needed_store(store)
    form = sink.format_of(output, FORMATS)
    form = "csv" if form == "table" else form
    if first is None and last is None:
        sink.emit([_snapshot(address, place, form)], output.output)
        return
    sink.emit(_range(address, place, first, last, form), output.output)


def _snapshot(address: str, store: Path, form: Format) -> bytes:
    from gex.ingest.address import resolve
    from gex.ingest.readers.canonical import csv_bytes
    from gex.ingest.snapshot_file import file_bytes

    chain = resolve(address, store).read()[0]
    return csv_bytes(chain) if form == "csv" else file_bytes(chain)


def _range(symbol: str, store: Path, first: dt.date | None, last: dt.date | None, form: Format) -> Iterator[bytes]:
    from gex.ingest.errors import MissingError
    from gex.ingest.store import held, latest

    there = latest(held(store, symbol))
    found = [each for each in there if (first or each.quote_date) <= each.quote_date <= (last or each.quote_date)]
    if not found:
        span = f"{len(there)} from {there[0].quote_date} to {there[-1].quote_date}"
        raise MissingError(f"no snapshot in that range; the store has {span}", source=symbol)
    frames = (each.read()[0].frame for each in found)
    return _csv(frames) if form == "csv" else _parquet(frames)


def _csv(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    for number, frame in enumerate(frames):
        text = frame.write_csv(include_header=number == 0, datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
        yield text.encode()


def _parquet(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    """Yield a Parquet file as it grows, a row group a snapshot."""
    import polars as pl
    import pyarrow.parquet as pq

    from gex.ingest.schema import SCHEMA

    schema = pl.DataFrame(schema=SCHEMA).to_arrow().schema
    grown = _Grown()
    with pq.ParquetWriter(grown, schema, compression="zstd") as writer:
        for frame in frames:
            writer.write_table(frame.to_arrow().cast(schema), row_group_size=frame.height)
            yield grown.taken()
    yield grown.taken()


class _Grown(io.RawIOBase):
    """What was written since it was last taken."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._length += len(self._parts[-1])
        return len(self._parts[-1])

    def taken(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
