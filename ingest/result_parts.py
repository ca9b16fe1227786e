"""Results of analyses: one immutable Parquet part a snapshot and table, found by symbol and New York date.

Layout: `summary/symbol=SPX/date=2025-09-05/141600-1f3a9c02-5b77aa10-0.1.0.parquet`, and the same name under
`by_expiration/` and `by_strike/`: the UTC time of the quotes, the first digits of a hash of the input and of how it was
read (those of its name in the chain store), the first digits of the spec's fingerprint, and the version. What is in a
part follows from these alone; no clock, no path. The summary is written last: where it is, the others are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gex.ingest.calendar import NEW_YORK
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import ContentError, UnreadableError
from gex.ingest.snapshot_file import SYMBOL, identity
from gex.ingest.staging import writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from gex.ingest.schema import Chain

Table = Literal["summary", "by_expiration", "by_strike"]
TABLES: tuple[Table, ...] = ("by_strike", "by_expiration", "summary")
"""In the order they are written."""
SCHEMA_VERSION = 1
VERSION, SPEC = "gex.results", "gex.spec"
"""Keys of a part's footer: the layout's version, and the spec as JSON."""
NAME = re.compile(r"((?:[01]\d|2[0-3])[0-5]\d[0-5]\d)-([0-9a-f]{8})-([0-9a-f]{8})-([\w.+!]+)\.parquet")


@dataclass(frozen=True)
class Part:
    """One part of a results folder, told by its path alone."""

    results: Path
    table: Table
    symbol: str
    quote_date: dt.date
    quote_time: dt.datetime
    input: str
    """Eight hex digits of the input and of how it was read."""
    spec: str
    """Eight hex digits of the spec's fingerprint."""
    version: str

    @property
    def place(self) -> str:
        """Where it lies below each table's folder: what a manifest calls it."""
        name = f"{self.quote_time:%H%M%S}-{self.input}-{self.spec}-{self.version}.parquet"
        return f"symbol={self.symbol}/date={self.quote_date}/{name}"

    @property
    def path(self) -> Path:
        """Its file."""
        return self.results / self.table / self.place

    def of(self, table: Table) -> Part:
        """Return the part of another table beside it."""
        return replace(self, table=table)


def part_of(chain: Chain, fingerprint: str, version: str, results: str | Path) -> Part:
    """Return where the summary of a chain under a spec belongs.

    Raises:
        ContentError: Its symbol, which a foreign file may choose, is no name for a folder.

    """
    if not SYMBOL.fullmatch(chain.underlying) or normalize_underlying(chain.underlying) != chain.underlying:
        message = (
            f"{chain.underlying!r} cannot be stored as a symbol; write capitals, digits and dots, as in SPX or BRK.B"
        )
        raise ContentError(message, source=chain.source.path, value=chain.underlying)
    time = chain.quote_time.replace(microsecond=0)
    own = identity(chain)[:8]
    return Part(Path(results), "summary", chain.underlying, chain.quote_date, time, own, fingerprint[:8], version)


def parts(results: str | Path, table: Table = "summary", symbol: str | None = None) -> list[Part]:
    """Return the finished parts of a table, by symbol, quote time and name.

    Args:
        results: The results' folder.
        table: Which table.
        symbol: Of one underlying; None takes all.

    """
    root = Path(results)
    symbols = _names(root / "summary") if symbol is None else [f"symbol={normalize_underlying(symbol)}"]
    told = [
        part
        for folder in symbols
        for date in _names(root / "summary" / folder)
        for name in _names(root / "summary" / folder / date)
        if (part := _told(root, table, folder, date, name))
    ]
    return sorted(told, key=lambda each: (each.symbol, each.quote_time, each.place))


def part_at(path: Path, results: str | Path) -> Part | None:
    """Return the part that a path names: of any table, by its folders and its name alone; None if it is none."""
    table = next((each for each in TABLES if path.parts[-4:-3] == (each,)), None)
    return _told(Path(results), table, *path.parts[-3:]) if table else None


