"""Databento's binary encoding (DBN), plain or compressed by zstd: what a file holds, and its records as tables.

The metadata and the layouts of records are those of the vendor's library, which is loaded here and nowhere else. Records
come in pieces of a bounded size, so that a file may have any number of them.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from gex.ingest import archives
from gex.ingest.errors import FormatError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from gex.ingest.blob import Blob, Stream

MAGIC = b"DBN"
ZSTD = b"\x28\xb5\x2f\xfd"
RECORDS = {
    "cbbo-1s": ("CBBOMsg", 0xC0),
    "cbbo-1m": ("CBBOMsg", 0xC1),
    "cmbp-1": ("CMBP1Msg", 0xB1),
    "tcbbo": ("CMBP1Msg", 0xC2),
    "definition": ("InstrumentDefMsg", 0x13),
    "statistics": ("StatMsg", 0x18),
}
"""The library's class of each schema's records, and the number by which a record says what it is."""

_VERSIONS = (1, 2, 3)
_MOST_METADATA = 512 << 20
_PIECE = 16 << 20
"""Bytes of records that are held at a time."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes:
        dataset: The vendor's name of the feed.
        schema: The vendor's name of what its records are; "" where they are mixed.
        version: Of the encoding.
        end: Nanoseconds since 1970 (UTC), before which all its records are; None where it is not said.
        ts_out: Whether a time of sending follows each record.
        metadata: All of it, as the vendor's library has it.

    """

    dataset: str
    schema: str
    version: int
    end: int | None
    ts_out: bool
    metadata: Any = field(compare=False, repr=False)

    def mappings(self) -> pl.DataFrame:
        """Return which instrument has which symbol, on the days from `first` to the one before `until` (since 1970)."""
        numbered = str(self.metadata.stype_out) == "instrument_id"
        rows = [
            (symbol, each["start_date"], each["end_date"], each["symbol"])
            for symbol, intervals in (self.metadata.mappings.items() if numbered else ())
            for each in intervals
        ]
        table = pl.DataFrame(
            rows, {"symbol": pl.String, "first": pl.Date, "until": pl.Date, "number": pl.String}, orient="row"
        )
        return table.select(
            "symbol",
            pl.col("first", "until").cast(pl.Int64),
            pl.col("number").cast(pl.UInt32, strict=False).alias("instrument_id"),
        )


def sniff(head: bytes) -> bool:
    """Tell whether a file is DBN, or compressed by zstd: what is inside may not be told by its first bytes alone."""
    return head.startswith(ZSTD) or (head.startswith(MAGIC) and head[3:4] in {bytes([each]) for each in _VERSIONS})


def header(blob: Blob) -> Header:
    """Return what a file says of itself.

    Raises:
        UnreadableError: It is cut off or damaged, or the vendor's library is not installed.
        FormatError: It is no DBN file, or of a version that is not known.

    """
    with _records(blob) as (found, _):
        return found


def tables(blob: Blob, columns: Sequence[str], *, whole: bool = True) -> Iterator[pl.DataFrame]:
    """Yield the records of a file in pieces: `columns` as they lie there, and `line`, a record's place from 1.

    Text comes without the zeros behind it, and with a mark where a byte is not ASCII. Unless the file must be `whole`, a last
    record that is cut off comes as a piece of its own, null but for its place.

    Raises:
        UnreadableError: The file is cut off or damaged.
        FormatError: A record is of another kind than the file says.

    """
    import numpy as np

    with _records(blob) as (found, stream):
        dtype, kind = _layout(found)
        read = 0
        while data := _filled(stream, _PIECE // dtype.itemsize * dtype.itemsize):
            records = np.frombuffer(data, dtype, count=len(data) // dtype.itemsize)
            _check(records, kind, read, blob.name)
            cut = read + len(records) + 1 if len(data) % dtype.itemsize else None
            if cut and whole:
                raise UnreadableError(f"cut off within record {cut:,}", source=blob.name)
            lines = pl.int_range(read + 1, read + len(records) + 1, eager=True).alias("line")
            table = pl.DataFrame([lines, *(_column(name, records[name]) for name in columns)])
            yield table
            if cut:
                yield table.clear(1).with_columns(line=pl.lit(cut, pl.Int64))
            read += len(records)


@contextmanager
def _records(blob: Blob) -> Iterator[tuple[Header, _Readable]]:
    """Open a file behind its metadata."""
    head = blob.head()
    with blob.open() as packed:
        stream = _Unpacked(packed, blob.name) if head.startswith(ZSTD) else packed
        yield _header(stream, blob.name), stream


def _header(stream: _Readable, source: str) -> Header:
    start = _filled(stream, 8)
    if not start.startswith(MAGIC):
        raise FormatError("not Databento's encoding (DBN), plain or within zstd", source=source)
    if len(start) < 8:
        raise UnreadableError("cut off within its metadata", source=source)
    version, size = start[3], int.from_bytes(start[4:], "little")
    if version not in _VERSIONS:
        raise FormatError(f"DBN of version {version}; versions 1 to 3 are known", source=source)
    if size > _MOST_METADATA:
        raise UnreadableError(f"damaged: its metadata would be of {size:,} bytes", source=source)
    body = _filled(stream, size)
    if len(body) < size:
        raise UnreadableError("cut off within its metadata", source=source)
    library = _library(source)
    try:
        found = library.Metadata.decode(start + body)
        return Header(found.dataset, str(found.schema or ""), version, found.end, bool(found.ts_out), found)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 (damaged metadata make the library panic, which is no Exception)
        raise UnreadableError(f"damaged metadata ({error})", source=source) from None


def _library(source: str) -> Any:
    try:
        import databento_dbn
    except ImportError:
        remedy = "it is read by the vendor's library, which is not installed: pip install 'gexlab[databento]'"
        raise UnreadableError(f"a DBN file of Databento's; {remedy}", source=source) from None
    return databento_dbn


def _layout(found: Header) -> tuple[np.dtype[Any], int]:
    """Return the layout of a file's records, and the number of their kind."""
    import numpy as np

    name, kind = RECORDS[found.schema]
    fields = getattr(getattr(_library(""), f"v{found.version}"), name)._dtypes  # noqa: SLF001 (as its own package does)
    return np.dtype([*fields, *([("ts_out", "u8")] if found.ts_out else [])]), kind


