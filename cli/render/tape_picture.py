"""The tape as a picture: spot above, what dealers bought and sold since midnight with its error, each bar's flow below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.pictures import in_form
from gex.cli.render.tape_screen import sentence, span
from gex.microstructure.errors import TWO_SIDED_95
from gex.plot import drawing
from gex.plot.drawing import Area, Dot, Drawing, Line, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

    from gex.cli.render.figures import Money
    from gex.cli.tape import TapeOptions
    from gex.microstructure.tape import Tape
    from gex.plot.drawing import Mark

    Row = dict[str, Any]

WIDTH, HEIGHT = 1080, 720
LEFT, RIGHT = 76, 936
SPOTS, CUMULATED, FLOWS = (96, 206), (248, 514), (556, 644)
"""Top and bottom of the three panels."""
LABEL_GAP = 15
RIBBON = "#f1f3f5"
"""Lighter than the grid, which is seen through it."""
MOST_TIMES = 9
ALL = "cumulated_flow_usd"
LOW, HIGH = "cumulated_low_usd", "cumulated_high_usd"
LINES = (
    (ALL, "all", drawing.INK, 2.2, None),
    ("cumulated_calls_usd", "calls", drawing.POSITIVE, 1.4, None),
    ("cumulated_puts_usd", "puts", drawing.NEGATIVE, 1.4, None),
    ("cumulated_zero_dte_usd", "0DTE", drawing.MUTED, 1.4, (5.0, 3.0)),
)


@dataclass(frozen=True)
class Frame:
    """Rows and where their values stand."""

    rows: Sequence[Row]
    money: Money

    @property
    def step(self) -> float:
        """Pixels a row."""
        return (RIGHT - LEFT) / len(self.rows)

    def x(self, place: float) -> float:
        """Return the middle of a row."""
        return LEFT + (place + 0.5) * self.step

    @cached_property
    def spots(self) -> tuple[float, float] | None:
        """The range of spot; None where nobody knows it."""
        known = [row["spot"] for row in self.rows if row["spot"] is not None]
        if not known:
            return None
        room = 0.08 * (max(known) - min(known)) or 0.001 * max(known)
        return min(known) - room, max(known) + room

    @cached_property
    def cumulated(self) -> tuple[float, float]:
        """The range of what is cumulated, zero in it."""
        values = [row[name] for row in self.rows for name in (*(line[0] for line in LINES), LOW, HIGH)]
        return 1.04 * min(0.0, *values), 1.04 * max(0.0, *values) or 1.0

    @cached_property
    def flows(self) -> tuple[float, float]:
        """The range of the bars' own flows, zero in it."""
        values = [row["flow_usd"] for row in self.rows]
        return 1.1 * min(0.0, *values), 1.1 * max(0.0, *values) or 1.0

    @cached_property
    def days(self) -> list[list[int]]:
        """The places of each date's rows: lines begin anew."""
        dates = [row["date"] for row in self.rows]
        edges = [0, *(place for place, (before, date) in enumerate(pairwise(dates), 1) if before != date), len(dates)]
        return [list(range(first, last)) for first, last in pairwise(edges)]


def picture(rows: pl.DataFrame, tape: Tape, given: TapeOptions, form: str) -> bytes:
    """Return the picture as SVG or PNG.

    Raises:
        click.UsageError: PNG, and matplotlib is not installed.

    """
    return in_form(draw(rows, tape, given), form)


def draw(rows: pl.DataFrame, tape: Tape, given: TapeOptions) -> Drawing:
    """Lay the picture out."""
    money = figures.Money.spanning([*rows[LOW], *rows[HIGH]])
    frame = Frame(rows.to_dicts(), money)
    title, caption = sentence(tape), _caption(given)
    marks: list[Mark] = [
        Text((LEFT, 34), title, size=19, bold=True),
        Text((LEFT, 56), f"{span(tape)}, bars of {given.bars}", drawing.MUTED, 12.5),
        *_times(frame),
        *_spot(frame),
        *_cumulated(frame),
        *_flows(frame),
        *(Text((LEFT, HEIGHT - 28 + 15 * place), line, drawing.MUTED, 11) for place, line in enumerate(caption)),
    ]
    return Drawing(WIDTH, HEIGHT, marks, title, " ".join(caption))


def _caption(given: TapeOptions) -> list[str]:
    return [
        f"Each trade's delta in dollars, by the side that {given.stack} tells, counted as far as it is likely to be right.",
        "Above 0 dealers buy the underlying. Ribbon: 95% range from not knowing the sides for sure, order by order.",
    ]


