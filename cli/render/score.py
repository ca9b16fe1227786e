"""Grades of levels as a table for people and as a document."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render import figures
from gex.cli.render.document import SCHEMA_VERSION
from gex.cli.render.history_screen import held
from gex.cli.render.terminal import aligned, flow
from gex.score import OUTCOMES

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.score import Grade, On, Score

LABELS = {
    "gamma_flip": "flip",
    "call_wall": "call wall",
    "put_wall": "put wall",
    "absolute_gamma_strike": "largest gamma",
    "high_vol_level": "HVL",
    "zero_dte_gamma_flip": "0DTE flip",
    "zero_dte_call_wall": "0DTE call wall",
    "zero_dte_put_wall": "0DTE put wall",
}
HEAD = ("", "", "of", "rate", "Wilson", "placebo", "adjusted", "interval")
INTERVALS = ("wilson", "exact", "adjusted_interval")


@dataclass(frozen=True)
class Graded:
    """What levels were held against."""

    prices: str
    """Their name."""
    on: On

    @property
    def words(self) -> str:
        """Say it."""
        own = "the session after" if self.on == "next" else "its own session, from its first snapshot before noon"
        return f"each graded on {own} by {self.prices}"


def screen(found: Score, sessions: pl.DataFrame, graded: Graded, terminal: Terminal) -> str:
    """Return the grades as text."""
    blocks = [_head(found, sessions, graded, terminal), _table(found, terminal), _notes(found, terminal)]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def document(found: Score, sessions: pl.DataFrame, graded: Graded) -> dict[str, Any]:
    """Return the grades as one document."""
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": sessions["underlying"][0],
        "sessions": sessions.height,
        "from": sessions["quote_date"][0],
        "to": sessions["quote_date"][-1],
        "prices": graded.prices,
        "graded_on": graded.on,
        "assumes": f"our levels: {held(sessions.to_dicts())}",
        "confidence": found.confidence,
        "enough": found.enough,
        "outcomes": dict(OUTCOMES),
        "grades": grades(found),
        "left_out": found.left_out,
    }


def grades(found: Score) -> list[dict[str, Any]]:
    """Return a row an outcome; what is null says why in its verdict."""
    return [_flat(grade) for grade in found.grades]


def grades_frame(found: Score) -> pl.DataFrame:
    """Return the same as a table."""
    return pl.DataFrame(grades(found), infer_schema_length=None)


def _flat(grade: Grade) -> dict[str, Any]:
    row = {name: value for name, value in asdict(grade).items() if name not in INTERVALS}
    for name in INTERVALS:
        low, high = getattr(grade, name) or (None, None)
        stem = name.removesuffix("_interval")
        row |= {f"{stem}_low": low, f"{stem}_high": high}
    return row


def _head(found: Score, sessions: pl.DataFrame, graded: Graded, terminal: Terminal) -> list[str]:
    dates = sessions["quote_date"]
    parts = [
        f"{sessions['underlying'][0]}  levels of {len(dates)} sessions from {dates[0]} to {dates[-1]}",
        graded.words,
        f"ours {held(sessions.to_dicts())}",
    ]
    line, *rest = flow(parts, terminal.width, indent="  ")
    lines = [terminal.paint(line, "ink", bold=True), *rest]
    return [*lines, *(terminal.paint(each, "ink") for each in flow([_finding(found)], terminal.width, indent="  "))]


def _finding(found: Score) -> str:
    """Say in a line what may be concluded of all of it."""
    graded = [grade for grade in found.grades if grade.verdict.startswith(grade.outcome.replace("_", " "))]
    seen = [grade for grade in graded if "no effect" not in grade.verdict]
    if not graded:
        most = max((grade.of for grade in found.grades), default=0)
        return f"NOTHING CAN BE SAID of {most} sessions: {found.enough} effective ones are needed"
    chance = (1 - found.confidence) * len(graded)
    names = ", ".join(f"{_who(grade)} {grade.verdict.split(' than ')[0]}" for grade in seen) or "none"
    text = f"{len(seen)} of {len(graded)} outcomes differ from placebo levels ({names})"
    return f"{text}; by chance alone {chance:.1f} would"


def _who(grade: Grade) -> str:
    name = LABELS.get(grade.name, grade.name)
    return name if grade.source == "ours" else f"{grade.source}'s {name}"


def _table(found: Score, terminal: Terminal) -> list[str]:
    if not found.grades:
        return []
    rows: list[tuple[str, ...]] = [HEAD]
    last = None
    for grade in found.grades:
        who = _who(grade)
        rows.append(("" if who == last else who, *_cells(grade)))
        last = who
    head, *lines = aligned(rows, "<<>>>>>>")
    return [terminal.paint(head, "muted"), *lines]


def _cells(grade: Grade) -> tuple[str, ...]:
    name = grade.outcome.removeprefix("closed_")
    if grade.rate is None or grade.placebo_rate is None or grade.adjusted is None:
        return (name, f"{grade.count}/{grade.of}", "–", "–", "–", "–", "–")
    return (
        name,
        f"{grade.count}/{grade.of}",
        f"{100 * grade.rate:.0f}%",
        _range(grade.wilson, signed=False),
        f"{100 * grade.placebo_rate:.0f}%",
        figures.signed(100 * grade.adjusted, 0),
        _range(grade.adjusted_interval, signed=True) + _mark(grade),
    )


def _range(spread: tuple[float, float] | None, *, signed: bool) -> str:
    if spread is None:
        return "–"
    low, high = (100 * each for each in spread)
    return f"{figures.signed(low, 0)} to {figures.signed(high, 0)}" if signed else f"{low:.0f}–{high:.0f}"


def _mark(grade: Grade) -> str:
    """Return ? where nothing can be concluded, * where an effect was seen."""
    if grade.verdict.startswith("too "):
        return " ?"
    return "  " if "no effect" in grade.verdict else " *"


def _notes(found: Score, terminal: Terminal) -> list[str]:
    left = [f"{count} left out: {why}" for why, count in found.left_out.items()]
    parts = [
        "held: of those touched, closed back on spot's side; beyond: closed beyond",
        "placebo: levels as far from spot on the other side, and around that distance on both",
        f"adjusted: rate less placebo, points of 100, {found.confidence:.0%} interval",
        "?: too few or too rare for a conclusion",
        "*: differs from placebo",
        *left,
    ]
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent="  ")]
