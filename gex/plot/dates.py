"""Expirations as columns: the largest on their own, all others in one at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gex.plot import figures, page
from gex.plot.drawing import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from gex.plot.drawing import Mark
    from gex.plot.theme import Theme
    from gex.results import Analysis


@dataclass(frozen=True)
class Dates:
    """Columns of dates, and the last one for `others` more."""

    dates: Sequence[dt.date]
    others: int
    today: dt.date
    right: float
    left: float = page.LEFT

    @property
    def step(self) -> float:
        """Pixels a column."""
        return (self.right - self.left) / max(1, len(self.dates) + bool(self.others))

    def x(self, column: int) -> float:
        """Return the middle of a column."""
        return self.left + (column + 0.5) * self.step

    def column(self) -> pl.Expr:
        """Return each row's column, by its `expiration`."""
        places = {date: place for place, date in enumerate(self.dates)}
        return pl.col("expiration").replace_strict(places, default=len(self.dates), return_dtype=pl.Int64)

    def name(self, column: int) -> str:
        """Return what a column is called in words."""
        if column == len(self.dates):
            return f"{self.others} other dates"
        days = (self.dates[column] - self.today).days
        return f"{self.dates[column]:%Y-%m-%d} ({f'{days} days' if days else '0DTE'})"

    def names(self, theme: Theme) -> Iterator[Mark]:
        """Name each column below: its date, and the days to it."""
        for column, date in enumerate(self.dates):
            days = (date - self.today).days
            far = f"{date:%m-%d}" if date.year == self.today.year else f"{date:%y-%m-%d}"
            yield Text((self.x(column), page.BOTTOM + 18), far, theme.ink, 11.5, "middle")
            yield Text((self.x(column), page.BOTTOM + 33), f"{days} d" if days else "0DTE", theme.muted, 11, "middle")
        if self.others:
            yield Text((self.x(len(self.dates)), page.BOTTOM + 18), "others", theme.ink, 11.5, "middle")
            yield Text((self.x(len(self.dates)), page.BOTTOM + 33), f"{self.others} dates", theme.muted, 11, "middle")


def dates_of(analysis: Analysis, most: int, right: float = page.RIGHT, left: float = page.LEFT) -> Dates:
    """Return the expiration dates of the largest gross gamma, `most` columns in all, in their order."""
    gross: dict[dt.date, float] = {}
    for date, value in zip(analysis.by_expiration["expiration"], analysis.by_expiration["gross"], strict=True):
        gross[date] = gross.get(date, 0.0) + value
    largest = sorted(gross, key=lambda date: (-gross[date], date))
    kept = largest[: most if len(gross) <= most else most - 1]
    today = analysis.quote_time.astimezone(figures.NEW_YORK).date()
    return Dates(sorted(kept), len(gross) - len(kept), today, right, left)
