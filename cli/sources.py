"""A SOURCE is a file, `-` for stdin, or a snapshot in the store: SPX, SPX@latest, SPX@prev, SPX@2025-09-05T10:30."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gex.cli.failures import BAD_DATA, DONE, PARTIAL, exit_code, one_line
from gex.cli.log import LOGGER
from gex.cli.options import DatedCurve
from gex.ingest.errors import ContentError, SpotError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import ReadOptions
    from gex.ingest.schema import Chain
    from gex.results import Analysis
    from gex.settings import Settings

ADDRESS = re.compile(r"[\^_$]?[A-Za-z](?:[A-Za-z0-9]{0,9}|[A-Za-z0-9.]{0,9}@.+)")
"""A store address; a bare name with a dot in it is a file's."""

HARMLESS = {"expired", "duplicate", "other_underlying"}
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
        for source in self.sources:
            try:
                analysis = analysis_of(source, self.read, self.settings)
            except Exception as error:  # noqa: BLE001 (one source must not take the others with it)
                LOGGER.error("%s", one_line(error), exc_info=error)
                self.codes.add(exit_code(error))
            else:
                self.done += 1
                yield analysis

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
    chain = open_chain(source, read, settings.spot)
    from gex.analysis import analyze

    if isinstance(settings.curve, DatedCurve):
        settings = replace(settings, curve=settings.curve.on(chain.quote_date))
    try:
        return analyze(chain, settings)
    except ValueError as error:
        raise ContentError(str(error), source=source) from error


def open_chain(source: str, read: ReadOptions, spot: float | None) -> Chain:
    """Return the chain that a SOURCE names.

    Raises:
        ChainError: It cannot be found or read, or has more bad rows than the options accept.

    """
    place = source
    if ADDRESS.fullmatch(source) and not Path(source).exists():
        if read.store is None:
            message = "no such file; for a snapshot from a store, say with --store DIR where it is"
            raise UnreadableError(message, source=source)
        from gex.ingest.store import resolve

        place = str(resolve(source, read.store))
    chain = _read_file(place, read, spot)
    _check_quality(chain, source, read)
    _tell_quality(chain, source)
    return chain


def _tell_quality(chain: Chain, source: str) -> None:
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


def _check_quality(chain: Chain, source: str, read: ReadOptions) -> None:
    """Refuse a chain with more bad rows than the user accepts.

    Raises:
        ContentError: Names the worst reasons.

    """
    bad = {reason: n for reason, n in chain.quality.quarantined.items() if reason not in HARMLESS}
    total, allowed = sum(bad.values()), 0.0 if read.strict else read.max_bad
    if total > allowed * chain.quality.rows_in:
        listed = ", ".join(f"{count} {reason}" for reason, count in sorted(bad.items(), key=lambda item: -item[1]))
        line = chain.quarantine.filter(~chain.quarantine["reason"].is_in(list(HARMLESS)))["line"]
        limit = "--strict" if read.strict else f"--max-bad {read.max_bad:.0%}"
        message = f"{total} of {chain.quality.rows_in} rows are bad ({listed}), more than {limit} accepts"
        raise ContentError(
            f"{message}; correct them or accept more with --max-bad", source=source, row=line[0] if len(line) else None
        )


def _read_file(source: str, read: ReadOptions, spot: float | None) -> Chain:
    from gex.ingest.read import read_chain

    def attempt(spot: float | None) -> Chain:
        return read_chain(
            source,
            quote_time=read.quote_time,
            spot=spot,
            underlying=read.underlying,
            snapshot=read.snapshot,
            delay_minutes=read.delay,
            iv_unit=read.iv_unit or "decimal",
        )

    # The reader would take --spot for the source's own; asked without it first, the report can show both.
    try:
        return attempt(spot if source == "-" else None)
    except SpotError:
        if spot is None:
            raise
        return attempt(spot)
