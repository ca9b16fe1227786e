"""Alerts on disk until everybody has them: written first, delivered, then marked, so that a kill in between loses none.

`alerts/outbox/TIME-KEY.json` is an alert with the names of those it is for; beside it, `TIME-KEY.NAME.delivered` marks
who has it. With the last mark, the alert moves to `alerts/delivered/`. `alerts/told.json` says what was told of each
rule; it is written after the alerts, and what is not in it yet is told by them.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gex.cli.monitor.alerts import Told, told_by
from gex.ingest.errors import UnreadableError
from gex.ingest.lock import lock
from gex.ingest.staging import clear_unfinished, write_whole, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gex.cli.monitor.alerts import Alert

Position = tuple[str, str]
"""A rule's name, and a symbol."""


@dataclass(frozen=True)
class Waiting:
    """An alert that waits for delivery."""

    path: Path
    document: dict[str, Any]
    targets: tuple[str, ...]

    def mark_of(self, target: str) -> Path:
        """Return the file whose being there says that a target has the alert."""
        return self.path.with_name(f"{self.path.stem}.{target}.delivered")


@dataclass(frozen=True)
class Outbox:
    """The alerts of one folder of results."""

    folder: Path

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Hold the outbox against a second monitor.

        Raises:
            UnreadableError: Another one has it, or it cannot be written to.

        """
        with writing(self.folder, "the alerts"):
            for name in ("outbox", "delivered"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            file = (self.folder / ".lock").open("ab")
        with file:
            if not lock(file, wait=False):
                raise UnreadableError("another gex monitor is at work on these results", source=str(self.folder))
            for folder in (self.folder, self.folder / "outbox"):
                clear_unfinished(folder)
            yield

    def told(self) -> dict[Position, Told]:
        """Return what was told of each rule and symbol: as remembered, or by a later alert that was not remembered."""
        told: dict[Position, Told] = {}
        with suppress(OSError, ValueError, TypeError):
            found = json.loads((self.folder / "told.json").read_bytes())
            told = {(each["rule"], each["symbol"]): Told(**each["told"]) for each in found}
        for alert in self._alerts():
            place, by_alert = (alert["rule"], alert["symbol"]), told_by(alert)
            if place not in told or (told[place].seen or "") < (by_alert.seen or ""):
                told[place] = by_alert
        return told

    def put(self, alerts: Iterable[Alert], targets: dict[str, tuple[str, ...]]) -> int:
        """Write alerts that are not known by their keys, and return how many.

        Args:
            alerts: What is new.
            targets: Who gets the alerts of each severity.

        Raises:
            UnreadableError: The disk refuses.

        """
        new = 0
        for alert in alerts:
            names = targets.get(alert.severity, ())
            if names and not self._known(alert.key):
                name = f"{alert.document['at'].replace('-', '').replace(':', '')}-{new:04d}-{alert.key}.json"
                with writing(self.folder, "the alerts"):
                    write_whole(self.folder / "outbox" / name, _bytes({"for": names, "alert": alert.document}))
                new += 1
        return new

    def remember(self, told: dict[Position, Told]) -> None:
        """Write what has been told; the alerts themselves are in the outbox by now."""
        rows = [{"rule": rule, "symbol": symbol, "told": each.as_dict()} for (rule, symbol), each in told.items()]
        with writing(self.folder, "the alerts"):
            write_whole(self.folder / "told.json", _bytes(rows))

    def waiting(self, target: str | None = None) -> list[Waiting]:
        """Return the alerts that a target, or any, still waits for, the oldest first."""
        found = [each for path in sorted((self.folder / "outbox").glob("*.json")) if (each := _read(path))]
        if target is None:
            return found
        return [each for each in found if target in each.targets and not each.mark_of(target).exists()]

    def damaged(self) -> list[Path]:
        """Return the files of the outbox that hold no alert any more, which nobody can be sent."""
        found = sorted((self.folder / "outbox").glob("*.json"))
        return [path for path in found if _read(path) is None and path.exists()]

    def mark(self, waiting: Waiting, target: str) -> None:
        """Say that a target has an alert."""
        with writing(self.folder, "the alerts"):
            write_whole(waiting.mark_of(target), b"")

    def tidy(self) -> None:
        """Put away what everybody has: called by one thread alone."""
        for each in self.waiting():
            marks = [each.mark_of(target) for target in each.targets]
            if all(mark.exists() for mark in marks):
                with writing(self.folder, "the alerts"):
                    each.path.replace(self.folder / "delivered" / each.path.name)
                    for mark in marks:
                        mark.unlink(missing_ok=True)

    def drop(self, known: Iterable[str]) -> list[str]:
        """Take targets that no longer exist off the alerts, and return their names: nobody would ever mark those."""
        gone = {name for each in self.waiting() for name in each.targets} - set(known)
        for each in self.waiting():
            for name in gone.intersection(each.targets):
                self.mark(each, name)
        return sorted(gone)

    def _alerts(self) -> list[dict[str, Any]]:
        """Return all alerts there ever were, the oldest first."""
        paths = [path for name in ("outbox", "delivered") for path in (self.folder / name).glob("*.json")]
        return [each.document for path in sorted(paths, key=lambda path: path.name) if (each := _read(path))]

    def _known(self, key: str) -> bool:
        return any(True for name in ("outbox", "delivered") for _ in (self.folder / name).glob(f"*-{key}.json"))


def _read(path: Path) -> Waiting | None:
    """Return an alert of the outbox; None where it has just been put away, or is damaged."""
    try:
        found = json.loads(path.read_bytes())
        alert = found["alert"]
        told_by(alert)  # What is no alert is an error here.
        if {"key", "rule", "symbol"} <= set(alert):
            return Waiting(path, alert, tuple(found["for"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
