"""A series on a terminal: the last session in words, the course of net gamma, a line a session, what moved it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.bars import Bar, draw
from gex.cli.render.columns import Column, fitting, laid_out
from gex.cli.render.screen import HELD
from gex.cli.render.terminal import flow
from gex.summary import DECISIVE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from gex.cli.render.figures import Money
    from gex.cli.render.terminal import Terminal, Token
    from gex.history import History

    Row = dict[str, Any]

NET, GROSS = "net_gamma_usd_per_1pct", "gross_gamma_usd_per_1pct"
TODAY_NET, TODAY, ABOVE = "zero_dte_net_gamma_usd_per_1pct", "zero_dte_share_of_gross", "spot_above_flip_pct"
TICKS = "▁▂▃▄▅▆▇█"
BARS = 16
"""Columns that bars need beside the figures."""
NO_VALUE = "–"


@dataclass(frozen=True)
class Shown:
    """A series as asked for."""

    history: History
    rows: list[Row]
    reasons: list[dict[str, str]]
    which: str
    every: str
    gap: str | None

    @cached_property
    def money(self) -> Money:
        """The scale of dollars of the whole series."""
        return figures.Money.spanning(row[NET] for row in self.rows)

    @cached_property
    def years(self) -> int:
        """How many years its rows are of."""
        return len({row["quote_date"].year for row in self.rows})


def screen(shown: Shown, terminal: Terminal) -> str:
    """Return the series as text."""
    from gex.cli.render.attribution import moved

    blocks = [
        [*_head(shown, terminal), *_last(shown, terminal), *_warnings(shown, terminal)],
        _table(shown, terminal),
        moved(shown.rows, shown.reasons, terminal),
        _notes(shown, terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def held(rows: Sequence[Row]) -> str:
    """Say once what every dollar figure assumes of who holds what."""
    models = list(dict.fromkeys(row["positions"] for row in rows))
    return "; ".join(HELD.get(model, f"with the positions of {model}") for model in models)


def _head(shown: Shown, terminal: Terminal) -> list[str]:
    """Say what is shown, and what all dollars assume."""
    first, last = shown.rows[0], shown.rows[-1]
    sessions = len({row["quote_date"] for row in shown.rows})
    count = f"{sessions} session{'' if sessions == 1 else 's'}"
    if len(shown.rows) > sessions:
        count = f"{len(shown.rows)} snapshots of {count}"
    which = "as reported" if shown.which == "as_reported" else "restated"
    parts = [
        f"{last['underlying']}  {count} from {first['quote_date']} to {last['quote_date']}",
        *(["the last snapshot of each"] if shown.every == "session" else []),
        which,
        f"{shown.money.unit} per +1% {held(shown.rows)}",
    ]
    line, *rest = flow(parts, terminal.width, indent="  ")
    return [terminal.paint(line, "ink", bold=True), *rest]


def _last(shown: Shown, terminal: Terminal) -> list[str]:
    """Say where the last session stands."""
    row, money = shown.rows[-1], shown.money
    net = f"NET {money.alone(row[NET])} {money.unit}"
    parts = [f"{_when(row, shown)}  {net}{_ranked(row, NET)}{_since(row, money)}"]
    if row[ABOVE] is None:
        parts.append(f"no flip: {shown.reasons[-1].get('gamma_flip', 'there is none')}")
    else:
        side = "above" if row[ABOVE] >= 0 else "below"
        parts.append(f"spot {abs(row[ABOVE]):.2f}% {side} the flip{_ranked(row, ABOVE)}")
    if row[TODAY] is not None:
        parts.append(f"0DTE {figures.percent(row[TODAY])} of gross{_ranked(row, TODAY)}")
    token: Token = "positive" if row[NET] > 0 else "negative"
    lines = flow(parts, terminal.width, indent="  ")
    return [line.replace(net, terminal.paint(net, token, bold=True), 1) for line in lines]


def _ranked(row: Row, name: str) -> str:
    """Give a figure's place among its own past."""
    if row[f"{name}_percentile"] is None:
        return ""
    score = "" if row[f"{name}_zscore"] is None else f", z {figures.signed(row[f'{name}_zscore'], 1)}"
    return f" (percentile {row[f'{name}_percentile']:.0f} of {row[f'{name}_sessions']} sessions before{score})"


def _since(row: Row, money: Money) -> str:
    change = row[f"{NET}_change"]
    return "" if change is None else f", {money.alone(change)} since {row['previous_date']:%m-%d}"


