"""By expiration, as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.page.html import figure, section
from gex.plot import expirations
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from markupsafe import Markup

    from gex.cli.page.view import View


def panel(view: View) -> Markup:
    """Return the section."""
    return section(
        "expirations", "By expiration", figure("expirations-chart", expirations.draw(view.analysis, PAGE)), kind="half"
    )
