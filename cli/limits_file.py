"""A file of limits (TOML): one table a rule, read strictly into `gex.limits`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from gex.cli.toml_table import nearest, read_toml
from gex.limits import Beyond, Crosses, Distance, Is, Moves, Percentile, Rule, Severity, Span, Within

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gex.cli.toml_table import Table
    from gex.limit_fields import Field
    from gex.limits import Side, Test

TABLES = ("rules", "feed", "deliver")
TESTS: dict[str, tuple[str, ...]] = {
    "below": ("clear",),
    "above": ("clear",),
    "within": ("of", "clear"),
    "crosses": ("over", "clear"),
    "moves": ("over", "clear"),
    "percentile_below": ("over", "at_least", "clear"),
    "percentile_above": ("over", "at_least", "clear"),
    "is": (),
}
"""What a rule may test, one of them each, and the keys that go with it."""
COMMON = ("field", "for", "severity", "symbols", "message")
KEYS = (*COMMON, *TESTS, "of", "over", "at_least", "clear")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
SPAN = re.compile(r"(\d{1,6}) (snapshot|session)s?")
PERCENT = re.compile(r"([+-]?\d+(?:\.\d+)?) ?%")


def read_limits(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a file, in its order.

    Raises:
        click.UsageError: The file is no such file; the message names the line and the nearest valid names.

    """
    return rules_of(read_toml(path, TABLES))


def rules_of(file: Table) -> tuple[Rule, ...]:
    """Return the rules of a file that has been parsed; one at least.

    Raises:
        click.UsageError: A rule is wrong, or there is none.

    """
    rules = tuple(_rule(table) for table in file.tables("rules", KEYS))
    if not rules:
        raise file.error("it has no rule; write [rules.NAME], docs/limits.md shows how")
    return rules


def _rule(table: Table) -> Rule:
    from gex.ingest.contracts import normalize_underlying

    name = table.place[-1]
    if not NAME.fullmatch(name):
        raise table.error("a rule's name is of letters, digits, . _ and -, 80 at the most")
    field, what = _field(table, "field")
    key = _test_key(table)
    try:
        test = _MAKERS[key](table, key, what)
        rule = Rule(
            name=name,
            field=field,
            test=test,
            severity=table.choice("severity", get_args(Severity)),  # type: ignore[arg-type]
            lasting=_span(table, "for", Span(1)),
            symbols=tuple(normalize_underlying(each) for each in table.texts("symbols", ())),
            message=table.text("message", "-") if "message" in table.values else "",
        )
    except ValueError as error:
        raise table.error(str(error), "clear" if "clear" in str(error) else key) from None
    if what.of_now and (not isinstance(test, Beyond) or rule.lasting.count > 1):
        raise table.error(f"{field} is known of the last snapshot alone: only below and above, without for", "field")
    return rule


def _field(table: Table, key: str) -> tuple[str, Field]:
    """Return the name of a field, and what it is."""
    from gex.limit_fields import FIELDS

    name = table.text(key)
    if name not in FIELDS:
        message = f"{key} is no field: {name!r}{nearest(name, FIELDS)}; docs/limits.md lists all"
        raise table.error(message, key)
    return name, FIELDS[name]


def _test_key(table: Table) -> str:
    """Return which test the rule makes."""
    given = [key for key in TESTS if key in table.values]
    if len(given) != 1:
        raise table.error(f"a rule tests one thing: give one of {', '.join(TESTS)}; got {', '.join(given) or 'none'}")
    fitting = (*COMMON, given[0], *TESTS[given[0]])
    for key in table.values:
        if key not in fitting:
            raise table.error(f"{key} does not go with {given[0]}", key)
    return given[0]


def _beyond(table: Table, key: str, what: Field) -> Test:
    clear = _bound(table, "clear", what) if "clear" in table.values else None
    return Beyond(_side(key), _bound(table, key, what), clear)


def _percentile(table: Table, key: str, what: Field) -> Test:
    _check_number(table, key, what)
    over = _span(table, "over", Span(252, "sessions"))
    clear = table.number("clear") if "clear" in table.values else None
    return Percentile(_side(key), table.number(key), clear, over, table.whole("at_least", min(20, over.count)))


def _within(table: Table, key: str, what: Field) -> Test:
    other = _other(table, "of", what)
    clear = _distance(table, "clear") if "clear" in table.values else None
    return Within(other, _distance(table, key), clear)


def _crosses(table: Table, key: str, what: Field) -> Test:
    clear = _distance(table, "clear") if "clear" in table.values else Distance(0.0)
    return Crosses(_other(table, key, what), _span(table, "over", Span(1, "sessions")), clear)


def _moves(table: Table, key: str, what: Field) -> Test:
    _check_number(table, key, what)
    clear = _distance(table, "clear") if "clear" in table.values else None
    return Moves(_distance(table, key), _span(table, "over", Span(1, "sessions")), clear)


def _is(table: Table, key: str, what: Field) -> Test:
    if what.unit != "word":
        raise table.error(f"{key} is for fields that are words, and this one is a number: use below or above", key)
    value = table.values[key]
    values = (value,) if isinstance(value, str) else table.texts(key)
    for each in values:
        if each not in what.words:
            raise table.error(f"the field is never {each!r}; it is one of {', '.join(what.words)}", key)
    return Is(values)


_MAKERS: dict[str, Callable[[Table, str, Field], Test]] = {
    "below": _beyond,
    "above": _beyond,
    "within": _within,
    "crosses": _crosses,
    "moves": _moves,
    "percentile_below": _percentile,
    "percentile_above": _percentile,
    "is": _is,
}


def _side(key: str) -> Side:
    return "below" if key.endswith("below") else "above"


def _check_number(table: Table, key: str, what: Field) -> None:
    if what.unit == "word":
        raise table.error(f"{key} is for numbers, and the field is a word: use is = {list(what.words)}", key)


def _bound(table: Table, key: str, what: Field) -> float:
    """Return a bound: a number, or a percentage where the field is a share or a percentage."""
    _check_number(table, key, what)
    value = table.values[key]
    if isinstance(value, str) and what.unit in {"share", "percent"} and (match := PERCENT.fullmatch(value)):
        return float(match[1]) / (100.0 if what.unit == "share" else 1.0)
    return table.number(key)


def _other(table: Table, key: str, what: Field) -> str:
    """Return the second field of a test on two prices."""
    name, other = _field(table, key)
    if {what.unit, other.unit} != {"price"}:
        raise table.error(f"both fields must be prices, as spot, gamma_flip and call_wall are; {name} and field", key)
    return name


def _distance(table: Table, key: str) -> Distance:
    """Return a distance: a number in the field's unit, or a percentage."""
    value: Any = table.values.get(key)
    if isinstance(value, str) and (match := PERCENT.fullmatch(value)):
        return Distance(float(match[1]), "pct")
    if isinstance(value, str):
        raise table.error(f'{key} must be a number or a percentage ("0.5%"), got {value!r}', key)
    return Distance(table.number(key))


def _span(table: Table, key: str, default: Span) -> Span:
    """Return a span: 2 (snapshots), "2 snapshots" or "1 session"."""
    value: Any = table.values.get(key)
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool):
        return Span(table.whole(key, 1))
    match = SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) < 1:
        raise table.error(f'{key} must be a whole number of snapshots, or "2 sessions"; got {value!r}', key)
    return Span(int(match[1]), "sessions" if match[2] == "session" else "snapshots")
