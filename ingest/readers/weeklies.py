"""The root of an index option by its date, where a file has no roots: a guess for the days on which both expire."""

from __future__ import annotations

import datetime as dt

import polars as pl

from gex.ingest.calendar import is_session, previous_session

WEEKLY = {"SPX": "SPXW", "NDX": "NDXP", "RUT": "RUTW"}
"""The PM-settled root beside the AM-settled one."""


def root_of(underlying: str, expirations: pl.Series) -> pl.Expr:
    """Return the root of each row, by the date where the underlying has two: third Fridays are the AM-settled one's.

    Args:
        underlying: SPX.
        expirations: The column of dates, under its name in the table.

    """
    if underlying not in WEEKLY:
        return pl.lit(underlying)
    monthly = [day for day in expirations.unique().drop_nulls() if _is_monthly(day)]
    third = pl.col(expirations.name).is_in(monthly)
    return pl.when(third).then(pl.lit(underlying)).otherwise(pl.lit(WEEKLY[underlying]))


def note_on(underlying: str, what: str) -> str:
    """Return the note that the roots of an underlying with two were told by date; `what` is missing from the file."""
    return f"no {what} in the file: third Fridays are taken as {underlying}, others as {WEEKLY.get(underlying)}"


def _is_monthly(day: dt.date) -> bool:
    """Tell whether a day is a month's third Friday, or the session before one that is a holiday."""
    first = day.replace(day=1)
    friday = first + dt.timedelta(days=(4 - first.weekday()) % 7 + 14)
    return day == (friday if is_session(friday) else previous_session(friday))
