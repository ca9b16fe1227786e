"""Exposure against spot, re-priced, with every crossing, the flip's band and the part of 0DTE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.plot import drawing, figures, page
from gex.plot.drawing import Area, Dot, Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.plot.drawing import Drawing, Mark, Point
    from gex.plot.theme import Theme
    from gex.quotes import Floats
    from gex.results import Analysis

TOP = 160
"""Names stand in rows above it."""
ROW = 17
REACH = 0.06
"""Of spot, to either side, drawn at least; levels further away widen it."""
ROOM = 1.12
"""Of the distance to the furthest level, so that its name has a place."""


@dataclass(frozen=True, order=True)
class Rule:
    """A line at a price."""

    price: float
    text: str
    color: str
    width: float
    dash: tuple[float, float] | None
    bold: bool = False


@dataclass(frozen=True)
class Axes:
    """The part of the profile that is drawn."""

    analysis: Analysis
    spots: Floats
    net: Floats
    today: Floats
    ends: tuple[float, float]

    @property
    def spot(self) -> float:
        """Price that all is priced at."""
        return figures.spot_of(self.analysis)

    def x(self, spot: float) -> float:
        """Return where a price stands."""
        low, high = self.spots[0], self.spots[-1]
        return float(page.LEFT + (spot - low) / (high - low) * (page.RIGHT - page.LEFT))

    def y(self, value: float) -> float:
        """Return where an amount stands."""
        return drawing.scaled(*self.ends, TOP, page.BOTTOM)(value)

    def sees(self, spot: float) -> bool:
        """Whether a price is in sight."""
        return bool(self.spots[0] <= spot <= self.spots[-1])


def draw(analysis: Analysis, theme: Theme) -> Drawing:
    """Return the chart."""
    axes, found = _axes(analysis), _found(analysis)
    if not np.any(axes.net):
        return page.page(analysis, theme, found, page.absence(theme, "Net gamma is zero at every price."))
    money = Money.spanning(axes.net.tolist())
    marks = [
        *_scale(axes, money, theme),
        *_ribbon(axes, theme),
        *_curve(axes, theme),
        *_rules(axes, money, theme),
        *_crossings(axes, theme),
    ]
    return page.page(analysis, theme, found, marks)


def _axes(analysis: Analysis) -> Axes:
    profile, spot, levels = analysis.profile, figures.spot_of(analysis), analysis.levels
    shown = [each for each in (levels.gamma_flip, levels.call_wall, levels.put_wall) if each is not None]
    away = max(REACH * spot, *(ROOM * abs(each - spot) for each in shown), 0.0)
    away = min(away, analysis.settings.ladder * spot)
    low, high = max(spot - away, profile.spots[0]), min(spot + away, profile.spots[-1])
    inside = profile.spots[(profile.spots > low) & (profile.spots < high)]
    spots = np.concatenate([[low], inside, [high]])
    net = np.interp(spots, profile.spots, profile.gamma_usd_per_1pct)
    today = np.interp(spots, profile.spots, profile.zero_dte_usd_per_1pct)
    ends = [min(0.0, float(net.min()), float(today.min())), max(0.0, float(net.max()), float(today.max()))]
    room = 0.05 * (ends[1] - ends[0]) or 1.0
    return Axes(analysis, spots, net, today, (ends[0] - room, ends[1] + room))


def _scale(axes: Axes, money: Money, theme: Theme) -> Iterator[Mark]:
    yield from page.dollar_grid(axes.ends, money, axes.y, theme, page.RIGHT)
    for value in drawing.ticks(float(axes.spots[0]), float(axes.spots[-1]), 9):
        yield Line([(axes.x(value), TOP), (axes.x(value), page.BOTTOM)], theme.grid)
        label = page.price_label(value, axes.spot)
        yield Text((axes.x(value), page.BOTTOM + 18), label, theme.muted, 11.5, "middle")
    yield Text((page.RIGHT, page.BOTTOM + 35), "spot, points", theme.muted, 11.5, "end")
    yield Text((page.MARGIN, 92), f"net gamma, {money.unit} per +1% of spot", theme.muted, 11.5)


def _ribbon(axes: Axes, theme: Theme) -> Iterator[Mark]:
    """Draw where the flip stands under other methods."""
    if not (band := _band(axes)):
        return
    low, high = (axes.x(each) for each in band)
    middle, half = (low + high) / 2, max(high - low, 3.0) / 2
    yield drawing.box(middle - half, TOP, middle + half, page.BOTTOM, theme.muted, 0.28)


def _band(axes: Axes) -> tuple[float, ...]:
    """Return the ends in sight of where the flip stands under other methods; nothing where there are none."""
    bands = axes.analysis.levels.bands
    if bands is None or bands.method.gamma_flip is None:
        return ()
    return tuple(float(np.clip(each, axes.spots[0], axes.spots[-1])) for each in bands.method.gamma_flip)


def _unsure(axes: Axes, theme: Theme) -> Iterator[Mark]:
    """Hatch what lies within the flip's band: other methods give it the other sign."""
    if not (band := _band(axes)) or band[0] >= band[1]:
        return
    spots = np.union1d(axes.spots[(axes.spots > band[0]) & (axes.spots < band[1])], band)
    net = np.interp(spots, axes.spots, axes.net)
    zero = axes.y(0.0)
    points = [(axes.x(band[0]), zero), *_points(axes, spots, net), (axes.x(band[1]), zero)]
    yield Area(points, theme.paper)
    yield Area(points, theme.unknown, hatch=True)


