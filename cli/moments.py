"""What is of one file or one moment, and means nothing where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gex.cli.options import ReadOptions
    from gex.settings import Settings


def refuse_moments(settings: Settings, read: ReadOptions, why: str, more: Mapping[str, object] | None = None) -> None:
    """Refuse options of one snapshot.

    Args:
        settings: As they were given.
        read: As they were given.
        why: Ends the sentence: what there is many of.
        more: Further options and their values, None where not given.

    Raises:
        click.UsageError: One was given; the message names the first.

    """
    given = {
        "--at": settings.at,
        "--spot": settings.spot,
        "--move-to": settings.move_to,
        "--quote-time": read.quote_time,
        **(more or {}),
    }
    if wrong := [flag for flag, value in given.items() if value is not None]:
        raise click.UsageError(f"{wrong[0]} is of one snapshot, and {why}")
