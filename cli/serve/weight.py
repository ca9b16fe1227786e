"""How much memory a value keeps: arrays and tables by their buffers, the rest as Python counts it."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any


def weight(*values: Any) -> int:
    """Return the bytes that values keep together, what they share counted once.

    Walks dataclasses, containers and partial functions; what it does not know counts as its shell.
    """
    seen: set[int] = set()
    total, todo = 0, list(values)
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        own, parts = _of(value)
        total += own
        todo += parts
    return total


def _of(value: Any) -> tuple[int, list[Any]]:
    """Return what a value takes itself, and what it refers to."""
    if hasattr(value, "estimated_size"):  # a table or column of Polars
        return int(value.estimated_size()), []
    if hasattr(value, "nbytes"):  # an array; a view keeps all of what it is a part of
        return (value.nbytes, []) if value.base is None else (0, [value.base])
    return sys.getsizeof(value), _parts(value)


def _parts(value: Any) -> list[Any]:
    match value:
        case str() | bytes() | int() | float() | None:
            return []
        case dict():
            return [*value.keys(), *value.values()]
        case list() | tuple() | set() | frozenset():
            return list(value)
        case partial():
            return [value.args, value.keywords]
    slots = [getattr(value, name, None) for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
    return [getattr(value, "__dict__", None), *slots]
