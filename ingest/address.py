"""Addresses of snapshots in the store: SPX, SPX@prev, SPX@2025-09-05T10:16."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import MissingError, UnreadableError
from gex.ingest.snapshot_file import file_bytes
from gex.ingest.store import held, latest, snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.ingest.store import Snapshot


class _Timed(Protocol):
    @property
    def quote_date(self) -> dt.date: ...
    @property
    def quote_time(self) -> dt.datetime: ...


Timed = TypeVar("Timed", bound=_Timed)

_ADDRESS = re.compile(r"([\^_$]?[A-Za-z][A-Za-z0-9.]{0,9})(?:@(.+))?")


def resolve(address: str, store: str | Path) -> Snapshot:
    """Return the snapshot that an address means.

    Args:
        address: `SPX` or `SPX@latest`: the last snapshot; `SPX@prev`: the last one of an earlier date than that;
            `SPX@2025-09-05` or `SPX@2025-09-05T10:16`: the last one whose quote time is at or before (the end of) that
            New York time.
        store: The store's folder.

    Raises:
        UnreadableError: The address is malformed.
        MissingError: Nothing matches; the message names what is there.

    """
    symbol, when = split(address)
    there = held(store, symbol, address)
    fitting = fitting_among(there, when, address)
    if not fitting:
        first, last = _written(there[0].quote_time), _written(there[-1].quote_time)
        raise MissingError(
            f"no snapshot of {symbol.upper()} that early; the store has {len(there)} from {first} to {last} (New York);"
            f" the nearest is {there[0].symbol}@{first}",
            source=address,
        )
    return fitting[-1]


def before(snapshot: Snapshot, store: str | Path) -> Snapshot | None:
    """Return the last snapshot of the same symbol whose quotes are earlier, in its last revision; None for the first."""
    there = latest(snapshots(store, snapshot.symbol))
    return next((each for each in reversed(there) if each.quote_time < snapshot.quote_time), None)


def split(address: str) -> tuple[str, str]:
    """Return the symbol of an address, and when: a time, `latest` or `prev`.

    Raises:
        UnreadableError: The address is malformed.

    """
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise UnreadableError(
            "not an address: write SPX, SPX@2025-09-05, SPX@2025-09-05T10:16, SPX@prev", source=address
        )
    return match[1], match[2] or "latest"


def fitting_among(there: Sequence[Timed], when: str, address: str) -> list[Timed]:
    """Return those of one or more things in the order of their quote times, the last of which an address means.

    Raises:
        UnreadableError: `when` is malformed.

    """
    if when == "latest":
        return list(there)
    if when == "prev":
        return [each for each in there if each.quote_date < there[-1].quote_date]
    limit = _limit(when, address)
    return [each for each in there if each.quote_time <= limit]


@contextmanager
def opened(snapshot: Snapshot) -> Iterator[Path]:
    """Give a snapshot as a file of its own, which one in a bundle becomes for as long as it is needed."""
    if snapshot.member is None:
        yield snapshot.path
        return
    with tempfile.TemporaryDirectory(prefix="gex-") as folder:
        path = Path(folder) / snapshot.name
        path.write_bytes(file_bytes(snapshot.read()[0]))
        yield path


def _written(time: dt.datetime) -> str:
    return f"{time.astimezone(NEW_YORK):%Y-%m-%dT%H:%M}"


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
