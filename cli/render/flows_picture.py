"""The flows of a session as a picture: what each has traded by the close against the price, and the total through the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.cli.render.flows import TITLES
from gex.cli.render.pictures import in_form
from gex.plot import drawing
from gex.plot.drawing import Drawing, Line, Text
from gex.plot.theme import LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.cli.render.flows_document import Shown
    from gex.flows.session import SessionFlows
    from gex.plot.drawing import Mark
    from gex.plot.theme import Theme
    from gex.quotes import Floats

WIDTH, HEIGHT = 1080, 660
LEFT, RIGHT, TOP, BOTTOM = 76, 900, 96, 560
LABEL_GAP = 15
CROP = (72.0, BOTTOM + 40.0)
"""Top and bottom of what stands between title and notes."""
LOOKS: dict[str, tuple[str, tuple[float, float] | None]] = {
    "dealers": ("positive", None),
    "leveraged_funds": ("negative", None),
    "volatility_control": ("muted", (7.0, 3.0)),
    "trend_followers": ("ink", (2.0, 3.0)),
}
"""Colour and dash of each."""
TIMES = 4
"""Earlier times of which the total is drawn, thin."""


def picture(shown: Shown, form: str) -> bytes:
    """Return the picture as SVG or PNG.

    Raises:
        click.UsageError: PNG, and matplotlib is not installed.

    """
    found = draw(shown.flows)
    return in_form(found, form)


def draw(flows: SessionFlows, theme: Theme = LIGHT) -> Drawing:
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
    about = (
        "Bold: all together by the close; thin: all together at earlier times. Positive buys. Dashed: the price now."
    )
    when = f"from {figures.moment(flows.session.now)}, price {figures.price(flows.spot)}"
    frame = [
        Text((LEFT, 34), title, theme.ink, 19, bold=True),
        Text((LEFT, 56), when, theme.muted, 12.5),
        *(
            Text((LEFT, BOTTOM + 52 + 15 * place), line, theme.muted, 11)
            for place, line in enumerate([about, *missing])
        ),
    ]
    marks = [*_axes(flows, money, (min(low, 0.0), max(high, 0.0)), (x, y), theme), *_lines(flows, x, y, theme)]
    words = " ".join([about, *missing])
    return Drawing(WIDTH, HEIGHT, marks, title, words, theme.paper, frame, CROP, about)


def _axes(
    flows: SessionFlows,
    money: figures.Money,
    dollars: tuple[float, float],
    scales: tuple[Callable[[float], float], Callable[[float], float]],
    theme: Theme,
) -> Iterator[Mark]:
    """Draw the grid, prices below with their moves, and the price now."""
    x, y = scales
    yield Text((LEFT, TOP - 10), f"{money.unit} traded, positive buys", theme.muted, 11.5)
    for value in drawing.ticks(*dollars):
        color = theme.muted if value == 0 else theme.grid
        yield Line([(LEFT, y(value)), (RIGHT, y(value))], color)
        yield Text((LEFT - 8, y(value) + 4), money.alone(value), theme.muted, 11, "end")
    for spot in drawing.ticks(float(flows.curve.spots[0]), float(flows.curve.spots[-1]), 8):
        yield Text((x(spot), BOTTOM + 18), figures.strike(spot), theme.muted, 11, "middle")
        move = 100.0 * (spot / flows.spot - 1.0)
        yield Text((x(spot), BOTTOM + 32), f"{figures.signed(move, 1)}%", theme.muted, 10, "middle")
    yield Line([(x(flows.spot), TOP), (x(flows.spot), BOTTOM)], theme.ink, 1.0, (4.0, 4.0))


def _lines(
    flows: SessionFlows, x: Callable[[float], float], y: Callable[[float], float], theme: Theme
) -> Iterator[Mark]:
    """Draw each one's line at the close, the total, and the total at earlier times."""
    curve = flows.curve

    def line(usd: Floats, color: str, width: float, dash: tuple[float, float] | None = None) -> Line:
        points = [(x(spot), y(value)) for spot, value in zip(curve.spots.tolist(), usd.tolist(), strict=True)]
        return Line(points, color, width, dash)

    count = len(curve.elapsed) - 1
    for place in sorted({round(count * part / TIMES) for part in range(TIMES)} - {count}):
        yield line(curve.total[place], theme.muted, 0.8)
    labels = []
    for name, usd in curve.usd.items():
        token, dash = LOOKS.get(name, ("ink", None))
        color, end = getattr(theme, token), y(float(usd[-1][-1]))
        yield line(usd[-1], color, 1.6, dash)
        labels.append((end, Text((RIGHT + 8, end), TITLES.get(name, name), color, 12)))
    yield line(curve.total[-1], theme.ink, 2.4)
    end = y(float(curve.total[-1][-1]))
    labels.append((end, Text((RIGHT + 8, end), "all", theme.ink, 12, bold=True)))
    yield from drawing.apart(labels, LABEL_GAP)
