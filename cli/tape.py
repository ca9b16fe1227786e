"""`gex tape`: dealers' hedging against option trades, bar by bar, from a tape or as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from gex.cli import options, sink, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from gex.cli.options import Format, OutputOptions
    from gex.cli.render.terminal import Terminal
    from gex.cli.tape_run import Run
    from gex.ingest.schema import Chain
    from gex.microstructure.tape import Tape

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet", "svg", "png")
By = Literal["type", "term", "size", "side", "expiration"]
PATIENCE = 5.0
"""Seconds of the tape that a bar stays open after its end while a tape is followed; a file may be in any order."""


@dataclass(frozen=True)
class TapeOptions:
    """How trades are cut into bars, their sides told and their hedges priced."""

    bars: str
    by: By | None
    stack: str
    accuracies: Path | None
    chain: str | None
    empty: bool
    late: float | None
    maker_share: float
    rate: float
    dividend: float


tape_options = options.gathered(
    TapeOptions,
    "given",
    click.option("--chain", metavar="SOURCE", help="Chain whose forwards and smiles price the trades."),
    click.option(
        "--bars",
        default="5m",
        show_default=True,
        metavar="WIDTH",
        help="Width of a bar: 30s, 5m, 1h, 1d; counted from 09:30 New York.",
    ),
    click.option("--by", type=click.Choice(get_args(By)), help="A row a bar for each of these."),
    click.option(
        "--stack",
        default="gsu_large",
        show_default=True,
        metavar="NAME",
        help="Rules that tell the sides: a stack's or a rule's name, or rules and commas.",
    ),
    click.option(
        "--accuracies",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="How often each rule is right, a TOML file. [default: as published]",
    ),
    click.option("--empty", is_flag=True, help="Show bars without a trade, too."),
    click.option(
        "--late",
        type=click.FloatRange(0, 86_400),
        metavar="SECONDS",
        help="How long a bar stays open for trades told late. [default: 5 with --follow, else to the end]",
    ),
    click.option(
        "--maker-share",
        default="100%",
        show_default=True,
        metavar="SHARE",
        callback=values.share_of,
        help="How often a dealer is on the other side of a customer.",
    ),
    click.option(
        "--rate",
        default="4%",
        show_default=True,
        metavar="RATE",
        callback=values.rate_of,
        help="Interest where no chain tells the forward.",
    ),
    click.option(
        "--dividend",
        default="0%",
        show_default=True,
        metavar="RATE",
        callback=values.rate_of,
        help="Dividend yield where no chain tells the forward.",
    ),
)


@click.command("tape")
@click.argument("sources", nargs=-1, required=True, metavar="TRADES...")
@tape_options
@click.option("--follow", is_flag=True, help="Read on as a file grows, or from a pipe (-), until Ctrl-C or its end.")
@click.option("--underlying", metavar="SYMBOL", help="Which one, where the trades are on several.")
@click.option(
    "--with", "beside", multiple=True, metavar="FILE", help="A file that completes the trades. May be repeated."
)
@options.store_option
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...],
    given: TapeOptions,
    follow: bool,
    underlying: str | None,
    beside: tuple[str, ...],
    store: Path | None,
    output: OutputOptions,
) -> int:
    """Show what dealers trade to hedge the options in TRADES, and the gamma and vanna they take on.

    Each trade's side is told by --stack and counts as far as it is likely to be right. A customer who buys a call makes
    dealers buy the underlying: flows above 0 are dealers' buying.
    """
    form = sink.format_of(output, FORMATS)
    if follow and len(sources) > 1:
        raise click.UsageError("--follow takes one tape")
    if follow and form in {"svg", "png", "parquet"} and output.output is None:
        raise click.UsageError(f"{form} is written when the tape has ended: give --output, or drop --follow")
    if given.by and form in {"svg", "png"}:
        raise click.UsageError("a picture has calls, puts and 0DTE beside all: drop --by")
    from gex.cli.tape_run import Run, accuracies_of
    from gex.microstructure.sides import Classifier

    accuracies = accuracies_of(given.accuracies)
    try:
        classifier = Classifier(rules_of(given.stack), accuracies)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    chain = chain_of(given.chain, underlying, store)
    tape = tape_of(given, chain, patience=PATIENCE if follow else None)
    run = Run(
        sources, tape, classifier, accuracies.name, beside, underlying, follow, chain.quote_date if chain else None
    )
    sink.emit(chunks(run, given, form, output), output.output)
    return run.exit_code


def rules_of(text: str) -> str | list[str]:
    """Return the name of a stack or rule, or the rules between commas."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    return names if len(names) > 1 else text


def chain_of(source: str | None, underlying: str | None, store: Path | None) -> Chain | None:
    """Return the chain that a SOURCE names, if one is named.

    Raises:
        ChainError: It cannot be found or read.

    """
    if source is None:
        return None
    from gex.cli.options import ReadOptions
    from gex.cli.sources import open_chain

    read = ReadOptions(None, underlying, None, (), {}, None, None, store, strict=False, max_bad=0.2)
    return open_chain(source, read, None)


def tape_of(given: TapeOptions, chain: Chain | None, *, patience: float | None) -> Tape:
    """Return a tape that is ready for trades.

    Raises:
        click.UsageError: A value is out of range.
        ContentError: The chain cannot be priced.

    """
    from gex.ingest.errors import ContentError
    from gex.microstructure.bars import Bars
    from gex.microstructure.tape import Tape, TapeSettings

    try:
        settings = TapeSettings(
            bars=Bars.of(given.bars),
            by=given.by,
            empty=given.empty,
            late=patience if given.late is None else given.late,
            maker_share=given.maker_share,
            rate=given.rate,
            dividend=given.dividend,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        return Tape(settings, chain)
    except ValueError as error:
        raise ContentError(str(error), source=given.chain) from error


def chunks(run: Run, given: TapeOptions, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    """Yield the rows of a run in a form, as they are finished where the form has no end; then tell what is not in them."""
    from gex.cli.render import tape_document

    if form == "jsonl":
        yield from tape_document.lines(run.frames())
    elif form == "csv":
        yield from tape_document.csv(run.frames())
    elif form == "table" and run.follow:
        from gex.cli.render.tape_screen import followed

        yield from followed(run.frames(), run.tape, given, terminal_of(output))
    else:
        yield from _whole(run, given, form, output)
    run.tell()


def _whole(run: Run, given: TapeOptions, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    """Yield what is laid out when all rows are there; nothing where no tape could be read."""
    import polars as pl

    from gex.cli.render import tape_document

    rows: pl.DataFrame = pl.concat(run.frames())
    if not run.read:
        return
    if form == "table":
        from gex.cli.render.tape_screen import screen

        yield screen(rows, run.tape, given, terminal_of(output))
    elif form == "json":
        yield tape_document.document(rows, run, given)
    elif form == "parquet":
        yield sink.table_chunk(rows, form)
    else:
        from gex.cli.render.tape_picture import picture

        yield picture(rows, run.tape, given, form)


def terminal_of(output: OutputOptions) -> Terminal:
    """Return the terminal, or a plain one of 80 columns for a file."""
    from gex.cli.render.terminal import Terminal, detect

    return detect(output.color) if output.output is None else Terminal()
