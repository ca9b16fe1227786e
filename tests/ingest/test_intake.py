"""Inputs into the store: known by their bytes, kept as revisions, whole or not at all."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from gex.ingest import intake, staging, store, verify
from gex.ingest.address import resolve
from gex.ingest.errors import ContentError, UnreadableError
from gex.ingest.read import read_chain

SPX = "symbol=SPX/date=2025-09-05"


def files(place: Path) -> set[str]:
    """Return what lies in a store, by path, without its locks."""
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file() and path.name != ".lock"}


def snapshots_only(place: Path) -> set[str]:
    return {name for name in files(place) if name.startswith("symbol=")}


@pytest.fixture(name="source")
def _source(table, save):
    return str(save(table.text()))


@pytest.fixture(name="place")
def _place(tmp_path):
    return tmp_path / "store"


def test_the_same_bytes_are_not_read_twice(source, place, monkeypatch):
    first = intake.take(source, place, {})
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*.parquet")}
    monkeypatch.setattr(intake, "read_chains", lambda *_, **__: pytest.fail("read again"))
    again = intake.take(source, place, {})
    assert (first.status, again.status) == ("stored", "known")
    assert again.snapshots == [each | {"status": "known"} for each in first.snapshots]
    assert (again.rows_in, again.rows_kept, again.quarantined) == (first.rows_in, first.rows_kept, first.quarantined)
    assert before == {path: path.stat().st_mtime_ns for path in place.rglob("*.parquet")}


def test_a_copy_under_another_name_is_known(source, place, save):
    intake.take(source, place, {})
    assert intake.take(str(save(Path(source).read_bytes(), "copy")), place, {}).status == "known"


def test_read_in_another_way_it_is_another_snapshot(source, place):
    intake.take(source, place, {})
    other = intake.take(source, place, {"quote_time": "2025-09-05T11:00"})
    assert other.status == "stored"
    assert len(store.snapshots(place, "SPX")) == 2


@pytest.mark.parametrize("loss", ["snapshot", "receipt", "damaged receipt"])
def test_what_was_lost_is_made_again(source, place, loss):
    name = intake.take(source, place, {}).snapshots[0]["name"]
    there = snapshots_only(place)
    receipt = next((place / "inputs").iterdir())
    if loss == "snapshot":
        (place / SPX / name).unlink()
    elif loss == "receipt":
        receipt.unlink()
    else:
        receipt.write_text("{")
    assert intake.take(source, place, {}).status == ("stored" if loss == "snapshot" else "known")
    assert snapshots_only(place) == there


def test_reissues_are_numbered_and_the_last_is_read(table, save, place):
    """By name, so that a copy of the store with other file times means the same."""
    for number, price in enumerate((100.5, 101.5, 102.5), 1):
        table.title = f"S&P 500 INDEX,Last: {price},Change:  1.25"
        taken = intake.take(str(save(table.text(), f"{number}.csv")), place, {})
        assert [each["revision"] for each in taken.snapshots] == [number]
    for age, path in enumerate(sorted(place.glob(f"{SPX}/*"))):
        os.utime(path, ns=(10 - age, 10 - age))
    found = store.snapshots(place, "SPX")
    assert [each.revision for each in found] == [1, 2, 3]
    assert [each.read()[0].spot for each in found] == [100.5, 101.5, 102.5]
    assert store.latest(found) == found[-1:]
    assert resolve("SPX@2025-09-05", place) == found[-1]
    assert intake.take(str(save(table.text(), "again.csv")), place, {}).status == "known"


def test_rows_set_aside_lie_beside_with_line_reason_and_text(table, line, save, place):
    bad = line("SPXW", "250905", "Fri Sep 05 2025", 200.0).replace(",9.5,", ",-9.5,")
    table.extra = [bad]
    source = save(table.text())
    taken = intake.take(str(source), place, {})
    aside = pl.read_parquet(place / taken.snapshots[0]["quarantine"])
    number = source.read_text().splitlines().index(bad) + 1
    assert aside.rows() == [(number, "negative", bad)]
    origin = json.loads(pl.read_parquet_metadata(place / taken.snapshots[0]["quarantine"])["gex.source"])
    assert origin["path"] == str(source)
    assert taken.quarantined == {"negative": 1}
    assert taken.rows_in == taken.rows_kept + 1


def test_a_file_that_grows_while_it_is_read_is_refused(source, place):
    def growing(chains):
        for chain in chains:
            with Path(source).open("a") as file:
                file.write("more")
            yield chain

    with pytest.raises(UnreadableError, match="changed while it was read"):
        intake.take(source, place, {}, growing)
    assert files(place) == set()


def several(source, **_):
    """Stand for a file of three snapshots."""
    for when in ("2025-09-05T10:00", "2025-09-05T10:01", "2025-09-05T10:02"):
        yield read_chain(source, quote_time=when)


def test_all_snapshots_of_a_file_or_none(source, place, monkeypatch):
    def refusing(chains):
        yield from chains
        raise ContentError("too many bad rows")

    monkeypatch.setattr(intake, "read_chains", several)
    with pytest.raises(ContentError):
        intake.take(source, place, {}, refusing)
    assert files(place) == set()
    assert len(intake.take(source, place, {}).snapshots) == 3
    assert [f"{each.quote_time:%H%M}" for each in store.snapshots(place, "SPX")] == ["1400", "1401", "1402"]


def failing_at(call: int, error: OSError, original):
    """Return a function that does as `original` but fails at one call."""
    calls = iter(range(1, 1_000_000))

    def function(*args, **options):
        if next(calls) == call:
            raise error
        return original(*args, **options)

    return function


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_full_disk_while_writing_leaves_nothing(source, place, monkeypatch, call):
    monkeypatch.setattr(intake, "read_chains", several)
    with monkeypatch.context() as patch:
        patch.setattr(staging, "write_synced", failing_at(call, FULL, staging.write_synced))
        with pytest.raises(UnreadableError, match="cannot write to the store: No space left on device"):
            intake.take(source, place, {})
    assert files(place) == set()
    assert intake.take(source, place, {}).status == "stored"


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_failed_rename_leaves_whole_snapshots_and_the_next_run_completes(source, place, monkeypatch, call):
    """The fourth is the receipt's."""
    monkeypatch.setattr(intake, "read_chains", several)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing_at(call, FULL, os.replace))
        with pytest.raises(UnreadableError, match="No space left"):
            intake.take(source, place, {})
    there = store.snapshots(place, "SPX")
    assert len(there) == call - 1
    for each in there:
        assert each.read()[0].frame.height > 0
    assert files(place) == {each.place for each in there}
    again = intake.take(source, place, {})
    assert sorted(each["status"] for each in again.snapshots) == ["known"] * (call - 1) + ["stored"] * (4 - call)
    assert len(store.snapshots(place, "SPX")) == 3


