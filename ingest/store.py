"""The chain store: one immutable Parquet file a snapshot, found by symbol and New York time.

Layout: `symbol=SPX/date=2025-09-05/140100-cboe_csv-1f3a9c02.parquet` with the New York date and the UTC time of the
quotes, the format it was read from, and the first digits of a hash of its content and facts. Rows set aside are in
a file of the same name under `quarantine/`. Nothing is ever overwritten: the same input gives the same name, and a
reissued one another.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gex.ingest.calendar import NEW_YORK
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import MissingError, UnreadableError
from gex.ingest.readers.canonical import facts_of, parquet_bytes

if TYPE_CHECKING:
    from gex.ingest.schema import Chain

_NAME = re.compile(r"(\d{6})-(\w+)-([0-9a-f]{8})\.parquet")
_ADDRESS = re.compile(r"([\^_$]?[A-Za-z][A-Za-z0-9.]{0,9})(?:@(.+))?")


@dataclass(frozen=True)
class Snapshot:
    """One file of the store, told by its path alone."""

    path: Path
    symbol: str
    quote_date: dt.date
    quote_time: dt.datetime


def save(chain: Chain, store: str | Path) -> Path:
    """Write a chain into the store, unless it is there, and return its file.

    Raises:
        UnreadableError: The store cannot be written to.

    """
    place = Path(f"symbol={chain.underlying}") / f"date={chain.quote_date}" / _name(chain)
    target = Path(store) / place
    try:
        if chain.quarantine.height:
            buffer = io.BytesIO()
            chain.quarantine.write_parquet(buffer, compression="zstd")
            write_once(Path(store) / "quarantine" / place, buffer.getvalue())
        write_once(target, parquet_bytes(chain))
    except OSError as error:
        raise UnreadableError(f"cannot write to the store: {error.strerror or error}", source=str(target)) from None
    return target


def snapshots(store: str | Path, symbol: str) -> list[Snapshot]:
    """Return the snapshots of a symbol, oldest first; revisions of one quote time in the order they were written."""
    name = normalize_underlying(symbol)
    found = [
        (snapshot, path.stat().st_mtime_ns)
        for path in Path(store).glob(f"symbol={name}/date=*/*.parquet")
        if (snapshot := _snapshot(path, name))
    ]
    found.sort(key=lambda pair: (pair[0].quote_time, pair[1], pair[0].path.name))
    return [snapshot for snapshot, _ in found]


def resolve(address: str, store: str | Path) -> Path:
    """Return the file that an address means.

    Args:
        address: `SPX` or `SPX@latest`: the last snapshot; `SPX@prev`: the last one of an earlier date than that;
            `SPX@2025-09-05` or `SPX@2025-09-05T10:16`: the last one whose quote time is at or before (the end of) that
            New York time.
        store: The store's folder.

    Raises:
        UnreadableError: The address is malformed.
        MissingError: Nothing matches; the message names what is there.

    """
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise UnreadableError(
            "not an address: write SPX, SPX@2025-09-05, SPX@2025-09-05T10:16, SPX@prev", source=address
        )
    symbol, when = match[1], match[2] or "latest"
    there = snapshots(store, symbol)
    if not there:
        raise MissingError(f"no snapshot of {symbol.upper()} in {store}; it has {_symbols(store)}", source=address)
    if when == "latest":
        return there[-1].path
    if when == "prev":
        last_date = there[-1].quote_date
        fitting = [each for each in there if each.quote_date < last_date]
    else:
        limit = _limit(when, address)
        fitting = [each for each in there if each.quote_time <= limit]
    if not fitting:
        first, last = there[0].quote_time, there[-1].quote_time
        span = f"{len(there)} from {first.astimezone(NEW_YORK):%Y-%m-%dT%H:%M} to {last.astimezone(NEW_YORK):%Y-%m-%dT%H:%M}"
        raise MissingError(
            f"no snapshot of {symbol.upper()} that early; the store has {span} (New York)", source=address
        )
    return fitting[-1].path


def _name(chain: Chain) -> str:
    facts = facts_of(chain)
    origin = facts.pop("source")
    # Where the input lay and which version read it are not its content.
    content = json.dumps([facts, origin["sha256"]], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return f"{chain.quote_time:%H%M%S}-{origin['format']}-{digest}.parquet"


def write_once(target: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all, and never replaces one."""
    if not target.exists():
        write_whole(target, data)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all, in place of one that is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".tmp", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _snapshot(path: Path, symbol: str) -> Snapshot | None:
    match = _NAME.fullmatch(path.name)
    if not match:
        return None
    date = dt.date.fromisoformat(path.parent.name.removeprefix("date="))
    clock = dt.datetime.strptime(match[1], "%H%M%S").replace(tzinfo=dt.UTC).timetz()
    time = dt.datetime.combine(date, clock)
    if time.astimezone(NEW_YORK).date() != date:  # After 19:00 or 20:00 New York, UTC is a day ahead.
        time += dt.timedelta(days=1)
    return Snapshot(path, symbol, date, time)


def _symbols(store: str | Path) -> str:
    names = sorted(path.name.removeprefix("symbol=") for path in Path(store).glob("symbol=*"))
    return ", ".join(names) or "nothing"


def _limit(when: str, address: str) -> dt.datetime:
    try:
        limit = dt.datetime.fromisoformat(when)
    except ValueError:
        message = f"{when!r} is not a date, a date and time, latest or prev"
        raise UnreadableError(message, source=address, value=when) from None
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", when):
        limit = limit.replace(hour=23, minute=59, second=59, microsecond=999_999)
    elif limit.second == limit.microsecond == 0:  # Minutes are what people write: all of that minute counts.
        limit = limit.replace(second=59, microsecond=999_999)
    return limit if limit.tzinfo else limit.replace(tzinfo=NEW_YORK)
