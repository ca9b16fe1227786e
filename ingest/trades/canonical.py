"""Our own tapes, Parquet and CSV: the trade table's columns under their own names.

A file we wrote carries its account (in the Parquet metadata, or in a CSV's first line after `#`) and comes back exactly
as it was. A table without needs root, expiration, strike, option_type, trade_time (with its zone), price and size; what else is
missing is null or follows from those. Other columns are ignored.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import polars as pl

from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers.canonical import account
from gex.ingest.readers.csv_pieces import parse
from gex.ingest.readers.long_csv import header_of
from gex.ingest.readers.text import date_of
from gex.ingest.schema import KEY, Source
from gex.ingest.sealed import not_whole
from gex.ingest.trade_schema import TRADE_SCHEMA, Trades
from gex.ingest.trades.raw import ROWS, RawTrades, typed
from gex.ingest.trades.table import Stored, Table, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gex.ingest.blob import Blob

PARQUET = "parquet"
CSV = "csv"

_MAGIC = b"PAR1"
_FACTS = "gex.trades"
_MARK = f"# {_FACTS} "
_VERSION = 1
_NEEDED = (*KEY, "trade_time", "price", "size")
_TOLD = "told_line"
_ALIASES = {"line": _TOLD}
_BROUGHT: dict[str, pl.DataType] = {
    "underlying": pl.String(),
    "multiplier": pl.Float64(),
    "quality": pl.UInt32(),
    _TOLD: pl.Int64(),
}
_READ = {**{name: dtype for name, dtype in ROWS.items() if name in TRADE_SCHEMA and name != "line"}, **_BROUGHT}
_NUMBERS = frozenset(name for name, dtype in _READ.items() if dtype.is_numeric())
_TIMES = ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z")
_ROWS = 1 << 16
_GROUP = 1 << 19


def csv_bytes(trades: Trades) -> bytes:
    """Return a tape as a CSV file, its account in the first line."""
    return f"{_MARK}{json.dumps(_facts(trades))}\n{trades.frame.write_csv()}".encode()


def parquet_bytes(trades: Trades) -> bytes:
    """Return a tape as a Parquet file with a checksum of every page, its account in the metadata."""
    import pyarrow.parquet as pq

    table = trades.frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    table = table.replace_schema_metadata({_FACTS: json.dumps(_facts(trades))})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=_GROUP, write_page_checksum=True)
    return buffer.getvalue()


def _facts(trades: Trades) -> dict[str, Any]:
    return {"version": _VERSION, "source": asdict(trades.source), "quality": asdict(trades.quality)}


def sniff_parquet(head: bytes) -> bool:
    """Tell a Parquet file."""
    return head.startswith(_MAGIC)


def sniff_csv(head: bytes) -> bool:
    """Tell a CSV file with our account, or with the needed columns in its header."""
    return head.startswith(_MARK.encode()) or set(_NEEDED) <= set(header_of(head))


def table(head: bytes, source: str, beside: Sequence[Blob] = ()) -> Table:  # noqa: ARG001 (as all readers)
    """Return a CSV file of ours by its first lines.

    Raises:
        FormatError: Columns are missing or repeated, or its account is damaged.

    """
    first, _, rest = head.partition(b"\n")
    ours = head.startswith(_MARK.encode())
    written = _written(first.decode(errors="replace").removeprefix(_MARK), source) if ours else None
    names = _checked(header_of(rest if ours else head), source)
    return Table(names, lambda piece: _rows(parse(piece, names, _NUMBERS)), top=1 + ours, written=written)


def stored(blob: Blob, beside: Sequence[Blob] = ()) -> Stored:  # noqa: ARG001 (as all readers)
    """Open a Parquet file.

    Raises:
        UnreadableError: It is cut off or damaged.
        FormatError: Columns are missing, its times have no zone, or its account is damaged.
        ContentError: It holds other rows than it was written with.

    """
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(_seekable(blob), page_checksum_verification=True)
        height, metadata, columns = file.metadata.num_rows, file.metadata.metadata or {}, file.schema_arrow.names
    except Exception as error:  # noqa: BLE001 (what a damaged file raises is not told beforehand)
        raise not_whole(error, blob.name) from None
    names = _checked(columns, blob.name)
    written = _written(text.decode(errors="replace"), blob.name) if (text := metadata.get(_FACTS.encode())) else None
    if written and written.quality.rows_kept != height:
        message = (
            f"{height} rows, but it was written with {written.quality.rows_kept}: cut off or edited; write it again"
        )
        raise ContentError(message, source=blob.name)
    return Stored(_batches(file, names, blob.name), written)


def _seekable(blob: Blob) -> Path | IO[bytes]:
    if blob.spool is None and blob.member is None:
        with blob.path.open("rb") as file:
            if file.read(len(_MAGIC)) == _MAGIC:
                return blob.path
    return io.BytesIO(blob.data())


def _batches(file: Any, names: tuple[str, ...], source: str) -> Iterator[RawTrades]:
    read = 0
    batches = file.iter_batches(batch_size=_ROWS)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            batch.validate(full=True)
            frame = pl.DataFrame(batch)
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (as above)
            raise not_whole(error, source) from None
        frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
        _check_zone(frame, source)
        lines = pl.int_range(read + 1, read + frame.height + 1, dtype=pl.Int64, eager=True).alias("line")
        cells = frame.select(lines, pl.lit(None, pl.String).alias("defect"), *(name for name in names if name in _READ))
        try:
            rows = _rows(cells)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise FormatError(f"a column is not of the type that belongs there: {error}", source=source) from None
        yield RawTrades(rows, partial(_texts, frame, read))
        read += frame.height


def _texts(frame: pl.DataFrame, before: int, lines: Sequence[int]) -> list[str]:
    return [json.dumps(frame.row(line - before - 1, named=True), default=str) for line in lines]


def _check_zone(frame: pl.DataFrame, source: str) -> None:
    kind = frame.schema["trade_time"]
    if isinstance(kind, pl.Datetime) and kind.time_zone is None:
        raise FormatError("trade_time has no time zone; UTC is expected", source=source)


def _rows(cells: pl.DataFrame) -> pl.DataFrame:
    """Return cells, text or of the table's types, as rows; what cannot be understood is null, with its defect."""
    known = {name: dtype for name, dtype in _READ.items() if name in cells.columns}
    rows = cells.with_columns(_understood(name, dtype, cells.schema[name]) for name, dtype in known.items())
    lost = [rows[name].is_null() & cells[name].is_not_null() for name in known if name not in {"trade_time", *_NUMBERS}]
    bad_time = rows["trade_time"].is_null()
    defect = pl.coalesce(
        "defect",
        pl.when(bad_time).then(pl.lit("bad_time")),
        pl.when(pl.any_horizontal(pl.lit(value=False), *lost)).then(pl.lit("bad_number")),
    )
    rows = rows.with_columns(defect.alias("defect"))
    brought = [name for name in _BROUGHT if name in rows.columns]
    return typed(rows).with_columns(rows[name] for name in brought)


