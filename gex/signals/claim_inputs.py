"""What claims are held against: a history's days, an expression's values on them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.expression import evaluate
from gex.signals.named import NAMED
from gex.signals.panel import Panel

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy.typing as npt

    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats
    from gex.signals.named import Named

    Days = npt.NDArray[np.datetime64]


class AbsentError(ValueError):
    """A history that is not there, or a day that it does not have."""


@dataclass(frozen=True)
class Record:
    """What there is to hold claims against.

    Attributes:
        histories: By name; only those that a claim names are asked for.
        definitions: Named signals that expressions may use.
        lags: Calendar days from the date of a value to its publication, by series, where `panel.RELEASE_LAGS` is not meant.
        lasts: Calendar days that a value is good for, by series.

    """

    histories: Mapping[str, DailyHistory]
    definitions: Mapping[str, Named] = field(default_factory=lambda: NAMED)
    lags: Mapping[str, int] = field(default_factory=dict)
    lasts: Mapping[str, int] = field(default_factory=dict)

    def panel(self, name: str) -> Panel:
        """Return a history with the others beside it.

        Raises:
            AbsentError: There is none of that name.

        """
        if name not in self.histories:
            like = difflib.get_close_matches(name, list(self.histories), n=3, cutoff=0.5) or sorted(self.histories)[:20]
            raise AbsentError(
                f"no history is called {name!r}; {'nearest: ' + ', '.join(like) if like else 'there is none'}"
            )
        there = (
            {each: days for each, days in given.items() if each in self.histories} for given in (self.lags, self.lasts)
        )
        return Panel(self.histories[name], self.histories, *there)

    def values(self, expression: str, panel: Panel) -> Floats:
        """Return an expression's figure on each day of a panel; shape (days,).

        Raises:
            ValueError: It cannot be read, or is true or false; the message says where.

        """
        found = evaluate(expression, panel, self.definitions)
        if found.dtype == bool:
            raise ValueError(
                f"{expression!r} is true or false a day, and a figure is asked for; kind persistence is for that"
            )
        return np.asarray(found)

    def lengths(self, condition: str, panel: Panel) -> Floats:
        """Return for how many days in a row a condition has held, 0 where it does not, NaN where that is not known.

        Raises:
            ValueError: It cannot be read, or gives numbers; the message says where.

        """
        # First alone, so that a place in a message is one in the claim's own text.
        if evaluate(condition, panel, self.definitions).dtype != bool:
            raise ValueError(f"{condition!r} gives a number a day; compare it, as in x > 0")
        return np.asarray(evaluate(f"streak({condition})", panel, self.definitions), dtype=np.float64)


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


def day(date: np.datetime64) -> dt.date:
    """Return a day as Python has it."""
    found: dt.date = date.astype("datetime64[D]").astype(object)
    return found
