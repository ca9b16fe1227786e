"""How much the store holds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from gex.ingest.store import held, latest

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from gex.ingest.store import Snapshot


@dataclass(frozen=True)
class Holding:
    """The snapshots of a symbol, or of one of its dates.

    Attributes:
        symbol: The underlying.
        first: First New York date of the quotes.
        last: Last such date.
        dates: How many dates have a snapshot.
        snapshots: Quote times.
        revisions: Snapshots kept although a reissue replaced them.
        rows: Of all, revisions too.
        bytes: Of the files; a bundle counts for its members by their rows.

    """

    symbol: str
    first: dt.date
    last: dt.date
    dates: int
    snapshots: int
    revisions: int
    rows: int
    bytes: int


def holdings(store: str | Path, symbol: str, *, by_date: bool = False) -> list[Holding]:
    """Count what the store holds of a symbol, by date or in one sum, from paths and footers alone.

    Raises:
        MissingError: It has nothing of the symbol.
        UnreadableError: A file is damaged.

    """
    there = held(store, symbol)
    groups = [list(group) for _, group in groupby(there, lambda each: each.quote_date)] if by_date else [there]
    in_file = _rows_by_file(there)
    return [_holding(group, in_file) for group in groups]


def _rows_by_file(found: list[Snapshot]) -> dict[Path, int]:
    rows: dict[Path, int] = {}
    for each in found:
        rows[each.path] = rows.get(each.path, 0) + _rows(each)
    return rows


def _rows(snapshot: Snapshot) -> int:
    return snapshot.member.rows if snapshot.member else int(snapshot.facts()["quality"]["rows_kept"])


def _holding(found: list[Snapshot], in_file: dict[Path, int]) -> Holding:
    dates, rows = [each.quote_date for each in found], [_rows(each) for each in found]
    shares = (each.path.stat().st_size * n / (in_file[each.path] or 1) for each, n in zip(found, rows, strict=True))
    kept = len(latest(found))
    return Holding(
        found[0].symbol, min(dates), max(dates), len(set(dates)), kept, len(found) - kept, sum(rows), round(sum(shares))
    )
