"""What a batch left, for tests of `gex batch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Batch = Callable[..., dict[str, Any]]
    """Runs a batch into one place, and returns its summary and exit code."""


def tree(results: Path) -> dict[str, bytes]:
    """Return all parts by their place."""
    return {path.relative_to(results).as_posix(): path.read_bytes() for path in results.rglob("*.parquet")}


def counts(summary: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in summary["counts"].items() if count}


def never(*_: Any, **__: Any) -> None:
    raise AssertionError("it was read")
