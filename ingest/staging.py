"""Snapshots enter the store whole or not at all: written aside first, moved into place when all are there.

The files of one input wait in a folder of their own under `.staging/`, which no reader looks into. A process that dies
leaves its folder behind; nobody holds the lock on it any more, so the next writer removes it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gex.ingest.errors import TargetError
from gex.ingest.lock import lock
from gex.ingest.snapshot_file import check_names, file_bytes, file_name, quarantine_bytes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from gex.ingest.schema import Chain


@dataclass(frozen=True)
class Waiting:
    """One snapshot written aside."""

    file: Path
    quarantine: Path | None
    symbol: str
    quote_date: dt.date
    quote_time: dt.datetime
    name: str
    rows_in: int
    rows_kept: int
    quarantined: dict[str, int] = field(default_factory=dict)


@contextmanager
def locked(store: Path, what: str = "the store") -> Iterator[None]:
    """Hold the store, or `what` lies there, against other writers; readers need no lock. A process that dies lets go.

    Raises:
        TargetError: The store cannot be written to.

    """
    with writing(store, what):
        store.mkdir(parents=True, exist_ok=True)
        file = (store / ".lock").open("ab")
        lock(file)
    with file:
        yield


@contextmanager
def staging(store: Path, what: str = "the store") -> Iterator[Path]:
    """Make a folder to write aside in, after removing those of writers that died; it is gone afterwards."""
    with locked(store, what), writing(store, what):
        _clean(store)
        (store / ".staging").mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=store / ".staging"))
        owner = (folder / "owner").open("ab")
        lock(owner)
    try:
        yield folder
    finally:
        owner.close()
        shutil.rmtree(folder, ignore_errors=True)


def stage(chains: Iterable[Chain], folder: Path, store: Path) -> list[Waiting]:
    """Write chains aside, one in memory at a time.

    Raises:
        ContentError: A chain's symbol or format is no name for a folder or file.
        TargetError: The store cannot be written to.

    """
    waiting = []
    for number, chain in enumerate(chains):
        check_names(chain)
        file, quarantine = folder / f"{number}.parquet", None
        with writing(store):
            write_synced(file, file_bytes(chain))
            if chain.quarantine.height:
                quarantine = folder / f"{number}-quarantine.parquet"
                write_synced(quarantine, quarantine_bytes(chain))
        quality = chain.quality
        waiting.append(
            Waiting(
                file, quarantine, chain.underlying, chain.quote_date, chain.quote_time, file_name(chain),
                quality.rows_in, quality.rows_kept, quality.quarantined,
            )
        )  # fmt: skip
    return waiting


def move(waiting: Path, target: Path, store: Path) -> None:
    """Move a file that was written aside into place.

    Raises:
        TargetError: The store cannot be written to.

    """
    with writing(store):
        target.parent.mkdir(parents=True, exist_ok=True)
        waiting.replace(target)


def write_once(target: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all, and never replaces one."""
    if not target.exists():
        write_whole(target, data)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all, in place of one that is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".", suffix=".tmp") as folder:
        write_synced(Path(folder) / target.name, data)
        (Path(folder) / target.name).replace(target)


def clear_unfinished(folder: Path) -> None:
    """Remove what a killed `write_whole` left in a folder; for its only writer, who could not tell another's at work."""
    for left in folder.glob(".*.tmp"):
        shutil.rmtree(left, ignore_errors=True)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def writing(store: Path, what: str = "the store") -> Iterator[None]:
    """Turn what the disk refuses into an error of the store, or of `what` lies there."""
    try:
        yield
    except OSError as error:
        raise TargetError(f"cannot write to {what}: {error.strerror or error}", source=str(store)) from None


def _clean(store: Path) -> None:
    for folder in (store / ".staging").glob("*"):
        with suppress(OSError):  # Its writer may be done with it this moment, and remove it.
            with (folder / "owner").open("ab") as owner:
                dead = lock(owner, wait=False)
            if dead:
                shutil.rmtree(folder, ignore_errors=True)
