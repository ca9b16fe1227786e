"""Pictures out of five marks in pixels, from the top left corner: as SVG by our own hand, as PNG by matplotlib."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from gex.plot.theme import LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from gex.plot.theme import Theme

PAPER, GRID, INK, MUTED = LIGHT.paper, LIGHT.grid, LIGHT.ink, LIGHT.muted
POSITIVE, POSITIVE_SOFT = LIGHT.positive, LIGHT.positive_soft
NEGATIVE, NEGATIVE_SOFT = LIGHT.negative, LIGHT.negative_soft
Point = tuple[float, float]
USUAL = 11.5
"""Size of words that say none of their own in SVG."""


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: Sequence[Point]
    color: str
    width: float = 1.0
    dash: tuple[float, float] | None = None


@dataclass(frozen=True)
class Area:
    """A filled polygon without an outline."""

    points: Sequence[Point]
    color: str
    opacity: float = 1.0
    hatch: bool = False
    """Striped in its colour: no side of zero, such as a sign that is unknown."""


@dataclass(frozen=True)
class Patches:
    """Filled polygons of one colour as one mark: parts of a map."""

    shapes: Sequence[Sequence[Point]]
    color: str
    hatch: bool = False
    """Lines of the colour in place of a ground, as of an `Area`."""


@dataclass(frozen=True)
class Dot:
    """A filled circle."""

    at: Point
    color: str
    radius: float = 2.5


@dataclass(frozen=True)
class Text:
    """A line of text; `at` is on its base line."""

    at: Point
    text: str
    color: str = INK
    size: float = 12.0
    anchor: str = "start"
    bold: bool = False


class Widths(dict[str, float]):
    """How wide letters are, as a share of their height; 0.6 where nothing is said."""

    def __missing__(self, letter: str) -> float:
        """Return the width of most letters."""
        return 0.6


WIDTHS = Widths(dict.fromkeys(" ijl.,:;'|!()", 0.32) | dict.fromkeys("mwMW%@", 0.88))
Mark = Line | Area | Patches | Dot | Text


@dataclass(frozen=True)
class Drawing:
    """A picture."""

    width: int
    height: int
    marks: Sequence[Mark]
    title: str
    description: str
    """In words, for who does not see it."""
    paper: str = PAPER
    frame: Sequence[Mark] = ()
    """The words around the marks, which a page has as text of its own."""
    crop: tuple[float, float] | None = None
    """Top and bottom of what the marks take; None for all of it."""
    caption: str = ""
    """Unit and what the marks stand for."""
    sides: tuple[float, float] | None = None
    """Its left and right, where it is a part of a wider one."""

    def svg(self) -> bytes:
        """Return it as an SVG file of its own."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" stroke-linejoin="round" font-size="{USUAL:g}" font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif">\n'
            f"<title>{_words(self.title)}</title>\n<desc>{_words(self.description)}</desc>\n"
            f'<rect width="{self.width}" height="{self.height}" fill="{self.paper}"/>\n'
        )
        return (head + self._body((*self.frame, *self.marks)) + "</svg>\n").encode()

    def inline(self) -> str:
        """Return its marks as an SVG element of a page, which has the words around it as text and gives the ground."""
        top, bottom = self.crop or (0, self.height)
        left, right = self.sides or (0, self.width)
        view = f"{left:g} {top:g} {right - left:g} {bottom - top:g}"
        head = f'<svg viewBox="{view}" role="img" stroke-linejoin="round" font-size="{USUAL:g}" aria-label="{_quoted(self.title)}">'
        return head + self._body(self.marks) + "</svg>"

    def _body(self, marks: Sequence[Mark]) -> str:
        """Return marks as SVG; the patterns of hatched ones have names that no other picture on a page has."""
        words = zlib.crc32(
            f"{self.title}{self.description}{self.width}{self.height}{self.sides}".encode(errors="replace")
        )
        colors = dict.fromkeys(mark.color for mark in marks if isinstance(mark, Area) and mark.hatch)
        names = {color: f"hatch-{zlib.crc32(color.encode(), words):08x}" for color in colors}
        patterns = "".join(_pattern(color, name) for color, name in names.items())
        return patterns + "".join(_svg(mark, names) for mark in _gathered(marks))

    def _repr_svg_(self) -> str:
        """Show it in a notebook."""
        return self.svg().decode()

    def _repr_png_(self) -> bytes | None:
        """Show it in a notebook that takes no SVG; None without matplotlib."""
        try:
            return self.png()
        except ModuleNotFoundError:
            return None

    def png(self) -> bytes:
        """Return it as a PNG file, two pixels for one.

        Raises:
            ModuleNotFoundError: matplotlib is not installed.

        """
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ModuleNotFoundError:
            raise ModuleNotFoundError("PNG needs matplotlib: pip install 'gexlab[plot]', or write .svg") from None
        figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72, facecolor=self.paper)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, self.width), ylim=(self.height, 0), frame_on=False)
        axes.set_axis_off()
        for place, mark in enumerate((*self.frame, *self.marks)):
            _plot(axes, mark, place)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=144, metadata={"Title": self.title, "Description": self.description})
        return buffer.getvalue()


