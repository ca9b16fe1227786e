"""What `gex study` studies: events by an expression or a user's own dates, and the days they could have been on."""

from __future__ import annotations

import csv
import datetime as dt
from typing import TYPE_CHECKING

import click
import numpy as np

from gex.cli.log import LOGGER
from gex.ingest.daily_rules import DAILY
from gex.ingest.errors import ContentError, MissingError, UnreadableError
from gex.signals.study import study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gex.cli.signals_file import SignalsFile
    from gex.cli.study import EventOptions, StudyOptions
    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats
    from gex.signals.panel import Panel
    from gex.signals.study import Study

HOLE = np.timedelta64(21, "D")
"""Between two sessions, above which returns over it are not those of as many sessions as they count."""
LONGEST_WAIT = np.timedelta64(5, "D")
"""From a date of the user's that is no session to the session it counts on: a longer one is a hole in the history."""


def study_of(
    main: DailyHistory,
    histories: Mapping[str, DailyHistory],
    signals: SignalsFile,
    chosen: EventOptions,
    looked: StudyOptions,
) -> Study:
    """Return the study of a history.

    Args:
        main: Its closes are what followed.
        histories: Others that an expression may name.
        signals: A user's own, which it may name as well.
        chosen: The events.
        looked: Horizons, entry, overlap.

    Raises:
        click.BadParameter: The expression cannot be evaluated.
        ChainError: A file of events cannot be read, a history is damaged, or there is no session to look at.

    """
    days = main.dates
    marks = (
        _by_dates(chosen.events, days)
        if chosen.events
        else _by_expression(chosen, signals.panel(main, histories), signals)
    )
    sample = np.ones(len(days), dtype=bool)
    if chosen.since:
        sample &= days >= np.datetime64(chosen.since)
    if chosen.until:
        sample &= days <= np.datetime64(chosen.until)
    if not (sample & ~np.isnan(marks)).any():
        raise MissingError("no session on which the event could be told; look at --since, --until and the series")
    looked_at = np.flatnonzero(sample)
    _tell_holes(main.name, days[looked_at[0] : looked_at[-1] + max(looked.horizons) + 2])
    return study(
        days,
        main.column("close"),
        marks,
        horizons=looked.horizons,
        entry=looked.entry,
        overlap=looked.overlap,
        cooldown=looked.cooldown,
        sample=sample,
        seed=looked.seed,
    )


def _tell_holes(name: str, days: np.ndarray) -> None:
    """Warn where a history that is daily lacks weeks: a return over them is counted as one of few sessions."""
    steps = np.diff(days)
    if not len(steps) or np.median(steps.astype(np.int64)) > DAILY or not (holes := int((steps > HOLE).sum())):
        return
    place = int(np.argmax(steps))
    LOGGER.warning(
        "%s: no session for more than three weeks, %s, the longest from %s to %s; "
        "returns across it take longer than the sessions they are counted as; see whether the file is complete",
        name,
        "once" if holes == 1 else f"{holes} times",
        days[place],
        days[place + 1],
    )


def _by_expression(chosen: EventOptions, panel: Panel, signals: SignalsFile) -> Floats:
    """Return 1 where an expression holds, 0 where it does not, NaN where that is not known."""
    from gex.signals.expression import truth
    from gex.signals.syntax import ExpressionError

    try:
        return truth(chosen.when or "", panel, signals.definitions)
    except ExpressionError as error:
        raise click.BadParameter(str(error), param_hint="--when") from None


def _by_dates(path: Path, days: np.ndarray) -> Floats:
    """Return 1 on the sessions of a user's dates or the next ones after them, 0 on others, NaN before the first date."""
    dates = np.array(sorted(set(_dates(path))), dtype="datetime64[D]")
    if not len(dates):
        raise ContentError("no date in it", source=str(path))
    places = np.searchsorted(days, dates)
    inside = places < len(days)
    inside[inside] &= days[places[inside]] - dates[inside] <= LONGEST_WAIT
    if lost := int((~inside).sum()):
        LOGGER.warning("%s: %d of %d dates lie where the history has no session, left out", path, lost, len(dates))
    if moved := int((days[places[inside]] != dates[inside]).sum()):
        LOGGER.warning("%s: %d dates are no session and count on the next one", path, moved)
    marks = np.where(days >= dates[0], 0.0, np.nan)
    marks[places[inside]] = 1.0
    return marks


def _dates(path: Path) -> Iterator[dt.date]:
    """Yield the dates of a file: one a line, or a CSV's column `date`; lines with # are skipped."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"not a text of dates ({error})", source=str(path)) from None
    column = 0
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    for place, (number, line) in enumerate(lines):
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        names = [cell.lower() for cell in cells]
        if place == 0 and "date" in names:
            column = names.index("date")
            continue
        try:
            yield dt.date.fromisoformat(cells[column])
        except (IndexError, ValueError):
            raise ContentError(f"{line!r} holds no date like 2025-11-17", source=str(path), row=number) from None
