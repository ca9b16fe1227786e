"""Levels that somebody published, read from pasted text, CSV or JSON: with certainty, or not at all.

A text is read in every way it can be read: with a comma or a point before the decimals, with a number as the end of
a name or as a value. A reading in which every name is known and every level lies near spot comes before all others;
where two are left that differ, the text is refused and both are named.
"""

from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal

from gex.level_names import PublishedName, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Steps = Callable[[str, "Decimal"], Iterator[tuple[str, str, str]]]

Decimal = Literal["point", "comma"]

BREAK = re.compile(r"\s*[,;:=|\t]\s*|\s+(?=[-+−$(\d.]|N/?A\b)")
"""Between a name and its value: a separator, or a space before a number."""
BETWEEN = re.compile(r"\s*[,;|\t]\s*|\s*$|\s+(?=[A-Za-z])")
"""After a pair."""
HARD = re.compile(r"[,;:=|\t]")
LETTER = re.compile(r"[^\W\d_]")
PREFIX = re.compile(r"\s*\$(?P<marked>\w[\w!.]*)\s*[:,]\s*|\s*(?P<plain>[A-Z]{2,6}\d?!?)\s*:\s*(?=[^\d\s])")
HEADER = re.compile(r"\s*(name|level|label)s?\s*[,;|\t]\s*(value|price|level|strike)s?\s*", re.IGNORECASE)
SUFFIX = {"": 1.0, "k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}
NUMBER: dict[Decimal, str] = {
    "point": r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+",
    "comma": r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?",
}
NONE = re.compile(r"N/?A|nan|null|none|--?", re.IGNORECASE)
NEAR = (0.5, 1.5)
"""A level is within these multiples of spot; further away it is no level of this underlying."""
MOST = 64
"""Readings looked at in a line: more than any published text has."""
LONGEST, LONGEST_NAME, LONGEST_VALUE = 2000, 60, 30
"""Characters in a line, a name, a value: more than any published text has."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Published:
    """One published value under one name."""

    name: str
    """As written."""
    value: float | None
    """In points, or in dollars where `has_unit`; None where it says that there is none."""
    has_unit: bool
    """Whether the value carries k, m or bn, or a dollar sign: a figure without has a scale that nobody can know."""
    means: PublishedName
    """What the name stands for, as far as it is known."""


@dataclass(frozen=True)
class PublishedText:
    """What a text holds."""

    symbol: str | None
    """What it says the levels are of."""
    levels: tuple[Published, ...]
    skipped: tuple[str, ...]
    """Parts of a JSON document that are no single number."""


def read_published(text: str, spot: float, decimal: Decimal | None = None) -> PublishedText:
    """Read published levels.

    Args:
        text: `name, value` pairs on one line or many, a CSV with a header, or a JSON object of numbers.
        spot: Points; tells a level from what it cannot be.
        decimal: What stands before the decimals, where the text leaves it open.

    Raises:
        ValueError: Nothing can be read, or the text can be read in two ways: names both.

    """
    if text.lstrip()[:1] in {"{", "["}:
        return _from_json(text)
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise ValueError("there is nothing in it")
    if max(map(len, lines)) > LONGEST:
        raise ValueError(f"a line of more than {LONGEST} characters is no list of levels")
    symbol, lines = _without_symbol(lines)
    styles: tuple[Decimal, ...] = ("point", "comma") if decimal is None else (decimal,)
    found: list[tuple[Published, ...]] = []
    failure: ValueError | None = None
    for style in styles:
        try:
            levels = tuple(level for line in lines for level in _line(line, style, spot))
        except ValueError as error:
            failure = failure or error
        else:
            found.append(levels)
    return PublishedText(symbol, _once(_certain(found, spot, failure)), ())


def _without_symbol(lines: list[str]) -> tuple[str | None, list[str]]:
    """Take the symbol off the lines ("$SPX: Call Resistance, ..."), and a CSV's header."""
    if HEADER.fullmatch(lines[0]):
        lines = lines[1:]
    symbols, rest = set(), []
    for line in lines:
        match = PREFIX.match(line)
        if match:
            symbols.add(match["marked"] or match["plain"])
        rest.append(line[match.end() :] if match else line)
    if len(symbols) > 1:
        raise ValueError(f"it holds levels of several symbols, {', '.join(sorted(symbols))}: give those of one")
    return (symbols.pop() if symbols else None), _one_pair_a_line([line.strip() for line in rest if line.strip()])


def _one_pair_a_line(lines: list[str]) -> list[str]:
    """Join names and values that take turns, as a table copied from a web page does."""
    first, second = lines[::2], lines[1::2]
    for names, values in ((first, second), (second, first)):
        if len(names) == len(values) and all(map(_is_value, values)) and not any(map(_is_value, names)):
            return [f"{name}\t{value}" for name, value in zip(names, values, strict=True)]
    return lines


def _is_value(text: str) -> bool:
    return bool(_number(text, "point") or _number(text, "comma") or NONE.fullmatch(text))


def _certain(found: list[tuple[Published, ...]], spot: float, failure: ValueError | None) -> tuple[Published, ...]:
    """Return what all ways to read the numbers agree on."""
    if not found:
        raise failure or ValueError("no name with a value in it")
    if len(found) == 2:
        best = [levels for levels in found if all(_is_near(level, spot) for level in levels)]
        found = best if len(best) == 1 else found
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=False):
            if (one.name, one.value) != (two.name, two.value):
                raise _two_ways(one, two, "--decimal point or --decimal comma decides")
    return found[0]


