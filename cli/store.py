"""`gex store`: what the store holds, whether it is whole, and how to tidy it up."""

from __future__ import annotations

import click

from gex.cli.lazy import LazyGroup


@click.group(
    "store",
    cls=LazyGroup,
    modules={name: f"gex.cli.store_{name}" for name in ("list", "show", "verify", "compact", "export")},
)
def command() -> None:
    """List, show, verify, merge and export what the store holds."""
