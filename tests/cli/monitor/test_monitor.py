"""`gex monitor` at work: a real folder, a feed of its own, faults, signals, kills and restarts."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.batch.spec import spec_of
from gex.cli.monitor import command, rounds
from gex.cli.monitor.work import Work
from gex.cli.options import ReadOptions
from gex.ingest import result_manifest
from gex.ingest.errors import TargetError
from gex.ingest.result_store import scan_results, scan_series
from gex.ingest.sample import generate, write_cboe_csv
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPEN = dt.datetime(2026, 3, 10, 14, 0, tzinfo=dt.UTC)
"""A Tuesday at 10:00 in New York."""
RULE = """
[rules.low]
field = "spot"
below = 6900
clear = 6950
severity = "breach"
message = "Below 6900."

[rules.stale]
field = "age_minutes"
above = 60
severity = "warn"

[deliver.log]
file = "alerts.jsonl"
"""
READ = ReadOptions(None, None, None, (), {}, None, None, None, False, 0.2)
LOW = [7000.0, 6890.0, 6920.0, 6960.0, 6800.0]
"""Spot every five minutes: breached, still inside the band, cleared, breached again."""


@pytest.fixture(scope="session", name="chains")
def _chains(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A small chain every five minutes."""
    folder = tmp_path_factory.mktemp("feed")
    paths = []
    for number, spot in enumerate(LOW):
        paths.append(folder / f"spx_{number}.csv")
        sample = generate("SPX", OPEN + dt.timedelta(minutes=5 * number), seed=3, spot=spot, size="small")
        write_cboe_csv(sample, paths[-1])
    return paths


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "limits.toml").write_text(RULE)
    return tmp_path


@pytest.fixture(name="at")
def _at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that sets the time, in minutes after the open of the series."""

    def set_(minutes: float) -> None:
        monkeypatch.setattr(command, "_now", lambda: OPEN + dt.timedelta(minutes=minutes))

    return set_


@pytest.fixture(name="once")
def _once(gex: Any, work: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that runs one round in the folder of the test."""
    monkeypatch.chdir(work)
    monkeypatch.setattr(rounds, "SETTLE_SECONDS", 0.05)
    return lambda *more: gex(
        *("monitor", "in", "--limits", "limits.toml", "--store", "store", "--results", "results"),
        *("--once", "--band", "none", *more),
    )


def alerts(work: Path) -> list[dict[str, Any]]:
    path = work / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def states(work: Path) -> list[tuple[str, str]]:
    return [(each["rule"], each["state"]) for each in alerts(work)]


def test_files_become_results_and_limits_alerts(once: Any, work: Path, chains: list[Path], at: Any) -> None:
    expected: list[tuple[str, str]] = []
    for number, news in enumerate(([], [("low", "breached")], [], [("low", "cleared")], [("low", "breached")])):
        shutil.copy(chains[number], work / "in")
        at(5 * number + 15)
        ran = once()
        assert ran.code == 0, ran.err
        expected += news
        assert states(work) == expected
        assert once().code == 0
        assert states(work) == expected
    series = scan_series(work / "results", "SPX").collect()
    assert series["spot"].to_list() == pytest.approx(LOW, rel=1e-3)
    last = alerts(work)[-1]
    assert (last["live"], last["age_minutes"], last["message"]) == (True, 15.0, "Below 6900.")
    assert last["since"] == "2026-03-10T14:20:00Z"


def test_reissues_within_one_run_are_revisions_in_the_order_they_came(
    once: Any, work: Path, chains: list[Path], at: Any
) -> None:
    at(15)
    names = [f"{number}.csv" for number in range(4)]
    for number, name in enumerate(names):
        source = work / "in" / name
        source.write_text(chains[0].read_text().replace("Bid: ", "Bid: " + " " * (3 - number)))
        os.utime(source, (number + 1, number + 1))
    assert once().code == 0
    given = [hashlib.sha256((work / "in" / name).read_bytes()).hexdigest() for name in names]
    assert scan_results(work / "results").collect()["sha256"].to_list() == given


