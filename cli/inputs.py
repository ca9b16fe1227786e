"""What `gex ingest` and `gex batch` are given, as a list of files: folders walked, patterns matched, in an order that never changes."""

from __future__ import annotations

import os
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def expand(sources: Iterable[str], store: Path) -> list[str]:
    """Return each input once, in the order given; what a folder or a pattern holds, in the order of the names.

    Args:
        sources: Files, folders, patterns (`*`, `?`, `[...]`, `**` for any folders), addresses, `-`.
        store: Left out of folders that hold it.

    Returns:
        Files, and what is none: a missing file, a pattern that matches nothing, a folder without files or that cannot
        be listed are for the reader to refuse.

    """
    once: dict[str, str] = {}
    for source in sources:
        for each in _expanded(source, store.absolute()):
            once.setdefault(each if each == "-" else str(Path(each).absolute()), each)
    return list(once.values())


def _expanded(source: str, store: Path) -> list[str]:
    if has_magic(source) and not Path(source).exists():
        found = sorted(glob(source, recursive=True))  # noqa: PTH207 (Path.glob takes no absolute pattern)
        files = [file for each in found for file in (_walked(each, store) if Path(each).is_dir() else [each])]
    else:
        files = list(_walked(source, store)) if Path(source).is_dir() else [source]
    return files or [source]


def _walked(folder: str, store: Path) -> Iterator[str]:
    """Yield the files below a folder, hidden ones and the store's own left out; a folder that cannot be listed, itself."""
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(place, name).absolute() != store
        )
        yield from (str(Path(place, name)) for name in sorted(names) if not name.startswith("."))
    yield from (str(error.filename) for error in closed)
