"""`gex study`: what a history did after an event, beside what it did after any day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from gex.cli import options, sink, values
from gex.cli.histories import HistoryOptions, history_argument, history_of, history_options, load, signals_option

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.cli.options import Format, OutputOptions
    from gex.cli.render.study_document import Studied

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
Table = Literal["horizons", "events"]


@dataclass(frozen=True)
class EventOptions:
    """What the events are, and among which days."""

    when: str | None
    events: Path | None
    signals: Path | None
    since: dt.date | None
    until: dt.date | None

    def __post_init__(self) -> None:
        """Refuse none and both."""
        if (self.when is None) == (self.events is None):
            raise ValueError("give --when EXPRESSION or --events FILE, one of them")
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"--since {self.since} is after --until {self.until}")


@dataclass(frozen=True)
class StudyOptions:
    """How they are looked at."""

    horizons: tuple[int, ...]
    entry: Literal["signal", "next"]
    overlap: Literal["all", "cooldown"]
    cooldown: int | None
    seed: int

    def __post_init__(self) -> None:
        """Refuse a cooldown that nothing heeds."""
        if self.cooldown is not None and self.overlap != "cooldown":
            raise ValueError("--cooldown is for --overlap cooldown")


def horizons_of(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[int, ...]:
    """Read whole numbers of sessions.

    Raises:
        click.BadParameter: They are none, or one comes twice.

    """
    try:
        found = tuple(sorted(int(part) for part in value.split(",")))
    except ValueError:
        found = ()
    if not found or found[0] < 1 or len(set(found)) < len(found):
        raise click.BadParameter(f"{value!r} are no whole numbers of sessions, each once, such as 5,21,63")
    return found


event_options = options.gathered(
    EventOptions,
    "chosen",
    click.option(
        "--when",
        metavar="EXPRESSION",
        help="Events: sessions on which this is true, such as 'crosses_below(close, sma(close, 50))'.",
    ),
    click.option(
        "--events",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Events: dates of your own, one a line or in a CSV's column date.",
    ),
    signals_option,
    click.option("--since", metavar="DATE", callback=values.day_of, help="First session that counts."),
    click.option(
        "--until", metavar="DATE", callback=values.day_of, help="Last one; what came after is still its future."
    ),
)
study_options = options.gathered(
    StudyOptions,
    "looked",
    click.option(
        "--horizons",
        default="5,21,63,126,252",
        show_default=True,
        metavar="N,...",
        callback=horizons_of,
        help="Sessions from the entry.",
    ),
    click.option(
        "--entry",
        type=click.Choice(["next", "signal"]),
        default="next",
        show_default=True,
        help="At the close of the session after the event, or at the event's own, which makes it known.",
    ),
    click.option(
        "--overlap",
        type=click.Choice(["all", "cooldown"]),
        default="all",
        show_default=True,
        help="Take every event, or one only so long after the last one taken.",
    ),
    click.option(
        "--cooldown", type=click.IntRange(1), metavar="N", help="So many sessions. [default: each horizon's own]"
    ),
    click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the bootstrap's draws."),
)


@click.command("study", short_help="Tell what prices did after events, beside any other day.")
@history_argument
@event_options
@history_options
@study_options
@options.output_options(*FORMATS)
@click.option(
    "--table",
    type=click.Choice(["horizons", "events"]),
    default="horizons",
    show_default=True,
    help="Which table csv and parquet hold: a row a horizon, or a row an event and horizon.",
)
@options.logging_options
def command(
    history: str, chosen: EventOptions, where: HistoryOptions, looked: StudyOptions, output: OutputOptions, table: Table
) -> None:
    """Tell what HISTORY did after events, beside what it did after any day of the same sample.

    HISTORY is a name among --histories or a file. How often it rose, with an interval that knows that returns overlap;
    whether it differs from any day, by two tests; no conclusion from a few events. Expressions: docs/signals.md.
    """
    from gex.cli.render.study_document import Studied
    from gex.cli.signals_file import read_signals
    from gex.cli.study_inputs import study_of

    form = sink.format_of(output, FORMATS)
    signals = read_signals(chosen.signals)
    histories = load(signals.beside(where))
    main = history_of(histories, history, prices=True)
    found = study_of(main, histories, signals, chosen, looked)
    events = chosen.when or str(chosen.events)
    sink.emit(_chunks(Studied(main.name, events, found), form, output, table), output.output)


def _chunks(studied: Studied, form: Format, output: OutputOptions, table: Table) -> Iterator[str | bytes]:
    from gex.cli.render import study_document as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        from gex.cli.render.study_screen import screen

        yield screen(studied, detect(output.color) if output.output is None else Terminal())
    elif form == "json":
        yield dumps(jsonable(render.document(studied))) + "\n"
    elif form == "jsonl":
        yield from (dumps(jsonable(row), indent=None) + "\n" for row in render.rows(studied.found))
    else:
        yield sink.table_chunk(studied.found.events if table == "events" else render.frame(studied.found), form)
