"""Tables on a terminal: columns with their cells, the least of them left out where the terminal is narrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gex.cli.render.terminal import aligned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    head: str
    cell: Callable[[Row], str]
    rank: int = 0
    """Columns of higher rank are left out first where the terminal is narrow."""


def fitting(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[Column]:
    """Leave out what matters least until a line fits."""
    kept = list(columns)
    while max(map(len, laid_out(kept, rows))) > width:
        least = max(kept, key=lambda column: column.rank)
        if not least.rank:
            break
        kept = [column for column in kept if column is not least]
    return kept


def laid_out(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """Return the heads and a line a row, the first column to the left and all others to the right."""
    cells = [tuple(column.cell(row) for column in columns) for row in rows]
    return aligned([tuple(column.head for column in columns), *cells], "<" + ">" * (len(columns) - 1))
