"""How much memory a value keeps: arrays and tables by their buffers, the rest as Python counts it."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

ATOMS = (str, bytes, int, float, bool, type(None))


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
    if isinstance(value, ATOMS):
        return sys.getsizeof(value), []
    if isinstance(value, dict):
        return sys.getsizeof(value), [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return sys.getsizeof(value), list(value)
    if isinstance(value, partial):
        return sys.getsizeof(value), [value.args, value.keywords]
    if estimate := getattr(value, "estimated_size", None):  # a Polars frame or column
        return int(estimate()), []
    if isinstance(size := getattr(value, "nbytes", None), int):  # a view keeps all of what it is a part of
        base = getattr(value, "base", None)
        return (0, [base]) if base is not None else (size, [])
    slots = [getattr(value, name, None) for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
    return sys.getsizeof(value), [getattr(value, "__dict__", None), *slots]
