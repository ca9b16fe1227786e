"""The flows of a session as a picture: what each has traded by the close against the price, and the total through the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.cli.render.flows import TITLES
from gex.cli.render.pictures import in_form
from gex.plot import drawing
from gex.plot.drawing import Drawing, Line, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.cli.render.flows_document import Shown
    from gex.flows.session import SessionFlows
    from gex.plot.drawing import Mark
    from gex.quotes import Floats

WIDTH, HEIGHT = 1080, 660
LEFT, RIGHT, TOP, BOTTOM = 76, 900, 96, 560
LABEL_GAP = 15
COLORS = {
    "dealers": drawing.POSITIVE,
    "leveraged_funds": drawing.NEGATIVE,
    "volatility_control": drawing.MUTED,
    "trend_followers": "#7a4fb5",
}
EARLIER = "#b9c2cb"
TIMES = 4
"""Earlier times of which the total is drawn, thin."""


def picture(shown: Shown, form: str) -> bytes:
    """Return the picture as SVG or PNG.

    Raises:
        click.UsageError: PNG, and matplotlib is not installed.

    """
    found = draw(shown.flows)
    return in_form(found, form)


def draw(flows: SessionFlows) -> Drawing:
    """Lay the picture out."""
    curve, spots = flows.curve, flows.curve.spots
    every = [*(usd[-1] for usd in curve.usd.values()), curve.total]
    low, high = min(float(np.min(each)) for each in every), max(float(np.max(each)) for each in every)
    room = 0.05 * (high - low) or 1.0
    money = figures.Money.spanning([low, high])
    x = drawing.scaled(float(spots[0]), float(spots[-1]), RIGHT, LEFT)
    y = drawing.scaled(min(low, 0.0) - room, max(high, 0.0) + room, TOP, BOTTOM)
    title = f"{flows.underlying}, session of {flows.session.date:%Y-%m-%d}: what others must trade, {money.unit}"
    missing = [f"{part.name.replace('_', ' ')} missing: {part.reason}" for part in flows.parts if part.flow is None]
    notes = [
        "Bold: all together by the close; thin: all together at earlier times. Positive buys. Dashed: the price now.",
        *missing,
    ]
    marks: list[Mark] = [
        Text((LEFT, 34), title, size=19, bold=True),
        Text(
            (LEFT, 56),
            f"from {figures.moment(flows.session.now)}, price {figures.price(flows.spot)}",
            drawing.MUTED,
            12.5,
        ),
        *_axes(flows, money, (min(low, 0.0), max(high, 0.0)), x, y),
        *_lines(flows, x, y),
        *(Text((LEFT, BOTTOM + 52 + 15 * place), line, drawing.MUTED, 11) for place, line in enumerate(notes)),
    ]
    return Drawing(WIDTH, HEIGHT, marks, title, " ".join(notes))


def _axes(
    flows: SessionFlows,
    money: figures.Money,
    dollars: tuple[float, float],
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> Iterator[Mark]:
    """Draw the grid, prices below with their moves, and the price now."""
    for value in drawing.ticks(*dollars):
        color = drawing.MUTED if value == 0 else drawing.GRID
        yield Line([(LEFT, y(value)), (RIGHT, y(value))], color)
        yield Text((LEFT - 8, y(value) + 4), money.alone(value), drawing.MUTED, 11, "end")
    for spot in drawing.ticks(float(flows.curve.spots[0]), float(flows.curve.spots[-1]), 8):
        yield Text((x(spot), BOTTOM + 18), figures.strike(spot), drawing.MUTED, 11, "middle")
        move = 100.0 * (spot / flows.spot - 1.0)
        yield Text((x(spot), BOTTOM + 32), f"{figures.signed(move, 1)}%", drawing.MUTED, 10, "middle")
    yield Line([(x(flows.spot), TOP), (x(flows.spot), BOTTOM)], drawing.INK, 1.0, (4.0, 4.0))


def _lines(flows: SessionFlows, x: Callable[[float], float], y: Callable[[float], float]) -> Iterator[Mark]:
    """Draw each one's line at the close, the total, and the total at earlier times."""
    curve = flows.curve

    def line(usd: Floats, color: str, width: float) -> Line:
        return Line(
            [(x(spot), y(value)) for spot, value in zip(curve.spots.tolist(), usd.tolist(), strict=True)], color, width
        )

    count = len(curve.elapsed) - 1
    for place in sorted({round(count * part / TIMES) for part in range(TIMES)} - {count}):
        yield line(curve.total[place], EARLIER, 1.2)
    labels = []
    for name, usd in curve.usd.items():
        yield line(usd[-1], COLORS.get(name, drawing.INK), 1.6)
        end = y(float(usd[-1][-1]))
        labels.append((end, Text((RIGHT + 8, end), TITLES.get(name, name), COLORS.get(name, drawing.INK), 12)))
    yield line(curve.total[-1], drawing.INK, 2.4)
    end = y(float(curve.total[-1][-1]))
    labels.append((end, Text((RIGHT + 8, end), "all", drawing.INK, 12, bold=True)))
    yield from drawing.apart(labels, LABEL_GAP)
