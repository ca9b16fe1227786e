"""`gex open-close`: market makers' positions from Cboe's Open-Close summaries, as a file for --positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gex.cli import options, sink

if TYPE_CHECKING:
    import polars as pl

    from gex.cli.options import Format, OutputOptions
    from gex.ingest.open_close import Intervals, OpenClose

FORMATS: tuple[Format, ...] = ("csv", "parquet")
INTERVALS = ("cumulative", "incremental")


@click.command("open-close")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--underlying", metavar="SYMBOL", help="Which one, where the summaries hold several.")
@click.option(
    "--intervals",
    type=click.Choice(INTERVALS),
    help="What rows of 10-minute summaries count: the day so far, or their own ten minutes.",
)
@click.option("--accept-unbalanced", is_flag=True, help="Go on where a row's buys and sells differ.")
@options.output_options(*FORMATS)
@options.logging_options
def command(
    files: tuple[str, ...],
    underlying: str | None,
    intervals: Intervals | None,
    accept_unbalanced: bool,
    output: OutputOptions,
) -> None:
    """Add up market makers' net positions from Cboe's Open-Close summaries (experimental).

    What all others bought less what they sold over the files given, negated; expired contracts are out. The result is a
    file for --positions of a snapshot taken after the last summary.
    """
    form = sink.format_of(output, FORMATS)
    from gex.ingest.open_close import read_open_close

    found = read_open_close(files, underlying, intervals)
    _tell(found, accept_unbalanced=accept_unbalanced)
    sink.emit([sink.table_chunk(_book(found), "csv" if form == "table" else form)], output.output)


def _tell(found: OpenClose, *, accept_unbalanced: bool) -> None:
    """Say what the positions rest on.

    Raises:
        ContentError: Buys and sells of a row differ, and nobody accepted that.

    """
    from gex.cli.log import LOGGER
    from gex.ingest.errors import ContentError

    if found.unbalanced:
        text = f"{len(found.unbalanced)} of {found.rows} rows: buys, sells and total volume differ"
        if not accept_unbalanced:
            raise ContentError(f"{text}; --accept-unbalanced goes on", source=found.unbalanced[0])
        LOGGER.warning("%s: %s", found.unbalanced[0], text)
    if found.nonstandard:
        LOGGER.warning("%d rows of adjusted contracts left out", found.nonstandard)
    LOGGER.warning(
        "%d contracts by trades from %s to %s; what was open before is not in it",
        *(found.table.height, found.first, found.last),
    )


def _book(found: OpenClose) -> pl.DataFrame:
    """Return the positions under their option symbols."""
    from gex.ingest.contracts import option_symbol

    return found.table.select(option_symbol().alias("contract"), "contracts")
