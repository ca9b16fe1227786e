"""The vertical axis of prices, so that price reads as height: window, steps of strikes, spot, flip, walls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.plot import drawing, figures, page
from gex.plot.drawing import Line, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.plot.drawing import Mark
    from gex.plot.theme import Theme
    from gex.results import Analysis, Levels

REACH = 0.15
"""Strikes further from spot than this fraction are not drawn."""
LEAST = 0.01
NEAR = 0.03
"""Strikes this near to spot tell the distance between strikes."""
SHARE = 0.9
"""Of gross gamma within reach that the window holds."""
STEPS = (1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True)
class Window:
    """Prices in sight, and what stands among them."""

    low: float
    high: float
    spot: float
    """Price of the underlying that all is priced at."""
    levels: Levels

    def y(self, price: float) -> float:
        """Return where a price stands."""
        return drawing.scaled(self.low, self.high, page.TOP, page.BOTTOM)(price)


@dataclass(frozen=True)
class Prices(Window):
    """A window of prices, and the steps that strikes are summed in."""

    analysis: Analysis
    step: float

    @property
    def half(self) -> float:
        """Half the height of a step, in pixels."""
        return 0.5 * (page.BOTTOM - page.TOP) * self.step / (self.high - self.low)

    def summed(self, table: pl.DataFrame, *by: str) -> pl.DataFrame:
        """Return the sums of `table` in each step of strikes within the window, lowest first."""
        near = table.with_columns((pl.col("strike") / self.step).round() * self.step).filter(
            pl.col("strike").is_between(self.low, self.high)
        )
        return near.group_by("strike", *by).agg(pl.all().sum()).sort("strike", *by)


def prices_of(analysis: Analysis, rows: int, strikes: int = 1) -> Prices:
    """Return the window that holds spot, the levels within reach and most of gamma, in `rows` steps at the most.

    A step is of `strikes` strikes, of more only where the levels are that far apart.
    """
    spot, levels = figures.spot_of(analysis), analysis.levels
    listed = _listed(analysis, spot)
    away = _away(analysis, spot)
    if listed:
        away = min(away, max(LEAST, 0.5 * rows * strikes * listed / spot))
    low, high = spot * (1 - away), spot * (1 + away)
    for level in (levels.gamma_flip, levels.call_wall, levels.put_wall):
        if level is not None and abs(level / spot - 1) <= REACH:
            low, high = min(low, level - 0.03 * (high - low)), max(high, level + 0.03 * (high - low))
    return Prices(low, high, spot, levels, analysis, _step((high - low) / (1.07 * rows), listed))


def _away(analysis: Analysis, spot: float) -> float:
    """Return how far from spot most of gamma within reach stands, as a fraction."""
    far = np.abs(analysis.by_strike["strike"].to_numpy() / spot - 1)
    order = np.argsort(far, kind="stable")[: np.count_nonzero(far <= REACH)]
    held = np.cumsum(analysis.by_strike["gross"].to_numpy()[order])
    if not held.any():
        return 0.05
    within = np.count_nonzero(held <= SHARE * held[-1])
    return max(LEAST, float(far[order[within - 1]])) if within else LEAST


def _listed(analysis: Analysis, spot: float) -> float:
    """Return the usual distance between neighbouring strikes near spot."""
    strikes = analysis.by_strike["strike"].to_numpy()
    gaps = np.sort(np.diff(strikes[np.abs(strikes / spot - 1) <= NEAR]))
    return float(gaps[len(gaps) // 2]) if len(gaps) else 0.0


def _step(least: float, listed: float) -> float:
    """Return the smallest round step of at least both."""
    least = max(least, listed) or 1.0
    power = 1e-4
    while True:
        for factor in STEPS:
            if factor * power >= least * (1 - 1e-9):
                return factor * power
        power *= 10


def scale(prices: Window, theme: Theme, *panels: tuple[float, float]) -> Iterator[Mark]:
    """Draw a line at round prices through each panel, and their names on the left."""
    for value in drawing.ticks(prices.low, prices.high, 12):
        for left, right in panels:
            yield Line([(left, prices.y(value)), (right, prices.y(value))], theme.grid)
        yield Text((page.LEFT - 8, prices.y(value) + 4), page.price_label(value, prices.spot), theme.muted, 11.5, "end")
    yield Text((page.LEFT - 8, page.TOP - 12), "points", theme.muted, 11.5, "end")


def ribbon(prices: Prices, theme: Theme, *panels: tuple[float, float]) -> Iterator[Mark]:
    """Draw where the flip stands under other methods: a band is a band."""
    bands = prices.analysis.levels.bands
    if bands is None or bands.method.gamma_flip is None:
        return
    low, high = (min(max(each, prices.low), prices.high) for each in bands.method.gamma_flip)
    bottom, top = prices.y(low), prices.y(high)
    if bottom - top < 3:
        bottom, top = (bottom + top) / 2 + 1.5, (bottom + top) / 2 - 1.5
    for left, right in panels:
        yield drawing.box(left, top, right, bottom, theme.muted, 0.28)


def rules(
    prices: Window, theme: Theme, *panels: tuple[float, float], beside: Sequence[tuple[float, str]] = ()
) -> Iterator[Mark]:
    """Draw spot, flip and walls through the panels, each with its name and distance on the right.

    Args:
        prices: Their axis.
        theme: The colours.
        panels: Left and right of each.
        beside: Further prices to name among them, and their names.

    """
    labels = [(prices.y(price) + 4, Text((page.RIGHT + 8, 0), name, theme.muted, 12)) for price, name in beside]
    for name, level, color, width, dash in _levels(prices, theme):
        place = prices.y(min(max(level, prices.low), prices.high))
        if prices.low <= level <= prices.high:
            for left, right in panels:
                yield Line([(left, place), (right, place)], color, width, dash)
        labels.append((place + 4, Text((page.RIGHT + 8, 0), _tag(name, level, prices), color, 12, bold=name == "spot")))
    yield from drawing.apart(labels, page.LABEL_GAP, page.BOTTOM + 4)


def _levels(prices: Window, theme: Theme) -> Iterator[tuple[str, float, str, float, tuple[float, float] | None]]:
    levels = prices.levels
    for name, level, color, width, dash in (
        ("call wall", levels.call_wall, theme.positive, 1.0, None),
        ("put wall", levels.put_wall, theme.negative, 1.0, None),
        ("flip", levels.gamma_flip, theme.ink, 1.4, (6.0, 4.0)),
        ("spot", prices.spot, theme.ink, 2.0, None),
    ):
        if level is not None:
            yield name, level, color, width, dash


def _tag(name: str, level: float, prices: Window) -> str:
    """Name a level, how far it is from spot, and where it is if it is out of sight."""
    if name == "spot":
        return f"spot {figures.price(level)}"
    shown = figures.level(level, prices.spot) if name == "flip" else figures.strike(level)
    arrow = " ▲" if level > prices.high else " ▼" if level < prices.low else ""
    return f"{name} {shown} {figures.signed(100 * (level / prices.spot - 1), 1)}%{arrow}"
