"""The store as one lazy table."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import MissingError
from gex.ingest.schema import SCHEMA
from gex.ingest.store import held, latest, symbols

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gex.ingest.store import Snapshot


def scan_store(
    store: str | Path,
    symbol: str | Sequence[str] | None = None,
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    *,
    revisions: bool = False,
) -> pl.LazyFrame:
    """Return the chains of a store as one lazy Polars table.

    Nothing but paths, and the footers of bundles, is read until it is collected. Only the files of the symbols and dates
    asked for are opened at all; of those, Polars reads the columns and, by their statistics, the row groups it needs.

    Args:
        store: The store's folder.
        symbol: One underlying or several; None takes all.
        start: First New York date of the quotes, a date or "2025-09-05".
        end: Last such date, itself included.
        revisions: Keep snapshots that were reissued beside what replaced them; they share `quote_time`.

    Returns:
        The columns and types of `gex.ingest.schema.SCHEMA`; no row if there is no snapshot in that range. Rows come
        by symbol and quote time, within a snapshot sorted as in `Chain.frame`.

    Raises:
        MissingError: The store has nothing of a symbol.
        UnreadableError: A bundle is damaged.
        ValueError: A date is malformed, or `end` lies before `start`.

    """
    first, last = _date(start, dt.date.min), _date(end, dt.date.max)
    if last < first:
        raise ValueError(f"end {last} lies before start {first}")
    parts = []
    for name in _names(store, symbol):
        found = held(store, name)
        kept = [each for each in (found if revisions else latest(found)) if first <= each.quote_date <= last]
        parts += _parts(kept)
    return pl.concat([pl.LazyFrame(schema=SCHEMA), *parts]) if parts else pl.LazyFrame(schema=SCHEMA)


def _names(store: str | Path, symbol: str | Sequence[str] | None) -> list[str]:
    if symbol is None:
        found = symbols(store)
        if not found:
            raise MissingError("no snapshot of anything", source=str(store))
        return found
    return list(dict.fromkeys(map(normalize_underlying, [symbol] if isinstance(symbol, str) else symbol)))


def _parts(found: Iterable[Snapshot]) -> list[pl.LazyFrame]:
    """Return one table for each run of files, and for each run of neighbours in a bundle."""
    parts = []
    for is_file, run in groupby(found, lambda each: each.member is None):
        if is_file:
            parts.append(pl.scan_parquet([each.path for each in run], hive_partitioning=False, glob=False))
        else:
            parts += [_slice(path, list(members)) for path, members in groupby(run, lambda each: each.path)]
    return parts


def _slice(path: Path, run: list[Snapshot]) -> pl.LazyFrame:
    """Return some members of a bundle; they lie in it in the store's order, but for those not asked for."""
    whole = pl.scan_parquet(path, hive_partitioning=False, glob=False)
    members = [each.member for each in run if each.member]
    spans: list[list[int]] = []
    for member in members:
        if spans and sum(spans[-1]) == member.offset:
            spans[-1][1] += member.rows
        else:
            spans.append([member.offset, member.rows])
    return pl.concat([whole.slice(offset, rows) for offset, rows in spans])


def _date(given: dt.date | str | None, default: dt.date) -> dt.date:
    if given is None:
        return default
    return dt.date.fromisoformat(given) if isinstance(given, str) else given
