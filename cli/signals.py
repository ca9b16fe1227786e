"""`gex signals`: what signals and levels of daily histories said on an evening, or on every day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

from gex.cli import options, sink, values
from gex.cli.histories import HistoryOptions, history_argument, history_of, history_options, load, signals_option

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.cli.signals_file import SignalsFile
    from gex.results import Levels
    from gex.settings import Settings
    from gex.signals.confluence import Tolerance
    from gex.signals.evening import Evening
    from gex.signals.named import Named
    from gex.signals.panel import Panel

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
TOLERANCE = re.compile(r"(\d+(?:\.\d+)?) ?(%|sigmas?|points?|)")
LATE = 10
"""Calendar days from a history's last session to --as-of: more, and it says nothing of that evening."""

APART = 0.1
"""Of a chain's spot from the close: more, and they are not of one thing."""


def tolerance_of(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[float, str]:
    """Read 0.5%, 25 (points) or "0.5 sigmas".

    Raises:
        click.BadParameter: It is no distance.

    """
    match = TOLERANCE.fullmatch(value.strip())
    if match is None or not float(match[1]) > 0:
        raise click.BadParameter(f'{value!r} is no distance; write 0.5%, 25 (points) or "0.5 sigmas"')
    unit = {"%": "pct", "": "points"}.get(match[2], f"{match[2].removesuffix('s')}s")
    return float(match[1]), unit


@dataclass(frozen=True)
class SignalOptions:
    """What to work out, and when."""

    expressions: tuple[str, ...]
    signals: Path | None
    as_of: dt.date | None
    chain: str | None
    tolerance: tuple[float, str]


signal_options = options.gathered(
    SignalOptions,
    "asked",
    click.argument("expressions", metavar="[EXPRESSION]...", nargs=-1),
    signals_option,
    click.option("--as-of", metavar="DATE", callback=values.day_of, help="Evening. [default: the history's last day]"),
    click.option("--chain", metavar="SOURCE", help="A chain of that evening, for dealers' levels."),
    click.option(
        "--tolerance",
        default="0.5%",
        show_default=True,
        metavar="DISTANCE",
        callback=tolerance_of,
        help='Levels that lie together: within so much of spot, points (25) or "0.5 sigmas" of a session.',
    ),
)


@click.command("signals", short_help="Tell what signals say of an evening, and its levels.")
@history_argument
@signal_options
@history_options
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@click.option(
    "--table",
    type=click.Choice(["signals", "levels", "days"]),
    default="signals",
    show_default=True,
    help="Which table jsonl, csv and parquet hold: a row a signal, a row a level, or a row a day up to that evening.",
)
@options.logging_options
def command(
    history: str,
    asked: SignalOptions,
    where: HistoryOptions,
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
    table: Literal["signals", "levels", "days"],
) -> None:
    """Tell what signals say of HISTORY on an evening, its levels, and which of them lie together.

    HISTORY is a name among --histories or a file. Without an EXPRESSION: every signal of the library and of your own,
    each with its value and what it is, or why it has none. The language: docs/signals.md.
    """
    from gex.cli.signals_file import read_signals
    from gex.signals.confluence import Tolerance

    form = sink.format_of(output, FORMATS)
    file = read_signals(asked.signals)
    histories = load(file.beside(where))
    panel = _as_of(file.panel(history_of(histories, history), histories), asked.as_of)
    gamma = None if asked.chain is None else _gamma(asked.chain, panel, read, settings)
    tolerance = Tolerance(*asked.tolerance)  # type: ignore[arg-type]
    run = _Run(panel, _signals(asked.expressions, file, panel), tolerance, file.definitions, gamma)
    sink.emit(run.chunks(form, output, table), output.output)


@dataclass(frozen=True)
class _Run:
    """What is worked out, on what."""

    panel: Panel
    signals: tuple[Named, ...]
    tolerance: Tolerance
    definitions: dict[str, Named]
    gamma: Levels | None

    def chunks(self, form: Format, output: OutputOptions, table: str) -> Iterator[str | bytes]:
        """Yield the output."""
        from gex.cli.render import signals_document as render
        from gex.cli.render.document import dumps, jsonable
        from gex.cli.render.terminal import Terminal, detect

        if form == "table":
            from gex.cli.render.signals_screen import screen

            terminal = detect(output.color) if output.output is None else Terminal()
            yield screen(self.panel.main.name, self.evening(), terminal)
        elif form == "json":
            yield dumps(jsonable(render.document(self.panel.main.name, self.evening(), self.tolerance))) + "\n"
        else:
            frame = self.days() if table == "days" else getattr(render, f"{table}_frame")(self.evening())
            if form == "jsonl":
                yield from (dumps(jsonable(row), indent=None) + "\n" for row in frame.iter_rows(named=True))
            else:
                yield sink.table_chunk(frame, form)

    def evening(self) -> Evening:
        """Return what is said on the last day."""
        from gex.signals.evening import evening

        return evening(self.panel, self.signals, self.tolerance, gamma=self.gamma, definitions=self.definitions)

    def days(self) -> pl.DataFrame:
        """Return a row a day; signals that there are none of are told on stderr."""
        from gex.cli.log import LOGGER
        from gex.cli.render.signals_document import days_frame
        from gex.signals.evening import series

        found, reasons = series(self.panel, self.signals, self.definitions)
        for name, reason in reasons.items():
            LOGGER.warning("%s is left out: %s", name, reason)
        return days_frame(self.panel.dates, found)


def _as_of(panel: Panel, day: dt.date | None) -> Panel:
    """Return the panel of an evening.

    Raises:
        MissingError: The history has no session by then, or none for long before.

    """
    from gex.ingest.errors import MissingError

    if day is None:
        return panel
    then = panel.until(day)
    if not len(then):
        raise MissingError(f"{panel.main.name} begins on {panel.dates[0]}, after {day}")
    last: dt.date = then.dates[-1].tolist()
    if (day - last).days > LATE:
        raise MissingError(f"{panel.main.name} has no session from {last} to {day}")
    return then


def _gamma(source: str, panel: Panel, read: ReadOptions, settings: Settings) -> Levels:
    """Return dealers' levels of a chain of the panel's last evening.

    Raises:
        ContentError: The chain is of another day, or its prices are of something else.
        ChainError: It cannot be read or analysed.

    """
    from gex.cli.render.figures import NEW_YORK
    from gex.cli.sources import analysis_of
    from gex.ingest.errors import ContentError

    analysis = analysis_of(source, read, settings)
    day, close = analysis.quote_time.astimezone(NEW_YORK).date(), float(panel.column(panel.main.name)[-1])
    if day != panel.dates[-1].tolist():
        raise ContentError(f"a chain of {day}, and the evening is {panel.dates[-1]}; give --as-of", source=source)
    if not abs(analysis.spot.used / close - 1.0) < APART:
        raise ContentError(
            f"its spot is {analysis.spot.used:g} and {panel.main.name} closed at {close:g}", source=source
        )
    return analysis.levels


def _signals(expressions: tuple[str, ...], file: SignalsFile, panel: Panel) -> tuple[Named, ...]:
    """Return the signals asked for; all there are where none is.

    Raises:
        click.BadParameter: One that was asked for cannot be evaluated.

    """
    from gex.signals.expression import evaluate
    from gex.signals.named import Named
    from gex.signals.syntax import ExpressionError

    known = file.definitions
    if not expressions:
        return tuple(known.values())
    try:
        for each in expressions:
            evaluate(each, panel, known)
    except ExpressionError as error:
        raise click.BadParameter(str(error), param_hint="EXPRESSION") from None
    return tuple(known.get(each) or Named(each, each, "", "") for each in dict.fromkeys(expressions))
