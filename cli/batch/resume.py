"""What earlier runs prove done, so that it need not even be read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import gex
from gex.cli.batch.job import DONE, KNOWN
from gex.ingest.errors import UnreadableError
from gex.ingest.result_manifest import lines, run_files
from gex.ingest.result_parts import TABLES, check_part, part_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gex.cli.batch.chains import Item
    from gex.cli.batch.job import Line
    from gex.cli.batch.spec import Spec

Key = tuple[str, str | None]


@dataclass(frozen=True)
class Proof:
    """What the manifest says of one input that was done: its size and time of change then, and its parts."""

    stat: tuple[int | None, int | None]
    parts: tuple[tuple[str, dict[str, str]], ...]


class Earlier:
    """The earlier runs of a results folder under one spec."""

    def __init__(self, results: Path, spec: Spec) -> None:
        self._results = results
        self._proofs: dict[Key, Proof] = {}
        for path in run_files(results):
            jobs = (line for line in lines(path) if line.get("event") == "job")
            for key, group in groupby(jobs, lambda line: (line.get("input"), line.get("stored"))):
                # A later run has the last word, and one that failed proves nothing.
                self._proofs.pop(key, None)
                found = list(group)
                if _is_done(found, spec):
                    parts = tuple((line["part"], line["part_sha256"]) for line in found)
                    self._proofs[key] = Proof((found[0].get("size"), found[0].get("mtime_ns")), parts)

    def prove(self, item: Item) -> int | None:
        """Return how many snapshots of an input are done, if all of them are and their parts are whole."""
        proof = self._proofs.get((item.input, item.snapshot.name if item.snapshot else None))
        if proof is None or proof.stat != item.stat or (item.snapshot is None and None in item.stat):
            return None
        whole = all(self._is_whole(place, sums) for place, sums in proof.parts)
        return len(proof.parts) if whole else None

    def _is_whole(self, place: str, sums: dict[str, str]) -> bool:
        part = part_at(self._results / "summary" / place, self._results)
        if part is None:
            return False
        try:
            for table in TABLES:
                check_part(part.of(table), sums[table])
        except (UnreadableError, KeyError):
            return False
        return True


def _is_done(found: Sequence[Line], spec: Spec) -> bool:
    """Tell whether the lines about an input are all there, done, and of this spec and version."""
    asked = (spec.fingerprint, spec.selection, gex.__version__)
    same = all(
        (line.get("spec_fingerprint"), line.get("selection"), line.get("tool_version")) == asked for line in found
    )
    done = all(line.get("status") in {DONE, KNOWN} and isinstance(line.get("part_sha256"), dict) for line in found)
    return (
        same and done and len(found) == found[0].get("of") and all(isinstance(line.get("part"), str) for line in found)
    )