def _warnings(shown: Shown, terminal: Terminal) -> list[str]:
    texts = [*shown.history.warnings, *([shown.gap] if shown.gap else [])]
    return [
        terminal.paint(line, "alert") for text in texts for line in flow([f"! {text}"], terminal.width, indent="  ")
    ]


def _table(shown: Shown, terminal: Terminal) -> list[str]:
    """Lay out a line a row, with bars of net gamma where there is room."""
    columns = fitting(_columns(shown), shown.rows, terminal.width)
    head, *lines = laid_out(columns, shown.rows)
    width = max(map(len, [head, *lines]))
    if terminal.width - width < BARS:
        return [terminal.paint(head, "muted"), *lines, *_spark(shown, terminal)]
    marks = [Bar(f"{line:<{width}}", row[NET], inner=_inner(row)) for line, row in zip(lines, shown.rows, strict=True)]
    title = f"{head:<{width}}  net (0DTE inside)"
    return [terminal.paint(title[: terminal.width], "muted"), *draw(marks, terminal, terminal.width)]


def _inner(row: Row) -> float:
    return row[TODAY_NET] or 0.0


def _columns(shown: Shown) -> list[Column]:
    money = shown.money
    gross = figures.Money(
        money.scale, money.unit, figures.decimals(max(row[GROSS] for row in shown.rows) / money.scale)
    )
    columns = [
        Column("DATE", lambda row: _when(row, shown)),
        Column("spot", lambda row: figures.price(row["spot"])),
        Column("flip", lambda row: _or_none(row["gamma_flip"], lambda value: figures.level(value, row["spot"]))),
        Column("above", lambda row: _or_none(row[ABOVE], lambda value: figures.signed(value, 2) + "%")),
        Column("sigma", lambda row: _or_none(row["spot_above_flip_sigma"], lambda v: figures.signed(v, 1)), 2),
        Column("CW", lambda row: _or_none(row["call_wall"], figures.strike)),
        Column("PW", lambda row: _or_none(row["put_wall"], figures.strike)),
        Column("net", lambda row: money(row[NET]) + ("?" if row["regime"] == "near_zero" else "")),
        Column("gross", lambda row: gross(row[GROSS]).removeprefix("+"), 1),
        Column("0DTE", lambda row: _or_none(row[TODAY], figures.percent)),
    ]
    if any(row[f"{NET}_percentile"] is not None for row in shown.rows):
        columns.append(Column("pctl", lambda row: _or_none(row[f"{NET}_percentile"], lambda value: f"{value:.0f}")))
    return columns


def _spark(shown: Shown, terminal: Terminal) -> list[str]:
    """Draw net gamma as one line of ticks, as many of the last rows as there is room for."""
    money = shown.money
    nets = [row[NET] for row in shown.rows][-(terminal.width - 30) :]
    low, high = min(nets), max(nets)
    if len(nets) < 3 or low == high:
        return []
    ticks = "".join(TICKS[round((net - low) / (high - low) * (len(TICKS) - 1))] for net in nets)
    return [f"net  {ticks}  {money(low)} to {money(high)} {money.unit}"]


def _notes(shown: Shown, terminal: Terminal) -> list[str]:
    """Say what ranks rest on, or why there are none."""
    history = shown.history
    past = f"the last {history.window} sessions" if history.window else "all sessions"
    rule = f"percentiles and z against {past} before, under the same settings"
    most = max(row[f"{NET}_sessions"] for row in shown.rows)
    if most < history.at_least:
        rule = f"no percentiles: {most} earlier sessions at most, {history.at_least} needed (--min-sessions)"
    parts = [rule, "above: spot over the flip", "walls by net gamma", "0DTE: share of gross"]
    if any(row["regime"] == "near_zero" for row in shown.rows):
        parts.append(f"?: net under {DECISIVE:.0%} of gross, sign unknown")
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent="  ")]


def _when(row: Row, shown: Shown) -> str:
    """Return the date, and the time in New York; the year where the series spans more than one."""
    time: dt.datetime = row["quote_time"].astimezone(figures.NEW_YORK)
    return f"{time:%Y-%m-%d %H:%M}" if shown.years > 1 else f"{time:%m-%d %H:%M}"


def _or_none(value: float | None, text: Callable[[float], str]) -> str:
    return NO_VALUE if value is None else text(value)
