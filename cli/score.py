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
    from gex.score import Score

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")


@click.command("score")
@click.argument("symbol", metavar="SYMBOL")
@series_options
@click.option(
    "--prices",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Daily prices as Cboe's history CSV. [default: the history in --store, else the results' own spots]",
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
    symbol: str, given: SeriesOptions, prices: str | None, store: Path | None, output: OutputOptions, table: str
) -> None:
    """Grade the levels of SYMBOL, each on the session after its own, beside placebo levels as far from spot.

    Ours are of the last snapshot of each session; vendors' are those that gex compare kept. How often a level holds says
    nothing by itself: prices seldom move that far.
    """
    from gex.cli.score_inputs import levels_of, prices_of, published_of
    from gex.score import score

    form = sink.format_of(output, FORMATS)
    rows = read_series(symbol, given)
    daily = prices_of(rows, prices, store)
    if daily.note:
        LOGGER.warning("%s", daily.note)
    sessions = rows.filter(shown(rows, given)).group_by("quote_date", maintain_order=True).last()
    levels = levels_of(sessions, needed_results(given.results), given.spec)
    found = score(published_of(levels, needed_results(given.results), symbol), daily.frame)
    sink.emit(_chunks(found, sessions, daily.name, form, output, table), output.output)


def _chunks(
    found: Score, sessions: pl.DataFrame, prices: str, form: Format, output: OutputOptions, table: str
) -> Iterator[str | bytes]:
    from gex.cli.render import score as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        terminal = detect(output.color) if output.output is None else Terminal()
        yield render.screen(found, sessions, prices, terminal)
    elif form == "json":
        yield dumps(jsonable(render.document(found, sessions, prices))) + "\n"
    elif form == "jsonl":
        yield from (dumps(jsonable(row), indent=None) + "\n" for row in render.grades(found))
    else:
        yield sink.table_chunk(found.events if table == "events" else render.grades_frame(found), form)
