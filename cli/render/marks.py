"""What stands among the bars of a price chart: spot, the flip and its band, the walls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.bars import Bar, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gex.results import Analysis

RIBBON = "┊"
"""Beside prices inside the flip's band."""


def tagged(analysis: Analysis, bars: Iterable[tuple[float, Bar]]) -> list[tuple[float, Bar]]:
    """Name walls, and mark the flip's band, beside bars given by price."""
    levels, band = analysis.levels, flip_band(analysis)
    walls = (("CW", levels.call_wall), ("PW", levels.put_wall))
    found = []
    for price, bar in bars:
        tags = [tag for tag, wall in walls if wall == price]
        inside = band is not None and band[0] <= price <= band[1]
        found.append((price, replace(bar, tag=" ".join([*tags, *([RIBBON] if inside else [])]))))
    return found


def with_rules(analysis: Analysis, bars: list[tuple[float, Bar]], *, walls: bool = False) -> list[Bar | Rule]:
    """Set spot, and the flip where it is in sight, among bars given by price; with `walls`, those between two bars."""
    spot, levels = figures.spot_of(analysis), analysis.levels
    marks: list[tuple[float, Bar | Rule]] = [*bars, (spot, Rule(figures.price(spot), "◄ spot"))]
    prices = [price for price, _ in bars]
    if levels.gamma_flip is not None and min(prices) < levels.gamma_flip < max(prices):
        marks.append((levels.gamma_flip, Rule(figures.level(levels.gamma_flip, spot), _flip(analysis), "╌")))
    for tag, wall in (("CW", levels.call_wall), ("PW", levels.put_wall)) if walls else ():
        if wall is not None and min(prices) < wall < max(prices) and wall not in prices:
            marks.append((wall, Rule(figures.strike(wall), tag, "┈")))
    return [mark for _, mark in sorted(marks, key=lambda pair: -pair[0])]


def flip_band(analysis: Analysis) -> tuple[float, float] | None:
    """Return where the flip stands under other methods."""
    bands = analysis.levels.bands
    return None if bands is None else bands.method.gamma_flip


def _flip(analysis: Analysis) -> str:
    """Name the flip, with its band where that is wider than its digits."""
    band, spot = flip_band(analysis), figures.spot_of(analysis)
    low, high = (figures.level(each, spot) for each in band) if band else ("", "")
    return "flip" if low == high else f"flip {RIBBON} {low}–{high}"
