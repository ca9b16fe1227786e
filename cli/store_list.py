"""`gex store list`: symbols, dates, snapshots, revisions, rows and bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gex.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from gex.ingest.inventory import Holding

HEAD = ("SYMBOL", "FIRST", "LAST", "DATES", "SNAPSHOTS", "REVISIONS", "ROWS", "BYTES")


@click.command("list")
@click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")
@options.store_option
@options.report_form
@options.logging_options
def command(symbols: tuple[str, ...], store: Path | None, form: str) -> None:
    """List each symbol of the store, or each date of the SYMBOLs named.

    REVISIONS counts the snapshots that a reissue replaced; they are kept, and not among SNAPSHOTS.
    """
    from gex.ingest.inventory import holdings
    from gex.ingest.store import symbols as all_symbols

    place = options.needed_store(store)
    names = symbols or all_symbols(place)
    found = [each for name in names for each in holdings(place, name, by_date=bool(symbols))]
    if form == "json":
        from gex.cli.render.document import dumps, jsonable

        answer = {"schema_version": 1, "store": str(place), "holdings": [asdict(each) for each in found]}
        click.echo(dumps(jsonable(answer)))
        return
    from gex.cli.render.terminal import aligned

    click.echo("\n".join(aligned([HEAD, *map(_row, found)], "<<<>>>>>")))


def _row(each: Holding) -> tuple[str, ...]:
    counts = (each.dates, each.snapshots, each.revisions, each.rows, each.bytes)
    return (each.symbol, str(each.first), str(each.last), *(f"{count:,}" for count in counts))
