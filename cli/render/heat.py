"""A map of price against time in blocks: side of zero by pattern and hue, size by three steps of a log-like scale."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.cli.render.bars import GLYPHS, TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.render.terminal import Terminal
    from gex.quotes import Floats

STEPS = (0.25, 0.05)
"""Strong from this fraction of the largest value shown, weak from that; blank below."""
NONE, FAINT = " ", "·"


def heat(values: Floats, labels: Sequence[str], times: Sequence[str], terminal: Terminal, cell: int = 2) -> list[str]:
    """Draw values, one line per label from the first row down, one cell per time.

    Args:
        values: One row per label, one column per time; NaN is left blank.
        labels: Prices, highest first.
        times: Clock times; every so many stand below the columns.
        terminal: Its palette colours the blocks.
        cell: Columns of the screen per time.

    """
    peak = float(np.nanmax(np.abs(values), initial=0.0))
    width = max(map(len, labels))
    lines = [f"{label:>{width}} {_line(row, peak, cell, terminal)}" for label, row in zip(labels, values, strict=True)]
    return [*lines, " " * (width + 1) + _axis(times, cell)]


def legend(values: Floats, unit: str) -> str:
    """Say what the blocks stand for."""
    peak = float(np.nanmax(np.abs(values), initial=0.0))
    money = figures.Money.spanning([peak])
    strong, weak = (figures.three_digits(step * peak / money.scale) for step in STEPS)
    (p1, p2), (n1, n2) = GLYPHS
    plus, minus = (
        f"{p1} from +{strong}, {p2} from +{weak}",
        f"{n2} from {figures.MINUS}{weak}, {n1} from {figures.MINUS}{strong}",
    )
    return f"{money.unit} {unit}: {plus}, {minus}"


def _line(row: Floats, peak: float, cell: int, terminal: Terminal) -> str:
    """Return one line, neighbours of one kind painted together."""
    kinds = [_kind(value, peak) for value in row.tolist()]
    parts = []
    for (negative, step), run in groupby(kinds):
        count = len(list(run)) * cell
        if step < 2:
            parts.append(terminal.paint(GLYPHS[negative][step] * count, TOKENS[negative][step]))
        else:
            parts.append(terminal.paint((FAINT if step == 2 else NONE) * count, "muted"))
    return "".join(parts).rstrip()


def _kind(value: float, peak: float) -> tuple[bool, int]:
    """Return the side of zero and the step: 0 strong, 1 weak, 2 next to nothing, 3 nothing to show."""
    if not np.isfinite(value):
        return False, 3
    size = abs(value) / peak if peak else 0.0
    step = next((step for step, least in enumerate(STEPS) if size >= least), 2)
    return (value < 0 and step < 2), step


def _axis(times: Sequence[str], cell: int) -> str:
    """Return clock times under their columns, as many as fit."""
    line, free = "", 0
    for place, time in enumerate(times):
        if place * cell >= free and place * cell + len(time) <= len(times) * cell + 4:
            line = line.ljust(place * cell) + time
            free = len(line) + 2
    return line
