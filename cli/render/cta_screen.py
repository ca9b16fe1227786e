"""Trend followers on a terminal: what they hold, where their signals turn, what they would trade, and the errors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.columns import Column, fitting, laid_out
from gex.cli.render.figures import Money
from gex.cli.render.terminal import aligned, flow
from gex.flows.fitted import ERRORS, FIRST, FITTED_ON, LAST, NOTES, PERCENTILE_ERROR, PIVOT_ERRORS_PCT
from gex.flows.flow_table import SCENARIOS
from gex.flows.trend import PIVOTS
from gex.flows.triggers import FLAT_PATHS, REACH

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from gex.cli.render.terminal import Terminal, Token
    from gex.flows.trend_report import TrendReport

    Row = dict[str, Any]

NO_VALUE = "–"
STATES = {1: "long", -1: "short", 0: "even"}


@dataclass(frozen=True)
class Asked:
    """What was asked for, and of which file."""

    as_of: dt.date | None
    path: str
    sha256: str


def screen(report: TrendReport, asked: Asked, terminal: Terminal) -> str:
    """Return the report as text."""
    blocks = [
        [*_head(report, terminal), *_warnings(report, asked, terminal)],
        _pivots(report, terminal),
        _flows(report, terminal),
        _triggers(report, terminal),
        _systems(report, terminal),
        _notes(report, terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def warnings_of(report: TrendReport, asked: Asked) -> list[str]:
    """Say what a reader must know of the dates."""
    found = list(report.warnings)
    if asked.as_of is not None and asked.as_of != report.as_of:
        found.insert(0, f"{asked.as_of} has no row: this is after the close of {report.as_of}, the last session before")
    return found


def _head(report: TrendReport, terminal: Terminal) -> list[str]:
    token: Token = "positive" if report.position > 0 else "negative"
    close = figures.price(report.close)
    first = f"{report.symbol} {report.as_of:%a %Y-%m-%d}, close {close}: trend followers are {_side(report.position)}"
    parts = [f"{figures.signed(100 * report.position, 0)}% of a full position"]
    if report.position_usd is not None:
        money = Money.spanning([report.position_usd, ERRORS["position"].left_out if report.fitted else None])
        parts.append(f"{money(report.position_usd)}{_error(report, 'position', money)} {money.unit}")
    else:
        parts.append(f"no dollars: {report.reasons['position_usd']}")
    if report.percentile is not None:
        parts.append(f"percentile {report.percentile:.0f} of {report.past:,} sessions before")
    else:
        parts.append(f"no percentile: {report.reasons['percentile']}")
    parts.append(f"volatility {100 * report.volatility:.1f}% a year")
    return [
        *(terminal.paint(line, token, bold=True) for line in flow([first], terminal.width)),
        *_indented(parts, terminal),
    ]


def _side(position: float) -> str:
    return "LONG" if position > 0 else "SHORT" if position < 0 else "FLAT"


def _warnings(report: TrendReport, asked: Asked, terminal: Terminal) -> list[str]:
    texts = warnings_of(report, asked)
    return [
        terminal.paint(line, "alert") for text in texts for line in flow([f"! {text}"], terminal.width, indent="  ")
    ]


def _pivots(report: TrendReport, terminal: Terminal) -> list[str]:
    rows = [("PIVOT", "average", "level", "the close is", "published levels differ by")]
    for name, span in PIVOTS.items():
        level, (count, mean, most) = report.pivots[name], PIVOT_ERRORS_PCT[name]
        off = f"{mean:.2f}%, at most {most:.2f}% (n = {count})" if report.symbol == FITTED_ON else NO_VALUE
        rows.append((name, f"EMA {span}", figures.level(level, report.close), _above(report.close, level), off))
    head, *lines = aligned(rows, "<<>><")
    return [terminal.paint(head, "muted"), *lines]


def _above(close: float, level: float) -> str:
    gap = 100 * (close / level - 1)
    return f"{abs(gap):.2f}% {'above' if gap >= 0 else 'below'}"


def _flows(report: TrendReport, terminal: Terminal) -> list[str]:
    if report.flows is None:
        return []
    values = [value for row in report.flows.values() for value in row.values()]
    money = Money.spanning([*values, *(usd for _, usd in report.stresses)])
    rows: list[tuple[str, ...]] = [(f"WOULD BUY {money.unit}", *SCENARIOS)]
    for horizon, row in report.flows.items():
        rows.append(
            (
                f"in a {horizon}",
                *(money(value) + _error(report, f"{horizon}_{name}", money) for name, value in row.items()),
            )
        )
    if report.fitted:
        rows += [(f"skill, {each}", *(_skill(f"{each}_{name}") for name in SCENARIOS)) for each in report.flows]
    head, *lines = aligned(rows, "<>>>", gap="   ")
    stresses = [f"{stress.name} at {stress.volatility:.0%} volatility {money(usd)}" for stress, usd in report.stresses]
    return [terminal.paint(head, "muted"), *lines, *_indented(["stress: " + stresses[0], *stresses[1:]], terminal)]


def _error(report: TrendReport, figure: str, money: Money) -> str:
    return f" ± {money(ERRORS[figure].left_out).removeprefix('+')}" if report.fitted else ""


def _skill(figure: str) -> str:
    skill = ERRORS[figure].skill
    return figures.percent(skill) if skill > 0.0 else "none"


def _triggers(report: TrendReport, terminal: Terminal) -> list[str]:
    rows: list[Row] = [
        {"rule": each.rule.name, "state": STATES[each.state], "next": each.next_close, "reach": each.in_reach}
        | {str(sessions): price for sessions, price in each.flat.items()}
        for each in report.triggers
    ]

    def price(value: float) -> str:
        return figures.level(value, report.close) if value > 0.0 else NO_VALUE

    columns = [
        Column("RULE", lambda row: str(row["rule"])),
        Column("now", lambda row: str(row["state"])),
        Column("turns at", lambda row: price(row["next"])),
        Column("away", lambda row: _away(row["next"], report.close, reach=row["reach"]), 1),
        *(Column(f"{after} closes", partial(_path, price=price, after=str(after)), 2) for after in FLAT_PATHS),
    ]
    head, *lines = laid_out(fitting(columns, rows, terminal.width), rows)
    return [terminal.paint(head, "muted"), *lines]


def _path(row: Row, price: Callable[[float], str], after: str) -> str:
    return price(row[after])


def _away(price: float, close: float, *, reach: bool) -> str:
    return f"{figures.signed(100 * (price / close - 1), 2)}%" if reach else "too far"


def _systems(report: TrendReport, terminal: Terminal) -> list[str]:
    rows = [("SYSTEM", "signal", "position", "held in full up to a volatility of")]
    rows += [
        (
            each.system.name,
            figures.signed(each.signal, 2),
            figures.signed(each.position, 2),
            f"{each.system.target_volatility:.0%}",
        )
        for each in report.stances
    ]
    head, *lines = aligned(rows, "<>>>")
    return [terminal.paint(head, "muted"), *lines]


def _notes(report: TrendReport, terminal: Terminal) -> list[str]:
    parts = [
        "a rule is long above its price and short below",
        f"5, 10, 21 closes: all of them at that price; too far: over {REACH:.0%} away, out of reach in one close",
        "flat is a constant price, up and down drift by two standard deviations",
    ]
    if report.fitted:
        parts += [
            f"dollars of equities worldwide, fitted to {NOTES} published notes of {FIRST} to {LAST}",
            "± is the root mean square error on notes that the fit had not seen",
            "skill: share of mean square error that the model takes off a guess, the mean of the other notes",
            f"published percentiles differ by {PERCENTILE_ERROR:.0f} points on average",
        ]
    elif report.flows is not None:
        parts.append("the model is your own: nothing is known of its error")
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent="  ")]


def _indented(parts: list[str], terminal: Terminal) -> list[str]:
    return ["  " + line for line in flow(parts, terminal.width - 2)]
