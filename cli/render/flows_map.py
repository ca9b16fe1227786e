"""The total of a session's flows by price and time, as a picture: colour in steps, the figure written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.plot import drawing
from gex.plot.drawing import Drawing, Line, Text
from gex.plot.heat import steps_of
from gex.plot.theme import LIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.flows.session import SessionFlows
    from gex.plot.drawing import Mark
    from gex.plot.heat import Steps
    from gex.plot.theme import Theme
    from gex.quotes import Floats

WIDTH, LEFT, RIGHT, TOP = 1080, 130, 1056, 12
CELL, BELOW = 28, 30
EVERY = 4
"""A row of cells for so many prices of the curve."""
MOST_TIMES = 14


def rows_of(flows: SessionFlows) -> list[int]:
    """Return the places of prices to show, highest first, spot among them."""
    count = len(flows.curve.spots)
    return list(range((count // 2) % EVERY, count, EVERY))[::-1]


def times_of(flows: SessionFlows) -> list[int]:
    """Return the places of times to show, the close last."""
    count = len(flows.curve.elapsed)
    every = -(-count // MOST_TIMES)
    return list(range(count - 1, -1, -every))[::-1]


def clock_of(flows: SessionFlows, place: int) -> str:
    """Return a time as New York's clock shows it."""
    return f"{flows.session.at(float(flows.curve.elapsed[place])).astimezone(figures.NEW_YORK):%H:%M}"


def draw(flows: SessionFlows, theme: Theme = LIGHT) -> Drawing:
    """Lay the picture out: prices down, times across."""
    rows, times = rows_of(flows), times_of(flows)
    values = flows.curve.total[np.ix_(times, rows)].T
    money = figures.Money.spanning(values.ravel().tolist())
    bottom = TOP + CELL * len(rows)
    title = f"{flows.underlying}: {_finding(flows)}"
    caption = (
        f"All together, {money.unit} traded if the price is there by then, positive buys. Rows are prices, with their move "
        "from now; columns are New York times."
    )
    marks = [*_cells(values, money, theme), *_prices(flows, rows, theme), *_times(flows, times, bottom, theme)]
    return Drawing(WIDTH, bottom + BELOW, marks, title, caption, theme.paper, caption=caption)


def _finding(flows: SessionFlows) -> str:
    """Say where everyone together buys and sells most."""
    total = flows.curve.total
    told = []
    for word, place in (("buy", total.argmax()), ("sell", total.argmin())):
        time, row = np.unravel_index(int(place), total.shape)
        value = float(total[time, row])
        if (value > 0) == (word == "buy") and value:
            level = figures.level(float(flows.curve.spots[row]), flows.spot)
            told.append(f"{word} most at {level} by {clock_of(flows, int(time))}, {figures.dollars(value)}")
    return f"together they {' and '.join(told)}" if told else "together they trade nothing"


def _cells(values: Floats, money: figures.Money, theme: Theme) -> Iterator[Mark]:
    largest = float(np.abs(values).max())
    steps = steps_of(largest, theme) if largest else None
    width = (RIGHT - LEFT) / values.shape[1]
    for row, line in enumerate(values.tolist()):
        for column, value in enumerate(line):
            yield from _cell((LEFT + column * width, TOP + row * CELL, width), value, steps, money, theme)


def _cell(
    place: tuple[float, float, float], value: float, steps: Steps | None, money: figures.Money, theme: Theme
) -> Iterator[Mark]:
    x, y, width = place
    color = steps.color(value) if steps else ""
    if color:
        yield drawing.box(x + 0.5, y + 0.5, x + width - 0.5, y + CELL - 0.5, color)
    ink = theme.upon(color) if color else theme.muted
    yield Text((x + width / 2, y + CELL / 2 + 4), money(value), ink, 11.5, "middle")


def _prices(flows: SessionFlows, rows: Sequence[int], theme: Theme) -> Iterator[Mark]:
    """Name each row, that of the price now between lines."""
    for place, row in enumerate(rows):
        y, spot = TOP + place * CELL, float(flows.curve.spots[row])
        now = row == len(flows.curve.spots) // 2
        text = f"{figures.level(spot, flows.spot)}  {figures.signed(100.0 * (spot / flows.spot - 1.0), 1)}%"
        yield Text((LEFT - 8, y + CELL / 2 + 4), "now " + text if now else text, theme.ink, 11.5, "end", bold=now)
        if now:
            yield from (Line([(LEFT, edge), (RIGHT, edge)], theme.ink, 1.2) for edge in (y, y + CELL))


def _times(flows: SessionFlows, times: Sequence[int], bottom: float, theme: Theme) -> Iterator[Mark]:
    width = (RIGHT - LEFT) / len(times)
    for column, place in enumerate(times):
        x = LEFT + (column + 0.5) * width
        yield Text((x, bottom + 18), clock_of(flows, place), theme.muted, 11.5, "middle")
