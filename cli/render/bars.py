"""Horizontal bars about a zero line: price reads as height, and side and pattern repeat the sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.render.terminal import Terminal, Token


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


@dataclass(frozen=True)
class Rule:
    """A line across the chart at a price between the bars: spot, the flip."""

    label: str
    tag: str
    stroke: str = "─"


CENT = 0.01
"""Less than this is nothing, in dollars."""
# (inner, outer) of positive bars, and of negative ones.
GLYPHS = (("█", "▓"), ("▒", "░"))
TOKENS: tuple[tuple[Token, Token], ...] = (("positive", "positive_soft"), ("negative", "negative_soft"))


def draw(marks: Sequence[Bar | Rule], terminal: Terminal, width: int) -> list[str]:
    """Draw bars and rules in the order given, highest price first.

    Args:
        marks: What to draw; the zero line stands where both signs have room.
        terminal: Its palette colours the bars.
        width: Columns for the whole line.

    """
    bars = [mark for mark in marks if isinstance(mark, Bar)]
    label = max(len(mark.label) for mark in marks)
    tag = max((len(bar.tag) for bar in bars), default=0)
    room = width - label - tag - 3 - max((len(bar.figures) for bar in bars), default=0)
    low, high = min(0.0, *(bar.value for bar in bars)), max(0.0, *(bar.value for bar in bars))
    scale = (room - 1) / max(high - low, CENT)
    zero = round(-low * scale)
    lines = []
    for mark in marks:
        if isinstance(mark, Rule):
            lines.append(_rule(mark, terminal, label, tag, room))
            continue
        cells = _cells(mark, scale, zero, room, terminal)
        lines.append(f"{mark.label:>{label}} {mark.tag:<{tag}} {cells} {mark.figures}".rstrip())
    return lines


def _cells(bar: Bar, scale: float, zero: int, room: int, terminal: Terminal) -> str:
    """Return the bar between the chart's edges, the zero line included."""
    negative = bar.value < 0
    side = room - 1 - zero if not negative else zero
    length = min(round(abs(bar.value) * scale), side)
    same_side = bar.inner * bar.value > 0
    inside = min(round(abs(bar.inner) * scale), length) if same_side else 0
    inner, outer = (
        terminal.paint(glyph * count, token)
        for glyph, token, count in zip(GLYPHS[negative], TOKENS[negative], (inside, length - inside), strict=True)
    )
    axis, empty = terminal.paint("│", "muted"), " " * (side - length)
    if negative:
        return f"{empty}{outer}{inner}{axis}{' ' * (room - 1 - zero)}"
    return f"{' ' * zero}{axis}{inner}{outer}{empty}"


def _rule(rule: Rule, terminal: Terminal, label: int, tag: int, room: int) -> str:
    """Return a line across the chart."""
    stroke = rule.stroke * (label + tag + room + 2 - len(rule.label) - len(rule.tag) - 2)
    return f"{rule.label:>{label}} " + terminal.paint(f"{rule.tag} {stroke}", "ink" if rule.stroke == "─" else "muted")