def _two_ways(one: Published, two: Published, remedy: str) -> ValueError:
    readings = " or ".join(f"{each.name} = {_shown(each.value)}" for each in (one, two))
    return ValueError(f"it can be read in two ways, {readings}; {remedy}")


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.12g}"


def _line(line: str, style: Decimal, spot: float) -> tuple[Published, ...]:
    """Read one line in the one way that it can be read."""
    if '"' in line:
        fields = next(csv.reader([line], skipinitialspace=True))
        line = "\t".join(fields)
    line = line.strip()
    ways = chain(*(_pairs(line, style, steps, set()) for steps in (_name_first, _value_first)))
    readings = list(dict.fromkeys(tuple(_published(pairs, style)) for pairs in islice(ways, MOST)))
    if not readings:
        raise ValueError(
            f"{line.strip()[:60]!r} is no list of names and values; write one pair a line: Call Wall, 6500"
        )
    for accepts in (_is_certain, _is_near):
        good = [reading for reading in readings if all(accepts(level, spot) for level in reading)]
        if len(good) == 1:
            return good[0]
        readings = good or readings
    if len(readings) > 1:
        one, two = next(pair for pair in zip(*readings[:2], strict=False) if pair[0] != pair[1])
        raise _two_ways(one, two, "write one pair a line, its name and value apart by a colon")
    return readings[0]


def _pairs(text: str, style: Decimal, steps: Steps, dead: set[str]) -> Iterator[tuple[Pair, ...]]:
    """Yield every way to read a text as names each followed by its value, or values each followed by its name.

    What is in `dead` has no reading: without it, a long text that ends badly would be tried in all ways.
    """
    if not text:
        yield ()
        return
    if text in dead:
        return
    alive = False
    for name, value, rest in steps(text, style):
        for others in _pairs(rest, style, steps, dead):
            alive = True
            yield ((name, value), *others)
    if not alive:
        dead.add(text)


def _name_first(text: str, style: Decimal) -> Iterator[tuple[str, str, str]]:
    for gap in BREAK.finditer(text):
        name = text[: gap.start()].strip()
        if HARD.search(name) or len(name) > LONGEST_NAME:
            return
        if LETTER.search(name) and not NONE.fullmatch(name):
            for value, end in _values(text, gap.end(), style):
                yield name, value, text[end:]


