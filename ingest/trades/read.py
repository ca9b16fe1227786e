"""Read a tape of option trades: at once, in batches of bounded memory, or as it comes."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

import gex
from gex.ingest.blob import blobs, kept
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import ContentError
from gex.ingest.readers.long_csv import ahead
from gex.ingest.schema import QUARANTINE, QualityReport, Source
from gex.ingest.trade_schema import TRADE_SCHEMA, Trades
from gex.ingest.trades.cancels import NOTHING, Settled, settle
from gex.ingest.trades.judge import Judge
from gex.ingest.trades.lines import growing, pieces
from gex.ingest.trades.raw import RawTrades
from gex.ingest.trades.registry import by_name, detect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from gex.ingest.blob import BinaryFile, Blob
    from gex.ingest.readers.csv_pieces import Piece
    from gex.ingest.trades.registry import Format
    from gex.ingest.trades.table import Written

UNKNOWN = "roots that are not in the table of contracts are taken as options on a stock, American and PM-settled"
ROWS = 500_000
"""Rows of a batch."""


def read_trades(
    source: str | Path | BinaryFile,
    *,
    format: str | None = None,  # noqa: A002
    beside: Sequence[str | Path | BinaryFile] = (),
    underlying: str | None = None,
) -> Trades:
    """Read a tape of option trades as a whole.

    Args:
        source: A path, "-" for standard input, or an open binary file. Gzip and zip files are read in place.
        format: Name of a format of `gex.ingest.trades.registry`; None tells it by the content.
        beside: Files that complete the tape: Databento's definitions, Massive's quotes.
        underlying: Which underlying to keep, where the tape has several; trades on others are no part of it.

    Returns:
        The trades in the source's order; rows that are none are in its `quarantine`.

    Raises:
        UnreadableError: The source is missing, empty, damaged, or an archive that is refused.
        FormatError: It is of no known format, or lacks a column.
        ContentError: What completes it is missing, or the source is several files.

    """
    return joined(list(trade_batches(source, format=format, beside=beside, underlying=underlying)))


def trade_batches(
    source: str | Path | BinaryFile,
    *,
    format: str | None = None,  # noqa: A002
    beside: Sequence[str | Path | BinaryFile] = (),
    underlying: str | None = None,
    rows: int = ROWS,
    follow: float | Callable[[], bool] | None = None,
) -> Iterator[Trades]:
    """Read a tape of option trades in batches, in bounded memory.

    The batches together are what `read_trades` returns, and their counts add up to its own; at least one comes.

    Args:
        source: As for `read_trades`, like `format`, `beside` and `underlying`.
        format: Name of a format.
        beside: Files that complete the tape.
        underlying: Which underlying to keep.
        rows: The most rows of the source in a batch.
        follow: Reads lines of text as they come, from a file that grows or a pipe: each batch is what has arrived,
            a last line without its end is kept for later. Seconds: ends when nothing more has come for so long. A function:
            called whenever nothing more has come, waits as it likes, and ends the tape by false. A pipe ends when its writer closes it.
            A report that takes back a trade cannot recall one that was given already: it is set aside as `cancel_unmatched`.

    Raises:
        UnreadableError, FormatError, ContentError: As `read_trades`; also for a format that cannot be followed.
        ValueError: `rows` is below 1.

    """
    if rows < 1:
        raise ValueError(f"rows must be at least 1, got {rows}")
    wanted = None if underlying is None else normalize_underlying(underlying)
    with ExitStack() as stack:
        others = [blob for path in beside for blob in stack.enter_context(blobs(stack.enter_context(kept(path))))]
        tape = (
            _followed(source, format, others, follow, stack)
            if follow is not None
            else _whole(source, format, others, stack)
        )
        judge = Judge(tape.format.grouped, wanted)
        empty = True
        for each in _batches(tape, judge, rows, waits=follow is not None):
            empty = False
            yield each
        if empty:
            yield tape.trades([], tape.before)


@dataclass(frozen=True)
class _Tape:
    """A tape that was opened: its rows, and what the batches of it share."""

    format: Format
    source: Source
    raws: Iterator[RawTrades]
    settled: Settled = NOTHING
    notes: Callable[[], tuple[str, ...]] = tuple
    written: Written | None = None
    """What a file of ours was when it was written: that account goes with the first batch."""

    @property
    def before(self) -> QualityReport | None:
        """The account of the reading before a file of ours was written."""
        return self.written.quality if self.written else None

    def trades(self, parts: list[_Part], before: QualityReport | None) -> Trades:
        """Return judged parts as one."""
        return _trades(parts, self.source, self.notes(), before)


@dataclass(frozen=True)
class _Part:
    """Judged rows, with the text of those set aside."""

    kept: pl.DataFrame
    quarantine: pl.DataFrame
    warnings: dict[str, int]


def _whole(source: str | Path | BinaryFile, name: str | None, beside: list[Blob], stack: ExitStack) -> _Tape:
    found = stack.enter_context(blobs(stack.enter_context(kept(source))))
    if len(found) != 1:
        raise ContentError(f"{len(found)} files in an archive; a tape is one file", source=str(source))
    blob = found[0]
    head = blob.head()
    form = by_name(name) if name else detect(head, blob.name)
    if not form.lines:
        made = form.open(blob, beside)
        return _Tape(form, _source(blob, form, made.written), made.raws, notes=lambda: made.notes, written=made.written)
    table = form.open(head, blob.name, beside)

    def again() -> Iterator[Piece]:
        with blob.open() as stream:
            yield from pieces(stream.read, table.top, blob.name)

    settled = settle(table, again)
    return _Tape(
        form, _source(blob, form, table.written), ahead(table.raws(again())), settled, table.notes, table.written
    )


def _followed(
    source: str | Path | BinaryFile,
    name: str | None,
    beside: list[Blob],
    follow: float | Callable[[], bool],
    stack: ExitStack,
) -> _Tape:
    stream = stack.enter_context(growing(source, follow))
    head = stream.head()
    form = by_name(name) if name else detect(head, stream.name)
    if not form.lines:
        raise ContentError(f"{form.title}: only tapes that are lines of text can be followed", source=stream.name)
    table = form.open(head, stream.name, beside)
    raws = table.raws(pieces(stream.read, table.top, stream.name))
    own = Source(stream.name, "", form.name, gex.__version__)
    return _Tape(form, table.written.source if table.written else own, raws, notes=table.notes, written=table.written)


def _source(blob: Blob, form: Format, written: Written | None) -> Source:
    return written.source if written else Source(blob.name, blob.sha256, form.name, gex.__version__)


def _batches(tape: _Tape, judge: Judge, rows: int, *, waits: bool) -> Iterator[Trades]:
    """Yield batches of at most so many rows; all that has come at once where the tape is waited for."""
    parts: list[_Part] = []
    held, account = 0, tape.before
    for raw in tape.raws:
        start = 0
        while start < raw.rows.height:
            taken = raw.rows[start : start + rows - held]
            parts.append(_judged(RawTrades(taken, raw.texts), tape.settled, judge))
            start, held = start + taken.height, held + taken.height
            if held == rows or (waits and start == raw.rows.height):
                yield tape.trades(parts, account)
                parts, held, account = [], 0, None
    if held:
        yield tape.trades(parts, account)


def _judged(raw: RawTrades, settled: Settled, judge: Judge) -> _Part:
    judged = judge(settled.marked(raw.rows))
    texts = raw.texts(judged.aside["line"].to_list()) if judged.aside.height else []
    aside = judged.aside.with_columns(pl.Series("row", texts, pl.String))
    return _Part(judged.kept, aside.cast(dict(QUARANTINE)), judged.warnings)  # type: ignore[arg-type]


def _trades(parts: Sequence[_Part], source: Source, notes: Iterable[str], before: QualityReport | None) -> Trades:
    kept_rows = pl.concat([part.kept for part in parts]) if parts else pl.DataFrame(schema=TRADE_SCHEMA)
    aside = pl.concat([part.quarantine for part in parts]) if parts else pl.DataFrame(schema=QUARANTINE)
    earlier = before or QualityReport(0, 0)
    reasons, warnings = Counter(earlier.quarantined), Counter[str]()
    reasons.update(aside["reason"].to_list())
    for part in parts:
        warnings.update(part.warnings)
    report = QualityReport(
        rows_in=kept_rows.height + sum(reasons.values()),
        rows_kept=kept_rows.height,
        quarantined=dict(reasons),
        warnings=dict(warnings),
        notes=tuple(dict.fromkeys((*earlier.notes, *notes, *([UNKNOWN] if warnings["unknown_root"] else [])))),
    )
    return Trades(kept_rows, source, report, aside)


def joined(batches: Sequence[Trades]) -> Trades:
    """Return the batches of one tape as one.

    Raises:
        ValueError: There is none.

    """
    if not batches:
        raise ValueError("no batch of trades")
    reports = [each.quality for each in batches]
    quarantined, warnings = Counter[str](), Counter[str]()
    for each in reports:
        quarantined.update(each.quarantined)
        warnings.update(each.warnings)
    quality = QualityReport(
        rows_in=sum(each.rows_in for each in reports),
        rows_kept=sum(each.rows_kept for each in reports),
        quarantined=dict(quarantined),
        warnings=dict(warnings),
        notes=tuple(dict.fromkeys(note for each in reports for note in each.notes)),
    )
    return replace(
        batches[0],
        frame=pl.concat([each.frame for each in batches]),
        quality=quality,
        quarantine=pl.concat([each.quarantine for each in batches]),
    )
