"""`gex profile`: net dealer gamma against spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gex.cli import options, sink
from gex.cli.merging import batch_of
from gex.cli.report import documents_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from gex.cli.options import Format, MergeOptions, OutputOptions, ReadOptions
    from gex.cli.sources import Batch
    from gex.results import Analysis
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")


@click.command("profile")
@options.sources_argument
@options.model_options
@options.read_options
@options.merge_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...], settings: Settings, read: ReadOptions, merging: MergeOptions, output: OutputOptions
) -> int:
    """Chart net dealer gamma of each SOURCE against spot.

    Every point is re-priced: forwards move with spot, volatility sticks to strikes.
    """
    batch = batch_of(sources, read, settings, merging)
    form = sink.format_of(output, FORMATS)
    if form == "table":
        chunks: Iterator[str | bytes] = charts(batch, output)
    elif form in {"json", "jsonl"}:
        chunks = documents_of(batch, form, document)
    else:
        chunks = table(batch, form)
    sink.emit(chunks, output.output)
    return batch.exit_code


def charts(batch: Batch, output: OutputOptions) -> Iterator[str]:
    """Yield one chart a source."""
    from gex.cli.render.ladder import ladder
    from gex.cli.render.terminal import Terminal, detect

    terminal = detect(output.color) if output.output is None else Terminal()
    for number, analysis in enumerate(batch):
        yield ("\n" if number else "") + ladder(analysis, terminal)


def document(analysis: Analysis) -> dict[str, Any]:
    """Return the profile as a document: parallel arrays over the ladder of spots."""
    profile = analysis.profile
    return {
        "underlying": analysis.underlying,
        "quote_time": analysis.quote_time,
        "spot": analysis.spot.used,
        "crossings": [{"spot": crossing.spot, "slope": crossing.slope} for crossing in profile.crossings],
        "spots": profile.spots.tolist(),
        "gamma_usd_per_1pct": profile.gamma_usd_per_1pct.tolist(),
        "zero_dte_gamma_usd_per_1pct": profile.zero_dte_usd_per_1pct.tolist(),
    }


def table(batch: Batch, form: Format) -> Iterator[bytes]:
    """Yield one table over all sources: a row per spot of the ladder."""
    import polars as pl

    frames = [frame_of(analysis) for analysis in batch]
    if frames:
        yield sink.table_chunk(pl.concat(frames, how="vertical_relaxed"), form)


def frame_of(analysis: Analysis) -> pl.DataFrame:
    """Return the profile of one analysis, a row per spot of the ladder."""
    import polars as pl

    profile = analysis.profile
    columns = {
        "spot": profile.spots,
        "gamma_usd_per_1pct": profile.gamma_usd_per_1pct,
        "zero_dte_gamma_usd_per_1pct": profile.zero_dte_usd_per_1pct,
    }
    whose = [pl.lit(analysis.underlying).alias("underlying"), pl.lit(analysis.quote_time).alias("quote_time")]
    return pl.DataFrame(columns).select(*whose, pl.all())
