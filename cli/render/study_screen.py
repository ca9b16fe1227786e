"""An event study on a terminal: what may be said of it first, then the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render.figures import signed
from gex.cli.render.terminal import flow, headed
from gex.signals.wording import ENOUGH, share_words

if TYPE_CHECKING:
    from gex.cli.render.study_document import Studied
    from gex.cli.render.terminal import Terminal
    from gex.signals.estimates import Interval, Sample
    from gex.signals.horizons import HorizonStudy
    from gex.signals.study import Study

NO_VALUE = "–"
ROSE = ("after", "n", "worth", "rose", "95%", "any day", "95%")
MEDIANS = ("after", "median", "95%", "any day", "95%")
MEANS = ("after", "mean", "any day", "apart", "95%", "bootstrap", "p")
WAY = ("after", "fall", "worst", "lowest", "worst", "highest", "best")


def screen(studied: Studied, terminal: Terminal) -> str:
    """Return a study as text."""
    found = studied.found
    blocks = [_head(studied, terminal), _verdicts(found, terminal)]
    if any(each.events for each in found.horizons):
        blocks += [part(found, terminal) for part in (_rose, _medians, _means, _way, _notes)]
    return "\n".join("\n".join(block) + "\n" for block in blocks)


def _head(studied: Studied, terminal: Terminal) -> list[str]:
    found = studied.found
    line, *rest = flow([f"{studied.history}  after {studied.events}"], terminal.width, indent="  ")
    entered = "the next close" if found.entry == "next" else "the event's own close"
    taken = "" if found.overlap == "all" else f", each {_gap(found)} or more after the last"
    parts = [
        f"{_count(found.signals, 'event')} in {_count(found.days, 'session')} from {found.first} to {found.last}",
        f"entered at {entered}{taken}",
    ]
    return [
        terminal.paint(line, "ink", bold=True),
        *(terminal.paint(each, "ink", bold=True) for each in rest),
        *(terminal.paint(each, "ink") for each in flow(parts, terminal.width, indent="  ")),
    ]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _gap(found: Study) -> str:
    return "one horizon" if found.cooldown is None else _count(found.cooldown, "session")


def _verdicts(found: Study, terminal: Terminal) -> list[str]:
    """Say what may be concluded, horizons of one verdict together."""
    together: dict[str, list[int]] = {}
    for each in found.horizons:
        together.setdefault(each.verdict, []).append(each.sessions)
    lines = []
    for words, sessions in together.items():
        which = ", ".join(str(each) for each in sessions)
        text = f"after {which} {'session' if sessions == [1] else 'sessions'}: {words}"
        lines += flow([text], terminal.width, indent="  ")
    return [terminal.paint(line, "alert" if "not enough data" in line else "ink", bold=True) for line in lines]


def _rose(found: Study, terminal: Terminal) -> list[str]:
    """Show how often it rose, beside any day."""
    rows = [
        (
            str(each.sessions),
            f"{sample.n:,}",
            f"{sample.effective:,.0f}" if sample.effective >= ENOUGH else f"{sample.effective:.1f}",
            share_words(sample.hits, sample.n, sample.exact),
            _shares(sample.exact),
            share_words(base.hits, base.n, base.exact),
            _shares(base.exact),
        )
        for each, sample, base in _known(found)
    ]
    return headed(ROSE, rows, ">>>>>>>", terminal)


def _medians(found: Study, terminal: Terminal) -> list[str]:
    """Show the median return, beside any day's."""
    rows = [
        (
            str(each.sessions),
            _percent(sample.median),
            _between(sample.median_interval),
            _percent(base.median),
            _between(base.median_interval),
        )
        for each, sample, base in _known(found)
    ]
    return headed(MEDIANS, rows, ">>>>>", terminal)


def _means(found: Study, terminal: Terminal) -> list[str]:
    """Show by how much the mean differs from any day's, and how surely."""
    rows = []
    for each, sample, base in _known(found):
        away = each.difference
        apart = (
            (_percent(away.mean), _between(away.interval), _between(away.bootstrap), _p(each.p_holm))
            if away
            else (NO_VALUE,) * 4
        )
        rows.append((str(each.sessions), _percent(sample.mean), _percent(base.mean), *apart))
    return headed(MEANS, rows, ">>>>>>>", terminal)


def _way(found: Study, terminal: Terminal) -> list[str]:
    """Show how bad and how good it got before the horizon."""
    rows = [
        (
            str(each.sessions),
            _percent(way.drawdown_median),
            _percent(way.drawdown_worst),
            _percent(way.adverse_median),
            _percent(way.adverse_worst),
            _percent(way.favourable_median),
            _percent(way.favourable_best),
        )
        for each in found.horizons
        if (way := each.excursions)
    ]
    return headed(WAY, rows, ">>>>>>>", terminal)


def _notes(found: Study, terminal: Terminal) -> list[str]:
    parts = [
        "after: so many sessions",
        "worth: how many that do not overlap, of which all intervals are",
        "rose: Clopper's and Pearson's interval",
        "any day: every session of the sample",
        "apart: by the larger of Newey's and West's and of Hodrick's errors",
        f"bootstrap: circular blocks as long as the horizon, seed {found.method.seed}",
        found.multiple_testing,
        "fall: from a high on the way; lowest and highest close against the entry; medians, by closes",
    ]
    late = {each.dropped for each in found.horizons if each.dropped}
    parts += [f"not over yet: up to {_count(max(late), 'event')}, left out"] if late else []
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent="  ")]


def _known(found: Study) -> list[tuple[HorizonStudy, Sample, Sample]]:
    return [(each, each.events, each.base) for each in found.horizons if each.events and each.base]


def _percent(value: float) -> str:
    return f"{signed(100 * value, 2)}%"


def _shares(ends: Interval) -> str:
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f}"


def _between(ends: Interval | None) -> str:
    return NO_VALUE if ends is None else f"{signed(100 * ends[0], 1)} to {signed(100 * ends[1], 1)}"


def _p(value: float | None) -> str:
    return NO_VALUE if value is None else "<.001" if value < 0.0005 else f"{value:.3f}".removeprefix("0")
