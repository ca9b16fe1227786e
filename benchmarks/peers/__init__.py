"""One module a peer; it runs in the peer's own environment, so it imports NumPy and the peer, never `gex` (but `ours`).

A module has a function for each task it can do (`benchmarks.worker.TASKS`). It takes the columns of the task's inputs and the peer's variant, and returns the work to be timed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Columns = dict[str, np.ndarray]
CONTRACT = ("spot", "strike", "years", "sigma", "rate", "dividend")


def same(result: Any) -> Any:
    return result


class Work(NamedTuple):
    """What is timed, and what brings its result, outside the clock, to our units and to arrays."""

    call: Callable[[], Any]
    convert: Callable[[Any], Any] = same


def contract(columns: Columns) -> list[np.ndarray]:
    """Return spot, strike, years, sigma, rate and dividend."""
    return [columns[name] for name in CONTRACT]


def flags(columns: Columns) -> np.ndarray:
    """Return 'c' and 'p', as the py_vollib family wants them."""
    return np.where(columns["is_call"], "c", "p")
