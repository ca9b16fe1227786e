"""Where spot stands: one line of prices with the sign of net gamma along it, the flip and its band, walls, a sigma."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING

import numpy as np

from gex.plot import drawing, figures, page
from gex.plot.drawing import Dot, Drawing, Line, Text
from gex.summary import DECISIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.plot.drawing import Mark
    from gex.plot.page import Size
    from gex.plot.theme import Theme
    from gex.results import Analysis

HEIGHT = 132
STRIP = (62.0, 78.0)
"""Top and bottom of the line of prices; names stand above it, spot and the sigma below."""
ROW = 16
"""Pixels between rows of names."""
LEAST, MOST, ROOM = 0.008, 0.06, 1.25
"""Of spot, to either side: in sight at the least and at the most; and of the distance to the furthest level."""
BESIDE = 10.0
"""Pixels that a name reaches beyond its line, towards spot."""
NAMES = {1: ("positive: dampens", "+"), -1: ("negative: amplifies", figures.MINUS), 0: ("sign unknown", "?")}
"""Of the parts by their sign, and where there is no room."""
STEPS = 240
"""Prices at which the sign is looked up."""


@dataclass(frozen=True)
class Ruler:
    """A window of prices."""

    analysis: Analysis
    low: float
    high: float
    size: Size

    @property
    def spot(self) -> float:
        """Price that all is priced at."""
        return figures.spot_of(self.analysis)

    def x(self, price: float) -> float:
        """Return where a price stands; what is out of sight stands at the end."""
        part = (min(max(price, self.low), self.high) - self.low) / (self.high - self.low)
        return page.MARGIN + part * (self.size.width - 2 * page.MARGIN)


def draw(analysis: Analysis, theme: Theme, size: Size = page.WHOLE) -> Drawing:
    """Return the line of prices."""
    ruler = _ruler(analysis, size)
    signs, names = [*_signs(ruler, theme)], [*_levels(ruler, theme)]
    marks = [*signs, *_ribbon(ruler, theme), *_sigma(ruler, theme), *names, *_spot(ruler, theme)]
    top = min(mark.at[1] for mark in marks if isinstance(mark, Text)) - ROW
    caption = (
        "Colour: the sign of dealers' net gamma were spot there: + dampens, − amplifies; "
        f"grey (?): under {DECISIVE:.0%} of gross, sign unknown.{page.ribbon_note(analysis)}"
    )
    title = f"{analysis.underlying}: {_found(analysis)}"
    crop = (min(top, STRIP[0] - ROW), float(HEIGHT))
    return Drawing(size.width, HEIGHT, marks, title, caption, theme.paper, crop=crop, caption=caption)


def _ruler(analysis: Analysis, size: Size) -> Ruler:
    spot, levels = figures.spot_of(analysis), analysis.levels
    known = [each for each in (levels.gamma_flip, levels.call_wall, levels.put_wall) if each is not None]
    near = [abs(each / spot - 1) for each in known if abs(each / spot - 1) <= MOST]
    away = min(max([LEAST, *(ROOM * each for each in near)]), ROOM * MOST, analysis.settings.ladder)
    return Ruler(analysis, spot * (1 - away), spot * (1 + away), size)


def _signs(ruler: Ruler, theme: Theme) -> Iterator[Mark]:
    """Draw the line in the colour of net gamma's sign at each price, grey where that is not known, and name its parts."""
    profile, gross = ruler.analysis.profile, ruler.analysis.exposure.gamma_usd_per_1pct.gross
    edges = np.linspace(ruler.low, ruler.high, STEPS + 1)
    net = np.interp((edges[:-1] + edges[1:]) / 2, profile.spots, profile.gamma_usd_per_1pct)
    signs = np.where(np.abs(net) < DECISIVE * gross, 0, np.sign(net)).astype(int).tolist()
    for sign, places in groupby(range(STEPS), signs.__getitem__):
        run = list(places)
        left, right = ruler.x(edges[run[0]]), ruler.x(edges[run[-1] + 1])
        color = theme.soft(sign) if sign else theme.grid
        yield drawing.box(left, STRIP[0], right, STRIP[1], color)
        names = ((name, x) for name in NAMES[sign] for x in _free(ruler, left, right, name))
        yield from (Text((x, STRIP[1] - 4), name, theme.upon(color), 10) for name, x in islice(names, 1))


