"""TOML tables read strictly: what is unknown, missing or of another type is an error with its line and the nearest names."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

KEY = re.compile(r"\s*([^=#\s][^=#]*?)\s*=")


@dataclass(frozen=True)
class Source:
    """A file of settings, and where its lines are."""

    path: Path
    text: str

    def line_of(self, place: tuple[str, ...]) -> int | None:
        """Return the line of a key, else of the table that holds it; None if neither is written out."""
        lines = dict(reversed(list(_places(self.text))))
        return next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), None)


@dataclass
class Table:
    """One table of a file: each key is taken once, and `finish` refuses what nobody took."""

    source: Source
    place: tuple[str, ...]
    values: dict[str, Any]
    known: tuple[str, ...] = ()
    """The keys it may have."""
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Refuse unknown keys first: what is misspelt is not what is missing."""
        for key in self.values:
            if self.known and key not in self.known:
                raise self.error(f"no key is called {key!r}{nearest(key, self.known)}", key)

    def tables(self, key: str, known: tuple[str, ...]) -> Iterator[Table]:
        """Yield the tables of a table of tables, by their names."""
        inner = self.values.get(key, {})
        if not isinstance(inner, dict):
            raise self.error(f"{key} must hold tables: write [{key}.NAME]", key)
        for name, values in inner.items():
            if not isinstance(values, dict):
                raise Table(self.source, (*self.place, key), inner).error(f"write [{key}.NAME] before its keys", name)
            yield Table(self.source, (*self.place, key, name), values, known)

    def table(self, key: str, known: tuple[str, ...]) -> Table | None:
        """Return a table within, if there is one."""
        inner = self.values.get(key)
        if inner is not None and not isinstance(inner, dict):
            raise self.error(f"{key} must be a table: write [{key}]", key)
        return None if inner is None else Table(self.source, (*self.place, key), inner, known)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text.

        Raises:
            click.UsageError: It is missing without a default, or something else.

        """
        value = self._value(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{key} must be a text, got {value!r}", key)
        return value

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        """Return one of some words."""
        value, known = self._value(key, default), tuple(choices)
        if value not in known:
            raise self.error(f"{key} must be one of {', '.join(known)}; got {value!r}", key)
        return str(value)

    def number(self, key: str) -> float:
        """Return a finite number."""
        value = self._value(key, None)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self.error(f"{key} must be a finite number, got {value!r}", key)
        return float(value)

    def whole(self, key: str, default: int, least: int = 1) -> int:
        """Return a whole number."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.error(f"{key} must be a whole number from {least} on, got {value!r}", key)
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts, one at least."""
        if key not in self.values and default is not None:
            return default
        value = self._value(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
            raise self.error(f'{key} must be a list of texts: ["..."]; got {value!r}', key)
        return tuple(value)

    def error(self, message: str, key: str | None = None) -> click.UsageError:
        """Return the error that says what is wrong, where."""
        line = self.source.line_of((*self.place, key) if key else self.place)
        where = f"{self.source.path}" if line is None else f"{self.source.path}, line {line}"
        whose = f"[{'.'.join(self.place)}]: " if self.place else ""
        return click.UsageError(f"{where}: {whose}{message}")

    def _value(self, key: str, default: Any) -> Any:
        if key not in self.values and default is None:
            raise self.error(f"{key} is missing")
        return self.values.get(key, default)


def read_toml(path: Path, known: tuple[str, ...]) -> Table:
    """Return the table of a file.

    Raises:
        click.UsageError: It cannot be read, is no TOML, or has a key that is not known.

    """
    try:
        text = path.read_text(encoding="utf-8")
        return Table(Source(path, text), (), tomllib.loads(text), known)
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path}: {error}; correct the file") from None


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message: the known names that are like this one, else all of them if they are few."""
    names = list(known)
    like = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or (names if len(names) <= 20 else [])
    return f"; nearest: {', '.join(like)}" if like else ""


def _places(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield each table and each key that stands on a line of its own, and the line."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            if (named := _named(line)) is not None:
                table = named
                yield table, number
        elif (match := KEY.match(line)) and (key := _named(f"{match[1]} = 0")) is not None:
            yield (*table, *key), number


def _named(line: str) -> tuple[str, ...] | None:
    """Return the name of the table or key that a line begins; None if it begins none."""
    try:
        inner: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    names = []
    while isinstance(inner, (dict, list)) and inner:
        inner = inner[0] if isinstance(inner, list) else inner
        if not inner:
            break
        name = next(iter(inner))
        names.append(name)
        inner = inner[name]
    return tuple(names)