KILLED = """
import os, signal, sys
from gex.ingest import intake, staging
from gex.ingest.read import read_chain

source, place, where = sys.argv[1:]
def several(source, **_):
    for when in ("2025-09-05T10:00", "2025-09-05T10:01", "2025-09-05T10:02"):
        yield read_chain(source, quote_time=when)
intake.read_chains = several
def dying(original, call):
    calls = []
    def function(*args):
        calls.append(args)
        if len(calls) == call:
            if where == "write":
                args[0].write_bytes(args[1][: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args)
    return function
if where == "write":
    staging.write_synced = dying(staging.write_synced, 2)
else:
    os.replace = dying(os.replace, 2)
intake.take(source, place, {})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize(("where", "left"), [("write", 0), ("replace", 1)])
def test_a_killed_process_leaves_nothing_half_written(source, place, where, left, monkeypatch):
    done = subprocess.run([sys.executable, "-c", KILLED, source, place, where], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list((place / ".staging").iterdir())
    there = store.snapshots(place, "SPX")
    assert len(there) == left
    assert [each.read()[0].frame.height for each in there] == [30] * left
    monkeypatch.setattr(intake, "read_chains", several)
    assert len(intake.take(source, place, {}).snapshots) == 3
    assert len(store.snapshots(place, "SPX")) == 3
    assert not list((place / ".staging").iterdir())


LIMITED = """
import resource, signal, sys
from gex.ingest import intake
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), -1))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    intake.take(sys.argv[1], sys.argv[2], {})
except ValueError as error:
    sys.exit(str(error))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on files")
@pytest.mark.parametrize("limit", [100, 5000])
def test_a_disk_that_takes_no_more_bytes(source, place, limit):
    """A real write that fails halfway."""
    command = [sys.executable, "-c", LIMITED, source, place, str(limit)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "cannot write to the store: File too large" in done.stderr
    assert files(place) == set()
    assert intake.take(source, place, {}).status == "stored"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_at_any_moment_and_run_again(source, place, tmp_path):
    """`gex ingest` of thirty files, killed later and later: what is there is whole, and in the end all is there."""
    folder = tmp_path / "many"
    folder.mkdir()
    for minute in range(30):
        text = Path(source).read_text().replace("10:16 AM", f"10:{minute + 10} AM")
        (folder / f"{minute}.csv").write_text(text)
    command = [sys.executable, "-m", "gex.cli.main", "ingest", folder, "--to", place]
    delay, kills = 0.3, 0
    while True:
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            assert running.wait(timeout=delay) == 0
            break
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        kills, delay = kills + 1, delay + 0.1
        assert not store.symbols(place) or not list(verify.verify(place))
    assert kills
    assert len(store.snapshots(place, "SPX")) == 30
    assert not list((place / ".staging").iterdir())


def test_a_living_writer_keeps_what_it_staged(source, place):
    with staging.staging(place) as folder:
        (folder / "0.parquet").write_bytes(b"being written")
        intake.take(source, place, {})
        assert (folder / "0.parquet").exists()
    assert not folder.exists()


def test_writers_wait_for_each_other(source, place, tmp_path):
    """Many processes, one input and its reissue: every snapshot once, and revisions 1 and 2."""
    reissue = tmp_path / "reissue"
    reissue.write_text(Path(source).read_text().replace("Last: 100.5", "Last: 101.5"))
    program = "import sys; from gex.ingest import intake; intake.take(sys.argv[1], sys.argv[2], {})"
    running = [subprocess.Popen([sys.executable, "-c", program, which, place]) for which in (source, str(reissue)) * 2]
    assert [each.wait(timeout=60) for each in running] == [0] * 4
    assert [each.revision for each in store.snapshots(place, "SPX")] == [1, 2]


def test_a_receipt_names_the_file(source, place):
    intake.take(source, place, {})
    (receipt,) = (place / "inputs").iterdir()
    (entry,) = json.loads(receipt.read_text())
    assert entry["file"] in files(place)
