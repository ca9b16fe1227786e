"""A chart of a series as a picture: panels one below the other on one axis of sessions, then the states of limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.series_chart import runs, stretches
from gex.plot import drawing
from gex.plot.drawing import Area, Drawing, Line, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.render.series_chart import Chart, Curve, Panel
    from gex.limits import Severity
    from gex.plot.drawing import Mark
    from gex.plot.theme import Theme

WIDTH, LEFT, RIGHT = 1080, 76, 872
TOP, TALL, LOW, GAP = 34, 240, 112, 46
LANE, LANES_GAP = 28, 52
MOST_DATES = 8
LABEL_GAP = 15
CLOSE = 8
"""Pixels a place below which lines are drawn thinner."""
SIGN = 4.5
"""Half of a breach's sign."""
WIDEST_NAME = 22
HATCH = 5.0
BREACHED: dict[Severity, tuple[float, str]] = {
    "breach": (7.0, "alert"),
    "warn": (5.0, "negative"),
    "info": (3.0, "ink"),
}
"""Half the height of a breach in its lane, and its colour."""


@dataclass(frozen=True)
class Frame:
    """Where a panel lies."""

    chart: Chart
    panel: Panel
    theme: Theme
    top: float
    bottom: float

    @property
    def step(self) -> float:
        """Pixels a place."""
        return step_of(self.chart)

    def x(self, place: float) -> float:
        """Return the middle of a place."""
        return LEFT + (place + 0.5) * self.step

    def y(self, value: float) -> float:
        """Return the height of a value; what is beyond the axis stands at its end."""
        low, high = self.panel.ends
        return drawing.scaled(low, high, self.top, self.bottom)(min(max(value, low), high))


def step_of(chart: Chart) -> float:
    """Return pixels a place."""
    return (RIGHT - LEFT) / len(chart.places)


def draw(chart: Chart, theme: Theme) -> Drawing:
    """Lay the picture out."""
    marks: list[Mark] = []
    top = float(TOP)
    for number, panel in enumerate(chart.panels):
        bottom = top + (TALL if number == 0 else LOW)
        marks += _panel(Frame(chart, panel, theme, top, bottom))
        top = bottom + GAP
    marks += _dates(chart, theme, top - GAP + 18)
    if chart.lanes:
        marks += _lanes(chart, theme, top + LANES_GAP - GAP)
        top += LANES_GAP + LANE * len(chart.lanes)
    title = f"{chart.underlying}: {chart.finding}"
    return Drawing(WIDTH, round(top), marks, title, chart.caption, theme.paper, caption=chart.caption)


def _panel(frame: Frame) -> Iterator[Mark]:
    yield from _gaps(frame.chart, frame.theme, frame.top, frame.bottom)
    yield from _axis(frame)
    yield from _ribbon(frame)
    for curve in frame.panel.curves:
        yield from _bars(frame, curve) if curve.look == "net" else _line(frame, curve)
    yield from _bounds(frame)
    yield from _signs(frame)
    yield from _beside(frame)


def _gaps(chart: Chart, theme: Theme, top: float, bottom: float) -> Iterator[Mark]:
    """Hatch where there are no results."""
    step = step_of(chart)
    missing = [True if place.missing else None for place in chart.places]
    for first, last in runs(missing):
        left, right = LEFT + first * step, LEFT + (last + 1) * step
        yield from hatched(left, right, top, bottom, theme.grid)
        text = f"{sum(place.missing for place in chart.places[first : last + 1])} sessions"
        if top == TOP and drawing.text_width(text, 10) < right - left:
            yield Text(((left + right) / 2, bottom - 6), text, theme.muted, 10, "middle")


def hatched(left: float, right: float, top: float, bottom: float, color: str) -> Iterator[Mark]:
    """Draw slanted lines in a box: what is not known."""
    height = bottom - top
    start = left - height
    while start < right:
        # The line from (start, bottom) to (start + height, top), as far as it lies within the box.
        near, far = max(start, left), min(start + height, right)
        if near < far:
            yield Line([(near, bottom - (near - start)), (far, bottom - (far - start))], color, 1.0)
        start += HATCH