def _times(frame: Frame) -> Iterator[Mark]:
    """Write times below, and the date with the first of each."""
    count = len(frame.rows)
    every = -(-count // MOST_TIMES)
    before = None
    for place in range(0, count, every):
        row = frame.rows[place]
        pattern = "%m-%d %H:%M" if len(frame.days) > 1 and row["date"] != before else "%H:%M"
        text = row["start"].astimezone(figures.NEW_YORK).strftime(pattern)
        before = row["date"]
        yield Text((frame.x(place), FLOWS[1] + 18), text, drawing.MUTED, 11.5, "middle")


def _grid(y: float, label: str) -> Iterator[Mark]:
    yield Line([(LEFT, y), (RIGHT, y)], drawing.GRID)
    yield Text((LEFT - 8, y + 4), label, drawing.MUTED, 11.5, "end")


def _scale(frame: Frame, panel: tuple[int, int], ends: tuple[float, float], most: int) -> Iterator[Mark]:
    """Draw a panel's grid of dollars, its zero line strongest."""
    y = drawing.scaled(*ends, *panel)
    scale = frame.money.scale
    for value in drawing.ticks(ends[0] / scale, ends[1] / scale, most):
        label = f"{value:+,g}".replace("-", figures.MINUS) if value else "0"
        yield from _grid(y(value * scale), label)
    yield Line([(LEFT, y(0.0)), (RIGHT, y(0.0))], drawing.MUTED, 1.2)


def _spot(frame: Frame) -> Iterator[Mark]:
    yield Text((LEFT, SPOTS[0] - 10), "spot, points", drawing.MUTED, 11.5)
    if frame.spots is None:
        yield Text((LEFT, SPOTS[0] + 20), "no trade had a quote of the underlying", drawing.MUTED, 12)
        return
    y = drawing.scaled(*frame.spots, *SPOTS)
    for value in drawing.ticks(*frame.spots, 4):
        yield from _grid(y(value), f"{value:,.0f}" if frame.spots[1] >= 1000 else f"{value:g}")
    points = [(frame.x(place), y(row["spot"])) for place, row in enumerate(frame.rows) if row["spot"] is not None]
    yield Line(points, drawing.INK, 1.6)
    yield Dot(points[-1], drawing.INK, 2.5)
    yield Text((RIGHT + 8, points[-1][1] + 4), figures.price(frame.rows[-1]["spot"]), drawing.INK, 12, bold=True)


def _cumulated(frame: Frame) -> Iterator[Mark]:
    """Draw what is cumulated: all with its ribbon, calls, puts and 0DTE, each named at its end."""
    what = f"dealers' hedging since midnight, {frame.money.unit}"
    yield Text((LEFT, CUMULATED[0] - 10), what, drawing.MUTED, 11.5)
    y = drawing.scaled(*frame.cumulated, *CUMULATED)
    for day in frame.days:
        low = [(frame.x(place), y(frame.rows[place][LOW])) for place in day]
        high = [(frame.x(place), y(frame.rows[place][HIGH])) for place in day]
        yield Area([*high, *reversed(low)], RIBBON)
    yield from _scale(frame, CUMULATED, frame.cumulated, 6)
    for day in frame.days:
        for name, _, color, width, dash in reversed(LINES):
            points = [(frame.x(place), y(frame.rows[place][name])) for place in day]
            yield Line(points, color, width, dash)
            yield Dot(points[-1], color, 2.5)
    yield from _names(frame, y)


def _names(frame: Frame, y: Callable[[float], float]) -> list[Text]:
    """Name each line at its right end, none over another."""
    last, money = frame.rows[-1], frame.money
    labels = []
    for name, label, color, *_ in LINES:
        error = f" ± {money(TWO_SIDED_95 * last['cumulated_error_usd']).removeprefix('+')}" if name == ALL else ""
        text = Text((RIGHT + 8, 0), f"{label} {money(last[name])}{error}", color, 12, bold=name == ALL)
        labels.append((y(last[name]) + 4, text))
    return drawing.apart(labels, LABEL_GAP)


def _flows(frame: Frame) -> Iterator[Mark]:
    """Draw each bar's own flow."""
    yield Text((LEFT, FLOWS[0] - 10), f"in the bar, {frame.money.unit}", drawing.MUTED, 11.5)
    yield from _scale(frame, FLOWS, frame.flows, 3)
    y = drawing.scaled(*frame.flows, *FLOWS)
    half = max(0.5, min(0.36 * frame.step, 30))
    for place, row in enumerate(frame.rows):
        x, top = frame.x(place), y(row["flow_usd"])
        color = drawing.POSITIVE if row["flow_usd"] >= 0 else drawing.NEGATIVE
        yield Area([(x - half, y(0.0)), (x + half, y(0.0)), (x + half, top), (x - half, top)], color)
