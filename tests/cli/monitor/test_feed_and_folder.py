"""The folder that is watched and the command that fills it; and what their settings may be."""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import click
import pytest

from gex.cli.monitor.config import Feed, read_monitor_file
from gex.cli.monitor.feed import CommandError, Schedule, in_hours, run_command
from gex.cli.monitor.folder import Folder
from gex.cli.monitor.secrets import Secrets

if TYPE_CHECKING:
    from pathlib import Path

RULE = '[rules.r]\nfield = "spot"\nbelow = 1\nseverity = "warn"\n'


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Folder:
    (tmp_path / "in").mkdir()
    return Folder(tmp_path / "in", tmp_path / "in" / "store", tmp_path / "in" / "results")


def test_a_file_counts_once_it_stays_the_same(folder: Folder) -> None:
    path = folder.path / "a.csv"
    path.write_text("half")
    assert folder.complete() == []
    assert folder.unsettled()
    path.write_text("half and half")
    assert folder.complete() == []
    assert folder.complete() == [str(path)]
    assert folder.complete() == [str(path)]
    folder.taken(str(path))
    assert folder.complete() == []
    assert not folder.unsettled()


def test_a_file_that_changes_counts_again(folder: Folder) -> None:
    path = folder.path / "a.csv"
    path.write_text("one")
    folder.complete()
    folder.taken(*folder.complete())
    path.write_text("another")
    assert folder.complete() == []
    assert folder.complete() == [str(path)]


def test_what_is_not_for_reading_is_left(folder: Folder) -> None:
    for name in (".hidden.csv", "b.csv.part", "c.tmp", "store/d.parquet", "results/summary/e.parquet", "empty.csv"):
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if name == "empty.csv" else "x")
    (folder.path / "deep").mkdir()
    (folder.path / "deep" / "f.csv").write_text("x")
    folder.complete()
    assert folder.complete() == [str(folder.path / "deep" / "f.csv")]


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "none", tmp_path, tmp_path)
    with pytest.raises(FileNotFoundError):
        folder.complete()


def new_york(text: str) -> dt.datetime:
    from zoneinfo import ZoneInfo

    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("time_", "inside"),
    [
        ("2025-09-05T09:29", False),
        ("2025-09-05T09:30", True),
        ("2025-09-05T16:15", True),
        ("2025-09-05T16:35", True),
        ("2025-09-05T16:36", False),
        ("2025-09-06T12:00", False),  # Saturday
        ("2025-09-01T12:00", False),  # Labor Day
        ("2025-11-28T13:30", True),  # the day after Thanksgiving: 13:15 and twenty minutes
        ("2025-11-28T13:36", False),
    ],
)
def test_the_feed_runs_in_the_hours_of_the_exchange(time_: str, inside: bool) -> None:
    assert in_hours(new_york(time_), 20 * 60.0) is inside


def test_the_feed_runs_at_its_pace_whatever_the_clock_says() -> None:
    schedule = Schedule(Feed(("x",), every=300.0, timeout=60.0, after_close=0.0))
    now = new_york("2025-09-05T10:00")
    assert schedule.due(now, 0.0)
    assert not schedule.due(now, 299.0)
    assert not schedule.due(now + dt.timedelta(hours=3), 299.0)  # A clock that jumps.
    assert schedule.due(now - dt.timedelta(minutes=10), 300.0)
    assert not schedule.due(new_york("2025-09-06T10:00"), 900.0)


def test_stopping_ends_a_command_at_once() -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    with pytest.raises(CommandError, match="was stopped"):
        run_command((sys.executable, "-c", "import time; time.sleep(60)"), b"", 50.0, stop)
    assert time.monotonic() - began < 30


def test_all_that_a_file_can_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://hooks.example/T0")
    monkeypatch.setenv("TOKEN", "abc")
    path = tmp_path / "limits.toml"
    path.write_text(
        RULE + '[feed]\ncommand = ["pull", "env:TOKEN"]\nevery = "2 min"\ntimeout = "30 s"\n'
        '[deliver.desk]\nwebhook = "env:HOOK"\nheaders = { Authorization = "env:TOKEN" }\ntimeout = "5 s"\nretries = 0\n'
        'severities = ["breach"]\n[deliver.log]\nfile = "alerts.jsonl"\n[deliver.page]\ncommand = ["page"]\n'
    )
    found = read_monitor_file(path, Secrets())
    assert found.feed == Feed(("pull", "abc"), 120.0, 30.0, 1200.0)
    desk, log, page = found.deliveries
    assert (desk.target, desk.headers, desk.timeout) == (("https://hooks.example/T0",), {"Authorization": "abc"}, 5.0)
    assert (desk.retries, desk.severities, log.severities) == (0, ("breach",), ("info", "warn", "breach"))
    assert (log.way, page.target) == ("file", ("page",))
    assert "abc" not in repr(found)
    assert "T0" not in repr(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[feed]\ncommand = []", r"line 6: \[feed\]: command must be a list"),
        ('[feed]\nevery = "1 min"', "command is missing"),
        ('[feed]\ncommand = ["x"]\nevery = 60', "line 7.*every must be a text"),
        ('[feed]\ncommand = ["x"]\nevery = "0 s"', 'every must be a time such as "30 s"'),
        ('[feed]\ncomand = ["x"]', "nearest: command"),
        ('[deliver.a]\nfile = "x"\ncommand = ["y"]', "give one of command, file, webhook"),
        ('[deliver.a]\nfile = "x"\nretries = 1', "retries is a webhook's"),
        ('[deliver.a]\nfile = "x"\ntimeout = "1 s"', "a file needs no timeout"),
        ('[deliver.a]\nwebhook = "ftp://x"', "http or https"),
        ('[deliver.a]\nwebhook = "env:NO_SUCH_NAME"', "line 6.*the environment has no NO_SUCH_NAME"),
        ('[deliver.a]\nfile = "x"\nseverities = ["high"]', "severities must be of info, warn, breach"),
        ('[deliver."a b"]\nfile = "x"', "a delivery's name"),
        ('[deliver]\nfile = "x"', r"write \[deliver.NAME\]"),
        ('[deliver.a]\nwebhook = "https://x"\nheaders = { A = 1 }', "headers must be texts"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(RULE + text)
    with pytest.raises(click.UsageError) as caught:
        read_monitor_file(path, Secrets())
    caught.match(message)


def test_rules_alone_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(RULE)
    found: Any = read_monitor_file(path, Secrets())
    assert (found.feed, found.deliveries) == (None, ())
