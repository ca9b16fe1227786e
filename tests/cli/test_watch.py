"""A store watched while it grows: each arrival is told once, and only when it is whole."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gex.cli import watch
from gex.cli.watch import STILL_SECONDS, Watcher, is_whole
from gex.ingest import compact, store
from gex.ingest.read import read_chain
from gex.ingest.sample import generate, write_cboe_csv

TIMES = ("2025-08-28T15:00", "2025-09-04T10:00", "2025-09-05T10:16")
LATER = dt.date(2025, 10, 2)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module", name="csv")
def _csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "spx.csv"
    write_cboe_csv(generate("SPX", seed=3, size="small"), path)
    return path


@pytest.fixture(name="at")
def _at(csv):
    """Return a function that makes the chain of a New York time."""
    return lambda when, **options: read_chain(csv, quote_time=when, **options)


@pytest.fixture(name="place")
def _place(at, tmp_path):
    """A store of three snapshots."""
    for when in TIMES:
        store.save(at(when), tmp_path / "store")
    return tmp_path / "store"


def told(watcher):
    return [(each.symbol, each.quote_time.strftime("%m-%d %H:%M"), each.revision) for each in watcher.news()]


def test_what_was_there_before_is_no_news(place):
    watcher = Watcher(place, "SPX")
    assert watcher.news() == []
    assert watcher.news() == []


def test_each_arrival_is_told_once_oldest_first(place, at):
    watcher = Watcher(place, "^spx")
    for when in ("2025-09-05T11:00", "2025-09-05T10:30", "2025-09-08T09:45"):
        store.save(at(when), place)
    assert told(watcher) == [("SPX", "09-05 14:30", 1), ("SPX", "09-05 15:00", 1), ("SPX", "09-08 13:45", 1)]
    assert watcher.news() == []


def test_what_is_told_is_the_stores_own_snapshot(place, at):
    watcher = Watcher(place, "SPX")
    path = store.save(at("2025-09-08T09:45"), place)
    (found,) = watcher.news()
    assert found == store.snapshots(place, "SPX")[-1]
    assert found.path == path
    assert found.sound().quote_time == found.quote_time


def test_a_reissue_of_a_moment_is_told(place, at):
    watcher = Watcher(place, "SPX")
    store.save(at(TIMES[1], spot=6000.0), place)
    assert told(watcher) == [("SPX", "09-04 14:00", 2)]


def test_the_same_input_once_more_is_no_news(place, at):
    watcher = Watcher(place, "SPX")
    store.save(at(TIMES[1]), place)
    assert watcher.news() == []


def test_symbols_come_one_after_the_other(place, at):
    every, one = Watcher(place), Watcher(place, "SPX")
    for symbol in ("SPX", "QQQ"):
        store.save(replace(at("2025-09-08T09:45"), underlying=symbol), place)
    assert told(every) == [("QQQ", "09-08 13:45", 1), ("SPX", "09-08 13:45", 1)]
    assert told(one) == [("SPX", "09-08 13:45", 1)]


def test_a_store_and_a_symbol_that_come_later(at, tmp_path):
    every, one = Watcher(tmp_path / "none"), Watcher(tmp_path / "none", "SPX")
    assert every.news() == one.news() == []
    store.save(at(TIMES[0]), tmp_path / "none")
    assert told(every) == told(one) == [("SPX", "08-28 19:00", 1)]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_half_written_file_is_told_when_it_is_whole(place, at, tmp_path, share):
    new = store.save(at("2025-09-05T11:00"), tmp_path / "other")
    data, target = new.read_bytes(), place / new.relative_to(tmp_path / "other")
    watcher = Watcher(place, "SPX", clock := Clock())
    target.write_bytes(data[: int(share * len(data))])
    assert watcher.news() == []
    clock.now = 10 * STILL_SECONDS  # However long it takes: the folder's time of change is the same at the end.
    assert watcher.news() == []
    with target.open("r+b") as file:
        file.write(data)
    assert [each.path for each in watcher.news()] == [target]


def test_a_half_written_file_that_was_there_first_is_news_later(place, at):
    path = store.save(at("2025-09-05T11:00"), place)
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    watcher = Watcher(place)
    assert watcher.news() == []
    path.write_bytes(data)
    assert [each.path for each in watcher.news()] == [path]


def test_only_whole_files_are_whole(place, tmp_path):
    data = next(place.rglob("*.parquet")).read_bytes()
    for name, content in {
        "whole": data, "cut": data[:-1], "empty": b"", "magic": b"PAR1", "end": b"x" * 20 + data[-8:], "zero": b"PAR1\0\0\0\0\0PAR1",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    assert {name: is_whole(tmp_path / name) for name in ("whole", "cut", "empty", "magic", "end", "zero", "gone")} == {
        "whole": True, "cut": False, "empty": False, "magic": False, "end": False, "zero": False, "gone": False,
    }  # fmt: skip


def test_names_that_are_no_snapshots_are_left_alone(place):
    watcher = Watcher(place)
    sound = next(place.rglob("*.parquet"))
    for name in (
        "notes.txt",
        "copy.parquet",
        ".141600-cboe_csv-00000000.parquet.x1",
        "991600-cboe_csv-00000000.parquet",
    ):
        shutil.copy(sound, sound.parent / name)
    (sound.parent / "141600-cboe_csv-00000000.parquet").mkdir()
    (place / "symbol=SPX" / "readme").write_text("")
    for other in (place / "quarantine", place / ".staging" / "x1", place / "symbol=SPX" / "date=tomorrow"):
        other.mkdir(parents=True)
        shutil.copy(sound, other)
    assert watcher.news() == []


@pytest.mark.parametrize("by", ["day", "month"])
def test_what_is_merged_is_no_news(place, at, by):
    store.save(at("2025-09-04T11:00"), place)
    watcher = Watcher(place)
    assert len(list(compact.compact(place, "SPX", LATER, by))) == 1
    assert watcher.news() == []
    assert len(list(compact.compact(place, "SPX", LATER))) == (1 if by == "day" else 0)
    assert watcher.news() == []


def test_what_was_merged_before_is_no_news_and_what_came_with_a_bundle_is(place, at):
    list(compact.compact(place, "SPX", LATER))
    watcher = Watcher(place)
    store.save(at("2025-09-05T11:00"), place)
    list(compact.compact(place, "SPX", LATER))
    (found,) = watcher.news()
    assert (found.member is not None, found.quote_time.hour) == (True, 15)
    assert found.sound().quote_time == found.quote_time


def test_of_a_file_and_its_copy_in_a_bundle_the_one_that_stays_is_told(place, at, monkeypatch):
    """A merge that was interrupted leaves both."""
    watcher = Watcher(place)
    for when in ("2025-10-01T10:00", "2025-10-01T11:00"):
        store.save(at(when), place)
    monkeypatch.setattr(compact, "_remove", lambda *_: None)
    list(compact.compact(place, "SPX", dt.date(2025, 11, 1)))
    assert [each.member is not None for each in watcher.news()] == [True, True]
    assert watcher.news() == []


def test_a_damaged_bundle_hides_nothing_else(place, at):
    watcher = Watcher(place)
    store.save(at("2025-09-05T11:00"), place)
    month = place / "symbol=SPX" / "month=2025-09"
    month.mkdir()
    (month / "bundle-00000000.parquet").write_bytes(b"PAR1" + b"x" * 20 + (4).to_bytes(4, "little") + b"PAR1")
    assert told(watcher) == [("SPX", "09-05 15:00", 1)]
    assert watcher.news() == []


def test_what_goes_is_no_news_nor_when_it_comes_back(place):
    watcher = Watcher(place)
    path = next(place.rglob("date=2025-09-04/*.parquet"))
    data = path.read_bytes()
    shutil.rmtree(path.parent)
    assert watcher.news() == []
    path.parent.mkdir()
    path.write_bytes(data)
    assert watcher.news() == []
    shutil.rmtree(place)
    assert watcher.news() == []


def test_files_and_folders_that_vanish_between_two_steps(place, at, monkeypatch):
    watcher = Watcher(place)
    path = store.save(at("2025-09-05T11:00"), place)
    real = watch.is_whole
    with monkeypatch.context() as patched:
        patched.setattr(watch, "is_whole", lambda path: path.unlink() or real(path))
        assert watcher.news() == []
    assert not path.exists()
    entries = watch._entries  # noqa: SLF001
    monkeypatch.setattr(
        watch, "_entries", lambda folder: (entries(folder), shutil.rmtree(folder, ignore_errors=True))[0]
    )
    assert Watcher(place).news() == []


def test_a_change_that_the_folders_time_hides(place, at):
    """Times of change are as coarse as two seconds: a listing within that may have missed a later file."""
    watcher = Watcher(place, clock=(clock := Clock()))
    folder = place / "symbol=SPX" / "date=2025-09-05"
    before = folder.stat()
    store.save(at("2025-09-05T11:00"), place)
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    clock.now = 1.0
    assert told(watcher) == [("SPX", "09-05 15:00", 1)]


@pytest.mark.parametrize("year", [1971, 2035])
def test_clocks_that_are_wrong(place, at, year):
    """A file server's time may be years off, and be set back."""
    watcher = Watcher(place, clock=(clock := Clock()))
    clock.now = 10 * STILL_SECONDS
    assert watcher.news() == []
    path = store.save(at("2025-09-05T11:00"), place)
    wrong = dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp()
    os.utime(path, (wrong, wrong))
    os.utime(path.parent, (wrong, wrong))
    assert told(watcher) == [("SPX", "09-05 15:00", 1)]


def test_a_still_folder_is_not_listed_again(place, monkeypatch):
    watcher = Watcher(place, clock=(clock := Clock()))
    listed = []
    entries = watch._entries  # noqa: SLF001
    monkeypatch.setattr(watch, "_entries", lambda folder: listed.append(folder.name) or entries(folder))
    watcher.news()
    assert [name for name in listed if name.startswith("date=")] == [f"date={when[:10]}" for when in reversed(TIMES)]
    clock.now = STILL_SECONDS + 0.1
    watcher.news()
    listed.clear()
    watcher.news()
    assert listed == ["store", "symbol=SPX"]


def test_a_store_that_cannot_be_looked_into(place, monkeypatch):
    watcher = Watcher(place)

    def refuse(_):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        watcher.news()


def test_it_loads_nothing_heavy_by_itself():
    program = "import sys, gex.cli.watch; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"polars", "numpy", "pyarrow", "starlette"} & set(done.stdout.split())
    assert Path(watch.__file__).name == "watch.py"
