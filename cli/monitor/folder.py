"""The folder that a feed writes into: which of its files are complete, and not taken yet."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from gex.cli.inputs import expand

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
"""What programs name a file by while they write it."""

Print = tuple[int, int]
"""Size and time of change."""


@dataclass
class Folder:
    """Looks at a folder, again and again: a file counts once it is the same in two looks."""

    path: Path
    store: Path
    results: Path
    _seen: dict[str, Print] = field(default_factory=dict)
    _taken: dict[str, Print] = field(default_factory=dict)

    def complete(self) -> list[str]:
        """Return the files that have not changed since the last look and were not taken as they are.

        Raises:
            OSError: The folder cannot be listed: it is gone, or was unmounted.

        """
        os.scandir(self.path).close()
        now = self._look()
        settled = [name for name, each in now.items() if self._seen.get(name) == each != self._taken.get(name)]
        self._seen = now
        return settled

    def unsettled(self) -> bool:
        """Tell whether there are files of which the last look was the first, or that had changed."""
        return any(self._taken.get(name) != each for name, each in self._seen.items())

    def taken(self, name: str) -> None:
        """Leave a file alone, read or refused, until it changes."""
        self._taken[name] = self._seen[name]

    def _look(self) -> dict[str, Print]:
        """Return all files below the folder, in the order of their times of change."""
        found = {}
        for name in expand([str(self.path)], self.store):
            path = Path(name)
            if path.suffix.lower() in UNFINISHED or self.results.absolute() in path.absolute().parents:
                continue
            try:
                told = path.stat()
            except OSError:  # It has been moved away since.
                continue
            if path.is_file() and told.st_size:
                found[name] = (told.st_size, told.st_mtime_ns)
        return dict(sorted(found.items(), key=lambda item: (item[1][1], item[0])))
