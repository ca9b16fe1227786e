"""Read an option chain from a file, standard input or a table in memory."""

from __future__ import annotations

import hashlib
import io
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

import gex
from gex.ingest.assemble import Given, assemble
from gex.ingest.blob import Blob, Kept, blobs, is_file, kept
from gex.ingest.checks import IvUnit
from gex.ingest.complement import completed
from gex.ingest.errors import ChainError, ContentError
from gex.ingest.readers import canonical
from gex.ingest.readers.raw import Pick
from gex.ingest.readers.registry import FORMATS, MAPPED, by_name, detect
from gex.ingest.schema import Source
from gex.ingest.times import as_utc, parse_quote_time

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gex.ingest.blob import BinaryFile
    from gex.ingest.complement import OpenInterest
    from gex.ingest.readers.raw import RawChain
    from gex.ingest.readers.registry import Format
    from gex.ingest.schema import Chain

Again = str | Path | Kept
"""A source that can be opened again and again."""
_LISTED = 5
"""Chains of a source that an error names."""
_TABLE = "<table>"
"""What a table in memory is called."""


class ArrowStream(Protocol):
    """A table that hands itself out through the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule of an Arrow stream."""


def read_chain(
    source: str | Path | BinaryFile | ArrowStream,
    *,
    format: str | None = None,  # noqa: A002
    quote_time: dt.datetime | str | None = None,
    spot: float | None = None,
    underlying: str | None = None,
    snapshot: str | None = None,
    delay_minutes: float | None = None,
    iv_unit: IvUnit = "decimal",
    beside: Sequence[str | Path | BinaryFile] = (),
    columns: Mapping[str, str] | None = None,
) -> Chain:
    """Read an option chain.

    Args:
        source: A path, "-" for standard input, an open binary file (anything whose `read` gives bytes; read once, from
            where it stands), or a table (Polars, pandas, PyArrow, anything with the Arrow PyCapsule interface) in the
            columns of the chain table, or a frame of yfinance's or ib_async's. Gzip and zip files are read in place.
        format: Name of a format of `gex.ingest.readers.registry`; None tells it by the content.
        quote_time: When the quotes were made; naive means New York. Taken as it is: no delay, no clip.
        spot: Price of the underlying in points, in place of the source's.
        underlying: Which underlying to keep, where the source holds several.
        snapshot: Which snapshot to keep, where the source holds several: the beginning of its New York time,
            "2024-06-03T10:15", or a word of its format ("eod").
        delay_minutes: How old the quotes are at the source's stamp, in place of the format's own delay.
        iv_unit: Unit of the source's implied volatility.
        beside: Paths or open files that complete the source, for formats that come in several: ThetaData's open interest
            beside its quotes, Databento's definitions; or OCC's series search, open interest for a chain of any format.
            Files of one zip file are told apart by themselves.
        columns: For a CSV file of no known format, which of its columns is what: {"strike": "K", "bid": "Bid"}; a word
            with "=" before it is a value, {"root": "=SPXW"}. The names are those of `gex.ingest.readers.mapped.NAMES`.

    Returns:
        The validated chain; rows that cannot be used are in its `quarantine`.

    Raises:
        UnreadableError: The source is missing, empty, a directory, cut off, or an archive that is refused.
        FormatError: It is of no known format, or lacks a column.
        TimeError: The time of its quotes is absent or ambiguous.
        SpotError: It has no price of the underlying.
        ContentError: It is a chain that cannot be used: all expired, several underlyings or snapshots.
        TypeError: An open file gives no bytes, or the source is none of these.

    """
    given = _given(quote_time, spot, underlying, delay_minutes, iv_unit)
    format = _format(format, columns)  # noqa: A001
    pick = Pick(underlying, snapshot, columns=columns or {})
    with ExitStack() as stack:
        others = [stack.enter_context(kept(each)) for each in beside]
        if not isinstance(source, (str, Path)) and not is_file(source):
            return _from_table(source, given, pick, others)
        once = stack.enter_context(kept(source))
        found = _found(once, format, given, pick, others)
        first = next(found, None)
        more = [label for label, _ in islice(found, _LISTED)]
        if first is None:
            raise _nothing(once, format, pick, others)
        if more:
            raise _several([first[0], *more], _name(once))
        return first[1]()


