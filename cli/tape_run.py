"""A run over tapes: batches read, their sides told, their hedges added up; Ctrl-C ends what is followed."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gex.cli.failures import exit_code, one_line
from gex.cli.log import LOGGER
from gex.cli.sources import combined
from gex.ingest.errors import ContentError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    import polars as pl

    from gex.ingest.trade_schema import Trades
    from gex.microstructure.accuracies import Accuracies
    from gex.microstructure.sides import Classifier
    from gex.microstructure.tape import Tape

NEW_YORK = ZoneInfo("America/New_York")
LOOK_AGAIN = 0.2
"""Seconds between looks at a file that grows."""


class Stop:
    """Whether somebody pressed Ctrl-C: what has come is still told."""

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self.reading = False
        """Whether a tape is being read: a pipe that says nothing has to be left."""

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Note a Ctrl-C; the second one ends the reading where it is."""
        if self.reading or self.pressed:
            raise KeyboardInterrupt
        self._pressed.set()

    @property
    def pressed(self) -> bool:
        """Whether it was pressed."""
        return self._pressed.is_set()

    def more(self) -> bool:
        """Wait a little for more to come; tell whether to look for it."""
        return not self._pressed.wait(LOOK_AGAIN)

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Take Ctrl-C for the end of the tape, not for the end of the program."""
        before = signal.signal(signal.SIGINT, self)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


@dataclass
class Run:
    """Tapes read one after the other, as one; a bad one is logged and the others go on."""

    sources: tuple[str, ...]
    tape: Tape
    classifier: Classifier
    accuracies: str
    beside: tuple[str, ...] = ()
    underlying: str | None = None
    follow: bool = False
    chain_date: dt.date | None = None
    """Of the chain that prices them."""
    rows_in: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    """The tapes that had a trade."""
    codes: set[int] = field(default_factory=set)
    _stop: Stop = field(default_factory=Stop)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield rows of bars as they are finished.

        Raises:
            ContentError: No tape has failed, and none has a trade.

        """
        for source in self.sources:
            try:
                for batch in self._batches(source):
                    yield self._added(batch, source)
            except Exception as error:  # noqa: BLE001 (one tape must not take the others with it)
                LOGGER.error("%s", one_line(error), exc_info=error)
                self.codes.add(exit_code(error))
        if not self.read and not self.codes:
            self.tell()
            raise ContentError("the tape has no trade", source=self.sources[0])
        yield self.tape.close()

    @property
    def exit_code(self) -> int:
        """0 if all went well, 4 if some did, else what went wrong."""
        return combined(len(self.read), self.codes)

    def tell(self) -> None:
        """Say on stderr what became of rows that are not in the figures, or in doubt."""
        from gex.microstructure.trade_greeks import UNPRICED

        summary = self.tape.summary
        if self.quarantined:
            count, rows = sum(self.quarantined.values()), self.rows_in
            LOGGER.warning("%d of %d rows set aside: %s", count, rows, _listed(self.quarantined))
        if self.warnings:
            LOGGER.warning("trades flagged: %s", _listed(self.warnings))
        for reason, count in sorted(summary.unpriced.items()):
            LOGGER.warning("trades without a hedge: %d %s (%s)", count, reason, UNPRICED[reason])
        if late := int(summary.totals["late"]):
            LOGGER.warning("trades told after their bar: %d; they count in the one open then, see --late", late)
        if taken := summary.spot_from.get("chain"):
            LOGGER.warning("trades at the chain's spot, for want of a quote of the underlying: %d", taken)
        if summary.outside_chain:
            LOGGER.warning("trades in expirations that the chain does not list: %d", summary.outside_chain)
        if self.chain_date and summary.first and self.chain_date != (date := summary.first.astimezone(NEW_YORK).date()):
            LOGGER.warning("the chain is of %s, the trades begin on %s", self.chain_date, date)
        for note in self.notes:
            LOGGER.warning("%s", note)

    def _batches(self, source: str) -> Iterator[Trades]:
        from gex.ingest.trades.read import trade_batches

        if not self.follow:
            yield from trade_batches(source, beside=self.beside, underlying=self.underlying)
            return
        with self._stop.heeded():
            batches = trade_batches(source, beside=self.beside, underlying=self.underlying, follow=self._stop.more)
            while (batch := self._next(batches, pipe=source == "-")) is not None:
                yield batch

    def _next(self, batches: Iterator[Trades], *, pipe: bool) -> Trades | None:
        """Return the next batch; None at the end, or where Ctrl-C came while a pipe was silent."""
        self._stop.reading = pipe  # From here on a Ctrl-C is an exception; one before is seen below.
        try:
            return None if pipe and self._stop.pressed else next(batches, None)
        except KeyboardInterrupt:
            return None
        finally:
            self._stop.reading = False

    def _added(self, batch: Trades, source: str) -> pl.DataFrame:
        """Add a batch to the tape and its account to the others'."""
        quality = batch.quality
        self.rows_in += quality.rows_in
        self.quarantined.update(quality.quarantined)
        self.warnings.update({name: count for name, count in quality.warnings.items() if count})
        self.notes |= dict.fromkeys(quality.notes)
        try:
            rows = self.tape.add(batch.frame, self.classifier.classify(batch.frame))
        except ValueError as error:
            raise ContentError(f"{error}; --underlying picks one", source=source) from error
        if batch.frame.height:
            self.read.add(source)
        return rows


def accuracies_of(path: Path | None) -> Accuracies:
    """Return the user's own accuracies, or the published ones.

    Raises:
        ContentError: The file holds none.

    """
    import tomllib

    from gex.microstructure.accuracies import PUBLISHED, Accuracies

    if path is None:
        return PUBLISHED
    try:
        return Accuracies.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, AttributeError) as error:
        raise ContentError(str(error), source=str(path)) from error


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
