"""`gex zero-dte`: what expires today, to the minute: moves, positions side by side, hedging path, price x time maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import click

from gex.cli import options, sink, values
from gex.cli.sources import Batch, answered, open_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.intraday import Plan
    from gex.intraday_results import ZeroDte
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
Table = Literal["path", "surface", "odds", "positions", "sessions"]
Map = Literal["gamma", "delta", "charm", "hedge", "none"]
VOL_MOVE, GAMMA_MOVE = 1.0, 0.001
every_option = click.option(
    "--every",
    type=click.FloatRange(1, 1440),
    default=15.0,
    show_default=True,
    metavar="MINUTES",
    help="Length of the hedging path's intervals.",
)


@click.command("zero-dte")
@options.sources_argument
@every_option
@click.option(
    "--vol-move",
    type=click.FloatRange(-100, 100),
    default=VOL_MOVE,
    show_default=True,
    metavar="POINTS",
    help="Volatility points of the move that vanna's trades are given for.",
)
@click.option(
    "--gamma-move",
    default=f"{GAMMA_MOVE:.1%}",
    show_default=True,
    metavar="SHARE",
    callback=values.share_of,
    help="Gamma is averaged over this move of spot either way: finite to the last minute.",
)
@click.option(
    "--heat",
    "shown",
    type=click.Choice(get_args(Map)),
    default="gamma",
    show_default=True,
    help="Which price x time map the table draws.",
)
@click.option("--surface", is_flag=True, help="Add the price x time surfaces to JSON.")
@click.option(
    "--table",
    type=click.Choice(get_args(Table)),
    default="path",
    show_default=True,
    help="Which table csv and parquet hold.",
)
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...],
    every: float,
    vol_move: float,
    gamma_move: float,
    shown: Map,
    surface: bool,
    table: Table,
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
) -> int:
    """Show what expires today in each SOURCE: moves, positions, hedging path, price x time maps.

    Where nothing expires today any more, the next expiration is shown, and said so. --expirations picks
    one: 0dte (fails where there is none), next, or a date. --at moves the clock.
    """
    batch, plan = Batch(sources, read, settings), plan_of(every, vol_move, gamma_move)
    form = sink.format_of(output, FORMATS)
    views = batch.each(lambda source: view_of(source, read, settings, plan))
    if form == "table":
        chunks: Iterator[str | bytes] = screens(views, output, shown)
    elif form in {"json", "jsonl"}:
        chunks = documents(views, form, surface=surface, several=batch.several)
    else:
        chunks = tables(views, form, table)
    sink.emit(chunks, output.output)
    return batch.exit_code


def plan_of(every: float, vol_move: float, gamma_move: float) -> Plan:
    """Return what to look at, with the calendar that the library does without.

    Raises:
        click.UsageError: A value is out of range.

    """
    from gex.ingest.calendar import expiration_session, session_open, sessions_between
    from gex.intraday import Plan

    try:
        return Plan(
            every_minutes=every,
            vol_points=vol_move,
            move=gamma_move,
            opens_at=lambda expiration: session_open(expiration_session(expiration)),
            sessions_of=sessions_between,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def view_of(source: str, read: ReadOptions, settings: Settings, plan: Plan) -> ZeroDte:
    """Read a source and look at what expires.

    Raises:
        ChainError: The source cannot be found, read or analysed, or has no such expiration.

    """
    chain = open_chain(source, read, settings.spot)
    from gex.intraday import zero_dte

    return answered(chain, settings, source, lambda chain, settings: zero_dte(chain, settings, plan))


def screens(views: Iterator[ZeroDte], output: OutputOptions, shown: Map) -> Iterator[str]:
    """Yield one screen per source."""
    from gex.cli.render.terminal import Terminal, detect
    from gex.cli.render.zero_dte import screen

    terminal = detect(output.color) if output.output is None else Terminal()
    for number, view in enumerate(views):
        yield ("\n" if number else "") + screen(view, terminal, shown)


def documents(views: Iterator[ZeroDte], form: Format, *, surface: bool, several: bool) -> Iterator[str]:
    """Yield JSON: one value, an array for several sources, or an object a line."""
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.zero_dte_document import document

    indent = None if form == "jsonl" else 2
    texts = (dumps(jsonable(document(view, surface=surface)), indent=indent) for view in views)
    yield from (f"{text}\n" for text in texts) if form == "jsonl" else sink.json_chunks(texts, array=several)


def tables(views: Iterator[ZeroDte], form: Format, table: Table) -> Iterator[bytes]:
    """Yield one long table over all sources, its source and expiration beside each row."""
    import polars as pl

    from gex.cli.render.zero_dte_document import frame_of

    frames: list[pl.DataFrame] = [frame_of(view, table) for view in views]
    if frames:
        yield sink.table_chunk(pl.concat(frames, how="vertical_relaxed"), form)
