"""Jobs through an executor, their lines into the manifest, and what became of all of them."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import gex
from gex.cli.batch.executors import Lost
from gex.cli.batch.job import DONE, FAILED, KNOWN, QUARANTINED, UNWRITABLE, Place, line_of, work
from gex.cli.batch.resume import Earlier
from gex.cli.failures import FAILURE
from gex.cli.sources import combined
from gex.ingest.errors import TargetError
from gex.ingest.result_manifest import Run, recorded, running
from gex.ingest.staging import staging

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from gex.cli.batch.chains import Item
    from gex.cli.batch.executors import Executor
    from gex.cli.batch.job import Line
    from gex.cli.batch.progress import Watch
    from gex.cli.batch.spec import Spec
    from gex.ingest.result_manifest import Recorded

SKIPPED = "skipped"
STATUSES = (DONE, KNOWN, SKIPPED, FAILED, QUARANTINED)


@dataclass
class Tally:
    """What became of a batch: snapshots by status, inputs, and those that failed."""

    inputs: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    symbols: dict[str, int] = field(default_factory=dict)
    failures: list[Line] = field(default_factory=list)
    seconds: float = 0.0
    manifest: Path | None = None
    others: int = 0
    """Batches that were writing to the same results when this one began."""

    @property
    def failed(self) -> int:
        """How many inputs or snapshots gave no result."""
        return self.counts[FAILED] + self.counts[QUARANTINED]

    @property
    def exit_code(self) -> int:
        """0 if all is done, 4 if some is, else what went wrong."""
        good = self.counts[DONE] + self.counts[KNOWN] + self.counts[SKIPPED]
        return combined(good, {line["exit_code"] for line in self.failures})

    def add(self, line: Line) -> None:
        """Count one line."""
        self.counts[line["status"]] += 1
        if line["status"] in {FAILED, QUARANTINED}:
            self.failures.append(line)
        elif line["symbol"]:
            self.symbols[line["symbol"]] = self.symbols.get(line["symbol"], 0) + 1


class Batch:
    """One run over a list of inputs."""

    def __init__(self, items: Sequence[Item], spec: Spec, results: Path, watch: Watch) -> None:
        self.tally = Tally(inputs=len(items))
        self._items, self._spec, self._results, self._watch = items, spec, results, watch
        self._here: dict[str, str] = {}
        self._before: dict[str, Recorded] | None = None
        self._damaged: list[Item] = []

    def run(self, executor: Executor, *, resume: bool) -> Tally:
        """Do what is not done.

        Raises:
            TargetError: The results cannot be written to; what is done stays, and `--resume` goes on.
            ExecutorError: The executor failed.

        """
        begun = time.monotonic()
        earlier = Earlier(self._results, self._spec) if resume else None
        with staging(self._results, "the results") as aside, self._manifest() as manifest, self._watch:
            place = Place(self._results, aside)
            try:
                self._through(executor, place, self._left(earlier), manifest)
                self._through(executor, replace(place, anew=True), self._damaged, manifest)
            except KeyboardInterrupt:
                self._watch.tell("interrupted; what is done stays, and --resume goes on from there")
                raise
        self.tally.seconds = time.monotonic() - begun
        return self.tally

    def _through(self, executor: Executor, place: Place, items: Iterable[Item], manifest: Run) -> None:
        """Do items, and keep back those with a part that is not what was recorded."""
        job = partial(work, spec=self._spec, place=place)
        results = cast("Generator[tuple[Item, Any]]", executor.run(job, items))
        with closing(results):
            for item, result in results:
                lines = [self._lost(item, result)] if isinstance(result, Lost) else result
                if any(self._is_damaged(line) for line in lines):
                    self._damaged.append(item)
                    continue
                for line in lines:
                    self._take(line, manifest)
                self._watch.advance(self.tally)

    @contextmanager
    def _manifest(self) -> Iterator[Run]:
        run = Run(
            self._results,
            {"event": "run", "spec_fingerprint": self._spec.fingerprint, "spec": self._spec.as_dict(),
             "tool_version": gex.__version__, "inputs": len(self._items)},
        )  # fmt: skip
        self.tally.manifest, self.tally.others = run.path, len(running(self._results, run.path))
        if self.tally.others:
            self._watch.tell(f"another batch is writing to {self._results}: both go on, and no result is counted twice")
        try:
            yield run
        finally:
            run.close()

    def _left(self, earlier: Earlier | None) -> Iterator[Item]:
        """Yield what is not proved done."""
        for item in self._items:
            done = earlier.prove(item) if earlier else None
            if done is None:
                yield item
            else:
                self.tally.counts[SKIPPED] += done
                self._watch.advance(self.tally)

    def _take(self, line: Line, manifest: Run) -> None:
        """Record a line; the same content under two names counts once."""
        if line["status"] == UNWRITABLE:
            raise TargetError(f"{line['reason']}; what is done stays: free some space and run again with --resume")
        part = line["part"]
        if part is not None:
            if part in self._here:
                line = line | {"status": KNOWN, "reason": f"the same content as {self._here[part]}"}
            elif line["status"] == KNOWN:
                line = line | {"reason": self._known(line)}
            self._here.setdefault(part, line["input"])
        manifest.append(line)
        self.tally.add(line)
        if line["status"] in {FAILED, QUARANTINED}:
            self._watch.fail(line)

    def _known(self, line: Line) -> str:
        """Say since when a part is known: under another name, or in an earlier run that may have lost its line."""
        first = self._recorded(line)
        if first is None:
            return "done before, by a run that did not come to record it"
        return "done before" if first.source == line["input"] else f"the same content as {first.source}, done before"

    def _is_damaged(self, line: Line) -> bool:
        """Tell whether a known part has another hash than its line: no sum of a page covers a footer."""
        first = self._recorded(line) if line["status"] == KNOWN else None
        return first is not None and first.sums != line["part_sha256"]

    def _recorded(self, line: Line) -> Recorded | None:
        """Return what earlier runs recorded of a line's part."""
        if self._before is None:
            self._before = recorded(self._results)
        return self._before.get(line["part"])

    def _lost(self, item: Item, lost: Lost) -> Line:
        told = {"status": QUARANTINED, "reason": lost.reason, "exit_code": FAILURE, "seconds": None}
        return line_of(item, self._spec) | told | {"snapshot": 1, "of": 1}
