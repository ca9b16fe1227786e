"""`gex report --follow`: each newer snapshot is reported once it is whole, with what has changed."""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from gex.cli import follow
from gex.ingest import compact, store
from gex.ingest.read import read_chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

    from gex.cli.watch import Watcher

FOLLOW = follow.Follow
TIMES = ("2026-03-09T15:00", "2026-03-10T10:00", "2026-03-10T10:30", "2026-03-10T11:00")


class Script(threading.Event):
    """A wait between two looks in which the next step is done; after the last it is stopped."""

    def __init__(self, steps: list[Callable[[], object]]) -> None:
        super().__init__()
        self._steps = steps

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == 2.0
        if not self._steps:
            self.set()
        else:
            self._steps.pop(0)()
        return self.is_set()


@pytest.fixture(name="at")
def _at(spx_csv: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that puts the snapshot of a time into the store."""
    return lambda number, **options: store.save(
        read_chain(spx_csv, quote_time=TIMES[number], **options), tmp_path / "store"
    )


@pytest.fixture(name="followed")
def _followed(gex: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Return a function that follows SPX while steps are done between two looks."""

    def followed(steps: list[Callable[[], object]], *arguments: object) -> Ran:
        monkeypatch.setattr(follow, "Follow", functools.partial(FOLLOW, stop=Script(list(steps))))
        return gex("report", "SPX", "--follow", "--store", tmp_path / "store", *arguments)

    return followed


def heads(out: str) -> list[str]:
    return re.findall(r"^SPX [\d.]+  \w+ (\S+ \S+) ET", out, re.MULTILINE)


def test_each_newer_snapshot_is_reported_below_the_last(followed, at, gex, tmp_path) -> None:
    at(1)
    ran = followed([lambda: None, lambda: at(2), lambda: None, lambda: at(3)])
    assert heads(ran.out) == ["2026-03-10 10:00", "2026-03-10 10:30", "2026-03-10 11:00"]
    assert (ran.code, ran.err, "\x1b" in ran.out) == (0, "", False)
    reports = re.split(r"\n\n(?=SPX )", ran.out.rstrip("\n"))
    assert reports[0].strip() == gex("report", "SPX@2026-03-10T10:00", "--store", tmp_path / "store").out.strip()
    assert "SINCE 10:00  spot 0.00 (0.00%)" in reports[1]
    assert "SINCE 10:30 " in reports[2]


def test_the_first_report_says_what_changed_since_the_snapshot_before(followed, at) -> None:
    at(0)
    at(1)
    ran = followed([])
    assert heads(ran.out) == ["2026-03-10 10:00"]
    assert "SINCE 2026-03-09 15:00  spot" in ran.out


def test_lines_of_json_are_those_of_each_report(followed, at, gex, tmp_path) -> None:
    at(0)
    at(1)
    ran = followed([lambda: at(2)], "--format", "jsonl", "--detail")
    alone = [
        gex("report", f"SPX@{when}", "--store", tmp_path / "store", "--format", "jsonl", "--detail").out
        for when in TIMES[1:3]
    ]
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert all("by_strike" in each for each in documents)
    assert documents == [json.loads(each) for each in alone]


def test_a_symbol_that_comes_later_is_waited_for(followed, at, tmp_path) -> None:
    ran = followed([lambda: None, lambda: at(1)])
    assert ran.err == f"gex: no snapshot of SPX in {tmp_path / 'store'} yet: waiting for one\n"
    assert heads(ran.out) == ["2026-03-10 10:00"]


def test_half_written_snapshots_are_never_shown(followed, at, spx_csv, tmp_path) -> None:
    at(1)
    new = store.save(read_chain(spx_csv, quote_time=TIMES[2]), tmp_path / "other")
    target = tmp_path / "store" / new.relative_to(tmp_path / "other")
    half = new.read_bytes()[:-100]
    ran = followed([lambda: target.write_bytes(half), lambda: None, lambda: shutil.copy(new, target)])
    assert heads(ran.out) == ["2026-03-10 10:00", "2026-03-10 10:30"]
    target.write_bytes(half)
    assert (heads(followed([]).out), ran.err) == (["2026-03-10 10:00"], "")


def test_a_damaged_snapshot_is_told_and_left_out(followed, at, spx_csv, tmp_path) -> None:
    at(1)
    new = store.save(read_chain(spx_csv, quote_time=TIMES[2]), tmp_path / "other")
    target = tmp_path / "store" / new.relative_to(tmp_path / "other")
    data = bytearray(new.read_bytes())
    data[len(data) // 2] ^= 0xFF
    ran = followed([lambda: target.write_bytes(data), lambda: at(3)])
    assert heads(ran.out) == ["2026-03-10 10:00", "2026-03-10 11:00"]
    assert str(target) in ran.err
    assert len(ran.err.splitlines()) == 1


def test_where_the_last_snapshot_is_damaged_the_one_before_is_shown(followed, at) -> None:
    at(1)
    path = at(2)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    ran = followed([])
    assert (heads(ran.out), str(path) in ran.err, "waiting" in ran.err) == (["2026-03-10 10:00"], True, False)


def test_an_older_snapshot_is_not_shown_and_a_reissue_is(followed, at) -> None:
    at(1)
    ran = followed([lambda: at(0), lambda: at(1, spot=6000.0)])
    assert heads(ran.out) == ["2026-03-10 10:00", "2026-03-10 10:00"]
    assert "SINCE 10:00 " in ran.out


def test_what_was_merged_in_between_is_read_from_its_bundle(followed, at, tmp_path, monkeypatch) -> None:
    at(1)
    news = FOLLOW._news  # noqa: SLF001

    def merged_first(self: follow.Follow, watcher: Watcher) -> list[store.Snapshot]:
        found = news(self, watcher)
        list(compact.compact(tmp_path / "store", "SPX", dt.date(2026, 4, 1)))
        return found

    monkeypatch.setattr(FOLLOW, "_news", merged_first)
    ran = followed([lambda: at(2)])
    assert len(list((tmp_path / "store").rglob("*.parquet"))) == 1
    assert (ran.err, heads(ran.out)) == ("", ["2026-03-10 10:00", "2026-03-10 10:30"])


def test_a_file_gets_each_report_at_its_end(followed, at, tmp_path) -> None:
    at(1)
    path = tmp_path / "reports.jsonl"
    path.write_text("{}\n")
    lines: list[int] = []
    steps = [lambda: lines.append(len(path.read_text().splitlines())), lambda: at(2)]
    ran = followed(steps, "--output", path)
    assert (ran.out, lines) == ("", [2])
    assert [json.loads(line).get("quote_time", "")[:16] for line in path.read_text().splitlines()] == [
        "", "2026-03-10T14:00", "2026-03-10T14:30"
    ]  # fmt: skip


def test_a_terminal_is_drawn_over_and_again_when_it_has_another_size(followed, at, monkeypatch) -> None:
    at(1)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LINES", "50")

    def resize() -> None:
        monkeypatch.setenv("LINES", "30")
        monkeypatch.setenv("COLUMNS", "60")

    out = followed([lambda: None, lambda: (at(2), at(3)), resize]).out
    frames = out.split(follow.HOME)
    assert len(frames) == 4
    assert (frames[0], frames[2].endswith(follow.CLEAR)) == (follow.CLEAR, True)
    assert [heads(re.sub(r"\x1b\[[0-9;]*[mKJ]", "", each)) for each in frames[1:]] == [
        ["2026-03-10 10:00"], ["2026-03-10 11:00"], ["2026-03-10 11:00"]
    ]  # fmt: skip
    for frame, (width, height) in zip(frames[1:], [(80, 50), (80, 50), (60, 30)], strict=True):
        lines = re.sub(r"\x1b\[[0-9;]*[mKJ]", "", frame).splitlines()
        assert len(lines) < height
        assert max(map(len, lines[:-1])) <= width
        assert lines[-1].startswith("following SPX in ")
        assert lines[-1].endswith("Ctrl-C ends")
    assert "lines more than fit" in frames[3]


def test_a_store_that_cannot_be_looked_into_is_told_of_once(followed, at, monkeypatch) -> None:
    at(1)

    def refuse() -> None:
        monkeypatch.setattr("gex.cli.watch.Watcher.news", lambda _: (_ for _ in ()).throw(OSError(13, "denied", "x")))

    ran = followed([refuse, lambda: None, lambda: None])
    assert (ran.code, ran.err) == (0, "gex: x: denied (said once)\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SPX", "QQQ"], "--follow takes one symbol of the store, without a time: SPX"),
        (["SPX@prev"], "--follow takes one symbol"),
        (["chain.csv"], "--follow takes one symbol"),
        (["-"], "--follow takes one symbol"),
        (["SPX", "--merge"], "--follow takes one symbol, and --merge several"),
        (["SPX", "--format", "json"], "json has an end, and --follow none"),
        (["SPX", "--format", "csv"], "csv has an end"),
        (["SPX", "--output", "x.parquet"], "parquet has an end"),
        (["SPX", "--spot", "6500"], "--spot is of one snapshot"),
        (["SPX", "--at", "2026-03-10T15:00"], "--at is of one snapshot"),
        (["SPX", "--interval", "0"], "--interval"),
        (["SPX", "--html", "page.html"], "--html is a page of one moment, and --follow shows many"),
    ],
)
def test_what_cannot_be_followed_is_refused(gex, tmp_path, arguments, message) -> None:
    ran = gex("report", *arguments, "--follow", "--store", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_store_is_needed(gex) -> None:
    ran = gex("report", "SPX", "--follow")
    assert (ran.code, "--store DIR" in ran.err) == (2, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it(at, tmp_path, number, code) -> None:
    at(1)
    program = [sys.executable, "-m", "gex.cli.main", "report", "SPX", "--follow", "--store", tmp_path / "store"]
    with subprocess.Popen(
        [*program, "--interval", "30"], stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "80"}
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("SPX ")
        running.send_signal(number)
        rest = running.stdout.read()
    assert running.returncode == code
    assert "ASSUMES" in rest
