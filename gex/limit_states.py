"""In which state each limit is, snapshot by snapshot: persistence and hysteresis over what its test finds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gex.limit_fields import derived
from gex.limit_measures import Row, measured
from gex.limits import Crosses, Within

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    import polars as pl

    from gex.limit_measures import Measured, Value
    from gex.limits import Rule

State = Literal["ok", "pending", "breached", "cleared", "unknown"]
"""Pending: the limit holds, but not for long enough yet. Cleared: this snapshot ended a breach. Unknown: never fine."""
STATES: tuple[State, ...] = ("breached", "unknown", "pending", "cleared", "ok")
NO_SNAPSHOT = "there is no snapshot"


@dataclass(frozen=True)
class Verdict:
    """The state of one limit at one snapshot of a symbol."""

    rule: Rule
    symbol: str
    state: State
    figure: Value
    """In the unit of the test: the field itself, a distance, a move, a percentile."""
    against: float | None
    """What it was computed with, besides the field: the other field, the value a span ago, the size of the past."""
    against_time: dt.datetime | None
    since: dt.datetime | None
    """The quote time of the snapshot that began the state."""
    quote_time: dt.datetime | None
    """Of the snapshot told about."""
    held: int
    """In so many snapshots, or sessions, in a row the limit has held."""
    reason: str | None
    """Why the state is unknown, and what was known last."""


def verdict(rule: Rule, symbol: str, series: pl.DataFrame, reasons: Mapping[str, str] | None = None) -> Verdict:
    """Return the state of a limit at the last snapshot of a series.

    Args:
        rule: The limit.
        symbol: What the series is of.
        series: One row a snapshot, sorted by `quote_time`, with `quote_date` and fields of `gex.limit_fields.FIELDS`;
            a field that it lacks is null.
        reasons: Why fields of the last snapshot are null, by name.

    """
    for last in verdicts(rule, symbol, series, reasons, only_last=True):
        return last
    return Verdict(rule, symbol, "unknown", None, None, None, None, None, 0, NO_SNAPSHOT)


def verdicts(
    rule: Rule,
    symbol: str,
    series: pl.DataFrame,
    reasons: Mapping[str, str] | None = None,
    *,
    only_last: bool = False,
) -> Iterator[Verdict]:
    """Yield the state of a limit at each snapshot of a series, the oldest first, or at the last; for the rest see `verdict`."""
    rows = _rows(rule, series, reasons or {})
    machine = _Machine(rule)
    for number, (row, found) in enumerate(zip(rows, measured(rule.test, rows), strict=True), 1):
        state = machine.step(row, found)
        if not only_last or number == len(rows):
            yield Verdict(
                rule, symbol, state, found.figure, found.against, found.against_time,
                machine.since, row.time, machine.held, machine.reason,
            )  # fmt: skip


@dataclass
class _Machine:
    """Where a limit stands between two snapshots."""

    rule: Rule
    state: State | None = None
    since: dt.datetime | None = None
    held: int = 0
    reason: str | None = None
    _breached: dt.datetime | None = None
    """Since when the limit is breached; an unknown snapshot does not end that."""
    _way: int = 0
    """Which way it is breached."""
    _before: int = 0
    """Periods in a row that the limit held in, this one left out."""
    _period: object = None
    _holds: bool | None = None
    """Whether the limit held when it was last known in this period."""

    def step(self, row: Row, found: Measured) -> State:
        """Take in one snapshot and return the state it leaves."""
        self._enter_period(row)
        self.reason = None
        if found.figure is None:
            self.reason = f"{found.reason}{self._known_last()}"
            return self._become("unknown", row)
        self._holds = found.enter
        self.held = self._before + 1 if found.enter else 0
        if self._breached is not None:
            if found.leave:
                self._breached = None
                return self._become("cleared", row)
            if found.enter and found.way != self._way:
                self._begin(row, found)
            return self._become("breached", row)
        if self.held >= self.rule.lasting.count:
            self._begin(row, found)
            return self._become("breached", row)
        return self._become("pending" if found.enter else "ok", row)

    def _begin(self, row: Row, found: Measured) -> None:
        """Begin a breach."""
        self._breached, self._way = row.time, found.way

    def _enter_period(self, row: Row) -> None:
        """Close the period before if this snapshot is of another: each snapshot is one, or each session."""
        period: object = row.date if self.rule.lasting.unit == "sessions" else object()
        if period != self._period:
            if self._holds is not None:
                self._before = self._before + 1 if self._holds else 0
            self._period, self._holds = period, None

    def _known_last(self) -> str:
        return "" if self._breached is None else f"; breached since {self._breached.isoformat()} when last known"

    def _become(self, state: State, row: Row) -> State:
        if state == "breached":
            self.since = self._breached
        elif state != self.state:
            self.since = row.time
        self.state = state
        return state


def _rows(rule: Rule, series: pl.DataFrame, reasons: Mapping[str, str]) -> list[Row]:
    """Return a series as a rule looks at it: NaN and a field that is not there are None, and a reason says which."""
    other = rule.test.other if isinstance(rule.test, (Within, Crosses)) else None
    table = derived(series)
    times, dates = table["quote_time"].to_list(), table["quote_date"].to_list()
    values, others = _column(table, rule.field), _column(table, other)
    rows = []
    for number, (time, date, value, beside) in enumerate(zip(times, dates, values, others, strict=True), 1):
        told = reasons if number == len(times) else {}
        missing = [name for name, each in ((rule.field, value), (other, beside)) if name and each is None]
        rows.append(Row(time, date, value, beside, _why(missing, told, table.columns)))
    return rows


def _column(table: pl.DataFrame, name: str | None) -> list[Any]:
    if name is None or name not in table.columns:
        return [None] * table.height
    return [None if isinstance(each, float) and not math.isfinite(each) else each for each in table[name].to_list()]


def _why(missing: Iterable[str], reasons: Mapping[str, str], there: Iterable[str]) -> str:
    """Say why the fields of a test have no value."""
    told = []
    for name in missing:
        why = reasons.get(name, "null in this snapshot" if name in there else "the series has no such column")
        told.append(f"{name}: {why}")
    return "; ".join(told)
