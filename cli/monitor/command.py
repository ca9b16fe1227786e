"""`gex monitor`: a folder watched or a feed run, results made, limits checked, alerts delivered."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options
from gex.cli.failures import DONE, INTERRUPTED, PARTIAL
from gex.cli.log import LOGGER
from gex.cli.moments import refuse_moments
from gex.cli.stopping import stopped_by_signals

if TYPE_CHECKING:
    from gex.cli.monitor.rounds import Monitor
    from gex.cli.monitor.secrets import Secrets
    from gex.cli.options import ReadOptions
    from gex.settings import Settings

LAST_WAIT = 5.0
"""Seconds that deliveries under way may still take once the work is to end."""


@click.command("monitor")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER")
@click.option(
    "--limits",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Rules, the feed's command and deliveries (TOML).",
)
@options.results_option
@click.option("--once", is_flag=True, help="One round, for cron: deliveries are waited for.")
@click.option("--waiting", is_flag=True, help="List the alerts that wait for delivery, and end.")
@click.option(
    "--poll",
    type=click.FloatRange(0.05),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="From one look at the folder to the next.",
)
@options.model_options
@options.read_options
@options.logging_options
def command(
    folder: Path,
    limits: Path,
    results: Path | None,
    once: bool,
    waiting: bool,
    poll: float,
    settings: Settings,
    read: ReadOptions,
) -> int:
    """Make results of what a feed writes into FOLDER, check limits, and deliver alerts.

    A file is read once it no longer changes. Nothing is fetched; a feed command of your own may be run, in the hours of
    the exchange. SIGTERM or Ctrl-C ends it cleanly.
    """
    from gex.cli.monitor.config import read_monitor_file
    from gex.cli.monitor.secrets import Secrets

    store, results = _folders(read, results)
    refuse_moments(settings, read, "a feed brings many")
    if waiting:
        click.echo(_listing(results))
        return DONE
    secrets = Secrets()
    file = read_monitor_file(limits, secrets)
    _log_to(secrets)
    from gex.cli.batch.spec import spec_of
    from gex.cli.monitor.folder import Folder
    from gex.cli.monitor.outbox import Outbox
    from gex.cli.monitor.postmen import Post
    from gex.cli.monitor.rounds import Monitor
    from gex.cli.monitor.work import Work

    stop, outbox, spec = threading.Event(), Outbox(results / "alerts"), spec_of(settings, read)
    with outbox.owned(), contextlib.closing(Work(store, results, spec)) as work, stopped_by_signals(stop.set) as caught:
        post, place = Post(outbox, file.deliveries, stop), Folder(folder, store, results)
        monitor = Monitor(file, place, results, work, spec.fingerprint, outbox, post, stop, _now)
        _start(monitor, folder)
        if once:
            monitor.once()
        else:
            monitor.run(poll)
        post.finish(LAST_WAIT)
    return _ended(monitor, caught, once=once)


def _listing(results: Path) -> str:
    from gex.cli.monitor.listing import listing
    from gex.cli.monitor.outbox import Outbox

    return listing(Outbox(results / "alerts"))


def _folders(read: ReadOptions, results: Path | None) -> tuple[Path, Path]:
    if read.store is None:
        raise click.UsageError("no store named; give --store DIR, or set GEX_STORE")
    if results is None:
        raise click.UsageError("no results named; give --results DIR, or set GEX_RESULTS")
    return read.store, results


def _log_to(secrets: Secrets) -> None:
    """Log what happens, unless asked to be quiet, and no secret."""
    logging.getLogger("gex.monitor").setLevel(min(LOGGER.level, logging.INFO) if LOGGER.level < logging.ERROR else 0)
    secrets.guard(LOGGER)


def _start(monitor: Monitor, folder: Path) -> None:
    from gex.cli.monitor.tell import tell

    gone = monitor.outbox.drop(each.name for each in monitor.file.deliveries)
    if gone:
        tell("targets gone", f"no longer delivered to: {', '.join(gone)}", "warning", names=gone)
    for path in monitor.outbox.damaged():
        tell("alert damaged", f"{path}: no alert that can be read: it cannot be delivered", "error", file=str(path))
    rules, places = len(monitor.file.rules), ", ".join(each.name for each in monitor.file.deliveries) or "nowhere"
    waiting = len(monitor.outbox.waiting())
    message = f"watching {folder}; {rules} rules, alerts go to {places}, {waiting} waiting"
    tell("started", message, folder=str(folder), rules=rules, waiting=waiting)


def _ended(monitor: Monitor, caught: list[int], *, once: bool) -> int:
    from gex.cli.monitor.tell import tell

    waiting = len(monitor.outbox.waiting())
    tell("ended", f"ended; {waiting} alerts waiting for delivery", waiting=waiting)
    if caught:
        return INTERRUPTED if signal.SIGINT in caught else DONE
    return PARTIAL if once and (monitor.failures or waiting) else DONE


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
