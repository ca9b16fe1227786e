"""Bars of New York time: which one an instant falls in, and where each ends.

Bars are counted from the open of regular trading, 09:30, either way, and none reaches over midnight: the first and the
last of a date may be shorter. A bar of one day is the New York date.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

NEW_YORK = ZoneInfo("America/New_York")
OPEN = dt.time(9, 30)
SECOND = 1_000_000_000
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}
DAY = UNITS["d"]
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Bars:
    """Bars of one width, in nanoseconds; instants are nanoseconds since 1970, UTC."""

    width: int

    def __post_init__(self) -> None:
        if not SECOND <= self.width <= DAY:
            raise ValueError(f"a bar is from one second to one day wide, got {self.width / SECOND:g} seconds")

    @classmethod
    def of(cls, text: str) -> Bars:
        """Read a width: `30s`, `5m`, `1h`, `1d`.

        Raises:
            ValueError: It is no such width, or none from one second to one day.

        """
        found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip().lower())
        if not found:
            raise ValueError(f"a bar's width is a number with s, m, h or d (30s, 5m, 1h), got {text!r}")
        return cls(int(found[1]) * UNITS[found[2]])

    def starts(self, times: Ints) -> Ints:
        """Return where the bar of each instant begins, shape (n,)."""
        midnight, _, anchor = self._date(times)
        return np.maximum(anchor + (times - anchor) // self.width * self.width, midnight)

    def ends(self, starts: Ints) -> Ints:
        """Return where the bars that begin at `starts` end, shape (n,)."""
        _, midnight, anchor = self._date(starts)
        return np.minimum(anchor + ((starts - anchor) // self.width + 1) * self.width, midnight)

    def between(self, first: int, last: int) -> Iterator[int]:
        """Yield the starts of the bars after `first` and before `last`, as long as they are of one date."""
        if date_of(first) != date_of(last):
            return
        step = range(int(self.ends(np.array([first]))[0]), last, self.width)
        yield from step

    def _date(self, times: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the midnights about each instant's New York date, and what its bars are counted from."""
        days = times // DAY
        utc = set(days[np.flatnonzero(np.diff(days, prepend=days[:1] - 1))].tolist())
        dates = [EPOCH + dt.timedelta(day) for day in sorted(utc | {day - 1 for day in utc})]
        midnights = np.array([_midnight(date) for date in dates], dtype=np.int64)
        after = np.array([_midnight(date + dt.timedelta(1)) for date in dates], dtype=np.int64)
        anchors = np.array([self._anchor(date) for date in dates], dtype=np.int64)
        place = np.searchsorted(midnights, times, side="right") - 1
        return midnights[place], after[place], anchors[place]

    def _anchor(self, date: dt.date) -> int:
        return _midnight(date) if self.width == DAY else _instant(date, OPEN)


def date_of(instant: int) -> dt.date:
    """Return the New York date of an instant."""
    return moment(instant).astimezone(NEW_YORK).date()


def moment(instant: int) -> dt.datetime:
    """Return an instant as a time in UTC, to the microsecond before it."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=instant // 1000)


def _midnight(date: dt.date) -> int:
    return _instant(date, dt.time())


@lru_cache(maxsize=4096)
def _instant(date: dt.date, time: dt.time) -> int:
    """Return a New York time of day as an instant."""
    seconds = dt.datetime.combine(date, time, NEW_YORK).timestamp()
    return int(seconds) * SECOND
