"""A result computed once more from its input, under what its footer says was asked, and held against what was written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gex
from gex.cli.batch.chains import Item, chains_of
from gex.cli.batch.spec import Spec, settings_from, spec_of
from gex.cli.sources import answered
from gex.ingest.errors import ChainError, UnreadableError
from gex.ingest.result_parts import TABLES, part_of, read_part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from gex.cli.options import ReadOptions
    from gex.ingest.result_parts import Part, Table
    from gex.ingest.schema import Chain
    from gex.position_book import PositionBook

OURS = {"tool_version"}
"""Columns that say who computed, and nothing about what was found."""


@dataclass(frozen=True)
class Difference:
    """One column that is not what was written."""

    table: Table
    column: str
    rows: int
    """How many of its rows differ; 0 where there is another number of them, or no such column."""
    recorded: Any
    """In the first row that differs."""
    now: Any
    absolute: float | None = None
    """The largest difference of two numbers; None where none differ."""
    relative: float | None = None
    """The largest, over the larger of the two."""


@dataclass(frozen=True)
class Reproduction:
    """What came of it."""

    part: Part
    source: str
    """Where the input was found."""
    columns: int
    """How many were compared."""
    differences: tuple[Difference, ...]

    @property
    def same_version(self) -> bool:
        """Whether this version is the one that wrote the result."""
        return self.part.version == gex.__version__


def reproduce(
    part: Part, recorded_source: str | None, given: str | None, read: ReadOptions, books: dict[str, PositionBook | None]
) -> Reproduction:
    """Compute a result once more and compare every figure.

    Args:
        part: The result, of any table.
        recorded_source: Where its input was, if the manifest knows.
        given: Where its input is, if the user says so.
        read: Says where the store is, and which files are beside the input.
        books: The user's own `positions` and `signed_volume`, where the result was made with them.

    Raises:
        UnreadableError: The result is damaged, or its input is nowhere to be found.
        ChainError: The input cannot be analysed any more.

    """
    recorded = {table: read_part(part.of(table)) for table in TABLES}
    footer = recorded["summary"][1]
    spec = _spec(footer, read, books, part)
    source, chain = _input(part, [each for each in (given, recorded_source) if each], spec)
    from gex.analysis import analyze
    from gex.cli.batch.frames import frames_of

    now = frames_of(chain, answered(chain, spec.settings, source, analyze), footer["fingerprint"])
    differences = [each for table in TABLES for each in differing(table, recorded[table][0], now[table])]
    columns = sum(len(set(recorded[table][0].columns) - OURS) for table in TABLES)
    return Reproduction(part, source, columns, tuple(differences))


def input_of(part: Part, recorded_source: str | None, read: ReadOptions) -> tuple[Spec, Chain]:
    """Return what a result was made of: what was asked, and the chain, read again where it is found.

    Args:
        part: The result.
        recorded_source: Where its input was, if the manifest knows.
        read: Says where the store is.

    Raises:
        UnreadableError: The result is damaged, its input is nowhere to be found, or a book is needed as well.

    """
    spec = _spec(read_part(part)[1], read, {"positions": None, "signed_volume": None}, part)
    return spec, _input(part, [recorded_source] if recorded_source else [], spec)[1]


def differing(table: Table, recorded: pl.DataFrame, now: pl.DataFrame) -> Iterator[Difference]:
    """Yield the columns of a table that are not what was written, to the last bit."""
    for name in dict.fromkeys([*recorded.columns, *now.columns]):
        if name in OURS:
            continue
        if name not in recorded.columns or name not in now.columns:
            was, is_ = (name if name in each.columns else None for each in (recorded, now))
            yield Difference(table, name, 0, was, is_)
        elif recorded.height != now.height:
            yield Difference(table, name, 0, f"{recorded.height} rows", f"{now.height} rows")
        elif found := _difference(table, recorded[name], now[name]):
            yield found


def _difference(table: Table, recorded: pl.Series, now: pl.Series) -> Difference | None:
    pairs = [(one, two) for one, two in zip(recorded.to_list(), now.to_list(), strict=True) if one != two]
    if not pairs:
        return None
    gaps = [(abs(one - two), max(abs(one), abs(two))) for one, two in pairs if _is_number(one) and _is_number(two)]
    absolute = max((gap for gap, _ in gaps), default=None)
    relative = max((gap / size for gap, size in gaps), default=None)
    return Difference(table, recorded.name, len(pairs), *pairs[0], absolute, relative)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _spec(footer: dict[str, Any], read: ReadOptions, books: dict[str, PositionBook | None], part: Part) -> Spec:
    """Return what was asked, as the footer holds it; the files beside the input have to be given again.

    Raises:
        UnreadableError: They or a book are not given, or are others.

    """
    reading = footer["reading"]
    quote_time = reading["quote_time"] and dt.datetime.fromisoformat(reading["quote_time"])
    try:
        settings = settings_from(footer["settings"], footer["curve"], books)
    except ValueError as error:
        raise UnreadableError(str(error), source=str(part.path)) from None
    asked = replace(
        read, quote_time=quote_time, underlying=reading["underlying"], delay=reading["delay_minutes"],
        iv_unit=reading["iv_unit"], columns=reading["columns"], snapshot=None,
    )  # fmt: skip
    spec = spec_of(settings, asked)
    if sorted(spec.beside) != sorted(reading["beside"]):
        hashes = ", ".join(each[:12] for each in reading["beside"]) or "none"
        message = f"it was made with other files beside its input (sha256 {hashes}): give them with --with"
        raise UnreadableError(message, source=str(part.path))
    return spec


def _input(part: Part, sources: list[str], spec: Spec) -> tuple[str, Chain]:
    """Return the chain that a result was made of, and where it was found: by its content, never by a name alone.

    Raises:
        UnreadableError: It is nowhere.

    """
    tried = []
    for source in sources:
        try:
            found = next((chain for chain in chains_of(Item(1, source), spec) if _is_it(chain, part)), None)
        except ChainError as error:
            tried.append(str(error))
        else:
            if found is not None and not isinstance(found, ChainError):
                return source, found
            tried.append(f"{source} holds something else now")
    if spec.read.store:
        stored = _from_store(part, spec.read.store)
        if stored:
            return stored
        tried.append(f"{spec.read.store} does not have it")
    told = "; ".join(tried) or "the manifest does not say where it was"
    raise UnreadableError(f"its input is gone: {told}; give it with --input, or a --store", source=str(part.path))


def _is_it(found: Chain | ChainError, part: Part) -> bool:
    if isinstance(found, ChainError):
        return False
    own = part_of(found, part.spec, part.version, part.results)
    return (own.symbol, own.quote_time, own.input) == (part.symbol, part.quote_time, part.input)


def _from_store(part: Part, store: Path) -> tuple[str, Chain] | None:
    from gex.ingest.snapshot_file import NAME
    from gex.ingest.store import snapshots

    for snapshot in snapshots(store, part.symbol):
        match = NAME.fullmatch(snapshot.name)
        if match and match[3] == part.input and snapshot.quote_time == part.quote_time:
            return str(snapshot.path), snapshot.sound()
    return None
