"""A drawing in the form that the user asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gex.plot.drawing import Drawing


def in_form(drawing: Drawing, form: str) -> bytes:
    """Return a drawing as an SVG or a PNG file.

    Raises:
        click.UsageError: PNG, and matplotlib is not installed.

    """
    try:
        return drawing.png() if form == "png" else drawing.svg()
    except ModuleNotFoundError as error:
        raise click.UsageError(str(error)) from None
