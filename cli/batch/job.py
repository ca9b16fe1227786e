"""One input through reading and analysis into parts of the result store; what goes wrong is a line, too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gex
from gex.cli.batch.chains import Item, chains_of
from gex.cli.batch.memory import keep_freed_arrays
from gex.cli.failures import exit_code, one_line
from gex.cli.sources import answered, check_quality, first_bad_line
from gex.ingest.errors import ChainError, ContentError, TargetError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gex.cli.batch.spec import Spec
    from gex.ingest.result_parts import Part
    from gex.ingest.schema import Chain
    from gex.ingest.store import Snapshot

Line = dict[str, Any]
"""One line of the manifest."""
DONE, KNOWN, FAILED, QUARANTINED, UNWRITABLE = "done", "known", "failed", "quarantined", "unwritable"


@dataclass(frozen=True)
class Place:
    """Where results go, and where they are written aside before."""

    results: Path
    staging: Path
    anew: bool = False
    """Parts that are there are written again: they are not what was recorded."""


def work(item: Item, *, spec: Spec, place: Place) -> list[Line]:
    """Analyse each snapshot of an input that has no result yet, and return the manifest's lines about it."""
    keep_freed_arrays()
    lines: list[Line] = []
    clock = _Clock()
    try:
        for outcome in _outcomes(item, spec, place):
            lines.append(outcome | {"seconds": clock.lap()})  # noqa: PERF401 (those before an error stay)
    except Exception as error:  # noqa: BLE001 (one input must not take the others with it)
        lines.append(_failed(error) | {"seconds": clock.lap()})
    base = line_of(item, spec)
    return [{**base, **line, "snapshot": number, "of": len(lines)} for number, line in enumerate(lines, 1)]


def line_of(item: Item, spec: Spec) -> Line:
    """Return what a manifest's line says of an input whatever became of it."""
    size, mtime_ns = item.stat
    return {
        "event": "job",
        "number": item.number,
        "input": item.input,
        "stored": item.snapshot and item.snapshot.name,
        "size": size,
        "mtime_ns": mtime_ns,
        "sha256": None,
        "symbol": None,
        "quote_time": None,
        "spec_fingerprint": spec.fingerprint,
        "selection": spec.selection,
        "tool_version": gex.__version__,
        "status": None,
        "reason": None,
        "exit_code": 0,
        "part": None,
        "part_sha256": None,
    }


def stored_part(snapshot: Snapshot, spec: Spec, results: Path) -> Part:
    """Return where the summary of a snapshot of a chain store belongs, told by its name alone."""
    from gex.ingest.result_parts import Part
    from gex.ingest.snapshot_file import NAME

    match = NAME.fullmatch(snapshot.name)
    own = match[3] if match else ""
    date, moment = snapshot.quote_date, snapshot.quote_time
    return Part(results, "summary", snapshot.symbol, date, moment, own, spec.fingerprint[:8], gex.__version__)


class _Clock:
    """Time since it was last asked, which a change of the system's clock does not move."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def lap(self) -> float:
        last, self._last = self._last, time.monotonic()
        return round(self._last - last, 4)


def _failed(error: Exception) -> Line:
    status = UNWRITABLE if isinstance(error, TargetError) else FAILED
    return {"status": status, "reason": one_line(error), "exit_code": exit_code(error)}


def _outcomes(item: Item, spec: Spec, place: Place) -> Iterator[Line]:
    """Yield what became of each snapshot of an input."""
    if item.fault:
        raise item.fault
    if item.snapshot and (known := _stored(item, item.snapshot, spec, place)):
        yield known
        return
    seen: set[str] = set()
    for found in chains_of(item, spec):
        if isinstance(found, ChainError):
            yield _failed(found)
            continue
        try:
            yield _result(found, item, spec, place, seen)
        except TargetError:
            raise
        except Exception as error:  # noqa: BLE001 (one snapshot must not take the others with it)
            yield _failed(error)


def _stored(item: Item, snapshot: Snapshot, spec: Spec, place: Place) -> Line | None:
    """Return the line of a snapshot of a chain store that has its result, told by its name and its footer alone."""
    part = stored_part(snapshot, spec, place.results)
    sums = _there(part, place)
    if sums is None:
        return None
    facts = snapshot.facts()
    quality = facts["quality"]
    check_quality(quality["rows_in"], quality["quarantined"], item.input, spec.read, None)
    return {"sha256": facts["source"]["sha256"], **_known(part, sums)}


def _result(chain: Chain, item: Item, spec: Spec, place: Place, seen: set[str]) -> Line:
    """Analyse one snapshot and write its parts, unless they are there."""
    from gex.analysis import analyze
    from gex.cli.batch.frames import frames_of
    from gex.ingest.result_parts import part_of, write_parts

    quality = chain.quality
    check_quality(quality.rows_in, quality.quarantined, item.input, spec.read, first_bad_line(chain))
    part = part_of(chain, spec.fingerprint, gex.__version__, place.results)
    if part.place in seen:
        raise ContentError(
            f"two snapshots of {part.symbol} with the same quote time {part.quote_time}; --snapshot picks one",
            source=item.input,
        )
    seen.add(part.place)
    facts = {"sha256": chain.source.sha256, "symbol": part.symbol, "quote_time": chain.quote_time.isoformat()}
    if sums := _there(part, place):
        return facts | _known(part, sums)
    analysis = answered(chain, spec.settings, item.input, analyze)
    frames = frames_of(chain, analysis, spec.fingerprint)
    sums = write_parts(frames, part, spec.footer(analysis.settings.curve), place.staging)
    return {**facts, "status": DONE, "part": part.place, "part_sha256": sums}


def _known(part: Part, sums: dict[Any, str]) -> Line:
    time_ = part.quote_time.isoformat()
    return {"symbol": part.symbol, "quote_time": time_, "status": KNOWN, "part": part.place, "part_sha256": sums}


def _there(part: Part, place: Place) -> dict[Any, str] | None:
    """Return the hashes of an analysis's parts; None if they are not all there and whole: they are written again."""
    from gex.ingest.result_parts import part_sums

    try:
        return part_sums(part) if part.path.exists() and not place.anew else None
    except UnreadableError:
        return None
