"""A map of price against time in blocks: side of zero by pattern and hue, size by three steps of a log-like scale."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.cli.render.bars import GLYPHS, TOKENS
from gex.quotes import median

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.render.terminal import Terminal
    from gex.quotes import Floats

FAINTEST = 0.02
"""Values below this fraction of the largest are next to nothing; half of the others are strong,"""
WEAK = 0.2
"""and weak from this fraction of strong on."""
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
    steps, width = steps_of(values), max(map(len, labels))
    lines = [f"{label:>{width}} {_line(row, steps, cell, terminal)}" for label, row in zip(labels, values, strict=True)]
    return [*lines, " " * (width + 1) + _axis(times, cell)]


def steps_of(values: Floats) -> tuple[float, float]:
    """Return the sizes from which on a value is strong, and weak: half of what is not next to nothing is strong."""
    sizes = np.abs(values[np.isfinite(values)])
    sizes = sizes[sizes > FAINTEST * np.max(sizes, initial=0.0)]
    strong = median(sizes) if len(sizes) else 0.0
    return strong, WEAK * strong


def legend(values: Floats, unit: str) -> str:
    """Say what the blocks stand for."""
    steps = steps_of(values)
    money = figures.Money.spanning(steps)
    strong, weak = (figures.three_digits(step / money.scale) for step in steps)
    (p1, p2), (n1, n2) = GLYPHS
    plus, minus = (
        f"{p1} from +{strong}, {p2} from +{weak}",
        f"{n2} from {figures.MINUS}{weak}, {n1} from {figures.MINUS}{strong}",
    )
    return f"{money.unit} {unit}: {plus}, {minus}"


def _line(row: Floats, steps: tuple[float, float], cell: int, terminal: Terminal) -> str:
    """Return one line, neighbours of one kind painted together."""
    kinds = [_kind(value, steps) for value in row.tolist()]
    parts = []
    for (negative, step), run in groupby(kinds):
        count = len(list(run)) * cell
        if step < 2:
            parts.append(terminal.paint(GLYPHS[negative][step] * count, TOKENS[negative][step]))
        else:
            parts.append(terminal.paint((FAINT if step == 2 else NONE) * count, "muted"))
    return "".join(parts).rstrip()


def _kind(value: float, steps: tuple[float, float]) -> tuple[bool, int]:
    """Return the side of zero and the step: 0 strong, 1 weak, 2 next to nothing, 3 nothing to show."""
    if not np.isfinite(value):
        return False, 3
    step = next((step for step, least in enumerate(steps) if abs(value) >= least > 0), 2)
    return (value < 0 and step < 2), step


def _axis(times: Sequence[str], cell: int) -> str:
    """Return clock times under their columns, as many as fit."""
    line, free = "", 0
    for place, time in enumerate(times):
        if place * cell >= free and place * cell + len(time) <= len(times) * cell + 4:
            line = line.ljust(place * cell) + time
            free = len(line) + 2
    return line
