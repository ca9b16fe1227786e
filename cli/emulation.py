"""`gex levels --emulate`: what other programs print for a source, beside ours, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gex.cli import sink
from gex.cli.sources import priced_source
from gex.ingest.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, OutputOptions
    from gex.cli.sources import Batch
    from gex.emulation_faults import Fault
    from gex.emulations import Emulation
    from gex.results import Analysis
    from gex.settings import EmulationName


@dataclass(frozen=True)
class Emulated:
    """A source's analysis, and each program's figures with its faults."""

    analysis: Analysis
    programs: tuple[tuple[Emulation, tuple[Fault, ...]], ...]


def chunks(
    batch: Batch, names: tuple[EmulationName, ...], form: Format, output: OutputOptions
) -> Iterator[str | bytes]:
    """Yield every source's emulations in the form asked for."""
    from gex.cli.render import emulated
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    found = batch.each(partial(_emulated, batch=batch, names=tuple(dict.fromkeys(names))))
    if form == "table":
        terminal = detect(output.color) if output.output is None else Terminal()
        for number, each in enumerate(found):
            yield ("\n" if number else "") + emulated.screen(each, terminal)
    elif form == "jsonl":
        yield from (dumps(jsonable(emulated.document(each)), indent=None) + "\n" for each in found)
    elif form == "json":
        yield from sink.json_chunks((dumps(jsonable(emulated.document(each))) for each in found), array=batch.several)
    else:
        yield from _table([row for each in found for row in emulated.rows(each)], form)


def _table(rows: list[dict[str, Any]], form: Format) -> Iterator[bytes]:
    import polars as pl

    if rows:
        yield sink.table_chunk(pl.DataFrame(rows, infer_schema_length=None), form)


def _emulated(source: str, batch: Batch, names: tuple[EmulationName, ...]) -> Emulated:
    """Analyse a source and emulate the programs on it; the ten-year yield is the curve's at ten years.

    Raises:
        ChainError: The source cannot be read, analysed or emulated.

    """
    import numpy as np

    from gex.emulation_faults import faults_of
    from gex.emulations import emulate
    from gex.forwards import zero_rates

    base, analysis = priced_source(source, batch.read, replace(batch.settings, band=()))
    ten_year = float(zero_rates(base.settings.curve, np.array([10.0]))[0])
    try:
        programs = [emulate(base.chain, name, ten_year=ten_year) for name in names]
        faults = [faults_of(base.chain, each, base.settings) for each in programs]
    except ValueError as error:
        raise ContentError(str(error), source=source) from error
    return Emulated(analysis, tuple(zip(programs, faults, strict=True)))
