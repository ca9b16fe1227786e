"""What a batch is given, as a list of inputs in an order that never changes."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gex.cli.batch import remote
from gex.cli.batch.chains import Item, stat_of
from gex.cli.inputs import expand
from gex.cli.sources import ADDRESS, snapshot_of
from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ChainError, MissingError, UnreadableError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from gex.cli.options import ReadOptions
    from gex.ingest.store import Snapshot

Range = tuple["dt.date | None", "dt.date | None"]


def planned(sources: Sequence[str], read: ReadOptions, results: Path, days: Range) -> list[Item]:
    """Return each input once, in the order given.

    Args:
        sources: Files, folders, patterns, URLs, chain stores, addresses in one (`SPX`: all its snapshots).
        read: Says where the store is.
        results: Left out of folders that hold it.
        days: First and last New York date of what is taken from a chain store.

    Returns:
        What cannot be had is an item, too: it says why when it is read.

    """
    numbers = count(1)
    once: dict[tuple[str, object], Item] = {}
    for source in sources:
        for each in _of(source, read, results, days, numbers):
            once.setdefault((each.input, each.snapshot and each.snapshot.place), each)
    return list(once.values())


def _of(source: str, read: ReadOptions, results: Path, days: Range, numbers: Iterator[int]) -> Iterator[Item]:
    try:
        if remote.is_url(source):
            own = unquote(results.absolute().as_uri()) + "/"
            found = ((url, stat) for url, stat in remote.listed(source) if not unquote(url).startswith(own))
            yield from (Item(next(numbers), url, stat) for url, stat in found)
        elif (snapshots := _stored(source, read, days)) is not None:
            yield from (Item(next(numbers), _address(each), snapshot=each) for each in snapshots)
        else:
            yield from (Item(next(numbers), each, stat_of(each)) for each in expand([source], results))
    except ChainError as error:
        yield Item(next(numbers), remote.redacted(source), fault=error)


def _stored(source: str, read: ReadOptions, days: Range) -> Iterable[Snapshot] | None:
    """Return the snapshots of a chain store that a source means; None if it is no store and no address in one.

    Raises:
        ChainError: There is none.

    """
    from gex.ingest.store import held, symbols

    path = Path(source)
    if path.is_dir() and symbols(path):
        return _within((each for symbol in symbols(path) for each in held(path, symbol)), days, source)
    if path.exists() or not ADDRESS.fullmatch(source):
        return None
    if read.store is None:
        raise UnreadableError("no such file; for snapshots of a store, say with --store DIR where it is", source=source)
    if "@" in source:
        snapshot = snapshot_of(source, read)
        return [snapshot] if snapshot else None
    return _within(held(read.store, source), days, source)


def _within(found: Iterable[Snapshot], days: Range, source: str) -> list[Snapshot]:
    first, last = days
    every = list(found)
    kept = [each for each in every if (first or each.quote_date) <= each.quote_date <= (last or each.quote_date)]
    if not kept:
        span = f"{len(every)} from {every[0].quote_date} to {every[-1].quote_date}"
        raise MissingError(f"no snapshot in that range; the store has {span}", source=source)
    return kept


def _address(snapshot: Snapshot) -> str:
    return f"{snapshot.symbol}@{snapshot.quote_time.astimezone(NEW_YORK):%Y-%m-%dT%H:%M:%S}"
