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
    size = sys.getsizeof(value)
    match value:
        case str() | bytes() | int() | float() | None:
            return size, []
        case dict():
            return size, [*value.keys(), *value.values()]
        case list() | tuple() | set() | frozenset():
            return size, list(value)
        case partial():
            return size, [value.args, value.keywords]
    if hasattr(value, "estimated_size"):  # a table or column of Polars
        return int(value.estimated_size()), []
    if hasattr(value, "nbytes"):  # an array; a view keeps all of what it is a part of
        return (value.nbytes, []) if value.base is None else (0, [value.base])
    slots = [getattr(value, name, None) for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
    return size, [getattr(value, "__dict__", None), *slots]
