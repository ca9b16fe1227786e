"""The gamma profile as bars: one line a price, spot and flip among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.cli.render.bars import Bar, draw
from gex.cli.render.strikes import with_rules
from gex.cli.render.terminal import flow

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.results import Analysis

LINES = 24
REACH = 0.06
"""Half of the range shown, as a fraction of spot; csv and json hold the whole ladder."""


def ladder(analysis: Analysis, terminal: Terminal) -> str:
    """Return the chart: net dealer gamma at each price, re-priced, today's part inside."""
    profile, spot = analysis.profile, figures.spot_of(analysis)
    prices = np.linspace(spot * (1 + REACH), spot * (1 - REACH), LINES)
    net = np.interp(prices, profile.spots, profile.gamma_usd_per_1pct)
    today = np.interp(prices, profile.spots, profile.zero_dte_usd_per_1pct)
    money = figures.Money.spanning(net)
    bars = [
        (price, Bar(figures.level(price, spot), value, inner=inner, figures=f"{money(value):>8}"))
        for price, value, inner in zip(prices.tolist(), net.tolist(), today.tolist(), strict=True)
    ]
    head = f"{analysis.underlying} {figures.price(spot)}  {figures.moment(analysis.quote_time)}   {_finding(analysis)}"
    unit = terminal.paint(
        f"net dealer gamma against spot, {money.unit} per +1%, re-priced (█▒ 0DTE, ▓░ later)", "muted"
    )
    lines = [
        *flow([head], terminal.width, indent="  "),
        unit,
        *draw(with_rules(analysis, bars), terminal, terminal.width),
    ]
    return "\n".join([*lines, *flow([_crossings(analysis)], terminal.width, indent="  ")]) + "\n"


def _finding(analysis: Analysis) -> str:
    """Return the chart's title: what it shows, in words."""
    spot, flip = figures.spot_of(analysis), analysis.levels.gamma_flip
    crossing = next((crossing for crossing in analysis.profile.crossings if crossing.spot == flip), None)
    if flip is None or crossing is None:
        return "Net gamma does not change sign"
    side = "above" if crossing.slope > 0 else "below"
    return f"Net gamma is positive {side} {figures.level(flip, spot)}"


def _crossings(analysis: Analysis) -> str:
    crossings = analysis.profile.crossings
    if not crossings:
        return f"no crossing: {analysis.levels.reasons.get('gamma_flip', '')}"
    return "crossings: " + ", ".join(
        f"{figures.level(crossing.spot, figures.spot_of(analysis))} {'up' if crossing.slope > 0 else 'down'}"
        for crossing in crossings
    )
