"""Every definition's levels: side by side for people, as a document and as rows for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow
from gex.definitions import DEFINITIONS, VENDORS

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.definitions import Definition
    from gex.futures import FuturesPoints
    from gex.level_book import LevelBook, LevelValue, ScopeLevels
    from gex.level_rules import Found, Ranked

COLUMNS = 6
"""More scopes than this are shown as rows."""
LABELS = {"all": "all", "0dte": "0DTE", "ex-0dte": "not 0DTE", "next": "next", "monthly": "monthly"}
BRIEF = {
    "spotgamma.zero_gamma": "FLIP",
    "spotgamma.call_wall": "CALL WALL",
    "spotgamma.put_wall": "PUT WALL",
    "spotgamma.absolute_gamma": "ABS GAMMA",
    "menthorq.hvl": "HVL",
    "common.max_pain": "MAX PAIN",
    "common.net_gex": "NET per +1%",
}
"""What a row has where scopes are rows."""
RANKED = {
    "spotgamma.call_wall": "net, positive",
    "spotgamma.put_wall": "net, negative",
    "menthorq.call_resistance": "calls",
    "menthorq.put_support": "puts",
    "gexbot.major_pos_vol": "by volume, positive",
    "gexbot.major_neg_vol": "by volume, negative",
}
GEX_RANKS = [f"menthorq.gex_{rank}" for rank in range(1, 11)]
DASH = "–"


def sheet(book: LevelBook, points: FuturesPoints | None, terminal: Terminal) -> str:
    """Return the levels of a chain, definitions against scopes; one scope with its definitions, many as rows."""
    if len(book.scopes) == 1:
        body = _definitions(book, points, terminal)
    elif len(book.scopes) <= COLUMNS:
        body = _side_by_side(book, points, terminal)
    else:
        body = _by_scope(book, points, terminal)
    return "\n".join([*_head(book, points, terminal), "", *body]) + "\n"


def _head(book: LevelBook, points: FuturesPoints | None, terminal: Terminal) -> list[str]:
    facts = [f"spot {figures.price(book.spot)}", f"positions {book.settings.model}", f"vol {book.settings.vol}"]
    lines = [f"{book.underlying}  {figures.moment(book.quote_time)}   " + " · ".join(facts)]
    if points:
        lines += flow([points.text, f"spot {points.at(book.spot):.2f}"], terminal.width, indent="  ")
    return [terminal.paint(lines[0], "ink", bold=True), *lines[1:]]


def _side_by_side(book: LevelBook, points: FuturesPoints | None, terminal: Terminal) -> list[str]:
    rows = [("", *(scope_label(scope) for scope in book.scopes))]
    marks: list[tuple[int, str]] = []
    for definition in shown():
        if not marks or marks[-1][1] != definition.vendor:
            marks.append((len(rows), definition.vendor))
        cells = (cell(scope.by_key.get(definition.key), definition, book, points) for scope in book.scopes)
        rows.append((f"  {definition_name(definition)}", *cells))
    lines = aligned(rows, "<" + ">" * len(book.scopes))
    headings = dict(marks)
    table = [terminal.paint(lines[0], "muted")]
    for number, line in enumerate(lines[1:], start=1):
        table += [terminal.paint(headings[number], "ink", bold=True)] if number in headings else []
        table.append(line)
    return [*table, *_secondary(book, points, terminal), *_reasons(book, terminal)]


def shown() -> list[Definition]:
    """Return the definitions in the order of the vendors; the ranks by size have a line of their own."""
    ordered = sorted(DEFINITIONS, key=lambda definition: VENDORS.index(definition.vendor))
    return [definition for definition in ordered if definition.key not in GEX_RANKS]


def definition_name(definition: Definition) -> str:
    """Return a name, of a figure with what it is for."""
    return definition.name if definition.is_level else f"{definition.name}, {definition.unit.partition(' ')[2]}"


def scope_label(scope: ScopeLevels) -> str:
    """Return what a choice of expirations is called, with its date where it has one."""
    label = LABELS.get(scope.scope, scope.scope)
    dated = scope.scope in {"next", "monthly"} and scope.expirations
    return f"{label} {scope.expirations[0]:%m-%d}" if dated else label


def cell(found: Found | None, definition: Definition, book: LevelBook, points: FuturesPoints | None) -> str:
    """Return a value as it is read: levels in points, figures with their unit."""
    if found is None or found.value is None:
        return DASH
    if definition.is_level:
        return _level(found.value, book, points)
    return _shares(found.value) if definition.unit.startswith("shares") else figures.dollars(found.value)


def _level(value: float, book: LevelBook, points: FuturesPoints | None) -> str:
    if points:
        return f"{points.on_tick(value):.2f}"
    return figures.strike(value) if value == round(value, 2) else figures.level(value, book.spot)


def _shares(value: float) -> str:
    scale, unit = (1e6, "mm") if abs(value) >= 1e6 else (1e3, "k")
    return f"{figures.Money(scale, unit, 0).alone(value)} {unit} sh"


def _secondary(book: LevelBook, points: FuturesPoints | None, terminal: Terminal) -> list[str]:
    """List the strongest strikes of the first scope and what stands at each."""
    found = ranking(book, points)
    if found is None:
        return []
    unit, ranked = found
    width = max(len(label) for label in ranked) + 4
    lines = ["", terminal.paint(f"Ranked ({scope_label(book.scopes[0])}), {unit} per +1%", "ink", bold=True)]
    for label, some in ranked.items():
        flowed = flow(some or [DASH], terminal.width - width, separator="  ")
        lines += [f"{'' if number else '  ' + label:<{width}}{line}" for number, line in enumerate(flowed)]
    return lines


def ranking(book: LevelBook, points: FuturesPoints | None) -> tuple[str, dict[str, list[str]]] | None:
    """Return the strongest strikes of the first scope with what stands at each, and its unit; None without any."""
    first = book.scopes[0].by_key
    ranked = {label: first[key].ranked for key, label in RANKED.items() if key in first}
    ranked["GEX 1 to 10"] = tuple(first[key].ranked[0] for key in GEX_RANKS if key in first and first[key].ranked)
    strengths = [each.strength for some in ranked.values() for each in some]
    if not strengths:
        return None
    money = figures.Money.spanning(strengths)
    return money.unit, {label: [_ranked(each, money, book, points) for each in some] for label, some in ranked.items()}


def _ranked(each: Ranked, money: figures.Money, book: LevelBook, points: FuturesPoints | None) -> str:
    return f"{_level(each.level, book, points)} {money.alone(each.strength)}"


def _reasons(book: LevelBook, terminal: Terminal) -> list[str]:
    lines = reasons(book)
    return ["", *(out for line in lines for out in flow([line], terminal.width, indent="  "))] if lines else []


def reasons(book: LevelBook) -> list[str]:
    """Say why there is nothing where there is nothing: once for the scopes that share it."""
    scopes: dict[tuple[str, str], list[str]] = {}
    for scope in book.scopes:
        for reason, names in missing(scope).items():
            scopes.setdefault((reason, ", ".join(names)), []).append(scope_label(scope))
    return [
        f"{names}: {reason} ({', '.join(labels)})" if names else f"{', '.join(labels)}: {reason}"
        for (reason, names), labels in scopes.items()
    ]


def missing(scope: ScopeLevels) -> dict[str, list[str]]:
    """Return the names of a scope's levels that do not exist, by reason."""
    if not scope.levels:
        return {"no expiration": []}
    names: dict[str, list[str]] = {}
    for level in scope.levels:
        if level.found.reason and level.definition.key not in GEX_RANKS:
            names.setdefault(level.found.reason, []).append(level.definition.name)
    return names


