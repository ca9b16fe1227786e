"""`gex store compact`: the snapshots of closed days or months, in one file each."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gex.cli import options, values

if TYPE_CHECKING:
    from pathlib import Path

    from gex.ingest.compact import Merged, Period


@click.command("compact")
@click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")
@options.store_option
@click.option(
    "--by", type=click.Choice(["month", "day"]), default="month", show_default=True, help="What becomes one file."
)
@click.option("--before", metavar="DATE", callback=values.day_of, help="Only what ended before. [default: today]")
@options.report_form
@options.logging_options
def command(symbols: tuple[str, ...], store: Path | None, by: Period, before: dt.date | None, form: str) -> None:
    """Merge the snapshots of each closed month or day of the SYMBOLs, or of all, into one file.

    Every snapshot and revision keeps its name, facts and address. The merged file is read back and compared before the
    originals are removed.
    """
    from gex.ingest.calendar import NEW_YORK
    from gex.ingest.compact import compact
    from gex.ingest.store import symbols as all_symbols

    place = options.needed_store(store)
    closed = before or dt.datetime.now(NEW_YORK).date()
    done = [each for name in symbols or all_symbols(place) for each in compact(place, name, closed, by)]
    click.echo(_as_json(done, place) if form == "json" else _table(done, place))


def _as_json(done: list[Merged], store: Path) -> str:
    from gex.cli.render.document import dumps

    merged = [asdict(each) | {"path": str(each.path)} for each in done]
    return dumps({"schema_version": 1, "store": str(store), "merged": merged})


def _table(done: list[Merged], store: Path) -> str:
    from gex.cli.render.terminal import aligned

    head = ("SYMBOL", "PERIOD", "SNAPSHOTS", "FILES", "BYTES BEFORE", "AFTER")
    rows = [
        (
            each.symbol,
            each.period,
            *(f"{n:,}" for n in (each.snapshots, each.files, each.bytes_before, each.bytes_after)),
        )
        for each in done
    ]
    lines = aligned([head, *rows], "<<>>>>") if done else []
    return "\n".join([*lines, f"{len(done)} merged; store {store}"])
