"""`gex feedback`: what dealers' hedging does to the moves that cause it, where prices break away, and a simulated day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from gex.cli import options, sink, values
from gex.cli.histories import HistoryOptions, history_options
from gex.cli.sources import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.analysis import Priced
    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.cli.render.feedback_document import DayShown, Shown
    from gex.flows.impact import LinearImpact, SquareRootImpact
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
Law = Literal["kyle", "square-root"]
Table = Literal["summary", "folds", "day"]


@dataclass(frozen=True)
class ImpactOptions:
    """How far a dollar moves the price; None for what nobody gave."""

    impact: float | None
    adv: float | None
    daily_volatility: float | None
    law: Law
    prefactor: float
    reach: float

    def __post_init__(self) -> None:
        """Refuse half of a law, and two of them.

        Raises:
            ValueError: Says what to give.

        """
        if self.impact is not None and self.adv is not None:
            raise ValueError("--impact is the law already: give it, or --adv with --daily-volatility")
        if self.adv is not None and not self.adv > 0:
            raise ValueError(f"--adv must be above 0, got {self.adv:g}")
        if self.adv is not None and self.daily_volatility is None:
            raise ValueError("--adv needs --daily-volatility: 1% for a standard deviation of 1% a day")
        if self.daily_volatility == 0:
            raise ValueError("--daily-volatility must be above 0")
        if not 0.001 <= self.reach <= 0.5:
            raise ValueError(f"--reach must lie from 0.1% to 50%, got {100 * self.reach:g}%")

    @property
    def of_market(self) -> LinearImpact | SquareRootImpact | None:
        """The law; None where nothing was given."""
        from gex.flows.impact import LinearImpact, SquareRootImpact, kyle_impact

        if self.impact is not None:
            return LinearImpact(self.impact)
        if self.adv is None or self.daily_volatility is None:
            return None
        make = SquareRootImpact if self.law == "square-root" else kyle_impact
        return make(self.adv, self.daily_volatility, self.prefactor)


@dataclass(frozen=True)
class DayOptions:
    """How the rest of the session is simulated."""

    day: bool
    seed: int
    sessions: int
    step: float
    late: bool
    previous_close: float | None
    funds: Path | None


def some_share(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read a share that may be left out."""
    return None if value is None else values.share_of(ctx, param, value)


impact_options = options.gathered(
    ImpactOptions,
    "given",
    options.setting(
        "--impact",
        type=click.FloatRange(0, min_open=True),
        metavar="RETURN",
        help="Return that $1 of net buying causes: 1e-12 is 1% for $10bn. In place of --adv.",
    ),
    options.setting(
        "--adv",
        metavar="DOLLARS",
        callback=values.dollars_of,
        help="Average daily volume of all that hedgers trade in, shares and futures: 500bn.",
    ),
    options.setting(
        "--daily-volatility",
        metavar="SHARE",
        callback=some_share,
        help="Standard deviation of a day's return without feedback: 1%.",
    ),
    options.setting(
        "--law",
        type=click.Choice(get_args(Law)),
        default="kyle",
        show_default=True,
        help="Of --adv: every dollar alike, a day's volume moving the price a day's volatility, or by the square root.",
    ),
    options.setting(
        "--prefactor",
        type=click.FloatRange(0, min_open=True),
        default=1.0,
        show_default=True,
        metavar="Y",
        help="Of --adv: multiplies the impact.",
    ),
    click.option(
        "--reach",
        default="10%",
        show_default=True,
        metavar="SHARE",
        callback=values.share_of,
        help="How far from spot prices that break away are looked for.",
    ),
)
day_options = options.gathered(
    DayOptions,
    "simulated",
    click.option("--day", is_flag=True, help="Simulate the rest of the session, with and without feedback."),
    click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of --day: of the noise."),
    click.option(
        "--sessions",
        type=click.IntRange(1, 20_000),
        default=500,
        show_default=True,
        help="Of --day: how many the statistics are of; the first is shown.",
    ),
    click.option(
        "--step", type=click.FloatRange(1, 60), default=5.0, show_default=True, metavar="MINUTES", help="Of --day."
    ),
    click.option("--late", is_flag=True, help="Of --day: hedgers trade one step late, else at once."),
    click.option(
        "--previous-close",
        type=click.FloatRange(0, min_open=True),
        metavar="PRICE",
        help="Of --day: close that leveraged funds count from. [default: the history's]",
    ),
    click.option(
        "--funds",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Of --day: a table of leveraged funds of your own (TOML).",
    ),
)


@click.command("feedback")
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
    """Simulate the rest of the session, or the next one: dealers, and leveraged funds where they can be told.

    Contracts are priced as European: early exercise would take a hundred times as long.

    Raises:
        ChainError: The history is not there, or in other units.

    """
    from gex.cli.flow_parts import dealers, leveraged_funds
    from gex.cli.flows import funds_of, scene_for
    from gex.cli.render.feedback_document import DayShown
    from gex.flows.day import DayPlan, simulate
    from gex.flows.day_statistics import statistics

    flow_options = _flow_options(simulated)
    scene = scene_for(replace(base, book=base.book.european()), flow_options, where)
    parts = dealers(scene, flow_options), leveraged_funds(scene, flow_options, funds_of(flow_options))
    session = scene.session
    steps = max(2, round(session.minutes * (1.0 - session.begun) / simulated.step))
    plan = DayPlan(
        given.daily_volatility or 0.0,
        steps=steps,
        since=min(session.begun, 0.999),
        late=simulated.late,
        days=simulated.sessions,
        seed=simulated.seed,
    )
    law = given.of_market
    if law is None:
        raise click.UsageError("--day needs an impact")
    days = simulate([part.flow for part in parts if part.flow is not None], law, scene.spot, plan)
    return DayShown(session, plan, parts, days, statistics(days, variance_steps=min(20, steps)))


def _flow_options(simulated: DayOptions) -> Any:
    """Return the options of `gex flows` that its parts are made with, those that matter here as given."""
    from gex.cli.flow_parts import FlowOptions

    return FlowOptions(
        history=None,
        as_of=None,
        previous_close=simulated.previous_close,
        funds=simulated.funds,
        created={},
        vol_control_aum=None,
        vol_control_target=0.1,
        vol_control_cap=1.5,
        vol_control_lag=1,
        vol_move=0.0,
        reach=0.03,
        every=30.0,
    )


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
