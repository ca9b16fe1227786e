"""The functions of the language of `gex.signals.expression`, each with its arguments and what it gives."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gex.signals import averages, realized, runs, standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.quotes import Floats, Ints
    from gex.signals.panel import Panel

Kind = Literal["numbers", "condition", "days", "value", "text"]
"""What an argument is: a figure a day, true or false a day, a whole number, any number, or a text in quotes."""
Argument = tuple[str, Kind]
"""Its name, and what it is."""


@dataclass(frozen=True)
class Function:
    """One function of the language.

    Attributes:
        arguments: Name and kind of each; a last name that ends in `...` stands for one or more of its kind.
        gives: Numbers or a condition, one a day.
        definition: What it gives, in a line.
        call: Takes the panel, then the arguments: arrays, whole numbers, numbers and texts.

    """

    arguments: tuple[Argument, ...]
    gives: Literal["numbers", "condition"]
    definition: str
    call: Callable[..., Floats]

    def usage(self, name: str) -> str:
        """Return how it is written: `sma(x, n)`."""
        return f"{name}({', '.join(argument for argument, _ in self.arguments)})"

    def kinds(self, given: int) -> list[Argument] | None:
        """Return name and kind of each of so many arguments; None if it takes another number of them."""
        named = list(self.arguments)
        if named and named[-1][0].endswith("..."):
            name, kind = named.pop()
            named += [(name.removesuffix("..."), kind)] * max(given - len(named), 1)
        return named if len(named) == given else None


def _of(function: Callable[..., Any]) -> Callable[..., Floats]:
    """Return a function of arrays as one of a panel and arrays."""
    return lambda _, *arguments: np.asarray(function(*arguments), dtype=np.float64)


def _anchored_vwap(panel: Panel, date: str) -> Floats:
    high, low, close = (panel.column(panel.main.name, each) for each in ("high", "low", "close"))
    return _vwap(panel, (high + low + close) / 3.0, panel.column(panel.main.name, "volume"), date)


def _vwap(panel: Panel, prices: Floats, volumes: Floats, date: str) -> Floats:
    return standing.anchored_vwap(panel.dates, prices, volumes, _day(date))


def _touched(panel: Panel, line: Floats) -> Floats:
    low, high = panel.column(panel.main.name, "low"), panel.column(panel.main.name, "high")
    return runs.both(runs.compared(low, line, np.less_equal), runs.compared(line, high, np.less_equal))


def _realized(panel: Panel, n: int) -> Floats:
    averages.check_window(n, 2)
    return 100.0 * realized.close_close(panel.column(panel.main.name), n)


def _month(panel: Panel, *months: int) -> Floats:
    return _one_of(panel.dates.astype("datetime64[M]").astype(np.int64) % 12 + 1, months, "a month", 12)


def _weekday(panel: Panel, *weekdays: int) -> Floats:
    return _one_of((panel.dates.astype(np.int64) + 3) % 7 + 1, weekdays, "a weekday", 7)


def _one_of(numbers: Ints, wanted: tuple[int, ...], what: str, most: int) -> Floats:
    for each in wanted:
        if not 1 <= each <= most:
            raise ValueError(f"{what} must be from 1 to {most}, got {each}")
    return np.isin(numbers, wanted).astype(np.float64)


def _day(date: str) -> dt.date:
    try:
        return dt.date.fromisoformat(date)
    except ValueError:
        raise ValueError(f'a date must be written "2025-11-21", got {date!r}') from None


def _since(panel: Panel, date: str) -> Floats:
    return (panel.dates >= np.datetime64(_day(date), "D")).astype(np.float64)


def _until(panel: Panel, date: str) -> Floats:
    return (panel.dates <= np.datetime64(_day(date), "D")).astype(np.float64)


def _root(values: Floats) -> Floats:
    return np.sqrt(np.where(values >= 0, values, np.nan))


def _log(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, np.nan))


X: Argument = ("x", "numbers")
Y: Argument = ("y", "numbers")
N: Argument = ("n", "days")
STEP: Argument = ("step", "value")
C: Argument = ("c", "condition")
DATE: Argument = ("date", "text")

FUNCTIONS: dict[str, Function] = {
    "sma": Function((X, N), "numbers", "mean of the last n values", _of(averages.sma)),
    "ema": Function(
        (X, ("span", "value")), "numbers", "exponential average of weight 2 / (span + 1), from x[0]", _of(averages.ema)
    ),
    "std": Function((X, N), "numbers", "sample standard deviation of the last n values", _of(averages.rolling_std)),
    "highest": Function((X, N), "numbers", "highest of the last n values", _of(averages.highest)),
    "lowest": Function((X, N), "numbers", "lowest of the last n values", _of(averages.lowest)),
    "total": Function((X, N), "numbers", "sum of the last n values", _of(averages.total)),
    "lag": Function((X, N), "numbers", "value n days before, n from 0 on", _of(runs.lag)),
    "change": Function((X, N), "numbers", "change over n days, in the unit of x", _of(standing.change)),
    "pct": Function((X, N), "numbers", "change over n days, %", _of(standing.pct)),
    "zscore": Function(
        (X, N), "numbers", "standard deviations from the mean, both of the last n values", _of(standing.zscore)
    ),
    "percentile": Function(
        (X, N), "numbers", "% of the last n values that are not above today's", _of(standing.percentile)
    ),
    "peak": Function((X,), "numbers", "highest value so far", _of(standing.peak)),
    "drawdown": Function(
        (X,), "numbers", "distance from the highest value so far, %, 0 or less", _of(standing.drawdown)
    ),
    "abs": Function((X,), "numbers", "absolute value", _of(np.abs)),
    "sqrt": Function((X,), "numbers", "square root", _of(_root)),
    "log": Function((X,), "numbers", "natural logarithm", _of(_log)),
    "min": Function((X, Y), "numbers", "smaller of the two", _of(np.minimum)),
    "max": Function((X, Y), "numbers", "larger of the two", _of(np.maximum)),
    "round_below": Function((X, STEP), "numbers", "largest multiple of step at or below x", _of(standing.round_below)),
    "round_above": Function((X, STEP), "numbers", "smallest multiple of step at or above x", _of(standing.round_above)),
    "round_to": Function((X, STEP), "numbers", "multiple of step that is nearest to x", _of(standing.round_to)),
    "weekly": Function(
        (X,),
        "numbers",
        "last value of the last week that was over before today's",
        lambda panel, x: standing.weekly_last(panel.dates, x),
    ),
    "weekly_sma": Function(
        (X, N),
        "numbers",
        "mean of the last values of n weeks, this week's being today's",
        lambda panel, x, n: standing.weekly_sma(panel.dates, x, n),
    ),
    "realized": Function(
        (N,),
        "numbers",
        "annual volatility of n daily log returns of the history's closes about their mean, %",
        _realized,
    ),
    "anchored_vwap": Function(
        (DATE,),
        "numbers",
        "average of the history's (high + low + close) / 3 by its volume since a date",
        _anchored_vwap,
    ),
    "vwap": Function(
        (X, ("volume", "numbers"), DATE), "numbers", "average of x by another's volume since a date", _vwap
    ),
    "streak": Function((C,), "numbers", "days in a row, up to today, that c held; 0 if it does not", _of(runs.streak)),
    "count": Function((C, N), "numbers", "on how many of the last n days c held", _of(runs.count)),
    "days_since": Function((C,), "numbers", "days since c last held, 0 if it does", _of(runs.days_since)),
    "crosses_above": Function((X, Y), "condition", "x is above y, and was not the day before", _of(runs.crosses_above)),
    "crosses_below": Function((X, Y), "condition", "x is below y, and was not the day before", _of(runs.crosses_below)),
    "started": Function((C,), "condition", "c holds, and did not the day before", _of(runs.started)),
    "ended": Function((C,), "condition", "c does not hold, and did the day before", _of(runs.ended)),
    "persist": Function((C, N), "condition", "c has held for exactly n days in a row: once a run", _of(runs.persist)),
    "within": Function((C, N), "condition", "c held on at least one of the last n days", _of(runs.within)),
    "touched": Function((X,), "condition", "x lies between the history's low and high of the day", _touched),
    "month": Function((("m...", "days"),), "condition", "the day is in one of these months, 1 to 12", _month),
    "weekday": Function((("d...", "days"),), "condition", "the day is one of these, 1 (Monday) to 7", _weekday),
    "since": Function((DATE,), "condition", "the day is this date or later", _since),
    "until": Function((DATE,), "condition", "the day is this date or earlier", _until),
}
"""By name. `native` and `series` are forms of the language itself, in `gex.signals.expression`."""
