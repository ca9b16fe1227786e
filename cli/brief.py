"""`gex brief`: what every system says of the next session, as of an evening, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options, sink, values
from gex.cli.failures import DONE, MISSING
from gex.cli.funds_file import funds_of
from gex.cli.histories import HistoryOptions, history_options, load
from gex.cli.log import LOGGER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.brief import Brief
    from gex.cli.histories import Histories
    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.flows.funds import Fund
    from gex.results import Analysis
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "csv", "parquet")


@click.command("brief", short_help="Tell what an evening's data say of the next session, on a page.")
@history_options
@click.option(
    "--as-of",
    metavar="DATE",
    callback=values.day_of,
    help="The evening; nothing later is read. [default: the index's last close, or the chain's]",
)
@click.option("--index", default="SPX", show_default=True, metavar="NAME", help="Whose closes the brief is of.")
@click.option(
    "--funds",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A table of leveraged funds of your own (TOML) in place of the one that comes along.",
)
@click.option("--chain", metavar="SOURCE", help="A chain of that evening, for dealers' gamma.")
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    where: HistoryOptions,
    as_of: dt.date | None,
    index: str,
    funds: Path | None,
    chain: str | None,
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
) -> int:
    """Tell on one page what an evening's data say of the next session.

    Volatility regime (of SPX and VIX, whatever --index), trend followers, leveraged funds, volatility control, averages
    and streaks, prior extremes, and, with --chain, dealers' gamma. What cannot be told says why. Nothing dated after the
    evening is used.
    """
    form = sink.format_of(output, FORMATS)
    histories = load(where)
    analysis = None if chain is None else _analysis(chain, read, settings)
    found = brief_of(histories, as_of, index.upper(), analysis, funds_of(funds))
    sink.emit(_chunks(found, histories, form, output), output.output)
    if not found.says_something:
        LOGGER.error("nothing is known of %s", found.as_of)
    return DONE if found.says_something else MISSING


def brief_of(
    histories: Histories, as_of: dt.date | None, index: str, chain: Analysis | None, funds: tuple[Fund, ...]
) -> Brief:
    """Return the brief of an evening: if none is given, of the index's last close, or of the chain if that is later.

    Raises:
        MissingError: There is no evening: neither a date nor the index's history nor a chain.
        ChainError: A history cannot be read.

    """
    from gex.brief import brief
    from gex.brief_sections import evening_of
    from gex.signals.regime import INPUTS

    known = {name: histories[name] for name in dict.fromkeys((index, *INPUTS)) if name in histories}
    if as_of is None:
        last = histories.needed(index).frame["date"][-1] if index in histories or chain is None else None
        as_of = max(day for day in (last, chain and evening_of(chain)) if day)
    return brief(known, as_of, index=index, funds=funds, chain=chain)


def _analysis(source: str, read: ReadOptions, settings: Settings) -> Analysis:
    from gex.cli.sources import analysis_of

    return analysis_of(source, read, settings)


def _chunks(found: Brief, histories: Histories, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    from gex.cli.render import brief as render

    if form == "table":
        from gex.cli.render.terminal import Terminal, detect

        yield render.screen(found, detect(output.color) if output.output is None else Terminal())
    elif form == "json":
        from gex.cli.render.document import dumps, jsonable

        yield dumps(jsonable(render.document(found, histories))) + "\n"
    else:
        yield sink.table_chunk(render.frame(found), form)
