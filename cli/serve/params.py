"""What a request may say in its path and its query: every name known, once, and its value within bounds."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from gex.cli.serve.problems import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from starlette.datastructures import QueryParams

SYMBOL_PATTERN = "^[A-Z][A-Z0-9.]{0,9}$"
MOMENT_PATTERN = r"^(latest|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{4}([0-9]{2})?)$"
DATE_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@dataclass(frozen=True)
class Param:
    """A part of the path, or a parameter of the query.

    Attributes:
        name: As in the URL.
        about: For the API's description.
        schema: JSON Schema of its value; `pattern`, `enum`, `minimum`, `maximum` and `default` are heeded here.
        read: Makes a value of what fits the schema; may raise ValueError.
        example: A value that many stores know.

    """

    name: str
    about: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any] = str
    example: str | None = None

    def value_of(self, text: str) -> Any:
        """Return the value of a text.

        Raises:
            ValueError: It is none; the message says what it must be.

        """
        if (choices := self.schema.get("enum")) and text not in choices:
            near = get_close_matches(text, choices, 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{self.name} must be one of {', '.join(choices)}; got {_short(text)}{hint}")
        try:
            return self._read(text)
        except ValueError:
            raise ValueError(f"{self.name} must be {self._meaning()}; got {_short(text)}") from None

    def _read(self, text: str) -> Any:
        if (pattern := self.schema.get("pattern")) and not re.search(pattern.replace("$", r"\Z"), text):
            raise ValueError(text)
        value = self.read(text)
        if not self.schema.get("minimum", value) <= value <= self.schema.get("maximum", value):
            raise ValueError(text)
        return value

    def _meaning(self) -> str:
        if "minimum" not in self.schema:
            return self.about
        return f"{self.about}, from {self.schema['minimum']} to {self.schema['maximum']}"


def whole(text: str) -> int:
    """Read a whole number written in plain digits."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def number(text: str) -> float:
    """Read a decimal number, neither nan nor inf."""
    if not re.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?", text):
        raise ValueError(text)
    return float(text)


def integer(name: str, about: str, low: int, high: int, default: int | None = None) -> Param:
    """Return a parameter that is a whole number within bounds."""
    return Param(name, about, {"type": "integer", "minimum": low, "maximum": high} | _given(default), whole)


def real(name: str, about: str, low: float, high: float, default: float | None = None) -> Param:
    """Return a parameter that is a number within bounds."""
    return Param(name, about, {"type": "number", "minimum": low, "maximum": high} | _given(default), number)


def choice(name: str, about: str, choices: Iterable[str], default: str | None = None) -> Param:
    """Return a parameter that is one of some words."""
    return Param(name, about, {"type": "string", "enum": list(choices)} | _given(default))


def _given(default: object) -> dict[str, object]:
    return {} if default is None else {"default": default}


def date(name: str, about: str) -> Param:
    """Return a parameter that is a date."""
    return Param(name, about, {"type": "string", "format": "date", "pattern": DATE_PATTERN}, dt.date.fromisoformat)


def flag(name: str, about: str) -> Param:
    """Return a parameter that is true or false."""
    return Param(name, about, {"type": "boolean", "default": False}, _truth)


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def moment(name: str, about: str, default: str | None = None) -> Param:
    """Return a parameter that is a moment of the store."""
    return Param(name, about, {"type": "string", "pattern": MOMENT_PATTERN} | _given(default))


@dataclass(frozen=True)
class Given:
    """The values of a request: those of the path, and of the query with the defaults of what is not given."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """Return a value by name."""
        return self.path[name] if name in self.path else self.query[name]


def given(path: Mapping[str, str], query: QueryParams, parts: Sequence[Param], known: Sequence[Param]) -> Given:
    """Check a request and return its values.

    Raises:
        HTTPException: 404: a part of the path is no symbol, moment or name there is.
        RequestError: A parameter is unknown, doubled or out of bounds.

    """
    try:
        values = {part.name: part.value_of(path[part.name]) for part in parts}
    except ValueError as error:
        raise HTTPException(404, str(error)) from None
    return Given(values, _query(query, {each.name: each for each in known}))


def _query(query: QueryParams, known: Mapping[str, Param]) -> dict[str, Any]:
    values = {name: each.schema.get("default") for name, each in known.items()}
    seen: set[str] = set()
    for name, text in query.multi_items():
        if name not in known:
            raise RequestError(_unknown(name, known))
        if name in seen:
            raise RequestError(f"{name} is given twice")
        seen.add(name)
        try:
            values[name] = known[name].value_of(text)
        except ValueError as error:
            raise RequestError(str(error)) from None
    return values


def _unknown(name: str, known: Iterable[str]) -> str:
    there = list(known)
    if not there:
        return f"no parameter is known here; got {_short(name)}"
    near = get_close_matches(name, there, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(there)}"
    return f"unknown parameter {_short(name)}; {hint}"


def _short(text: str) -> str:
    """Return what was given, cut where it is long, without what a terminal would obey."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
