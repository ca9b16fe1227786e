"""Parquet files with a seal: a CRC-32 of all their bytes, so that a damaged one is known before anything is decoded.

Polars' Parquet files carry no checksum, and its reader takes what a damaged page says for granted: it may read as other
numbers, or ask for more memory than there is, which ends the process. So what is sealed and whole is read by Polars,
quickly; what has no seal was written by somebody else and is read by PyArrow, which expects the worst.
"""

from __future__ import annotations

import datetime as dt
import io
import zlib
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

SEAL = "gex.seal"
_BLANK = b"crc32:00000000"
_DIGITS = 8
_EPOCH = dt.date(1970, 1, 1).toordinal()
_GAP = 2
"""Bytes between a key and its value in the footer: the field's type and the value's length."""


def parquet_bytes(frame: pl.DataFrame, metadata: Mapping[str, str], level: int | None = None) -> bytes:
    """Return a table as a sealed Parquet file.

    Args:
        frame: The table.
        metadata: Goes into the footer.
        level: Of zstd's compression; None takes its own default.

    """
    buffer = io.BytesIO()
    blank = {**metadata, SEAL: _BLANK.decode()}
    frame.write_parquet(buffer, compression="zstd", compression_level=level, metadata=blank)
    data = bytearray(buffer.getvalue())
    place = _digits(data)
    data[place : place + _DIGITS] = b"%08x" % zlib.crc32(data)
    return bytes(data)


def read_sealed(data: bytes, source: str) -> tuple[pl.DataFrame, dict[str, str]]:
    """Return the table and the metadata of a Parquet file.

    Raises:
        UnreadableError: It is cut off or damaged.

    """
    if _is_whole(data, source):
        return pl.read_parquet(io.BytesIO(data)), pl.read_parquet_metadata(io.BytesIO(data))
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True)
        table = file.read()
        table.validate(full=True)
        frame, metadata = pl.DataFrame(table), _texts(file.metadata.metadata)
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise not_whole(error, source) from None
    return frame, metadata


def metadata_of(data: bytes, source: str) -> dict[str, str]:
    """Return the metadata of a Parquet file.

    Raises:
        UnreadableError: It is cut off or damaged.

    """
    if _is_whole(data, source):
        return pl.read_parquet_metadata(io.BytesIO(data))
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return _texts(pq.read_metadata(io.BytesIO(data)).metadata)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise not_whole(error, source) from None


def is_sealed(data: bytes) -> bool:
    """Tell whether a Parquet file has a seal, whole or broken."""
    return _digits(data) > 0


def not_whole(error: BaseException, source: str) -> UnreadableError:
    """Return the error for a file that a library cannot read."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return UnreadableError(f"not a whole Parquet file ({reason}); copy it again", source=source)


def within_years(column: pl.Series) -> bool:
    """Tell whether Python has all values of a column: a damaged file holds dates of the year 34682, fatal to look at."""
    kind, (first, last) = column.dtype, (dt.date.min.toordinal() - _EPOCH, dt.date.max.toordinal() - _EPOCH)
    if isinstance(kind, pl.Datetime):
        a_day = 86_400 * {"ms": 10**3, "us": 10**6, "ns": 10**9}[kind.time_unit]
        first, last = max(first * a_day, -(2**63)), min((last + 1) * a_day, 2**63) - 1
    elif kind == pl.Time:
        first, last = 0, 86_400 * 10**9 - 1
    elif kind != pl.Date:
        return True
    return bool(column.to_physical().is_between(first, last).all())


def _texts(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    return {key.decode(): text.decode() for key, text in (metadata or {}).items()}


def _is_whole(data: bytes, source: str) -> bool:
    """Tell whether a file is as it was sealed; False where it has no seal.

    Raises:
        UnreadableError: It is not.

    """
    place = _digits(data)
    if not place:
        return False
    end, view = place + _DIGITS, memoryview(data)
    found = zlib.crc32(view[end:], zlib.crc32(b"0" * _DIGITS, zlib.crc32(view[:place])))
    if bytes(view[place:end]) != b"%08x" % found:
        raise UnreadableError(
            "not the bytes that were written: damaged, or saved by another program; ingest its source again",
            source=source,
        )
    return True


def _digits(data: bytes | bytearray) -> int:
    """Return where the seal's digits stand; 0 without a seal."""
    key = data.rfind(SEAL.encode())
    start = key + len(SEAL) + _GAP
    mark = _BLANK[:-_DIGITS]
    return start + len(mark) if key >= 0 and data[start : start + len(mark)] == mark else 0
