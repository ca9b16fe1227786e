"""What moved net gamma from one snapshot to the next: a column a step, each beginning where the one before it ended."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from gex.plot import drawing, figures, page
from gex.plot.drawing import Drawing, Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gex.change import Change
    from gex.plot.drawing import Mark
    from gex.plot.page import Size
    from gex.plot.theme import Theme

    Height = Callable[[float], float]

HALF = 0.36
"""Of a bar, as a fraction of its column."""
ROOM = 0.1
"""Of the whole height, above and below, for the figures."""


@dataclass(frozen=True)
class Column:
    """A bar from where net gamma was to where it is, $ per +1%; a snapshot's own begins at zero."""

    name: str
    start: float
    end: float
    is_whole: bool

    @property
    def value(self) -> float:
        """What is written at it."""
        return self.end - self.start


def columns_of(change: Change) -> list[Column]:
    """Return the first snapshot, the steps in their order, and the second snapshot."""
    before, after = change.before, change.after
    nets = list(accumulate((step.part.net for step in change.steps), initial=before.figures.net))
    steps = (
        Column(step.name.replace("_", " "), start, end, is_whole=False)
        for step, start, end in zip(change.steps, nets, nets[1:], strict=False)
    )
    first, last = (f"{each.quote_time.astimezone(figures.NEW_YORK):%H:%M %m-%d}" for each in (before, after))
    whole = (Column(first, 0.0, before.figures.net, is_whole=True), Column(last, 0.0, after.figures.net, is_whole=True))
    return [whole[0], *steps, whole[1]]


def draw(change: Change, theme: Theme, size: Size = page.WHOLE) -> Drawing:
    """Return the chart.

    Args:
        change: What moved net gamma.
        theme: Its colours.
        size: How much room it has.

    """
    columns, found = columns_of(change), _found(change)
    title = f"{change.underlying}: {found.title}"
    marks = list(_marks(columns, theme, size))
    return Drawing(
        size.width, page.HEIGHT, marks, title, found.caption, theme.paper, crop=page.CROP, caption=found.caption
    )


def _marks(columns: Sequence[Column], theme: Theme, size: Size) -> Iterator[Mark]:
    values = [each for column in columns for each in (column.start, column.end)]
    room = ROOM * (max(values) - min(values)) or 1.0
    ends, money = (min(values) - room * (min(values) < 0), max(values) + room), Money.spanning(values)
    y, step = drawing.scaled(*ends, page.TOP, page.BOTTOM), (size.right - size.left) / len(columns)
    yield Text((page.MARGIN, page.TOP - 26), f"net gamma, {money.unit} per +1% of spot", theme.muted, 11.5)
    yield from page.dollar_grid(ends, money, y, theme, size.right, size.left)
    for place, column in enumerate(columns):
        x = size.left + (place + 0.5) * step
        yield from _bar(column, x, step, y, theme, money)
        if place < len(columns) - 1:
            yield Line([(x, y(column.end)), (x + step, y(column.end))], theme.muted, 0.8, (2.0, 2.0))
        for number, line in enumerate(column.name.split(" ") if column.is_whole else [column.name]):
            yield Text((x, page.BOTTOM + 18 + 15 * number), line, theme.ink, 11.5, "middle", bold=column.is_whole)


def _bar(column: Column, x: float, step: float, y: Height, theme: Theme, money: Money) -> Iterator[Mark]:
    """Draw a bar and its figure at the end it goes to."""
    start, end, value = y(column.start), y(column.end), column.value
    fill = theme.soft(value) if column.is_whole else theme.strong(value)
    if abs(end - start) > 0.05:
        yield drawing.box(x - HALF * step, min(start, end), x + HALF * step, max(start, end), fill)
    at = (x, end - 7 if value >= 0 else end + 16)
    color = theme.ink if column.is_whole else theme.strong(value) if value else theme.muted
    yield Text(at, money.alone(value), color, 12, "middle", bold=True)


def _found(change: Change) -> Found:
    moved = change.total.net
    most = max(change.steps, key=lambda step: abs(step.part.net))
    if moved:
        verb = "rose" if moved > 0 else "fell"
        title = f"net gamma {verb} by {figures.dollars(abs(moved)).removeprefix('+')} per +1%"
    else:
        title = "net gamma is what it was"
    if most.part.net:
        title += f", moved most by {most.name.replace('_', ' ')} ({figures.dollars(most.part.net)})"
    order = ", ".join(step.name.replace("_", " ") for step in change.steps)
    caption = (
        "Dealers' net gamma, $ of delta per +1% of spot: pale, the two snapshots; strong, what each step added or took. "
        f"In this order, on which the parts depend: {order}."
    )
    return Found(title, caption)
