"""What `gex serve` is given: where it listens, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

import click

from gex.cli import options


@dataclass(frozen=True)
class ServeOptions:
    """Where a site listens, who may ask, and whether a browser is opened; `token` says where the token is."""

    host: str
    port: int
    token: str | None
    allow_host: tuple[str, ...]
    browser: bool


serve_options = options.gathered(
    ServeOptions,
    "listen",
    options.setting(
        "--host",
        default="127.0.0.1",
        show_default=True,
        metavar="ADDRESS",
        help="Address to listen at; another than this machine's own needs --token.",
    ),
    options.setting(
        "--port",
        type=click.IntRange(0, 65535),
        default=8439,
        show_default=True,
        metavar="N",
        help="Port to listen at; 0 takes one that is free.",
    ),
    options.setting(
        "--token",
        metavar="auto|env:NAME|FILE",
        help="Ask for a token: made up and printed once, or found in the environment or a file.",
    ),
    options.setting(
        "--allow-host",
        multiple=True,
        metavar="NAME",
        help="Another name that browsers call the site by, NAME or NAME:PORT. May be repeated.",
    ),
    click.option("--open", "browser", is_flag=True, help="Open the site in the browser."),
)
