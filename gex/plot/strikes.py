"""Gamma by strike: calls and puts on the left, net with 0DTE inside on the right, price as height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gex.plot import drawing, figures, page, prices
from gex.plot.drawing import Area, Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found
from gex.summary import DECISIVE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.plot.drawing import Drawing, Mark
    from gex.plot.prices import Prices
    from gex.plot.theme import Theme
    from gex.results import Analysis

    Row = dict[str, Any]

SIDES, NET = (page.LEFT, 400.0), (430.0, page.RIGHT)
"""Left and right of the two panels."""
ROWS = 110
SHARE = 0.8
"""Of a step's height that a bar takes."""
COLUMNS = ("strike", "net", "calls", "puts", "zero_dte", "gross")


@dataclass(frozen=True)
class Panel:
    """Bars of dollars that begin at zero; what would flatten the rest is cut and says its figure."""

    place: tuple[float, float]
    ends: tuple[float, float]
    money: Money
    theme: Theme

    def x(self, value: float) -> float:
        """Return where an amount stands, those beyond the ends at them."""
        low, high = self.ends
        left, right = self.place
        return left + (min(max(value, low), high) - low) / (high - low) * (right - left)

    def bar(self, value: float, top: float, bottom: float, color: str, *, sure: bool = True) -> Iterator[Mark]:
        """Draw one bar, hatched where its sign is not sure."""
        left, right = sorted((self.x(0.0), self.x(value)))
        if right > left and sure:
            yield drawing.box(left, top, right, bottom, color)
        elif right > left:
            yield from drawing.unsure(left, top, right, bottom, self.theme)
        if not self.ends[0] <= value <= self.ends[1]:
            yield from self._break(value, (top + bottom) / 2, self.theme.strong(value) if sure else self.theme.muted)

    def _break(self, value: float, y: float, color: str) -> Iterator[Mark]:
        """Mark a bar as cut, and write how long it would be."""
        end, inwards = self.x(value), 1 if value < 0 else -1
        for offset in (10, 15):
            x = end + inwards * offset
            yield Line([(x - 3, y + 7), (x + 3, y - 7)], self.theme.paper, 2)
        anchor = "start" if value < 0 else "end"
        yield Text((end, y - 9), self.money.alone(value), color, 11.5, anchor, bold=True)

    def scale(self, title: str, most: int) -> Iterator[Mark]:
        """Draw amounts below, their unit above, zero stronger than the grid."""
        for value, label in page.dollar_ticks(self.ends, self.money, most):
            if value:
                yield Line([(self.x(value), page.TOP), (self.x(value), page.BOTTOM)], self.theme.grid)
            yield Text((self.x(value), page.BOTTOM + 18), label, self.theme.muted, 11.5, "middle")
        yield Text((self.place[0], page.TOP - 12), title, self.theme.muted, 11.5)

    def zero(self) -> Line:
        """Return the zero line."""
        return Line([(self.x(0.0), page.TOP), (self.x(0.0), page.BOTTOM)], self.theme.muted, 1.2)


def draw(analysis: Analysis, theme: Theme) -> Drawing:
    """Return the chart."""
    axis = prices.prices_of(analysis, ROWS)
    rows = axis.summed(analysis.by_strike.select(COLUMNS)).to_dicts()
    if not any(row["gross"] for row in rows):
        found = Found("no gamma near spot", "$ of delta per +1% of spot: no strike near spot has any.")
        return page.page(analysis, theme, found, page.absence(theme, found.caption))
    return page.page(analysis, theme, _found(analysis, axis, rows), list(_marks(axis, rows, theme)))


