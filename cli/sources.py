"""A SOURCE is a file, `-` for stdin, or a snapshot in the store: SPX, SPX@latest, SPX@prev, SPX@2025-09-05T10:30."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gex.cli.failures import BAD_DATA, DONE, PARTIAL, exit_code, one_line
from gex.cli.log import LOGGER
from gex.cli.values import DatedCurve
from gex.ingest.errors import ContentError, SpotError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gex.analysis import Priced
    from gex.cli.options import ReadOptions
    from gex.ingest.schema import Chain
    from gex.ingest.store import Snapshot
    from gex.results import Analysis
    from gex.settings import Settings

Answer = TypeVar("Answer")

ADDRESS = re.compile(r"[\^_$]?[A-Za-z](?:[A-Za-z0-9]{0,9}|[A-Za-z0-9.]{0,9}@.+)")
"""A store address; a bare name with a dot in it is a file's."""

HARMLESS = {"adjusted", "expired", "duplicate", "other_underlying"}
"""Reasons to set a row aside that say nothing against the file."""


@dataclass
class Batch:
    """The analyses of several sources, one at a time: a bad one is logged and the others go on."""

    sources: tuple[str, ...]
    read: ReadOptions
    settings: Settings
    done: int = 0
    codes: set[int] = field(default_factory=set)

    def __iter__(self) -> Iterator[Analysis]:
        """Yield an analysis of each source that can be had."""
        return self.each(lambda source: analysis_of(source, self.read, self.settings))

    def each(self, answer: Callable[[str], Answer]) -> Iterator[Answer]:
        """Yield the answer to each source that has one."""
        for source in self.sources:
            try:
                found = answer(source)
            except Exception as error:  # noqa: BLE001 (one source must not take the others with it)
                LOGGER.error("%s", one_line(error), exc_info=error)
                self.codes.add(exit_code(error))
            else:
                self.done += 1
                yield found

    @property
    def several(self) -> bool:
        """Whether more than one source was asked for."""
        return len(self.sources) > 1

    @property
    def exit_code(self) -> int:
        """0 if all went well, 4 if some did, else what went wrong."""
        return combined(self.done, self.codes)


def combined(done: int, codes: set[int]) -> int:
    """Return one exit code for several inputs: done, partial, or the fault they share."""
    if not codes:
        return DONE
    if done:
        return PARTIAL
    return codes.pop() if len(codes) == 1 else BAD_DATA


def analysis_of(source: str, read: ReadOptions, settings: Settings) -> Analysis:
    """Read a source and analyse it.

    Raises:
        ChainError: The source cannot be found, read or analysed.

    """
    return priced_source(source, read, settings)[1]


def priced_source(source: str, read: ReadOptions, settings: Settings) -> tuple[Priced, Analysis]:
    """Read a source, price it and analyse it.

    Raises:
        ChainError: The source cannot be found, read, priced or analysed.

    """
    from gex.analysis import analysis_of, priced

    base = answered(open_chain(source, read, settings.spot), settings, source, priced)
    return base, analysis_of(base)


def answered(chain: Chain, settings: Settings, source: str, answer: Callable[[Chain, Settings], Answer]) -> Answer:
    """Return what `answer` makes of a chain, under the rates of the quotes' date.

    Raises:
        ChainError: The chain cannot be analysed so; the message names the source.

    """
    if isinstance(settings.curve, DatedCurve):
        settings = replace(settings, curve=settings.curve.on(chain.quote_date))
    try:
        return answer(chain, settings)
    except ValueError as error:
        raise ContentError(str(error), source=source) from error


def open_chain(source: str, read: ReadOptions, spot: float | None) -> Chain:
    """Return the chain that a SOURCE names.

    Raises:
        ChainError: It cannot be found or read, or has more bad rows than the options accept.

    """
    with located(source, read) as place:
        return chain_at(place, source, read, spot)


def chain_at(place: str, source: str, read: ReadOptions, spot: float | None) -> Chain:
    """Return the chain in a file, under the name that messages call it by.

    Raises:
        ChainError: As `open_chain`.

    """
    chain = read_file(place, read, spot)
    check_quality(chain.quality.rows_in, chain.quality.quarantined, source, read, first_bad_line(chain))
    tell_quality(chain, source)
    return chain


@contextmanager
def located(source: str, read: ReadOptions) -> Iterator[str]:
    """Give a SOURCE as something that can be read: itself, or the file of the snapshot an address means.

    Raises:
        ChainError: Nothing in the store answers the address.

    """
    snapshot = snapshot_of(source, read)
    if snapshot is None:
        yield source
        return
    from gex.ingest.address import opened

    with opened(snapshot) as path:
        yield str(path)


