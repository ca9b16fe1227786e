"""`gex report`: levels, exposure, hedging flow and strikes of each source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gex.cli import options, sink
from gex.cli.merging import batch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

    from gex.cli.options import Format, MergeOptions, OutputOptions, ReadOptions, Table
    from gex.cli.sources import Batch
    from gex.history import Standing
    from gex.results import Analysis
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")


@click.command("report")
@options.sources_argument
@options.model_options
@options.read_options
@options.merge_options
@options.results_option
@options.output_options(*FORMATS)
@options.table_option
@options.detail_option
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write one page for a browser instead: charts, tables, what changed; needs no network.",
)
@click.option(
    "--since", metavar="SOURCE", help="Of --html: what to compare with. [default: in a store, the snapshot before]"
)
@options.logging_options
def command(
    sources: tuple[str, ...],
    settings: Settings,
    read: ReadOptions,
    merging: MergeOptions,
    results: Path | None,
    output: OutputOptions,
    table: Table,
    detail: bool,
    html: Path | None,
    since: str | None,
) -> int:
    """Report dealers' gamma, levels and hedging flow of each SOURCE.

    A SOURCE is a file, - for stdin, or SYMBOL[@DATE[THH:MM] | @latest | @prev] in the store. With --results, net and
    gross gamma and the distance to the flip stand beside their percentiles among the sessions before.
    """
    batch = batch_of(sources, read, settings, merging)
    past = past_of(results, settings, read)
    if since and html is None:
        raise click.UsageError("--since is of --html FILE; `gex diff` shows changes on the screen")
    if html:
        from gex.cli.html_report import pages

        if output.output or output.format:
            raise click.UsageError("--html is a form and a file of its own: leave --output and --format out")
        sink.emit(pages(batch, past, since), html)
        return batch.exit_code
    form = sink.format_of(output, FORMATS)
    if form == "table":
        chunks: Iterator[str | bytes] = screens(batch, output, past)
    elif form in {"json", "jsonl"}:
        from gex.cli.render.document import document

        chunks = documents_of(batch, form, lambda found: document(found, detail=detail, past=past and past(found)))
    else:
        chunks = tables(batch, form, table)
    sink.emit(chunks, output.output)
    return batch.exit_code


def past_of(
    results: Path | None, settings: Settings, read: ReadOptions
) -> Callable[[Analysis], Standing | None] | None:
    """Return what tells where an analysis stands among earlier results; None where no results are named."""
    if results is None:
        return None
    from gex.cli.past import Past

    return Past(results, settings, read).standing


def screens(batch: Batch, output: OutputOptions, past: Callable[[Analysis], Standing | None] | None) -> Iterator[str]:
    """Yield one screen per source."""
    from gex.cli.render.screen import screen
    from gex.cli.render.terminal import Terminal, detect

    terminal = detect(output.color) if output.output is None else Terminal()
    for number, analysis in enumerate(batch):
        yield ("\n" if number else "") + screen(analysis, terminal, past and past(analysis))


def documents_of(batch: Batch, form: Format, publish: Callable[[Analysis], dict[str, Any]]) -> Iterator[str]:
    """Yield JSON: one value, an array for several sources, or an object a line."""
    from gex.cli.render.document import dumps, jsonable

    if form == "jsonl":
        yield from (dumps(jsonable(publish(analysis)), indent=None) + "\n" for analysis in batch)
    else:
        texts = (dumps(jsonable(publish(analysis))) for analysis in batch)
        yield from sink.json_chunks(texts, array=batch.several)


def tables(batch: Batch, form: Format, table: Table) -> Iterator[bytes]:
    """Yield one table over all sources: a row a source, or the long tables with their source beside each row."""
    import polars as pl

    frames = [frame_of(analysis, table) for analysis in batch]
    if frames:
        yield sink.table_chunk(pl.concat(frames, how="vertical_relaxed"), form)


def frame_of(analysis: Analysis, table: Table) -> pl.DataFrame:
    """Return a table of one analysis, its underlying and quote time beside each row."""
    import polars as pl

    from gex.cli.render.flat import flat_row

    if table == "levels":
        return pl.DataFrame([flat_row(analysis)])
    frame = analysis.by_strike if table == "by_strike" else analysis.by_expiration
    whose = [pl.lit(analysis.underlying).alias("underlying"), pl.lit(analysis.quote_time).alias("quote_time")]
    return frame.select(*whose, pl.all())
