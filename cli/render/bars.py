"""Horizontal bars about a zero line: price reads as height, and side and pattern repeat the sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.render.terminal import Terminal, Token

    Part = tuple[str, Token]
    """Characters and their colour."""


@dataclass(frozen=True)
class Bar:
    """One line of a chart: a price, what stands there, and its figure."""

    label: str
    value: float
    tag: str = ""
    inner: float = 0.0
    """The part of `value` drawn as the darker inner part; of no account if its sign is the other one."""
    figures: str = ""
    """Text to the right of the bar."""
    reach: tuple[float, float] = (0.0, 0.0)
    """What `value` is the difference of, below and above zero: dots from end to end behind the bar."""
    unsure: bool = False
    """Whether its sign is unknown: drawn in question marks, without a colour."""


@dataclass(frozen=True)
class Rule:
    """A line across the chart at a price between the bars: spot, the flip, a wall."""

    label: str
    tag: str
    stroke: str = "─"


@dataclass(frozen=True)
class Frame:
    """Where things stand in a chart.

    Attributes:
        left: Columns for labels and tags, in front of the chart.
        room: Columns of the chart itself.
        zero: Of these, the one of the zero line.
        scale: Columns per unit.
        parted: Whether any bar has an inner part; where none has, all are in the strong colour.

    """

    left: int
    room: int
    zero: int
    scale: float
    parted: bool

    def sides(self) -> tuple[int, int]:
        """Return the columns below and above zero."""
        return self.zero, self.room - 1 - self.zero


CENT = 0.01
"""Less than this is nothing, in dollars."""
# (inner, outer) of positive bars, and of negative ones.
GLYPHS = (("█", "▓"), ("▒", "░"))
# The light pattern needs the strong colour to be seen.
TOKENS: tuple[tuple[Token, Token], ...] = (("positive", "positive_soft"), ("negative", "negative"))
EIGHTHS, FAINTEST = "▏▎▍▌▋▊▉", "▕"
"""Ends of bars to the right; hatched ones have none, but for the eighth of a column that is next to nothing."""
AXIS, CROSSED, UNSURE, BEHIND, CUT = "│", "┼", "?", "·", ("»", "«")


def draw(marks: Sequence[Bar | Rule], terminal: Terminal, width: int, *, most: float | None = None) -> list[str]:
    """Draw bars and rules in the order given, highest price first.

    Args:
        marks: What to draw; the zero line stands where both signs have room.
        terminal: Its palette colours the bars.
        width: Columns for the whole line.
        most: The largest size drawn whole; longer bars are cut, and say so. None draws all whole.

    """
    label, tag = max(len(mark.label) for mark in marks), max((len(mark.tag) for mark in _bars(marks)), default=0)
    frame = _frame(_bars(marks), label + tag + 2, width, float("inf") if most is None else most)
    lines = []
    for mark in marks:
        if isinstance(mark, Rule):
            lines.append(_rule(mark, terminal, label, frame))
        else:
            cells = _cells(mark, frame, terminal)
            lines.append(f"{mark.label:>{label}} {mark.tag:<{tag}} {cells} {mark.figures}".rstrip())
    return lines


def _bars(marks: Sequence[Bar | Rule]) -> list[Bar]:
    return [mark for mark in marks if isinstance(mark, Bar)]


def _frame(bars: Sequence[Bar], left: int, width: int, most: float) -> Frame:
    room = width - left - 1 - max((len(bar.figures) for bar in bars), default=0)
    low = max(min(0.0, *(min(bar.value, bar.reach[0]) for bar in bars)), -most)
    high = min(max(0.0, *(max(bar.value, bar.reach[1]) for bar in bars)), most)
    scale = (room - 1) / max(high - low, CENT)
    # Each side that has anything has a column, in which it shows.
    zero = min(max(round(-low * scale), low <= -CENT), room - 1 - (high >= CENT))
    return Frame(left, room, zero, scale, any(bar.inner for bar in bars))


def _cells(bar: Bar, frame: Frame, terminal: Terminal) -> str:
    """Return the bar between the chart's edges, the zero line included."""
    below, above = frame.sides()
    left = _half(bar, bar.reach[0], below, frame) if bar.value < 0 else _dots(0, bar.reach[0], below, frame)
    right = _half(bar, bar.reach[1], above, frame) if bar.value > 0 else _dots(0, bar.reach[1], above, frame)
    parts: list[Part] = [*reversed(left), (AXIS, "muted"), *right]
    return "".join(terminal.paint(text, token) if text.strip() else text for text, token in parts)


def _half(bar: Bar, reach: float, side: int, frame: Frame) -> list[Part]:
    """Return the side of a chart that a bar lies on, from the zero line outwards."""
    negative = bar.value < 0
    length = abs(bar.value) * frame.scale
    whole, tip = _tip(min(length, side), side, negative=negative) if abs(bar.value) >= CENT else (0, "")
    if length > side + 1:
        whole, tip = side - 1, CUT[negative]
    if bar.unsure:
        return [(UNSURE * (whole + len(tip)), "muted"), *_dots(whole + len(tip), reach, side, frame)]
    inside = min(round(abs(bar.inner) * frame.scale), whole) if bar.inner * bar.value > 0 else 0
    (inner, outer), (strong, soft) = GLYPHS[negative], TOKENS[negative]
    soft = soft if frame.parted else strong
    end = strong if inside == whole and bar.inner * bar.value > 0 else soft
    parts: list[Part] = [(inner * inside, strong), (outer * (whole - inside), soft), (tip, end)]
    return [*parts, *_dots(whole + len(tip), reach, side, frame)]


def _tip(length: float, side: int, *, negative: bool) -> tuple[int, str]:
    """Return a bar's whole columns, and the character for what is left; what is there at all shows."""
    if negative:
        whole = round(length)
        return (whole, "") if whole else (0, FAINTEST)
    whole, eighths = divmod(max(round(8 * length), 1), 8)
    return (whole, EIGHTHS[eighths - 1]) if eighths and whole < side else (min(whole, side), "")


def _dots(begin: int, reach: float, side: int, frame: Frame) -> list[Part]:
    """Return dots from the end of a bar to the end of what it is the difference of, and nothing beyond."""
    dots = max(0, min(round(abs(reach) * frame.scale), side) - begin)
    return [(BEHIND * dots, "muted"), (" " * (side - begin - dots), "muted")]


def _rule(rule: Rule, terminal: Terminal, label: int, frame: Frame) -> str:
    """Return a line across the chart and its zero line."""
    strokes = f"{rule.tag} ".ljust(frame.left - label - 1 + frame.room, rule.stroke)
    zero = frame.left - label - 1 + frame.zero
    if zero > len(rule.tag):
        strokes = strokes[:zero] + CROSSED + strokes[zero + 1 :]
    return f"{rule.label:>{label}} " + terminal.paint(strokes, "ink" if rule.stroke == "─" else "muted")
