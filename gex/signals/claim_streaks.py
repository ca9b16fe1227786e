"""Claims on how long a condition has held: the count on a day, and its place among all runs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.claim_inputs import day, row_of, rows_between
from gex.signals.claims import Claimed
from gex.signals.verdicts import Figure, Finding, of_record

if TYPE_CHECKING:
    import datetime as dt

    from gex.quotes import Floats
    from gex.signals.claim_inputs import Days, Record
    from gex.signals.claims import Claim, Persistence, Streak


@dataclass(frozen=True)
class Run:
    """Days in a row on which a condition held; `broken` is the first on which it did not, None if it still does."""

    length: int
    last: dt.date
    broken: dt.date | None


def runs_of(lengths: Floats, dates: Days) -> list[Run]:
    """Return the runs, oldest first, from the count on each day; shape (days,) both."""
    held = np.nan_to_num(lengths) > 0
    ends = np.flatnonzero(held & ~np.append(held[1:], False))
    return [
        Run(int(lengths[end]), day(dates[end]), day(dates[end + 1]) if end + 1 < len(dates) else None) for end in ends
    ]


def audit_streak(claim: Claim, test: Streak, record: Record) -> Finding:
    """Hold a count of sessions in a row against the record, as of its day."""
    panel = record.panel(test.history)
    until = row_of(panel, test.on) + 1
    how = f"sessions in a row of {test.condition}, {test.history}, on {test.on}"
    lengths = record.lengths(test.condition, panel)[:until]
    figure = of_record("streak", "sessions", test.claimed, float(lengths[-1]))
    first = rows_between(panel, test.start, test.on).start
    runs = runs_of(lengths[first:], panel.dates[first:until])
    if figure.found is None or not runs:
        return Finding(claim, (figure,), how)
    since = test.start or day(panel.dates[np.flatnonzero(~np.isnan(lengths))[0]])
    longer, before = sum(run.length > runs[-1].length for run in runs), _as_long(runs)
    figures: tuple[Figure, ...] = (
        replace(figure, words=f"{figure.words}: {_told(runs[-1], longer + 1, before, since)}"),
    )
    if test.longest_since is not None:
        figures = (*figures, _longest_since(test.longest_since, before))
    details = {"run": asdict(runs[-1]), "rank": longer + 1, "since": since, "as_long_before": before and asdict(before)}
    return Finding(claim, figures, how, details)


def audit_persistence(claim: Claim, test: Persistence, record: Record) -> Finding:
    """Tell whether a condition had held at so many closes in a row, and what became of the run."""
    panel = record.panel(test.history)
    row = row_of(panel, test.on)
    lengths = record.lengths(test.condition, panel)
    figure = of_record("closes", "sessions", Claimed(test.closes, math.inf), float(lengths[row]))
    how = f"closes in a row of {test.condition}, {test.history}, on {test.on}"
    if figure.found is None:
        return Finding(claim, (figure,), how)
    count = int(lengths[row])
    after = np.flatnonzero(np.nan_to_num(lengths[row + 1 :]) == 0)
    reset = day(panel.dates[row + 1 + after[0]]) if count and len(after) else None
    told = [f"found {count}"]
    told += [f"from {panel.dates[row + 1 - count]} on"] if count else []
    told += [f"over on {reset}"] if reset else []
    return Finding(claim, (replace(figure, words=", ".join(told)),), how, {"reset": reset})


def _as_long(runs: list[Run]) -> Run | None:
    """Return the last run before the latest that was as long."""
    return next((run for run in reversed(runs[:-1]) if run.length >= runs[-1].length), None)


def _told(run: Run, rank: int, before: Run | None, since: dt.date) -> str:
    """Say what run is meant, and where it stands."""
    which = f"the last run was of {run.length}, broken on {run.broken}" if run.broken else "still running"
    longest = f"the longest since {before.length} broken on {before.broken}" if before else "the longest"
    place = "" if rank == 1 else f", {_ordinal(rank)} longest since {since}"
    return f"{which}, {longest}{place}"


def _longest_since(claimed: dt.date, before: Run | None) -> Figure:
    """Judge since when there was no longer run, to the month."""
    found = None if before is None or before.broken is None else before.broken
    if found is None:
        return Figure("since", "word", f"{claimed}", None, "wrong", "no earlier run was as long")
    right = (found.year, found.month) == (claimed.year, claimed.month)
    words = f"the last run as long was broken on {found}"
    return Figure("since", "word", f"{claimed}", f"{found}", "holds" if right else "wrong", words)


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
