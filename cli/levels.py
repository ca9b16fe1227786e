"""`gex levels`: the levels alone, one row a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gex.cli import options, sink
from gex.cli.merging import batch_of
from gex.cli.report import documents_of, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, MergeOptions, OutputOptions, ReadOptions
    from gex.cli.sources import Batch
    from gex.results import Analysis
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
HEAD = ("SYMBOL", "QUOTE TIME", "SPOT", "FLIP", "CALL WALL", "PUT WALL", "NET per +1%", "GAMMA")
REGIMES = {"long_gamma": "long", "short_gamma": "short", "near_zero": "near zero"}


@click.command("levels")
@options.sources_argument
@options.model_options
@options.read_options
@options.merge_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...], settings: Settings, read: ReadOptions, merging: MergeOptions, output: OutputOptions
) -> int:
    """Print the levels of each SOURCE, one row a source."""
    batch = batch_of(sources, read, settings, merging)
    form = sink.format_of(output, FORMATS)
    if form == "table":
        chunks: Iterator[str | bytes] = lines(batch)
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
