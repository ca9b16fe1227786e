"""The regime of an evening as a picture: a year of each figure, shaded where its state is one to mind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.cli.render.pictures import in_form
from gex.cli.render.regime_screen import ALARMS, LABELS, WATCHED, headline, state_of, value_of
from gex.plot import drawing
from gex.plot.drawing import Area, Dot, Drawing, Line, Text
from gex.plot.theme import LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from gex.plot.drawing import Mark
    from gex.plot.theme import Theme
    from gex.quotes import Floats
    from gex.signals.regime import Reading, Regime, Rules
    from gex.signals.states import States

WIDTH = 1080
LEFT, RIGHT = 76, 940
TOP, PANEL, GAP = 104, 108, 42
STRIP_WIDTH, STRIP_HEIGHT = 340, 146
STRIP_LEFT, STRIP_RIGHT, STRIP_TOP = 48, 334, 8
DAYS = 365
"""Shown, up to the evening."""
UNITS = {"points": "points", "ratio": "ratio", "bp": "change in basis points", "%² a year": "%² a year"}


@dataclass(frozen=True)
class Panel:
    """One figure's place and its days."""

    reading: Reading
    theme: Theme
    left: float
    right: float
    top: float
    days: Floats
    values: Floats
    states: Sequence[str | None]
    levels: Sequence[float]
    last: float

    def x(self, day: float) -> float:
        """Return where a day stands."""
        return self.right - (self.last - day) / DAYS * (self.right - self.left)

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and highest value drawn, levels near the values among them."""
        low, high = float(self.values.min()), float(self.values.max())
        room = 0.08 * (high - low) or 0.01 * abs(high) or 1.0
        near = [level for level in self.levels if low - 3 * room <= level <= high + 3 * room]
        return min(low, *near, low) - room, max(high, *near, high) + room

    @property
    def y(self) -> Callable[[float], float]:
        """Pixels of a value."""
        return drawing.scaled(*self.range, self.top, self.top + PANEL)


def picture(found: Regime, rules: Rules, form: str) -> bytes:
    """Return the picture as SVG or PNG.

    Raises:
        click.UsageError: PNG, and matplotlib is not installed.

    """
    drawn = draw(found, rules)
    return in_form(drawn, form)


def draw(found: Regime, rules: Rules, theme: Theme = LIGHT) -> Drawing:
    """Lay the picture out, a panel for each figure that has states and a value."""
    panels = list(_panels(found, rules, theme))
    bottom = TOP + max(len(panels), 1) * (PANEL + GAP)
    title = headline(found)
    notes = f"Shaded: {', '.join(sorted(ALARMS))}; lighter: {', '.join(sorted(WATCHED))}. Dashed: where states meet."
    marks: list[Mark] = [
        Text((LEFT, 34), title, theme.ink, 18, bold=True),
        Text((LEFT, 56), f"The year to {found.as_of}; at the right the last value and state", theme.muted, 12.5),
        *(mark for panel in panels for mark in (*_panel(panel), *_said(panel))),
        *_dates(found, bottom - GAP + 18, (LEFT, RIGHT), theme),
        Text((LEFT, bottom + 14), notes, theme.muted, 11),
    ]
    return Drawing(WIDTH, bottom + 30, marks, title, notes, theme.paper)


def strip(found: Regime, rules: Rules, reading: Reading, theme: Theme) -> Drawing | None:
    """Draw the year of one figure alone, small; None where it has no value, or no states."""
    panel = _of(found, rules, reading, theme, (STRIP_LEFT, STRIP_RIGHT, STRIP_TOP))
    if panel is None:
        return None
    marks = [*_panel(panel), *_dates(found, STRIP_TOP + PANEL + 18, (STRIP_LEFT, STRIP_RIGHT), theme, 3)]
    title = f"{LABELS[reading.name]}, {UNITS[reading.unit or 'points']}, the year to {found.as_of}: {state_of(reading)}"
    return Drawing(STRIP_WIDTH, STRIP_HEIGHT, marks, title, title, theme.paper)


def _panels(found: Regime, rules: Rules, theme: Theme) -> Iterator[Panel]:
    top = TOP
    for reading in found.readings:
        panel = _of(found, rules, reading, theme, (LEFT, RIGHT, top))
        if panel is not None:
            yield panel
            top += PANEL + GAP


def _of(found: Regime, rules: Rules, reading: Reading, theme: Theme, place: tuple[float, float, float]) -> Panel | None:
    """Return the panel of one figure, at left, right and top; None where there is nothing to draw."""
    levels = {"vix_band": rules.vix_edges, "vvix_persistence": (rules.vvix_above,), "variance_premium": (0.0,)}
    levels |= {"vix9d_over_vix": (1.0,), "vix_over_vix3m": (1.0,), "credit_speed": (rules.credit_bp,)}
    states = found.states.get(reading.name)
    if states is None or not states.names or reading.value is None:
        return None
    last = float(_ordinals(np.array([found.as_of], "datetime64[D]"))[0])
    days, shown = _ordinals(states.signal.dates), _within(states, last)
    if not shown.any():
        return None
    labels = np.array(states.labels(), dtype=object)[shown].tolist()
    return Panel(reading, theme, *place, days[shown], states.signal.values[shown], labels, levels[reading.name], last)


def _within(states: States, last: float) -> npt.NDArray[np.bool_]:
    return np.asarray((_ordinals(states.signal.dates) >= last - DAYS) & np.isfinite(states.signal.values))


def _ordinals(dates: npt.NDArray[np.datetime64]) -> Floats:
    return dates.astype("datetime64[D]").astype(np.float64)


def _panel(panel: Panel) -> Iterator[Mark]:
    """Draw shades, grid, levels and the line."""
    (low, high), theme, left, right = panel.range, panel.theme, panel.left, panel.right
    yield from _shades(panel)
    for value in drawing.ticks(low, high, 4):
        yield Line([(left, panel.y(value)), (right, panel.y(value))], theme.grid)
        yield Text((left - 8, panel.y(value) + 4), f"{value:,g}".replace("-", figures.MINUS), theme.muted, 11, "end")
    for level in panel.levels:
        if low <= level <= high:
            yield Line([(left, panel.y(level)), (right, panel.y(level))], theme.muted, 1.0, (5, 4))
    points = [(panel.x(day), panel.y(value)) for day, value in zip(panel.days, panel.values, strict=True)]
    yield Line(points, theme.ink, 1.4)
    yield Dot(points[-1], theme.ink, 3)


def _said(panel: Panel) -> Iterator[Mark]:
    """Name the figure above, and at its right end say what it is now."""
    reading, theme = panel.reading, panel.theme
    y = panel.y(float(panel.values[-1]))
    title = f"{LABELS[reading.name]}, {UNITS[reading.unit or 'points']}"
    yield Text((panel.left, panel.top - 8), title, theme.ink, 12, bold=True)
    yield Text((panel.right + 10, y), value_of(reading), theme.ink, 12, bold=True)
    stale = f" on {reading.date}" if reading.stale else ""
    yield Text((panel.right + 10, y + 15), state_of(reading) + stale, theme.muted, 11)


def _shades(panel: Panel) -> Iterator[Mark]:
    """Shade the days of states to mind, from each day half way to its neighbours."""
    for place, state in enumerate(panel.states):
        if state in ALARMS | WATCHED:
            here = panel.days[place]
            before = panel.days[place - 1] if place else here
            after = panel.days[place + 1] if place + 1 < len(panel.days) else here
            left, right = panel.x((before + here) / 2), panel.x((here + after) / 2)
            corners = [(left, panel.top), (right, panel.top), (right, panel.top + PANEL), (left, panel.top + PANEL)]
            yield Area(corners, panel.theme.negative_soft, 0.9 if state in ALARMS else 0.35)


def _dates(found: Regime, y: float, sides: tuple[float, float], theme: Theme, every: int = 2) -> Iterator[Mark]:
    """Name every second month, or every so many, at its first day."""
    last = np.datetime64(found.as_of, "D")
    first = (last - DAYS).astype("datetime64[M]") + 1
    x = drawing.scaled(float(last.astype(int)) - DAYS, float(last.astype(int)), sides[1], sides[0])
    for month in np.arange(first, last.astype("datetime64[M]") + 1, every):
        day = float(month.astype("datetime64[D]").astype(int))
        yield Text((x(day), y), str(month), theme.muted, 11.5, "middle")
