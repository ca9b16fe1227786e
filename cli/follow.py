"""`gex report --follow`: the report of a symbol's last snapshot, again whenever the store has a newer one."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from gex.cli.failures import DONE, INTERRUPTED, one_line
from gex.cli.log import LOGGER
from gex.cli.moments import refuse_moments
from gex.cli.stopping import stopped_by_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gex.cli.options import Format, MergeOptions, OutputOptions, ReadOptions
    from gex.cli.watch import Watcher
    from gex.history import Standing
    from gex.ingest.store import Snapshot
    from gex.results import Analysis
    from gex.settings import Settings

FORMATS = ("table", "jsonl")
CLEAR, HOME, TO_LINE_END, TO_SCREEN_END = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"
"""What a terminal is drawn over with: cleared at first and when it has another size, else without that flicker."""


@dataclass
class Follow:
    """One symbol followed.

    Attributes:
        symbol: Whose snapshots.
        store: Where.
        read: How snapshots are read.
        settings: How they are analysed.
        output: Where reports go, one after the other; a terminal has the last one alone.
        form: `table` or `jsonl`.
        detail: Whether `jsonl` has every strike.
        interval: Seconds between two looks at the store.
        past: Tells where an analysis stands among earlier results.
        stop: Ends it.

    """

    symbol: str
    store: Path
    read: ReadOptions
    settings: Settings
    output: OutputOptions
    form: Format
    detail: bool
    interval: float
    past: Callable[[Analysis], Standing | None] | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    _last: Analysis | None = None
    _before: Analysis | None = None
    _shown: Snapshot | None = None
    """The snapshot of `_last`."""
    _size: tuple[int, int] | None = None
    _fault: str = ""

    def run(self) -> int:
        """Follow until stopped, and return the exit code: 130 after Ctrl-C, 0 after SIGTERM."""
        from gex.cli.watch import Watcher

        with stopped_by_signals(self.stop.set) as caught, self._opened() as write:
            watcher = Watcher(self.store, self.symbol)
            self._begin(write)
            while not self.stop.wait(self.interval):
                self._look(watcher, write)
        return INTERRUPTED if signal.SIGINT in caught else DONE

    @property
    def _on_screen(self) -> bool:
        """Whether there is a terminal to draw over."""
        return self.output.output is None and self.form == "table" and sys.stdout.isatty()

    def _begin(self, write: Callable[[str], None]) -> None:
        """Show the last snapshot there is, beside the one before it; or say that there is none."""
        there = self._whole()
        for each in there[-2:] if self.form == "table" else there[-1:]:
            self._take(each)
        if not there:
            LOGGER.warning("no snapshot of %s in %s yet: waiting for one", self.symbol.upper(), self.store)
        self._show(write)

    def _whole(self) -> list[Snapshot]:
        """Return the snapshots there are, the last revision of each; none that is being written."""
        from gex.cli.watch import is_whole
        from gex.ingest.store import latest, snapshots

        return latest(each for each in snapshots(self.store, self.symbol) if each.member or is_whole(each.path))

    def _look(self, watcher: Watcher, write: Callable[[str], None]) -> None:
        """Show what has come: all of it one after the other, or on a terminal the last."""
        news = [each for each in self._news(watcher) if self._is_newer(each)]
        for each in news[-1:] if self._on_screen else news:
            if not self.stop.is_set() and self._take(each):
                self._show(write)
        if self._on_screen and self._last and self._size != shutil.get_terminal_size():
            self._show(write)

    def _news(self, watcher: Watcher) -> list[Snapshot]:
        """Return what has come; a store that cannot be looked into is told of once."""
        try:
            news = watcher.news()
        except OSError as error:
            if self._fault != one_line(error):
                LOGGER.error("%s (said once)", one_line(error))
            self._fault = one_line(error)
            return []
        self._fault = ""
        return news

    def _is_newer(self, each: Snapshot) -> bool:
        if self._shown is None or _order(each) > _order(self._shown):
            return True
        if _order(each) < _order(self._shown):
            LOGGER.info("%s: older than what is shown", each.path)
        return False

    def _take(self, snapshot: Snapshot) -> bool:
        """Analyse a snapshot; tell whether that could be done. One that cannot be is said, and the others go on."""
        try:
            analysis = self._analysis(snapshot)
        except Exception as error:  # noqa: BLE001 (one snapshot must not end what is followed)
            LOGGER.error("%s", one_line(error), exc_info=error)
            return False
        self._before, self._last, self._shown = self._last, analysis, snapshot
        return True

    def _analysis(self, snapshot: Snapshot) -> Analysis:
        from gex.cli.sources import analysis_of
        from gex.ingest.address import opened
        from gex.ingest.store import snapshots

        if snapshot.member is None and not snapshot.path.exists():  # Merged into a bundle since.
            same = [each for each in snapshots(self.store, self.symbol) if each.place == snapshot.place]
            snapshot = same[-1] if same else snapshot
        with opened(snapshot) as path:
            return analysis_of(str(path), self.read, self.settings)

    def _show(self, write: Callable[[str], None]) -> None:
        if self._last is not None:
            write(self._text(self._last))

    def _text(self, analysis: Analysis) -> str:
        """Return the report: as a line of JSON, a page below the last one, or what draws it over a terminal."""
        past = self.past and self.past(analysis)
        if self.form == "jsonl":
            from gex.cli.render.document import document, dumps, jsonable

            return dumps(jsonable(document(analysis, detail=self.detail, past=past)), indent=None) + "\n"
        from gex.cli.render.screen import screen
        from gex.cli.render.terminal import FULL, Terminal, detect

        terminal = Terminal() if self.output.output else detect(self.output.color, FULL)
        if not self._on_screen:
            return terminal.readable(screen(analysis, terminal, past, self._before) + "\n")
        size = shutil.get_terminal_size()
        clear, self._size = CLEAR if size != self._size else "", size
        lines = screen(analysis, replace(terminal, height=size.lines - 2), past, self._before).splitlines()
        kept = lines[: max(1, size.lines - 3)]
        lost = f"; {len(lines) - len(kept)} lines more than fit" if len(kept) < len(lines) else ""
        foot = f"following {self.symbol.upper()} in {self.store}{lost}; Ctrl-C ends"
        return clear + _over([terminal.readable(line) for line in (*kept, "", terminal.paint(foot, "muted"))])

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Callable[[str], None]]:
        """Give what writes a report so that it is there at once: to stdout, or to the end of a file."""
        if self.output.output is None:
            yield lambda text: click.echo(text, nl=False, color=True)
            return
        with self.output.output.open("a", encoding="utf-8") as file:

            def write(text: str) -> None:
                file.write(text)
                file.flush()

            yield write


def follow(
    sources: tuple[str, ...],
    read: ReadOptions,
    settings: Settings,
    output: OutputOptions,
    form: Format,
    detail: bool,
    interval: float,
    past: Callable[[Analysis], Standing | None] | None,
    merging: MergeOptions,
) -> int:
    """Follow the symbol that the sources name.

    Raises:
        click.UsageError: They name something else, there is no store, or what was asked for is of one snapshot.

    """
    from gex.cli.sources import ADDRESS

    if len(sources) != 1 or "@" in sources[0] or not ADDRESS.fullmatch(sources[0]):
        raise click.UsageError("--follow takes one symbol of the store, without a time: SPX")
    if read.store is None:
        raise click.UsageError("--follow needs a store; give --store DIR, or set GEX_STORE")
    if merging.merge:
        raise click.UsageError("--follow takes one symbol, and --merge several")
    if form not in FORMATS:
        raise click.UsageError(f"{form} has an end, and --follow none; use --format table or jsonl")
    refuse_moments(settings, read, "--follow shows many")
    return Follow(sources[0], read.store, read, settings, output, form, detail, interval, past).run()


def _over(lines: list[str]) -> str:
    """Return what draws lines over a terminal."""
    return HOME + "".join(f"{line}{TO_LINE_END}\n" for line in lines) + TO_SCREEN_END


def _order(snapshot: Snapshot) -> tuple[object, int]:
    return snapshot.quote_time, snapshot.revision
