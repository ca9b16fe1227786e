"""One file of the feed: into the store, and its results beside those that are there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import gex
from gex.cli.ingest import watched
from gex.cli.sources import read_keywords
from gex.ingest.errors import ContentError, TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gex.cli.batch.spec import Spec
    from gex.ingest.result_manifest import Run


@dataclass
class Work:
    """Makes results of files, as `gex batch` does.

    Attributes:
        store: Where snapshots are kept.
        results: Where results are kept.
        spec: How files are read, and what the results are made under.

    """

    store: Path
    results: Path
    spec: Spec
    _run: Run | None = field(default=None, init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), init=False)
    """Of the snapshots of this run, in the order they came: revisions are in that order."""

    def __call__(self, name: str, new: dict[str, dt.date]) -> None:
        """Take in a file.

        Args:
            name: Its path.
            new: Gets the symbols that have results which were not there, each with the first such date, even if
                another snapshot of the file fails.

        Raises:
            ChainError: It cannot be read or analysed.
            TargetError: The disk refuses.

        """
        from gex.ingest.intake import take

        keywords = read_keywords(self.spec.read, None)
        taken = take(name, self.store, keywords, lambda chains: watched(chains, name, self.spec.read, _silent))
        failed = []
        for each in taken.snapshots:
            try:
                self._make_results_of(each, new)
            except ContentError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    def close(self) -> None:
        """End the manifest of this run, if anything was done."""
        if self._run is not None:
            self._run.close()

    def _make_results_of(self, told: dict[str, Any], new: dict[str, dt.date]) -> None:
        """Make the results of a snapshot of the store, unless they are there."""
        from gex.cli.batch.chains import Item
        from gex.cli.batch.job import FAILED, UNWRITABLE, Place, stored_part, work
        from gex.ingest.calendar import NEW_YORK
        from gex.ingest.staging import staging
        from gex.ingest.store import names_at, snapshots_in

        symbol, name, date = told["symbol"], told["name"], dt.date.fromisoformat(told["quote_date"])
        path = names_at(self.store, symbol, date)[name]
        snapshot = next(each for each in snapshots_in(path, symbol) if each.name == name)
        if stored_part(snapshot, self.spec, self.results).path.exists():
            return
        address = f"{snapshot.symbol}@{snapshot.quote_time.astimezone(NEW_YORK):%Y-%m-%dT%H:%M:%S}"
        with staging(self.results) as aside:
            item = Item(next(self._numbers), address, snapshot=snapshot)
            lines = work(item, spec=self.spec, place=Place(self.results, aside))
        for line in lines:
            if line["status"] == UNWRITABLE:
                raise TargetError(line["reason"])
            if line["status"] != FAILED:  # Before its line is written: a disk that is full by now must not hide it.
                new[symbol] = min(date, new.get(symbol, date))
            self._manifest().append(line)
            if line["status"] == FAILED:
                raise ContentError(line["reason"])

    def _manifest(self) -> Run:
        """Return the manifest of this run, begun with its first line."""
        from gex.ingest.result_manifest import Run

        if self._run is None:
            facts = {"spec_fingerprint": self.spec.fingerprint, "spec": self.spec.as_dict()}
            self._run = Run(self.results, facts | {"tool_version": gex.__version__, "inputs": None})
        return self._run


def _silent(_steps: int, _what: str) -> None:
    """Show no progress."""