def _definitions(book: LevelBook, points: FuturesPoints | None, terminal: Terminal) -> list[str]:
    """Show one scope with what stands at each level and the definition."""
    scope = book.scopes[0]
    if not scope.levels:
        return _reasons(book, terminal)
    dates = f"{len(scope.expirations)} expirations" if len(scope.expirations) > 1 else f"{scope.expirations[0]}"
    wanted = {definition.key for definition in shown()}
    levels = [level for level in scope.levels if level.definition.key in wanted]
    rows = [("", scope_label(scope), "strength")] + [
        (
            f"  {definition_name(each.definition)}",
            cell(each.found, each.definition, book, points),
            _strength(each.found),
        )
        for each in levels
    ]
    table = aligned(rows, "<>>")
    texts = ["", *(_note(level) for level in levels)]
    width = max(len(line) for line in table) + 2
    lines = [terminal.paint(f"{table[0]:<{width}}{dates}", "muted")]
    for number, level in enumerate(levels, start=1):
        if number == 1 or levels[number - 2].definition.vendor != level.definition.vendor:
            lines.append(terminal.paint(level.definition.vendor, "ink", bold=True))
        lines += _beside(table[number], texts[number], width, terminal)
    return [*lines, *_secondary(book, points, terminal), *_reasons(book, terminal)]