def _names(folder: Path) -> list[str]:
    """Return what a folder holds; a year has hundreds, for which `Path.glob` takes ten times as long."""
    try:
        return os.listdir(folder)  # noqa: PTH208 (names are what is wanted)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _told(results: Path, table: Table, symbol: str, date: str, name: str) -> Part | None:
    """Return what the names of a file and its folders tell; None if they are none of ours."""
    match = NAME.fullmatch(name)
    if not match or not (symbol.startswith("symbol=") and date.startswith("date=")):
        return None
    try:
        day = dt.date.fromisoformat(date.removeprefix("date="))
    except ValueError:
        return None
    hours, minutes, seconds = (int(match[1][at : at + 2]) for at in (0, 2, 4))
    time = dt.datetime(day.year, day.month, day.day, hours, minutes, seconds, tzinfo=dt.UTC)
    if time.astimezone(NEW_YORK).date() != day:  # After 19:00 or 20:00 New York, UTC is a day ahead.
        time += dt.timedelta(days=1)
    return Part(results, table, symbol.removeprefix("symbol="), day, time, *match.groups()[1:])


def write_parts(
    frames: Mapping[Table, pl.DataFrame], part: Part, spec: Mapping[str, Any], staging: Path | None = None
) -> dict[Table, str]:
    """Write the tables of one analysis, the summary last; a reader sees each whole or not at all.

    Args:
        frames: The three tables.
        part: Where they belong.
        spec: What was asked; goes into each footer.
        staging: A folder of the results' file system to write aside in.

    Returns:
        The SHA-256 of each part.

    Raises:
        TargetError: The results cannot be written to.

    """
    aside = staging or part.results / ".staging"
    sums: dict[Table, str] = {}
    with writing(part.results, "the results"):
        aside.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            data = part_bytes(frames[table], spec)
            _move_in(data, aside / f"{uuid.uuid4().hex}.parquet", part.of(table).path)
            sums[table] = hashlib.sha256(data).hexdigest()
    return sums


def part_bytes(frame: pl.DataFrame, spec: Mapping[str, Any]) -> bytes:
    """Return a table as a part, with a checksum of every page; statistics of one snapshot would save no reader a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from polars import CompatLevel

    table = frame.to_arrow(compat_level=CompatLevel.oldest())
    footer = {VERSION: str(SCHEMA_VERSION), SPEC: json.dumps(spec, sort_keys=True)}
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink, table.schema, compression="zstd", use_dictionary=False, write_page_checksum=True,
        write_statistics=False, store_schema=False,
    ) as writer:  # fmt: skip
        writer.write_table(table)
        writer.add_key_value_metadata(footer)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read_part(part: Part) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return a part's table and the spec in its footer, its pages checked against their sums.

    Raises:
        UnreadableError: It is missing, cut off or damaged.

    """
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(io.BytesIO(part.path.read_bytes()), page_checksum_verification=True) as file:
            footer = file.metadata.metadata or {}
            frame = pl.DataFrame(file.read())
            return frame, json.loads(footer[SPEC.encode()])
    except (pa.ArrowException, OSError, KeyError, ValueError, pl.exceptions.PolarsError) as error:
        raise _damaged(part, error) from None


def part_sums(part: Part) -> dict[Table, str]:
    """Return the SHA-256 of the parts of one analysis, each read and checked; errors are those of `read_part`."""
    for table in TABLES:
        read_part(part.of(table))
    return {table: hashlib.sha256(part.of(table).path.read_bytes()).hexdigest() for table in TABLES}


def check_part(part: Part, sha256: str | None) -> None:
    """Hold a part against the hash it was recorded with, or, where that was lost, against its pages' sums.

    Raises:
        UnreadableError: It is missing, or not what was written.

    """
    if sha256 is None:
        read_part(part)
        return
    try:
        data = part.path.read_bytes()
    except OSError as error:
        raise _damaged(part, error) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _damaged(part, "it is not what was written")


def _move_in(data: bytes, aside: Path, target: Path) -> None:
    """Write aside and move into place; nothing stays behind of what failed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        aside.write_bytes(data)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _damaged(part: Part, error: object) -> UnreadableError:
    reason = (str(getattr(error, "strerror", None) or error).splitlines() or ["unknown"])[0]
    return UnreadableError(f"no whole part of the results ({reason}); gex batch writes it again", source=str(part.path))