def _marks(axis: Prices, rows: Sequence[Row], theme: Theme) -> Iterator[Mark]:
    money = Money.spanning([row[name] for row in rows for name in ("net", "calls", "puts")])
    sides = Panel(SIDES, page.span([row[name] for row in rows for name in ("calls", "puts")]), money, theme)
    nets = Panel(NET, page.span([row["net"] for row in rows] + [row["zero_dte"] for row in rows]), money, theme)
    today = " (inside: 0DTE)" if any(row["zero_dte"] for row in rows) else ""
    yield from prices.scale(axis, theme, SIDES, NET)
    yield from sides.scale(f"calls and puts, {money.unit} per +1%", 5)
    yield from nets.scale(f"net, {money.unit} per +1%{today}", 7)
    yield from prices.ribbon(axis, theme, SIDES, NET)
    yield from _sides(axis, rows, sides)
    yield from _nets(axis, rows, nets, today=bool(today))
    yield from (sides.zero(), nets.zero())
    yield from prices.rules(axis, theme, SIDES, NET)


def _sides(axis: Prices, rows: Sequence[Row], panel: Panel) -> Iterator[Mark]:
    """Draw calls and puts of each strike: to their sides of zero, or where they share one, calls above puts."""
    theme, half = panel.theme, SHARE * axis.half
    apart = all(row["calls"] >= 0 >= row["puts"] for row in rows)
    for name, above, below in (("calls", half, half if apart else 0.0), ("puts", half if apart else 0.0, half)):
        for row in rows:
            y = axis.y(row["strike"])
            yield from panel.bar(row[name], y - above, y + below, theme.strong(row[name]))
    zero, foot = panel.x(0.0), page.BOTTOM + 36
    if apart:
        yield Text((zero - 8, foot), "puts", theme.negative, 12, "end", bold=True)
        yield Text((zero + 8, foot), "calls", theme.positive, 12, bold=True)
    else:
        yield Text((SIDES[0], foot), "each strike: calls above, puts below", theme.muted, 12)


def _nets(axis: Prices, rows: Sequence[Row], panel: Panel, *, today: bool) -> list[Mark]:
    """Draw net gamma, what expires today as the inner part."""
    theme, half = panel.theme, SHARE * axis.half
    bars: list[Mark] = []
    inner: list[Mark] = []
    for row in rows:
        y, net = axis.y(row["strike"]), row["net"]
        color, sure = theme.soft(net) if today else theme.strong(net), abs(net) >= DECISIVE * row["gross"]
        bars += panel.bar(net, y - half, y + half, color, sure=sure)
    part = axis.analysis.zero_dte
    sure = part is None or part.sign != "unknown"
    for row in rows if today else ():
        y, net = axis.y(row["strike"]), row["zero_dte"]
        inner += panel.bar(net, y - 0.55 * half, y + 0.55 * half, theme.strong(net), sure=sure)
    return [*sorted(bars, key=_look), *sorted(inner, key=_look)]


def _look(mark: Mark) -> tuple[int, str]:
    """Return what to sort bars that lie beside each other by, for those of one look to be one mark: stripes over grounds."""
    return (int(mark.hatch), mark.color) if isinstance(mark, Area) else (2, "")


def _found(analysis: Analysis, axis: Prices, rows: Sequence[Row]) -> Found:
    levels = analysis.levels
    walls = [
        f"{name} {figures.strike(wall)}"
        for name, wall in (("call wall", levels.call_wall), ("put wall", levels.put_wall))
        if wall is not None
    ]
    title = f"most net gamma at the {' and the '.join(walls)}" if walls else "no strike stands out as a wall"
    shown = sum(row["gross"] for row in rows) / analysis.by_strike["gross"].sum()
    caption = (
        f"Dealers' gamma, $ of delta per +1% of spot; right of zero they sell into a rise."
        f"{_unsure(analysis, rows)}{page.ribbon_note(analysis)} Strikes in steps of {axis.step:g}; "
        f"{figures.percent(shown)} of gross gamma is in sight."
    )
    return Found(title, caption)


def _unsure(analysis: Analysis, rows: Sequence[Row]) -> str:
    """Say what is hatched."""
    whys = []
    if any(0 < abs(row["net"]) < DECISIVE * row["gross"] for row in rows):
        whys.append(f"net under {DECISIVE:.0%} of gross")
    if analysis.zero_dte and analysis.zero_dte.sign == "unknown" and any(row["zero_dte"] for row in rows):
        whys.append("all 0DTE")
    return f" Hatched: {' and '.join(whys)}, sign unknown." if whys else ""
