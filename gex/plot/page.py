"""What every chart of an analysis has: a sentence for a title, the state of the data, unit and assumptions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gex.plot import drawing, figures
from gex.plot.drawing import Drawing, Line, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gex.intraday_results import ZeroDte
    from gex.plot.drawing import Mark
    from gex.plot.figures import Money
    from gex.plot.theme import Theme
    from gex.results import Analysis

WIDTH, HEIGHT = 1080, 720
LEFT, RIGHT = 76, 900
"""Of what is drawn; names and prices stand to the right of it."""
FULL = 1056
"""Where nothing stands to the right."""
TOP, BOTTOM = 118, 610
MARGIN = 24
CROP = (72.0, 656.0)
"""Top and bottom of what stands between title and caption."""
LABEL_GAP = 16


@dataclass(frozen=True)
class Size:
    """How much room a chart of columns has, in pixels."""

    width: int
    left: float
    right: float
    dates: int
    """Columns of dates at the most."""

    def holds(self, picture: Drawing) -> Drawing:
        """Return a picture whose marks were laid out for this width: its file has the words of the whole one."""
        return replace(picture, width=self.width)


WHOLE, HALF, NARROW = Size(WIDTH, LEFT, FULL, 16), Size(640, 58.0, 632.0, 10), Size(400, 46.0, 394.0, 6)
"""A file or a page's whole width, half of it, and a phone."""
MANY, RANK, OUTLYING = 20, 4, 25.0
"""What flattens all others: of 20 values, one beyond 25 times the fifth largest."""
STATES = {"ok": "live", "delayed": "delayed", "closed": "market closed"}


@dataclass(frozen=True)
class Found:
    """What a chart shows, in words."""

    title: str
    """A sentence with the finding."""
    caption: str
    """Unit and what the marks stand for."""


def page(analysis: Analysis, theme: Theme, found: Found, marks: Iterable[Mark]) -> Drawing:
    """Lay a chart of an analysis out between its title and its caption."""
    return sheet(analysis.underlying, state(analysis), assumed(analysis), theme, found, marks)


def sheet(name: str, told: str, assumptions: str, theme: Theme, found: Found, marks: Iterable[Mark]) -> Drawing:
    """Lay a chart out between its title and its caption.

    Args:
        name: What it is of; the title begins with it.
        told: When, and in which state the data are.
        assumptions: A sentence for the caption's end.
        theme: Its colours.
        found: What it shows.
        marks: The chart, in pixels.

    """
    width = WIDTH - 2 * MARGIN
    title = f"{name}: {found.title}"
    caption = drawing.wrapped(found.caption, 11, width, 2) + drawing.wrapped(assumptions, 11, width, 2)
    lines = [
        Text((MARGIN, 36), drawing.wrapped(title, 19, width, 1, bold=True)[0], theme.ink, 19, bold=True),
        Text((MARGIN, 58), drawing.wrapped(told, 12.5, width, 1)[0], theme.muted, 12.5),
        *(Text((MARGIN, HEIGHT - 56 + 15 * n), line, theme.muted, 11) for n, line in enumerate(caption)),
    ]
    words = f"{told}. {found.caption} {assumptions}"
    return Drawing(WIDTH, HEIGHT, list(marks), title, words, theme.paper, lines, CROP, found.caption)


def state(analysis: Analysis) -> str:
    """Say what the chart is of: spot, time, the age of the data, how much there is."""
    net = analysis.exposure.gamma_usd_per_1pct.net
    which = "" if analysis.settings.expirations == "all" else f" · expirations {analysis.settings.expirations}"
    unsure = " (near zero, sign unknown)" if analysis.regime == "near_zero" else ""
    return (
        f"{quoted(analysis, figures.spot_of(analysis))}{which} · net {figures.dollars(net)} per +1%{unsure} · "
        f"{analysis.rows_used:,} contracts"
    )


def quoted(of: Analysis | ZeroDte, spot: float) -> str:
    """Say what the price is, when it was quoted, and how old the data are."""
    kind = "re-priced at" if of.settings.move_to else "spot"
    delay = f" {of.delay_minutes:g} min" if of.status == "delayed" else ""
    later = f" · evaluated {figures.moment(of.evaluated_at)}" if of.evaluated_at != of.quote_time else ""
    return f"{kind} {figures.price(spot)} · {figures.moment(of.quote_time)} · {STATES[of.status]}{delay}{later}"


def assumed(of: Analysis | ZeroDte) -> str:
    """Say what is assumed, and what is wrong with the data."""
    warned = "".join(f" Note: {warning}." for warning in of.warnings)
    return f"Assumes {', '.join(of.assumptions)}.{warned}"


def ribbon_note(analysis: Analysis) -> str:
    """Say what the ribbon is, where there is one."""
    bands = analysis.levels.bands
    return " Ribbon: the flip under other methods." if bands and bands.method.gamma_flip else ""


def absence(theme: Theme, why: str, size: Size = WHOLE) -> list[Mark]:
    """Return a sentence in a chart's own place."""
    lines = drawing.wrapped(why, 15, size.right - size.left, 4)
    middle, top = (size.left + min(size.right, RIGHT)) / 2, (TOP + BOTTOM) / 2
    return [Text((middle, top + 21 * n), line, theme.muted, 15, "middle") for n, line in enumerate(lines)]


def span(values: Sequence[float], room: float = 1.06) -> tuple[float, float]:
    """Return an axis for bars: zero, and all values; one that would flatten the rest is cut, see `cut`."""
    most = cut(values)
    low, high = (max(min(0.0, *values), -most), min(max(0.0, *values), most)) if values else (0.0, 0.0)
    return (room * low, room * high) if low or high else (-1.0, 1.0)


def cut(values: Sequence[float]) -> float:
    """Return the largest size drawn whole: of many values, `OUTLYING` times the fifth largest at the most."""
    sizes = sorted(map(abs, values), reverse=True)
    if len(sizes) < MANY or not sizes[RANK]:
        return max(sizes, default=0.0)
    return min(sizes[0], OUTLYING * sizes[RANK])


def dollar_ticks(ends: tuple[float, float], money: Money, most: int) -> Iterator[tuple[float, str]]:
    """Yield round amounts between two, and how they are written."""
    for value in drawing.ticks(ends[0] / money.scale, ends[1] / money.scale, most):
        label = f"{value:+,.10g}".replace("-", figures.MINUS) if value else "0"
        yield value * money.scale, label


def dollar_grid(
    ends: tuple[float, float], money: Money, y: Callable[[float], float], theme: Theme, right: float, left: float = LEFT
) -> Iterator[Mark]:
    """Draw lines of equal dollars across, zero the strongest."""
    for value, label in dollar_ticks(ends, money, 7):
        yield Line([(left, y(value)), (right, y(value))], theme.grid)
        yield Text((left - 8, y(value) + 4), label, theme.muted, 11.5, "end")
    yield Line([(left, y(0.0)), (right, y(0.0))], theme.muted, 1.2)


def price_label(value: float, spot: float) -> str:
    """Return a tick of a price axis."""
    return f"{value:,.0f}" if spot >= 1000 else f"{value:g}"
