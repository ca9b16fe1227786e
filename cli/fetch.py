"""`gex fetch`: delayed quotes and index histories from Cboe's site, into the store."""

from __future__ import annotations

import logging
import sys
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from gex.cli import options
from gex.cli.config import state_folder
from gex.cli.failures import MISSING, exit_code, one_line
from gex.cli.log import LOGGER
from gex.cli.sources import combined, open_chain
from gex.ingest.download import Downloader, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gex.cli.options import ReadOptions
    from gex.ingest.feed import Arrival, Kind


@dataclass(frozen=True)
class Job:
    """What is fetched, from where, and where it goes."""

    kind: Kind
    base_url: str
    read: ReadOptions
    store: Path


@dataclass
class Fetched:
    """What became of one symbol."""

    symbol: str
    kind: Kind
    status: str = "failed"
    """stored, unchanged, stale (stored, but the feed stands still while options trade) or failed."""
    raw: str | None = None
    snapshot: str | None = None
    rows: int | None = None
    """Rows of a new snapshot."""
    of: str | None = None
    """The time of a new snapshot's quotes, or the last day of a history."""
    error: str | None = None
    code: int = 0


def symbols_of(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Check the spelling of symbols, and keep each once."""
    from gex.ingest.feed import symbol_of

    try:
        return tuple({symbol_of(value): value for value in values}.values())
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def seconds(name: str, default: float, meaning: str) -> Any:
    """Declare an option in seconds, at least one."""
    return click.option(
        name, type=click.FloatRange(1), default=default, show_default=True, metavar="SECONDS", help=meaning
    )


limit_options = options.gathered(
    Limits,
    "limits",
    seconds("--timeout", 60.0, "For one whole reply."),
    seconds("--pause", 2.0, "From one request to the next, at least."),
    click.option(
        "--retries",
        type=click.IntRange(0, 8),
        default=3,
        show_default=True,
        metavar="N",
        help="Further tries after a failure that may pass.",
    ),
)


@click.command("fetch")
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...", callback=symbols_of)
@click.option("--history", is_flag=True, help="Daily history of indices (VIX, VVIX, SPX) in place of quotes.")
@options.base_url_option
@limit_options
@options.read_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="Form of the summary.")
@options.logging_options
def command(
    symbols: tuple[str, ...], history: bool, base_url: str, limits: Limits, read: ReadOptions, form: str
) -> int:
    """Fetch the delayed quotes of all options on each SYMBOL from Cboe's site, once.

    Each file is kept as received and as a snapshot in the store; one that has not changed is not sent again.
    """
    if read.store is None:
        raise click.UsageError("no store named; give --store DIR, or set GEX_STORE")
    _tell_terms_once()
    job = Job("history" if history else "quotes", base_url, read, read.store)
    turn = state_folder() / "last-request"
    with Downloader(limits, tell=LOGGER.warning, turn=turn) as downloader, _progress(symbols) as progress:
        results = [_fetched(job, symbol, downloader) for symbol in progress]
    click.echo(_as_json(results) if form == "json" else _summary(results, job.store))
    return combined(sum(not result.code for result in results), {result.code for result in results} - {0})


def _tell_terms_once() -> None:
    """Say whose data these are, the first time that anybody can read it."""
    from gex.ingest.feed import TERMS

    mark = state_folder() / "cboe-terms-told"
    if LOGGER.isEnabledFor(logging.WARNING) and not mark.exists():
        LOGGER.warning("%s (said once)", TERMS)
        with suppress(OSError):  # Where nothing can be remembered, it is said again.
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()


def _progress(symbols: tuple[str, ...]) -> AbstractContextManager[Iterable[str]]:
    """Show a bar on stderr where somebody watches several requests."""
    if len(symbols) > 1 and sys.stderr.isatty() and LOGGER.isEnabledFor(logging.WARNING):
        return click.progressbar(symbols, file=sys.stderr, label="fetch")
    return nullcontext(symbols)


def _fetched(job: Job, name: str, downloader: Downloader) -> Fetched:
    """Fetch and store one symbol; a failure is a result, too."""
    from gex.ingest.feed import fetch, remember, symbol_of

    result = Fetched(symbol_of(name), job.kind)
    try:
        LOGGER.info("%s: asking %s for %s", result.symbol, job.base_url, job.kind)
        arrival = fetch(job.kind, name, job.store, downloader, job.base_url)
        result.raw, result.status, stored = str(arrival.raw), "unchanged", arrival.stored
        if stored is None:
            stored = (_keep_history if job.kind == "history" else _keep_quotes)(arrival, job, result)
            remember(arrival, stored, job.store)
        result.snapshot = str(stored)
    except Exception as error:  # noqa: BLE001 (one symbol must not take the others with it)
        LOGGER.error("%s", one_line(error), exc_info=error)
        result.status, result.error, result.code = "failed", one_line(error), exit_code(error)
    return result


def _keep_quotes(arrival: Arrival, job: Job, result: Fetched) -> Path:
    """Put delayed quotes into the store as a snapshot."""
    from gex.cli.render.figures import utc
    from gex.ingest.feed import STALE_AFTER, is_stale
    from gex.ingest.store import save

    chain = open_chain(str(arrival.raw), job.read, None)
    result.rows, result.of, result.status = chain.quality.rows_kept, utc(chain.quote_time), "stored"
    if is_stale(chain, arrival.received_at):
        minutes = STALE_AFTER.total_seconds() / 60
        LOGGER.warning("%s: the market is open, and the feed older than %.0f minutes", result.symbol, minutes)
        result.status, result.code = "stale", MISSING
    return save(chain, job.store)


def _keep_history(arrival: Arrival, job: Job, result: Fetched) -> Path:
    """Put an index's history into the store."""
    from gex.ingest.history import read_download, save_history

    frame = read_download(arrival.raw.read_bytes(), result.symbol, str(arrival.raw))
    result.rows, result.of, result.status = frame.height, str(frame["date"][-1]), "stored"
    facts = {"url": arrival.url, "sha256": arrival.sha256, "received_at": arrival.received_at.isoformat()}
    return save_history(frame, result.symbol, job.store, facts)


def _as_json(results: list[Fetched]) -> str:
    from gex.cli.render.document import dumps

    return dumps([asdict(result) for result in results])


def _summary(results: list[Fetched], store: Path) -> str:
    from gex.cli.render.terminal import aligned

    head = ("STATUS", "SYMBOL", "ROWS", "OF", "SNAPSHOT")
    rows = [
        (each.status, each.symbol, "-" if each.rows is None else f"{each.rows:,}", each.of or "-", each.snapshot or "-")
        for each in results
    ]
    statuses = ("stored", "unchanged", "stale", "failed")
    counts = ", ".join(f"{sum(each.status == status for each in results)} {status}" for status in statuses)
    return "\n".join([*aligned([head, *rows], "<<><<"), f"{counts}; store {store}"])