@dataclass(frozen=True)
class _Letters:
    """Single characters of one look, each at its place: one element of SVG."""

    texts: Sequence[Text]


def _gathered(marks: Sequence[Mark]) -> Iterator[Mark | _Letters]:
    """Yield marks with those of one look that follow each other as one, boxes and single characters."""
    for look, run in groupby(marks, _look):
        alike = list(run)
        if look is None or len(alike) == 1:
            yield from alike
        elif isinstance(alike[0], Area):
            yield Patches([mark.points for mark in alike if isinstance(mark, Area)], alike[0].color, alike[0].hatch)
        else:
            yield _Letters([mark for mark in alike if isinstance(mark, Text)])


def _look(mark: Mark) -> tuple[object, ...] | None:
    """Return what makes marks alike; None of those that stand alone, or are seen through."""
    if isinstance(mark, Text) and len(mark.text) == 1:
        return (mark.color, mark.size, mark.anchor, mark.bold)
    if not isinstance(mark, Area) or mark.opacity != 1 or len(mark.points) != 4:
        return None
    (left, top), (right, high), (far, bottom), (near, low) = mark.points
    is_box = (high, far, low, near) == (top, right, bottom, left) and left <= right and top <= bottom
    return (mark.color, mark.hatch) if is_box else None


def _pattern(color: str, name: str) -> str:
    return (
        f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="2" height="5" fill="{color}"/></pattern>\n'
    )


def _svg(mark: Mark | _Letters, hatches: Mapping[str, str]) -> str:
    # What is SVG's own default is left out: a page has thousands of marks.
    match mark:
        case Line():
            return _line(mark)
        case Area():
            fill = f"url(#{hatches[mark.color]})" if mark.hatch else mark.color
            opacity = "" if mark.opacity == 1 else f' fill-opacity="{mark.opacity:g}"'
            return f'<polygon points="{_points(mark.points)}" fill="{fill}"{opacity}/>\n'
        case Patches():
            fill = f"url(#{hatches[mark.color]})" if mark.hatch else mark.color
            return f'<path d="{"".join(map(_outline, mark.shapes))}" fill="{fill}"/>\n'
        case Dot():
            x, y = map(_place, mark.at)
            return f'<circle cx="{x}" cy="{y}" r="{mark.radius:g}" fill="{mark.color}"/>\n'
        case _Letters():
            x, y = (" ".join(map(_place, places)) for places in zip(*(text.at for text in mark.texts), strict=True))
            return _text(mark.texts[0], x, y, "".join(text.text for text in mark.texts))
        case Text():
            return _text(mark, _place(mark.at[0]), _place(mark.at[1]), mark.text)


def _line(mark: Line) -> str:
    dash = f' stroke-dasharray="{mark.dash[0]:g} {mark.dash[1]:g}"' if mark.dash else ""
    width = "" if mark.width == 1 else f' stroke-width="{mark.width:g}"'
    if along := _along(mark.points):
        return f'<path d="{along}" stroke="{mark.color}"{width}{dash}/>\n'
    return f'<polyline points="{_points(mark.points)}" fill="none" stroke="{mark.color}"{width}{dash}/>\n'


def _text(look: Text, x: str, y: str, words: str) -> str:
    """Return text at a place, or single characters at one each."""
    anchor = "" if look.anchor == "start" else f' text-anchor="{look.anchor}"'
    weight = ' font-weight="600"' if look.bold else ""
    size = "" if look.size == USUAL else f' font-size="{look.size:g}"'
    return f'<text x="{x}" y="{y}" fill="{look.color}"{size}{anchor}{weight}>{_words(words)}</text>\n'


