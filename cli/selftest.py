"""`gex selftest`: evidence that this installation computes what it should."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import click

from gex import __version__
from gex.cli import options
from gex.cli.failures import DONE, FAILURE

if TYPE_CHECKING:
    from gex.cli.evidence import Check


@click.command("selftest")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="Form of the evidence.")
@options.logging_options
def command(form: str) -> int:
    """Check this installation against reference figures and a chain with known levels.

    Prints each figure, what it must be, the error and the tolerance; exit code 1 if any check fails.
    """
    from gex.cli.evidence import checks

    done = list(checks())
    failed = sum(not check.ok for check in done)
    build = _build()
    if form == "json":
        from gex.cli.render.document import dumps, jsonable

        click.echo(dumps(jsonable({"build": build, "failed": failed, "checks": [_record(check) for check in done]})))
    else:
        click.echo(_table(done))
        click.echo("\n" + "\n".join(f"{name:<16} {value}" for name, value in build.items()))
        click.echo(f"\n{len(done) - failed} of {len(done)} checks passed")
    return FAILURE if failed else DONE


def _build() -> dict[str, str]:
    """Return what this result depends on."""
    import numpy as np
    import polars as pl

    from gex.pricing import _kernel

    return {
        "gex": __version__,
        "instruction set": _kernel.instruction_set(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "polars": pl.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _record(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "value": check.value,
        "expected": check.expected,
        "error": check.error,
        "error_is_relative": check.relative and bool(check.expected),
        "tolerance": check.tolerance,
        "ok": check.ok,
    }


def _table(done: list[Check]) -> str:
    from gex.cli.render.terminal import aligned

    rows: list[tuple[str, ...]] = [("CHECK", "VALUE", "EXPECTED", "ERROR", "ALLOWED", "")]
    for check in done:
        error = "-" if check.error is None else f"{check.error:.1e}"
        allowed = "exact" if not check.tolerance else f"{check.tolerance:.0e}"
        figures = ("none" if value is None else f"{value:.13g}" for value in (check.value, check.expected))
        rows.append((check.name, *figures, error, allowed, "ok" if check.ok else "FAILED"))
    return "\n".join(aligned(rows, "<>>>><"))
