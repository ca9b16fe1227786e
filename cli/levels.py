"""`gex levels`: the levels alone, one row a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gex.cli import options, sink
from gex.cli.report import documents_of, tables
from gex.cli.sources import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.results import Analysis
    from gex.settings import EmulationName, Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
HEAD = ("SYMBOL", "QUOTE TIME", "SPOT", "FLIP", "CALL WALL", "PUT WALL", "NET per +1%", "GAMMA")
REGIMES = {"long_gamma": "long", "short_gamma": "short", "near_zero": "near zero"}


@click.command("levels")
@options.sources_argument
@options.emulate_option
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...],
    emulate: tuple[EmulationName, ...],
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
) -> int:
    """Print the levels of each SOURCE, one row a source.

    With --emulate what another program prints for the same file, and which of its ways moves its flip by how much.
    """
    batch = Batch(sources, read, settings)
    form = sink.format_of(output, FORMATS)
    if emulate:
        from gex.cli import emulation

        chunks: Iterator[str | bytes] = emulation.chunks(batch, emulate, form, output)
    elif form == "table":
        chunks = lines(batch)
    elif form in {"json", "jsonl"}:
        from gex.cli.render.flat import flat_row

        chunks = documents_of(batch, form, flat_row)
    else:
        chunks = tables(batch, form, "levels")
    sink.emit(chunks, output.output)
    return batch.exit_code


def lines(batch: Batch) -> Iterator[str]:
    """Yield the table: its columns are as wide as what they hold, so it waits for the last source."""
    from gex.cli.render.terminal import aligned

    rows = [_row(analysis) for analysis in batch]
    if rows:
        yield "\n".join(aligned([HEAD, *rows], "<<>>>>><")) + "\n"


def _row(analysis: Analysis) -> tuple[str, ...]:
    from gex.cli.render import figures

    levels, spot = analysis.levels, analysis.spot.used
    return (
        analysis.underlying,
        figures.moment(analysis.quote_time)[4:],
        figures.price(spot),
        "none" if levels.gamma_flip is None else figures.level(levels.gamma_flip, spot),
        "none" if levels.call_wall is None else figures.strike(levels.call_wall),
        "none" if levels.put_wall is None else figures.strike(levels.put_wall),
        figures.dollars(analysis.exposure.gamma_usd_per_1pct.net),
        REGIMES[analysis.regime],
    )
