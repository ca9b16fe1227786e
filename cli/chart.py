"""`gex chart`: one chart of an analysis as a picture, SVG or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from gex.cli import options, sink
from gex.cli.merging import batch_of
from gex.cli.options import OutputOptions
from gex.cli.zero_dte import GAMMA_MOVE, VOL_MOVE, every_option, plan_of, view_of
from gex.plot import KINDS, ZERO_DTE_KINDS, Kind, ZeroDteKind
from gex.plot.theme import ThemeName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, MergeOptions, ReadOptions
    from gex.cli.sources import Batch
    from gex.plot.drawing import Drawing
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("svg", "png")
EVERY_KIND = (*KINDS, *ZERO_DTE_KINDS)


@click.command("chart")
@click.argument("kind", type=click.Choice(EVERY_KIND), metavar=f"[{'|'.join(EVERY_KIND)}]")
@options.sources_argument
@click.option(
    "--theme", type=click.Choice(get_args(ThemeName)), default="light", show_default=True, help="Colours of the ground."
)
@every_option
@options.model_options
@options.read_options
@options.merge_options
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: by the suffix of --output, else svg]")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write here.")
@options.logging_options
def command(
    kind: Kind | ZeroDteKind,
    sources: tuple[str, ...],
    theme: ThemeName,
    every: float,
    settings: Settings,
    read: ReadOptions,
    merging: MergeOptions,
    form: Format | None,
    output: Path | None,
) -> int:
    """Draw one chart of a SOURCE as SVG or PNG.

    strikes: gamma by strike, calls, puts, net and 0DTE, price as height. profile: net gamma against spot. heat: net
    gamma by strike and expiration. expirations: gamma by expiration. hedging: what dealers trade after moves of spot.

    Of what expires today, or next: surface: net gamma by price and time to the expiry. charm: dealers' trades as time
    passes, by price and time. path: those trades at this spot, summed. pin: the odds of each strike.
    """
    if len(sources) > 1 and not merging.merge:
        raise click.UsageError("a picture is of one book: give one SOURCE, or --merge")
    form = "svg" if form is None and output is None else sink.format_of(OutputOptions(form, output, "never"), FORMATS)
    batch = batch_of(sources, read, settings, merging)
    if kind in KINDS:
        drawn = drawings(batch, kind, theme)
    elif merging.merge:
        raise click.UsageError(f"{kind} is of one book's expiration: give one SOURCE without --merge")
    else:
        drawn = expiring(batch, kind, theme, every)  # type: ignore[arg-type]
    sink.emit(pictures(drawn, form), output)
    return batch.exit_code


def drawings(batch: Batch, kind: Kind, theme: ThemeName) -> Iterator[Drawing]:
    """Yield the chart of an analysis, if its source can be had."""
    for analysis in batch:
        from gex.plot.charts import chart

        yield chart(analysis, kind, theme)


def expiring(batch: Batch, kind: ZeroDteKind, theme: ThemeName, every: float) -> Iterator[Drawing]:
    """Yield the chart of what expires, if its source can be had."""
    plan = plan_of(every, VOL_MOVE, GAMMA_MOVE)
    for view in batch.each(lambda source: view_of(source, batch.read, batch.settings, plan)):
        from gex.plot.zero_dte import chart

        yield chart(view, kind, theme)


def pictures(drawn: Iterator[Drawing], form: Format) -> Iterator[bytes]:
    """Yield charts in the form asked for."""
    for drawing in drawn:
        from gex.cli.render.pictures import in_form

        yield in_form(drawing, form)
