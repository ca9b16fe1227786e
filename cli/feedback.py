"""`gex feedback`: what dealers' hedging does to the moves that cause it, where prices break away, and a simulated day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import click

from gex.cli import options, sink
from gex.cli.feedback_options import day_options, impact_options
from gex.cli.funds_file import funds_of
from gex.cli.histories import history_options
from gex.cli.sources import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.analysis import Priced
    from gex.cli.feedback_options import DayOptions, ImpactOptions
    from gex.cli.histories import HistoryOptions
    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.cli.render.feedback_document import DayShown, Shown
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
Table = Literal["summary", "folds", "day"]
RUNGS, FEW_RUNGS = 400, 50
"""Prices either side of spot that a day is drawn on: few where each is priced by itself, volatility moving with it."""


@click.command("feedback", short_help="Say what dealers' hedging does to the moves that cause it.")
@options.sources_argument
@impact_options
@day_options
@history_options
@click.option(
    "--table",
    type=click.Choice(get_args(Table)),
    default="summary",
    show_default=True,
    help="Which table csv and parquet hold.",
)
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...],
    given: ImpactOptions,
    simulated: DayOptions,
    where: HistoryOptions,
    table: Table,
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
) -> int:
    """Say what dealers' hedging of each SOURCE does to the moves that cause it.

    Moves grow where dealers are short gamma and shrink where they are long: by how much, how far the market is from
    having no equilibrium, and at which prices it would break away, for an impact that you give (--impact) or that follows
    from --adv and --daily-volatility.
    """
    if simulated.day and (given.of_market is None or given.daily_volatility is None):
        raise click.UsageError("--day needs --daily-volatility, and --impact or --adv")
    if table == "day" and not simulated.day:
        raise click.UsageError("--table day needs --day")
    form, batch = sink.format_of(output, FORMATS), Batch(sources, read, settings)
    views = batch.each(lambda source: shown_of(source, read, settings, given, simulated, where))
    sink.emit(_chunks(views, form, table, output, several=batch.several), output.output)
    return batch.exit_code


def shown_of(
    source: str,
    read: ReadOptions,
    settings: Settings,
    given: ImpactOptions,
    simulated: DayOptions,
    where: HistoryOptions,
) -> Shown:
    """Read a source and say what hedging it does.

    Raises:
        ChainError: It cannot be found, read or priced; or the history is not there.

    """
    from gex.cli.flows import priced_of
    from gex.cli.render.feedback_document import Shown
    from gex.flows.chain_feedback import feedback_of

    base = priced_of(source, read, settings)
    found = feedback_of(base.book, base.market.level, given.of_market, reach=given.reach)
    return Shown(base, found, given.daily_volatility, day_of(base, given, simulated, where) if simulated.day else None)


def day_of(base: Priced, given: ImpactOptions, simulated: DayOptions, where: HistoryOptions) -> DayShown:
    """Simulate the rest of the session, or the next one: dealers, and the others where they can be told.

    Contracts are priced as European: early exercise would take a hundred times as long.

    Raises:
        ChainError: The history is not there, or in other units.

    """
    from gex.cli.flow_parts import dealers, leveraged_funds, trend_followers
    from gex.cli.flows import scene_for
    from gex.cli.render.feedback_document import DayShown
    from gex.flows.day import DayPlan, simulate
    from gex.flows.day_statistics import statistics

    european = replace(base, book=base.book.european())
    scene = scene_for(european, where, previous_close=simulated.previous_close)
    parts = dealers(scene), leveraged_funds(scene, funds_of(simulated.funds)), trend_followers(scene)
    session = scene.session
    steps = max(2, round(session.minutes * (1.0 - session.begun) / simulated.step))
    plan = DayPlan(
        given.daily_volatility or 0.0,
        steps=steps,
        since=min(session.begun, 0.999),
        late=simulated.late,
        days=simulated.sessions,
        seed=simulated.seed,
        rungs=RUNGS if base.book.dynamics is None else FEW_RUNGS,
    )
    law = given.of_market
    if law is None:
        raise click.UsageError("--day needs an impact")
    days = simulate([part.flow for part in parts if part.flow is not None], law, scene.spot, plan)
    found = statistics(days, variance_steps=min(20, steps), closing=session.closing)
    return DayShown(session, plan, parts, days, found)


def _chunks(
    views: Iterator[Shown], form: Format, table: Table, output: OutputOptions, *, several: bool
) -> Iterator[str | bytes]:
    if form == "table":
        from gex.cli.render.feedback import screen
        from gex.cli.render.terminal import Terminal, detect

        terminal = detect(output.color) if output.output is None else Terminal()
        for number, view in enumerate(views):
            yield ("\n" if number else "") + screen(view, terminal)
    elif form in {"json", "jsonl"}:
        from gex.cli.render.document import dumps, jsonable
        from gex.cli.render.feedback_document import document

        texts = (dumps(jsonable(document(view)), indent=None if form == "jsonl" else 2) for view in views)
        yield from (f"{text}\n" for text in texts) if form == "jsonl" else sink.json_chunks(texts, array=several)
    else:
        import polars as pl

        from gex.cli.render.feedback_document import frame_of

        frames = [frame_of(view, table) for view in views]
        if frames:
            yield sink.table_chunk(pl.concat(frames, how="vertical_relaxed"), form)
