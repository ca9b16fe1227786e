"""The states of limits: as a table for people, and as a document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow
from gex.limit_fields import FIELDS
from gex.limit_states import STATES
from gex.limits import Beyond, Crosses, Distance, Is, Moves, Percentile, Within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gex.cli.checking import Checked
    from gex.cli.render.terminal import Terminal, Token
    from gex.limit_fields import Unit
    from gex.limit_states import Verdict

SCHEMA_VERSION = 1
HEAD = ("STATE", "RULE", "FIGURE", "LIMIT", "SINCE")
SEVERITIES = ("breach", "warn", "info")
NO_RULE = "no rule is about it"


def screen(checks: Iterable[Checked], terminal: Terminal) -> str:
    """Return the states of all symbols as text, what needs attention first."""
    return "\n".join("\n".join(_symbol(each, terminal)) + "\n" for each in checks)


def document(checked: Checked) -> dict[str, Any]:
    """Return the states of one symbol; `jsonable` makes it JSON's."""
    return {
        "schema_version": SCHEMA_VERSION,
        "symbol": checked.symbol,
        "at": checked.at,
        "quote_time": checked.quote_time,
        "age_minutes": checked.age_minutes,
        "age_sessions": checked.age_sessions,
        "live": checked.live,
        "snapshots": checked.snapshots,
        "exit_code": checked.exit_code,
        "reasons": checked.problems,
        "limits": [entry(each) for each in ordered(checked.verdicts)],
    }


def entry(verdict: Verdict) -> dict[str, Any]:
    """Return one state as a document."""
    rule = verdict.rule
    return {
        "rule": rule.name,
        "symbol": verdict.symbol,
        "severity": rule.severity,
        "state": verdict.state,
        "field": rule.field,
        "unit": _unit(verdict),
        "figure": verdict.figure,
        "limit": limit(verdict),
        "threshold": verdict.rule.threshold,
        "clear": verdict.rule.clear,
        "against": verdict.against,
        "against_time": verdict.against_time,
        "held": verdict.held,
        "for": str(rule.lasting),
        "since": verdict.since,
        "quote_time": verdict.quote_time,
        "reason": verdict.reason,
        "how": how(verdict),
        "message": rule.message or None,
    }


