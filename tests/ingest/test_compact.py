"""Merging snapshots into bundles, and the store as one table: nothing is lost, whatever happens in between."""

import datetime as dt
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import gex
from gex.ingest import bundle, compact, intake, scan, store, verify
from gex.ingest.address import opened, resolve
from gex.ingest.errors import MissingError, UnreadableError
from gex.ingest.read import read_chain
from gex.ingest.readers.canonical import facts_of
from gex.ingest.schema import SCHEMA
from gex.ingest.snapshot_file import CONTENT, FACTS

TIMES = ("2025-08-28T15:00", "2025-09-04T10:00", "2025-09-04T15:45", "2025-09-05T10:16", "2025-10-01T10:00")
LATER = dt.date(2025, 10, 2)


@pytest.fixture(name="place")
def _place(table, save, tmp_path):
    """A store of five quote times over three months, one of them reissued."""
    table.series = (("SPXW", "251219", "Fri Dec 19 2025"), ("SPX", "251219", "Fri Dec 19 2025"))
    source = save(table.text())
    for when in TIMES:
        store.save(read_chain(source, quote_time=when), tmp_path / "store")
    store.save(read_chain(source, quote_time=TIMES[1], spot=101.0), tmp_path / "store")
    return tmp_path / "store"


def contents(place):
    """Return every snapshot's name, facts and table."""
    found = [(each.quote_date, each.name, each.read()[0]) for each in store.snapshots(place, "SPX")]
    return [(date, name, facts_of(chain), chain.frame.rows(), chain.frame.schema) for date, name, chain in found]


def parquet_files(place):
    return sorted(path.relative_to(place / "symbol=SPX").as_posix() for path in place.glob("symbol=SPX/*/*"))


def run(place, by="month", before=LATER):
    return list(compact.compact(place, "SPX", before, by))


def test_a_closed_month_becomes_one_file_that_holds_the_same(place):
    before, table = contents(place), scan.scan_store(place).collect()
    (merged,) = run(place)
    assert (merged.period, merged.snapshots, merged.files) == ("2025-09", 4, 4)
    assert merged.bytes_after < merged.bytes_before
    assert [Path(name).parts[0] for name in parquet_files(place)] == [
        "date=2025-08-28", "date=2025-10-01", "month=2025-09"
    ]  # fmt: skip
    assert contents(place) == before
    assert_frame_equal(scan.scan_store(place).collect(), table)
    assert run(place) == []


def test_days_then_their_month(place):
    before = contents(place)
    assert [(each.period, each.snapshots) for each in run(place, "day")] == [("2025-09-04", 3)]
    assert contents(place) == before
    assert [(each.period, each.snapshots, each.files) for each in run(place)] == [("2025-09", 4, 2)]
    assert contents(place) == before
    assert run(place, "day") == []


def test_the_current_period_is_left(place):
    assert run(place, before=dt.date(2025, 9, 30)) == []
    assert run(place, "day", dt.date(2025, 9, 4)) == []


def test_each_snapshot_is_a_row_group_of_its_own(place):
    import pyarrow.parquet as pq

    (merged,) = run(place)
    footer = pq.read_metadata(merged.path)
    assert [footer.row_group(n).num_rows for n in range(footer.num_row_groups)] == [20] * 4


@pytest.mark.parametrize("address", ["SPX@2025-09-04T10:00", "SPX@2025-09-04", "SPX@2025-09-05", "SPX@latest"])
def test_an_address_means_the_same_before_and_after(place, address):
    with opened(resolve(address, place)) as path:
        before = read_chain(path)
    run(place)
    with opened(resolve(address, place)) as path:
        after = read_chain(path)
        moved = read_chain(path, spot=99.0)
    assert facts_of(after) == facts_of(before)
    assert after.frame.equals(before.frame)
    assert moved.spot == 99.0
    assert not path.exists() or path.is_relative_to(place)


def test_an_input_in_a_bundle_is_known(place, table, save):
    run(place)
    source = save(table.text())
    assert store.save(read_chain(source, quote_time=TIMES[3]), place).parent.name == "month=2025-09"
    assert intake.take(str(source), place, {"quote_time": TIMES[1]}).status == "known"


def test_a_later_revision_lies_beside_the_bundle_and_joins_it(place, table, save):
    run(place)
    late = store.save(read_chain(save(table.text()), quote_time=TIMES[1], spot=102.0), place)
    assert late.name.endswith("-r3.parquet")
    assert resolve("SPX@2025-09-04T10:00", place).path == late
    spots = scan.scan_store(place, start="2025-09-04", end="2025-09-04").select("quote_time", "spot").unique()
    assert sorted(spots.collect()["spot"]) == [100.5, 102.0]
    before = contents(place)
    assert [each.snapshots for each in run(place)] == [5]
    assert contents(place) == before


def test_a_crash_before_the_originals_are_gone_loses_and_doubles_nothing(place, monkeypatch):
    before, table = contents(place), scan.scan_store(place).collect()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(UnreadableError, match="Input/output error"):
            run(place)
    assert len(parquet_files(place)) == 7
    assert contents(place) == before
    assert_frame_equal(scan.scan_store(place).collect(), table)
    run(place)
    assert len(parquet_files(place)) == 3
    assert contents(place) == before


