"""`gex serve`: the local site over a store, until Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import log, options
from gex.cli.failures import DONE, INTERRUPTED
from gex.cli.histories import HistoryOptions, history_options
from gex.cli.log import LOGGER
from gex.cli.moments import refuse_moments
from gex.cli.serve_options import ServeOptions, serve_options
from gex.cli.stopping import stopped_by_signals

if TYPE_CHECKING:
    from gex.cli.options import ReadOptions
    from gex.cli.serve.site import Site
    from gex.settings import Settings

EXTRA = ("starlette", "uvicorn")
NEWS = logging.getLogger("gex.serve")
"""What it tells is news, though the rest of gex says no more than warnings."""


@click.command("serve", short_help="Serve a local site over a store, live.")
@serve_options
@options.results_option
@click.option(
    "--limits",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Rules to show the state of (TOML).",
)
@history_options
@options.model_options
@options.read_options
@options.logging_options
def command(
    listen: ServeOptions,
    where: HistoryOptions,
    results: Path | None,
    limits: Path | None,
    settings: Settings,
    read: ReadOptions,
) -> int:
    """Serve a local site over a store: live pages, replay, comparison, downloads and a JSON API.

    Reads alone, and this machine's own address only, unless a token is asked for. Ctrl-C or SIGTERM ends it.
    """
    rest = {
        "--underlying": read.underlying,
        "--snapshot": read.snapshot,
        "--with": read.beside or None,
        "--map": read.columns or None,
    }
    refuse_moments(settings, read, "a store has many", rest)
    if missing := [name for name in EXTRA if find_spec(name) is None]:
        raise click.UsageError(f"gex serve needs {' and '.join(missing)}: pip install 'gexlab[serve]'")
    site = _site(where, results, limits, settings, read)
    token = _token(listen)
    with _listening(listen, token) as listening:
        return _serve(site, listening, listen, token)


def _serve(site: Site, listening: socket.socket, listen: ServeOptions, token: str | None) -> int:
    from gex.cli.serve.app import app_of
    from gex.cli.serve.security import hosts_of
    from gex.cli.serve.server import Server

    host, port = listening.getsockname()[:2]
    names = (*listen.allow_host, *([] if _is_own(host) else [socket.gethostname()]))
    try:
        app = app_of(site, token=token, hosts=hosts_of(port, *names))
    except ValueError as error:
        raise click.UsageError(f"--allow-host: {error}") from None
    server = Server(app, app.state.broker.end)
    with stopped_by_signals(server.leave) as caught:
        _tell(site, _address(host, port), listen, token)
        server.run([listening])
    return INTERRUPTED if signal.SIGINT in caught else DONE


def _site(
    where: HistoryOptions, results: Path | None, limits: Path | None, settings: Settings, read: ReadOptions
) -> Site:
    """Return the site, whose folders and files are there."""
    from gex.cli.histories import load
    from gex.cli.limits_file import read_limits
    from gex.cli.serve.site import Site
    from gex.ingest.errors import MissingError

    store = options.needed_store(read.store)
    if results is not None and not results.is_dir():
        raise MissingError("there is no such folder; gex batch makes one", source=str(results))
    if limits is not None:
        read_limits(limits)
    histories = load(where) if where.histories or where.series else None
    return Site(store, settings, read, results, histories, limits)


def _token(listen: ServeOptions) -> str | None:
    """Return the token to ask for."""
    from gex.cli.serve.tokens import AUTO, token_of

    if listen.token is None:
        return None
    if listen.token == AUTO and log.writes_json():
        raise click.UsageError("--token auto prints the token among the messages; with --log-format json, name a file")
    try:
        return token_of(listen.token)
    except ValueError as error:
        raise click.UsageError(f"--token: {error}") from None


def _listening(listen: ServeOptions, token: str | None) -> socket.socket:
    """Return a socket that listens.

    Raises:
        click.UsageError: There is no such address, or others can reach it and no token is asked for.
        click.ClickException: It is taken, or not ours to take.

    """
    try:
        family, *_, address = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise click.UsageError(f"--host {listen.host!r} is no address") from None
    host = str(address[0])
    if token is None and not _is_own(host):
        raise click.UsageError(f"others can reach --host {listen.host}: give --token auto, env:NAME or a file")
    try:
        return socket.create_server((host, listen.port), family=family)
    except OSError as error:
        place = f"{host} port {listen.port}: {os.strerror(error.errno or 0)}"
        raise click.ClickException(f"cannot listen at {place}; --port 0 takes one that is free") from None


def _is_own(host: str) -> bool:
    """Tell whether nobody but this machine can reach an address."""
    return ip_address(host.partition("%")[0]).is_loopback


def _address(host: str, port: int) -> str:
    """Return what to open in a browser; an address that means all of them goes by the machine's name."""
    found = ip_address(host.partition("%")[0])
    name = socket.gethostname() if found.is_unspecified else f"[{found}]" if found.version == 6 else str(found)
    return f"http://{name}:{port}/"


def _tell(site: Site, address: str, listen: ServeOptions, token: str | None) -> None:
    """Say where the site is; a token that was made up is said here, and nowhere else."""
    NEWS.setLevel(min(LOGGER.level, logging.INFO) if LOGGER.level < logging.ERROR else 0)
    asks = " with the token" if token else ""
    facts = {"event": "serving", "url": address, "store": str(site.store)}
    NEWS.info("%s is at %s%s; Ctrl-C ends it", site.store, address, asks, extra={"facts": facts})
    if token and listen.token == "auto":  # noqa: S105 (the word)
        click.echo(f"{address}?token={token}", err=True)
    if listen.browser:
        # A browser in a terminal comes back once it is closed.
        threading.Thread(target=_open, args=(address,), daemon=True).start()


def _open(address: str) -> None:
    """Open a browser, without the token: other users of this machine can read what programs are started with."""
    import webbrowser

    if not webbrowser.open(address):
        LOGGER.warning("no browser was found; open %s", address)
