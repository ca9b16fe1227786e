"""`gex regress`: what a series of gamma says of the moves after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from gex.cli import options, sink, values
from gex.cli.histories import HistoryOptions, history_argument, history_of, history_options, load

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    import numpy as np

    from gex.cli.histories import Histories
    from gex.cli.options import Format, OutputOptions
    from gex.cli.render.regress import Regressed
    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")


@dataclass(frozen=True)
class RegressOptions:
    """What is held against what, and for which dates of gamma."""

    gamma: str
    before_close: str | None
    since: dt.date | None
    until: dt.date | None
    lags: int | None

    def __post_init__(self) -> None:
        """Refuse dates in the wrong order."""
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"--since {self.since} is after --until {self.until}")


regress_options = options.gathered(
    RegressOptions,
    "asked",
    click.option(
        "--gamma",
        required=True,
        metavar="NAME|FILE",
        help="Series of gamma, known at each day's close: a name among the histories, or FILE#COLUMN.",
    ),
    click.option(
        "--before-close",
        metavar="NAME|FILE",
        help="Series of prices half an hour before the close: adds the last half hour.",
    ),
    click.option("--since", metavar="DATE", callback=values.day_of, help="First date of gamma that counts."),
    click.option(
        "--until", metavar="DATE", callback=values.day_of, help="Last one; what came after is still its future."
    ),
    click.option(
        "--lags", type=click.IntRange(0), metavar="N", help="Of Newey and West's errors. [default: by their rule]"
    ),
)


@click.command("regress", short_help="Regress the next day and the last half hour on gamma before.")
@history_argument
@regress_options
@history_options
@options.output_options(*FORMATS)
@options.logging_options
def command(history: str, asked: RegressOptions, where: HistoryOptions, output: OutputOptions) -> None:
    """Regress the moves of HISTORY on the gamma before them, with Newey and West's errors.

    HISTORY is a name among --histories or a file, such as prices.csv#price. The next day's absolute return is told by
    gamma's quarters and sign; the last half hour's return by the rest of its day, after gamma below zero and above.
    """
    form = sink.format_of(output, FORMATS)
    sink.emit(_chunks(regressed(load(where), history, asked), form, output), output.output)


def regressed(histories: Histories, history: str, asked: RegressOptions) -> Regressed:
    """Read the series, put them on the history's dates, and look at what came after.

    Raises:
        ChainError: A series cannot be read, is not there, or has no date in common with the history.

    """
    import numpy as np

    from gex.cli.render.regress import Regressed
    from gex.ingest.errors import ContentError, MissingError
    from gex.signals.regression import last_half_hour, next_day

    main, gamma = history_of(histories, history, prices=True), history_of(histories, asked.gamma)
    level, lost = _on(main, gamma)
    days = main.dates
    if asked.since:
        level[days < np.datetime64(asked.since)] = np.nan
    if asked.until:
        level[days > np.datetime64(asked.until)] = np.nan
    if np.isnan(level).all():
        raise MissingError(f"no date on which both {main.name} and {gamma.name} have a value, of those asked for")
    found = Regressed(main.name, gamma.name, lost, next_day(days, main.column(), level, lags=asked.lags))
    if asked.before_close is None:
        return found
    late = history_of(histories, asked.before_close, prices=True)
    try:
        closing = last_half_hour(days, main.column(), _on(main, late)[0], level, lags=asked.lags)
    except ValueError as error:
        raise ContentError(str(error), source=late.source.path) from None
    return replace(found, before_close=late.name, closing=closing)


def _on(main: DailyHistory, other: DailyHistory) -> tuple[Floats, int]:
    """Return a series on the dates of another, NaN where it has none, and how many of its own dates are lost."""
    import numpy as np

    days, given = main.dates, other.dates
    found = np.full(len(days), np.nan)
    place: np.ndarray = np.searchsorted(days, given).clip(max=len(days) - 1)
    there = days[place] == given
    found[place[there]] = other.column()[there]
    return found, int((~there).sum())


def _chunks(found: Regressed, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    from gex.cli.render import regress as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        yield render.screen(found, detect(output.color) if output.output is None else Terminal())
    elif form == "json":
        yield dumps(jsonable(render.document(found))) + "\n"
    elif form == "jsonl":
        yield from (dumps(jsonable(row), indent=None) + "\n" for row in render.rows(found))
    else:
        yield sink.table_chunk(render.frame(found), form)