def test_a_crash_before_the_bundle_is_there_changes_nothing(place, monkeypatch):
    before, there = contents(place), parquet_files(place)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(UnreadableError, match="No space left"):
            run(place)
    assert (contents(place), parquet_files(place)) == (before, there)


KILLED = """
import datetime as dt, os, pathlib, signal, sys
from gex.ingest import compact
place, where, call = sys.argv[1], sys.argv[2], int(sys.argv[3])
def dying(original):
    calls = []
    def function(*args, **options):
        calls.append(args)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **options)
    return function
owner, name = {"write": (compact.bundle, "read_member"), "replace": (os, "replace"), "unlink": (pathlib.Path, "unlink")}[where]
setattr(owner, name, dying(getattr(owner, name)))
list(compact.compact(place, "SPX", dt.date(2025, 10, 2)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize(
    ("where", "call", "files"), [("write", 2, 6), ("replace", 1, 6), ("unlink", 1, 7), ("unlink", 3, 5)]
)
def test_a_killed_merge_loses_and_doubles_nothing(place, where, call, files):
    before, table = contents(place), scan.scan_store(place).collect()
    done = subprocess.run([sys.executable, "-c", KILLED, place, where, str(call)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(parquet_files(place)) == files
    assert contents(place) == before
    assert_frame_equal(scan.scan_store(place).collect(), table)
    assert not [each for each in verify.verify(place) if each.check.kind == "damaged"]
    run(place)
    assert len(parquet_files(place)) == 3
    assert contents(place) == before
    assert not list((place / ".staging").iterdir())


def test_a_copy_that_differs_is_not_taken(place, monkeypatch):
    there = parquet_files(place)
    right = bundle.read_member

    def wrong(path, member):
        chain = right(path, member)
        return replace(chain, frame=chain.frame.with_columns(pl.col("bid") + (member.offset > 0)))

    monkeypatch.setattr(bundle, "read_member", wrong)
    with pytest.raises(UnreadableError, match="differs from the original"):
        run(place)
    assert parquet_files(place) == there


def test_a_damaged_original_is_not_merged(place):
    victim = place / "symbol=SPX" / parquet_files(place)[1]
    chain, _ = store.snapshots_in(victim, "SPX")[0].read()
    metadata = {key: text for key, text in pl.read_parquet_metadata(victim).items() if key in {FACTS, CONTENT}}
    chain.frame.with_columns(pl.col("ask") + 1).write_parquet(victim, metadata=metadata)
    there = parquet_files(place)
    with pytest.raises(UnreadableError, match="not what it was written with"):
        run(place)
    assert parquet_files(place) == there


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        (None, None, TIMES),
        ("2025-09-04", dt.date(2025, 9, 4), TIMES[1:3]),
        (dt.date(2025, 9, 5), None, TIMES[3:]),
        (None, "2025-08-31", TIMES[:1]),
        ("2025-09-06", "2025-09-08", ()),
    ],
)
def test_scan_takes_a_range_of_dates_both_ends_in(place, start, end, times, merged):
    if merged:
        run(place)
    table = gex.scan_store(place, "spx", start, end)
    assert isinstance(table, pl.LazyFrame)
    assert table.collect_schema() == SCHEMA
    found = table.select(pl.col("quote_time").dt.convert_time_zone("America/New_York")).unique().collect()
    assert sorted(f"{time:%Y-%m-%dT%H:%M}" for time in found["quote_time"]) == list(times)
    assert table.collect().height == 20 * len(times)


@pytest.mark.parametrize("merged", [False, True])
def test_scan_keeps_the_last_revision_or_all(place, merged):
    if merged:
        run(place)
    of = pl.col("quote_time") == dt.datetime(2025, 9, 4, 14, tzinfo=dt.UTC)
    assert scan.scan_store(place).filter(of).collect()["spot"].unique().to_list() == [101.0]
    both = scan.scan_store(place, revisions=True).filter(of).collect()
    assert (both.height, sorted(both["spot"].unique())) == (40, [100.5, 101.0])


def test_scan_opens_no_file_of_other_dates(place):
    (place / "symbol=SPX" / parquet_files(place)[0]).write_bytes(b"damaged")
    assert gex.scan_store(place, start="2025-09-01").collect().height == 80


def test_scan_of_nothing_says_what_is_there(place, tmp_path):
    with pytest.raises(MissingError, match=r"no snapshot of QQQ in .*; it has SPX"):
        gex.scan_store(place, ["SPX", "QQQ"])
    with pytest.raises(MissingError, match="no snapshot of anything"):
        gex.scan_store(tmp_path / "none")
    with pytest.raises(ValueError, match="end 2025-01-01 lies before start 2025-02-01"):
        gex.scan_store(place, start="2025-02-01", end="2025-01-01")
    with pytest.raises(ValueError, match="Invalid isoformat"):
        gex.scan_store(place, start="soon")
