"""Figures as a trader reads them: unit and sign, three significant digits, New York time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from gex.results import Analysis

NEW_YORK = ZoneInfo("America/New_York")
MINUS = "−"


@dataclass(frozen=True)
class Money:
    """One scale of dollars for figures that are read side by side."""

    scale: float
    unit: str
    decimals: int

    @classmethod
    def spanning(cls, values: Iterable[float | None]) -> Money:
        """Return the scale on which the largest of `values` has three significant digits."""
        largest = max((abs(value) for value in values if value is not None), default=0.0)
        scale, unit = (1e9, "$bn") if largest >= 0.9995e9 else (1e6, "$mm")
        return cls(scale, unit, decimals(largest / scale))

    def __call__(self, value: float) -> str:
        """Return a signed figure with the column's decimals, without its unit."""
        return signed(value / self.scale, self.decimals)

    def alone(self, value: float) -> str:
        """Return a signed figure on this scale with three significant digits of its own."""
        return signed(value / self.scale, decimals(abs(value) / self.scale, most=3))


def decimals(value: float, most: int = 2) -> int:
    """Return how many decimals give a figure three significant digits, `most` of them at the most."""
    if value == 0:
        return 0
    return max(0, min(most, 2 - math.floor(math.log10(value) + 1e-3)))


def signed(value: float, decimals: int) -> str:
    """Return a figure with its sign; zero, also after rounding, has none."""
    text = f"{abs(value):,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return ("+" if value > 0 else MINUS) + text


def three_digits(value: float) -> str:
    """Return an unsigned figure with three significant digits."""
    return f"{abs(value):,.{decimals(abs(value))}f}"


def dollars(value: float) -> str:
    """Return an amount with its unit: +114 $bn."""
    money = Money.spanning([value])
    return f"{money(value)} {money.unit}"


def spot_of(analysis: Analysis) -> float:
    """Return the price of the underlying that everything is priced at."""
    return analysis.settings.move_to or analysis.spot.used


def points(value: float, spot: float) -> str:
    """Return a signed distance in points, as finely as the instrument is quoted."""
    return signed(value, 0 if spot >= 1000 else 2)


def level(value: float, spot: float) -> str:
    """Return a computed level: a tenth of a point from 1000 up, a cent below."""
    return f"{value:.{1 if spot >= 1000 else 2}f}"


def strike(value: float) -> str:
    """Return a strike with the decimals it is listed with."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def price(value: float) -> str:
    """Return a price of the underlying, to the cent."""
    return f"{value:.2f}"


def percent(share: float) -> str:
    """Return a share as a percentage without decimals; what is there but rounds to nothing is <1%."""
    return "<1%" if 0 < share < 0.005 else f"{100 * share:.0f}%"


def moment(time: dt.datetime) -> str:
    """Return a New York time with weekday and zone: Fri 2025-09-05 10:01 ET."""
    return time.astimezone(NEW_YORK).strftime("%a %Y-%m-%d %H:%M ET")


def clock(time: dt.datetime, beside: dt.datetime) -> str:
    """Return a New York time of day, with the date where it is not that of `beside`."""
    here, there = time.astimezone(NEW_YORK), beside.astimezone(NEW_YORK)
    return here.strftime("%H:%M" if here.date() == there.date() else "%Y-%m-%d %H:%M")


def weekday_clock(time: dt.datetime, beside: dt.datetime) -> str:
    """Return a New York time of day, with the weekday where it is not that of `beside`."""
    here, there = time.astimezone(NEW_YORK), beside.astimezone(NEW_YORK)
    return here.strftime("%H:%M" if here.date() == there.date() else "%a %H:%M")


def duration(minutes: float) -> str:
    """Return a time to go: 5h 59m, 2d 03h, 40s."""
    if minutes < 1:
        return f"{60 * minutes:.0f}s"
    days, rest = divmod(int(minutes), 1440)
    hours, minutes_left = divmod(rest, 60)
    if days:
        return f"{days}d {hours:02d}h"
    return f"{hours}h {minutes_left:02d}m" if hours else f"{minutes_left}m"


def utc(time: dt.datetime) -> str:
    """Return ISO-8601 UTC with a Z."""
    import datetime as dt

    return time.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
