"""The results of batches as lazy tables and series, each snapshot with its revisions.

All parts of one symbol and quote time are revisions of one result, in the order they were recorded: the first is what
was reported then, the last is what is known now. Why there is another follows from what differs between the two.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal, get_args

from gex.ingest.address import fitting_among, split
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import MissingError, UnreadableError
from gex.ingest.result_manifest import recorded
from gex.ingest.result_parts import TABLES, check_part, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from gex.ingest.result_manifest import Recorded
    from gex.ingest.result_parts import Part, Table

Reason = Literal["first", "input reissued", "settings changed", "version changed"]
Damaged = Literal["error", "skip", "unchecked"]
Which = Literal["restated", "as_reported"]


@dataclass(frozen=True)
class Revision:
    """One part and its place among those of the same symbol and quote time."""

    part: Part
    revision: int
    reason: Reason
    recorded_at: dt.datetime
    source: str | None
    """The input, as the run that recorded it was given it; None where its line in the manifest was lost."""
    sha256: str | None
    """Of the part, as recorded; None likewise."""


def revisions(
    results: str | Path, table: Table = "summary", symbol: str | None = None, *, spec: str | None = None
) -> list[Revision]:
    """Return all parts of a table as revisions, by symbol, quote time and revision.

    Args:
        results: The results' folder.
        table: Which table.
        symbol: Of one underlying; None takes all.
        spec: The beginning of a spec's fingerprint: parts of others are left out before they are counted.

    Raises:
        ValueError: There is no such table.

    """
    _check("table", table, TABLES)
    manifest = recorded(results)
    found = [each for each in parts(results, table, symbol) if each.spec.startswith((spec or "")[:8])]
    groups = groupby(found, lambda each: (each.symbol, each.quote_time))
    return [each for _, group in groups for each in _revisions(list(group), manifest)]


def find_result(results: str | Path, address: str, *, spec: str | None = None) -> Revision:
    """Return the result that an address means: the last revision of its quote time.

    Args:
        results: The results' folder.
        address: As for the chain store: `SPX`, `SPX@2025-09-05T10:16`, `SPX@prev`.
        spec: As for `revisions`.

    Raises:
        UnreadableError: The address is malformed.
        MissingError: There is none.

    """
    symbol, when = split(address)
    found = revisions(results, "summary", symbol, spec=spec)
    if not found:
        raise _missing(results, symbol, spec)
    fitting = fitting_among([each.part for each in found], when, address)
    if not fitting:
        message = (
            f"no result of {symbol.upper()} that early; the first is of {found[0].part.quote_time:%Y-%m-%d %H:%M} UTC"
        )
        raise MissingError(message, source=address)
    return next(each for each in reversed(found) if each.part.quote_time == fitting[-1].quote_time)


def scan_results(
    results: str | Path,
    table: Table = "summary",
    symbol: str | None = None,
    *,
    spec: str | None = None,
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    damaged: Damaged = "error",
) -> pl.LazyFrame:
    """Return all parts of a table as one lazy Polars table.

    Args:
        results: The results' folder.
        table: `summary`, one row a snapshot; `by_expiration`; `by_strike`.
        symbol: One underlying; None takes all.
        spec: The beginning of a spec's fingerprint, to choose among deliberate variants.
        start: First New York date of the quotes, a date or "2025-09-05".
        end: Last such date, itself included.
        damaged: What becomes of a part that is not what was written: an error that names it, or left out.
            `unchecked` believes that all are whole.

    Returns:
        The table's columns, then `revision` (1, 2, ...), `revision_reason` (first, input reissued, settings changed,
        version changed), `recorded_at`, `source` (the input's path or address; null where the manifest lost it) and
        `part`, by symbol, quote time and revision.

    Raises:
        MissingError: There are no results, or none of the symbol.
        UnreadableError: A part is damaged, and `damaged` is `error`.
        ValueError: A date is malformed, `end` lies before `start`, or a word is none of those above.

    """
    found = revisions(results, table, symbol, spec=spec)
    if not found:
        raise _missing(results, symbol, spec)
    return _scanned(found, _within(found, start, end), damaged)


def scan_series(
    results: str | Path,
    symbol: str,
    *,
    table: Table = "summary",
    which: Which = "restated",
    spec: str | None = None,
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    damaged: Damaged = "error",
) -> pl.LazyFrame:
    """Return the series of one underlying as a lazy Polars table, each quote time once, by quote time.

    Args:
        results: The results' folder.
        symbol: The underlying.
        table: As for `scan_results`, like all others.
        which: `restated`: the last revision of each quote time; `as_reported`: the first.
        spec: The beginning of a spec's fingerprint; without it, the series may mix settings, as revisions do.
        start: First New York date of the quotes.
        end: Last such date.
        damaged: What becomes of damaged parts. What is left out is left out: no other revision takes its place.

    Raises:
        MissingError: There are no results of the symbol.
        UnreadableError: A part is damaged, and `damaged` is `error`.
        ValueError: A date is malformed, `end` lies before `start`, or a word is none of those above.

    """
    _check("which", which, get_args(Which))
    found = revisions(results, table, symbol, spec=spec)
    if not found:
        raise _missing(results, symbol, spec)
    ordered = found if which == "restated" else reversed(found)
    last = {each.part.quote_time: each for each in ordered}
    return _scanned(found, _within(sorted(last.values(), key=lambda each: each.part.quote_time), start, end), damaged)


def damaged_parts(found: Iterable[Revision]) -> dict[Part, UnreadableError]:
    """Return what is wrong with each part that is not what was written, to be named by whoever leaves it out."""
    wrong = {}
    for each in found:
        try:
            check_part(each.part, each.sha256)
        except UnreadableError as error:
            wrong[each.part] = error
    return wrong


def _revisions(group: Sequence[Part], manifest: Mapping[str, Recorded]) -> list[Revision]:
    """Number the parts of one symbol and quote time, in the order they were recorded."""
    known = sorted(((_order(part, manifest), part) for part in group), key=lambda pair: (pair[0], pair[1].place))
    numbered, before = [], None
    for number, (_, part) in enumerate(known, 1):
        line = manifest.get(part.place)
        at = line.recorded_at if line else _written(part)
        sha256 = line.sums.get(part.table) if line else None
        numbered.append(Revision(part, number, _reason(part, before), at, line.source if line else None, sha256))
        before = part
    return numbered


def _order(part: Part, manifest: Mapping[str, Recorded]) -> tuple[str, int]:
    line = manifest.get(part.place)
    return line.order if line else (f"{_written(part):%Y%m%dT%H%M%SZ}", 0)


def _written(part: Part) -> dt.datetime:
    """Return the file's own time, where the manifest's line was lost; the beginning of time if it is gone as well."""
    try:
        seconds = part.path.stat().st_mtime
    except OSError:
        seconds = 0.0
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _reason(part: Part, before: Part | None) -> Reason:
    if before is None:
        return "first"
    if part.input != before.input:
        return "input reissued"
    return "settings changed" if part.spec != before.spec else "version changed"


def _check(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be {', '.join(known[:-1])} or {known[-1]}, got {value!r}")


def _missing(results: str | Path, symbol: str | None, spec: str | None) -> MissingError:
    there = sorted({part.symbol for part in parts(results)})
    what = " ".join(["no result", *([f"of {normalize_underlying(symbol)}"] if symbol else [])])
    under = f" under the spec {spec}" if spec else ""
    return MissingError(
        f"{what}{under}; it has {', '.join(there) or 'nothing'}; gex batch makes them", source=str(results)
    )


def _within(found: Sequence[Revision], start: dt.date | str | None, end: dt.date | str | None) -> list[Revision]:
    first, last = (dt.date.fromisoformat(each) if isinstance(each, str) else each for each in (start, end))
    first, last = first or dt.date.min, last or dt.date.max
    if last < first:
        raise ValueError(f"end {last} lies before start {first}")
    return [each for each in found if first <= each.part.quote_date <= last]


def _scanned(all_: Sequence[Revision], chosen: Sequence[Revision], damaged: Damaged) -> pl.LazyFrame:
    """Return the rows of the parts chosen, in their order; the columns, should there be none, are those of any part."""
    import polars as pl

    _check("damaged", damaged, get_args(Damaged))
    wrong = {} if damaged == "unchecked" else damaged_parts(chosen)
    if wrong and damaged == "error":
        raise next(iter(wrong.values()))
    kept = [each for each in chosen if each.part not in wrong]
    if not kept:
        return _table([_any_sound(all_)]).head(0)
    by_version = groupby(kept, lambda each: each.part.version)
    return pl.concat([_table(list(group)) for _, group in by_version], how="diagonal")


def _any_sound(found: Sequence[Revision]) -> Revision:
    """Return a part to take the columns from."""
    wrong = damaged_parts(found)
    if len(wrong) == len(found):
        raise next(iter(wrong.values()))
    return next(each for each in reversed(found) if each.part not in wrong)


def _table(found: Sequence[Revision]) -> pl.LazyFrame:
    """Return parts of one version with what is known of each."""
    import polars as pl

    told = pl.LazyFrame(
        {
            "_file": [str(each.part.path) for each in found],
            "revision": [each.revision for each in found],
            "revision_reason": [each.reason for each in found],
            "recorded_at": [each.recorded_at for each in found],
            "source": [each.source for each in found],
            "part": [each.part.place for each in found],
        },
        schema_overrides={"recorded_at": pl.Datetime("us", "UTC"), "source": pl.String},
    )
    files = [each.part.path for each in found]
    rows = pl.scan_parquet(files, hive_partitioning=False, glob=False, include_file_paths="_file")
    return rows.join(told, on="_file", how="left", maintain_order="left").drop("_file")
