"""What came of computing a result once more, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import gex
from gex.cli.render.terminal import aligned

if TYPE_CHECKING:
    from gex.cli.batch.reproduction import Difference, Reproduction
    from gex.cli.render.terminal import Terminal

SCHEMA_VERSION = 1
SHOWN = 40
"""Columns that the screen lists."""


def screen(found: Reproduction, terminal: Terminal) -> str:
    """Return the verdict, where the input was found, and each column that differs."""
    lines = [_verdict(found, terminal), f"  result  {found.part.place}", f"  input   {found.source}"]
    if not found.same_version:
        lines.append(f"  version {found.part.version} wrote it, and this is {gex.__version__}")
    if found.differences:
        head = ("TABLE", "COLUMN", "ROWS", "RECORDED", "NOW", "LARGEST", "RELATIVE")
        rows = [_row(each) for each in found.differences[:SHOWN]]
        lines += ["", *aligned([head, *rows], "<<>>>>>")]
    if len(found.differences) > SHOWN:
        lines.append(f"and {len(found.differences) - SHOWN} more columns; --format json has all")
    return "\n".join(lines)


def document(found: Reproduction) -> dict[str, Any]:
    """Return all of it as JSON-ready values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "result": found.part.place,
        "input": found.source,
        "same": not found.differences,
        "version": {"recorded": found.part.version, "now": gex.__version__},
        "columns": found.columns,
        "differences": [asdict(each) for each in found.differences],
    }


def _verdict(found: Reproduction, terminal: Terminal) -> str:
    if not found.differences:
        return terminal.paint(f"the same: {found.columns} columns, to the last bit", "positive", bold=True)
    count = len(found.differences)
    return terminal.paint(f"differs: {count} of {found.columns} columns", "alert", bold=True)


def _row(each: Difference) -> tuple[str, ...]:
    sizes = ("" if size is None else f"{size:.2g}" for size in (each.absolute, each.relative))
    return (
        each.table,
        each.column,
        f"{each.rows:,}" if each.rows else "",
        _short(each.recorded),
        _short(each.now),
        *sizes,
    )


def _short(value: Any) -> str:
    text = "none" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 24 else text[:23] + "…"
