"""Merge the snapshots of a closed day or month into one bundle, and lose none of them.

The bundle is written aside, read back and compared snapshot by snapshot with what it was made of, moved into place, and
only then are the originals removed. A process that dies in between leaves both; readers count each snapshot once, and
the next run removes the originals. Revisions, names, facts and files under `quarantine/` stay as they are.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gex.ingest import bundle
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import UnreadableError
from gex.ingest.readers.canonical import facts_of
from gex.ingest.snapshot_file import differing
from gex.ingest.staging import locked, move, staging, writing
from gex.ingest.store import snapshots, snapshots_in

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.ingest.schema import Chain
    from gex.ingest.store import Snapshot

Period = Literal["day", "month"]


@dataclass(frozen=True)
class Merged:
    """What became of one period: `files` and `bytes_before` of the originals, the bundle's path and bytes after."""

    symbol: str
    period: str
    snapshots: int
    files: int
    bytes_before: int
    bytes_after: int
    path: Path


def compact(store: str | Path, symbol: str, before: dt.date, by: Period = "month") -> Iterator[Merged]:
    """Merge each closed period of a symbol that lies in more than one file.

    Args:
        store: The store's folder.
        symbol: Whose snapshots.
        before: Periods that end before this date are closed.
        by: Which periods; days that are merged already are left to their month.

    Yields:
        One result a period, as it is done.

    Raises:
        ChainError: A file is damaged, or the store cannot be written to; the originals stay.

    """
    root, name = Path(store), normalize_underlying(symbol)
    for period in sorted({_period(each, by) for each in snapshots(root, name)}):
        if _is_closed(period, before):
            with staging(root) as folder, locked(root):
                merged = _merge(root, name, period, folder / "bundle.parquet")
            if merged:
                yield merged


def _period(snapshot: Snapshot, by: Period) -> str:
    return f"{snapshot.quote_date:%Y-%m}" if by == "month" else snapshot.quote_date.isoformat()


def _is_closed(period: str, before: dt.date) -> bool:
    return period < before.isoformat()[: len(period)]


def _merge(store: Path, symbol: str, period: str, draft: Path) -> Merged | None:
    """Merge one period; the lock is held, so that nothing is added or removed meanwhile."""
    home = store / f"symbol={symbol}" / f"{'month' if len(period) == 7 else 'date'}={period}"
    folders = [home, *home.parent.glob(f"date={period}-*")] if len(period) == 7 else [home]
    originals = [path for folder in folders for path in sorted(folder.glob("*.parquet")) if snapshots_in(path, symbol)]
    if len(originals) < 2:
        return None
    there = [each for each in snapshots(store, symbol) if each.path in originals]
    with writing(store):
        bundle.write(draft, ((each.name, _sound(each)) for each in there))
    _compare(draft, there)
    digest = hashlib.sha256("\n".join(each.place for each in there).encode()).hexdigest()[:8]
    target = home / f"bundle-{digest}.parquet"
    size = sum(path.stat().st_size for path in originals)
    move(draft, target, store)
    _remove([path for path in originals if path != target], store)
    return Merged(symbol, period, len(there), len(originals), size, target.stat().st_size, target)


def _sound(snapshot: Snapshot) -> Chain:
    """Return a chain that still has the hash it was written with."""
    chain, written = snapshot.read()
    if differing(chain.frame, written):
        raise UnreadableError(
            "its content is not what it was written with; gex store verify", source=str(snapshot.path)
        )
    return chain


def _compare(draft: Path, there: list[Snapshot]) -> None:
    """Hold each member of a bundle against the snapshot it was made of."""
    members = bundle.members(draft)
    for member, snapshot in zip(members, there, strict=True):
        copy, original = bundle.read_member(draft, member), _sound(snapshot)
        same_table = copy.frame.equals(original.frame) and not differing(copy.frame, member.content)
        if not same_table or member.name != snapshot.name or facts_of(copy) != facts_of(original):
            raise UnreadableError("the merged copy differs from the original, which stays", source=str(snapshot.path))


def _remove(paths: list[Path], store: Path) -> None:
    with writing(store):
        for path in paths:
            path.unlink()
    for folder in {path.parent for path in paths}:
        with suppress(OSError):  # It holds something else still.
            folder.rmdir()
