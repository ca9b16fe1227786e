"""A figure over a panel, and the shapes in which it lies beyond a threshold: contours between straight lines."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.plot import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.plot.drawing import Point
    from gex.plot.prices import Window
    from gex.plot.times import Times
    from gex.quotes import Floats, Ints

    Run = tuple[float, float]

TALL, WIDE = 4.0, 10.0
"""Pixels between the places at which it is known."""
LAP = 0.25
"""Pixels that neighbouring shapes share, so that no seam shows."""


@dataclass(frozen=True)
class Field:
    """A figure in columns.

    Attributes:
        middles: Where each column's figures belong, pixels.
        edges: Where columns end: one more than there are.
        values: One row per `TALL` pixels from the top of the panel, one column each.
        even: Whether a column's figures hold throughout it, rather than lead over to the next one's.

    """

    middles: Floats
    edges: Floats
    values: Floats
    even: bool

    def at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the figure at places."""
        column = np.searchsorted(self.edges, x, side="right") - 1
        found: Floats = self.values[((np.asarray(y) - page.TOP) / TALL).astype(int), column]
        return found

    def beyond(self, threshold: float) -> list[list[Point]]:
        """Return the shapes in which the figure is as far from zero as a threshold on its side, or further."""
        inside = np.sign(threshold) * self.values.T >= abs(threshold)
        if not inside.any():
            return []
        ends = np.diff(np.pad(inside, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        of, top = np.nonzero(ends == 1)
        upper, lower = self._heights(threshold, of, top), self._heights(threshold, *np.nonzero(ends == -1))
        runs = list(zip(upper.tolist(), lower.tolist(), strict=True))
        begins = np.searchsorted(of, np.arange(len(inside) + 1)).tolist()
        columns = [runs[begin:end] for begin, end in itertools.pairwise(begins)]
        shapes: list[list[Point]] = []
        first = 0
        for place in range(1, len(columns) + 1):
            if self.even or place == len(columns) or not _alike(columns[place - 1], columns[place]):
                shapes += self._joined(first, place, columns)
                first = place
        return shapes

    def _heights(self, threshold: float, columns: Ints, rows: Ints) -> Floats:
        """Return where the figure passes a threshold between each row and the one above it; at the panel's ends, them."""
        last = len(self.values) - 1
        above, below = (self.values[np.clip(each, 0, last), columns] for each in (rows - 1, rows))
        inner = (rows > 0) & (rows <= last)
        part = np.divide(threshold - above, below - above, out=np.full(len(rows), 0.5), where=inner)
        return np.asarray(page.TOP + TALL * (rows - np.where(inner, 0.5 - part, 0.0)), dtype=np.float64)

    def _joined(self, first: int, last: int, columns: Sequence[Sequence[Run]]) -> list[list[Point]]:
        """Join the runs of some columns that have as many, one below the other, to one shape each."""
        left, right = float(self.edges[first]) - LAP, float(self.edges[last]) + LAP
        middles = [] if self.even else self.middles[first:last].tolist()
        across = [max(left, page.LEFT), *middles, min(right, page.RIGHT)]
        before = columns[first - 1] if first and not self.even else None
        after = columns[last] if last < len(columns) and not self.even else None
        shapes = []
        for runs in zip(*columns[first:last], strict=True):
            whole = [_end(runs[0], before), *runs[: len(middles)], _end(runs[-1], after)]
            upper, lower = ([run[side] for run in whole] for side in (0, 1))
            shapes.append([*zip(across, upper, strict=True), *reversed(list(zip(across, lower, strict=True)))])
        return shapes


def _end(run: Run, beside: Sequence[Run] | None) -> Run:
    """Return where a run ends halfway to the next column: half of the way to what it touches there, or in a point."""
    if beside is None:
        return run
    touched = [other for other in beside if _overlap(run, other)]
    top, bottom = (touched[0][0], touched[-1][1]) if touched else reversed(run)
    return (run[0] + top) / 2, (run[1] + bottom) / 2


def _overlap(one: Run, other: Run) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _alike(one: Sequence[Run], other: Sequence[Run]) -> bool:
    """Tell whether two columns have the same runs, each overlapping its own."""
    return len(one) == len(other) and all(map(_overlap, one, other))


def field_of(axis: Window, times: Times, spots: Floats, values: Floats) -> Field:
    """Return a figure over a panel from its grid: straight lines between prices, and between times.

    Args:
        axis: Prices, as height.
        times: The axis of time.
        spots: Prices at which the figure is known.
        values: One row per price; one column per time, or per interval, which then is of one colour throughout.

    """
    ends = np.array([times.x(time) for time in times.instants])
    heights = np.linspace(axis.high, axis.low, 2 * round((page.BOTTOM - page.TOP) / TALL) + 1)[1::2]
    even = values.shape[1] < len(ends)
    if even:
        middles, edges = (ends[1:] + ends[:-1]) / 2, ends
    else:
        counts = np.maximum(np.diff(ends) / WIDE, 1).astype(int)
        middles = np.unique(
            np.concatenate([np.linspace(ends[n], ends[n + 1], count + 1) for n, count in enumerate(counts)])
        )
        values = np.array([np.interp(middles, ends, row) for row in values])
        edges = np.concatenate([ends[:1], (middles[1:] + middles[:-1]) / 2, ends[-1:]])
    return Field(middles, edges, np.column_stack([np.interp(heights, spots, column) for column in values.T]), even)
