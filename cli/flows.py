"""`gex flows`: what dealers, leveraged funds and others must trade in a session, by price and time, on one curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import click

from gex.cli import options, sink, values
from gex.cli.flow_options import FlowOptions, flow_options
from gex.cli.flow_parts import parts_of, scene_of, stale
from gex.cli.funds_file import funds_of
from gex.cli.histories import HistoryOptions, history_options

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    import polars as pl

    from gex.analysis import Priced
    from gex.cli.flow_parts import Scene
    from gex.cli.histories import Histories
    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.cli.render.flows_document import Shown
    from gex.cli.render.terminal import Terminal
    from gex.flows.funds import Fund
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "csv", "parquet", "svg", "png")
Table = Literal["curve", "orders", "strikes", "funds", "events"]
STEPS = 24
"""Prices either side of spot."""


@click.command("flows", short_help="Show what others must trade in the session, by price and time.")
@click.argument("source", required=False)
@flow_options
@history_options
@click.option(
    "--fund-history",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Assets and value a share of funds by day: the days on which they were liquidated, ranked.",
)
@click.option(
    "--side",
    type=click.Choice(["inverse", "leveraged"]),
    default="inverse",
    show_default=True,
    help="Of --fund-history: which funds count.",
)
@click.option(
    "--least",
    default="0",
    show_default=True,
    metavar="DOLLARS",
    callback=values.dollars_of,
    help="Of --fund-history: the smallest event.",
)
@click.option(
    "--table",
    type=click.Choice(get_args(Table)),
    default="curve",
    show_default=True,
    help="Which table csv and parquet hold.",
)
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    source: str | None,
    given: FlowOptions,
    where: HistoryOptions,
    fund_history: str | None,
    side: str,
    least: float,
    table: Table,
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
) -> None:
    """Show what others must trade in the session: dollars by who, price and time, and the order book they make.

    Dealers' hedging of the chain in SOURCE by full re-pricing, leveraged and inverse funds at the close, volatility control
    from --histories. Who cannot be told for lack of data is named with the reason. Without SOURCE, the session after the
    history's last close, or after --as-of.
    """
    form = sink.format_of(output, FORMATS)
    check(source, given, fund_history, table)
    funds = funds_of(given.funds)
    events = events_of(fund_history, side, least, funds)
    if events is not None and source is None and not (given.history or where.histories or where.series):
        chunks = _events_alone(events, form, output)
    else:
        base = None if source is None else priced_of(source, read, settings)
        scene = scene_for(base, where, given.history, given.as_of, given.previous_close, read.underlying)
        shown = shown_of(scene, given, funds, events)
        chunks = _chunks(shown, form, table, output)
    sink.emit(chunks, output.output)


def check(source: str | None, given: FlowOptions, fund_history: str | None, table: Table) -> None:
    """Refuse options that don't go together.

    Raises:
        click.UsageError: Says which, and what is needed.

    """
    if source is not None and given.as_of is not None:
        raise click.UsageError("--as-of goes without SOURCE: a chain has its own date")
    if table == "events" and fund_history is None:
        raise click.UsageError("--table events needs --fund-history FILE")
    if source is None and table in {"orders", "strikes"}:
        raise click.UsageError(f"--table {table} needs a SOURCE: they are of the chain's options")


def priced_of(source: str, read: ReadOptions, settings: Settings) -> Priced:
    """Read a chain and price it.

    Raises:
        ChainError: It cannot be found, read or priced.

    """
    from gex.analysis import priced
    from gex.cli.sources import answered, open_chain

    return answered(open_chain(source, read, settings.spot), settings, source, priced)


def scene_for(
    base: Priced | None,
    where: HistoryOptions,
    named: str | None = None,
    as_of: dt.date | None = None,
    previous_close: float | None = None,
    underlying: str | None = None,
) -> Scene:
    """Read the history if one was named, or lies in the folder under the underlying's name; else as `scene_of`.

    Raises:
        MissingError: The one named is not there; or there is neither chain nor history.
        ChainError: It cannot be read.

    """
    from gex.cli.histories import load

    return scene_among(load(where), base, named, as_of, previous_close, underlying)


def scene_among(
    histories: Histories,
    base: Priced | None,
    named: str | None = None,
    as_of: dt.date | None = None,
    previous_close: float | None = None,
    underlying: str | None = None,
) -> Scene:
    """Find the scene with the histories there are; errors as `scene_for`."""
    from gex.cli.histories import history_of

    name = named or (base.chain.underlying if base else underlying or "SPX")
    history = history_of(histories, name) if named or name in histories or not base else None
    return scene_of(base, history, as_of=as_of, previous_close=previous_close, underlying=underlying)


def events_of(path: str | None, side: str, least: float, funds: tuple[Fund, ...]) -> pl.DataFrame | None:
    """Return the liquidations in a history of funds, largest first; None where there is none.

    Raises:
        ChainError: The file cannot be read, or has none of the funds.

    """
    if path is None:
        return None
    from gex.flows.liquidations import liquidations
    from gex.ingest.errors import ChainError, ContentError
    from gex.ingest.fund_history import read_fund_history

    leverage = {fund.ticker: fund.leverage for fund in funds if (fund.leverage < 0) == (side == "inverse")}
    try:
        return liquidations(read_fund_history(path), leverage, least_usd=least).sort("rank")
    except ChainError:
        raise
    except ValueError as error:
        raise ContentError(str(error), source=path) from error


def shown_of(scene: Scene, given: FlowOptions, funds: tuple[Fund, ...], events: pl.DataFrame | None) -> Shown:
    """Put everyone on the curve.

    Raises:
        MissingError: Nobody can be told.
        click.UsageError: Volatility can't move so far.

    """
    from gex.cli.render.flows_document import Shown
    from gex.flows.session import gather, moves
    from gex.ingest.errors import MissingError

    parts = parts_of(scene, given, funds)
    spots, elapsed = moves(scene.spot, given.reach, STEPS), scene.session.grid(given.every)
    try:
        flows = gather(
            scene.underlying, scene.session, spots, elapsed, parts, spot=scene.spot, previous_close=scene.previous_close
        )
    except ValueError as error:
        nobody = all(part.flow is None for part in parts)
        raise (MissingError(str(error)) if nobody else click.UsageError(str(error))) from error
    old = [text for part in parts if (text := stale(part, scene.session))]
    return Shown(flows, scene.base, funds, (*scene.warnings, *old), events)


def _events_alone(events: pl.DataFrame, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    """Yield the liquidations where there is nothing else to go by.

    Raises:
        click.UsageError: A picture is asked for.

    """
    if form in {"svg", "png"}:
        raise click.UsageError("a picture is of the curve: give a SOURCE or --histories")
    if form == "table":
        from gex.cli.render.flows import liquidations

        yield "\n".join(liquidations(events, _terminal(output))) + "\n"
    elif form == "json":
        from gex.cli.render.document import dumps, jsonable
        from gex.cli.render.flows_document import SCHEMA_VERSION

        yield dumps(jsonable({"schema_version": SCHEMA_VERSION, "events": events.to_dicts()})) + "\n"
    else:
        yield sink.table_chunk(events, form)


def _terminal(output: OutputOptions) -> Terminal:
    from gex.cli.render.terminal import Terminal, detect

    return detect(output.color) if output.output is None else Terminal()


def _chunks(shown: Shown, form: Format, table: Table, output: OutputOptions) -> Iterator[str | bytes]:
    if form == "table":
        from gex.cli.render.flows import screen

        yield screen(shown, _terminal(output))
    elif form in {"svg", "png"}:
        from gex.cli.render.flows_picture import picture

        yield picture(shown, form)
    elif form == "json":
        from gex.cli.render.document import dumps, jsonable
        from gex.cli.render.flows_document import document

        yield dumps(jsonable(document(shown))) + "\n"
    else:
        from gex.cli.render.flows_document import frame_of

        yield sink.table_chunk(frame_of(shown, table), form)
