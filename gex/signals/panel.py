"""Several daily histories on the days of one of them, each value from the day it was published on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy.typing as npt

    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats, Ints

    Days = npt.NDArray[np.datetime64]

COLUMNS = ("open", "high", "low", "close", "volume")
RELEASE_LAGS = {"UNRATE": 40, "SAHMREALTIME": 40, "BAMLH0A0HYM2": 1, "BAMLC0A0CM": 1, "DFF": 1, "DGS10": 1, "SP500": 1}
"""Calendar days from the date of a value to the day on which it is out, for what FRED dates by its period.

A month's unemployment is dated the month's first and out by the tenth of the next, as a rule; when the government shut
down in 2025, September's came on 20 November. Yields and spreads of a day are out the day after. FRED's files hold the
figures as revised since.
"""
AFTER_ITS_END = 31
"""Calendar days from the end of a period until its figure is taken to be out, where nothing else is known of it."""
LASTS = 10
"""Calendar days that a value is good for, at the least; one of a rarer series is good for twice the gap before it."""


@dataclass(frozen=True)
class Panel:
    """A main history, whose days count, and others beside it.

    Attributes:
        main: The days are its own, its values known on them.
        others: By name; read only when they are asked for.
        lags: Calendar days from the date of a value to the day on which it was published, by name; those not
            given by `release_lag`.
        lasts: Calendar days that a value of a series is good for after its publication, by name.

    Raises:
        TypeError: A lag or a last is no whole number.
        ValueError: One is below 0, or named for a series that is not there.

    """

    main: DailyHistory
    others: Mapping[str, DailyHistory] = field(default_factory=dict)
    lags: Mapping[str, int] = field(default_factory=dict)
    lasts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would look ahead, or means nothing."""
        for what, given in (("lags", self.lags), ("lasts", self.lasts)):
            for name, days in given.items():
                if name not in self.others:
                    raise ValueError(f"{what}: no series is called {name!r}")
                if isinstance(days, bool) or not isinstance(days, (int, np.integer)):
                    raise TypeError(f"{what}: the days of {name} must be a whole number, got {days!r}")
                if days < 0:
                    raise ValueError(f"{what}: the days of {name} must be 0 or more, got {days}")

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self.dates)

    @cached_property
    def dates(self) -> Days:
        """The days of the main history, ascending."""
        return self.main.dates

    @property
    def names(self) -> tuple[str, ...]:
        """The series there are, the main one first."""
        return (self.main.name, *(name for name in self.others if name != self.main.name))

    def column(self, name: str, column: str = "close") -> Floats:
        """Return a column of a series, on each day the last value that was out and still good.

        Args:
            name: The main history's, or one of the others'.
            column: `open`, `high`, `low`, `close` or `volume`.

        Returns:
            Shape (days,); NaN where there is none.

        Raises:
            KeyError: No series is called so.
            ValueError: There is no such column, or the series has no value in it.

        """
        if column not in COLUMNS:
            raise ValueError(f"column must be one of {', '.join(COLUMNS)}; got {column!r}")
        history = self.main if name == self.main.name else self.others[name]
        values = history.column(column)
        if len(values) and np.all(np.isnan(values)):
            raise ValueError(f"{name} has no {column}")
        return values if history is self.main else self.align(name, history.dates, values)

    def align(self, name: str, dates: Days, values: Floats) -> Floats:
        """Return dated values of one of the others, on each day of the main history the last that was out."""
        lag = int(self.lags[name]) if name in self.lags else release_lag(name, dates)
        return aligned(self.dates, dates + np.timedelta64(lag, "D"), values, self.lasts.get(name))

    def alone(self, name: str) -> Panel:
        """Return one of the others as a main history of its own."""
        return Panel(self.others[name])

    def until(self, day: dt.date) -> Panel:
        """Return the panel as it was on the evening of a day."""
        return replace(self, main=replace(self.main, frame=self.main.frame.filter(pl.col("date") <= day)))


def release_lag(name: str, dates: Days) -> int:
    """Return the calendar days from the date of a series' value to the day on which it is taken to be out.

    `RELEASE_LAGS` knows some. Of the others, those all of whose dates are the first of a month are dated by the period
    that begins there, as FRED dates months and quarters: out `AFTER_ITS_END` days after its end. The rest is known on
    the evening of its own date.

    Args:
        name: UNRATE, CPIAUCSL.
        dates: Of its values, ascending; shape (values,).

    """
    if name in RELEASE_LAGS:
        return RELEASE_LAGS[name]
    months = dates.astype("datetime64[M]")
    if len(dates) < 2 or np.any(dates != months):
        return 0
    longest = 31 * int(np.min(np.diff(months).astype(np.int64)))
    return longest + AFTER_ITS_END


def aligned(days: Days, published: Days, values: Floats, lasts: int | None = None) -> Floats:
    """Return on each day the last value published by then, NaN where it is no longer good.

    Args:
        days: Ascending; shape (days,).
        published: When each value came out, ascending; shape (values,).
        values: Shape (values,).
        lasts: Calendar days that a value is good for; by default `LASTS`, or twice the gap before it if that is more.

    """
    if not len(published):
        return np.full(len(days), np.nan)
    good = good_for(published) if lasts is None else np.full(len(published), lasts)
    at = np.searchsorted(published, days, side="right") - 1
    age = (days - published[np.maximum(at, 0)]).astype(np.int64)
    found: Floats = np.where((at >= 0) & (age <= good[at]), values[at], np.nan)
    return found


def good_for(published: Days) -> Ints:
    """Return how many calendar days each value is good for: no later value has a say in it."""
    gaps = np.diff(published, prepend=published[:1]).astype(np.int64)
    # Of two gaps the smaller: a hole in a daily series does not make it a rare one.
    earlier = np.roll(gaps, 1)
    earlier[:2] = gaps[:2]
    return np.asarray(np.maximum(LASTS, 2 * np.minimum(gaps, earlier)))
