"""`gex levels`: the levels alone, one row a source; under every public definition; or as text for a charting program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import click

from gex.cli import options, sink
from gex.cli.merging import batch_of
from gex.cli.report import documents_of, tables
from gex.cli.sources import answered, open_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, MergeOptions, OutputOptions, ReadOptions
    from gex.cli.sources import Batch
    from gex.futures import FuturesPoints
    from gex.ingest.schema import Chain
    from gex.level_book import LevelBook
    from gex.results import Analysis
    from gex.settings import EmulationName, Settings

Program = Literal["tradingview", "sierra"]

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
HEAD = ("SYMBOL", "QUOTE TIME", "SPOT", "FLIP", "CALL WALL", "PUT WALL", "NET per +1%", "GAMMA")
REGIMES = {"long_gamma": "long", "short_gamma": "short", "near_zero": "near zero"}


@dataclass(frozen=True)
class SheetOptions:
    """Which levels, and in what points."""

    every: bool
    scopes: tuple[str, ...]
    program: Program | None
    future: str | None
    basis: float | None
    emulate: tuple[EmulationName, ...]

    def __post_init__(self) -> None:
        if self.basis is not None and self.future is None:
            raise ValueError("--basis is points of a future over its index: say which with --future ES")
        if self.every and self.program:
            raise ValueError("--all is a table of every definition, --for a text of those a program draws: give one")
        if self.scopes and (self.program or self.plain):
            raise ValueError("--scope chooses the columns of --all")
        if self.emulate and not self.plain:
            raise ValueError("--emulate shows other programs' flips, not --all, --for or --future: give one")

    @property
    def plain(self) -> bool:
        """Whether the short table is meant: one line a source."""
        return not (self.every or self.program or self.future)


def scope_of(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Check the spelling of choices of expirations."""
    for scope in value:
        from gex.scopes import SCOPES, SPELLING

        if not SPELLING.fullmatch(scope):
            raise click.BadParameter(f"{scope!r} is none of {', '.join(SCOPES)}, each, a date (2025-09-19), days (7d)")
    return value


sheet_options = options.gathered(
    SheetOptions,
    "sheet",
    click.option("--all", "every", is_flag=True, help="Every public definition side by side; see levels.md."),
    click.option(
        "--scope",
        "scopes",
        multiple=True,
        metavar="WHICH",
        callback=scope_of,
        help="Of --all: all, 0dte, ex-0dte, next, monthly, a date, days (7d), or each expiration. May be repeated.",
    ),
    click.option(
        "--for",
        "program",
        type=click.Choice(get_args(Program)),
        help="Text to paste into TradingView, or a CSV for Sierra Chart.",
    ),
    click.option("--future", metavar="CODE", help="Levels in points of ES, NQ, RTY (or MES, ...), or of one: ESZ5."),
    click.option("--basis", type=float, metavar="POINTS", help="Of --future: future less index, in place of parity."),
    options.emulate_option,
)


@click.command("levels")
@options.sources_argument
@sheet_options
@options.model_options
@options.read_options
@options.merge_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...],
    sheet: SheetOptions,
    settings: Settings,
    read: ReadOptions,
    merging: MergeOptions,
    output: OutputOptions,
) -> int:
    """Print the levels of each SOURCE, one row a source.

    With --all every public definition side by side; with --for a text that a charting program takes; with --emulate
    what another program prints for the same file, and which of its ways moves its flip by how much.
    """
    if sheet.program == "sierra" and len(sources) > 1:
        raise click.UsageError("--for sierra writes the lines of one chart: give one SOURCE")
    if merging.merge and (sheet.emulate or not sheet.plain):
        raise click.UsageError("--merge gives the short table: leave --all, --for, --future and --emulate out")
    batch = batch_of(sources, read, settings, merging)
    form = sink.format_of(output, FORMATS)
    if sheet.emulate:
        from gex.cli import emulation

        chunks: Iterator[str | bytes] = emulation.chunks(batch, sheet.emulate, form, output)
    elif not sheet.plain:
        chunks = sheets(batch, sheet, form, output)
    elif form == "table":
        chunks = lines(batch)
    elif form in {"json", "jsonl"}:
        from gex.cli.render.flat import flat_row

        chunks = documents_of(batch, form, flat_row)
    else:
        chunks = tables(batch, form, "levels")
    sink.emit(chunks, output.output)
    return batch.exit_code


def lines(batch: Batch) -> Iterator[str]:
    """Yield the table: its columns are as wide as what they hold, so it waits for the last source."""
    from gex.cli.render.terminal import aligned

    rows = [_row(analysis) for analysis in batch]
    if rows:
        yield "\n".join(aligned([HEAD, *rows], "<<>>>>><")) + "\n"


def _row(analysis: Analysis) -> tuple[str, ...]:
    from gex.cli.render import figures

    levels, spot = analysis.levels, analysis.spot.used
    return (
        analysis.underlying,
        figures.moment(analysis.quote_time)[4:],
        figures.price(spot),
        "none" if levels.gamma_flip is None else figures.level(levels.gamma_flip, spot),
        "none" if levels.call_wall is None else figures.strike(levels.call_wall),
        "none" if levels.put_wall is None else figures.strike(levels.put_wall),
        figures.dollars(analysis.exposure.gamma_usd_per_1pct.net),
        REGIMES[analysis.regime],
    )


def sheets(batch: Batch, sheet: SheetOptions, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    """Yield the levels under every definition, in the form asked for."""
    from gex.cli.render import charting, level_sheet
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    books = batch.each(partial(_book, batch=batch, sheet=sheet))
    if sheet.program:
        yield from (charting.text(book, points, sheet.program) for book, points in books)
    elif form == "table":
        terminal = detect(output.color) if output.output is None else Terminal()
        for number, (book, points) in enumerate(books):
            yield ("\n" if number else "") + level_sheet.sheet(book, points, terminal)
    elif form in {"csv", "parquet"}:
        import polars as pl

        rows = [row for book, points in books for row in level_sheet.rows(book, points)]
        if rows:
            yield sink.table_chunk(pl.DataFrame(rows, infer_schema_length=None), form)
    elif form == "jsonl":
        yield from (dumps(jsonable(level_sheet.document(*each)), indent=None) + "\n" for each in books)
    else:
        texts = (dumps(jsonable(level_sheet.document(*each))) for each in books)
        yield from sink.json_chunks(texts, array=batch.several)


def _book(source: str, batch: Batch, sheet: SheetOptions) -> tuple[LevelBook, FuturesPoints | None]:
    chain = open_chain(source, batch.read, batch.settings.spot)
    return answered(chain, batch.settings, source, partial(_levels, sheet=sheet))


def _levels(chain: Chain, settings: Settings, sheet: SheetOptions) -> tuple[LevelBook, FuturesPoints | None]:
    from gex.analysis import priced
    from gex.futures import futures_points
    from gex.level_book import level_book
    from gex.scopes import SIDE_BY_SIDE

    base = priced(chain, settings)
    points = sheet.future and futures_points(base.market, chain.underlying, sheet.future, sheet.basis)
    return level_book(base, sheet.scopes or SIDE_BY_SIDE), points or None
