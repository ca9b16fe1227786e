"""A brief as one page, as a document and as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render import figures
from gex.cli.render.document import SCHEMA_VERSION
from gex.cli.render.regime_document import readings, sources, words
from gex.cli.render.regime_screen import LABELS, NO_VALUE, state_of, value_of
from gex.cli.render.terminal import flow
from gex.signals.regime import SPX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gex.brief import Brief
    from gex.brief_sections import Figure, Section
    from gex.cli.render.terminal import Terminal
    from gex.ingest.daily_schema import DailyHistory
    from gex.signals.regime import Reading

REGIME, CHANGES = "VOLATILITY REGIME", "(→ the next close that changes it)"
TITLES = {
    "trend_followers": "TREND FOLLOWERS",
    "averages": "AVERAGES AND STREAKS",
    "extremes": "PRIOR EXTREMES AND ROUND NUMBERS",
    "confluence": "LEVELS THAT LIE TOGETHER",
    "seasonality": "MONTHS OF THE YEAR",
    "leveraged_funds": "LEVERAGED AND INVERSE FUNDS",
    "volatility_control": "VOLATILITY CONTROL",
    "dealers": "DEALER GAMMA",
}
NAMES = {
    "week_down": "week, down",
    "month_down": "month, down",
    "weekly_sma_20": "20 weeks",
    "highest_close": "highest close",
    "lowest_close_of_a_year": "lowest of year",
    "round_above": "above",
    "round_below": "below",
    "traded_at_the_close": "at the close",
    "per_1pct": "per 1%",
    "next_trade": "next trade",
    "after_minus_3pct": "after −3%",
    "net_gamma_per_1pct": "net per +1%",
    "gamma_flip": "flip",
}
NAME_WIDTH, VALUE_WIDTH = 14, 10
COLUMNS = {
    "section": pl.String,
    "name": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "date": pl.Date,
    "says": pl.String,
    "reason": pl.String,
}


def screen(found: Brief, terminal: Terminal) -> str:
    """Return the page."""
    regime = [line for reading in found.regime.readings for line in _reading(reading, terminal)]
    # VIX and what is read beside it are of the S&P 500, whichever index the brief is of.
    title = f"{REGIME} {CHANGES}" if found.index == SPX else f"{REGIME} of {SPX} {CHANGES}"
    blocks = [_head(found, terminal), [terminal.paint(title, "ink", bold=True), *regime]]
    blocks += [_section(section, terminal) for section in found.sections]
    return "\n".join("\n".join(block) + "\n" for block in blocks)


def document(found: Brief, histories: Mapping[str, DailyHistory]) -> dict[str, Any]:
    """Return the brief as one document."""
    names = dict.fromkeys([found.index, *(name for reading in found.regime.readings for name in reading.inputs)])
    return {
        "schema_version": SCHEMA_VERSION,
        "as_of": found.as_of,
        "index": found.index,
        "date": found.date,
        "close": found.close,
        "return_pct": found.return_pct,
        "regime": readings(found.regime),
        "sections": [asdict(section) for section in found.sections],
        "histories": sources(names, histories),
    }


def frame(found: Brief) -> pl.DataFrame:
    """Return a row a figure, the regime's first; a section without any has a row with its reason."""
    rows: list[dict[str, Any]] = [
        {"section": "regime", "name": each.name, "value": each.value, "unit": each.unit}
        | {"date": each.date, "says": _says(each) or None, "reason": each.reason}
        for each in found.regime.readings
    ]
    for section in found.sections:
        own = {"section": section.name, "date": section.date, "reason": section.reason}
        rows += [own | asdict(figure) for figure in section.figures] or [own]
    return pl.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], schema=COLUMNS)


def _head(found: Brief, terminal: Terminal) -> list[str]:
    parts = [f"BRIEF  {found.index}, the evening of {found.as_of:%a %Y-%m-%d}"]
    if found.close is not None and found.return_pct is not None:
        on = "" if found.date == found.as_of else f" on {found.date}"
        parts.append(f"close {found.close:.2f}{on}, {figures.signed(found.return_pct, 1)}% on the day")
    return [terminal.paint(line, "ink", bold=True) for line in flow(parts, terminal.width, indent="  ")]


def _reading(reading: Reading, terminal: Terminal) -> list[str]:
    label = LABELS[reading.name]
    if not reading.current:
        return _line(label, NO_VALUE, reading.reason or "", terminal)
    changes = [terminal.paint(line, "muted") for line in _line("", "", f"→ {_next(reading)}", terminal)]
    return [*_line(label, value_of(reading), _says(reading), terminal), *(changes if reading.changes else [])]


def _says(reading: Reading) -> str:
    """Say the state and its place in the past."""
    parts = [f"{state_of(reading)} since {reading.since}"] if reading.state else []
    if reading.percentile is not None:
        parts.append(f"percentile {reading.percentile:.0f}")
    return ", ".join(parts)


def _next(reading: Reading) -> str:
    """Say what the next close has to do to change it; where that hangs on another series, the first way alone."""
    alone = [change for change in reading.changes if not change.given] or reading.changes[:1]
    return "; ".join(words(change).removeprefix(f"{LABELS[reading.name]} ") for change in alone)


def _section(section: Section, terminal: Terminal) -> list[str]:
    lines = [terminal.paint(TITLES[section.name], "ink", bold=True)]
    if section.reason is not None:
        told = flow([f"  {section.reason}"], terminal.width, indent="  ")
        return [*lines, *(terminal.paint(line, "muted") for line in told)]
    return lines + [line for each in section.figures for line in _line(_name(each), _value(each), each.says, terminal)]


def _line(name: str, value: str, says: str, terminal: Terminal) -> list[str]:
    head = f"  {name:<{NAME_WIDTH}}{value:>{VALUE_WIDTH}}  "
    return flow([head + says], terminal.width, indent=" " * len(head))


def _name(figure: Figure) -> str:
    return NAMES.get(figure.name, figure.name.replace("cluster", "group").replace("_", " ").replace("sma", "SMA"))


def _value(figure: Figure) -> str:
    if figure.unit == "usd":
        return figures.dollars(figure.value)
    if figure.unit == "points":
        return figures.price(figure.value)
    return f"{figure.value:.2f}" if figure.unit == "multiple" else f"{figures.signed(figure.value, 1)}%"