def _free(ruler: Ruler, left: float, right: float, name: str) -> Iterator[float]:
    """Yield where a name can begin so that it stands within a part of the line and no mark on it."""
    levels, width = ruler.analysis.levels, drawing.text_width(name, 10)
    known = (ruler.spot, levels.gamma_flip, levels.call_wall, levels.put_wall)
    taken = [ruler.x(price) for price in known if price is not None]
    for start in (left + 6, right - 6 - width, (left + right - width) / 2):
        clear = all(not start - 6 < place < start + width + 6 for place in taken)
        if clear and left + 3 <= start and start + width + 3 <= right:
            yield start


def _ribbon(ruler: Ruler, theme: Theme) -> Iterator[Mark]:
    bands = ruler.analysis.levels.bands
    if bands and bands.method.gamma_flip:
        left, right = (ruler.x(each) for each in bands.method.gamma_flip)
        middle, half = (left + right) / 2, max(right - left, 3.0) / 2
        yield drawing.box(middle - half, STRIP[0] - 8, middle + half, STRIP[1] + 8, theme.muted, 0.28)


def _sigma(ruler: Ruler, theme: Theme) -> Iterator[Mark]:
    """Draw how far one standard deviation goes, to the nearest expiration."""
    part = ruler.analysis.zero_dte or ruler.analysis.next_expiration
    if part is None or part.expected_move is None:
        return
    sigma, y = part.expected_move.one_sigma, STRIP[1] + 14
    ends = (ruler.spot - sigma, ruler.spot + sigma)
    left, right = (ruler.x(end) for end in ends)
    yield Line([(left, y), (right, y)], theme.muted, 1.2)
    for end, x in zip(ends, (left, right), strict=True):
        if ruler.low <= end <= ruler.high:
            yield Line([(x, y - 4), (x, y + 4)], theme.muted, 1.2)
    text = f"±{figures.three_digits(sigma)} points: 1 sigma by {part.expirations[0]:%m-%d}"
    yield Text((ruler.x(ruler.spot), y + 32), text, theme.muted, 11.5, "middle")


def _levels(ruler: Ruler, theme: Theme) -> Iterator[Mark]:
    """Draw flip and walls, their names above, away from spot, in as many rows as they need."""
    rows: list[list[tuple[float, float]]] = []
    for price, text, color, dash in sorted(_named(ruler, theme), key=lambda each: -abs(each[0] - ruler.spot)):
        x, width = ruler.x(price), drawing.text_width(text, 12)
        left = min(max(x - BESIDE if price >= ruler.spot else x + BESIDE - width, 4.0), ruler.size.width - 4.0 - width)
        apart = (all(left > end or left + width < start for start, end in row) for row in rows)
        number = next((place for place, free in enumerate(apart) if free), len(rows))
        if number == len(rows):
            rows.append([])
        rows[number].append((left - 10, left + width + 10))
        y = STRIP[0] - 14 - ROW * number
        yield Line([(x, y + 3), (x, STRIP[1] + 4)], color, 1.6, dash)
        yield Text((left, y), text, color, 12)


def _named(ruler: Ruler, theme: Theme) -> Iterator[tuple[float, str, str, tuple[float, float] | None]]:
    levels = ruler.analysis.levels
    for name, level, color, dash in (
        ("put wall", levels.put_wall, theme.negative, None),
        ("flip", levels.gamma_flip, theme.ink, (4.0, 3.0)),
        ("call wall", levels.call_wall, theme.positive, None),
    ):
        if level is not None:
            shown = figures.level(level, ruler.spot) if name == "flip" else figures.strike(level)
            arrow = " ▶" if level > ruler.high else " ◀" if level < ruler.low else ""
            yield level, f"{name} {shown}{arrow}", color, dash


def _spot(ruler: Ruler, theme: Theme) -> Iterator[Mark]:
    x = ruler.x(ruler.spot)
    yield Line([(x, STRIP[0] - 4), (x, STRIP[1] + 20)], theme.ink, 2.4)
    yield Dot((x, (STRIP[0] + STRIP[1]) / 2), theme.ink, 4.5)
    yield Text((x, STRIP[1] + 33), f"spot {figures.price(ruler.spot)}", theme.ink, 13, "middle", bold=True)


def _found(analysis: Analysis) -> str:
    """Say where spot is among the levels."""
    spot, levels = figures.spot_of(analysis), analysis.levels
    parts = [
        f"{figures.points(abs(spot - level), spot).removeprefix('+')} points {'above' if spot >= level else 'below'} the {name}"
        for name, level in (("flip", levels.gamma_flip), ("call wall", levels.call_wall), ("put wall", levels.put_wall))
        if level is not None
    ]
    return f"spot is {', '.join(parts)}" if parts else "spot has neither flip nor walls beside it"
