"""Sums over the trades of each bar and cell: call or put, 0DTE or later, size, aggressor; by expiration if asked.

Each sum runs over its trades in the order of the tape, whatever the batches they come in: the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

TYPES = ("calls", "puts")
TERMS = ("zero_dte", "later")
SIZE_STEPS = (10, 100)
"""Contracts from which a trade is medium, and large."""
SIZES = ("size_1_9", "size_10_99", "size_100_up")
AGGRESSORS = ("sold", "unknown", "bought")
"""What the initiator did; `unknown` where no rule tells."""
DIMENSIONS = {"type": TYPES, "term": TERMS, "size": SIZES, "side": AGGRESSORS}
SHAPE = tuple(len(names) for names in DIMENSIONS.values())
CELLS = int(np.prod(SHAPE))

MEASURES = (
    "trades",
    "contracts",
    "unpriced",
    "unpriced_contracts",
    "late",
    "delta_traded",
    "flow",
    "raw",
    "variance",
    "gamma",
    "vanna",
)


def cells_of(is_call: Bools, is_today: Bools, size: Ints, side: npt.NDArray[np.int8]) -> Ints:
    """Return the cell of each trade, from 0 to `CELLS`."""
    bucket = (size >= SIZE_STEPS[0]).astype(np.int64) + (size >= SIZE_STEPS[1])
    return ((2 * ~is_call + ~is_today) * len(SIZES) + bucket) * len(AGGRESSORS) + side + 1


def part_of(cell: Ints, dimension: str) -> Ints:
    """Return where cells stand in one of `DIMENSIONS`."""
    return np.unravel_index(cell % CELLS, SHAPE)[list(DIMENSIONS).index(dimension)]


@dataclass(frozen=True)
class Sums:
    """The bars and cells with a trade in them, ordered by both."""

    start: Ints
    """Where the bar begins."""
    cell: Ints
    """Its cell; that of the n-th expiration plus `CELLS` times n, where expirations are told apart."""
    values: Floats
    """`MEASURES` by row, shape (len(MEASURES), n)."""

    @classmethod
    def none(cls) -> Sums:
        """Return the sums of no trade."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((len(MEASURES), 0)))

    def plus(self, start: Ints, cell: Ints, measures: Mapping[str, Floats]) -> Sums:
        """Return the sums with more trades, added one by one behind what is there."""
        starts, bar = _numbered(np.concatenate([self.start, start]))
        cells = np.concatenate([self.cell, cell])
        code = bar * (int(cells.max(initial=0)) + 1) + cells
        present = np.flatnonzero(np.bincount(code))
        place = np.searchsorted(present, code)
        values = np.empty((len(MEASURES), len(present)))
        for row, name in enumerate(MEASURES):
            # bincount adds in the order it is given: first what the batches before left, then trade by trade.
            weights = np.concatenate([self.values[row], measures[name]])
            values[row] = np.bincount(place, weights, len(present))
        bars, cells = np.divmod(present, int(cells.max(initial=0)) + 1)
        return Sums(starts[bars], cells, values)

    def where(self, chosen: Bools) -> Sums:
        """Return the rows that `chosen` marks."""
        return Sums(self.start[chosen], self.cell[chosen], self.values[:, chosen])


def _numbered(values: Ints) -> tuple[Ints, Ints]:
    """Return the different values, going up, and the place of each among them; quick where few differ from the one before."""
    changes = np.flatnonzero(np.diff(values, prepend=values[:1] - 1))
    found = np.unique(values[changes])
    return found, np.searchsorted(found, values)
