"""What a store holds, as addresses of pages: symbols, dates and moments, looked up here before anything is opened.

A moment is a New York time as `2025-09-05T1016`, or `2025-09-05T101630` where the quotes are not of a whole minute.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ChainError, MissingError
from gex.ingest.snapshot_file import SYMBOL
from gex.ingest.store import latest, ordered, snapshots_in

if TYPE_CHECKING:
    from pathlib import Path

    from gex.ingest.store import Snapshot

MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{4}(?:\d{2})?)", re.ASCII)
RACY_NS = 2_000_000_000
"""A folder that changed so shortly before it was listed may change again within the same tick of its clock."""


class StoreError(Exception):
    """The store's folder is not there, or cannot be listed: not the request's fault, and it may come back."""


@dataclass(frozen=True)
class Listed:
    """The snapshots of a symbol: the last revision of each quote time, oldest first."""

    snapshots: tuple[Snapshot, ...]

    @cached_property
    def dates(self) -> list[dt.date]:
        """The New York dates, oldest first."""
        return list(dict.fromkeys(each.quote_date for each in self.snapshots))

    def of(self, date: dt.date) -> list[Snapshot]:
        """Return the snapshots of a date."""
        return [each for each in self.snapshots if each.quote_date == date]

    def at(self, moment: str) -> Snapshot | None:
        """Return the snapshot of a moment; a minute without one of its own means the last within it."""
        first = time_of(moment)
        if first is None:
            return None
        whole = len(moment) == len("2025-09-05T1016")
        found = self.upto(first)
        if whole and (found is None or found.quote_time < first):
            found = self.upto(first + dt.timedelta(seconds=59))
        return found if found is not None and found.quote_time >= first else None

    def upto(self, moment: dt.datetime) -> Snapshot | None:
        """Return the last snapshot up to a time."""
        place = bisect_right(self.snapshots, moment, key=lambda each: each.quote_time)
        return self.snapshots[place - 1] if place else None


def moment_of(snapshot: Snapshot) -> str:
    """Return the moment that means a snapshot, in URLs."""
    local = snapshot.quote_time.astimezone(NEW_YORK)
    return f"{local:%Y-%m-%dT%H%M%S}" if local.second else f"{local:%Y-%m-%dT%H%M}"


def time_of(moment: str) -> dt.datetime | None:
    """Return the time that a moment is, UTC; None if it is none."""
    match = MOMENT.fullmatch(moment)
    try:
        local = match and dt.datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=NEW_YORK)
        return local.astimezone(dt.UTC) if local else None
    except (ValueError, OverflowError):
        return None


@dataclass
class Catalog:
    """What a store holds; a folder is listed again when it has changed. Every method reads the disk."""

    store: Path
    _folders: dict[Path, tuple[int, list[Snapshot]]] = field(default_factory=dict)
    """What each held when it was listed, and when it had changed last."""
    _listed: dict[str, tuple[list[list[Snapshot]], Listed]] = field(default_factory=dict)

    def symbols(self) -> list[str]:
        """Return the symbols there are snapshots of, and those whose snapshots cannot be listed.

        Raises:
            StoreError: There is no such store.

        """
        return [name for name in self._names() if self._holds(name)]

    def listed(self, symbol: str) -> Listed:
        """Return the snapshots of a symbol; one at least.

        Raises:
            MissingError: There is none; the message names the symbols there are.
            StoreError: There is no such store.
            ChainError: A bundle is damaged.

        """
        listed = self._listing(symbol) if symbol in self._names() else None
        if listed is None or not listed.snapshots:
            there = ", ".join(self.symbols()) or "nothing yet: gex ingest fills it"
            raise MissingError(f"no snapshot of {symbol} in the store; it has {there}")
        return listed

    def dates(self, symbol: str) -> list[dt.date]:
        """Return the New York dates of a symbol, oldest first; errors as `listed`."""
        return self.listed(symbol).dates

    def day(self, symbol: str, date: dt.date) -> list[Snapshot]:
        """Return the snapshots of a date, oldest first; one at least.

        Raises:
            MissingError: There is none; the message names the nearest date. Else as `listed`.

        """
        listed = self.listed(symbol)
        if found := listed.of(date):
            return found
        raise MissingError(f"no snapshot of {symbol} of {date}; the nearest date is {_near(listed.dates, date)}")

    def snapshot(self, symbol: str, moment: str) -> Snapshot:
        """Return the snapshot of a moment, or of `latest`.

        Raises:
            MissingError: There is none; the message names the nearest moment. Else as `listed`.

        """
        listed = self.listed(symbol)
        if moment == "latest":
            return listed.snapshots[-1]
        if found := listed.at(moment):
            return found
        near = _near([moment_of(each) for each in listed.snapshots], moment)
        raise MissingError(f"no snapshot of {symbol} at {moment} (New York); the nearest is {near}")

    def before(self, snapshot: Snapshot) -> Snapshot | None:
        """Return the snapshot before one in the store; None before the first. Errors as `listed`."""
        return self.listed(snapshot.symbol).upto(snapshot.quote_time - dt.timedelta(microseconds=1))

    def _names(self) -> list[str]:
        try:
            found = [path.name.removeprefix("symbol=") for path in self.store.iterdir() if path.name[:7] == "symbol="]
        except OSError as error:
            reason = error.strerror or "it cannot be listed"
            raise StoreError(f"the store {self.store.name} cannot be read: {reason}; bring its folder back") from None
        return sorted(name for name in found if SYMBOL.fullmatch(name))

    def _holds(self, symbol: str) -> bool:
        try:
            return bool(self._listing(symbol).snapshots)
        except ChainError:
            return True

    def _listing(self, symbol: str) -> Listed:
        """Return what the folders of a symbol hold, put in order again if one has changed."""
        try:
            folders = sorted(path for path in (self.store / f"symbol={symbol}").iterdir() if "=" in path.name)
        except OSError:  # gone meanwhile
            folders = []
        found = [self._in_folder(folder, symbol) for folder in folders]
        kept = self._listed.get(symbol)
        if kept and len(kept[0]) == len(found) and all(map(operator.is_, kept[0], found)):
            return kept[1]
        listed = Listed(tuple(latest(ordered(each for some in found for each in some))))
        self._listed[symbol] = (found, listed)
        return listed

    def _in_folder(self, folder: Path, symbol: str) -> list[Snapshot]:
        """Return what a folder of a date or month holds, listed again if it has changed."""
        try:
            changed = folder.stat().st_mtime_ns
        except OSError:
            return []
        kept = self._folders.get(folder)
        if kept is not None and kept[0] == changed:
            return kept[1]
        settled = changed < time.time_ns() - RACY_NS
        found = [each for path in sorted(folder.glob("*.parquet")) for each in snapshots_in(path, symbol)]
        if kept is not None and kept[1] == found:
            found = kept[1]
        self._folders[folder] = (changed if settled else -1, found)
        return found


def _near(there: list[Any], asked: Any) -> Any:
    """Return of a sorted list what comes after a place in it; the last after its end."""
    return there[min(bisect_left(there, asked), len(there) - 1)]
