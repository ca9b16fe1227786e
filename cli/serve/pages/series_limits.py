"""Limits on a series: the state of each at every snapshot, and where they stand now, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from gex.cli.page.html import paragraph, section, table
from gex.cli.render import figures
from gex.limit_fields import FIELDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from gex.cli.render.series_chart import Mark
    from gex.limit_states import Verdict
    from gex.limits import Rule

SEVERE = {"info": "noted", "warn": "warning", "breach": "breached"}
"""What a breached limit is called, by how much it matters."""
SIGNS = {"breached": "▲", "warning": "△", "noted": "◇", "unknown": "?", "pending": "…", "cleared": "○", "ok": "○"}
URGENT = ("breached", "warning", "unknown", "noted", "pending", "cleared", "ok")
"""Words of states, the most urgent first."""
HEAD = ["Limit", "State", "Since", "Figure", "Limit at", "Of", "Why, or what to do"]
STATE = Markup('<strong class="tight {}">{} {}</strong>')
TIGHT = Markup('<span class="tight">{}</span>')


@dataclass(frozen=True)
class Watched:
    """Limits on one symbol.

    Attributes:
        rules: Those that hold for it, in the file's order.
        verdicts: Of each, its states by quote time.
        last: Of each, its state at the last snapshot.

    """

    rules: tuple[Rule, ...]
    verdicts: tuple[dict[dt.datetime, Verdict], ...]
    last: tuple[Verdict, ...]

    def state(self, number: int, row: dict[str, Any]) -> Mark | None:
        """Return the state of a limit at a row; None where nobody looked."""
        found = self.verdicts[number].get(row["quote_time"])
        return None if found is None else found.state

    def now(self, number: int) -> str:
        """Return the state of a limit at the last snapshot, in words."""
        last = self.last[number]
        since = f" since {last.since.astimezone(figures.NEW_YORK):%Y-%m-%d}" if last.since else ""
        return f"{word(last)}{since}"

    @property
    def summary(self) -> str:
        """Count the limits by state."""
        words = [word(each) for each in self.last]
        counts = {each: words.count(each) for each in URGENT if each not in {"ok", "cleared", "pending"}}
        told = [f"{count} {each}" for each, count in counts.items() if count]
        total = f"{len(words)} limit{'' if len(words) == 1 else 's'}"
        return f"of {total}, {', '.join(told)}" if told else f"{total} kept"


def word(verdict: Verdict) -> str:
    """Return what a state is called: a breach by how much the limit matters."""
    return SEVERE[verdict.rule.severity] if verdict.state == "breached" else verdict.state


def watched_of(path: Path, symbol: str, series: pl.DataFrame, at: dt.datetime) -> Watched:
    """Hold the limits of a file against a series.

    Args:
        path: The file.
        symbol: What the series is of.
        series: Every snapshot, by quote time; one at least.
        at: When it is looked at: ages count to it.

    Raises:
        click.UsageError: The file is no file of limits.

    """
    from gex.cli.checking import aged, why_null
    from gex.cli.limits_file import read_limits
    from gex.limit_states import verdicts

    rules = tuple(rule for rule in read_limits(path) if rule.holds_for(symbol))
    # A clock that is behind takes back no snapshot.
    known = aged(series, symbol, max([at, *series["quote_time"].tail(1)]))
    why = why_null(known)
    found = [list(verdicts(rule, symbol, known, why, only_last=FIELDS[rule.field].of_now)) for rule in rules]
    by_time = tuple({each.quote_time: each for each in told if each.quote_time} for told in found)
    return Watched(rules, by_time, tuple(told[-1] for told in found))


def states(watched: Watched | str) -> Markup:
    """Return the section: a row a limit, the most urgent first; or why there is none."""
    if isinstance(watched, str):
        return section("limits", "Limits", paragraph(watched, "none"))
    if not watched.rules:
        return section("limits", "Limits", paragraph("No limit of the file holds for this symbol.", "none"))
    told = sorted(watched.last, key=lambda each: URGENT.index(word(each)))
    return section(
        "limits", "Limits", paragraph(f"{watched.summary[:1].upper()}{watched.summary[1:]}.", "finding"),
        table("States at the last snapshot", HEAD, map(_row, told), words=len(HEAD)),
    )  # fmt: skip


def _row(verdict: Verdict) -> Sequence[str | Markup]:
    rule, state = verdict.rule, word(verdict)
    kind = {"breached": "alert", "warning": "negative", "unknown": "muted"}.get(state, "")
    since = f"{verdict.since.astimezone(figures.NEW_YORK):%Y-%m-%d %H:%M} ET" if verdict.since else "–"
    return [
        TIGHT.format(rule.name),
        STATE.format(kind, SIGNS[state], state),
        TIGHT.format(since),
        TIGHT.format(_figure(verdict)),
        _limit(rule),
        FIELDS[rule.field].meaning,
        "; ".join(_told(verdict)) or "–",
    ]


def _figure(verdict: Verdict) -> str:
    """Return what the limit looks at, as it is held against it."""
    value = verdict.figure
    if value is None or isinstance(value, str):
        return "–" if value is None else value.replace("_", " ")
    return written(verdict.rule, value)


def written(rule: Rule, value: float) -> str:
    """Return a value in the unit that the limit is set in."""
    from gex.limits import Beyond, Crosses, Moves, Percentile, Within

    if isinstance(rule.test, Percentile):
        return f"percentile {value:.0f}"
    distance = getattr(rule.test, "distance", None) or getattr(rule.test, "clear", None)
    if isinstance(rule.test, (Within, Moves, Crosses)) and distance and distance.unit == "pct":
        return f"{figures.signed(value, 2)}%"
    unit = FIELDS[rule.field].unit
    if not value:
        return "0"
    if unit == "usd":
        return figures.dollars(value)
    if unit == "share" and isinstance(rule.test, Beyond):
        return f"{100 * value:.1f}%"
    words = {"minutes": " min", "sessions": " sessions", "points": " points", "price": ""}.get(unit, "")
    return f"{value:,.6g}".replace("-", figures.MINUS) + words


def _limit(rule: Rule) -> str:
    """Say when the limit is breached."""
    from gex.limits import Beyond, Crosses, Is, Moves, Percentile, Within

    lasting = f", for {rule.lasting}" if rule.lasting.count > 1 else ""
    match rule.test:
        case Beyond(side=side, bound=bound):
            return f"{side} {written(rule, bound).removeprefix('+')}{lasting}"
        case Percentile(side=side, bound=bound, over=over):
            return f"{side} percentile {bound:g} of {over}{lasting}"
        case Within(other=other, distance=distance):
            return f"within {distance} of {other.replace('_', ' ')}{lasting}"
        case Moves(distance=distance, over=over):
            return f"moves over {distance} in {over}{lasting}"
        case Crosses(other=other, over=over):
            return f"crosses {other.replace('_', ' ')} in {over}{lasting}"
        case Is(values=values):
            return f"is {' or '.join(values).replace('_', ' ')}{lasting}"


def _told(verdict: Verdict) -> Iterator[str]:
    if verdict.reason:
        yield verdict.reason
    if verdict.state == "breached" and verdict.rule.message:
        yield verdict.rule.message
