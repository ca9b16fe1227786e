"""Gamma by strike beside its re-priced profile, price as height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.cli.page.html import figure, section, table
from gex.cli.page.strike_data import data_of
from gex.cli.render import figures
from gex.plot import drawing, prices, profile, strikes
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from markupsafe import Markup

    from gex.cli.page.view import View
    from gex.results import Analysis

GAMMA, COUNTS = ("net", "calls", "puts", "zero_dte"), ("call_open_interest", "put_open_interest", "volume")
HEAD = ("Strike", "Net", "Calls", "Puts", "0DTE", "Open interest, calls", "Open interest, puts", "Volume")
CURVE = ("Were spot at", "Net", "0DTE alone", "")
LINES = 48
"""Of the table behind the curve, about."""


def panel(view: View) -> Markup:
    """Return the section."""
    analysis, data = view.analysis, data_of(view.analysis)
    name = "strikes" if data["strikes"] else None
    return section(
        "strikes", "Where gamma is",
        figure("by-strike", strikes.draw(analysis, PAGE), _by_strike(analysis), panel=name, data=data),
        figure("profile", profile.draw(analysis, PAGE), _profile(analysis)),
    )  # fmt: skip


def _by_strike(analysis: Analysis) -> Markup:
    """Return what the bars are drawn from: all strikes in sight, in the chart's steps."""
    axis = prices.prices_of(analysis, strikes.ROWS)
    rows = axis.summed(analysis.by_strike.select("strike", *GAMMA, *COUNTS)).reverse()
    money = figures.Money.spanning([value for name in GAMMA for value in rows[name]])
    caption = (
        f"All expirations by open interest: gamma in {money.unit} per +1%, counts in contracts; "
        f"strikes in steps of {axis.step:g}"
    )
    cells = (
        [
            figures.strike(row["strike"]),
            *(money(row[name]) for name in GAMMA),
            *(f"{row[name]:,}" for name in COUNTS),
        ]
        for row in rows.iter_rows(named=True)
    )
    return table(caption, HEAD, cells)


def _profile(analysis: Analysis) -> Markup:
    """Return the curve at round prices, and where it crosses zero."""
    curve, spot = analysis.profile, figures.spot_of(analysis)
    money = figures.Money.spanning(curve.gamma_usd_per_1pct.tolist())
    at = dict.fromkeys(drawing.ticks(float(curve.spots[0]), float(curve.spots[-1]), LINES), "")
    at |= {each.spot: f"crosses zero going {'up' if each.slope > 0 else 'down'}" for each in curve.crossings}
    at |= {spot: "spot"}
    rows = (
        [
            figures.level(price, spot),
            *(
                money(float(np.interp(price, curve.spots, values)))
                for values in (curve.gamma_usd_per_1pct, curve.zero_dte_usd_per_1pct)
            ),
            what,
        ]
        for price, what in sorted(at.items(), reverse=True)
    )
    return table(f"Net gamma re-priced were spot elsewhere, {money.unit} per +1%", CURVE, rows)