def _curve(axes: Axes, theme: Theme) -> Iterator[Mark]:
    """Draw the curve over areas of its sign, and the part of 0DTE."""
    spots, net = _with_zeros(axes.spots, axes.net)
    for sign, color in ((1.0, theme.positive_soft), (-1.0, theme.negative_soft)):
        part = np.maximum(sign * net, 0.0) * sign
        zero = axes.y(0.0)
        if part.any():
            yield Area([(axes.x(spots[0]), zero), *_points(axes, spots, part), (axes.x(spots[-1]), zero)], color, 0.6)
    yield from _unsure(axes, theme)
    if axes.today.any():
        yield Line(_points(axes, axes.spots, axes.today), theme.muted, 1.6, (5.0, 3.0))
    yield Line(_points(axes, axes.spots, axes.net), theme.ink, 2.2)
    names = [(axes.net, "all expirations", theme.ink), (axes.today, "0DTE alone", theme.muted)]
    texts = [
        (axes.y(float(values[-1])) + 4, Text((page.RIGHT + 8, 0), name, color, 12, bold=name != "0DTE alone"))
        for values, name, color in names
        if values.any()
    ]
    yield from drawing.apart(texts, page.LABEL_GAP)


def _with_zeros(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return a broken line with its zeros among its points."""
    before, after = y[:-1], y[1:]
    turns = np.flatnonzero(before * after < 0)
    zeros = x[turns] - before[turns] * (x[turns + 1] - x[turns]) / (after[turns] - before[turns])
    return np.insert(x, turns + 1, zeros), np.insert(y, turns + 1, 0.0)


def _points(axes: Axes, x: Floats, y: Floats) -> Sequence[Point]:
    return [(axes.x(a), axes.y(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def _rules(axes: Axes, money: Money, theme: Theme) -> Iterator[Mark]:
    """Draw spot, flip and walls, each named beside its upper end, away from spot."""
    seen = sorted(rule for rule in _named(axes, money, theme) if axes.sees(rule.price))
    below = [rule for rule in seen if rule.price < axes.spot]
    above = [rule for rule in reversed(seen) if rule.price >= axes.spot]
    for side, rules in ((-1, below), (1, above)):
        tops: list[tuple[float, int]] = []
        for rule in rules:
            x, width = axes.x(rule.price), drawing.text_width(rule.text, 12, bold=rule.bold)
            row = 1 + max((row for place, row in tops if 0 <= side * (place - x) <= width + 8), default=-1)
            tops.append((x, row))
            y = TOP - 10 - ROW * row
            yield Line([(x, y - 9), (x, page.BOTTOM)], rule.color, rule.width, rule.dash)
            at = x + 5 if side > 0 else max(x - 5, page.MARGIN / 2 + width)
            yield Text((at, y), rule.text, rule.color, 12, "start" if side > 0 else "end", rule.bold)
    yield Dot((axes.x(axes.spot), axes.y(_at_spot(axes))), theme.ink, 4.5)


def _named(axes: Axes, money: Money, theme: Theme) -> Iterator[Rule]:
    levels, spot = axes.analysis.levels, axes.spot
    here = f"spot {figures.price(spot)}: {money.alone(_at_spot(axes))} {money.unit}"
    yield Rule(spot, here, theme.ink, 2.0, None, bold=True)
    if levels.gamma_flip is not None:
        yield Rule(levels.gamma_flip, f"flip {figures.level(levels.gamma_flip, spot)}", theme.ink, 1.4, (6.0, 4.0))
    if levels.put_wall is not None:
        yield Rule(levels.put_wall, f"put wall {figures.strike(levels.put_wall)}", theme.negative, 1.0, None)
    if levels.call_wall is not None:
        yield Rule(levels.call_wall, f"call wall {figures.strike(levels.call_wall)}", theme.positive, 1.0, None)


def _at_spot(axes: Axes) -> float:
    return float(np.interp(axes.spot, axes.spots, axes.net))


def _crossings(axes: Axes, theme: Theme) -> Iterator[Mark]:
    """Mark every crossing, and name the price of those that are not the flip, the nearest to spot first."""
    flip = axes.analysis.levels.gamma_flip
    taken = [] if flip is None else [axes.x(flip)]
    for crossing in sorted(axes.analysis.profile.crossings, key=lambda each: abs(each.spot - axes.spot)):
        x, y = axes.x(crossing.spot), axes.y(0.0)
        if not axes.sees(crossing.spot):
            continue
        yield Dot((x, y), theme.ink, 4)
        text = f"{figures.level(crossing.spot, axes.spot)} {'up' if crossing.slope > 0 else 'down'}"
        if crossing.spot != flip and all(abs(x - other) > drawing.text_width(text, 11.5) for other in taken):
            taken.append(x)
            yield Text((x, y + 18), text, theme.ink, 11.5, "middle")


def _found(analysis: Analysis) -> Found:
    levels, spot = analysis.levels, figures.spot_of(analysis)
    crossing = next((each for each in analysis.profile.crossings if each.spot == levels.gamma_flip), None)
    if crossing is None:
        title = f"net gamma does not change sign within {figures.percent(analysis.settings.ladder)} of spot"
    else:
        side, away = "above" if crossing.slope > 0 else "below", 100 * (spot / crossing.spot - 1)
        title = f"net gamma is positive {side} {figures.level(crossing.spot, spot)}"
        title += f", spot is {abs(away):.2f}% {'above' if away >= 0 else 'below'} it"
    if analysis.regime == "near_zero":
        title = title.partition(", spot")[0] + "; near zero at spot, its sign unknown"
    count, ribbon = len(analysis.profile.crossings), page.ribbon_note(analysis)
    caption = (
        "Dealers' net gamma, $ of delta per +1% of spot, re-priced were spot elsewhere. Positive: they sell a rise. "
        f"Dots on zero: {count} crossing{'' if count == 1 else 's'}.{ribbon}"
        f"{' Hatched: sign unknown within it.' if ribbon else ''}"
    )
    return Found(title, caption)
