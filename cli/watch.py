"""A store watched while it grows: what has arrived since the last look.

A folder is listed only where its time of change says that it differs from the last listing, so that a look at a store
of thousands of snapshots is one `stat` a folder. Times of change are compared with themselves alone, never with a
clock: whose clock is wrong by how much is of no account. They may be as coarse as two seconds, so a folder that has
just changed is listed again until it has been still for longer.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.ingest.store import Snapshot

STILL_SECONDS = 3.0
"""A folder that has not changed for so long has nothing that its time of change hides."""
MAGIC = b"PAR1"
FOOTER = 12
"""Bytes of a Parquet file that no table needs: its magic at both ends, and the length of its footer."""


@dataclass(frozen=True)
class _Listing:
    changed: int
    """The folder's time of change at the listing, nanoseconds."""
    since: float
    """When the watcher first saw that time, in seconds of its clock."""
    complete: bool
    """Whether everything there was whole, and the folder still."""


class Watcher:
    """Tells what has arrived in a store since the last look; the first look is taken when it is made.

    Args:
        store: The store's folder, which need not be there yet.
        symbol: Whose snapshots; None for every symbol's.
        clock: Seconds that no one sets.

    Raises:
        OSError: The store cannot be looked into, other than by not being there; so do all further looks.

    """

    def __init__(
        self, store: str | Path, symbol: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Note what is there."""
        from gex.ingest.contracts import normalize_underlying

        self.store = Path(store)
        self.symbol = None if symbol is None else normalize_underlying(symbol)
        self._clock = clock
        self._known: set[tuple[str, str, str]] = set()
        """Symbol, date and name of every snapshot ever seen: in a bundle it is no other than it was as a file."""
        self._listings: dict[str, _Listing] = {}
        self._bundles: set[str] = set()
        """Paths of those that were read; none is ever changed."""
        self.news()

    def news(self) -> list[Snapshot]:
        """Return what has arrived since the last look: by symbol, oldest first, a reissue after what it replaces.

        What is not written to its end yet is told once it is; what was merged into a bundle, or has gone and come back,
        is no news. A file may be gone before its reader comes: merged by `gex store compact`, it lies in a bundle then.
        """
        found = [each for symbol in self._symbols() for each in self._arrived(symbol)]
        return sorted(found, key=lambda each: (each.symbol, each.quote_time, each.revision, each.name))

    def _symbols(self) -> list[str]:
        if self.symbol is not None:
            return [self.symbol]
        return sorted(name.removeprefix("symbol=") for name, _ in _entries(self.store) if name.startswith("symbol="))

    def _arrived(self, symbol: str) -> Iterator[Snapshot]:
        home = self.store / f"symbol={symbol}"
        # Months before days: of what is being merged, the copy that stays is the one to tell.
        for name, entry in sorted(_entries(home), reverse=True):
            try:
                changed = entry.stat().st_mtime_ns if "=" in name and entry.is_dir() else None
            except OSError:  # It has gone since.
                continue
            if changed is not None and not self._is_listed(entry.path, changed):
                yield from self._listed(Path(entry.path), symbol, changed)

    def _is_listed(self, folder: str, changed: int) -> bool:
        last = self._listings.get(folder)
        return last is not None and last.complete and last.changed == changed

    def _listed(self, folder: Path, symbol: str, changed: int) -> Iterator[Snapshot]:
        """List a folder and yield what is new in it."""
        last, now = self._listings.get(str(folder)), self._clock()
        since = last.since if last and last.changed == changed else now
        whole = True
        for name, _ in sorted(_entries(folder), reverse=True):  # Bundles come first.
            if name.endswith(".parquet"):
                found = self._told(folder / name, symbol)
                whole &= found is not None
                yield from found or ()
        self._listings[str(folder)] = _Listing(changed, since, whole and now - since > STILL_SECONDS)

    def _told(self, path: Path, symbol: str) -> list[Snapshot] | None:
        """Return what is new in one file; None where it is to be looked at again: not whole, or gone."""
        from gex.ingest.errors import UnreadableError
        from gex.ingest.store import snapshots_in

        place = (symbol, path.parent.name, path.name)
        if place in self._known or str(path) in self._bundles:
            return []
        if not is_whole(path):
            return None
        try:
            found = snapshots_in(path, symbol)
        except UnreadableError:
            return None
        if path.name.startswith("bundle-"):
            self._bundles.add(str(path))
        return [each for each in found if self._is_new(each)]

    def _is_new(self, each: Snapshot) -> bool:
        place = (each.symbol, f"date={each.quote_date}", each.name)
        if place in self._known:
            return False
        self._known.add(place)
        return True


def is_whole(path: str | Path) -> bool:
    """Tell whether a Parquet file has been written to its end: whether it has a footer there; False where it is gone.

    Whether its content is sound is for its reader to find: `Snapshot.sound`.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (a third of the time of Path.open)
            size = os.fstat(file.fileno()).st_size
            if size <= FOOTER or file.read(4) != MAGIC:
                return False
            file.seek(-8, os.SEEK_END)
            end = file.read(8)
    except OSError:
        return False
    return end[4:] == MAGIC and 0 < int.from_bytes(end[:4], "little") <= size - FOOTER


def _entries(folder: Path) -> list[tuple[str, os.DirEntry[str]]]:
    """Return what a folder holds; nothing where there is none."""
    try:
        with os.scandir(folder) as found:
            return [(entry.name, entry) for entry in found]
    except (FileNotFoundError, NotADirectoryError):
        return []
