"""`gex diff`: what moved net gamma and each level between two snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import click

from gex.cli import options, sink
from gex.cli.sources import answered, open_chain

if TYPE_CHECKING:
    from gex.analysis import Priced
    from gex.change import Change, Order
    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
ORDERS = ("price-first", "quantity-first")
Table = Literal["steps", "by_strike", "by_expiration", "by_contract"]


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    default="price-first",
    show_default=True,
    help="Which of price, time, volatility, carry and quantity is moved first; quantity-first is the reverse.",
)
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@click.option(
    "--table",
    type=click.Choice(get_args(Table)),
    default="steps",
    show_default=True,
    help="Which table csv and parquet hold.",
)
@options.detail_option
@options.logging_options
def command(
    before: str,
    after: str,
    order: Order,
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
    table: Table,
    detail: bool,
) -> None:
    """Say what moved net gamma and each level from snapshot A to snapshot B.

    Contracts that rolled off, price, time, volatility, carry, quantity, new contracts: each step re-prices the book
    where the one before it left off, so that the parts add up. A and B are SOURCEs as in gex report, A the earlier.
    """
    if settings.spot is not None or read.quote_time is not None:
        raise click.UsageError(
            "--spot and --quote-time are of one snapshot, not of two; gex ingest takes them for each"
        )
    form = sink.format_of(output, FORMATS)
    change = change_between(before, after, order, settings, read)
    sink.emit([_published(change, form, output, table, detail=detail)], output.output)


def change_between(before: str, after: str, order: Order, settings: Settings, read: ReadOptions) -> Change:
    """Read two sources and attribute what changed.

    Raises:
        ChainError: One of them cannot be found, read or priced, or they cannot be compared.

    """
    first, second = (priced_source(source, read, settings) for source in (before, after))
    return change_of_priced(first, second, order, f"{before}, {after}")


def change_of_priced(first: Priced, second: Priced, order: Order, source: str) -> Change:
    """Attribute what changed from one priced chain to another.

    Raises:
        ContentError: They cannot be compared; the message names them by `source`.

    """
    from gex.change import change_of
    from gex.ingest.errors import ContentError

    try:
        return change_of(first, second, order)
    except ValueError as error:
        raise ContentError(str(error), source=source) from error


def priced_source(source: str, read: ReadOptions, settings: Settings) -> Priced:
    """Read a source and price it.

    Raises:
        ChainError: It cannot be found, read or priced.

    """
    from gex.analysis import priced

    return answered(open_chain(source, read, None), settings, source, priced)


def _published(change: Change, form: Format, output: OutputOptions, table: Table, *, detail: bool) -> str | bytes:
    if form == "table":
        from gex.cli.render.change_screen import screen
        from gex.cli.render.terminal import Terminal, detect

        return screen(change, detect(output.color) if output.output is None else Terminal())
    if form in {"json", "jsonl"}:
        from gex.cli.render.change_document import document
        from gex.cli.render.document import dumps, jsonable

        return dumps(jsonable(document(change, detail=detail)), indent=2 if form == "json" else None) + "\n"
    from gex.cli.render import change_document

    return sink.table_chunk(change_document.table(change, table), form)