def ordered(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return what needs attention first: by state, then by severity, then as the file has it."""
    return sorted(verdicts, key=lambda each: (STATES.index(each.state), SEVERITIES.index(each.rule.severity)))


def limit(verdict: Verdict) -> str:
    """Say in words what the limit is."""
    test, unit = verdict.rule.test, FIELDS[verdict.rule.field].unit
    match test:
        case Beyond():
            text = f"{test.side} {_amount(test.bound, unit)}"
        case Percentile():
            text = f"percentile {test.side} {test.bound:g}"
        case Within():
            text = f"within {_distance(test.distance, unit)} of {test.other}"
        case Moves():
            text = f"moved over {_distance(test.distance, unit)} in {test.over}"
        case Crosses():
            text = f"crossed {test.other} in {test.over}"
        case Is():
            text = f"is {' or '.join(test.values)}"
    return text if verdict.rule.lasting.count == 1 else f"{text} for {verdict.rule.lasting}"


def figure(verdict: Verdict) -> str:
    """Return what is held against the limit, with its unit."""
    value, test = verdict.figure, verdict.rule.test
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return value
    unit: Unit = FIELDS[verdict.rule.field].unit
    match test:
        case Percentile():
            return f"percentile {value:.1f}"
        case Within() | Moves():
            sign = isinstance(test, Moves)
            return _apart(value, test.distance, unit, signed=sign)
        case Crosses():
            return _apart(value, test.clear, unit, signed=True)
    return _amount(value, unit)


def how(verdict: Verdict) -> str:
    """Say how the figure was computed."""
    rule, test = verdict.rule, verdict.rule.test
    against = "?" if verdict.against is None else _amount(verdict.against, FIELDS[rule.field].unit)
    before = "" if verdict.against_time is None else f" of {figures.moment(verdict.against_time)}"
    match test:
        case Percentile():
            size = "?" if verdict.against is None else f"{verdict.against:.0f}"
            return f"{rule.field} among its values at the end of {size} earlier sessions; equal ones count half"
        case Within():
            return f"distance of {rule.field} from {test.other}, {against}"
        case Moves():
            return f"{rule.field} less {against}{before}"
        case Crosses():
            apart = "?" if verdict.against is None else _apart(verdict.against, test.clear, "points", signed=True)
            return f"{rule.field} less {test.other}, which was {apart}{before}"
    return f"{rule.field}: {FIELDS[rule.field].meaning}"


def _symbol(checked: Checked, terminal: Terminal) -> list[str]:
    verdicts = ordered(checked.verdicts)
    lines = [terminal.paint(each, "ink", bold=True) for each in flow(_status(checked), terminal.width, indent="  ")]
    if checked.quote_time is None:
        return lines
    if not verdicts:
        return [*lines, terminal.paint(NO_RULE, "muted")]
    rows = [HEAD, *(_row(each) for each in verdicts)]
    head, *body = aligned(rows, "<<><<")
    lines += [terminal.paint(head, "muted")]
    for row, verdict in zip(body, verdicts, strict=True):
        lines.append(_painted(row, verdict, terminal))
        if verdict.state not in {"ok", "cleared"}:
            lines += [terminal.paint(each, "muted") for each in _notes(verdict, terminal.width)]
    return [*lines, *(terminal.paint(each, "muted") for each in flow(_end(checked), terminal.width, indent="  "))]


def _status(checked: Checked) -> list[str]:
    """Say which snapshot this is about, and how old it is: what is not of now is never shown as live."""
    if checked.quote_time is None:
        count = len(checked.verdicts)
        return [
            checked.symbol,
            f"NO SNAPSHOT, so all {count} limits are unknown" if count else f"NO SNAPSHOT · {NO_RULE}",
        ]
    counts = {state: sum(each.state == state for each in checked.verdicts) for state in STATES}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return [checked.symbol, f"quotes of {figures.moment(checked.quote_time)}", checked.age, told]


def _row(verdict: Verdict) -> tuple[str, ...]:
    label = verdict.rule.severity.upper() if verdict.state == "breached" else verdict.state
    since = "" if verdict.since is None else f"{verdict.since.astimezone(figures.NEW_YORK):%m-%d %H:%M}"
    return label, verdict.rule.name, figure(verdict), limit(verdict), since


def _painted(row: str, verdict: Verdict, terminal: Terminal) -> str:
    if verdict.state == "breached":
        token: Token = "alert" if verdict.rule.severity == "breach" else "negative"
        return terminal.paint(row, token, bold=True)
    return terminal.paint(row, "ink", bold=True) if verdict.state in {"unknown", "pending"} else row


def _notes(verdict: Verdict, width: int) -> list[str]:
    """Say what to do, why nothing is known, and how the figure came about."""
    held = f"held for {verdict.held} of {verdict.rule.lasting}" if verdict.state == "pending" else None
    over = _over(verdict) if verdict.state == "breached" else None
    indent = " " * 10
    lines: list[str] = []
    for block in ([verdict.rule.message], [held, verdict.reason or how(verdict), over]):
        if told := [each for each in block if each]:
            lines += flow([indent + told[0], *told[1:]], width, indent=indent)
    return lines


def _over(verdict: Verdict) -> str | None:
    """Say where a breach is over again, where that is not where it began."""
    test, unit = verdict.rule.test, FIELDS[verdict.rule.field].unit
    match test:
        case Beyond(clear=float(clear), side=side):
            return f"over from {_amount(clear, unit)} {'up' if side == 'below' else 'down'}"
        case Percentile(clear=float(clear), side=side):
            return f"over from percentile {clear:g} {'up' if side == 'below' else 'down'}"
        case Within(clear=Distance() as clear):
            return f"over beyond {_distance(clear, unit)}"
        case Moves(clear=Distance() as clear):
            return f"over from {_distance(clear, unit)} down"
    return None


def _end(checked: Checked) -> list[str]:
    counted = f"{checked.snapshots:,} snapshot{'s' if checked.snapshots != 1 else ''}"
    return [f"from {counted}", "times are New York's", *checked.problems]


def _unit(verdict: Verdict) -> str:
    """Return the unit of the figure."""
    match verdict.rule.test:
        case Percentile():
            return "percentile"
        case Within(distance=apart) | Moves(distance=apart) | Crosses(clear=apart) if apart.unit == "pct":
            return "percent"
        case Within() | Crosses():
            return "points"
    return FIELDS[verdict.rule.field].unit


def _distance(distance: Distance, unit: Unit) -> str:
    return f"{distance.amount:g}%" if distance.unit == "pct" else _plain(distance.amount, unit)


def _apart(value: float, distance: Distance, unit: Unit, *, signed: bool) -> str:
    if distance.unit == "pct":
        return f"{figures.signed(value, 2) if signed else f'{value:.2f}'}%"
    text = _amount(value, _moved(unit))
    return text if signed else text.removeprefix("+")


def _plain(value: float, unit: Unit) -> str:
    """Return a bound on a difference, which has no sign."""
    return _amount(value, _moved(unit)).removeprefix("+").replace(".0 points", " points")


def _moved(unit: Unit) -> Unit:
    """Return the unit of a difference."""
    return "points" if unit == "price" else unit


def _amount(value: float, unit: Unit) -> str:
    """Return a figure in its unit, as a trader reads it."""
    if unit == "usd":
        return figures.dollars(value) if value else "0"
    if unit == "share":
        return f"{100 * value:.1f}%".replace(".0%", "%")
    text, after = {
        "price": (f"{value:.2f}".removesuffix(".00"), ""),
        "points": (figures.signed(value, 1), " points"),
        "percent": (figures.signed(value, 2), "%"),
        "minutes": (f"{value:.0f}", " min"),
        "sessions": (f"{value:.0f}", " session" if value == 1 else " sessions"),
    }.get(unit, (f"{value:,.4g}", ""))
    return text + after
