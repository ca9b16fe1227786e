"""`gex ingest`: validated snapshots of chain files, into the store."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gex.cli import options
from gex.cli.failures import exit_code, one_line
from gex.cli.inputs import expand
from gex.cli.log import LOGGER
from gex.cli.sources import (
    check_quality,
    combined,
    first_bad_line,
    located,
    read_keywords,
    tell_quality,
    with_spot_if_needed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from gex.cli.options import ReadOptions
    from gex.ingest.intake import Taken
    from gex.ingest.schema import Chain

SCHEMA_VERSION = 1


@dataclass
class Result:
    """What became of one input."""

    source: str
    status: str
    """stored, known (all its snapshots were there) or failed."""
    rows_in: int = 0
    rows_kept: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    code: int = 0


@click.command("ingest")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--to", "target", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="[default: --store]"
)
@options.read_options
@click.option("--spot", type=float, metavar="PRICE", help="Price of the underlying, for files without.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="Form of the summary.")
@options.logging_options
def command(sources: tuple[str, ...], target: Path | None, read: ReadOptions, spot: float | None, form: str) -> int:
    """Read SOURCEs, validate them, and put each of their snapshots into the store as one immutable file.

    A SOURCE is a file, a folder (with all below it), a pattern ("2025-*.csv") or - for stdin. The same input again
    changes nothing; a reissued one becomes a new revision beside the old.
    """
    store = target or read.store
    if store is None:
        raise click.UsageError("no store named; give --to DIR, or set GEX_STORE")
    inputs = expand(sources, store)
    results = []
    with _progress(len(inputs)) as tick:
        for each in inputs:
            results.append(_stored(each, store, read, spot, tick))
            tick(1, each)
    click.echo(_as_json(results, store) if form == "json" else _summary(results, store))
    return combined(sum(not result.code for result in results), {result.code for result in results} - {0})


def _progress(inputs: int) -> AbstractContextManager[Callable[[int, str], None]]:
    """Show a bar on stderr where somebody watches."""
    if not (sys.stderr.isatty() and LOGGER.isEnabledFor(logging.WARNING)):
        return nullcontext(lambda _steps, _what: None)
    return _Bar(inputs)


class _Bar:
    """A bar that moves with the inputs and says what is being read."""

    def __init__(self, inputs: int) -> None:
        self._bar: Any = click.progressbar(
            length=inputs, file=sys.stderr, label="ingest", show_pos=True, item_show_func=lambda what: what
        )

    def __enter__(self) -> Callable[[int, str], None]:
        self._bar.__enter__()
        update: Callable[[int, str], None] = self._bar.update
        return update

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(*error)


def _stored(
    source: str, store: Path, read: ReadOptions, spot: float | None, tick: Callable[[int, str], None]
) -> Result:
    """Put one input into the store; a failure is a result, too."""
    from gex.ingest.intake import take

    def attempt(price: float | None) -> Taken:
        with located(source, read) as place:
            return take(place, store, read_keywords(read, price), lambda chains: watched(chains, source, read, tick))

    try:
        taken = with_spot_if_needed(attempt, source, spot)
    except Exception as error:  # noqa: BLE001 (one input must not take the others with it)
        LOGGER.error("%s", one_line(error), exc_info=error)
        return Result(source, "failed", error=one_line(error), code=exit_code(error))
    return Result(source, **asdict(taken))


def watched(
    chains: Iterable[Chain], source: str, read: ReadOptions, tick: Callable[[int, str], None]
) -> Iterator[Chain]:
    """Pass chains on, telling of their rows, and refuse the input in the end if too many of all are bad."""
    rows_in, reasons, line = 0, Counter[str](), None
    for number, chain in enumerate(chains, 1):
        rows_in += chain.quality.rows_in
        reasons.update(chain.quality.quarantined)
        line = line or first_bad_line(chain)
        tell_quality(chain, source)
        tick(0, f"{source}, {number}")
        yield chain
    check_quality(rows_in, reasons, source, read, line)


def _as_json(results: list[Result], store: Path) -> str:
    from gex.cli.render.document import dumps

    document = {
        "schema_version": SCHEMA_VERSION,
        "store": str(store),
        "counts": _counts(results),
        "inputs": [asdict(each) | {"rows_quarantined": each.rows_in - each.rows_kept} for each in results],
    }
    return dumps(document)


def _counts(results: list[Result]) -> dict[str, int]:
    return {status: sum(each.status == status for each in results) for status in ("stored", "known", "failed")}


def _summary(results: list[Result], store: Path) -> str:
    from gex.cli.render.terminal import aligned

    head = ("STATUS", "SOURCE", "SNAPSHOTS", "ROWS IN", "KEPT", "SET ASIDE", "WHY")
    rows = [
        (
            each.status,
            each.source,
            f"{len(each.snapshots):,}",
            f"{each.rows_in:,}",
            f"{each.rows_kept:,}",
            f"{each.rows_in - each.rows_kept:,}",
            ", ".join(f"{count:,} {reason}" for reason, count in each.quarantined.items()),
        )
        for each in results
    ]
    revised = sum(each["status"] == "stored" and each["revision"] > 1 for one in results for each in one.snapshots)
    counts = ", ".join(f"{count} {status}" for status, count in _counts(results).items())
    again = f" ({revised} reissued, the earlier kept)" if revised else ""
    return "\n".join([*aligned([head, *rows], "<<>>>><"), f"{counts}{again}; store {store}"])