def _values(text: str, start: int, style: Decimal) -> Iterator[tuple[str, int]]:
    """Yield each value that begins at `start` and ends where a pair may end, and where the next begins."""
    for after in BETWEEN.finditer(text, start):
        value = text[start : after.start()]
        if len(value) > LONGEST_VALUE:
            return
        if _number(value, style) is not None or NONE.fullmatch(value):
            yield value, after.end()
        if after.end() == len(text):
            return


def _value_first(text: str, style: Decimal) -> Iterator[tuple[str, str, str]]:
    """Read `6500, Call Wall` and `6500 Call Wall`: the name reaches to the next separator."""
    for value, after in _values(text, 0, style):
        end = HARD.search(text, after)
        name = text[after : end.start() if end else len(text)].strip()
        if LETTER.search(name):
            yield name, value, text[end.end() :].strip() if end else ""


@cache
def _pattern(style: Decimal) -> re.Pattern[str]:
    suffixes = "|".join(sorted(filter(None, SUFFIX), key=len, reverse=True))
    return re.compile(
        rf"(?P<sign>[-+−]?)(?P<dollar>\$?)(?P<number>{NUMBER[style]})\s*(?P<suffix>(?:{suffixes})?)", re.IGNORECASE
    )


def _number(text: str, style: Decimal) -> tuple[float, bool] | None:
    """Return a number and whether it carries a unit; None where it is none."""
    match = _pattern(style).fullmatch(text.strip())
    if not match:
        return None
    thousands, point = (",", ".") if style == "point" else (".", ",")
    size = float(match["number"].replace(thousands, "").replace(point, ".")) * SUFFIX[match["suffix"].lower()]
    return (-size if match["sign"] in {"-", "−"} else size), bool(match["suffix"] or match["dollar"])


def _published(pairs: Iterable[Pair], style: Decimal) -> Iterator[Published]:
    """Give each name its value; several joined by & share one."""
    for names, text in pairs:
        value, has_unit = _number(text, style) or (None, False)
        for name in names.split("&"):
            yield Published(name.strip(), value, has_unit, named(name))


def _is_certain(level: Published, spot: float) -> bool:
    return level.means.known and _is_near(level, spot)


def _is_near(level: Published, spot: float) -> bool:
    """Whether a level could be one of this underlying; figures may be anything."""
    if level.value is None or not level.means.is_level:
        return True
    return NEAR[0] * spot < level.value < NEAR[1] * spot


def _once(levels: tuple[Published, ...]) -> tuple[Published, ...]:
    """Leave out repetitions.

    Raises:
        ValueError: A name is given two values.

    """
    seen: dict[str, Published] = {}
    for level in levels:
        first = seen.setdefault(level.name.casefold(), level)
        if first.value != level.value:
            raise ValueError(f"{level.name} is given twice, as {_shown(first.value)} and {_shown(level.value)}")
    return tuple(seen.values())


def _from_json(text: str) -> PublishedText:
    """Read an object's own numbers; what is nested is named, not read."""
    try:
        document = json.loads(text, object_pairs_hook=_no_repetition)
    except json.JSONDecodeError as error:
        raise ValueError(f"it begins like JSON and is none: {error}") from None
    if isinstance(document, list):
        document = _no_repetition([_name_and_value(row) for row in document])
    numbers = {name: value for name, value in document.items() if _is_number(value)}
    symbol = next((document[name] for name in ("symbol", "ticker") if isinstance(document.get(name), str)), None)
    nested = tuple(name for name, value in document.items() if isinstance(value, (list, dict)))
    levels = tuple(Published(name, float(value), has_unit=False, means=named(name)) for name, value in numbers.items())
    if not levels:
        raise ValueError("the JSON holds no numbers by name")
    return PublishedText(symbol, levels, nested)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _name_and_value(row: Any) -> tuple[str, Any]:
    if not isinstance(row, dict) or "name" not in row or "value" not in row:
        raise ValueError("a JSON list of levels has a name and a value in each row")
    return str(row["name"]), row["value"]


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice} is given twice")
    return found
