"""What the store remembers of each input it took, so that the same bytes need not be read twice.

A receipt is written when all snapshots of an input are in place, under `inputs/` and a name made of the hash of the
input's bytes, the way it was read and the version that read it. To lose one costs time and nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import gex
from gex.ingest.errors import UnreadableError
from gex.ingest.schema import SCHEMA_VERSION
from gex.ingest.staging import locked, move, staging, write_synced, writing
from gex.ingest.store import names_at

if TYPE_CHECKING:
    from pathlib import Path

_Snapshots = list[dict[str, Any]]


class Input:
    """One file, as it was when its bytes were hashed."""

    def __init__(self, path: Path, keywords: dict[str, Any]) -> None:
        """Hash a file; `keywords` are those of `read_chains`.

        Raises:
            UnreadableError: It cannot be read.

        """
        self.path = path
        try:
            self._stat = self._now()
            with path.open("rb") as file:
                self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UnreadableError(f"cannot be read: {error.strerror or error}", source=str(path)) from None
        how = json.dumps([keywords, gex.__version__, SCHEMA_VERSION], sort_keys=True, default=str)
        self._name = f"{self.sha256}-{hashlib.sha256(how.encode()).hexdigest()[:8]}.json"

    def receipt(self, store: Path) -> _Snapshots | None:
        """Return what was made of this input, if all of it is still in the store."""
        try:
            found: _Snapshots = json.loads((store / "inputs" / self._name).read_text(encoding="utf-8"))
            return [each | {"file": _file(each, store)} for each in found]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, snapshots: _Snapshots, store: Path) -> None:
        """Write the receipt.

        Raises:
            UnreadableError: The store cannot be written to.

        """
        with staging(store) as folder, locked(store):
            with writing(store):
                write_synced(folder / self._name, json.dumps(snapshots).encode())
            move(folder / self._name, store / "inputs" / self._name, store)

    def check_unchanged(self) -> None:
        """Tell a file that was written to while it was read.

        Raises:
            UnreadableError: It is another file now, or a longer one.

        """
        if self._now() != self._stat:
            raise UnreadableError("the file changed while it was read; ingest it again", source=str(self.path))

    def _now(self) -> tuple[int, int, int]:
        stat = self.path.stat()
        return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _file(snapshot: dict[str, Any], store: Path) -> str:
    """Return where a snapshot lies today; KeyError if it is gone."""
    there = names_at(store, snapshot["symbol"], dt.date.fromisoformat(snapshot["quote_date"]))
    return there[snapshot["name"]].relative_to(store).as_posix()
