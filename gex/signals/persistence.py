"""A level that has to hold: above a threshold for N closes in a row, not once.

| state | is | next close above | next close at or below |
| --- | --- | --- | --- |
| off | nothing | testing, 1 of N | off |
| testing, k of N | k closes in a row above | testing, k + 1; confirmed at N | off: the count starts anew |
| confirmed | N or more in a row above | confirmed | cooling, 1 of C |
| cooling, j of C | j closes at or below since it was confirmed | testing, 1 of N | cooling, j + 1; off after C |

Where N is 1 there is no testing, and where C is 0 no cooling. A day without a value is passed over: its state and count
are those of the day before.
"""

from __future__ import annotations

from math import isfinite
from operator import index
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np

from gex.signals.signal import Signal
from gex.signals.states import NO_STATE, Change, States

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gex.quotes import Bools, Floats
    from gex.signals.states import Comparison

NAMES = ("off", "testing", "confirmed", "cooling")
OFF, TESTING, CONFIRMED, COOLING = range(4)


def persistence(
    name: str,
    dates: npt.NDArray[np.datetime64],
    values: Floats,
    threshold: float,
    *,
    needed: SupportsIndex = 5,
    cooldown: SupportsIndex = 5,
) -> States:
    """Return the state of a threshold day by day.

    Args:
        name: Of the series: VVIX.
        dates: Ascending, shape (n,).
        values: Closes, points; shape (n,).
        threshold: Points; a close has to be above it.
        needed: N, closes in a row that confirm.
        cooldown: C, closes at or below it until a confirmed state is over.

    Raises:
        ValueError: `needed` is under 1, `cooldown` under 0, the threshold no number, or shapes differ.

    """
    wanted, quiet = index(needed), index(cooldown)
    if wanted < 1 or quiet < 0:
        raise ValueError(f"needed must be 1 or more and cooldown 0 or more, got {wanted} and {quiet}")
    if not isfinite(threshold):
        raise ValueError(f"threshold must be a number, got {threshold}")
    if np.shape(dates) != np.shape(values):
        raise ValueError(f"values has shape {np.shape(values)}, dates {np.shape(dates)}")
    steps = list(_steps(values, threshold, wanted, quiet))
    codes, counts = np.array(steps, dtype=np.int64).reshape(-1, 2).T
    definition = (
        f"{name} above {threshold:g} for {wanted} closes in a row; once confirmed, off after {quiet} at or below"
    )
    signal = Signal(f"{name.lower()}_persistence", definition, "points", dates, values)
    changes = _changes(name, threshold, steps[-1], wanted, quiet) if steps else ()
    return States(signal, NAMES, codes, counts, {"testing": wanted, "cooling": quiet}, changes)


def fired(states: States) -> Bools:
    """Return the days on which it was confirmed, the first of each run; shape (n,)."""
    before = np.concatenate([[NO_STATE], states.codes[:-1]])
    return np.asarray((states.codes == CONFIRMED) & (before != CONFIRMED))


def _steps(values: Floats, threshold: float, needed: int, cooldown: int) -> Iterator[tuple[int, int]]:
    """Yield the state and the count of each day."""
    state, count = NO_STATE, 0
    for value in np.asarray(values).tolist():
        if value == value:  # noqa: PLR0124 (NaN alone differs from itself)
            state, count = _step(state, count, above=value > threshold, needed=needed, cooldown=cooldown)
        yield state, count


def _step(state: int, count: int, *, above: bool, needed: int, cooldown: int) -> tuple[int, int]:
    """Return the state and the count after a close."""
    if above:
        run = count + 1 if state in {TESTING, CONFIRMED} else 1
        return (CONFIRMED if run >= needed else TESTING), run
    quiet = {CONFIRMED: 1, COOLING: count + 1}.get(state)
    return (COOLING, quiet) if quiet is not None and quiet <= cooldown else (OFF, 0)


def _changes(name: str, threshold: float, now: tuple[int, int], needed: int, cooldown: int) -> tuple[Change, ...]:
    """Say what either side of the threshold would make of today's state and count, where that is another."""
    found = []
    sides: dict[bool, Comparison] = {True: "above", False: "at_or_below"}
    for above, comparison in sides.items():
        state, count = _step(*now, above=above, needed=needed, cooldown=cooldown)
        if state != now[0] or state == TESTING:
            far = f" {count} of {needed}" if state == TESTING else ""
            found.append(Change(NAMES[state] + far, name, comparison, threshold, "points"))
    return tuple(found)
