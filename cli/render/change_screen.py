"""What changed between two snapshots, on a terminal: the finding, the steps, where it changed, what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.bars import CENT, Bar, Rule, draw
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from gex.change import Change, Figures, Step
    from gex.cli.render.figures import Money
    from gex.cli.render.terminal import Terminal, Token

LABELS = {"rolled_off": "rolled off"}
REASONS = {"expired": "expired", "not_listed": "not listed", "not_priced": "not priced"}
HEAD = ("", "net", "reversed", "gross", "0DTE", "vanna", "flip", "CW", "PW")
DOLLARS = ("net", "gross", "zero_dte_net", "vanna")
LEVELS = ("gamma_flip", "call_wall", "put_wall")
ORDERED = "parts depend on it; reversed: price to quantity moved the other way round"
STRIKES, EXPIRATIONS = 8, 5


def screen(change: Change, terminal: Terminal) -> str:
    """Return the change as text."""
    blocks = [
        [*_status(change, terminal), *_finding(change, terminal), *_warnings(change, terminal)],
        _steps(change, terminal),
        _bars(change, "strike", STRIKES, terminal),
        _bars(change, "expiration", EXPIRATIONS, terminal),
        _check(change, terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _status(change: Change, terminal: Terminal) -> list[str]:
    """Say which snapshots, and what the underlying did."""
    first, second = change.before, change.after
    moved = figures.signed(second.spot - first.spot, 2)
    pct = figures.signed(100.0 * (second.spot / first.spot - 1.0), 2)
    spots = f"{change.underlying} {figures.price(first.spot)} → {figures.price(second.spot)} ({moved}, {pct}%)"
    parts = [spots, f"{figures.moment(first.quote_time)} → {figures.moment(second.quote_time)}"]
    if change.settings.at:
        parts.append(f"EVALUATED at {figures.moment(second.evaluated_at)}")
    if change.settings.move_to:
        parts.append(f"RE-PRICED at {figures.price(second.spot)}")
    if change.settings.expirations != "all":
        parts.append(f"EXPIRATIONS {change.settings.expirations}")
    if first.open_interest_date and second.open_interest_date:
        parts.append(f"open interest of {first.open_interest_date:%m-%d} → {second.open_interest_date:%m-%d}")
    line, *rest = flow(parts, terminal.width, indent="  ")
    return [terminal.paint(line, "ink", bold=True), *rest]


def _finding(change: Change, terminal: Terminal) -> list[str]:
    """Say in words what moved net gamma and the flip most."""
    money = column_money(change, "net")
    total = f"{money(change.total.net)} {money.unit} per +1%"
    parts = ", ".join(f"{step_name(step)} {money(step.part.net)}" for step in largest(change, "net"))
    text = f"NET GAMMA {total}, to {money(change.after.figures.net)}: {parts}"
    token: Token = "positive" if change.total.net > 0 else "negative"
    lines = flow([text.removesuffix(": ")], terminal.width, indent="  ")
    lines = [line.replace(total, terminal.paint(total, token, bold=True), 1) for line in lines]
    return [*lines, *flow([flip_finding(change)], terminal.width, indent="  ")]


def flip_finding(change: Change) -> str:
    """Say where the flip went and what moved it most, or why there is none."""
    before, after, spot = change.before.figures, change.after.figures, change.after.spot
    if before.gamma_flip is None or after.gamma_flip is None:
        name, none = ("first", before) if before.gamma_flip is None else ("second", after)
        return f"FLIP none in the {name}: {none.reasons['gamma_flip']}"
    parts = ", ".join(
        f"{step_name(step)} {level_move(step.part.gamma_flip, spot)}" for step in largest(change, "gamma_flip")
    )
    text = f"FLIP {level_move(after.gamma_flip - before.gamma_flip, spot)} points, to {figures.level(after.gamma_flip, spot)}"
    return f"{text}: {parts}" if parts else text


def largest(change: Change, name: str) -> list[Step]:
    """Return the steps that matter: those above a tenth of the largest, the largest first."""
    sized = [(abs(getattr(step.part, name) or 0.0), step) for step in change.steps]
    top = max(size for size, _ in sized)
    return [step for size, step in sorted(sized, key=lambda pair: -pair[0]) if size > 0.1 * top]


def _steps(change: Change, terminal: Terminal) -> list[str]:
    """Lay out every step: parts between the two snapshots' own figures."""
    money = {name: column_money(change, name) for name in DOLLARS}
    spot = change.after.spot
    rows = [HEAD, _own(short_time(change.before.quote_time), change.before.figures, money, spot)]
    for step in change.steps:
        net, *others = (money[name](getattr(step.part, name)) for name in DOLLARS)
        levels = (level_move(getattr(step.part, name), spot, strike=name != "gamma_flip") for name in LEVELS)
        rows.append((step_name(step), net, money["net"](step.reversed_net), *others, *levels))
    rows.append(_own(short_time(change.after.quote_time), change.after.figures, money, spot))
    head, first, *steps, last = aligned(rows, "<" + ">" * (len(HEAD) - 1))
    unit = f"{money['net'].unit} per +1% (vanna: per vol point), levels in points"
    ends = [terminal.paint(line, "ink", bold=True) for line in (first, last)]
    return [terminal.paint(unit, "muted"), terminal.paint(head, "muted"), ends[0], *steps, ends[1]]


