"""The sections of the page, one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup

    from gex.cli.page.view import View


def all_panels() -> Sequence[Callable[[View], Markup]]:
    """Return the sections in the order of the page."""
    from gex.cli.page.panels import (
        change,
        definitions,
        expirations,
        heat,
        hedging,
        quality,
        status,
        strikes,
        verdict,
        zero_dte,
    )

    return [
        module.panel
        for module in (status, verdict, strikes, heat, zero_dte, hedging, expirations, definitions, change, quality)
    ]
