"""`gex history`: an underlying's results through time, each figure beside its own past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gex.cli import options, sink
from gex.cli.series import SeriesOptions, gaps, needed_results, read_series, series_options, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from gex.cli.options import Format, OutputOptions
    from gex.cli.render.history_screen import Shown
    from gex.history import Every

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet", "xlsx", "svg", "png")


@dataclass(frozen=True)
class PastOptions:
    """Which rows are shown, and what they are held against."""

    every: Every
    window: int | None
    min_sessions: int

    def __post_init__(self) -> None:
        """Refuse a past that is too short to rank anything."""
        if self.window is not None and self.window < self.min_sessions:
            raise ValueError(f"--window {self.window} never holds the {self.min_sessions} of --min-sessions")


past_options = options.gathered(
    PastOptions,
    "past",
    click.option(
        "--every",
        type=click.Choice(["session", "snapshot"]),
        default="session",
        show_default=True,
        help="A row a session, its last snapshot, or a row a snapshot.",
    ),
    click.option(
        "--window",
        type=click.IntRange(1),
        metavar="N",
        help="Sessions that make the past of percentiles and z-scores. [default: all]",
    ),
    click.option(
        "--min-sessions",
        type=click.IntRange(1),
        default=20,
        show_default=True,
        metavar="N",
        help="Earlier sessions needed before anything is ranked.",
    ),
)


def columns_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> list[str] | None:
    """Read names between commas."""
    return None if value is None else [name.strip() for name in value.split(",") if name.strip()]


@click.command("history")
@click.argument("symbol", metavar="SYMBOL")
@series_options
@past_options
@click.option("--columns", metavar="NAME,...", callback=columns_of, help="These columns alone, in this order.")
@click.option("--attribution", is_flag=True, help="Add what moved net gamma and the flip since the row before.")
@options.store_option
@options.output_options(*FORMATS)
@options.logging_options
def command(
    symbol: str,
    given: SeriesOptions,
    past: PastOptions,
    columns: list[str] | None,
    attribution: bool,
    store: Path | None,
    output: OutputOptions,
) -> None:
    """Show the results of SYMBOL through time: levels, net and gross gamma, 0DTE, distance to the flip.

    Percentiles and z-scores hold each figure against the sessions before its own, never later ones. The past of the
    first date shown is read as well.
    """
    form = sink.format_of(output, FORMATS)
    series = series_of(symbol, given, past)
    if attribution:
        series = with_attribution(series, needed_results(given.results), store)
    sink.emit(_chunks(series, columns, form, output), output.output)


def series_of(symbol: str, given: SeriesOptions, past: PastOptions) -> Shown:
    """Read a series, hold each row against its past, and keep the dates asked for.

    Raises:
        ChainError: There are no results, or none of these dates.

    """
    from gex.cli.render.history_screen import Shown
    from gex.history import history_of

    history = history_of(read_series(symbol, given), every=past.every, window=past.window, at_least=past.min_sessions)
    marks = shown(history.frame, given)
    reasons = [why for why, mark in zip(history.reasons, marks, strict=True) if mark]
    frame = history.frame.filter(marks)
    return Shown(history, frame.to_dicts(), reasons, given.which, past.every, gaps(frame["quote_date"].to_list()))


def with_attribution(series: Shown, results: Path, store: Path | None) -> Shown:
    """Add to each row what moved it from the row before, one before the first shown among them."""
    from dataclasses import replace

    from gex.cli.attribution import attributed

    count = len(series.rows)
    before = series.history.frame.to_dicts()[-count - 1 :]
    found = attributed(before, results, store)[-count:]
    rows = [row | parts for row, (parts, _) in zip(series.rows, found, strict=True)]
    reasons = [why | more for why, (_, more) in zip(series.reasons, found, strict=True)]
    return replace(series, rows=rows, reasons=reasons)


def _chunks(series: Shown, columns: list[str] | None, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    from gex.cli.render import history_document as render
    from gex.cli.render.terminal import Terminal, detect

    if columns is not None:
        check_columns(columns, series)
    terminal = detect(output.color) if output.output is None else Terminal()
    if form in {"svg", "png"}:
        from gex.cli.render.history_picture import picture

        yield picture(series, form)
    elif form == "table" and columns is None:
        from gex.cli.render.history_screen import screen

        yield screen(series, terminal)
    elif form == "table":
        yield render.plain(series, columns or [])
    elif form in {"json", "jsonl"}:
        yield from render.documents(series, columns, lines=form == "jsonl")
    elif form == "xlsx":
        from gex.cli.render.workbook import workbook

        yield workbook({series.rows[-1]["underlying"]: frame_of(series, columns)}, render.about(series))
    else:
        yield sink.table_chunk(frame_of(series, columns), form)


def frame_of(series: Shown, columns: list[str] | None) -> pl.DataFrame:
    """Return the series as flat columns, `reasons` last."""
    from gex.cli.render.history_document import flat

    frame = flat(series)
    return frame if columns is None else frame.select(columns)


def check_columns(columns: list[str], series: Shown) -> None:
    """Refuse a name that no column has.

    Raises:
        click.UsageError: Names it, and those that come near.

    """
    from difflib import get_close_matches

    known = [*series.rows[0], "reasons"]
    for name in columns:
        if name not in known:
            near = ", ".join(get_close_matches(name, known, 3, 0.5)) or ", ".join(known[:8]) + ", ..."
            raise click.UsageError(f"no column {name!r} in the series; there are {near}")
    if twice := {name for name in columns if columns.count(name) > 1}:
        raise click.UsageError(f"--columns names {min(twice)} twice")