def read_chains(
    source: str | Path | BinaryFile,
    *,
    format: str | None = None,  # noqa: A002
    quote_time: dt.datetime | str | None = None,
    spot: float | None = None,
    underlying: str | None = None,
    snapshot: str | None = None,
    delay_minutes: float | None = None,
    iv_unit: IvUnit = "decimal",
    beside: Sequence[str | Path | BinaryFile] = (),
    columns: Mapping[str, str] | None = None,
    on_error: Callable[[ChainError], None] | None = None,
) -> Iterator[Chain]:
    """Read every snapshot in a source, one at a time and in bounded memory.

    Args:
        source: A path, "-" for standard input, or an open binary file; all files in a zip file are read.
        format: As for `read_chain`, like all others up to `iv_unit`.
        quote_time: When the quotes of all snapshots were made.
        spot: Price of the underlying for all snapshots.
        underlying: Which underlying to keep.
        snapshot: Which snapshots to keep.
        delay_minutes: How old the quotes are at a snapshot's stamp.
        iv_unit: Unit of the source's implied volatility.
        beside: As for `read_chain`.
        columns: As for `read_chain`.
        on_error: Called with the error of a snapshot that cannot be used; reading goes on with the next. Without it
            the first error is raised. Faults of a whole file are always raised.

    Yields:
        The validated chains, in the source's order.

    Raises:
        ChainError: As for `read_chain`, but that there may be several snapshots.

    """
    given = _given(quote_time, spot, underlying, delay_minutes, iv_unit)
    format = _format(format, columns)  # noqa: A001
    pick = Pick(underlying, snapshot, columns=columns or {})
    nothing = True
    with ExitStack() as stack:
        once, others = stack.enter_context(kept(source)), [stack.enter_context(kept(each)) for each in beside]
        for _label, make in _found(once, format, given, pick, others):
            nothing = False
            try:
                chain = make()
            except ChainError as error:
                if on_error is None:
                    raise
                on_error(error)
            else:
                yield chain
        if nothing:
            raise _nothing(once, format, pick, others)


def _given(
    quote_time: dt.datetime | str | None,
    spot: float | None,
    underlying: str | None,
    delay_minutes: float | None,
    iv_unit: IvUnit,
) -> Given:
    if iv_unit not in get_args(IvUnit):
        raise ValueError(f"iv_unit must be one of {', '.join(get_args(IvUnit))}; got {iv_unit!r}")
    return Given(_instant(quote_time), spot, underlying, delay_minutes, iv_unit)


def _format(name: str | None, columns: Mapping[str, str] | None) -> str | None:
    """Return the format's name: where columns are named, it is the one for that."""
    if columns and name not in {None, MAPPED}:
        raise ValueError(f"columns are for files of no known format; got the format {name!r} as well")
    return MAPPED if columns else name


def _found(
    source: Again, kind: str | None, given: Given, pick: Pick, beside: Sequence[Again]
) -> Iterator[tuple[str, Callable[[], Chain]]]:
    """Yield the label of each chain in a source, and the way to have it: before the next one is asked for."""
    with ExitStack() as stack:
        found = [(blob, _reader(blob, kind)) for blob in stack.enter_context(blobs(source))]
        given_beside = [(blob, _reader(blob, None)) for path in beside for blob in stack.enter_context(blobs(path))]
        whole = _whole(found)
        _check_beside(whole, given_beside)
        interest = _open_interest([each for each in (*found, *given_beside) if each not in whole])
        for blob, reader in whole:
            others = (*found, *given_beside) if reader.rank else ()
            completing = tuple(other for other, its in others if its is reader and other is not blob)
            yield from _found_in(blob, reader, given, replace(pick, beside=completing), interest)


def _reader(blob: Blob, kind: str | None) -> Format:
    return by_name(kind) if kind else detect(blob.head(), blob.name)


def _whole(found: list[tuple[Blob, Format]]) -> list[tuple[Blob, Format]]:
    """Return the files that are chains: all, but of a format that comes in several files only the fullest one."""
    found = [(blob, reader) for blob, reader in found if not reader.open_interest] or found
    first: dict[str, Blob] = {}
    for blob, reader in found:
        if reader.rank and (reader.name not in first or reader.rank(blob) < reader.rank(first[reader.name])):
            first[reader.name] = blob
    return [(blob, reader) for blob, reader in found if first.get(reader.name, blob) is blob]


def _check_beside(whole: list[tuple[Blob, Format]], beside: list[tuple[Blob, Format]]) -> None:
    """Refuse files that complete nothing.

    Raises:
        ContentError: Names the first of them.

    """
    if whole and all(reader.open_interest for _, reader in whole):
        return  # Reading it says what it is.
    for blob, reader in beside:
        if not reader.open_interest and (reader.rank is None or all(its is not reader for _, its in whole)):
            raise ContentError(f"a file of {reader.title} completes no chain here; leave --with out", source=blob.name)


def _open_interest(files: Sequence[tuple[Blob, Format]]) -> list[OpenInterest]:
    """Return what files that are no chains say of the open interest."""
    found = ((blob, reader.open_interest(blob)) for blob, reader in files if reader.open_interest)
    return [replace(each, notes=(*each.notes, _completed_by(blob))) for blob, each in found]


