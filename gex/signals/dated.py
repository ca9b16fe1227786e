"""Named signals on a panel: each a dated series with its definition, or the reason why there is none."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.expression import FORMS, evaluate
from gex.signals.functions import FUNCTIONS
from gex.signals.named import NAMED
from gex.signals.panel import COLUMNS
from gex.signals.signal import Signal
from gex.signals.syntax import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gex.signals.named import Named
    from gex.signals.panel import Panel


def signal_of(named: Named, panel: Panel, definitions: Mapping[str, Named] = NAMED) -> Signal:
    """Return a named signal on the days of a panel; a condition is 1 where it is known to hold, else 0.

    Raises:
        ExpressionError: Its expression is wrong, or a series it needs is not in the panel.

    """
    values = np.asarray(evaluate(named.expression, panel, definitions), dtype=np.float64)
    source = f"; {named.source}" if named.source else ""
    definition = f"{named.definition}: {named.expression}{source}"
    return Signal(named.name, definition, named.unit, panel.dates, values)


def series_needed(text: str, definitions: Mapping[str, Named] = NAMED) -> tuple[str, ...]:
    """Return the series beside the main history that an expression names, itself or by the signals it uses.

    Names are in the order they are met, each once; whether there are such series is not asked.

    Raises:
        ExpressionError: It is no expression.

    """
    found: dict[str, None] = {}
    seen: set[str] = set()
    waiting = list(_named_in(parsed(text)))
    while waiting:
        name = waiting.pop(0)
        if name in definitions and name not in seen:
            waiting = [*_named_in(parsed(definitions[name].expression)), *waiting]
        elif name not in {*FUNCTIONS, *FORMS, *COLUMNS, *definitions}:
            found[name] = None
        seen.add(name)
    return tuple(found)


def _named_in(tree: ast.expr) -> Iterator[str]:
    """Yield each name, from left to right, and each first text of `series("NAME")`."""
    for node in sorted(
        (each for each in ast.walk(tree) if isinstance(each, ast.expr)), key=lambda each: each.col_offset
    ):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "series" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
