"""What dealers must trade after a move of spot: bars above zero are buying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.plot import drawing, figures, page
from gex.plot.drawing import Dot, Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.plot.drawing import Drawing, Mark
    from gex.plot.page import Size
    from gex.plot.theme import Theme
    from gex.results import Analysis, HedgeFlow

HALF = 0.3
"""Of a bar, as a fraction of its column."""
ROOM = 0.08
"""Of the whole height, beyond the longest bars, for their figures."""
ONE_LINE, TWO_LINES = 130, 65
"""Pixels of a column that trade and effect need beside each other, or one above the other."""
NOTHING = "No move makes dealers trade: they hold nothing."


def draw(analysis: Analysis, theme: Theme, size: Size = page.WHOLE) -> Drawing:
    """Return the chart."""
    found = _found(analysis.hedge_flow)
    if not any(flow.flow_usd for flow in analysis.hedge_flow):
        return size.holds(page.page(analysis, theme, found, page.absence(theme, NOTHING, size)))
    return size.holds(page.page(analysis, theme, found, list(_marks(analysis, theme, size))))


def columns_of(analysis: Analysis) -> list[HedgeFlow | None]:
    """Return the moves in their order, None where spot stands between them."""
    flows = sorted(analysis.hedge_flow, key=lambda flow: flow.spot_move_pct)
    return [*(f for f in flows if f.spot_move_pct < 0), None, *(f for f in flows if f.spot_move_pct > 0)]


def against(flow: HedgeFlow) -> float:
    """Return how much of a trade goes against its move, which dampens it; below zero it amplifies."""
    return -flow.flow_usd * flow.spot_move_pct


def _marks(analysis: Analysis, theme: Theme, size: Size) -> Iterator[Mark]:
    values = [flow.flow_usd for flow in analysis.hedge_flow]
    low, high = min(0.0, *values), max(0.0, *values)
    low, high = low - ROOM * (high - low) * (low < 0), high + ROOM * (high - low) * (high > 0)
    money, y = Money.spanning(values), drawing.scaled(low, high, page.TOP, page.BOTTOM)
    yield Text((page.MARGIN, page.TOP - 26), f"dealers buy (+) or sell (−), {money.unit}", theme.muted, 11.5)
    yield from page.dollar_grid((low, high), money, y, theme, size.right, size.left)
    spot, columns = figures.spot_of(analysis), columns_of(analysis)
    step = (size.right - size.left) / len(columns)
    for place, flow in enumerate(columns):
        x = size.left + (place + 0.5) * step
        yield from _spot(x, spot, y(0.0), theme) if flow is None else _bar(flow, x, step, spot, money, y, theme)


def _spot(x: float, spot: float, zero: float, theme: Theme) -> Iterator[Mark]:
    yield Line([(x, page.TOP), (x, page.BOTTOM)], theme.ink, 2.0)
    yield Dot((x, zero), theme.ink, 4)
    yield Text((x, page.BOTTOM + 18), "spot", theme.ink, 12.5, "middle", bold=True)
    yield Text((x, page.BOTTOM + 35), figures.price(spot), theme.ink, 11.5, "middle")


def _bar(
    flow: HedgeFlow, x: float, step: float, spot: float, money: Money, y: Callable[[float], float], theme: Theme
) -> Iterator[Mark]:
    """Draw one move's trade, its figure at the bar's end, and the price it leads to."""
    zero, end, half = y(0.0), y(flow.flow_usd), step * HALF
    color, size = theme.strong(against(flow)), 12.5 if step > TWO_LINES else 9.5
    yield drawing.box(x - half, min(zero, end), x + half, max(zero, end), color)
    lines = _words(flow, money, step)
    first = end + 6 - 14 * len(lines) if flow.flow_usd >= 0 else end + 17
    for number, line in enumerate(lines):
        yield Text((x, first + 14 * number), line, color, size, "middle", bold=number == 0)
    move = figures.signed(flow.spot_move_pct, 1 if flow.spot_move_pct % 1 else 0)
    yield Text((x, page.BOTTOM + 18), f"{move}%", theme.ink, 12.5, "middle", bold=True)
    there = figures.level(spot * (1 + flow.spot_move_pct / 100), spot)
    yield Text((x, page.BOTTOM + 35), there, theme.muted, 11.5, "middle")


def _words(flow: HedgeFlow, money: Money, room: float) -> list[str]:
    """Say what is traded and what that does, in one line or two, in a narrow column by its sign."""
    trade = f"{'buy' if flow.flow_usd >= 0 else 'sell'} {figures.three_digits(flow.flow_usd / money.scale)}"
    effect = "dampens" if against(flow) >= 0 else "amplifies"
    if room > ONE_LINE:
        return [f"{trade}, {effect}"]
    return [trade if room > TWO_LINES else money.alone(flow.flow_usd), effect]


def _found(flows: tuple[HedgeFlow, ...]) -> Found:
    by_move = {flow.spot_move_pct: flow.flow_usd for flow in flows}
    words = [
        f"a {name} of 1% makes dealers {'buy' if by_move[move] >= 0 else 'sell'} {figures.dollars(abs(by_move[move]))[1:]}"
        for name, move in (("fall", -1.0), ("rise", 1.0))
        if by_move.get(move)
    ]
    caption = (
        "What dealers must trade to stay hedged after a move, $ of the underlying, options re-priced. "
        "Trading against the move dampens it, with it amplifies it."
    )
    return Found(", ".join(words) or "no move of 1% makes dealers trade", caption)
