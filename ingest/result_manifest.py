"""The manifest of a results folder: what became of every input, one file of JSON lines a run, appended and never rewritten.

The first line of `runs/20251121T223000Z-1f3a.jsonl` says what was asked; each other one is of one snapshot, or of an
input that gave none. A line that was cut off is no line. A later line about a part adds to what is known of it, and the
first one says when it was recorded.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gex.ingest.lock import lock
from gex.ingest.staging import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Line = dict[str, Any]

_NAME = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]+\.jsonl")
_SYNC_EVERY = 1.0
"""Seconds that a line may wait until it is on the disk: a power cut may take them, and the next run writes them again."""


class Run:
    """The manifest of one run, open for appending; locked for as long as it is."""

    def __init__(self, results: Path, facts: Mapping[str, Any]) -> None:
        """Begin a run, later by its name than all there are: a clock may have been set back.

        Raises:
            TargetError: The results cannot be written to.

        """
        self._results = results
        with writing(results, "the results"):
            folder = results / "runs"
            folder.mkdir(parents=True, exist_ok=True)
            last = max((path.name for path in run_files(results)), default="")
            self.path = folder / f"{_after(last)}-{uuid.uuid4().hex[:8]}.jsonl"
            self._file = self.path.open("xb", buffering=0)
            lock(self._file)
        self._synced, self._torn = time.monotonic(), False
        try:
            self.append({"event": "run", **facts})
        except BaseException:
            self._file.close()
            self.path.unlink(missing_ok=True)
            raise

    def append(self, line: Mapping[str, Any]) -> None:
        """Write one line, so that it stays if this process is killed.

        Raises:
            TargetError: The results cannot be written to.

        """
        stamped = {**line, "recorded_at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")}
        data = memoryview((b"\n" if self._torn else b"") + json.dumps(stamped, ensure_ascii=False).encode() + b"\n")
        with writing(self._results, "the results"):
            self._torn = True  # Until all of it is written: the next line then begins with a line end.
            while data:
                data = data[self._file.write(data) :]
            self._torn = False
            if time.monotonic() - self._synced > _SYNC_EVERY:
                self.sync()

    def sync(self) -> None:
        """Wait until all lines are on the disk."""
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def close(self) -> None:
        """End the run."""
        with writing(self._results, "the results"), self._file:
            self.sync()


@dataclass
class Recorded:
    """What the manifest says of one part."""

    order: tuple[str, int]
    """The run that recorded it first, and its place in that run's plan: the same for any number of workers."""
    recorded_at: dt.datetime
    source: str | None
    sums: Mapping[str, str]


def run_files(results: str | Path) -> list[Path]:
    """Return the manifest's files, the earliest run first."""
    return sorted(path for path in Path(results).glob("runs/*.jsonl") if _NAME.fullmatch(path.name))


def lines(path: Path) -> Iterator[Line]:
    """Yield the whole lines of one run."""
    with path.open("rb") as file:
        for raw in file:
            with suppress(ValueError):
                line = json.loads(raw)
                if isinstance(line, dict):
                    yield line


def recorded(results: str | Path) -> dict[str, Recorded]:
    """Return what the manifest says of each part, by its place."""
    found: dict[str, Recorded] = {}
    for path in run_files(results):
        run = path.name.partition("-")[0]
        for number, line in enumerate(lines(path)):
            with suppress(KeyError, TypeError, ValueError):  # A flipped bit may leave JSON, which is no line either.
                _add(found, line, (run, int(line.get("number", number))))
    return found


def _add(found: dict[str, Recorded], line: Line, order: tuple[str, int]) -> None:
    """Add what a line says of a part, if it is about one."""
    place, sums = line.get("part"), line.get("part_sha256")
    if not isinstance(place, str) or not isinstance(sums, dict):
        return
    known = found.get(place)
    if known is None:
        at = dt.datetime.fromisoformat(line["recorded_at"])
        found[place] = Recorded(order, at, line.get("input"), sums)
        return
    known.sums = sums
    if order < known.order:  # Of two inputs with the same content, the first in the plan, whoever was done first.
        known.order, known.source = order, line.get("input")


def running(results: str | Path, own: Path | None = None) -> list[Path]:
    """Return the runs that somebody is still writing, but for one's own."""
    busy = []
    for path in run_files(results):
        if path != own:
            with suppress(OSError), path.open("ab") as file:
                if not lock(file, wait=False):
                    busy.append(path)
    return busy


def _after(last: str) -> str:
    """Return the UTC time as a name, later than the last one."""
    now = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
    match = _NAME.fullmatch(last)
    if not match or now > match[1]:
        return now
    then = dt.datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    return f"{then + dt.timedelta(seconds=1):%Y%m%dT%H%M%SZ}"
