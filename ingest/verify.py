"""Look for what is wrong with a store: damaged files, missing sessions, and snapshots that repeat the session before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gex.ingest import calendar
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import ChainError, MissingError
from gex.ingest.schema import KEY
from gex.ingest.snapshot_file import NAME, differing, file_name
from gex.ingest.store import held, latest, snapshots_in, symbols

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    import polars as pl

    from gex.ingest.schema import Chain
    from gex.ingest.store import Snapshot

Kind = Literal["damaged", "stale", "missing"]


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong."""

    code: str
    kind: Kind
    meaning: str
    remedy: str


_INGEST_AGAIN = "remove the file and ingest its input again"
_SAME_FILE = "see whether the feed stood still; ingest the session's own file"
CHECKS = (
    Check("unreadable", "damaged", "the file is cut off, damaged or gone", _INGEST_AGAIN),
    Check("schema", "damaged", "columns, types, rows or facts are not those of this layout", _INGEST_AGAIN),
    Check("content", "damaged", "the sums of its columns are not those it was written with", _INGEST_AGAIN),
    Check("name", "damaged", "symbol, date, time or hash in the path are not those of its facts", _INGEST_AGAIN),
    Check("stray", "damaged", "a file that is no snapshot lies among them: no reader sees it", "move it elsewhere"),
    Check(
        "same_bytes", "stale", "the same values from the same bytes as the snapshot of the session before", _SAME_FILE
    ),
    Check("frozen_time", "stale", "its source prints the same time as the one of the session before", _SAME_FILE),
    Check("frozen_quotes", "stale", "every bid and ask is that of the session before", _SAME_FILE),
    Check(
        "same_open_interest",
        "stale",
        "every open interest is that of the session before, though it should belong to a later one",
        "the source had not been updated: ingest a file saved after it was, as a reissue",
    ),
    Check("missing", "missing", "a session of New York without a snapshot", "ingest a file of that session"),
)
_VALUES = ("bid", "ask", "last", "volume", "open_interest", "implied_volatility")
_BY_CODE = {check.code: check for check in CHECKS}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where."""

    check: Check
    symbol: str
    quote_date: dt.date | None
    where: str
    detail: str


def verify(store: str | Path, names: Iterable[str] = ()) -> Iterator[Finding]:
    """Read every snapshot of some symbols, or of all, and yield what is wrong, by symbol and date.

    Two snapshots are held in memory at a time. The last snapshot of a session is compared with the last one of the
    session before that the store has; of one quote time, the last revision.

    Raises:
        MissingError: The store has nothing at all.

    """
    chosen = [normalize_underlying(name) for name in names] or symbols(store)
    if not chosen:
        raise MissingError("no snapshot of anything", source=str(store))
    for symbol in chosen:
        sound, damaged = _sound(Path(store), symbol)
        yield from damaged
        yield from _stale(sound)


def missing_sessions(store: str | Path, symbol: str, first: dt.date, last: dt.date) -> Iterator[Finding]:
    """Yield each session from `first` to `last`, both included, of which the store has no snapshot.

    Raises:
        MissingError: It has none of the symbol at all.
        UnreadableError: A bundle is damaged.

    """
    there = held(store, symbol)
    name, dates = there[0].symbol, {each.quote_date for each in there}
    day = first if calendar.is_session(first) else calendar.next_session(first)
    while day <= last:
        if day not in dates:
            yield Finding(_BY_CODE["missing"], name, day, f"{name}@{day}", "no snapshot of this session")
        day = calendar.next_session(day)


def _sound(store: Path, symbol: str) -> tuple[list[Snapshot], list[Finding]]:
    """Return the snapshots of a symbol that are as they were written, in order, and what is wrong with the others."""
    sound: dict[tuple[dt.date, str], Snapshot] = {}
    damaged = []
    for path in sorted(store.glob(f"symbol={symbol}/*/*")):
        try:
            found = snapshots_in(path, symbol)
        except ChainError as error:
            damaged.append(_finding("unreadable", symbol, None, path, error))
            continue
        if not found:
            damaged.append(_finding("stray", symbol, None, path, "not a name of ours"))
        for each in found:
            problem = _damage(each)
            if problem:
                damaged.append(problem)
            else:
                sound[each.quote_date, each.name] = each
    return sorted(sound.values(), key=lambda each: (each.quote_time, each.revision, each.name)), damaged


def _damage(snapshot: Snapshot) -> Finding | None:
    try:
        chain, written = snapshot.read()
    except ChainError as error:
        code = "schema" if type(error).__name__ == "FormatError" else "unreadable"
        return _of(snapshot, code, error.message)
    if columns := differing(chain.frame, written):
        return _of(snapshot, "content", f"other values of {', '.join(columns)}" if written else "written without sums")
    right = (chain.underlying, chain.quote_date, chain.quote_time.replace(microsecond=0), file_name(chain))
    match = NAME.fullmatch(snapshot.name)
    told = f"{match[1]}-{match[2]}-{match[3]}.parquet" if match else ""
    if right != (snapshot.symbol, snapshot.quote_date, snapshot.quote_time, told):
        return _of(snapshot, "name", f"by its facts it is {chain.underlying} {chain.quote_time:%Y-%m-%d} {right[3]}")
    return None


def _stale(sound: list[Snapshot]) -> Iterator[Finding]:
    """Compare the last snapshot of each date with that of the date before."""
    last = list({each.quote_date: each for each in latest(sound)}.values())
    before: tuple[Snapshot, Chain] | None = None
    for snapshot in last:
        chain = snapshot.read()[0]
        if before:
            for code in _repeated(chain, before[1]):
                yield _of(snapshot, code, f"as {before[0].place}")
        before = snapshot, chain


def _repeated(now: Chain, then: Chain) -> Iterator[str]:
    """Yield the codes of what a chain has in common with the one of the session before."""
    both = now.frame.join(then.frame, on=KEY, suffix="_then")
    # A file may hold several sessions: the same bytes are stale where they give the same values.
    if now.source.sha256 == then.source.sha256 and both.height and all(_equal(both, name).all() for name in _VALUES):
        yield "same_bytes"
    if now.stamp is not None and now.stamp == then.stamp:
        yield "frozen_time"
    if _same(both, "bid") and _same(both, "ask"):
        yield "frozen_quotes"
    if now.open_interest_date != then.open_interest_date and _same(both, "open_interest"):
        yield "same_open_interest"


def _same(both: pl.DataFrame, name: str) -> bool:
    """Tell whether a column is the same for all contracts of two days, in some of them above zero."""
    return bool(_equal(both, name).all() and (both[name] > 0).any())


def _equal(both: pl.DataFrame, name: str) -> pl.Series:
    return both[name].eq_missing(both[f"{name}_then"])


def _of(snapshot: Snapshot, code: str, detail: str) -> Finding:
    return _finding(code, snapshot.symbol, snapshot.quote_date, snapshot.path, detail, snapshot.name)


def _finding(
    code: str, symbol: str, date: dt.date | None, path: Path, detail: object, member: str | None = None
) -> Finding:
    where = f"{path}" if member in (None, path.name) else f"{path}: {member}"
    return Finding(_BY_CODE[code], symbol, date, where, str(detail))
