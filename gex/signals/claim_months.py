"""Claims on calendar months: a month's mean return, and its place among the twelve."""

from __future__ import annotations

import calendar
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.claim_inputs import AbsentError, rows_between
from gex.signals.claims import Claimed
from gex.signals.estimates import mean_interval
from gex.signals.seasonality import monthly_returns
from gex.signals.verdicts import Figure, Finding, of_record, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.quotes import Floats, Ints
    from gex.signals.claim_inputs import Record
    from gex.signals.claims import Claim, Seasonality


def audit_month(claim: Claim, test: Seasonality, record: Record) -> Finding:
    """Hold a month's mean return, and its place among the twelve, against every year of the record."""
    panel = record.panel(test.history)
    dates, returns = monthly_returns(panel.dates, panel.column(panel.main.name))
    span = panel.dates[rows_between(panel, test.start, test.end)].astype("datetime64[M]")
    inside = (dates >= span[0]) & (dates <= span[-1])
    dates, returns = dates[inside], returns[inside] / 100.0
    if not len(dates):
        raise AbsentError(f"{panel.main.name} has no whole month from {span[0]} to {span[-1]}")
    months: Ints = dates.astype(np.int64) % 12 + 1
    means = {month: float(returns[months == month].mean()) for month in range(1, 13) if (months == month).any()}
    name = calendar.month_name[test.month]
    how = f"mean return of {test.history} in {name}, {dates[0]} to {dates[-1]}"
    details = {"means": {calendar.month_name[month]: mean for month, mean in means.items()}}
    return Finding(claim, tuple(_figures(test, returns, months, means)), how, details)


def _figures(test: Seasonality, returns: Floats, months: Ints, means: dict[int, float]) -> Iterator[Figure]:
    """Yield each figure that is claimed, judged; what is said of the past is a figure of record."""
    values = returns[months == test.month]
    if test.mean is not None:
        count, any_month = len(values), float(returns.mean())
        figure = of_record("mean", "return", test.mean, means.get(test.month, math.nan))
        words = (
            f"{figure.words}, up in {int((values > 0).sum())} of {count} years; any month {said(any_month, 'return')}"
        )
        around = mean_interval(values, count, 0.95)  # Years taken as independent.
        yield replace(figure, words=words if count else figure.words, n=count, interval=around, base_rate=any_month)
    if test.rank is not None:
        order = sorted(means, key=lambda month: -means[month])
        place = order.index(test.month) + 1 if test.month in means else math.nan
        figure = of_record("rank", "rank", Claimed(test.rank, test.rank), place)
        first = f"{calendar.month_name[order[0]]} is the best month, {said(means[order[0]], 'return')}"
        yield replace(figure, words=f"{figure.words}: {first}", n=len(values))
