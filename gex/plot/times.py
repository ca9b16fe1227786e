"""The horizontal axis of time to an expiry, New York's clock; a night before it is a narrow column of its own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gex.plot import figures, page
from gex.plot.drawing import Line, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.intraday_results import ZeroDte
    from gex.plot.drawing import Mark
    from gex.plot.theme import Theme

NIGHT = 4.0
"""A first interval of this many times the longest of the others is one without a session."""
SHUT = 64.0
"""Pixels of its column."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
"""Minutes between the times that are named."""
MOST = 9
ROOM = 52.0
"""Pixels that a name needs."""


@dataclass(frozen=True)
class Times:
    """Instants from the evaluation to the expiry, from left to right."""

    instants: tuple[dt.datetime, ...]
    is_quoted: bool
    """Whether the first is the quotes' time."""
    left: float = page.LEFT
    right: float = page.RIGHT

    @cached_property
    def night(self) -> bool:
        """Whether the first interval has no session: it says nothing of how long it lasts."""
        gaps = np.diff([instant.timestamp() for instant in self.instants])
        return len(gaps) > 1 and bool(gaps[0] > NIGHT * np.max(gaps[1:]))

    @property
    def opens(self) -> dt.datetime:
        """The instant from which time runs evenly."""
        return self.instants[1] if self.night else self.instants[0]

    def x(self, time: dt.datetime) -> float:
        """Return where an instant stands."""
        left = self.left + (SHUT if self.night else 0.0)
        if time < self.opens:
            return self.left + (time - self.instants[0]) / (self.opens - self.instants[0]) * SHUT
        return left + (time - self.opens) / (self.instants[-1] - self.opens) * (self.right - left)

    def scale(self, theme: Theme, top: float, bottom: float) -> Iterator[Mark]:
        """Draw a line at round times, their names below, and the ends of the axis."""
        first, last, taken = self.instants[0], self.instants[-1], [self.x(self.instants[-1])]
        yield from self._end(first, "quoted" if self.is_quoted else "evaluated", theme, bottom)
        yield from self._end(last, "expiry", theme, bottom)
        taken += [self.x(first)]
        for time in [*([self.opens] if self.night else []), *self._round()]:
            x = self.x(time)
            yield Line([(x, top), (x, bottom)], theme.grid)
            if all(abs(x - other) >= ROOM for other in taken):
                taken.append(x)
                yield Text((x, bottom + 18), figures.weekday_clock(time, last), theme.muted, 11.5, "middle")
        yield Text(((self.left + self.right) / 2, bottom + 34), "New York time", theme.muted, 11, "middle")
        if self.night:
            yield from self._break(theme, bottom)

    def _end(self, time: dt.datetime, name: str, theme: Theme, bottom: float) -> Iterator[Mark]:
        text = figures.weekday_clock(time, self.instants[-1])
        yield Text((self.x(time), bottom + 18), text, theme.ink, 11.5, "middle", bold=True)
        yield Text((self.x(time), bottom + 33), name, theme.muted, 11, "middle")

    def _break(self, theme: Theme, bottom: float) -> Iterator[Mark]:
        """Mark the axis as broken within the night."""
        middle = self.left + SHUT / 2
        for x in (middle - 3, middle + 3):
            yield Line([(x - 3, bottom + 6), (x + 3, bottom - 6)], theme.ink, 1.4)

    def _round(self) -> Iterator[dt.datetime]:
        """Yield round New York times after the opening and before the expiry."""
        start, end = (each.astimezone(figures.NEW_YORK) for each in (self.opens, self.instants[-1]))
        minutes = (end - start) / dt.timedelta(minutes=1)
        step = next((step for step in STEPS if minutes / step <= MOST), STEPS[-1])
        midnight = dt.datetime.combine(start, dt.time(), start.tzinfo)
        place = int((start - midnight) / dt.timedelta(minutes=step)) + 1
        while (time := midnight + place * dt.timedelta(minutes=step)) < end:
            yield time
            place += 1


def times_of(view: ZeroDte, left: float = page.LEFT, right: float = page.RIGHT) -> Times:
    """Return the axis of a view's surface and path."""
    return Times(view.surface.times, view.evaluated_at == view.quote_time, left, right)
