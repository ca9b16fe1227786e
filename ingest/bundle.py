"""Several snapshots of a symbol in one Parquet file: a row group each, and their names and facts in the metadata.

Pages carry checksums; PyArrow checks them, and expects the worst of a damaged file (`gex.ingest.sealed` says why).
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers.canonical import chain_of, facts_of
from gex.ingest.schema import SCHEMA
from gex.ingest.snapshot_file import content_sums

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gex.ingest.schema import Chain

MEMBERS = "gex.snapshots"


@dataclass(frozen=True)
class Member:
    """One snapshot in a bundle: the name it had as a file, its facts, and its rows' place."""

    name: str
    quote_date: dt.date
    group: int
    """Its row group."""
    offset: int
    rows: int
    content: str
    facts: dict[str, Any] = field(repr=False)


def members(path: Path) -> list[Member]:
    """Return what a bundle holds, from its footer alone.

    Raises:
        UnreadableError: It is cut off or damaged, or no bundle.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        listed = json.loads((pq.read_metadata(path).metadata or {})[MEMBERS.encode()])
        found, offset = [], 0
        for group, each in enumerate(listed):
            date = dt.date.fromisoformat(each["facts"]["quote_date"])
            found.append(Member(each["name"], date, group, offset, each["rows"], each["content"], each["facts"]))
            offset += each["rows"]
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or ["unknown"])[0]
        raise UnreadableError(f"not a whole bundle of snapshots ({reason})", source=str(path)) from None
    return found


def read_member(path: Path, member: Member) -> Chain:
    """Return one snapshot of a bundle.

    Raises:
        UnreadableError: The bundle is damaged.
        FormatError: Its columns, types or number of rows are not those it was written with.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read_row_group(member.group)
        table.validate(full=True)
        frame = pl.DataFrame(table)
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = (str(error).splitlines() or ["unknown"])[0]
        raise UnreadableError(f"damaged ({reason})", source=str(path)) from None
    if frame.schema != SCHEMA or frame.height != member.rows:
        raise FormatError("its columns, types or number of rows are not those it was written with", source=str(path))
    return chain_of(member.facts, frame, str(path))


def write(path: Path, chains: Iterable[tuple[str, Chain]]) -> None:
    """Write chains under the names they had as files; one is held at a time.

    Raises:
        OSError: The file cannot be written.

    """
    import pyarrow.parquet as pq

    listed: list[dict[str, Any]] = []
    schema = pl.DataFrame(schema=SCHEMA).to_arrow().schema
    with path.open("wb") as file:
        options = {"compression": "zstd", "compression_level": 3, "write_page_checksum": True}
        with pq.ParquetWriter(file, schema, **options) as writer:
            for name, chain in chains:
                rows = chain.frame.height
                # All rows in one group, so that each snapshot is read, and skipped, by itself.
                writer.write_table(chain.frame.to_arrow().cast(schema), row_group_size=rows)
                entry = {"name": name, "rows": rows, "content": content_sums(chain.frame), "facts": facts_of(chain)}
                listed.append(entry)
            writer.add_key_value_metadata({MEMBERS: json.dumps(listed)})
        file.flush()
        os.fsync(file.fileno())
