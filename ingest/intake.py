"""One input into the store: read unless its bytes are known, every snapshot or none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gex.ingest.read import read_chains
from gex.ingest.receipts import Input
from gex.ingest.store import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gex.ingest.schema import Chain
    from gex.ingest.store import Placed


@dataclass(frozen=True)
class Taken:
    """What the store has of one input: `status` is stored if any snapshot is new, else known."""

    status: str
    snapshots: list[dict[str, Any]]
    rows_in: int
    rows_kept: int
    quarantined: dict[str, int] = field(default_factory=dict)


def take(
    source: str,
    store: str | Path,
    keywords: dict[str, Any],
    watch: Callable[[Iterable[Chain]], Iterator[Chain]] = iter,
) -> Taken:
    """Put all snapshots of one input into the store.

    Args:
        source: A path, or "-" for standard input.
        store: The store's folder, made if need be.
        keywords: Those of `read_chains`.
        watch: Passes the chains on as they are read; what it raises refuses the input as a whole.

    Raises:
        ChainError: The input cannot be read or was refused, or the store cannot be written to; it is as it was.

    """
    root = Path(store)
    # A pipe can be read once only, and what is missing is the reader's to tell.
    given = Input(Path(source), keywords) if Path(source).is_file() and not keywords.get("beside") else None
    if given and (known := given.receipt(root)) is not None:
        return _sum([each | {"status": "known"} for each in known])

    def chains() -> Iterator[Chain]:
        yield from watch(read_chains(source, **keywords))
        if given:
            given.check_unchanged()

    snapshots = [_entry(each, root) for each in put(chains(), root)]
    if given:
        given.remember(snapshots, root)
    return _sum(snapshots)


def _entry(placed: Placed, store: Path) -> dict[str, Any]:
    what = placed.waiting
    quarantine = f"quarantine/symbol={what.symbol}/date={what.quote_date}/{placed.name}"
    return {
        "status": placed.status,
        "symbol": what.symbol,
        "quote_date": what.quote_date.isoformat(),
        "quote_time": what.quote_time.isoformat(),
        "name": placed.name,
        "revision": placed.revision,
        "file": placed.path.relative_to(store).as_posix(),
        "quarantine": quarantine if what.quarantine else None,
        "rows_in": what.rows_in,
        "rows_kept": what.rows_kept,
        "quarantined": what.quarantined,
    }


def _sum(snapshots: list[dict[str, Any]]) -> Taken:
    reasons: Counter[str] = Counter()
    for each in snapshots:
        reasons.update(each["quarantined"])
    return Taken(
        "stored" if any(each["status"] == "stored" for each in snapshots) else "known",
        snapshots,
        sum(each["rows_in"] for each in snapshots),
        sum(each["rows_kept"] for each in snapshots),
        dict(reasons),
    )
