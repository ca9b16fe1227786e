"""Signals and levels of an evening on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render.figures import signed
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.render.terminal import Terminal
    from gex.signals.confluence import Cluster
    from gex.signals.evening import Evening, Reading

NO_VALUE = "–"
LABEL = 24
"""Characters of a name, at the most."""


def screen(name: str, evening: Evening, terminal: Terminal) -> str:
    """Return an evening as text."""
    levels = evening.levels
    blocks = [
        [terminal.paint(f"{name}  evening of {levels.date}, close {levels.spot:,.2f}", "ink", bold=True)],
        _signals([each for each in evening.readings if each.value is not None], terminal),
        _missing([(each.named.name, str(each.reason)) for each in evening.readings if each.value is None], terminal),
        _levels(evening, terminal),
        _clusters(evening.clusters, terminal),
        _missing(list(levels.reasons.items()), terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _signals(readings: Sequence[Reading], terminal: Terminal) -> list[str]:
    """Show each signal on a line, its words cut to what is left of it."""
    rows = [(_label(each), _value(each), each.named.unit if each.since is None else "") for each in readings]
    if not rows:
        return []
    head, *lines = aligned([("signal", "value", "unit"), *rows], "<><")
    room = max(map(len, [head, *lines])) + 2
    found = [terminal.paint(head, "muted")]
    for line, each in zip(lines, readings, strict=True):
        words, *more = flow([_words(each)], max(terminal.width - room, 20)) or [""]
        found.append(f"{line:{room}}{terminal.paint(words, 'muted')}".rstrip())
        found += [" " * room + terminal.paint(part, "muted") for part in more]
    return found


def _label(reading: Reading) -> str:
    name = reading.named.name
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


def _words(reading: Reading) -> str:
    """Return what it is; an expression that is too long for its column is told here."""
    since = f" (since {reading.since})" if reading.since else ""
    words = reading.named.definition or (reading.named.expression if len(reading.named.name) > LABEL else "")
    return f"{words}{since}".strip()


def _value(reading: Reading) -> str:
    value = reading.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return NO_VALUE
    size = abs(value)
    return (
        f"{value:,.0f}" if value == round(value) or size >= 1e5 else f"{value:,.2f}" if size >= 10 else f"{value:.4g}"
    )


def _missing(reasons: Sequence[tuple[str, str]], terminal: Terminal) -> list[str]:
    """Say why others are missing, those of one reason together."""
    together: dict[str, list[str]] = {}
    for name, reason in reasons:
        together.setdefault(reason, []).append(name)
    parts = [f"no {', '.join(names)}: {reason}" for reason, names in together.items()]
    return [terminal.paint(line, "muted") for part in parts for line in flow([part], terminal.width, indent="  ")]


def _levels(evening: Evening, terminal: Terminal) -> list[str]:
    """Show the levels, the highest first, with the close among them."""
    spot, sigma = evening.levels.spot, evening.sigma
    prices = [(each.price, each.name) for each in evening.levels.levels]
    rows = [
        (name, f"{price:,.2f}", f"{signed(100 * (price / spot - 1), 2)}%", _sigmas(price - spot, sigma))
        for price, name in sorted([*prices, (spot, "◄ close")], reverse=True)
    ]
    head, *lines = aligned([("level", "price", "away", "sigmas"), *rows], "<>>>")
    return [terminal.paint(head, "muted"), *(terminal.paint(line, "ink", bold="◄" in line) for line in lines)]


def _clusters(clusters: Sequence[Cluster], terminal: Terminal) -> list[str]:
    """Show the levels that lie together, the nearest to the close first."""
    if not clusters:
        return [terminal.paint("no levels of two kinds lie together", "muted")]
    found = [terminal.paint("together", "muted")]
    for each in clusters:
        low, high = each.members[0].price, each.members[-1].price
        where = f"{low:,.2f} to {high:,.2f} ({signed(each.distance_pct, 2)}%):"
        names = ", ".join(member.name for member in each.members)
        found += flow([f"{where} {names}"], terminal.width, indent="  ")
    return found


def _sigmas(distance: float, sigma: float | None) -> str:
    return NO_VALUE if sigma is None else signed(distance / sigma, 1)
