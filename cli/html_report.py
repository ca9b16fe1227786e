"""`gex report --html`: the page of one SOURCE, or of several as one book, in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gex.cli.failures import one_line
from gex.cli.log import LOGGER
from gex.cli.merging import MergedBatch
from gex.cli.sources import answered, open_chain, priced_source, snapshot_of
from gex.ingest.errors import ChainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.analysis import Priced
    from gex.cli.options import ReadOptions
    from gex.cli.page.view import View
    from gex.cli.sources import Batch
    from gex.history import Standing
    from gex.results import Analysis
    from gex.settings import Settings

    Past = Callable[[Analysis], Standing | None]


def pages(batch: Batch, past: Past | None, since: str | None) -> Iterator[bytes]:
    """Yield the page of the batch's one book, if its source can be had.

    Raises:
        click.UsageError: There are several books, or an earlier snapshot is named of a merged one.

    """
    from gex.cli.page.page import report
    from gex.cli.page.view import merged_view

    if batch.several:
        raise click.UsageError("a page is of one book: give one SOURCE, or --merge")
    if not isinstance(batch, MergedBatch):
        yield from map(report, batch.each(lambda source: view_of_source(source, batch, past, since)))
    elif since:
        raise click.UsageError("--since compares a source with itself earlier: leave --merge out")
    else:
        yield from map(report, map(merged_view, batch))


def view_of_source(source: str, batch: Batch, past: Past | None, since: str | None) -> View:
    """Read a source, and the earlier snapshot that its page compares it with.

    Raises:
        ChainError: The source, or that of `since`, cannot be found, read or analysed.

    """
    from gex.analysis import priced
    from gex.cli.page.view import view_of

    read, settings = batch.read, batch.settings
    base, analysis = priced_source(source, read, settings)
    if since is None:
        before = _before(source, read, settings)
    else:
        before = answered(open_chain(since, read, None), settings, since, priced)
    return view_of(base, analysis, before=before, standing=past and past(analysis))


def _before(source: str, read: ReadOptions, settings: Settings) -> Priced | str | None:
    """Return the snapshot before one of the store, or why it cannot be had; None where there is none."""
    from gex.analysis import priced
    from gex.ingest.address import before

    snapshot = snapshot_of(source, read)
    earlier = before(snapshot, read.store) if snapshot and read.store else None
    try:
        return answered(earlier.sound(), settings, earlier.place, priced) if earlier else None
    except ChainError as error:
        LOGGER.warning("the snapshot before cannot be compared with: %s", one_line(error))
        return f"the snapshot before cannot be compared with: {one_line(error)}"