def _axis(frame: Frame) -> Iterator[Mark]:
    panel, theme = frame.panel, frame.theme
    low, high = panel.ends
    for value in drawing.ticks(low, high, 6 if frame.bottom - frame.top > LOW else 4):
        yield Line([(LEFT, frame.y(value)), (RIGHT, frame.y(value))], theme.grid)
        yield Text((LEFT - 8, frame.y(value) + 4), tick(panel, value), theme.muted, 11.5, "end")
    if low < 0.0 < high:
        yield Line([(LEFT, frame.y(0.0)), (RIGHT, frame.y(0.0))], theme.muted, 1.2)
    yield Text((LEFT, frame.top - 10), panel.title, theme.ink, 12.5, bold=True)


def tick(panel: Panel, value: float) -> str:
    """Return how a value of an axis is written."""
    text = f"{abs(value):,.10g}"
    sign = figures.MINUS if value < 0 else "+" if value > 0 and panel.kind == "number" else ""
    return sign + text + ("%" if panel.kind == "percent" else "")


def _dates(chart: Chart, theme: Theme, y: float) -> Iterator[Mark]:
    every = -(-len(chart.places) // MOST_DATES)
    last = len(chart.places) - 1
    for place in range(last % every, last + 1, every):
        x = LEFT + (place + 0.5) * step_of(chart)
        yield Text((x, y), chart.places[place].label, theme.muted, 11.5, "middle")


def _ribbon(frame: Frame) -> Iterator[Mark]:
    if frame.panel.band is None:
        return
    low, high = frame.panel.band
    known = [None if a is None or b is None else (a, b) for a, b in zip(low, high, strict=True)]
    for first, last in runs(known):
        places = range(first, last + 1)
        pairs = [(place, pair) for place in places if (pair := known[place]) is not None]
        upper = [(x, frame.y(pair[1])) for place, pair in pairs for x in _edges(frame, place, first, last)]
        lower = [(x, frame.y(pair[0])) for place, pair in pairs for x in _edges(frame, place, first, last)]
        yield Area([*upper, *reversed(lower)], frame.theme.muted, 0.22)


def _edges(frame: Frame, place: int, first: int, last: int) -> tuple[float, ...]:
    """Return where a value stands: its middle, or both its edges where it stands alone."""
    return (frame.x(place - 0.35), frame.x(place + 0.35)) if first == last else (frame.x(place),)


def _line(frame: Frame, curve: Curve) -> Iterator[Mark]:
    """Draw a line, broken where there is no value; a wall is one strike for the whole of its place."""
    fine = frame.step <= CLOSE
    widths = {"spot": 1.5 if fine else 2.2, "call_wall": 1.1, "put_wall": 1.1}
    wall = curve.look in {"call_wall", "put_wall"}
    for first, last in runs(curve.values):
        points = [
            (x, frame.y(value))
            for place in range(first, last + 1)
            if (value := curve.values[place]) is not None
            for x in ((frame.x(place - 0.5), frame.x(place + 0.5)) if wall else _edges(frame, place, first, last))
        ]
        dash = (6.0, 4.0) if curve.look == "flip" else None
        yield Line(points, color_of(curve, frame.theme), widths.get(curve.look, 1.4), dash)


def color_of(curve: Curve, theme: Theme) -> str:
    """Return the colour of a line."""
    return {"call_wall": theme.positive, "put_wall": theme.negative}.get(curve.look, theme.ink)


def _bars(frame: Frame, curve: Curve) -> Iterator[Mark]:
    """Draw a bar a place; hatched where its sign is unknown."""
    half, zero, unsure = max(0.5, min(0.36 * frame.step, 26)), frame.y(0.0), set(curve.unsure)
    for place, value in enumerate(curve.values):
        if value is None:
            continue
        x, y = frame.x(place), frame.y(value)
        top, bottom = min(y, zero), max(y, zero)
        if place in unsure:
            yield from hatched(x - half, x + half, top, bottom, frame.theme.muted)
        else:
            yield drawing.box(x - half, top, x + half, bottom, frame.theme.strong(value))


def _bounds(frame: Frame) -> Iterator[Mark]:
    """Draw each limit as a dashed line with its name; one off the scale is named at the edge."""
    low, high = frame.panel.ends
    for bound in frame.panel.bounds:
        y, color = frame.y(bound.value), frame.theme.alert
        away = " ▲ off the scale" if bound.value > high else " ▼ off the scale" if bound.value < low else ""
        if not away:
            yield Line([(LEFT, y), (RIGHT, y)], color, 1.2, (3.0, 3.0))
        text, base = f"{bound.rule}: {bound.words}{away}", y - 5 if y - frame.top > 18 else y + 14
        wide = drawing.text_width(text, 11)
        yield drawing.box(LEFT + 4, base - 11, LEFT + 8 + wide, base + 3, frame.theme.paper, 0.82)
        yield Text((LEFT + 6, base), text, color, 11)


def _signs(frame: Frame) -> Iterator[Mark]:
    """Draw a triangle where a breach begins, on the figure that the limit is set on."""
    for curve in frame.panel.curves:
        for place in curve.breaches:
            if (value := curve.values[place]) is not None:
                x, y = frame.x(place), frame.y(value)
                corners = [(x - SIGN, y + SIGN), (x + SIGN, y + SIGN), (x, y - SIGN)]
                yield Area(corners, frame.theme.paper)
                yield Line([*corners, corners[0]], frame.theme.alert, 1.6)


def _beside(frame: Frame) -> Iterator[Mark]:
    """Name each line at its right end, none over another; a panel of one figure has that and its rank."""
    panel, theme = frame.panel, frame.theme
    if len(panel.curves) == 1:
        last = next((value for value in reversed(panel.curves[0].values) if value is not None), None)
        y = frame.top + 20 if last is None else min(max(frame.y(last), frame.top + 12), frame.bottom - 16)
        for line, text in enumerate(panel.beside):
            yield Text((RIGHT + 10, y + 4 + 15 * line), text, theme.muted if line else theme.ink, 12, bold=not line)
        return
    labels = [
        (frame.y(value) + 4, Text((RIGHT + 10, 0), text, color_of(curve, theme), 12, bold=curve.look == "spot"))
        for curve, text in zip(panel.curves, panel.beside, strict=True)
        if (value := curve.values[-1]) is not None
    ]
    yield from drawing.apart(labels, LABEL_GAP)


def _lanes(chart: Chart, theme: Theme, top: float) -> Iterator[Mark]:
    """Draw a line a limit: thick where it is breached, the more it matters, hatched where unknown, thin where kept."""
    yield Text((LEFT, top - 12), "Limits", theme.ink, 12.5, bold=True)
    step = step_of(chart)
    for number, lane in enumerate(chart.lanes):
        y = top + LANE * number + 8
        for first, last, state in stretches(lane.states):
            left, right = LEFT + first * step, LEFT + (last + 1) * step
            if state == "breached":
                half, color = BREACHED[lane.severity]
                yield drawing.box(left, y - half, right, y + half, getattr(theme, color))
            elif state == "unknown":
                yield from hatched(left, right, y - 5, y + 5, theme.muted)
            else:
                yield Line([(left, y), (right, y)], theme.muted, 3.0 if state == "pending" else 1.2)
        name = lane.rule if len(lane.rule) <= WIDEST_NAME else lane.rule[: WIDEST_NAME - 1] + "…"
        yield Text((RIGHT + 10, y + 1), name, theme.ink, 11.5, bold=True)
        yield Text((RIGHT + 10, y + 12), lane.now, theme.muted, 10)
