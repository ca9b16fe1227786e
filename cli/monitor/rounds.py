"""The rounds of `gex monitor`: feed, folder, store, results, limits, alerts; a fault in one leaves the others at work."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gex.cli.checking import Checked, aged, checked, series_in, why_null
from gex.cli.failures import one_line
from gex.cli.monitor.alerts import news_of
from gex.cli.monitor.feed import CommandError, Schedule, run_command
from gex.cli.monitor.tell import tell
from gex.ingest.errors import TargetError
from gex.limit_fields import FIELDS

if TYPE_CHECKING:
    import datetime as dt
    import threading
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl

    from gex.cli.monitor.config import MonitorFile
    from gex.cli.monitor.folder import Folder
    from gex.cli.monitor.outbox import Outbox, Position
    from gex.cli.monitor.postmen import Post
    from gex.cli.monitor.tell import Level
    from gex.limit_states import Verdict
    from gex.limits import Rule

SETTLE_SECONDS = 1.0
"""Between two looks at the folder, where there are only two."""


@dataclass
class Watched:
    """What is known of one symbol: the last good result, and what the limits made of the series."""

    series: pl.DataFrame
    histories: dict[str, list[Verdict]] = field(default_factory=dict)
    """By rule."""
    shown: str = ""
    """What was last said of it."""


@dataclass
class Monitor:
    """One monitor at work.

    Attributes:
        file: Rules, feed and deliveries.
        folder: What the feed writes into.
        results: Where results are kept.
        take: Puts a file into the store and makes its results; notes the symbols that have new ones, and from which
            date on, as it goes.
        spec: The fingerprint of what the results are made under: the series holds no others.
        outbox: Alerts on disk.
        post: Delivers them.
        stop: Ends the work.
        now: Tells the time, UTC.

    """

    file: MonitorFile
    folder: Folder
    results: Path
    take: Callable[[str, dict[str, dt.date]], None]
    spec: str
    outbox: Outbox
    post: Post
    stop: threading.Event
    now: Callable[[], dt.datetime]
    failures: int = 0
    """Faults of the feed, of files and of checks."""
    _schedule: Schedule | None = field(init=False)
    _watched: dict[str, Watched] = field(default_factory=dict)
    _faults: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Plan the feed, and find the symbols that results are there of."""
        from gex.ingest.result_parts import parts

        self._schedule = Schedule(self.file.feed) if self.file.feed else None
        self._symbols = {part.symbol for part in parts(self.results)}
        self._symbols.update(symbol for rule in self.file.rules for symbol in rule.symbols)
        self._changed: dict[str, dt.date] = {}
        self._told = self.outbox.told()

    def run(self, poll: float) -> None:
        """Work round after round until stopped; `poll` seconds lie between two."""
        while not self.stop.is_set():
            self.round()
            self.stop.wait(poll)

    def once(self) -> list[Checked]:
        """Work one round: the folder is looked at twice, and every delivery waited for."""
        self._run_feed()
        self._complete()
        if self.folder.unsettled():
            self.stop.wait(SETTLE_SECONDS)
        return self.round(feed=False, wait=None)

    def round(self, *, feed: bool = True, wait: float | None = 0.0) -> list[Checked]:
        """Work one round and return the states."""
        if feed:
            self._run_feed()
        for name in self._complete():
            if self.stop.is_set():
                break
            self._take(name)
        checks = self._check_all()
        try:
            self.post.send(wait)
        except TargetError as error:
            self._fault("outbox", one_line(error))
        else:
            self._mended("outbox")
        return checks

    def _run_feed(self) -> None:
        """Run the user's feed if it is due."""
        feed = self.file.feed
        if feed is None or self._schedule is None or not self._schedule.due(self.now(), time.monotonic()):
            return
        try:
            run_command(feed.command, b"", feed.timeout, self.stop)
        except CommandError as error:
            self._fault("feed", f"the feed command {error}; the last good results stay")
        else:
            self._mended("feed")

    def _complete(self) -> list[str]:
        """Return the files that are to be taken; none while the folder cannot be listed."""
        try:
            found = self.folder.complete()
        except OSError as error:
            self._fault("folder", f"{self.folder.path}: cannot be listed: {error.strerror or error}")
            return []
        self._mended("folder")
        return found

    def _take(self, name: str) -> None:
        """Take in one file; what cannot be read is left alone until it changes."""
        new: dict[str, dt.date] = {}
        try:
            self.take(name, new)
        except TargetError as error:  # The file is sound: it is tried again every round.
            self._fault("disk", one_line(error))
        except Exception as error:  # noqa: BLE001 (one file must not end the watch)
            self.failures += 1
            self.folder.taken(name)
            tell("file failed", f"{one_line(error)}; left alone until it changes", "error", file=name)
        else:
            self.folder.taken(name)
            self._mended("disk")
            what = f"new results of {', '.join(sorted(new))}" if new else "nothing new"
            tell("file", f"{name}: {what}", file=name, symbols=sorted(new))
        self._symbols.update(new)
        for symbol, date in new.items():
            self._changed[symbol] = min(date, self._changed.get(symbol, date))

    def _check_all(self) -> list[Checked]:
        checks = []
        for symbol in sorted(self._symbols):
            try:
                checks.append(self._check(symbol))
            except Exception as error:  # noqa: BLE001 (one symbol must not take the others with it)
                self._fault(f"check of {symbol}", one_line(error))
            else:
                self._mended(f"check of {symbol}")
        return checks

    def _check(self, symbol: str) -> Checked:
        """Evaluate the limits on a symbol, and put what is new into the outbox."""
        at, rules = self.now(), [rule for rule in self.file.rules if rule.holds_for(symbol)]
        watched = self._watched[symbol] = self._seen(symbol)
        # A clock that was set back takes back no snapshot.
        at = max([at, *watched.series["quote_time"].tail(1).to_list()])
        series = aged(watched.series, symbol, at)
        for rule in rules:
            if rule.name not in watched.histories or FIELDS[rule.field].of_now:
                watched.histories[rule.name] = _history(rule, symbol, series)
        found = checked(symbol, series, at, (watched.histories[rule.name][-1] for rule in rules))
        self._tell_news(rules, watched, found)
        self._show(watched, found)
        return found

    def _seen(self, symbol: str) -> Watched:
        """Return what is known of a symbol, with what is new in the results; only the new dates are read."""
        before, since = self._watched.get(symbol), self._changed.get(symbol)
        if before is None:
            found = Watched(series_in(self.results, symbol, None, self.spec))
        elif since is not None:
            found = Watched(_extended(before.series, series_in(self.results, symbol, None, self.spec, since), since))
            found.shown = before.shown
        else:
            return before
        self._changed.pop(symbol, None)
        return found

    def _tell_news(self, rules: list[Rule], watched: Watched, found: Checked) -> None:
        """Write what is new: the alerts first, then that they were told."""
        told: dict[Position, Any] = {}
        alerts = []
        for rule in rules:
            place = (rule.name, found.symbol)
            news, told[place] = news_of(watched.histories[rule.name], self._told.get(place), found)
            alerts += news
        if any(self._told.get(place) != each for place, each in told.items()):
            self.outbox.put(alerts, self.post.targets())
            self.outbox.remember(self._told | told)
            self._told |= told
        for history in watched.histories.values():
            del history[:-1]  # What has been told is told.
        for alert in alerts:
            what = alert.document
            message = f"{what['symbol']}: {what['rule']} {what['state']}: {what['limit']}"
            level: Level = "warning" if what["state"] == "breached" else "info"
            tell("alert", message, level, key=alert.key, rule=what["rule"], symbol=what["symbol"], state=what["state"])

    def _show(self, watched: Watched, found: Checked) -> None:
        """Say once where a symbol stands: the last good result, with its age where it is not live."""
        from gex.cli.render.figures import moment

        quotes = moment(found.quote_time) if found.quote_time else "no snapshot"
        fine = "all ok" if found.verdicts else "no rule is about it"
        states = ", ".join(f"{each.rule.name} {each.state}" for each in found.verdicts if each.state != "ok") or fine
        shown = f"{found.symbol}: {quotes}, {'live' if found.live else 'NOT LIVE'}; {states}"
        if shown == watched.shown:
            return
        watched.shown = shown
        quoted = found.quote_time and found.quote_time.isoformat()
        message = (
            shown if found.live else shown.replace("NOT LIVE", f"NOT LIVE ({found.age.removeprefix('NOT LIVE: ')})")
        )
        tell(
            "state",
            message,
            symbol=found.symbol,
            quote_time=quoted,
            live=found.live,
            age_minutes=found.age_minutes,
        )

    def _fault(self, what: str, message: str) -> None:
        """Say that something fails, once for as long as it does in the same way."""
        self.failures += 1
        if self._faults.get(what) != message and not self.stop.is_set():
            tell("fault", f"{message} (said once)", "error", what=what)
        self._faults[what] = message

    def _mended(self, what: str) -> None:
        if self._faults.pop(what, None):
            tell("mended", f"{what}: works again", what=what)


def _extended(series: pl.DataFrame, new: pl.DataFrame, since: dt.date) -> pl.DataFrame:
    """Return a series with its end, from a date on, as it is known now."""
    import polars as pl

    return pl.concat([series.filter(pl.col("quote_date") < since), new], how="diagonal")


def _history(rule: Rule, symbol: str, series: pl.DataFrame) -> list[Verdict]:
    """Return the states of a limit, snapshot by snapshot; one that depends on now has but the last."""
    from gex.limit_states import verdict, verdicts

    if FIELDS[rule.field].of_now or not series.height:
        return [verdict(rule, symbol, series.tail(1))]
    return list(verdicts(rule, symbol, series, why_null(series)))