def _place(value: float) -> str:
    """Return a coordinate to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _words(text: str) -> str:
    """Return text as XML may hold it: escaped, control characters as a question mark."""
    return escape("".join(letter if letter.isprintable() else "?" for letter in text), quote=False)


def _quoted(text: str) -> str:
    return _words(text).replace('"', "&quot;")


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_place(x)},{_place(y)}" for x, y in points)


def _along(points: Sequence[Point]) -> str:
    """Return a line between two points along an axis as a path, which needs no word on its inside; empty for others."""
    if len(points) != 2:
        return ""
    (left, top), (right, bottom) = ((_place(x), _place(y)) for x, y in points)
    return f"M{left},{top}H{right}" if top == bottom else f"M{left},{top}V{bottom}" if left == right else ""


def _outline(points: Sequence[Point]) -> str:
    """Return a closed path; lines along an axis are in their short form, several in a row one."""
    places = [(_place(x), _place(y)) for x, y in points]
    steps, last = ["M" + ",".join(places[0])], ""
    for (x, y), (left, top) in zip(places[1:], places, strict=False):
        kind = "" if (x, y) == (left, top) else "H" if y == top else "V" if x == left else "L"
        if kind == last and kind in ("H", "V"):
            steps.pop()
        if kind:
            steps.append({"H": f"H{x}", "V": f"V{y}", "L": f"L{x},{y}"}[kind])
            last = kind
    return "".join(steps) + "Z"


def _plot(axes: Axes, mark: Mark, order: int) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon

    # Artists by hand: axes.plot and axes.fill look for new limits each time.
    match mark:
        case Line():
            style: dict[str, object] = {"linestyle": (0, mark.dash)} if mark.dash else {}
            x, y = zip(*mark.points, strict=True)
            axes.add_artist(Line2D(x, y, color=mark.color, linewidth=mark.width, zorder=order, **style))  # type: ignore[arg-type]
        case Area():
            fill = {"facecolor": "none", "hatch": "////"} if mark.hatch else {"facecolor": mark.color}
            look = {"edgecolor": mark.color, "alpha": mark.opacity, "linewidth": 0, "zorder": order} | fill
            axes.add_artist(Polygon(list(mark.points), **look))  # type: ignore[arg-type]
        case Patches():
            fill = {"facecolor": "none", "hatch": "////"} if mark.hatch else {"facecolor": mark.color}
            look = {"edgecolor": mark.color, "linewidth": 0, "zorder": order} | fill
            axes.add_artist(PolyCollection(list(mark.shapes), **look))  # type: ignore[arg-type]
        case Dot():
            size = 2 * mark.radius
            style = {"marker": "o", "markersize": size, "markeredgewidth": 0, "linestyle": "none"}
            axes.add_artist(Line2D([mark.at[0]], [mark.at[1]], color=mark.color, zorder=order, **style))  # type: ignore[arg-type]
        case Text():
            where = {"start": "left", "middle": "center", "end": "right"}[mark.anchor]
            axes.text(
                *mark.at, mark.text, color=mark.color, fontsize=mark.size * 0.92, ha=where, zorder=order,
                fontweight="bold" if mark.bold else "normal", parse_math=False,
            )  # fmt: skip


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers between two, `most` at the most."""
    from math import ceil, floor, log10

    rough = (high - low) / most or 1.0
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10, 20) if factor * power >= rough)
    return [count * step for count in range(ceil(low / step), floor(high / step) + 1)]


def apart(labels: list[tuple[float, Text]], gap: float, lowest: float = float("inf")) -> list[Text]:
    """Move labels that stand above each other until they are `gap` apart, in the order of where they belong.

    None gets below `lowest`.
    """
    from dataclasses import replace

    labels = sorted(labels, key=lambda pair: pair[0])
    places = [place for place, _ in labels]
    for _ in places:
        for lower in range(1, len(places)):
            overlap = gap - (places[lower] - places[lower - 1])
            if overlap > 0:
                places[lower - 1] -= overlap / 2
                places[lower] += overlap / 2
    ends = (lowest - gap * below for below in reversed(range(len(places))))
    places = [min(place, end) for place, end in zip(places, ends, strict=True)]
    return [replace(text, at=(text.at[0], place)) for place, (_, text) in zip(places, labels, strict=True)]


def box(
    left: float, top: float, right: float, bottom: float, color: str, opacity: float = 1.0, *, hatch: bool = False
) -> Area:
    """Return a rectangle."""
    return Area([(left, top), (right, top), (right, bottom), (left, bottom)], color, opacity, hatch)


def unsure(left: float, top: float, right: float, bottom: float, theme: Theme) -> list[Area]:
    """Return a rectangle of what has no known sign: striped, nothing of what it stands on seen through."""
    place = (left, top, right, bottom)
    return [box(*place, theme.paper), box(*place, theme.unknown, hatch=True)]


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a text is, rather more than less: fonts differ."""
    return size * sum(map(WIDTHS.__getitem__, text)) * (1.06 if bold else 1.0)


def wrapped(text: str, size: float, width: float, most: int, *, bold: bool = False) -> list[str]:
    """Break text into lines no wider than `width`, `most` at the most; what is too much ends in an ellipsis."""
    lines: list[str] = []
    space, taken = text_width(" ", size, bold=bold), 0.0
    for word in text.split():
        needs = text_width(word, size, bold=bold)
        if lines and taken + space + needs <= width:
            lines[-1] += f" {word}"
            taken += space + needs
        else:
            lines.append(word)
            taken = needs
    lines = lines or [""]
    shown = lines[:most]
    if len(lines) > most:
        shown[-1] += " …"
    return [_cut(line, size, width, bold=bold) for line in shown]


def _cut(line: str, size: float, width: float, *, bold: bool) -> str:
    while text_width(line, size, bold=bold) > width:
        line = line[:-2].rstrip() + "…"
    return line


def scaled(low: float, high: float, top: float, bottom: float) -> Callable[[float], float]:
    """Return the height of a value in a panel."""
    return lambda value: bottom - (value - low) / (high - low) * (bottom - top)
