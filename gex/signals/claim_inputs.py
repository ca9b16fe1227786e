"""What claims are held against: a history's days, an expression's values on them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.expression import evaluate
from gex.signals.panel import Panel

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy.typing as npt

    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats

    Days = npt.NDArray[np.datetime64]


class AbsentError(ValueError):
    """A history that is not there, or a day that it does not have."""


def panel_of(name: str, histories: Mapping[str, DailyHistory]) -> Panel:
    """Return a history with the others beside it.

    Raises:
        AbsentError: There is none of that name.

    """
    if name not in histories:
        like = difflib.get_close_matches(name, list(histories), n=3, cutoff=0.5) or sorted(histories)[:20]
        raise AbsentError(
            f"no history is called {name!r}; {'nearest: ' + ', '.join(like) if like else 'there is none'}"
        )
    return Panel(histories[name], histories)


def row_of(panel: Panel, on: dt.date) -> int:
    """Return where a day stands.

    Raises:
        AbsentError: It is outside the history, or no day of it; the message names the nearest.

    """
    dates, wanted = panel.dates, np.datetime64(on, "D")
    row = int(np.searchsorted(dates, wanted, side="right")) - 1
    if row >= 0 and dates[row] == wanted:
        return row
    if row < 0 or row == len(dates) - 1:
        raise AbsentError(f"{on} is outside {panel.main.name}, which goes from {dates[0]} to {dates[-1]}")
    raise AbsentError(f"{on} is no day of {panel.main.name}; the nearest are {dates[row]} and {dates[row + 1]}")


def rows_between(panel: Panel, start: dt.date | None, end: dt.date | None) -> slice:
    """Return where the days from one to another stand.

    Raises:
        AbsentError: The history has none of them.

    """
    dates = panel.dates
    first = 0 if start is None else int(np.searchsorted(dates, np.datetime64(start, "D")))
    last = len(dates) if end is None else int(np.searchsorted(dates, np.datetime64(end, "D"), side="right"))
    if first >= last:
        span = f"{start or dates[0]} to {end or dates[-1]}"
        raise AbsentError(f"no day from {span} in {panel.main.name}, which goes from {dates[0]} to {dates[-1]}")
    return slice(first, last)


def values_of(expression: str, panel: Panel) -> Floats:
    """Return an expression's value on each day of the history, 1 for true and 0 for false; shape (days,)."""
    return np.asarray(evaluate(expression, panel), dtype=np.float64)


def day(date: np.datetime64) -> dt.date:
    """Return a day as Python has it."""
    found: dt.date = date.astype("datetime64[D]").astype(object)
    return found