def _check(records: np.ndarray, kind: int, before: int, source: str) -> None:
    """Refuse records that are not all of one kind and size.

    Raises:
        FormatError: Names the first that is not.

    """
    wrong = (records["rtype"] != kind) | (records["length"].astype(int) * 4 != records.dtype.itemsize)
    if wrong.any():
        place = int(wrong.argmax())
        problem = f"record {before + place + 1:,} is of kind {records['rtype'][place]:#x} and size"
        size = 4 * int(records["length"][place])
        expected = f"{kind:#x} and {records.dtype.itemsize}"
        raise FormatError(f"{problem} {size}, not {expected}: damaged, or several schemas in one file", source=source)


def _column(name: str, values: np.ndarray) -> pl.Series:
    import numpy as np

    if values.dtype.kind == "S":
        return pl.Series(name, [each.decode("ascii", "replace") for each in values.tolist()], pl.String)
    return pl.Series(name, np.ascontiguousarray(values))


def _filled(stream: _Readable, size: int) -> bytes:
    """Return that many bytes, fewer only at the end."""
    pieces = []
    while size and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class _Unpacked:
    """The bytes within a zstd file."""

    def __init__(self, packed: Stream, name: str) -> None:
        import pyarrow as pa

        self._packed, self._name = _Counted(packed), name
        self._stream = pa.CompressedInputStream(pa.PythonFile(self._packed, mode="r"), "zstd")
        self._given = 0

    def read(self, size: int, /) -> bytes:
        """Return up to that many bytes.

        Raises:
            UnreadableError: The file is cut off or damaged, or unpacks to too much.

        """
        try:
            data = bytes(self._stream.read(size))
        except OSError as error:
            reason = (str(error).splitlines() or ["unknown"])[0]
            raise UnreadableError(f"cut off or damaged ({reason}); download it again", source=self._name) from None
        self._given += len(data)
        if self._given > archives.limit(self._packed.taken):
            raise archives.bomb(self._name)
        return data


class _Counted:
    """A stream as a file that Arrow can read, which counts what it has given."""

    closed = False

    def __init__(self, stream: Stream) -> None:
        self._stream, self.taken = stream, 0

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer only at the end."""
        data = self._stream.read(size)
        self.taken += len(data)
        return data

    def close(self) -> None:
        """Leave the closing to who opened the stream."""