def test_a_full_disk_before_the_line_of_a_result_does_not_hide_the_result(
    work: Path, chains: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = Work(work / "store", work / "results", spec_of(Settings(band=()), READ))

    def full(*_: Any) -> None:
        raise TargetError("No space left on device")

    new: dict[str, dt.date] = {}
    with monkeypatch.context() as patch:
        patch.setattr(result_manifest.Run, "append", full)
        with pytest.raises(TargetError):
            takes(str(chains[0]), new)
    assert new == {"SPX": OPEN.date()}
    assert result_manifest.run_files(work / "results") == []
    assert scan_series(work / "results", "SPX").collect().height == 1


def test_several_files_at_once_are_told_in_order_from_the_second_round_on(
    once: Any, work: Path, chains: list[Path], at: Any
) -> None:
    """At first only where things stand is told; what happens between two rounds is told in full."""
    shutil.copy(chains[0], work / "in")
    at(15)
    once()
    for path in chains[1:]:
        shutil.copy(path, work / "in")
    at(35)
    once()
    assert states(work) == [("low", "breached"), ("low", "cleared"), ("low", "breached")]


def test_the_last_good_result_stays_and_is_not_shown_as_live(
    once: Any, work: Path, chains: list[Path], at: Any
) -> None:
    shutil.copy(chains[1], work / "in")
    at(20)
    assert "SPX: Tue 2026-03-10 10:05 ET, live; low breached" in once().err
    (work / "in" / "bad.csv").write_bytes(chains[2].read_bytes()[:-2000])
    at(70)
    ran = once()
    assert ran.code == 4
    assert "bad.csv" in ran.err
    assert "left alone until it changes" in ran.err
    assert "SPX: Tue 2026-03-10 10:05 ET, NOT LIVE (65 trading min old); low breached, stale breached" in ran.err
    stale = alerts(work)[-1]
    assert (stale["rule"], stale["live"], stale["age_minutes"]) == ("stale", False, 65.0)
    shutil.copy(chains[2], work / "in" / "bad.csv")
    at(20)
    assert once().code == 0
    assert states(work)[-1] == ("stale", "cleared")


def test_the_feed_command_is_run_in_market_hours_alone(once: Any, work: Path, chains: list[Path], at: Any) -> None:
    program = f"import shutil; shutil.copy({str(chains[1])!r}, 'in')"
    feed = f"[feed]\ncommand = {json.dumps([sys.executable, '-c', program])}\n"
    (work / "limits.toml").write_text(RULE + feed)
    at(-60)
    assert once().code == 0
    assert not list((work / "in").iterdir())
    at(15)
    assert once().code == 0
    assert states(work) == [("low", "breached")]


def test_a_feed_that_fails_is_said_and_the_rest_goes_on(
    once: Any, work: Path, chains: list[Path], at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import os, sys; sys.exit('no licence for ' + os.environ['FEED_TOKEN'])"
    feed = f"[feed]\ncommand = {json.dumps([sys.executable, '-c', program, 'env:FEED_TOKEN'])}\n"
    (work / "limits.toml").write_text(RULE + feed)
    shutil.copy(chains[1], work / "in")
    monkeypatch.setenv("FEED_TOKEN", "s3cr3t-token")
    at(15)
    ran = once("--log-format", "json")
    assert ran.code == 4
    assert states(work) == [("low", "breached")]
    lines = [json.loads(line) for line in ran.err.splitlines()]
    (fault,) = [each for each in lines if each.get("event") == "fault"]
    assert fault["level"] == "error"
    assert "the feed command ended with 1: no licence for [redacted]; the last good results stay" in fault["message"]
    assert {"started", "file", "alert", "state", "delivered", "ended"} <= {each.get("event") for each in lines}
    assert all({"level", "message", "time", "event"} <= set(each) for each in lines)


def test_secrets_are_nowhere(
    once: Any, work: Path, chains: list[Path], at: Any, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEX_HOOK", hook.url)
    hook.statuses = [500]
    (work / "limits.toml").write_text(RULE + '[deliver.desk]\nwebhook = "env:GEX_HOOK"\nretries = 0\n')
    shutil.copy(chains[1], work / "in")
    at(15)
    ran = once("-vv")
    assert ran.code == 4
    assert "desk: the webhook answered 500; 1 waiting" in ran.err
    assert len(hook.got) == 1
    listed = once("--waiting").out
    assert listed.splitlines()[1].startswith("breached  low   SPX     Tue 2026-03-10 10:05 ET  desk")
    assert listed.endswith("1 alerts waiting\n")
    kept = [path.read_bytes() for path in work.rglob("*") if path.is_file()]
    for text in (ran.out.encode(), ran.err.encode(), *kept):
        assert b"s3cr3t" not in text
        assert b"t0k3n" not in text
    hook.statuses = [200]
    assert once().code == 0
    assert [each["key"] for each in hook.got] == [alerts(work)[0]["key"]] * 2


def test_what_is_of_one_moment_is_refused(once: Any, gex: Any) -> None:
    ran = once("--spot", "6500")
    assert (ran.code, "--spot is of one snapshot" in ran.err) == (2, True)
    ran = gex("monitor", "in", "--limits", "limits.toml", "--results", "results")
    assert (ran.code, "no store named" in ran.err) == (2, True)
    ran = gex("monitor", "in", "--limits", "limits.toml", "--store", "store")
    assert (ran.code, "no results named" in ran.err) == (2, True)


def started(work: Path, *more: str, **environment: str) -> subprocess.Popen[str]:
    """Start a monitor as a process of its own."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "gex.cli.main", "monitor", "in", "--limits", "limits.toml", "--store", "store"),
            *("--results", "results", "--poll", "0.1", "--band", "none", *more),
        ],
        cwd=work,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly(work: Path, chains: list[Path], number: int, code: int) -> None:
    shutil.copy(chains[1], work / "in")
    with started(work) as process:
        wait_for(lambda: bool(alerts(work)))
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert re.search(r"ended; \d alerts waiting for delivery$", err.splitlines()[-1])
    assert "Traceback" not in err


def test_a_file_is_taken_once_it_is_complete(work: Path, chains: list[Path]) -> None:
    """A slow writer: halves of lines, minutes apart for a monitor that looks ten times a second."""
    data = chains[1].read_bytes()
    with started(work) as process, (work / "in" / "slow.csv").open("wb") as file:
        for start in range(0, len(data), len(data) // 5 + 1):
            file.write(data[start : start + len(data) // 5 + 1])
            file.flush()
            time.sleep(0.3)
        wait_for(lambda: ("low", "breached") in states(work))
        process.terminate()
        process.communicate(timeout=60)
    assert scan_series(work / "results", "SPX").collect().height == 1
    assert [each["state"] for each in alerts(work) if each["rule"] == "low"] == ["breached"]


def test_a_second_monitor_on_the_same_results_is_refused(once: Any, work: Path) -> None:
    with started(work) as process:
        wait_for((work / "results" / "alerts" / ".lock").exists)
        time.sleep(0.2)
        ran = once()
        process.terminate()
        process.communicate(timeout=60)
    assert ran.code == 3
    assert "another gex monitor is at work on these results" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_killed_at_any_moment_nothing_is_lost(once: Any, work: Path, chains: list[Path], at: Any, seed: int) -> None:
    """SIGKILL again and again while files come in; the next run completes what an undisturbed one would have done."""
    rng = random.Random(seed)  # noqa: S311
    for path in chains:
        shutil.copy(path, work / "in")
        with started(work) as process:
            threading.Timer(rng.uniform(0.4, 2.0), process.kill).start()
            process.communicate(timeout=60)
    at(600)
    for _ in range(2):
        assert once().code == 0
    series = scan_series(work / "results", "SPX").collect()
    assert series["spot"].to_list() == pytest.approx(LOW, rel=1e-3)
    assert not list((work / "results" / "alerts" / "outbox").iterdir())
    told = {each["key"]: (each["rule"], each["state"], each["since"]) for each in alerts(work)}
    assert len(set(told.values())) == len(told)
    delivered = {path.stem.rpartition("-")[2] for path in (work / "results" / "alerts" / "delivered").glob("*.json")}
    assert set(told) == delivered
    assert ("low", "breached", "2026-03-10T14:20:00Z") in told.values()
