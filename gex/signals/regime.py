"""The volatility regime of an evening: every state that the histories at hand suffice for, and what would change it.

Nothing dated after the evening is read, and a series that is published a day late counts a day late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.history import AT_LEAST, ranks_of
from gex.signals.bands import VIX_BANDS, VIX_EDGES, bands
from gex.signals.credit import credit_speed
from gex.signals.persistence import persistence
from gex.signals.realized import close_close, garman_klass, parkinson, rogers_satchell, yang_zhang
from gex.signals.signal import Signal
from gex.signals.states import without_states
from gex.signals.term_structure import term_structure
from gex.signals.variance_premium import variance_premium

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats
    from gex.signals.states import Change, States

SPX, VIX, VVIX, VIX9D, VIX3M, HIGH_YIELD = "SPX", "VIX", "VVIX", "VIX9D", "VIX3M", "BAMLH0A0HYM2"
INPUTS = (SPX, VIX, VVIX, VIX9D, VIX3M, HIGH_YIELD)
"""Every history that has a part in it."""
PERCENT = 100.0


@dataclass(frozen=True)
class Rules:
    """The thresholds: rules of thumb of the street, each one yours to set.

    Attributes:
        vix_edges: Where the bands of VIX meet, points, three of them.
        vvix_above: Points that VVIX has to close above.
        vvix_closes: In a row, to be confirmed.
        vvix_cooldown: Closes at or below until a confirmed state is over.
        window: Returns of realized volatility, about a month.
        credit_over: Values of the spread, about a month.
        credit_bp: Basis points of widening called stress.
        credit_late: Weekdays between the date of a spread and the evening that knows it.
        stale_after: Weekdays that a figure may lag behind the evening and still speak for it.
        at_least: Earlier values needed for a percentile.

    """

    vix_edges: tuple[float, ...] = VIX_EDGES
    vvix_above: float = 110.0
    vvix_closes: int = 5
    vvix_cooldown: int = 5
    window: int = 21
    credit_over: int = 21
    credit_bp: float = 50.0
    credit_late: int = 1
    stale_after: int = 3
    at_least: int = AT_LEAST


@dataclass(frozen=True)
class Reading:
    """One figure on one evening.

    Attributes:
        name: `vix_band`.
        inputs: Histories that it needs.
        definition: In words or symbols; None where it could not be computed.
        unit: Of the value.
        date: The last day that it is of.
        value: On that day.
        state: On that day; None where the figure has no states.
        count: How far a state that counts has come, and
        of: how far it counts; None where it does not.
        since: First day of the state.
        sessions: For how many days it has been so.
        percentile: 0 to 100 among the values of all days before it, ties counting half.
        ranked: How many those are.
        late: Weekdays from `date` to the evening.
        stale: That these are more than the rules allow.
        changes: What the next close would have to do for another state.
        reason: Why there is no value, or why it is stale.

    """

    name: str
    inputs: tuple[str, ...]
    definition: str | None = None
    unit: str | None = None
    date: dt.date | None = None
    value: float | None = None
    state: str | None = None
    count: int | None = None
    of: int | None = None
    since: dt.date | None = None
    sessions: int | None = None
    percentile: float | None = None
    ranked: int = 0
    late: int | None = None
    stale: bool = False
    changes: tuple[Change, ...] = ()
    reason: str | None = None

    @property
    def current(self) -> bool:
        """It says something of the evening."""
        return self.value is not None and not self.stale


@dataclass(frozen=True)
class Regime:
    """All figures of one evening.

    Attributes:
        as_of: The evening.
        readings: In the order in which they are told, all that there can be.
        states: What they were read off, day by day, by name; those that could be computed.
        realized: Realized volatility over the window by each estimator, % a year; only those that have a value.

    """

    as_of: dt.date
    readings: tuple[Reading, ...]
    states: dict[str, States]
    realized: dict[str, float]

    @property
    def series(self) -> pl.DataFrame:
        """Every figure day by day: `date`, `name`, `value`, `unit`, `state`, `count` (of a state that counts)."""
        return pl.concat([_frame(states) for states in self.states.values()]) if self.states else pl.DataFrame()


def regime(histories: Mapping[str, DailyHistory], as_of: dt.date, rules: Rules | None = None) -> Regime:
    """Return the regime of an evening.

    Args:
        histories: By name: SPX, VIX, VVIX, VIX9D, VIX3M, BAMLH0A0HYM2. Those that are missing cost what needs them.
        as_of: The evening: what is dated later, or not yet published, has no part in it.
        rules: The thresholds; the defaults if None.

    Raises:
        ValueError: A rule is out of range.

    """
    rules = rules or Rules()
    known = Known(histories, np.datetime64(as_of, "D"), rules)
    states, readings = {}, []
    for name, (inputs, make) in _figures(rules).items():
        missing = known.missing(inputs)
        if missing is None:
            found = make(*(known.history(each) for each in inputs))
            states[name] = found
            readings.append(_reading(name, inputs, found, known.as_of, rules))
        else:
            readings.append(Reading(name, inputs, reason=missing))
    return Regime(as_of, tuple(readings), states, _realized(known, rules))


@dataclass(frozen=True)
class Known:
    """Histories as an evening knows them."""

    histories: Mapping[str, DailyHistory]
    as_of: np.datetime64
    rules: Rules

    def history(self, name: str) -> DailyHistory:
        """Return a history without what came later."""
        late = self.rules.credit_late if name == HIGH_YIELD else 0
        return known_by(self.histories[name], self.as_of, late)

    def missing(self, names: tuple[str, ...]) -> str | None:
        """Say what is not there."""
        absent = [name for name in names if name not in self.histories]
        if absent:
            return f"no history of {' and '.join(absent)}"
        empty = [name for name in names if self.history(name).frame.is_empty()]
        return f"{empty[0]} has no value by then" if empty else None


def _figures(rules: Rules) -> dict[str, tuple[tuple[str, ...], Callable[..., States]]]:
    """Return what each figure needs and how it is made."""
    return {
        "vix_band": ((VIX,), lambda vix: bands(VIX, vix.dates, vix.column(), rules.vix_edges, VIX_BANDS)),
        "vvix_persistence": (
            (VVIX,),
            lambda vvix: persistence(
                VVIX,
                vvix.dates,
                vvix.column(),
                rules.vvix_above,
                needed=rules.vvix_closes,
                cooldown=rules.vvix_cooldown,
            ),
        ),
        "vix9d_over_vix": ((VIX9D, VIX), term_structure),
        "vix_over_vix3m": ((VIX, VIX3M), term_structure),
        "variance_premium": ((VIX, SPX), lambda vix, spx: variance_premium(vix, spx, rules.window)),
        "realized_volatility": ((SPX,), lambda spx: without_states(realized_volatility(spx, rules.window))),
        "credit_speed": (
            (HIGH_YIELD,),
            lambda spread: credit_speed(spread, over=rules.credit_over, stress_bp=rules.credit_bp),
        ),
    }


def known_by(history: DailyHistory, as_of: np.datetime64, late: int = 0) -> DailyHistory:
    """Return a history as an evening knows it.

    Args:
        history: All of it.
        as_of: The evening.
        late: Weekdays from a date to the evening that knows its value.

    """
    last = np.busday_offset(as_of, -late, roll="backward") if late else as_of
    return replace(history, frame=history.frame.filter(pl.col("date") <= last.astype(object)))


def realized_volatility(prices: DailyHistory, window: int) -> Signal:
    """Return close-to-close volatility about zero, the one that the variance premium takes, % a year."""
    values = PERCENT * close_close(prices.column(), window, centred=False)
    definition = f"root mean square of {prices.name}'s last {window} log returns, times the square root of 252"
    return Signal("realized_volatility", definition, "% a year", prices.dates, values)


def _realized(known: Known, rules: Rules) -> dict[str, float]:
    """Return the last value of each estimator."""
    if known.missing((SPX,)):
        return {}
    history = known.history(SPX)
    opens, highs, lows, closes = (history.column(name) for name in ("open", "high", "low", "close"))
    ohlc, n = (opens, highs, lows, closes), rules.window
    by_name = {
        "close_close": close_close(closes, n),
        "parkinson": parkinson(highs, lows, n),
        "garman_klass": garman_klass(*ohlc, n),
        "rogers_satchell": rogers_satchell(*ohlc, n),
        "yang_zhang": yang_zhang(*ohlc, n),
    }
    return {name: PERCENT * float(values[-1]) for name, values in by_name.items() if np.isfinite(values[-1])}


def _reading(name: str, inputs: tuple[str, ...], found: States, as_of: np.datetime64, rules: Rules) -> Reading:
    """Read the last day of a figure."""
    signal = found.signal
    if not len(signal.values) or not np.isfinite(signal.values[-1]):
        few = f"{len(signal.values)} days of {' and '.join(inputs)} together are too few"
        return Reading(name, inputs, signal.definition, signal.unit, reason=few)
    past = signal.values[:-1]
    past = past[np.isfinite(past)]
    value = float(signal.values[-1])
    last = signal.dates[-1]
    late = int(np.busday_count(last, as_of))
    stale = late > rules.stale_after
    of = found.of.get(found.state or "")
    return Reading(
        name,
        inputs,
        signal.definition,
        signal.unit,
        last.astype(object),
        value,
        found.state,
        int(found.counts[-1]) if of is not None else None,
        of,
        signal.dates[-found.run].astype(object) if found.run else None,
        found.run or None,
        ranks_of(value, past, rules.at_least)[0],
        len(past),
        late,
        stale,
        found.changes,
        f"its last value is of {last}, {late} weekdays before" if stale else None,
    )


def _frame(states: States) -> pl.DataFrame:
    """Return a figure day by day, without the days on which it is not defined."""
    signal: Signal = states.signal
    values: Floats = signal.values
    return pl.DataFrame(
        {
            "date": pl.Series(signal.dates.astype("datetime64[D]")).cast(pl.Date),
            "name": pl.Series([signal.name] * len(values), dtype=pl.String),
            "value": pl.Series(values),
            "unit": pl.Series([signal.unit] * len(values), dtype=pl.String),
            "state": pl.Series(states.labels(), dtype=pl.String),
            "count": pl.Series([count or None for count in states.counts.tolist()], dtype=pl.Int64),
        }
    ).filter(pl.col("value").is_finite())
