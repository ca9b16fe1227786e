"""`gex chart`: one chart of an analysis as a picture, SVG or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from gex.cli import options, sink
from gex.cli.merging import batch_of
from gex.cli.options import OutputOptions
from gex.plot import KINDS, Kind
from gex.plot.theme import ThemeName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, MergeOptions, ReadOptions
    from gex.cli.sources import Batch
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("svg", "png")


@click.command("chart")
@click.argument("kind", type=click.Choice(KINDS), metavar=f"[{'|'.join(KINDS)}]")
@options.sources_argument
@click.option(
    "--theme", type=click.Choice(get_args(ThemeName)), default="light", show_default=True, help="Colours of the ground."
)
@options.model_options
@options.read_options
@options.merge_options
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: by the suffix of --output, else svg]")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write here.")
@options.logging_options
def command(
    kind: Kind,
    sources: tuple[str, ...],
    theme: ThemeName,
    settings: Settings,
    read: ReadOptions,
    merging: MergeOptions,
    form: Format | None,
    output: Path | None,
) -> int:
    """Draw one chart of a SOURCE as SVG or PNG.

    strikes: gamma by strike, calls, puts, net and 0DTE, price as height. profile: net gamma against spot. heat: net
    gamma by strike and expiration. expirations: gamma by expiration. hedging: what dealers trade after moves of spot.
    """
    if len(sources) > 1 and not merging.merge:
        raise click.UsageError("a picture is of one book: give one SOURCE, or --merge")
    form = "svg" if form is None and output is None else sink.format_of(OutputOptions(form, output, "never"), FORMATS)
    batch = batch_of(sources, read, settings, merging)
    sink.emit(pictures(batch, kind, theme, form), output)
    return batch.exit_code


def pictures(batch: Batch, kind: Kind, theme: ThemeName, form: Format) -> Iterator[bytes]:
    """Yield the picture, if its source can be had."""
    for analysis in batch:
        from gex.cli.render.pictures import in_form
        from gex.plot.charts import chart

        yield in_form(chart(analysis, kind, theme), form)
