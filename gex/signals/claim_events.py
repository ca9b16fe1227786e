"""Claims on what follows an event: how often prices rose, by how much, and whether any day would have done as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.signals.claim_inputs import AbsentError, rows_between
from gex.signals.study import study
from gex.signals.verdicts import Figure, Finding, of_cases, of_hits, said
from gex.signals.wording import ENOUGH, share_words, too_few

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.quotes import Floats
    from gex.signals.claim_inputs import Record
    from gex.signals.claims import Claim, Event
    from gex.signals.estimates import Difference, Sample
    from gex.signals.horizons import HorizonStudy
    from gex.signals.panel import Panel
    from gex.signals.verdicts import Verdict

NO_OTHER = "nothing to compare with"


def audit_event(claim: Claim, test: Event, record: Record) -> Finding:
    """Hold what is said to follow an event against all its cases, and beside every day of the sample."""
    panel = record.panel(test.history)
    sample = np.zeros(len(panel), dtype=bool)
    sample[rows_between(panel, test.start, test.end)] = True
    marks = (
        _days(test.when, panel) if isinstance(test.when, tuple) else np.minimum(record.lengths(test.when, panel), 1.0)
    )
    closes = panel.column(panel.main.name)
    found = study(panel.dates, closes, marks, horizons=(test.horizon,), entry=test.entry, sample=sample)
    what = test.when if isinstance(test.when, str) else f"{len(test.when)} days given"
    if not found.days:
        raise AbsentError(f"whether {what} is known on no day of the sample")
    (each,) = found.horizons
    how = f"{test.history} {test.horizon} sessions after {what}, {found.first} to {found.last}"
    return Finding(claim, tuple(_figures(test, each)), how, _details(each, found.events["date"].to_list()))


def _days(days: tuple[dt.date, ...], panel: Panel) -> Floats:
    """Return the days given as 1 among 0.

    Raises:
        AbsentError: One is no day of the history.

    """
    wanted = np.array(days, dtype="datetime64[D]")
    if len(missing := wanted[~np.isin(wanted, panel.dates)]):
        raise AbsentError(f"{missing[0]} is no day of {panel.main.name}")
    return np.isin(panel.dates, wanted).astype(np.float64)


def _figures(test: Event, found: HorizonStudy) -> Iterator[Figure]:
    """Yield each figure that is claimed, judged."""
    events, base, on_the_way = found.events, found.base, found.excursions
    if events is None or base is None or on_the_way is None:
        why = f"no case whose {found.sessions} sessions are over"
        yield Figure("cases", "word", None, None, "cannot_be_told", f"not enough data: {why}", 0)
        return
    rates = (events.n, events.effective)
    if test.hit is not None:
        yield of_hits(test.hit, events.hits, *rates, events.exact, base.hit_rate, _counted(base))
    if test.median is not None:
        yield of_cases("median", test.median, events.median, events.median_interval, *rates, base.median)
    if test.mean is not None:
        yield of_cases("mean", test.mean, events.mean, events.mean_interval, *rates, base.mean)
    if test.drawdown is not None:
        yield of_cases("drawdown", test.drawdown, on_the_way.drawdown_median, None, *rates, None)
    if test.edge is not None:
        yield _edge(test.edge, events, base, found.difference)


def _edge(claimed: str, events: Sample, base: Sample, found: Difference | None) -> Figure:
    """Judge whether returns differ from any day's: by errors that know the overlap, and by blocks drawn again."""
    few = too_few(events.n, events.effective)
    told = f"mean {said(events.mean, 'return')}, any day {said(base.mean, 'return')}"
    told += f", rose in {_rose(events)}, any day {_rose(base)}"
    if found is None or found.interval is None:
        return Figure("edge", "return", claimed, None, "cannot_be_told", f"{few or NO_OTHER}; {told}", events.n)
    agree = found.bootstrap is not None and _side(found.bootstrap) == _side(found.interval)
    seen = _side(found.interval) if agree else None
    if seen is None:
        verdict: Verdict = "cannot_be_told" if events.n < ENOUGH else "not_supported"
    else:
        verdict = "wrong" if seen != claimed else "cannot_be_told" if few else "holds"
    low, high = (said(each, "return") for each in found.interval)
    words = f"{told}: {'a' if seen else 'no'} difference seen, 95% interval {low} to {high}"
    words = f"{few}; {words}" if verdict == "cannot_be_told" else words
    return Figure("edge", "return", claimed, found.mean, verdict, words, events.n, found.interval)


def _rose(sample: Sample) -> str:
    """Say how often prices rose, counted out where a percentage would say more than is known."""
    return _counted(sample) or said(sample.hit_rate, "share")


def _counted(sample: Sample) -> str | None:
    words = share_words(sample.hits, sample.n, sample.exact)
    return None if words.endswith("%") else words


def _side(interval: tuple[float, float]) -> str | None:
    return None if interval[0] <= 0 <= interval[1] else "higher" if interval[0] > 0 else "lower"


def _details(found: HorizonStudy, days: list[dt.date]) -> dict[str, object]:
    """Return the sample beside the figures that are claimed."""
    if found.events is None or found.base is None:
        return {"dates": days, "not_over_yet": found.dropped}
    events, base = found.events, found.base
    return {
        "dates": days,
        "not_over_yet": found.dropped,
        "effective": events.effective,
        "hits": events.hits,
        "hit_rate": events.hit_rate,
        "wilson": events.wilson,
        "clopper_pearson": events.exact,
        "median": events.median,
        "mean": events.mean,
        "base": {"n": base.n, "hit_rate": base.hit_rate, "median": base.median, "mean": base.mean},
        "against_any_day": found.verdict,
    }
