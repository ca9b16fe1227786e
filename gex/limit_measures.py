"""What a limit's test makes of each snapshot of a series: a figure, and whether the limit holds or is over."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from gex.limits import Beyond, Crosses, Is, Moves, Percentile, Within

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from gex.limits import Side, Span, Test

Value = float | str | None
Known = TypeVar("Known")

NO_PERCENT = "a percentage of zero"


class Row(NamedTuple):
    """One snapshot, as far as a rule looks at it."""

    time: dt.datetime
    date: dt.date
    """The New York date of the quotes."""
    value: Value
    other: float | None = None
    """The second field of a test on two."""
    missing: str = "no value"
    """Why one of them is None."""


class Measured(NamedTuple):
    """What a test finds in one snapshot."""

    figure: Value
    """What is held against the limit; None where it cannot be known."""
    enter: bool = False
    """The limit holds."""
    leave: bool = False
    """It is over; between the two, inside the band of hysteresis, neither is true."""
    against: float | None = None
    """What the figure was computed with: the second field, or the value a span ago."""
    against_time: dt.datetime | None = None
    reason: str | None = None
    """Why there is no figure."""
    way: int = 0
    """Up or down, 1 or -1, where that matters: a limit that holds the other way is another breach."""


def measured(test: Test, rows: Sequence[Row]) -> Iterator[Measured]:
    """Yield what a test finds in each row; the rows are sorted by time."""
    match test:
        case Beyond():
            return (_beyond(_number(row), test.side, test.bound, test.clear, row.missing) for row in rows)
        case Is():
            return (_is(test, row) for row in rows)
        case Within():
            return (_within(test, row) for row in rows)
        case Moves():
            return _moves(test, rows)
        case Crosses():
            return _crosses(test, rows)
        case Percentile():
            return _percentiles(test, rows)


def _number(row: Row) -> float | None:
    return row.value if isinstance(row.value, (int, float)) else None


def _beyond(figure: float | None, side: Side, bound: float, clear: float | None, missing: str) -> Measured:
    if figure is None:
        return Measured(None, reason=missing)
    over = bound if clear is None else clear
    if side == "below":
        return Measured(figure, figure < bound, figure >= over)
    return Measured(figure, figure > bound, figure <= over)


def _is(test: Is, row: Row) -> Measured:
    if row.value is None:
        return Measured(None, reason=row.missing)
    return Measured(row.value, row.value in test.values, row.value not in test.values)


def _within(test: Within, row: Row) -> Measured:
    value, other = _number(row), row.other
    if value is None or other is None:
        return Measured(None, reason=row.missing)
    figure = test.distance.of(value, other)
    if figure is None:
        return Measured(None, reason=NO_PERCENT)
    over = test.distance if test.clear is None else test.clear
    # The bound itself is within.
    return Measured(abs(figure), abs(figure) <= test.distance.amount, abs(figure) > over.amount, other)


def _moves(test: Moves, rows: Iterable[Row]) -> Iterator[Measured]:
    past: _Past[tuple[float, dt.datetime]] = _Past(test.over)
    for row in rows:
        value = _number(row)
        if value is None:
            yield Measured(None, reason=row.missing)
            continue
        yield _moved(test, value, past.at(row))
        past.add(row, (value, row.time))


def _moved(test: Moves, value: float, before: tuple[float, dt.datetime] | None) -> Measured:
    if before is None:
        return Measured(None, reason=f"nothing is known from {test.over} before")
    figure = test.distance.of(value, before[0])
    if figure is None:
        return Measured(None, reason=NO_PERCENT)
    over = test.distance if test.clear is None else test.clear
    enter, leave = abs(figure) > test.distance.amount, abs(figure) <= over.amount
    return Measured(figure, enter, leave, *before, way=1 if figure > 0 else -1)


def _crosses(test: Crosses, rows: Iterable[Row]) -> Iterator[Measured]:
    past: _Past[tuple[int, float, dt.datetime]] = _Past(test.over)
    side = 0
    for row in rows:
        value, other = _number(row), row.other
        if value is None or other is None:
            yield Measured(None, reason=row.missing)
            continue
        figure = test.clear.of(value, other)
        if figure is None:
            yield Measured(None, reason=NO_PERCENT)
            continue
        before = past.at(row)
        side = (figure > 0) - (figure < 0) if abs(figure) > test.clear.amount else side
        if before is None or side == 0:
            yield Measured(None, reason=f"no side is known from {test.over} before")
        else:
            yield Measured(figure, side != before[0], side == before[0], before[1], before[2], way=side)
        if side:
            past.add(row, (side, figure, row.time))


def _percentiles(test: Percentile, rows: Iterable[Row]) -> Iterator[Measured]:
    closed: list[float] = []
    """One value an earlier session, the oldest first."""
    ordered: list[float] = []
    date, last = None, None
    for row in rows:
        if row.date != date:
            if last is not None:
                closed.append(last)
                ordered.insert(bisect_left(ordered, last), last)
            if len(closed) > test.over.count:
                ordered.pop(bisect_left(ordered, closed.pop(0)))
            date, last = row.date, None
        value = _number(row)
        if value is None:
            yield Measured(None, reason=row.missing)
        elif len(closed) < test.at_least:
            yield Measured(None, reason=f"{len(closed)} earlier sessions, and at_least is {test.at_least}")
        else:
            rank = (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2
            found = _beyond(100.0 * rank / len(ordered), test.side, test.bound, test.clear, "")
            yield Measured(found.figure, found.enter, found.leave, float(len(ordered)))
        last = value if value is not None else last


class _Past(Generic[Known]):
    """What was known a span ago: so many snapshots back, or at the end of an earlier session."""

    def __init__(self, over: Span) -> None:
        self._over = over
        self._known: list[tuple[dt.date, Known]] = []

    def at(self, row: Row) -> Known | None:
        """Return what was known a span before a row; None if nothing was."""
        by_session = self._over.unit == "sessions"
        today = by_session and bool(self._known) and self._known[-1][0] == row.date
        place = len(self._known) - self._over.count - today
        return self._known[place][1] if place >= 0 else None

    def add(self, row: Row, known: Known) -> None:
        """Remember a row; of a session, only the last thing known counts."""
        if self._over.unit == "sessions" and self._known and self._known[-1][0] == row.date:
            self._known.pop()
        self._known.append((row.date, known))
