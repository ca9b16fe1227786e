"""`gex ingest`: validated snapshots of chain files, into the store."""

from __future__ import annotations

import logging
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options
from gex.cli.failures import exit_code, one_line
from gex.cli.log import LOGGER
from gex.cli.sources import combined, open_chain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from gex.cli.options import ReadOptions


@dataclass
class Result:
    """What became of one file."""

    source: str
    status: str
    """stored, known (the same snapshot was there) or failed."""
    snapshot: str | None = None
    rows_in: int = 0
    rows_kept: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    error: str | None = None
    code: int = 0


@click.command("ingest")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--to", "target", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="[default: --store]"
)
@options.read_options
@click.option("--spot", type=float, metavar="PRICE", help="Price of the underlying, for files without.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="Form of the summary.")
@options.logging_options
def command(files: tuple[str, ...], target: Path | None, read: ReadOptions, spot: float | None, form: str) -> int:
    """Read FILEs, validate them, and put each into the store as one immutable snapshot.

    The same file again changes nothing; a reissued one becomes a new revision beside the old.
    """
    store = target or read.store
    if store is None:
        raise click.UsageError("no store named; give --to DIR, or set GEX_STORE")
    there: dict[str, set[Path]] = {}
    with _progress(files) as progress:
        results = [_stored(file, store, read, spot, there) for file in progress]
    click.echo(_as_json(results) if form == "json" else _summary(results, store))
    return combined(sum(not result.code for result in results), {result.code for result in results} - {0})


def _progress(files: tuple[str, ...]) -> AbstractContextManager[Iterable[str]]:
    """Show a bar on stderr where somebody watches a series being read."""
    if len(files) > 1 and sys.stderr.isatty() and LOGGER.isEnabledFor(logging.WARNING):
        return click.progressbar(files, file=sys.stderr, label="ingest")
    return nullcontext(files)


def _stored(file: str, store: Path, read: ReadOptions, spot: float | None, there: dict[str, set[Path]]) -> Result:
    """Put one file into the store; a failure is a result, too.

    Args:
        file: What to read.
        store: Where to put it.
        read: How to read it.
        spot: Price of the underlying, if the file has none.
        there: The snapshots known to be in the store, by symbol; what is learnt is added.

    """
    from gex.ingest.store import save, snapshots

    try:
        chain = open_chain(file, read, spot)
        symbol = chain.underlying
        if symbol not in there:
            there[symbol] = {snapshot.path for snapshot in snapshots(store, symbol)}
        path = save(chain, store)
    except Exception as error:  # noqa: BLE001 (one file must not take the others with it)
        LOGGER.error("%s", one_line(error), exc_info=error)
        return Result(file, "failed", error=one_line(error), code=exit_code(error))
    status = "known" if path in there[symbol] else "stored"
    there[symbol].add(path)
    quality = chain.quality
    return Result(file, status, str(path), quality.rows_in, quality.rows_kept, quality.quarantined)


def _as_json(results: list[Result]) -> str:
    from gex.cli.render.document import dumps

    return dumps([asdict(result) for result in results])


def _summary(results: list[Result], store: Path) -> str:
    from gex.cli.render.terminal import aligned

    head = ("STATUS", "FILE", "ROWS IN", "KEPT", "SET ASIDE")
    rows = [
        (each.status, each.source, f"{each.rows_in:,}", f"{each.rows_kept:,}", f"{each.rows_in - each.rows_kept:,}")
        for each in results
    ]
    counts = ", ".join(
        f"{sum(each.status == status for each in results)} {status}" for status in ("stored", "known", "failed")
    )
    return "\n".join([*aligned([head, *rows], "<<>>>"), f"{counts}; store {store}"])