def _completed_by(blob: Blob) -> str:
    return f"completed by {blob.name} (sha256 {blob.sha256[:12]})"


def _found_in(
    blob: Blob, reader: Format, given: Given, pick: Pick, interest: Sequence[OpenInterest]
) -> Iterator[tuple[str, Callable[[], Chain]]]:
    if reader.name == canonical.PARQUET and given == Given() and pick == Pick() and not interest:
        from gex.ingest.snapshot_file import is_as_written

        data = blob.data(hashed=False)
        unchanged = canonical.read_unchanged(data, blob.name)
        if unchanged is not None and is_as_written(unchanged.frame, data, blob.name):
            yield blob.name, partial(replace, unchanged)
            return
    for raw in reader.read(blob, pick):
        complete = replace(raw, notes=(*raw.notes, *map(_completed_by, pick.beside)))
        source = Source(blob.name, blob.sha256, reader.name, gex.__version__)
        yield raw.label or blob.name, partial(_assembled, complete, source, given, interest)


def _several(labels: list[str], source: str) -> ContentError:
    """Return the error for a source with several chains, which names the first of them and the way to pick one."""
    listed = ", ".join(labels[:_LISTED]) + (", ..." if len(labels) > _LISTED else "")
    return ContentError(f"several snapshots: {listed}; pick one with --underlying and --snapshot", source=source)


def _nothing(source: Again, kind: str | None, pick: Pick, beside: Sequence[Again]) -> ContentError:
    """Return the error for a source that has not what was asked for, but other chains."""
    every = [Pick(columns=pick.columns)]
    if pick.underlying and pick.snapshot:
        every.insert(0, replace(every[0], underlying=pick.underlying))
    found = (_found(source, kind, Given(), each, beside) for each in every)
    there = next((some for each in found if (some := [label for label, _ in islice(each, _LISTED + 1)])), [])
    asked = " ".join(each for each in (pick.underlying, pick.snapshot) if each)
    listed = ", ".join(there[:_LISTED]) + (", ..." if len(there) > _LISTED else "")
    return ContentError(f"no snapshot {asked}; the source has {listed}", source=_name(source), value=asked)


def _name(source: Again) -> str:
    return source.name if isinstance(source, Kept) else str(source)


def _assembled(raw: RawChain, source: Source, given: Given, interest: Sequence[OpenInterest]) -> Chain:
    """Assemble the chain; a file of ours keeps the provenance it was written with."""
    given = replace(given, underlying=given.underlying or raw.underlying or None)
    try:
        complete = completed(raw, interest, source.path) if interest else raw
        chain = assemble(complete, source, given)
    except ChainError as error:
        if not raw.label:
            raise
        where = f"{error.source}, {raw.label}"
        raise type(error)(error.message, source=where, row=error.row, value=error.value) from None
    return replace(chain, source=raw.stored.source) if raw.stored else chain


def _from_table(table: Any, given: Given, pick: Pick, beside: Sequence[Again]) -> Chain:
    import polars as pl

    if not (hasattr(type(table), "__arrow_c_stream__") or hasattr(type(table), "__dataframe__")):
        raise TypeError(f"expected a path, '-', an open binary file or a table, got {type(table).__name__}")
    if pick.columns:
        raise ValueError("columns are for files; rename those of the table")
    with ExitStack() as stack:
        files = [(blob, _reader(blob, None)) for path in beside for blob in stack.enter_context(blobs(path))]
        _check_beside([], files)
        interest = _open_interest(files)
    # Pandas itself writes a vendor's frame as it is saved: its cells may hold objects that Arrow has no type for.
    save = getattr(table, "to_csv", None)
    frame: Any = table if save else pl.DataFrame(table)
    reader = _of_frames([str(name) for name in frame.columns])
    if reader:
        text = save(index=False) if save else frame.write_csv()
        blob = Blob(_TABLE, Path(_TABLE), spool=io.BytesIO(text.encode()))
        (_, make), *_others = _found_in(blob, reader, given, Pick(), interest)
        return make()
    frame = pl.DataFrame(table).drop("line", "defect", strict=False)
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    source = Source(_TABLE, hashlib.sha256(buffer.getvalue()).hexdigest(), canonical.TABLE, gex.__version__)
    return _assembled(canonical.from_table(frame, _TABLE), source, given, interest)


def _of_frames(names: list[str]) -> Format | None:
    """Return the vendor's format whose columns a table has; None where it has our own, or others."""
    head = ",".join(names).encode(errors="replace")
    return next((each for each in FORMATS if each.frames and each.sniff(head)), None)


def _instant(given: dt.datetime | str | None) -> dt.datetime | None:
    if given is None:
        return None
    return parse_quote_time(given) if isinstance(given, str) else as_utc(given)