def _understood(name: str, dtype: pl.DataType, found: pl.DataType) -> pl.Expr:
    """Return a column as its type."""
    column = pl.col(name)
    if isinstance(found, (pl.Categorical, pl.Enum)):
        column, found = column.cast(pl.String), pl.String()
    if dtype == pl.Date:
        return date_of(column, "%Y-%m-%d").alias(name) if found == pl.String else column.cast(dtype, strict=False)
    if name == "trade_time":
        return _time(column) if found == pl.String else column.cast(dtype, strict=False)
    if dtype == pl.Boolean:
        return (
            column.replace_strict({"true": True, "false": False}, default=None, return_dtype=dtype)
            if found == pl.String
            else column.cast(dtype, strict=False)
        )
    if name == "option_type":
        return pl.when(column.cast(pl.String).is_in(["C", "P"])).then(column.cast(pl.String)).alias(name)
    if name in ROWS and dtype == pl.Int64:
        return column.cast(pl.Float64, strict=False)
    return column.cast(dtype, strict=False)


def _time(text: pl.Expr) -> pl.Expr:
    """Return the instants that texts with a zone are; those of no year of options are null."""
    offset = text.str.replace("Z$", "+0000")
    found = pl.coalesce(
        offset.str.to_datetime(layout, time_unit="ns", time_zone="UTC", strict=False) for layout in _TIMES
    )
    year = text.str.slice(0, 4).cast(pl.Int32, strict=False)
    return pl.when(year.is_between(1990, 2199)).then(found).alias("trade_time")


def _checked(columns: Sequence[str], source: str) -> tuple[str, ...]:
    """Return the columns' names, those that are not ours under others that mean nothing.

    Raises:
        FormatError: A needed column is missing, or one is there twice.

    """
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise FormatError(f"no tape of ours: columns missing: {', '.join(missing)}", source=source)
    names = [_ALIASES.get(name, name) for name in columns]
    twice = [name for name in names if name in _READ and names.count(name) > 1]
    if twice:
        raise FormatError(f"two columns {twice[0]}", source=source)
    return tuple(name if name in _READ else f"other_{place}" for place, name in enumerate(names))


def _written(text: str, source: str) -> Written:
    """Return what a tape of ours was when it was written.

    Raises:
        FormatError: It is damaged, or of another version.

    """
    try:
        facts = json.loads(text)
        if facts["version"] != _VERSION:
            raise FormatError(f"written with layout {facts['version']}, this program reads {_VERSION}", source=source)
        return Written(Source(**facts["source"]), account(facts["quality"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"its account in the metadata is damaged: {error}", source=source) from None
