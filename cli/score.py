"""`gex score`: levels graded day by day beside placebo levels, ours and those that vendors published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gex.cli import options, sink
from gex.cli.log import LOGGER
from gex.cli.series import SeriesOptions, needed_results, read_series, series_options, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from gex.cli.options import Format, OutputOptions
    from gex.cli.render.score import Graded
    from gex.score import On, Score

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")


@click.command("score")
@click.argument("symbol", metavar="SYMBOL")
@series_options
@click.option(
    "--prices",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Daily history with highs and lows. [default: the one in --store, else the results' own spots]",
)
@click.option(
    "--on",
    type=click.Choice(["next", "same"]),
    default="next",
    show_default=True,
    help="Grade the last snapshot's levels on the session after, or the first one's before noon on their own session.",
)
@options.store_option
@options.output_options(*FORMATS)
@click.option(
    "--table",
    type=click.Choice(["grades", "events"]),
    default="grades",
    show_default=True,
    help="Which table csv and parquet hold: a row an outcome, or a row a level and session.",
)
@options.logging_options
def command(
    symbol: str, given: SeriesOptions, prices: str | None, on: On, store: Path | None, output: OutputOptions, table: str
) -> None:
    """Grade the levels of SYMBOL, each on the session after its own, beside placebo levels as far from spot.

    Ours are of the last snapshot of each session; vendors' are those that gex compare kept. How often a level holds
    says nothing by itself: prices seldom move that far.
    """
    from gex.cli.render.score import Graded
    from gex.cli.score_inputs import levels_of, prices_of, published_of, sessions_of
    from gex.score import score

    form = sink.format_of(output, FORMATS)
    rows = read_series(symbol, given)
    daily = prices_of(rows, prices, store)
    if daily.note:
        LOGGER.warning("%s", daily.note)
    sessions = sessions_of(rows.filter(shown(rows, given)), on)
    levels = published_of(levels_of(sessions, given, on), sessions["underlying"][0], needed_results(given.results), on)
    found = score(levels, daily.frame, on=on)
    sink.emit(_chunks(found, sessions, Graded(daily.name, on), form, output, table), output.output)


def _chunks(
    found: Score, sessions: pl.DataFrame, graded: Graded, form: Format, output: OutputOptions, table: str
) -> Iterator[str | bytes]:
    from gex.cli.render import score as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        terminal = detect(output.color) if output.output is None else Terminal()
        yield render.screen(found, sessions, graded, terminal)
    elif form == "json":
        yield dumps(jsonable(render.document(found, sessions, graded))) + "\n"
    elif form == "jsonl":
        yield from (dumps(jsonable(row), indent=None) + "\n" for row in render.grades(found))
    else:
        yield sink.table_chunk(found.events if table == "events" else render.grades_frame(found), form)
