"""Moves after gamma as a table for people, as rows and as a document."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render.document import SCHEMA_VERSION
from gex.cli.render.figures import signed
from gex.cli.render.terminal import flow, headed
from gex.signals.regression import ENOUGH

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.signals.regression import Group, LastHalfHour, NextDay, Slope

SLOPES = {
    "next_day": {"on_gamma": "size, points for one sd of gamma", "on_sign": "size, points more below zero"},
    "last_half_hour": {
        "below_zero": "last half hour after below zero",
        "above": "last half hour after zero or above",
        "difference": "the first less the second",
    },
}
"""The slopes of each part, as people read them."""
UNITS = {
    "on_gamma": "percentage_points_per_standard_deviation",
    "on_sign": "percentage_points",
    "below_zero": "pct_per_pct",
    "above": "pct_per_pct",
    "difference": "pct_per_pct",
}
SCHEMA = {
    "part": pl.String, "figure": pl.String, "group": pl.String, "unit": pl.String, "value": pl.Float64,
    "error": pl.Float64, "t": pl.Float64, "low": pl.Float64, "high": pl.Float64, "r_squared": pl.Float64,
    "lags": pl.Int64, "n": pl.Int64, "reason": pl.String,
}  # fmt: skip
NO_SERIES = "no series of prices half an hour before the close; give --before-close"
NO_VALUE = "–"


@dataclass(frozen=True)
class Regressed:
    """What was found, and of which series."""

    history: str
    gamma: str
    lost: int
    """Dates of gamma on which the history has no value."""
    next_day: NextDay
    before_close: str | None = None
    closing: LastHalfHour | None = None


def document(found: Regressed) -> dict[str, Any]:
    """Return all of it as one document; what is null has its reason under `reasons`."""
    after, closing = found.next_day, found.closing
    groups = {"by_quarter": after.by_quarter, "by_sign": after.by_sign}
    return {
        "schema_version": SCHEMA_VERSION,
        "history": found.history,
        "gamma": found.gamma,
        "before_close": found.before_close,
        "gamma_dates_without_history": found.lost,
        "enough_days": ENOUGH,
        "returns": "simple",
        "errors": "Newey and West's; low to high holds 95%",
        "next_day": {
            **_part(after, "next_day"),
            **{name: [asdict(group) for group in each] for name, each in groups.items()},
            "below_zero_days": after.below_zero,
            "gamma_standard_deviation": after.gamma_sd,
            "correlation": after.correlation,
            "reasons": after.reasons
            | {
                f"{name} {group.name}": _few(group)
                for name, each in groups.items()
                for group in each
                if not group.sd_pct
            },
        },
        "last_half_hour": closing and _part(closing, "last_half_hour") | {"reasons": closing.reasons},
        "reasons": {} if closing else {"last_half_hour": NO_SERIES},
    }


def _part(part: NextDay | LastHalfHour, name: str) -> dict[str, Any]:
    slopes = {figure: getattr(part, figure) for figure in SLOPES[name]}
    return {
        "from": None if part.first is None else part.first.item(),
        "to": None if part.last is None else part.last.item(),
        "n": part.n,
        "left_out": part.left_out,
        **{figure: slope and {"unit": UNITS[figure], **asdict(slope)} for figure, slope in slopes.items()},
    }


def rows(found: Regressed) -> list[dict[str, Any]]:
    """Return a row a figure: of groups, of the correlation, and of slopes with their errors."""
    after, closing = found.next_day, found.closing
    made: list[dict[str, Any]] = []
    for group in (*after.by_quarter, *after.by_sign):
        for figure, value in (("sd", group.sd_pct), ("mean_absolute", group.mean_absolute_pct)):
            row = {"part": "next_day", "figure": figure, "group": group.name, "unit": "pct", "value": value}
            made.append(row | {"n": group.n, "reason": _few(group) if value is None else None})
    row = {"part": "next_day", "figure": "correlation", "unit": "none", "value": after.correlation, "n": after.n}
    made.append(row | {"reason": after.reasons.get("correlation")})
    for part, held in (("next_day", after), ("last_half_hour", closing)):
        for figure in SLOPES[part] if held else ():
            slope: Slope | None = getattr(held, figure)
            known = asdict(slope) if slope else {"reason": held.reasons[figure]}  # type: ignore[union-attr]
            made.append({"part": part, "figure": figure, "unit": UNITS[figure], **known})
    return [dict.fromkeys(SCHEMA) | row for row in made]


def frame(found: Regressed) -> pl.DataFrame:
    """Return the same as a table, columns of `SCHEMA`."""
    return pl.DataFrame(rows(found), schema=SCHEMA)


def screen(found: Regressed, terminal: Terminal) -> str:
    """Return all of it as text."""
    blocks = [
        _head(found, terminal),
        _groups(found.next_day, terminal),
        _slopes(found, terminal),
        _notes(found, terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks)


def _head(found: Regressed, terminal: Terminal) -> list[str]:
    after, closing = found.next_day, found.closing
    span = f" from {after.first} to {after.last}" if after.n else ""
    parts = [f"{after.n:,} days of gamma{span}", f"{after.below_zero:,} below zero"]
    parts += [f"{count:,} left out: {why}" for why, count in after.left_out.items()]
    parts += [f"{found.lost:,} left out: no {found.history} that day"] if found.lost else []
    if closing:
        parts += [f"{closing.n:,} last half hours", *(f"{n:,} left out: {why}" for why, n in closing.left_out.items())]
    title = f"{found.history}  moves after {found.gamma}"
    return [
        terminal.paint(title, "ink", bold=True),
        *(terminal.paint(line, "ink") for line in flow(parts, terminal.width, indent="  ")),
    ]


def _groups(after: NextDay, terminal: Terminal) -> list[str]:
    rows = [
        (group.name, f"{group.n:,}", _percent(group.sd_pct), _percent(group.mean_absolute_pct))
        for group in (*after.by_quarter, *after.by_sign)
    ]
    return headed(("gamma", "days", "next day's sd", "mean size"), rows, "<>>>", terminal)


def _slopes(found: Regressed, terminal: Terminal) -> list[str]:
    rows, unseen, reasons = [], [], []
    for part, held in (("next_day", found.next_day), ("last_half_hour", found.closing)):
        for figure, label in (SLOPES[part] if held else {}).items():
            slope: Slope | None = getattr(held, figure)
            if slope is None:
                reasons.append(f"{label}: {held.reasons[figure]}")  # type: ignore[union-attr]
                continue
            ends = f"{signed(slope.low, 2)} to {signed(slope.high, 2)}"
            explained = f"{100 * slope.r_squared:.1f}%"
            rows.append((label, signed(slope.value, 2), ends, signed(slope.t, 1), explained, f"{slope.n:,}"))
            unseen += [label] if slope.low <= 0 <= slope.high else []
    lines = headed(("slope", "", "95%", "t", "R2", "days"), rows, "<>>>>>", terminal) if rows else []
    lines += flow([f"no effect seen: {'; '.join(unseen)}"], terminal.width, indent="  ") if unseen else []
    told = (line for why in reasons for line in flow([why], terminal.width, indent="  "))
    return [*lines, *(terminal.paint(line, "alert") for line in told)]


def _notes(found: Regressed, terminal: Terminal) -> list[str]:
    after = found.next_day
    parts = (
        [f"correlation of gamma and the next day's size {signed(after.correlation, 3)}"] if after.correlation else []
    )
    parts += [f"one sd of gamma is {after.gamma_sd:.3g} of its own unit"] if after.gamma_sd else []
    lags = sorted({slope.lags for _, slope in _found(found)})
    parts += (
        [f"errors of Newey and West with {' to '.join(map(str, lags[:: max(len(lags) - 1, 1)]))} lags"] if lags else []
    )
    parts += ["size: absolute return", "what goes together need not be cause and effect"]
    parts += [] if found.closing else [NO_SERIES]
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent="  ")]


def _found(found: Regressed) -> list[tuple[str, Slope]]:
    every = [(figure, getattr(found.next_day, figure)) for figure in SLOPES["next_day"]]
    every += [(figure, getattr(found.closing, figure)) for figure in SLOPES["last_half_hour"] if found.closing]
    return [(figure, slope) for figure, slope in every if slope]


def _few(group: Group) -> str:
    return f"not enough data: n = {group.n}"


def _percent(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.3f}%"
