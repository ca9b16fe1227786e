"""The gamma profile as bars: one line a price, spot, flip and walls among them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click
import numpy as np

from gex.cli.render import figures
from gex.cli.render.bars import Bar, Rule, draw
from gex.cli.render.marks import tagged, with_rules
from gex.cli.render.terminal import flow
from gex.summary import DECISIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.render.terminal import Terminal
    from gex.quotes import Floats
    from gex.results import Analysis

LINES, FEWEST, MOST = 24, 12, 60
"""Prices where nobody scrolls, and on the lowest and the highest terminal."""
OTHER_LINES = 9
"""Of the chart, beside those of prices."""
REACH, FARTHEST, MARGIN = 0.04, 0.12, 1.15
"""Half of the range at the least, a fraction of spot; the farthest flip it is stretched for, and how far beyond it."""
WIDEST = 140
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def ladder(analysis: Analysis, terminal: Terminal) -> str:
    """Return the chart: net dealer gamma at each price, re-priced, today's part inside."""
    prices = _prices(analysis, _count(terminal))
    net, today = _net(analysis, prices), _today(analysis, prices)
    money = figures.Money.spanning(net)
    unsure = _unsure(analysis, prices, net)
    bars = [
        (price, Bar(figures.strike(price), value, inner=inner, figures=f"{money(value):>8}", unsure=doubt))
        for price, value, inner, doubt in zip(
            prices.tolist(), net.tolist(), today.tolist(), unsure.tolist(), strict=True
        )
    ]
    head = f"{analysis.underlying} {figures.price(figures.spot_of(analysis))}  {figures.moment(analysis.quote_time)}"
    unit = f"net dealer gamma against spot, {money.unit} per +1%, re-priced" + _legend(today=bool(today.any()))
    lines = [
        *flow([f"{head}   {_finding(analysis)}"], terminal.width, indent="  "),
        *(terminal.paint(line, "muted") for line in flow([unit], terminal.width, indent="  ")),
        *draw(with_rules(analysis, tagged(analysis, bars), walls=True), terminal, min(terminal.width, WIDEST)),
    ]
    notes = [_crossings(analysis), *([_doubt()] if unsure.any() else [])]
    return "\n".join([*lines, *flow(notes, terminal.width, indent="  ")]) + "\n"


def panel(analysis: Analysis, marks: Sequence[Bar | Rule], terminal: Terminal, width: int) -> list[str]:
    """Draw the profile on the lines of another chart, below a head: net gamma were spot at the price of each."""
    prices = np.array([float(mark.label.removeprefix("⋮ ")) for mark in marks if isinstance(mark, Bar)])
    net, profile = _net(analysis, prices), analysis.profile
    told = (prices >= profile.spots[0]) & (prices <= profile.spots[-1])
    money = figures.Money.spanning(net)
    columns = (net, _today(analysis, prices), _unsure(analysis, prices, net), told)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    bars: list[Bar | Rule] = []
    for mark in marks:
        if isinstance(mark, Rule):
            bars.append(Rule("", "", mark.stroke))
        else:
            value, inner, doubt, there = next(rows)
            bars.append(Bar("", value, "", inner, f"{money(value):>7}", unsure=doubt) if there else Bar("", 0.0))
    head = f"  all strikes, were spot here, {money.unit} per +1%"
    return [terminal.paint(head, "muted"), *draw(bars, terminal, width)]


def joined(left: Sequence[str], right: Sequence[str], width: int) -> list[str]:
    """Set lines beside lines of `width` columns, which may be coloured."""
    return [one + " " * (width - len(click.unstyle(one))) + other for one, other in zip(left, right, strict=True)]


def _count(terminal: Terminal) -> int:
    return LINES if terminal.height is None else min(max(terminal.height - OTHER_LINES, FEWEST), MOST)


def _prices(analysis: Analysis, count: int) -> Floats:
    """Return `count` round prices around spot, highest first, that reach the flip if it is near."""
    spot, flip = figures.spot_of(analysis), analysis.levels.gamma_flip
    away = 0.0 if flip is None else abs(flip / spot - 1)
    reach = max(REACH, MARGIN * away) if away < FARTHEST else REACH
    least = 2 * reach * spot / count
    power = 10.0 ** math.floor(math.log10(least))
    step = next(each for each in STEPS if each * power >= least * (1 - 1e-9)) * power
    rows = round(spot / step) + np.arange(count // 2, count // 2 - count, -1)
    return np.round(rows[rows > 0] * step, 6)


def _net(analysis: Analysis, prices: Floats) -> Floats:
    return np.interp(prices, analysis.profile.spots, analysis.profile.gamma_usd_per_1pct)


def _today(analysis: Analysis, prices: Floats) -> Floats:
    return np.interp(prices, analysis.profile.spots, analysis.profile.zero_dte_usd_per_1pct)


def _unsure(analysis: Analysis, prices: Floats, net: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell where net gamma is too small a part of gross, which is that at spot, for its sign to be known.

    Only around crossings: far out all gamma is a small part of what there is at spot, and its sign is sure.
    """
    little = DECISIVE * analysis.exposure.gamma_usd_per_1pct.gross
    near = np.zeros(len(prices), dtype=np.bool_)
    for crossing in analysis.profile.crossings:
        near |= np.abs(prices - crossing.spot) * abs(crossing.slope) <= 2 * little
    return near & (np.abs(net) <= little)


def _legend(*, today: bool) -> str:
    return " (█▒ 0DTE, ▓░ later)" if today else ""


def _doubt() -> str:
    return f"? sign unknown: net under {DECISIVE:.0%} of gross"


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