def _own(label: str, values: Figures, money: dict[str, Money], spot: float) -> tuple[str, ...]:
    """Return the row of a snapshot."""
    net, *others = (money[name](getattr(values, name)) for name in DOLLARS)
    flip = "none" if values.gamma_flip is None else figures.level(values.gamma_flip, spot)
    walls = ("none" if wall is None else figures.strike(wall) for wall in (values.call_wall, values.put_wall))
    gross, *later = others
    return (label, net, "", gross.removeprefix("+"), *later, flip, *walls)


def _bars(change: Change, column: str, most: int, terminal: Terminal) -> list[str]:
    """Draw where net gamma changed most, and what moved it there most."""
    rows = moved_most(change, column, most)
    if not rows:
        return []
    money = figures.Money.spanning(row.change for row in rows)
    marks: list[tuple[Any, Bar | Rule]] = [(row.where, _bar(row, money)) for row in rows]
    prices = [row.where for row in rows]
    if column == "strike" and min(prices) < change.after.spot < max(prices):
        marks.append((change.after.spot, Rule(figures.price(change.after.spot), "◄ spot")))
    marks.sort(key=lambda pair: pair[0], reverse=column == "strike")
    title = terminal.paint(f"{column}   change of net, {money.unit} per +1%, and its largest part", "muted")
    return [title, *draw([mark for _, mark in marks], terminal, min(terminal.width, 100))]


@dataclass(frozen=True)
class Moved:
    """A strike or expiration whose net gamma changed, $ per +1%, and the step that moved it most."""

    where: Any
    change: float
    cause: str
    part: float

    @property
    def label(self) -> str:
        """Where it is, in words."""
        return f"{self.where:%Y-%m-%d}" if hasattr(self.where, "year") else figures.strike(self.where)


def moved_most(change: Change, column: str, most: int) -> list[Moved]:
    """Return where net gamma changed most by `strike` or `expiration`, the largest change first."""
    moved = [row for row in change.by(column).to_dicts() if row["change"]]
    rows = sorted(moved, key=lambda row: -abs(row["change"]))[:most]
    names = [step.name for step in change.steps]
    causes = ((row, max(names, key=lambda name: abs(row[name]))) for row in rows)
    return [Moved(row[column], row["change"], LABELS.get(cause, cause), row[cause]) for row, cause in causes]


def _bar(row: Moved, money: Money) -> Bar:
    text = f"{money(row.change):>7}  {row.cause:<10} {money(row.part):>7}"
    return Bar(row.label, row.change, figures=text)


def _check(change: Change, terminal: Terminal) -> list[str]:
    """Account for the contracts, state the order and what it does, and the conventions."""
    kept, *counts = accounted(change)
    order = " → ".join(step_name(step) for step in change.steps)
    lines = [
        *flow([f"CHECK  {kept}", *counts], terminal.width, indent=" " * 7),
        *flow(
            [f"ORDER  {order}; {ORDERED}"],
            terminal.width,
            indent=" " * 7,
        ),
        *flow([f"ASSUMES  {change.assumptions[0]}", *change.assumptions[1:]], terminal.width, indent=" " * 9),
    ]
    return [terminal.paint(line, "muted") for line in lines]


def accounted(change: Change) -> list[str]:
    """Say how many contracts are in both snapshots, in one alone and why, and what the parts do not add up to."""
    counts = [
        f"{count:,} only in {side} ({REASONS[reason]}{'' if reason == 'expired' else ' in the other'})"
        for side, absent in (("the first", change.gone), ("the second", change.come))
        for reason, count in absent.items()
    ]
    gross = max(change.before.figures.gross, change.after.figures.gross, CENT)
    left = f"parts add up within {abs(change.residual.net) / gross:.0e} of gross"
    return [f"{change.common:,} contracts with a position in both", *counts, left]


def _warnings(change: Change, terminal: Terminal) -> list[str]:
    return [
        terminal.paint(line, "alert")
        for warning in change.warnings
        for line in flow([f"! {warning}"], terminal.width, indent="  ")
    ]


def column_money(change: Change, name: str) -> Money:
    """Return a column's scale, all columns in the unit of gross, with one digit more: parts are to be added up."""
    whole = figures.Money.spanning([change.before.figures.gross, change.after.figures.gross])
    shown = [getattr(each, name) for each in _all(change)]
    if name == "net":
        shown += [step.reversed_net for step in change.steps]
    return replace(whole, decimals=figures.decimals(max(map(abs, shown)) / whole.scale) + 1)


def _all(change: Change) -> Iterable[Figures]:
    return (change.before.figures, change.after.figures, *(step.part for step in change.steps))


def level_move(moved: float | None, spot: float, *, strike: bool = False) -> str:
    """Return a level's move: a strike's as listed, else as finely as the level is given."""
    if moved is None:
        return "none"
    if strike:
        return figures.signed(moved, 0 if float(moved).is_integer() else 2)
    return figures.signed(moved, 1 if spot >= 1000 else 2)


def step_name(step: Step) -> str:
    """Return a step's name in words."""
    return LABELS.get(step.name, step.name)


def short_time(time: dt.datetime) -> str:
    """Return a New York month, day and time."""
    return time.astimezone(figures.NEW_YORK).strftime("%m-%d %H:%M")
