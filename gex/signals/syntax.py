"""The text of an expression as a tree that is safe to walk: short, shallow, and of a few kinds of parts."""

from __future__ import annotations

import ast
import difflib
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_TEXT = 1_000
"""Characters."""
MOST_PARTS = 300
DEEPEST = 40
LARGEST = 1e15
"""Of a number, either side of 0."""


class ExpressionError(ValueError):
    """An expression that cannot be read or evaluated.

    Attributes:
        text: The expression.
        column: Where in it, from 1 on.
        reason: What is wrong there.

    """

    def __init__(self, text: str, column: int, reason: str) -> None:
        """Say where it is, in the text itself."""
        self.text, self.column, self.reason = text, column, reason
        super().__init__(f'column {column} of "{text}": {reason}')


def parsed(text: str) -> ast.expr:
    """Return the tree of an expression; nothing of it has been evaluated, and any kind of part may be in it.

    Raises:
        TypeError: It is no text.
        ExpressionError: It is empty, too long, too deep, or no expression.

    """
    if not isinstance(text, str):
        raise TypeError(f"an expression must be a text, got {type(text).__name__}")
    if not text.strip():
        raise ExpressionError(text, 1, "it is empty")
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(text[:40] + "...", 1, f"it has more than {LONGEST_TEXT} characters")
    if "#" in text or not text.isprintable():
        at = next(place for place, each in enumerate(text) if each == "#" or not each.isprintable())
        raise ExpressionError(text, at + 1, f"{text[at]!r} has no place in an expression, which is one line")
    tree = _tree(text)
    _measure(text, tree)
    return tree


def column_of(text: str, node: ast.expr) -> int:
    """Return where a part begins, from 1 on; Python's own tree counts bytes."""
    return _lead(text) + len(text.strip().encode()[: node.col_offset].decode(errors="ignore")) + 1


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message: the names that are like this one, in whatever case."""
    names = {each.lower(): each for each in known}
    like = [names[each] for each in difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)]
    return f"; nearest: {', '.join(like)}" if like else ""


def _lead(text: str) -> int:
    """Return the number of spaces before an expression, which the tree does not count."""
    return len(text) - len(text.lstrip())


def _tree(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        column = _lead(text) + (error.offset or len(text.strip()) + 1)
        raise ExpressionError(text, column, f"not understood: {error.msg}") from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError(text, 1, "not understood: too many parts within parts") from None


def _measure(text: str, tree: ast.expr) -> None:
    """Refuse a tree that is too large, before anything walks down it by calling itself."""
    level: list[ast.AST] = [tree]
    parts = depth = 0
    while level:
        parts, depth = parts + len(level), depth + 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if parts > MOST_PARTS or depth > DEEPEST:
        raise ExpressionError(text, 1, f"it has {parts} parts, {depth} deep; {MOST_PARTS} and {DEEPEST} are the most")
