"""The chains of one input: a file, a URL, or a snapshot of a chain store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gex.cli.sources import read_keywords
from gex.ingest.errors import ChainError, SpotError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from gex.cli.batch.spec import Spec
    from gex.ingest.blob import BinaryFile
    from gex.ingest.schema import Chain
    from gex.ingest.store import Snapshot

Stat = tuple[int | None, int | None]
"""Size, and time of the last change in nanoseconds; None where they are not known."""


@dataclass(frozen=True)
class Item:
    """One input.

    Attributes:
        number: Its place in the plan.
        input: A path, a URL or an address.
        stat: Its size and time of change, as far as they are known.
        snapshot: The snapshot of a chain store that it is.
        fault: Why it cannot be had.

    """

    number: int
    input: str
    stat: Stat = (None, None)
    snapshot: Snapshot | None = None
    fault: ChainError | None = None


def chains_of(item: Item, spec: Spec) -> Iterator[Chain | ChainError]:
    """Yield each snapshot of an input, or why it cannot be used; --spot is for those without a price of their own."""
    if item.snapshot:
        yield item.snapshot.sound()
        return
    price, without = spec.settings.spot, set()
    for number, found in enumerate(_read(item, spec, None)):
        if isinstance(found, SpotError) and price is not None:
            without.add(number)
        else:
            yield found
    if without:
        yield from (found for number, found in enumerate(_read(item, spec, price)) if number in without)


def _read(item: Item, spec: Spec, spot: float | None) -> Iterator[Chain | ChainError]:
    """Yield what a file holds, in its order, as long as nobody writes to it."""
    from gex.ingest.read import read_chains

    errors: list[ChainError] = []
    with _opened(item.input) as (source, stat):
        before = stat()
        for chain in read_chains(source, **read_keywords(spec.read, spot), on_error=errors.append):
            if stat() != before:
                raise UnreadableError("the file changed while it was read; run the batch again", source=item.input)
            yield from _drained(errors)
            yield chain
        yield from _drained(errors)


def _opened(source: str) -> AbstractContextManager[tuple[str | BinaryFile, Callable[[], Stat]]]:
    from contextlib import nullcontext

    from gex.cli.batch import remote

    if remote.is_url(source):
        return remote.opened(source)
    return nullcontext((source, lambda: stat_of(source)))


def stat_of(path: str) -> Stat:
    """Return a file's size and time of change; None where there is no such file."""
    try:
        stat = Path(path).stat()
    except (OSError, ValueError):
        return None, None
    return stat.st_size, stat.st_mtime_ns


def _drained(errors: list[ChainError]) -> Iterator[ChainError]:
    while errors:
        yield errors.pop(0)
