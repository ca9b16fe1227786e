"""Event studies: what prices did after a signal, beside what they did after any day.

"Up 8.5% a year later" says nothing where any day was followed by as much. Each horizon is therefore shown beside all
days of the same sample, with intervals that know that returns overlap, and nothing is concluded from a few events.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import polars as pl

from gex.signals.estimates import Method, holm
from gex.signals.horizons import HorizonStudy, event_rows, horizon_study
from gex.signals.windows import cooled
from gex.signals.wording import ENOUGH, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.quotes import Bools, Floats

Entry = Literal["signal", "next"]
"""At the close of the event's own day, which the event is only known at, or at the next one."""
Overlap = Literal["all", "cooldown"]
"""Every event, or only those a cooldown after the last one taken."""
HORIZONS = (5, 21, 63, 126, 252)


@dataclass(frozen=True)
class Study:
    """An event study.

    Attributes:
        signals: Events in the sample, before any cooldown.
        days: Days of the sample, on which an event could have been.
        first: The first of them, None without any.
        last: The last of them.
        horizons: One each.
        events: A row an event and horizon, columns of `horizons.EVENT_SCHEMA`; returns as fractions, null where not over yet.
        entry: At the event's close or the next.
        overlap: Every event or those after a cooldown.
        cooldown: Sessions; None for each horizon's own length.
        method: Of intervals and draws.
        enough: Effective events needed for a conclusion.

    """

    signals: int
    days: int
    first: np.datetime64 | None
    last: np.datetime64 | None
    horizons: tuple[HorizonStudy, ...]
    events: pl.DataFrame
    entry: Entry
    overlap: Overlap
    cooldown: int | None
    method: Method
    enough: int

    @property
    def multiple_testing(self) -> str:
        """How many horizons were looked at, and what was done about it."""
        tested = sum(each.p_holm is not None for each in self.horizons)
        return (
            f"{tested} of {len(self.horizons)} horizons tested, p after Holm for {tested}; "
            "other signals that were tried are not known here and make chance finds likelier"
        )


def study(
    dates: npt.ArrayLike,
    closes: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    horizons: Sequence[int] = HORIZONS,
    entry: Entry = "next",
    overlap: Overlap = "all",
    cooldown: int | None = None,
    sample: npt.ArrayLike | None = None,
    seed: int = 0,
    resamples: int = 2000,
    confidence: float = 0.95,
    enough: int = ENOUGH,
) -> Study:
    """Return what prices did after events, beside what they did after all days of the sample.

    Args:
        dates: Sessions, ascending, each once; shape (n,).
        closes: Above 0; shape (n,).
        events: Whether a day is one, by what was known at its close: bool, or numbers with NaN where it could not be
            told, which leaves the day out of the sample; shape (n,).
        horizons: Sessions from the entry, 1 or more each.
        entry: `signal` for the close of the event's day, `next` for the session after.
        overlap: `all`, or `cooldown` to take an event only so long after the last one taken.
        cooldown: Sessions; None for each horizon's own length.
        sample: Days that count; None for all. Prices outside it are still the future of days inside.
        seed: Of the bootstrap.
        resamples: Its draws, 100 or more.
        confidence: Of all intervals, within 0 and 1.
        enough: Effective events needed for a conclusion, 2 or more.

    Raises:
        TypeError: An argument is not of its type.
        ValueError: Shapes disagree, dates do not ascend, a close is not above 0, or an argument is out of range.

    """
    days, prices, flags, known = _days(dates, closes, events, sample)
    _check(horizons, entry, overlap, cooldown, confidence)
    _check_counts(horizons, cooldown, resamples, seed, enough)
    shift, method = int(entry == "next"), Method(confidence, resamples, seed)
    places = np.flatnonzero(flags)
    taken = [places if overlap == "all" else places[cooled(places, cooldown or each)] for each in horizons]
    looked = [
        horizon_study(prices, known, each, sessions, shift, method)
        for each, sessions in zip(taken, horizons, strict=True)
    ]
    rows = [event_rows(days, prices, each, part.sessions, shift) for each, part in zip(taken, looked, strict=True)]
    inside, judged = days[known], _judged(looked, enough, confidence)
    first, last = (inside[0], inside[-1]) if len(inside) else (None, None)
    return Study(
        len(places), len(inside), first, last, judged, pl.concat(rows), entry, overlap, cooldown, method, enough
    )


def _judged(looked: list[HorizonStudy], enough: int, confidence: float) -> tuple[HorizonStudy, ...]:
    """Give each horizon its verdict in the company of the others."""
    together = holm([each.difference.p if each.difference else None for each in looked])
    return tuple(
        replace(each, p_holm=p, verdict=verdict(each.events, each.difference, p, enough, confidence))
        for each, p in zip(looked, together, strict=True)
    )


def _days(
    dates: npt.ArrayLike, closes: npt.ArrayLike, events: npt.ArrayLike, sample: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.datetime64], Floats, Bools, Bools]:
    """Return dates, closes, which days are events and which are in the sample."""
    days = np.asarray(dates).astype("datetime64[D]")
    prices, marks = _numbers("closes", closes), _numbers("events", events)
    inside = np.ones(len(days), dtype=bool) if sample is None else np.asarray(sample)
    if inside.dtype != bool:
        raise TypeError(f"sample must hold true and false, got {inside.dtype}")
    if not days.shape == prices.shape == marks.shape == inside.shape or days.ndim != 1:
        shapes = f"{days.shape}, {prices.shape}, {marks.shape} and {inside.shape}"
        raise ValueError(f"dates, closes, events and sample must have one shape (n,), got {shapes}")
    if np.isnat(days).any() or (np.diff(days) <= np.timedelta64(0)).any():
        raise ValueError("dates must ascend, each once")
    if not (np.isfinite(prices) & (prices > 0)).all():
        raise ValueError("closes must be finite and above 0")
    known = inside & ~np.isnan(marks)
    return days, prices, known & (marks != 0), known


def _numbers(name: str, values: npt.ArrayLike) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {array.dtype}")
    return array.astype(np.float64)


def _check(horizons: Sequence[int], entry: str, overlap: str, cooldown: int | None, confidence: float) -> None:
    if len(horizons) == 0 or len(set(horizons)) < len(horizons):
        raise ValueError(f"horizons must be one or more, each once, got {tuple(horizons)}")
    if entry not in get_args(Entry) or overlap not in get_args(Overlap):
        raise ValueError(f"entry must be signal or next and overlap all or cooldown, got {entry!r} and {overlap!r}")
    if cooldown is not None and overlap == "all":
        raise ValueError(f"cooldown must be None where overlap is all, got {cooldown}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be within 0 and 1, got {confidence}")


def _check_counts(horizons: Sequence[int], cooldown: int | None, resamples: int, seed: int, enough: int) -> None:
    cooldowns = () if cooldown is None else (cooldown,)
    for name, given, least in (
        ("horizons", horizons, 1),
        ("cooldown", cooldowns, 1),
        ("resamples", (resamples,), 100),
        ("seed", (seed,), 0),
        ("enough", (enough,), 2),
    ):
        for each in given:
            whole: object = each
            if isinstance(whole, bool) or not isinstance(whole, int | np.integer):
                raise TypeError(f"{name} must be whole numbers, got {each!r}")
            if each < least:
                raise ValueError(f"{name} must be {least} or more, got {each}")
