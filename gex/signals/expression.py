"""A small language of daily series: `crosses_below(close, sma(close, 50)) and VIX > 20`.

Names are the history's `close open high low volume`, other series (`VVIX`, `VIX.high`) and named signals
(`gex.signals.named`); between them + - * /, comparisons, `and or not` and the functions of `gex.signals.functions`.
Nothing else is understood: no attribute but a column, no keyword, no power, no code. An expression has at most a
thousand characters and works on as many figures as the history has days.

A figure that is missing, infinite or divided by zero is NaN; what is compared with it is not known, and not an event.
Functions look back only, so the figure of a day is the same whatever comes after.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gex.signals import runs
from gex.signals.functions import FUNCTIONS
from gex.signals.named import NAMED
from gex.signals.panel import COLUMNS, aligned
from gex.signals.standing import ratio
from gex.signals.syntax import LARGEST, ExpressionError, column_of, nearest, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gex.quotes import Bools, Floats
    from gex.signals.functions import Kind
    from gex.signals.named import Named
    from gex.signals.panel import Panel

FORMS = {
    "native": "native(x): x worked out on the dates of the one series it names, then brought to the history's",
    "series": 'series("NAME", "high"): a series whose name is no plain word; its close without a column',
}
ARITHMETIC: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: ratio,
}
COMPARISONS: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
SAYS = {"numbers": "numbers", "condition": "a condition (true or false a day)", "text": "a text in quotes"}


def evaluate(text: str, panel: Panel, definitions: Mapping[str, Named] = NAMED) -> Floats | Bools:
    """Evaluate an expression on every day of a panel's main history.

    Args:
        text: The expression.
        panel: The history and the series beside it.
        definitions: Named signals that the expression may use; those of `gex.signals.named` by default.

    Returns:
        Shape (days,): floats, NaN where there is none; or booleans, true where the condition is known to hold.

    Raises:
        TypeError: `text` is no text.
        ExpressionError: A `ValueError` that says what is wrong and where: no expression, an unknown name (with the
            nearest), numbers where a condition belongs, a window out of range, a column without values.

    """
    found = _value(text, panel, definitions)
    if found.kind == "condition":
        return runs.events(found.days(len(panel)))
    return found.days(len(panel)).copy()


def truth(text: str, panel: Panel, definitions: Mapping[str, Named] = NAMED) -> Floats:
    """Evaluate a condition: 1 where it holds, 0 where it does not, NaN where that is not known; shape (days,).

    Arguments and errors as for `evaluate`; an expression that gives numbers is an `ExpressionError`.
    """
    found = _value(text, panel, definitions)
    if found.kind != "condition":
        raise ExpressionError(text, 1, "expected a condition, got numbers; compare them, as in x > 0")
    return found.days(len(panel)).copy()


@dataclass(frozen=True)
class _Value:
    """What a part of an expression is worth: numbers or a condition a day, one number, or a text."""

    kind: Literal["numbers", "condition", "text"]
    data: Floats | float | str

    def days(self, count: int) -> Floats:
        """Return a figure a day."""
        return np.broadcast_to(np.asarray(self.data, dtype=np.float64), (count,))


@dataclass(frozen=True)
class _Evaluation:
    text: str
    panel: Panel
    definitions: Mapping[str, Named]
    stack: tuple[str, ...] = ()
    """The named signals that this one is part of."""
    known: dict[str, _Value] = field(default_factory=dict)
    """Named signals worked out already: one that is used twice costs once."""

    def all(self) -> _Value:
        """Return the value of the whole expression."""
        tree = parsed(self.text)
        with np.errstate(all="ignore"):
            found = self.value(tree)
        if found.kind == "text":
            raise self.error(tree, "a text is no signal")
        return found

    def value(self, node: ast.expr) -> _Value:
        """Return the value of a part."""
        rule = _RULES.get(type(node))
        if rule is None:
            raise self.error(node, f"{type(node).__name__} is not part of the language: docs/signals.md says what is")
        return rule(self, node)

    def error(self, node: ast.expr, reason: str) -> ExpressionError:
        """Return the error that says what is wrong with a part."""
        return ExpressionError(self.text, column_of(self.text, node), reason)

    def want(self, node: ast.expr, kind: Literal["numbers", "condition"]) -> Any:
        """Return the figures of a part that must be of a kind: an array, or one number."""
        found = self.value(node)
        if found.kind != kind:
            cure = "; compare them, as in x > 0" if (kind, found.kind) == ("condition", "numbers") else ""
            raise self.error(node, f"expected {SAYS[kind]}, got {SAYS[found.kind]}{cure}")
        return found.data if kind == "numbers" else found.days(len(self.panel))

    def constant(self, node: ast.Constant) -> _Value:
        """Return a number or a text."""
        given = node.value
        if isinstance(given, str):
            return _Value("text", given)
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            raise self.error(node, f"{given!r} is not part of the language")
        if not abs(given) <= LARGEST:
            raise self.error(node, f"a number must be within ±{LARGEST:g}")
        return _Value("numbers", float(given))

    def name(self, node: ast.Name) -> _Value:
        """Return a column of the history, a series or a named signal."""
        if node.id in COLUMNS:
            return self.column(node, self.panel.main.name, node.id)
        if node.id in self.panel.names:
            return self.column(node, node.id, "close")
        if node.id in self.definitions:
            return self.signal(node, self.definitions[node.id])
        if node.id in FUNCTIONS:
            raise self.error(node, f"{node.id} is a function: write {FUNCTIONS[node.id].usage(node.id)}")
        raise self.error(node, f"nothing is called {node.id!r}{self.like(node.id)}")

    def like(self, name: str) -> str:
        """Return the end of a message about an unknown name."""
        return nearest(name, [*COLUMNS, *self.panel.names, *self.definitions, *FUNCTIONS, *FORMS])

    def attribute(self, node: ast.Attribute) -> _Value:
        """Return a column of a series."""
        if not isinstance(node.value, ast.Name):
            raise self.error(node, "a dot stands between a series and its column, as in VIX.high")
        if node.value.id not in self.panel.names:
            raise self.error(node, f"no series is called {node.value.id!r}{nearest(node.value.id, self.panel.names)}")
        return self.column(node, node.value.id, node.attr)

    def column(self, node: ast.expr, name: str, column: str) -> _Value:
        """Return a column of a series that there is."""
        try:
            return _Value("numbers", _finite(self.panel.column(name, column)))
        except ValueError as error:
            raise self.error(node, str(error)) from None

    def signal(self, node: ast.expr, named: Named) -> _Value:
        """Return a named signal, on each day what was known of it."""
        if named.name in self.stack:
            raise self.error(node, f"{named.name} is defined by itself: {' -> '.join([*self.stack, named.name])}")
        if named.name not in self.known:
            inner = replace(self, text=named.expression, stack=(*self.stack, named.name))
            try:
                found = inner.all()
            except ExpressionError as error:
                raise self.error(node, f"{named.name}: {error}") from None
            self.known[named.name] = found if not named.lag_days else self.later(found, named.lag_days)
        return self.known[named.name]

    def later(self, found: _Value, lag_days: int) -> _Value:
        """Return a value as it is known so many calendar days later."""
        out = self.panel.dates + np.timedelta64(lag_days, "D")
        return _Value(found.kind, aligned(self.panel.dates, out, found.days(len(self.panel))))

    def unary(self, node: ast.UnaryOp) -> _Value:
        """Return -x, +x or `not c`."""
        if isinstance(node.op, ast.Not):
            return _Value("condition", runs.opposite(self.want(node.operand, "condition")))
        if isinstance(node.op, ast.Invert):
            raise self.error(node, "write not in place of ~")
        given = self.want(node.operand, "numbers")
        return _Value("numbers", -given if isinstance(node.op, ast.USub) else given)

    def binary(self, node: ast.BinOp) -> _Value:
        """Return the sum, difference, product or ratio of two numbers."""
        if type(node.op) not in ARITHMETIC:
            cure = {"BitAnd": ": write and", "BitOr": ": write or", "Pow": ": write x * x"}.get(
                type(node.op).__name__, ""
            )
            raise self.error(node, f"of arithmetic the language has + - * / alone{cure}")
        left, right = self.want(node.left, "numbers"), self.want(node.right, "numbers")
        return _numbers(ARITHMETIC[type(node.op)](left, right))

    def boolean(self, node: ast.BoolOp) -> _Value:
        """Return conditions joined by `and` or `or`."""
        join = runs.both if isinstance(node.op, ast.And) else runs.either
        first, *others = (self.want(each, "condition") for each in node.values)
        for each in others:
            first = join(first, each)
        return _Value("condition", first)

    def comparison(self, node: ast.Compare) -> _Value:
        """Return x < y, or x < y < z."""
        figures = [self.want(each, "numbers") for each in (node.left, *node.comparators)]
        found = np.ones(len(self.panel))
        for left, test, right in zip(figures, node.ops, figures[1:], strict=False):
            if type(test) not in COMPARISONS:
                raise self.error(node, "comparisons are < <= > >= == !=")
            one = runs.compared(left, right, COMPARISONS[type(test)])
            found = runs.both(found, np.broadcast_to(one, found.shape))
        return _Value("condition", found)

    def call(self, node: ast.Call) -> _Value:
        """Return what a function gives."""
        if not isinstance(node.func, ast.Name):
            raise self.error(node, "only a function's name may stand before (")
        name = node.func.id
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            raise self.error(node, f"{name}: arguments are given by their place, without names or stars")
        if name in FORMS:
            return self.native(node) if name == "native" else self.series(node)
        if name not in FUNCTIONS:
            raise self.error(node, f"no function is called {name!r}{nearest(name, [*FUNCTIONS, *FORMS])}")
        function = FUNCTIONS[name]
        kinds = function.kinds(len(node.args))
        if kinds is None:
            raise self.error(node, f"{function.usage(name)} got {len(node.args)} arguments")
        given = [
            self.argument(each, argument, kind, name) for each, (argument, kind) in zip(node.args, kinds, strict=True)
        ]
        try:
            found = function.call(self.panel, *given)
        except ValueError as error:
            raise self.error(node, f"{name}: {error}") from None
        return _numbers(found) if function.gives == "numbers" else _Value("condition", found)

    def argument(self, node: ast.expr, argument: str, kind: Kind, function: str) -> Any:
        """Return an argument as its function takes it."""
        if kind == "text":
            found = self.value(node)
            if found.kind != "text":
                raise self.error(node, f'{function}: {argument} must be a text in quotes, as in "2025-11-21"')
            return found.data
        if kind == "condition":
            return self.want(node, kind)
        given = self.want(node, "numbers")
        if kind == "numbers":
            return _Value("numbers", given).days(len(self.panel))
        if not isinstance(given, float):
            raise self.error(node, f"{function}: {argument} must be one number, not a figure a day")
        if kind == "days" and not given.is_integer():
            raise self.error(node, f"{function}: {argument} must be a whole number, got {given:g}")
        return int(given) if kind == "days" else given

    def series(self, node: ast.Call) -> _Value:
        """Return a series by its name in quotes."""
        if not 1 <= len(node.args) <= 2:
            raise self.error(node, FORMS["series"])
        name, *column = (self.argument(each, "name", "text", "series") for each in node.args)
        if name not in self.panel.names:
            raise self.error(node, f"no series is called {name!r}{nearest(name, self.panel.names)}")
        return self.column(node, name, column[0] if column else "close")

    def native(self, node: ast.Call) -> _Value:
        """Return an expression of one series, worked out on its own dates."""
        if len(node.args) != 1:
            raise self.error(node, FORMS["native"])
        name = self.one_series(node.args[0])
        if name == self.panel.main.name:
            return self.value(node.args[0])
        alone = self.panel.alone(name)
        found = replace(self, panel=alone, definitions={}, known={}).value(node.args[0])
        if found.kind == "text":
            raise self.error(node, "a text is no signal")
        return _Value(found.kind, self.panel.align(name, alone.dates, found.days(len(alone))))

    def one_series(self, node: ast.expr) -> str:
        """Return the one series that a part names."""
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - set(FUNCTIONS) - set(FORMS)
        names |= {
            each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
        series = names.intersection(self.panel.names)
        others = sorted(name for name in names - series if name in COLUMNS or name in self.definitions)
        if others:
            raise self.error(node, f"native: {others[0]} is no series of its own; name one, as in native(UNRATE)")
        if len(series) != 1:
            named = f"got {', '.join(sorted(series))}" if series else f"nothing is called {', '.join(sorted(names))!r}"
            raise self.error(node, f"native works on one series: {named}")
        return series.pop()


_RULES: dict[type[ast.expr], Callable[[_Evaluation, Any], _Value]] = {
    ast.Constant: _Evaluation.constant,
    ast.Name: _Evaluation.name,
    ast.Attribute: _Evaluation.attribute,
    ast.UnaryOp: _Evaluation.unary,
    ast.BinOp: _Evaluation.binary,
    ast.BoolOp: _Evaluation.boolean,
    ast.Compare: _Evaluation.comparison,
    ast.Call: _Evaluation.call,
}


def _value(text: str, panel: Panel, definitions: Mapping[str, Named]) -> _Value:
    try:
        return _Evaluation(text, panel, definitions).all()
    except RecursionError:
        raise ExpressionError(text, 1, "too many signals within signals") from None


def _numbers(found: Any) -> _Value:
    """Return figures of which those that are not finite are missing."""
    return _Value("numbers", float(_finite(found)) if np.ndim(found) == 0 else _finite(found))


def _finite(values: Any) -> Any:
    return np.where(np.isfinite(values), values, np.nan)
