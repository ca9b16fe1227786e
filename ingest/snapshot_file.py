"""One snapshot as a Parquet file of the store, its facts and the sums of its columns in the metadata."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import ContentError, FormatError, UnreadableError
from gex.ingest.readers.canonical import facts_of, read_unchanged
from gex.ingest.schema import QUARANTINE, SCHEMA
from gex.ingest.sealed import is_sealed, metadata_of, not_whole, parquet_bytes, read_sealed

if TYPE_CHECKING:
    from pathlib import Path

    from gex.ingest.schema import Chain

FACTS, CONTENT, SOURCE = "gex.chain", "gex.content", "gex.source"
NAME = re.compile(r"((?:[01]\d|2[0-3])[0-5]\d[0-5]\d)-(\w+)-([0-9a-f]{8})(?:-r(\d+))?\.parquet")
SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,9}")


_TEXT = [name for name, dtype in SCHEMA.items() if dtype == pl.String]
_PLAIN = [name for name in SCHEMA if name not in _TEXT]


def content_sums(frame: pl.DataFrame) -> str:
    """Return a CRC-32 of each column of a chain table, which no version of Polars or Parquet changes."""
    sums = {name: zlib.crc32(_lines(frame[name])) for name in _TEXT}
    for column in frame.select(pl.col(_PLAIN).to_physical().fill_null(0)):
        sums[column.name] = zlib.crc32(column.to_numpy().tobytes())
    for gaps in frame.select(pl.col([name for name in SCHEMA if frame[name].null_count()]).is_null()):
        sums[gaps.name] = zlib.crc32(gaps.to_numpy().tobytes(), sums[gaps.name])
    return "-".join(f"{sums[name]:08x}" for name in SCHEMA)


def _lines(column: pl.Series) -> bytes:
    """Return texts as lines, a run of equal ones at a time: in a chain most are."""
    runs = column.fill_null("").rle().struct
    pairs = zip(runs.field("value"), runs.field("len"), strict=True)
    return "".join(f"{value}\n" * length for value, length in pairs).removesuffix("\n").encode()


def differing(frame: pl.DataFrame, written: str | None) -> list[str]:
    """Return the columns of a chain table that are not those the sums were written for; all if there are no sums."""
    now, then = content_sums(frame).split("-"), (written or "").split("-")
    if len(now) != len(then):
        return list(SCHEMA)
    return [name for name, new, old in zip(SCHEMA, now, then, strict=True) if new != old]


def is_as_written(frame: pl.DataFrame, data: bytes, source: str) -> bool:
    """Tell whether a file proves that its chain table is the one we wrote: by its seal, or by the sums of its columns.

    Raises:
        UnreadableError: The sums are there, and not those of the table; names the columns.

    """
    if is_sealed(data):
        return True
    written = metadata_of(data, source).get(CONTENT)
    if written and (columns := differing(frame, written)):
        listed = ", ".join(columns)
        raise UnreadableError(f"damaged: not the {listed} that were written; ingest its source again", source=source)
    return written is not None


def file_name(chain: Chain) -> str:
    """Return `HHMMSS-format-hash8.parquet`, the hash over the facts of the chain and the bytes it was read from."""
    return f"{chain.quote_time:%H%M%S}-{chain.source.format}-{identity(chain)[:8]}.parquet"


def identity(chain: Chain) -> str:
    """Return a hash over the facts of a chain and the bytes it was read from; from the store it is what it was before."""
    facts = facts_of(chain)
    # Where the input lay and which version read it are not its content.
    origin = facts.pop("source")["sha256"]
    return hashlib.sha256(json.dumps([facts, origin], sort_keys=True).encode()).hexdigest()


def file_bytes(chain: Chain) -> bytes:
    """Return a chain as a file of the store."""
    metadata = {FACTS: json.dumps(facts_of(chain)), CONTENT: content_sums(chain.frame)}
    return parquet_bytes(chain.frame, metadata, level=3)


def quarantine_bytes(chain: Chain) -> bytes:
    """Return the rows set aside as a file of the store, what they were read from in the metadata."""
    return parquet_bytes(chain.quarantine, {SOURCE: json.dumps(facts_of(chain)["source"])})


def read_quarantine(path: Path) -> pl.DataFrame:
    """Return the rows set aside beside a file of the store; none if no file of them is there.

    Raises:
        UnreadableError: The file is damaged.

    """
    if not path.exists():
        return pl.DataFrame(schema=QUARANTINE)
    frame, _ = read_sealed(_bytes_of(path), str(path))
    try:
        return frame.select(pl.col(name).cast(kind) for name, kind in QUARANTINE.items())
    except pl.exceptions.PolarsError as error:
        raise not_whole(error, str(path)) from None


def check_names(chain: Chain) -> None:
    """Refuse a chain whose facts make no address and no path, which a foreign file may hold.

    Raises:
        ContentError: Names the symbol or the format.

    """
    symbol, path = chain.underlying, chain.source.path
    if not SYMBOL.fullmatch(symbol) or normalize_underlying(symbol) != symbol:
        message = f"{symbol!r} cannot be stored as a symbol; write capitals, digits and dots, as in SPX or BRK.B"
        raise ContentError(message, source=path, value=symbol)
    if not NAME.fullmatch(file_name(chain)):
        raise ContentError(f"{chain.source.format!r} is no format of ours", source=path, value=chain.source.format)


def read_facts(path: Path) -> dict[str, Any]:
    """Return what the chain of a file of the store is besides its table, from the footer alone.

    Raises:
        UnreadableError: It is missing, cut off or damaged.

    """
    try:
        facts: dict[str, Any] = json.loads(metadata_of(_bytes_of(path), str(path))[FACTS])
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"not a whole file of the store ({error})", source=str(path)) from None
    return facts


def read_file(path: Path) -> tuple[Chain, str | None]:
    """Return the chain of a file of the store, and the sums of its columns when it was written.

    Raises:
        UnreadableError: It is missing, cut off or damaged.
        FormatError: Its columns, types, rows or facts are not those it was written with.

    """
    data = _bytes_of(path)
    return _unchanged(data, path), metadata_of(data, str(path)).get(CONTENT)


def read_sound(path: Path) -> Chain:
    """Return the chain of a file of the store that proves to be as it was written.

    Raises:
        UnreadableError: It is missing, cut off or damaged, or nothing in it proves what was written.
        FormatError: As `read_file`.

    """
    data = _bytes_of(path)
    chain = _unchanged(data, path)
    if not is_as_written(chain.frame, data, str(path)):
        raise UnreadableError(
            "it has neither a seal nor sums of its columns; ingest its source again", source=str(path)
        )
    return chain


def _unchanged(data: bytes, path: Path) -> Chain:
    chain = read_unchanged(data, str(path))
    if chain is None:
        raise FormatError("its columns, types or number of rows are not those it was written with", source=str(path))
    return chain


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}", source=str(path)) from None
