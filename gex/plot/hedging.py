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
    from gex.plot.theme import Theme
    from gex.results import Analysis, HedgeFlow

HALF = 0.3
"""Of a bar, as a fraction of its column."""


def draw(analysis: Analysis, theme: Theme) -> Drawing:
    """Return the chart."""
    found = _found(analysis.hedge_flow)
    if not any(flow.flow_usd for flow in analysis.hedge_flow):
        return page.page(analysis, theme, found, page.absence(theme, "No move makes dealers trade: they hold nothing."))
    return page.page(analysis, theme, found, list(_marks(analysis, theme)))


def _marks(analysis: Analysis, theme: Theme) -> Iterator[Mark]:
    flows = sorted(analysis.hedge_flow, key=lambda flow: flow.spot_move_pct)
    values = [flow.flow_usd for flow in flows]
    low, high = 1.12 * min(0.0, *values), 1.12 * max(0.0, *values)
    money, y = Money.spanning(values), drawing.scaled(low, high, page.TOP, page.BOTTOM)
    yield Text((page.MARGIN, page.TOP - 26), f"dealers buy (+) or sell (−), {money.unit}", theme.muted, 11.5)
    yield from page.dollar_grid((low, high), money, y, theme, page.FULL)
    spot, columns = figures.spot_of(analysis), [*(f for f in flows if f.spot_move_pct < 0), None]
    columns += [flow for flow in flows if flow.spot_move_pct > 0]
    step = (page.FULL - page.LEFT) / len(columns)
    for place, flow in enumerate(columns):
        x = page.LEFT + (place + 0.5) * step
        yield from _spot(x, spot, y(0.0), theme) if flow is None else _bar(flow, x, step * HALF, spot, money, y, theme)


def _spot(x: float, spot: float, zero: float, theme: Theme) -> Iterator[Mark]:
    yield Line([(x, page.TOP), (x, page.BOTTOM)], theme.ink, 2.0)
    yield Dot((x, zero), theme.ink, 4)
    yield Text((x, page.BOTTOM + 18), "spot", theme.ink, 12.5, "middle", bold=True)
    yield Text((x, page.BOTTOM + 35), figures.price(spot), theme.ink, 11.5, "middle")


def _bar(
    flow: HedgeFlow, x: float, half: float, spot: float, money: Money, y: Callable[[float], float], theme: Theme
) -> Iterator[Mark]:
    """Draw one move's trade, its figure at the bar's end, and the price it leads to."""
    value, zero, end = flow.flow_usd, y(0.0), y(flow.flow_usd)
    against = -value * flow.spot_move_pct
    yield drawing.box(x - half, min(zero, end), x + half, max(zero, end), theme.strong(against))
    side, effect = "buy" if value >= 0 else "sell", "dampens" if against >= 0 else "amplifies"
    figure = f"{side} {figures.three_digits(value / money.scale)}, {effect}"
    yield Text((x, end - 8 if value >= 0 else end + 17), figure, theme.strong(against), 12.5, "middle", bold=True)
    move = figures.signed(flow.spot_move_pct, 1 if flow.spot_move_pct % 1 else 0)
    yield Text((x, page.BOTTOM + 18), f"{move}%", theme.ink, 12.5, "middle", bold=True)
    there = figures.level(spot * (1 + flow.spot_move_pct / 100), spot)
    yield Text((x, page.BOTTOM + 35), there, theme.muted, 11.5, "middle")


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
