"""Gamma by strike beside its profile, price as height."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.page.html import figure, section, table
from gex.cli.render import figures
from gex.plot import profile, strikes
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from markupsafe import Markup

    from gex.cli.page.view import View


def panel(view: View) -> Markup:
    """Return the section."""
    analysis = view.analysis
    money = figures.Money.spanning(analysis.by_strike["gross"].to_list())
    rows = (
        [figures.strike(row["strike"]), *(money(row[name]) for name in ("net", "calls", "puts", "zero_dte"))]
        for row in analysis.by_strike.sort("gross", descending=True).head(40).sort("strike", descending=True).to_dicts()
    )
    head = ["Strike", *(f"{name}, {money.unit} per +1%" for name in ("Net", "Calls", "Puts", "0DTE"))]
    behind = table("The 40 strikes of most gamma", head, rows)
    return section(
        "strikes", "Where gamma is", figure("by-strike", strikes.draw(analysis, PAGE), behind),
        figure("profile", profile.draw(analysis, PAGE)),
    )  # fmt: skip
