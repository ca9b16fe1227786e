"""`gex inventory`: what dealers hold, told from trades, with standard errors: a file for --positions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options, sink, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.inventory_run import Found
    from gex.cli.options import Format, OutputOptions

FORMATS: tuple[Format, ...] = ("table", "json", "csv", "parquet")


@dataclass(frozen=True)
class InventoryOptions:
    """How sides are told, whose they are, and what was held before."""

    chain: str | None
    opening: str
    confidence: float
    stack: str
    accuracies: Path | None
    maker_share: float | None
    accounts: Path | None
    reconcile: str | None
    underlying: str | None
    beside: tuple[str, ...]
    store: Path | None

    def __post_init__(self) -> None:
        """Refuse what lacks its other half."""
        if self.opening == "naive" and self.chain is None:
            raise ValueError("--opening naive needs the open interest of a --chain")
        if self.reconcile is not None and self.chain is None:
            raise ValueError("--reconcile compares the open interest of two chains: give the day's with --chain")
        if self.reconcile is not None and self.opening == "none":
            raise ValueError(
                "--reconcile bounds what dealers hold, not what they traded: say what before with --opening"
            )
        if self.maker_share is not None and self.accounts is not None:
            raise ValueError("--accounts gives the share of makers: leave out --maker-share")


inventory_options = options.gathered(
    InventoryOptions,
    "given",
    click.option("--chain", metavar="SOURCE", help="Chain at the end of the trades: levels with their intervals."),
    click.option(
        "--opening",
        default="none",
        show_default=True,
        metavar="none|naive|FILE",
        help="What dealers held before: nothing, the chain's open interest as the naive model has it, a position file.",
    ),
    click.option(
        "--confidence",
        default="25%",
        show_default=True,
        metavar="SHARE",
        callback=values.share_of,
        help="Of --opening naive: how far its signs are trusted, 100% for certain.",
    ),
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
    click.option(
        "--maker-share",
        metavar="SHARE",
        callback=lambda ctx, param, value: None if value is None else values.share_of(ctx, param, value),
        help="How often a dealer is on the other side of a customer. [default: 100%]",
    ),
    click.option(
        "--accounts",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="OCC's volume by account type, to take that share from.",
    ),
    click.option(
        "--reconcile", metavar="SOURCE", help="Chain of the next morning, whose open interest bounds what dealers hold."
    ),
    click.option("--underlying", metavar="SYMBOL", help="Which one, where the trades are on several."),
    click.option(
        "--with", "beside", multiple=True, metavar="FILE", help="A file that completes the trades. May be repeated."
    ),
    options.store_option,
)


@click.command("inventory")
@click.argument("sources", nargs=-1, required=True, metavar="TRADES...")
@inventory_options
@options.output_options(*FORMATS)
@options.logging_options
def command(sources: tuple[str, ...], given: InventoryOptions, output: OutputOptions) -> None:
    """Tell what dealers hold from the option trades in TRADES, each quantity with its standard error.

    Each trade's side is told by --stack and counts as far as it is likely to be right. CSV and Parquet are position files:
    gex report --positions FILE shows 95% intervals of net gamma, flip and walls.
    """
    form = sink.format_of(output, FORMATS)
    from gex.cli.inventory_run import find

    sink.emit(_chunks(find(sources, given), form, output), output.output)


def _chunks(found: Found, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    """Yield what was found in a form."""
    from gex.cli.render import inventory

    if form == "table":
        from gex.cli.render.terminal import Terminal, detect

        yield inventory.screen(found, detect(output.color) if output.output is None else Terminal())
    elif form == "json":
        from gex.cli.render.document import dumps, jsonable

        yield dumps(jsonable(inventory.document(found))) + "\n"
    else:
        yield sink.table_chunk(inventory.positions(found.inventory), form)