def snapshot_of(source: str, read: ReadOptions) -> Snapshot | None:
    """Return the snapshot that a SOURCE means if it is an address.

    Raises:
        ChainError: Nothing in the store answers the address.

    """
    if not ADDRESS.fullmatch(source) or Path(source).exists():
        return None
    if read.store is None:
        message = "no such file; for a snapshot from a store, say with --store DIR where it is"
        raise UnreadableError(message, source=source)
    from gex.ingest.address import resolve

    snapshot = resolve(source, read.store)
    _tell_date(source, snapshot)
    return snapshot


def _tell_date(address: str, snapshot: Snapshot) -> None:
    """Warn where an address names a date that the store has nothing of, and means the date before it."""
    asked = address.partition("@")[2].replace("-", "")[:8]
    if asked.isdigit() and asked != f"{snapshot.quote_date:%Y%m%d}":
        LOGGER.warning("%s: nothing of that date; the last snapshot before it is of %s", address, snapshot.quote_date)


def tell_quality(chain: Chain, source: str) -> None:
    """Name the first row of each kind that was set aside as bad, and with -v what was flagged, each with its remedy."""
    from gex.ingest.quality import RULES

    aside = chain.quarantine
    for rule in RULES:
        if rule.code in chain.quality.quarantined and rule.code not in HARMLESS:
            lines = aside.filter(aside["reason"] == rule.code)["line"].to_list()
            more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
            where = f", line {lines[0]}{more}" if lines else ""
            LOGGER.warning("%s%s: set aside, %s: %s; %s", source, where, rule.code, rule.meaning, rule.remedy)
        if count := chain.quality.warnings.get(rule.code):
            LOGGER.info("%s: %d rows flagged, %s: %s; %s", source, count, rule.code, rule.meaning, rule.remedy)


def first_bad_line(chain: Chain) -> int | None:
    """Return the line of the first row that was set aside as bad."""
    if chain.quarantine.is_empty():  # as that of every stored snapshot: a filter takes longer than a look
        return None
    lines = chain.quarantine.filter(~chain.quarantine["reason"].is_in(list(HARMLESS)))["line"]
    return lines[0] if len(lines) else None


def check_quality(rows_in: int, reasons: Mapping[str, int], source: str, read: ReadOptions, line: int | None) -> None:
    """Refuse a source with more bad rows than the user accepts.

    Args:
        rows_in: The rows of the source.
        reasons: How many were set aside, by reason.
        source: Its name.
        read: What the user accepts.
        line: Of the first bad row.

    Raises:
        ContentError: Names the worst reasons.

    """
    bad = {reason: n for reason, n in reasons.items() if reason not in HARMLESS}
    total, allowed = sum(bad.values()), 0.0 if read.strict else read.max_bad
    if total > allowed * rows_in:
        listed = ", ".join(f"{count} {reason}" for reason, count in sorted(bad.items(), key=lambda item: -item[1]))
        limit = "--strict" if read.strict else f"--max-bad {read.max_bad:.0%}"
        message = f"{total} of {rows_in} rows are bad ({listed}), more than {limit} accepts"
        raise ContentError(f"{message}; correct them or accept more with --max-bad", source=source, row=line)


def read_keywords(read: ReadOptions, spot: float | None) -> dict[str, Any]:
    """Return the keywords of `read_chain` that the options stand for."""
    return {
        "quote_time": read.quote_time,
        "spot": spot,
        "underlying": read.underlying,
        "snapshot": read.snapshot,
        "delay_minutes": read.delay,
        "iv_unit": read.iv_unit or "decimal",
        "beside": read.beside,
        "columns": read.columns,
    }


def with_spot_if_needed(attempt: Callable[[float | None], Answer], source: str, spot: float | None) -> Answer:
    """Read a source by its own price of the underlying, else by --spot.

    The reader would take --spot for the source's own; asked without it first, the report can show both.
    """
    try:
        return attempt(spot if source == "-" else None)
    except SpotError:
        if spot is None:
            raise
        return attempt(spot)


def read_file(source: str, read: ReadOptions, spot: float | None) -> Chain:
    """Read a file or stdin as the options say."""
    from gex.ingest.read import read_chain

    return with_spot_if_needed(lambda price: read_chain(source, **read_keywords(read, price)), source, spot)
