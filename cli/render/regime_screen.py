"""The regime of an evening on a terminal: the figures, what would change them, what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.regime_document import words
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal, Token
    from gex.signals.regime import Reading, Regime, Rules

LABELS = {
    "vix_band": "VIX",
    "vvix_persistence": "VVIX",
    "vix9d_over_vix": "VIX9D/VIX",
    "vix_over_vix3m": "VIX/VIX3M",
    "variance_premium": "VIX² − RV²",
    "realized_volatility": "realized",
    "credit_speed": "HY spread",
}
ESTIMATORS = {
    "close_close": "closes",
    "parkinson": "Parkinson",
    "garman_klass": "Garman-Klass",
    "rogers_satchell": "Rogers-Satchell",
    "yang_zhang": "Yang-Zhang",
}
ALARMS = {"stress", "extreme", "confirmed", "backwardation", "negative"}
WATCHED = {"raised", "testing", "cooling"}
HEAD = ("", "value", "state", "since", "days", "pctl")
NO_VALUE = "–"
INDENT = 12


def screen(found: Regime, rules: Rules, terminal: Terminal) -> str:
    """Return the regime as text."""
    blocks = [
        _head(found, terminal),
        _table(found, terminal),
        _changes(found, terminal),
        _realized(found, rules, terminal),
        _notes(found, rules, terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def headline(found: Regime) -> str:
    """Say the evening and the states that stand out."""
    current = [reading for reading in found.readings if reading.current]
    notable = [f"{LABELS[each.name]} {state_of(each)}" for each in current if each.state in ALARMS | WATCHED]
    all_known = "nothing stands out" if len(current) == len(found.readings) else "nothing stands out in what is known"
    told = ", ".join(notable) or (all_known if current else "nothing is known")
    return f"{found.as_of:%a %Y-%m-%d}, after the close: {told}"


def _head(found: Regime, terminal: Terminal) -> list[str]:
    """Say what stands out, then what is not known."""
    first, *rest = flow([f"REGIME  {headline(found)}"], terminal.width, indent="  ")
    lines = [terminal.paint(first, "ink", bold=True), *(terminal.paint(each, "ink", bold=True) for each in rest)]
    for reading in found.readings:
        if reading.reason:
            text = f"! {LABELS[reading.name]}: {reading.reason}"
            lines += [terminal.paint(each, "alert") for each in flow([text], terminal.width, indent="  ")]
    return lines


def _table(found: Regime, terminal: Terminal) -> list[str]:
    rows = [_cells(reading) for reading in found.readings]
    head, *lines = aligned([HEAD, *rows], "<><>>>")
    painted = [
        line.replace(row[2], terminal.paint(row[2], _token(reading)), 1) if row[2] != NO_VALUE else line
        for line, row, reading in zip(lines, rows, found.readings, strict=True)
    ]
    return [terminal.paint(head, "muted"), *painted]


def _cells(reading: Reading) -> tuple[str, ...]:
    if reading.value is None:
        return (LABELS[reading.name], *[NO_VALUE] * 5)
    state = state_of(reading)
    return (
        LABELS[reading.name],
        value_of(reading),
        f"({state})" if reading.stale and reading.state else state,
        f"{reading.since}" if reading.since else NO_VALUE,
        f"{reading.sessions}" if reading.sessions else NO_VALUE,
        NO_VALUE if reading.percentile is None else f"{reading.percentile:.0f}",
    )


def value_of(reading: Reading) -> str:
    """Return a value as finely as it is quoted, with its unit where the name does not say it."""
    value = reading.value or 0.0
    if reading.unit == "bp":
        return f"{figures.signed(value, 0)} bp"
    if reading.unit == "ratio":
        return f"{value:.3f}"
    if reading.unit == "points":
        return f"{value:.2f}"
    return f"{value:.1f}%" if reading.unit == "% a year" else figures.signed(value, 0)


def state_of(reading: Reading) -> str:
    """Return a state with how far it has come."""
    if reading.state is None:
        return NO_VALUE
    return f"{reading.state} {reading.count} of {reading.of}" if reading.of else reading.state


def _token(reading: Reading) -> Token:
    if reading.stale:
        return "muted"
    return "alert" if reading.state in ALARMS else "negative" if reading.state in WATCHED else "ink"


def _changes(found: Regime, terminal: Terminal) -> list[str]:
    """Say what the next close would have to do."""
    told = [reading for reading in found.readings if reading.current and reading.changes]
    if not told:
        return []
    lines = [terminal.paint("THE NEXT CLOSE WOULD CHANGE", "muted")]
    for reading in told:
        label = LABELS[reading.name]
        parts = [words(change).removeprefix(f"{label} ") for change in reading.changes]
        lines += flow([f"{label:<{INDENT}}{parts[0]}", *parts[1:]], terminal.width, indent=" " * INDENT)
    return lines


def _realized(found: Regime, rules: Rules, terminal: Terminal) -> list[str]:
    """Give every estimator of realized volatility."""
    if not found.realized:
        return []
    last = next(reading.date for reading in found.readings if reading.name == "realized_volatility")
    parts = [f"{ESTIMATORS[name]} {value:.1f}" for name, value in found.realized.items()]
    line = f"REALIZED over the {rules.window} days to {last}, % a year: {parts[0]}"
    return flow([line, *parts[1:]], terminal.width, indent="  ")


def _notes(found: Regime, rules: Rules, terminal: Terminal) -> list[str]:
    counted = f"VVIX: confirmed by {rules.vvix_closes} closes in a row above {rules.vvix_above:g}"
    parts = [
        "days: in that state",
        "pctl: among all days before, 0 to 100",
        counted,
        f"VIX² − RV²: %² a year, RV over {rules.window} returns of SPX about zero",
        f"HY spread: its change over {rules.credit_over} values, known a weekday late",
    ]
    if any(reading.stale for reading in found.readings):
        parts.append("( ): as of its own last day")
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent="  ")]
