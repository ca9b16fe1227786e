"""A figure a day and the state it is in: since when, and what would change it at the next close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.quotes import Floats, Ints
    from gex.signals.signal import Signal

Comparison = Literal["above", "at_or_above", "below", "at_or_below"]
NO_STATE = -1


@dataclass(frozen=True)
class Change:
    """What the next close has to do for another state.

    Attributes:
        to: The state it leads to.
        series: Whose close: VIX, VVIX, SPX.
        comparison: How it has to stand to the level.
        level: In `unit`.
        unit: Of the level: `points`, `%`.
        given: What else is supposed, in words; empty where nothing is.

    """

    to: str
    series: str
    comparison: Comparison
    level: float
    unit: str
    given: str = ""


@dataclass(frozen=True)
class States:
    """A signal and its state day by day.

    Attributes:
        signal: The figure.
        names: Of the states there can be.
        codes: Index into `names` a day, `NO_STATE` where the figure is not defined; shape (n,).
        counts: How far a state that counts has come, 0 where it does not; shape (n,).
        of: How far it counts, by the state's name.
        changes: What would change the last day's state.

    """

    signal: Signal
    names: tuple[str, ...]
    codes: Ints
    counts: Ints
    of: dict[str, int]
    changes: tuple[Change, ...]

    @property
    def state(self) -> str | None:
        """The last day's state."""
        return self.names[self.codes[-1]] if len(self.codes) and self.codes[-1] != NO_STATE else None

    @property
    def run(self) -> int:
        """For how many days, the last among them, it has been so; 0 without a state."""
        if self.state is None:
            return 0
        others = np.flatnonzero(self.codes != self.codes[-1])
        return len(self.codes) - (int(others[-1]) + 1 if len(others) else 0)

    def labels(self) -> list[str | None]:
        """Return the state of each day by name."""
        return [self.names[code] if code != NO_STATE else None for code in self.codes.tolist()]


def states_of(signal: Signal, names: tuple[str, ...], codes: Ints, changes: tuple[Change, ...]) -> States:
    """Return states that count nothing."""
    return States(signal, names, codes, np.zeros(len(codes), dtype=np.int64), {}, changes)


def without_states(signal: Signal) -> States:
    """Return a figure that has no states, only a place among its own past."""
    return states_of(signal, (), np.full(len(signal.values), NO_STATE, dtype=np.int64), ())


def common_days(
    left: npt.NDArray[np.datetime64], right: npt.NDArray[np.datetime64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return where the days that both have stand in each; both ascending, each day once."""
    _, first, second = np.intersect1d(left, right, assume_unique=True, return_indices=True)
    return first, second


def finite_codes(values: Floats, codes: Ints) -> Ints:
    """Return the codes, `NO_STATE` where the figure is not defined."""
    return np.where(np.isfinite(values), codes, NO_STATE)
