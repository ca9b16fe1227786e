"""`--merge`: several sources as one book."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from gex.cli.failures import exit_code, one_line
from gex.cli.log import LOGGER
from gex.cli.sources import Batch, open_chain
from gex.cli.values import DatedCurve
from gex.ingest.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import MergeOptions, ReadOptions
    from gex.results import Analysis, MergedAnalysis
    from gex.settings import Settings


def batch_of(sources: tuple[str, ...], read: ReadOptions, settings: Settings, merging: MergeOptions) -> Batch:
    """Return the analyses of the sources: one each, or with --merge one of all.

    Raises:
        click.UsageError: What was asked for can't be merged.

    """
    if not merging.merge:
        return Batch(sources, read, settings)
    if len(sources) < 2:
        raise click.UsageError("--merge needs two sources or more")
    if settings.spot is not None:
        raise click.UsageError("--spot is one price and --merge has several: each source's own is used")
    return MergedBatch(sources, read, settings, max_apart=merging.max_apart)


@dataclass
class MergedBatch(Batch):
    """One analysis of several sources; a bad one leaves nothing to report."""

    max_apart: float | None = field(default=None, kw_only=True)
    """Hours."""

    def __iter__(self) -> Iterator[Analysis]:
        """Yield the analysis of all, if it can be had."""
        try:
            analysis = self._merged()
        except Exception as error:  # noqa: BLE001 (told as any other source's fault is)
            LOGGER.error("%s", one_line(error), exc_info=error)
            self.codes.add(exit_code(error))
        else:
            self.done += 1
            yield analysis

    @property
    def several(self) -> bool:
        """Whether there is more than one analysis: never."""
        return False

    def _merged(self) -> MergedAnalysis:
        chains = [open_chain(source, self.read, None) for source in self.sources]
        from gex.merge import merge

        settings = self.settings
        if isinstance(settings.curve, DatedCurve):
            settings = replace(settings, curve=settings.curve.on(chains[0].quote_date))
        apart = None if self.max_apart is None else dt.timedelta(hours=self.max_apart)
        try:
            return merge(chains, settings, max_apart=apart)
        except ValueError as error:
            raise ContentError(str(error), source=" + ".join(self.sources)) from error
