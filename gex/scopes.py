"""Which expirations a level is taken over: all, today's, all others, the next, the monthly, or one date."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.market import Market
    from gex.quotes import Bools

SCOPES = ("all", "0dte", "ex-0dte", "next", "monthly")
"""The named ones; a date (2025-09-19) and days (7d: all within seven) are scopes too, and `each` stands for all dates."""
SIDE_BY_SIDE = ("all", "0dte", "next", "monthly")
SPELLING = re.compile(r"all|each|0dte|ex-0dte|next|monthly|\d{4}-\d{2}-\d{2}|\d+d")
FRIDAY = 4


def third_friday(year: int, month: int) -> dt.date:
    """Return the third Friday of a month, the day of the standard expiration."""
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(FRIDAY - first.weekday()) % 7 + 14)


def is_monthly(date: dt.date, listed: Sequence[dt.date]) -> bool:
    """Say whether an expiration is the standard one: a third Friday, or the Thursday before one that is not listed."""
    friday = third_friday(date.year, date.month)
    return date == friday or (date == friday - dt.timedelta(days=1) and friday not in listed)


def used_dates(market: Market) -> list[dt.date]:
    """Return the expiration dates of the contracts in use, going up."""
    dates = market.dates.to_list()
    return sorted({dates[index] for index in market.priced})


def dates_in(scope: str, listed: Sequence[dt.date], today: dt.date) -> list[dt.date]:
    """Return the dates of a scope, going up; none where it holds no expiration.

    Args:
        scope: One of `SCOPES`, a date (2025-09-19) or days (7d).
        listed: The expiration dates there are.
        today: The New York date that 0DTE means.

    Raises:
        ValueError: The scope is no such thing.

    """
    dates = sorted(set(listed))
    later = [date for date in dates if date > today]
    named = {
        "all": dates,
        "0dte": [date for date in dates if date == today],
        "ex-0dte": [date for date in dates if date != today],
        "next": later[:1],
        "monthly": [date for date in dates if date >= today and is_monthly(date, dates)][:1],
    }
    if scope in named:
        return named[scope]
    try:
        if days := re.fullmatch(r"(\d+)d", scope):
            return [date for date in dates if date <= today + dt.timedelta(days=int(days[1]))]
        asked = dt.date.fromisoformat(scope)
    except (ValueError, OverflowError):
        raise ValueError(f"a scope is {', '.join(SCOPES)}, a date (2025-09-19) or days (7d); got {scope!r}") from None
    return [date for date in dates if date == asked]


def chosen_by(dates: Sequence[dt.date], market: Market) -> Bools:
    """Mark the used contracts that expire on these dates."""
    of = market.dates.to_numpy()[market.quotes.expiration[market.used]]
    return np.isin(of, np.array(list(dates), dtype="datetime64[D]"))
