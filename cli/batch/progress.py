"""How far a batch is: a bar where somebody watches, else one JSON object a line on stderr."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

import click

from gex.cli import log

if TYPE_CHECKING:
    from gex.cli.batch.drive import Tally
    from gex.cli.batch.job import Line

EVERY = 5.0
"""Seconds between two events of progress."""


class Watch(Protocol):
    """Whoever is told how far a batch is; open from its first job to its last."""

    def __enter__(self) -> object: ...
    def __exit__(self, *error: object) -> None: ...
    def advance(self, tally: Tally) -> None:
        """An input is done."""
        ...

    def fail(self, line: Line) -> None:
        """A snapshot, or a whole input, gave no result."""
        ...

    def tell(self, message: str) -> None:
        """Something that the user should know."""
        ...


class Quiet:
    """Tells of failures alone, as log messages."""

    def __enter__(self) -> object:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def advance(self, tally: Tally) -> None:
        """Say nothing."""

    def fail(self, line: Line) -> None:
        """Log the reason."""
        log.LOGGER.error("%s", line["reason"])

    def tell(self, message: str) -> None:
        """Log it."""
        log.LOGGER.warning("%s", message)


class Events(Quiet):
    """JSON objects: `progress` every few seconds and at the end, `failed` at once."""

    def __init__(self, total: int) -> None:
        self._total, self._inputs = total, 0
        self._begun = self._told = time.monotonic()

    def __exit__(self, *error: object) -> None:
        self._write("info", "end", inputs=self._inputs, total=self._total)

    def advance(self, tally: Tally) -> None:
        """Tell how far it is, if it is time to."""
        self._inputs += 1
        now = time.monotonic()
        if now - self._told < EVERY and self._inputs < self._total:
            return
        self._told = now
        rate = self._inputs / max(now - self._begun, 1e-9)
        left = (self._total - self._inputs) / rate
        told = {"inputs": self._inputs, "total": self._total, **tally.counts}
        self._write("info", "progress", **told, per_second=round(rate, 2), seconds_left=round(left, 1))

    def fail(self, line: Line) -> None:
        """Tell why."""
        self._write("error", "failed", input=line["input"], message=line["reason"], exit_code=line["exit_code"])

    def tell(self, message: str) -> None:
        """Tell it."""
        self._write("warning", "note", message=message)

    @staticmethod
    def _write(level: str, event: str, **values: Any) -> None:
        click.echo(json.dumps({"level": level, "event": event, **values}, ensure_ascii=False), err=True)


class Bar(Quiet):
    """A bar with the rate, the time that is left and the failures so far."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("batch"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(), TextColumn("{task.fields[failed]}", style="red"), console=Console(stderr=True),
        )  # fmt: skip
        self._task = self._bar.add_task("batch", total=total, rate="", failed="")
        self._begun, self._inputs = time.monotonic(), 0

    def __enter__(self) -> object:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def advance(self, tally: Tally) -> None:
        """Move the bar."""
        self._inputs += 1
        rate = self._inputs / max(time.monotonic() - self._begun, 1e-9)
        failed = f"{tally.failed:,} failed" if tally.failed else ""
        self._bar.update(self._task, advance=1, rate=f"{rate:,.1f}/s", failed=failed)

    def fail(self, line: Line) -> None:
        """Write the reason above the bar."""
        self._bar.console.print(f"gex: {line['reason']}", markup=False, highlight=False, soft_wrap=True)

    def tell(self, message: str) -> None:
        """Write it above the bar."""
        self._bar.console.print(f"gex: {message}", markup=False, highlight=False, soft_wrap=True)


def watch_for(total: int) -> Watch:
    """Return who is told, by where stderr goes and what was asked of it."""
    if not log.LOGGER.isEnabledFor(logging.WARNING):
        return Quiet()
    return Bar(total) if sys.stderr.isatty() and not log.writes_json() else Events(total)
