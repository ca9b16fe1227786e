"""Read an option chain from a file, standard input or a table in memory."""

from __future__ import annotations

import hashlib
import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

import gex
from gex.ingest.assemble import Given, assemble
from gex.ingest.checks import IvUnit
from gex.ingest.errors import UnreadableError
from gex.ingest.readers import canonical
from gex.ingest.readers.registry import by_name, detect
from gex.ingest.schema import Source
from gex.ingest.times import as_utc, parse_quote_time

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.ingest.readers.raw import RawChain
    from gex.ingest.schema import Chain


class ArrowStream(Protocol):
    """A table that hands itself out through the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule of an Arrow stream."""


def read_chain(
    source: str | Path | ArrowStream,
    *,
    format: str | None = None,  # noqa: A002
    quote_time: dt.datetime | str | None = None,
    spot: float | None = None,
    underlying: str | None = None,
    delay_minutes: float | None = None,
    iv_unit: IvUnit = "decimal",
) -> Chain:
    """Read an option chain.

    Args:
        source: A path, "-" for standard input, or a table (Polars, pandas, PyArrow, anything with the Arrow
            PyCapsule interface) in the columns of the chain table.
        format: Name of a format of `gex.ingest.readers.registry`; None tells it by the content.
        quote_time: When the quotes were made; naive means New York. Taken as it is: no delay, no clip.
        spot: Price of the underlying in points, in place of the source's.
        underlying: Which underlying to keep, where the source holds several.
        delay_minutes: How old the quotes are at the source's stamp, in place of the format's own delay.
        iv_unit: Unit of the source's implied volatility.

    Returns:
        The validated chain; rows that cannot be used are in its `quarantine`.

    Raises:
        UnreadableError: The source is missing, empty, a directory or cut off.
        FormatError: It is of no known format, or lacks a column.
        TimeError: The time of its quotes is absent or ambiguous.
        SpotError: It has no price of the underlying.
        ContentError: It is a chain that cannot be used: all expired, two underlyings.

    """
    if iv_unit not in get_args(IvUnit):
        raise ValueError(f"iv_unit must be one of {', '.join(get_args(IvUnit))}; got {iv_unit!r}")
    given = Given(_instant(quote_time), spot, underlying, delay_minutes, iv_unit)
    if not isinstance(source, (str, Path)):
        return _from_table(source, given)
    name, data = str(source), _bytes(source)
    reader = by_name(format) if format else detect(data, name)
    if reader.name == canonical.PARQUET and given == Given():
        unchanged = canonical.read_unchanged(data, name)
        if unchanged is not None:
            return unchanged
    return _assembled(reader.read(data, name), name, data, reader.name, given)


def read_chains(source: str | Path, **keywords: Any) -> Iterator[Chain]:
    """Read every snapshot in a source, one at a time.

    Args:
        source: A path, or "-" for standard input.
        keywords: As for `read_chain`.

    Yields:
        The validated chains, in the source's order.

    Raises:
        ChainError: As for `read_chain`.

    """
    yield read_chain(source, **keywords)


def _assembled(raw: RawChain, path: str, data: bytes, kind: str, given: Given) -> Chain:
    """Assemble the chain; a file of ours keeps the provenance it was written with."""
    origin = Source(path, hashlib.sha256(data).hexdigest(), kind, gex.__version__)
    chain = assemble(raw, origin, given)
    return replace(chain, source=raw.stored.source) if raw.stored else chain


def _from_table(table: ArrowStream, given: Given) -> Chain:
    import polars as pl

    frame = pl.DataFrame(table).drop("line", "defect", strict=False)
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    name = "<table>"
    return _assembled(canonical.from_table(frame, name), name, buffer.getvalue(), canonical.TABLE, given)


def _instant(given: dt.datetime | str | None) -> dt.datetime | None:
    if given is None:
        return None
    return parse_quote_time(given) if isinstance(given, str) else as_utc(given)


def _bytes(source: str | Path) -> bytes:
    name = str(source)
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(source).read_bytes()
    except IsADirectoryError:
        raise UnreadableError("a directory, where a file is expected", source=name) from None
    except (OSError, ValueError) as error:
        raise UnreadableError(f"cannot be read: {getattr(error, 'strerror', None) or error}", source=name) from None
    if not data.strip():
        raise UnreadableError("the file is empty", source=name)
    return data
