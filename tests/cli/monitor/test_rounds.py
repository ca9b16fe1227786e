"""Rounds with faults in them: what fails is said once and tried again, and the rest goes on."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from gex.cli.monitor import rounds
from gex.cli.monitor.config import Delivery, MonitorFile
from gex.cli.monitor.folder import Folder
from gex.cli.monitor.outbox import Outbox
from gex.cli.monitor.postmen import Post
from gex.cli.monitor.rounds import Monitor
from gex.ingest.errors import ContentError, TargetError
from gex.ingest.result_parts import Part, write_parts
from gex.limits import Beyond, Rule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPEN = dt.datetime(2026, 3, 10, 14, 0, tzinfo=dt.UTC)
LOW = Rule(name="low", field="spot", test=Beyond("below", 100.0), severity="breach")
OLD = Rule(name="old", field="age_minutes", test=Beyond("above", 30.0), severity="warn")
SPEC = "5" * 16


def put(results: Path, symbol: str, minute: int, spot: float | None) -> Part:
    """Write a result."""
    time = OPEN + dt.timedelta(minutes=minute)
    part = Part(results, "summary", symbol, time.date(), time, f"{minute:08d}", SPEC[:8], "0.1.0")
    row = {"underlying": symbol, "quote_time": time, "quote_date": time.date(), "spot": spot}
    frame = pl.DataFrame([row], schema_overrides={"spot": pl.Float64})
    write_parts(dict.fromkeys(("summary", "by_strike", "by_expiration"), frame), part, {})  # type: ignore[arg-type]
    return part


class Bench:
    """A monitor whose files, clock and log belong to the test."""

    def __init__(self, folder: Path, take: Callable[[str, dict[str, dt.date]], None], *more: Delivery) -> None:
        self.minutes = 10
        self.results = folder / "results"
        (folder / "in").mkdir(exist_ok=True)
        self.outbox = Outbox(folder / "alerts")
        self.stop = threading.Event()
        log = Delivery("log", "file", (str(folder / "log.jsonl"),), 1.0, 0, ("info", "warn", "breach"))
        self.monitor = Monitor(
            MonitorFile((LOW, OLD), None, (log, *more)),
            Folder(folder / "in", folder / "store", self.results),
            self.results,
            take,
            SPEC,
            self.outbox,
            Post(self.outbox, [log, *more], self.stop),
            self.stop,
            lambda: OPEN + dt.timedelta(minutes=self.minutes),
        )

    def round(self) -> dict[str, list[str]]:
        """Work one round and return the states of each symbol."""
        checks = self.monitor.round(wait=None)
        return {each.symbol: [verdict.state for verdict in each.verdicts] for each in checks}


def nothing(_name: str, _new: dict[str, dt.date]) -> None:
    """Take nothing."""


@pytest.fixture(name="said")
def _said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(rounds, "tell", lambda event, message, *_, **__: said.append((event, message)))
    return said


def test_a_full_disk_loses_no_file(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    """The file is tried again every round, the fault said once, its end too."""
    failures = [TargetError("cannot write to the results: No space left on device", source="results")] * 3

    def take(_name: str, new: dict[str, dt.date]) -> None:
        if failures:
            raise failures.pop()
        put(tmp_path / "results", "SPX", 0, 90.0)
        new["SPX"] = OPEN.date()

    bench = Bench(tmp_path, take)
    (tmp_path / "in" / "a.csv").write_text("x")
    with bench.outbox.owned():
        for _ in range(4):
            assert bench.round() == {}
        assert bench.round() == {"SPX": ["breached", "ok"]}
    events = [event for event, _ in said]
    assert events.count("fault") == 1
    assert events.count("mended") == 1
    assert "No space left on device" in dict(said)["fault"]


def test_a_file_of_which_a_part_fails_gives_its_other_part(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    def take(_name: str, new: dict[str, dt.date]) -> None:
        put(tmp_path / "results", "SPX", 0, 90.0)
        new["SPX"] = OPEN.date()
        raise ContentError("the second snapshot is none")

    bench = Bench(tmp_path, take)
    (tmp_path / "in" / "a.csv").write_text("x")
    with bench.outbox.owned():
        bench.round()
        for _ in range(2):
            assert bench.round() == {"SPX": ["breached", "ok"]}
    assert [event for event, _ in said].count("file failed") == 1


def test_time_alone_makes_data_stale(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    put(tmp_path / "results", "SPX", 0, 110.0)
    bench = Bench(tmp_path, nothing)
    with bench.outbox.owned():
        assert bench.round() == {"SPX": ["ok", "ok"]}
        bench.minutes = 31
        assert bench.round() == {"SPX": ["ok", "breached"]}
        assert bench.round() == {"SPX": ["ok", "breached"]}
    assert [event for event, _ in said] == ["state", "alert", "state"]
    assert "live" in said[0][1]
    assert "NOT LIVE (31 trading min old)" in said[2][1]


def test_new_results_are_added_and_a_revision_takes_the_place_of_its_date(
    tmp_path: Path, said: list[tuple[str, str]]
) -> None:
    put(tmp_path / "results", "SPX", 0, 110.0)
    news: list[tuple[int, float]] = []

    def take(_name: str, new: dict[str, dt.date]) -> None:
        minute, spot = news.pop()
        put(tmp_path / "results", "SPX", minute, spot)
        new["SPX"] = OPEN.date()

    bench = Bench(tmp_path, take)
    with bench.outbox.owned():
        bench.round()
        for number, (minute, spot, state) in enumerate(((5, 90.0, "breached"), (8, 105.0, "cleared"))):
            news.append((minute, spot))
            (tmp_path / "in" / f"{number}.csv").write_text("x")
            bench.round()
            assert bench.round()["SPX"][0] == state
            assert bench.monitor.round(wait=None)[0].snapshots == number + 2
    assert [message for event, message in said if event == "alert"] == [
        "SPX: low breached: below 100",
        "SPX: low cleared: below 100",
    ]


def test_a_clock_that_jumps_makes_no_news(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    """Set back by an hour and by a day, and forward again: the same states, and not an alert more."""
    put(tmp_path / "results", "SPX", 0, 110.0)
    put(tmp_path / "results", "SPX", 5, 90.0)
    bench = Bench(tmp_path, nothing)
    with bench.outbox.owned():
        for minutes in (10, -60, 10, -1440, 10):
            bench.minutes = minutes
            assert bench.round() == {"SPX": ["breached", "ok"]}
    again = Bench(tmp_path, nothing)
    again.minutes = -1440  # Started under a wrong clock.
    with again.outbox.owned():
        assert again.round() == {"SPX": ["breached", "ok"]}
    assert [event for event, _ in said].count("alert") == 1


def test_a_damaged_result_of_one_symbol_leaves_the_others(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    part = put(tmp_path / "results", "NDX", 0, 90.0)
    put(tmp_path / "results", "SPX", 0, 90.0)
    whole = part.path.read_bytes()
    part.path.write_bytes(whole[:-30])
    bench = Bench(tmp_path, nothing)
    with bench.outbox.owned():
        for _ in range(3):
            assert bench.round() == {"SPX": ["breached", "ok"]}
        part.path.write_bytes(whole)
        assert bench.round() == {"NDX": ["breached", "ok"], "SPX": ["breached", "ok"]}
    assert [event for event, _ in said].count("fault") == 1
    assert ("mended", "check of NDX: works again") in said


def test_a_hanging_webhook_holds_up_neither_checks_nor_other_places(
    tmp_path: Path, said: list[tuple[str, str]], hook: Any
) -> None:
    put(tmp_path / "results", "SPX", 0, 90.0)
    hook.statuses = [None]

    def take(_name: str, new: dict[str, dt.date]) -> None:
        put(tmp_path / "results", "SPX", 5, 110.0)
        new["SPX"] = OPEN.date()

    bench = Bench(tmp_path, take, Delivery("desk", "webhook", (hook.url,), 30.0, 0, ("breach",)))
    log = tmp_path / "log.jsonl"
    with bench.outbox.owned():
        bench.monitor.round()
        while not hook.got:
            time.sleep(0.01)
        (tmp_path / "in" / "a.csv").write_text("x")
        for _ in range(2):
            (found,) = bench.monitor.round()
        assert [each.state for each in found.verdicts] == ["cleared", "ok"]
        while not log.exists() or log.read_text().count("\n") < 2:
            bench.monitor.round()
        assert len(hook.got) == 1
        assert len(bench.outbox.waiting("desk")) == 2
        bench.stop.set()
        hook.closing.set()
        bench.monitor.post.finish(None)
    assert ("alert", "SPX: low cleared: below 100") in said


def test_alerts_that_cannot_be_written_are_not_forgotten(
    tmp_path: Path, said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "results", "SPX", 0, 90.0)
    bench = Bench(tmp_path, nothing)

    def full(*_: Any) -> None:
        raise TargetError("cannot write to the alerts: No space left on device", source="alerts")

    with bench.outbox.owned():
        with monkeypatch.context() as patched:
            patched.setattr(Outbox, "put", full)
            for _ in range(2):
                assert bench.round() == {}
        assert bench.round() == {"SPX": ["breached", "ok"]}
    assert (tmp_path / "log.jsonl").read_text().count('"state": "breached"') == 1
    assert [event for event, _ in said].count("fault") == 1


def test_a_folder_that_is_gone_is_said_once_and_when_it_is_back(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    bench = Bench(tmp_path, nothing)
    (tmp_path / "in").rename(tmp_path / "away")
    bench.round()
    bench.round()
    (tmp_path / "away").rename(tmp_path / "in")
    bench.round()
    assert [event for event, _ in said] == ["fault", "mended"]
    assert f"{tmp_path / 'in'}: cannot be listed: No such file or directory" in said[0][1]
    assert bench.monitor.failures == 2


def test_a_symbol_that_no_rule_is_about_is_not_said_to_be_fine(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    put(tmp_path / "results", "SPX", 5, 101.0)
    bench = Bench(tmp_path, nothing)
    bench.monitor.file = MonitorFile((), None, ())
    bench.round()
    assert [message.partition("; ")[2] for event, message in said if event == "state"] == ["no rule is about it"]