def _beside(line: str, text: str, width: int, terminal: Terminal) -> list[str]:
    """Put a text to the right of a line, in as many lines as it needs."""
    parts = flow([text], max(terminal.width - width, 24))
    first = f"{line:<{width}}{terminal.paint(parts[0], 'muted')}"
    return [first, *(" " * width + terminal.paint(part, "muted") for part in parts[1:])]


def _strength(found: Found) -> str:
    if found.strength is None or found.strength_unit is None:
        return ""
    if found.strength_unit == "contracts":
        return f"{found.strength:,.0f}"
    per_point = found.strength_unit == "$ per +1% per point"
    return figures.dollars(found.strength) + ("/pt" if per_point else "")


def _note(level: LevelValue) -> str:
    return level.definition.text + (f" ({level.found.note})" if level.found.note else "")


def _by_scope(book: LevelBook, points: FuturesPoints | None, terminal: Terminal) -> list[str]:
    """Show a row a scope and the levels asked for most."""
    definitions = [definition for key in BRIEF for definition in DEFINITIONS if definition.key == key]
    rows = [("EXPIRATION", *BRIEF.values())] + [
        (scope_label(scope), *(cell(scope.by_key.get(each.key), each, book, points) for each in definitions))
        for scope in book.scopes
    ]
    lines = aligned(rows, "<" + ">" * len(BRIEF))
    return [terminal.paint(lines[0], "muted"), *lines[1:]]


def document(book: LevelBook, points: FuturesPoints | None) -> dict[str, Any]:
    """Return the levels as a document; `gex.cli.render.document.jsonable` turns its times into JSON's."""
    return {
        "underlying": book.underlying,
        "quote_time": book.quote_time,
        "evaluated_at": book.evaluated_at,
        "spot": book.spot,
        "settings": book.settings.as_dict() | {"fingerprint": book.settings.fingerprint},
        "future": points and _future(points),
        "scopes": [
            {
                "scope": scope.scope,
                "expirations": [date.isoformat() for date in scope.expirations],
                "reason": None if scope.levels else "no expiration of the chain is in this scope",
                "levels": [_published(level, points) for level in scope.levels],
            }
            for scope in book.scopes
        ],
    }


def _future(points: FuturesPoints) -> dict[str, Any]:
    return {
        "future": points.future,
        "expiration": points.expiration.isoformat(),
        "factor": points.factor,
        "basis": points.basis,
        "tick": points.tick,
        "source": points.source,
    }


def _published(level: LevelValue, points: FuturesPoints | None) -> dict[str, Any]:
    definition, found = level.definition, level.found
    converted = {} if points is None else {"future_value": _converted(level, points)}
    return {
        "vendor": definition.vendor,
        "key": definition.key,
        "name": definition.name,
        "value": found.value,
        **converted,
        "unit": definition.unit,
        "strength": found.strength,
        "strength_unit": found.strength_unit,
        "ranked": [{"level": each.level, "strength": each.strength} for each in found.ranked],
        "note": found.note,
        "reason": found.reason,
        "definition": definition.text,
        "source": definition.source,
    }


def _converted(level: LevelValue, points: FuturesPoints) -> float | None:
    """Return a level in the future's points; None for what is no level."""
    value = level.found.value
    return points.at(value) if level.definition.is_level and value is not None else None


def rows(book: LevelBook, points: FuturesPoints | None) -> list[dict[str, Any]]:
    """Return the levels as rows: one a scope and definition."""
    whose = {"underlying": book.underlying, "quote_time": book.quote_time, "spot": book.spot}
    future = {} if points is None else {"future": points.future}
    return [
        whose
        | {"scope": scope.scope, "first_expiration": scope.expirations[0], "expirations": len(scope.expirations)}
        | {name: value for name, value in _published(level, points).items() if name != "ranked"}
        | {"second": level.found.ranked[1].level if len(level.found.ranked) > 1 else None}
        | future
        | {"settings_fingerprint": book.settings.fingerprint}
        for scope in book.scopes
        for level in scope.levels
    ]
