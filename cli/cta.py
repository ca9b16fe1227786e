"""`gex cta`: trend followers in an index: where their signals turn, what they hold, what they would trade."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import click

from gex.cli import options, sink, values
from gex.cli.histories import HistoryOptions, history_argument, history_of, history_options, load

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.cli.options import Format, OutputOptions
    from gex.cli.render.cta_screen import Asked
    from gex.flows.trend import TrendModel
    from gex.flows.trend_report import TrendReport
    from gex.flows.triggers import Rule
    from gex.ingest.daily_schema import DailyHistory

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
Table = Literal["triggers", "flows", "systems"]
STALE = 7
"""Days after the last row from which a date is no more its evening."""


def rules_of(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[Rule, ...]:
    """Read rules, each once."""
    if not given:
        return ()
    from gex.flows.triggers import Rule

    try:
        return tuple(dict.fromkeys(Rule.read(text) for text in given))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@dataclass(frozen=True)
class TrendOptions:
    """What trend followers are taken to do."""

    rules: tuple[Rule, ...]
    window: int | None
    full_size: float | None
    target_volatility: float | None


trend_options = options.gathered(
    TrendOptions,
    "given",
    click.option(
        "--rule",
        "rules",
        multiple=True,
        metavar="RULE",
        callback=rules_of,
        help="Triggers of these alone: ema:38, ema:8/24, sma:200, sma:20/120, momentum:252. May be repeated.",
    ),
    click.option(
        "--window",
        type=click.IntRange(1),
        metavar="N",
        help="Sessions that make the past of the percentile. [default: all]",
    ),
    click.option(
        "--full-size",
        metavar="DOLLARS",
        callback=values.dollars_of,
        help="Of a full position: 100bn. [default: fitted, for SPX alone]",
    ),
    click.option(
        "--target-volatility",
        metavar="RATE",
        callback=values.rate_of,
        help="At or below this volatility a year a full signal is held in full. [default: fitted]",
    ),
)


@click.command("cta", short_help="Show what trend followers hold, and where they turn.")
@history_argument
@click.option(
    "--as-of",
    metavar="DATE",
    callback=values.day_of,
    help="After this day's close; later rows are not read. [default: the last]",
)
@trend_options
@history_options
@options.output_options(*FORMATS)
@click.option(
    "--table",
    type=click.Choice(["triggers", "flows", "systems"]),
    default="triggers",
    show_default=True,
    help="Which table csv and parquet hold.",
)
@options.logging_options
def command(
    history: str, as_of: dt.date | None, given: TrendOptions, where: HistoryOptions, output: OutputOptions, table: Table
) -> None:
    """Show what trend followers (CTAs) hold in HISTORY, where their signals turn, and what they would buy or sell.

    HISTORY is a file of daily closes, or a name among --histories and --series. Dollars are fitted to what Goldman Sachs
    has published; each has the fit's error beside it.
    """
    form = sink.format_of(output, FORMATS)
    daily = history_of(load(where), history)
    report, asked = report_of(daily, as_of, given)
    sink.emit(_chunks(report, asked, form, output, table), output.output)


def report_of(daily: DailyHistory, as_of: dt.date | None, given: TrendOptions) -> tuple[TrendReport, Asked]:
    """Compute the report of the last session on or before a date.

    Raises:
        click.UsageError: The model is none.
        MissingError: The history ends before the date.
        ContentError: It begins after it, or is too short.

    """
    from gex.cli.render.cta_screen import Asked
    from gex.flows.trend_report import trend_report
    from gex.flows.triggers import RULES
    from gex.ingest.errors import ContentError

    count = rows_until(daily, as_of)
    model = model_of(given)
    try:
        report = trend_report(
            daily.name,
            daily.dates[:count],
            daily.column()[:count],
            model=model,
            priced=given.full_size is not None,
            rules=given.rules or RULES,
            window=given.window,
        )
    except ValueError as error:
        raise ContentError(f"{error}, up to {daily.dates[count - 1]}", source=daily.source.path) from None
    return report, Asked(as_of, daily.source.path, daily.source.sha256)


def rows_until(daily: DailyHistory, as_of: dt.date | None) -> int:
    """Return how many rows are of that date or earlier.

    Raises:
        MissingError: The last row is a week or more before the date.
        ContentError: The first one is after it.

    """
    from gex.ingest.errors import ContentError, MissingError

    days = daily.frame["date"].to_list()
    if as_of is None:
        return len(days)
    if as_of < days[0]:
        raise ContentError(f"{daily.name} begins on {days[0]}, after {as_of}", source=daily.source.path)
    if (as_of - days[-1]).days > STALE:
        raise MissingError(f"{daily.name} ends on {days[-1]}, long before {as_of}", source=daily.source.path)
    return sum(day <= as_of for day in days)


def model_of(given: TrendOptions) -> TrendModel:
    """Return the fit, with what options change of it.

    Raises:
        click.UsageError: Nobody could trade it.

    """
    from gex.flows.trend import TrendModel

    wanted = {"full_size_usd": given.full_size, "target_volatility": given.target_volatility}
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    try:
        return replace(TrendModel(), **changes)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _chunks(
    report: TrendReport, asked: Asked, form: Format, output: OutputOptions, table: Table
) -> Iterator[str | bytes]:
    from gex.cli.render import cta_document as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        from gex.cli.render.cta_screen import screen

        yield screen(report, asked, detect(output.color) if output.output is None else Terminal())
    elif form in {"json", "jsonl"}:
        yield dumps(jsonable(render.document(report, asked)), indent=2 if form == "json" else None) + "\n"
    else:
        yield sink.table_chunk(render.frame(report, table), form)
