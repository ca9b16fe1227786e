"""`gex batch`: every snapshot once, whatever happens to some of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import gex as package
from gex.cli.batch import chains, executors, job
from gex.cli.batch.executors import Lost
from gex.cli.render.flat import flat_row
from gex.ingest.result_manifest import Run, lines, run_files
from gex.ingest.result_parts import parts
from gex.ingest.result_store import revisions, scan_results
from gex.ingest.store import save

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

    Batch = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session", name="days")
def _days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions of QQQ."""
    from gex.cli.main import run

    folder = tmp_path_factory.mktemp("days")
    run(["sample", "--symbol", "QQQ", "--days", "4", "--size", "small", "--to", str(folder)])
    return folder


@pytest.fixture(scope="session", name="undisturbed")
def _undisturbed(days: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The parts of a run that nothing happened to."""
    from gex.cli.main import run

    results = tmp_path_factory.mktemp("undisturbed")
    assert run(["batch", "-q", str(days), "--to", str(results)]) == 0
    return tree(results)


@pytest.fixture(name="batch")
def _batch(gex: Callable[..., Ran], tmp_path: Path) -> Batch:
    """Return a function that runs a batch into one place and returns its summary and exit code."""

    def run(*arguments: Any) -> dict[str, Any]:
        ran = gex("batch", *arguments, "--to", tmp_path / "results", "--format", "json")
        return json.loads(ran.out) | {"code": ran.code, "err": ran.err}

    return run


@pytest.fixture(name="results")
def _results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def tree(results: Path) -> dict[str, bytes]:
    """Return all parts by their place."""
    return {path.relative_to(results).as_posix(): path.read_bytes() for path in results.rglob("*.parquet")}


def counts(summary: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in summary["counts"].items() if count}


def never(*_: Any, **__: Any) -> None:
    raise AssertionError("it was read")


def test_each_snapshot_has_its_three_parts_and_a_line(batch: Batch, days: Path, results: Path) -> None:
    summary = batch(days)
    assert (summary["code"], counts(summary), summary["symbols"]) == (0, {"done": 4}, {"QQQ": 4})
    assert {place.split("/")[0] for place in tree(results)} == {"summary", "by_expiration", "by_strike"}
    assert len(tree(results)) == 12
    first, *told = lines(run_files(results)[0])
    assert (first["event"], first["spec"]["settings"]["vol"], first["tool_version"]) == (
        "run", "reimplied", package.__version__,
    )  # fmt: skip
    assert [line["input"] for line in told] == sorted(map(str, days.glob("*.csv")))
    for line in told:
        assert (line["status"], line["exit_code"], line["reason"]) == ("done", 0, None)
        assert (line["size"], line["mtime_ns"]) == (
            Path(line["input"]).stat().st_size,
            Path(line["input"]).stat().st_mtime_ns,
        )
        assert line["sha256"] == package.read_chain(line["input"]).source.sha256
        assert line["seconds"] > 0
    assert not list((results / ".staging").iterdir())


def test_the_figures_are_those_of_an_analysis(batch: Batch, days: Path, results: Path) -> None:
    batch(days, "--band", "none", "--vol", "vendor")
    source = min(days.glob("*.csv"))
    chain = package.read_chain(source)
    analysis = package.analyze(chain, package.Settings(band=(), vol="vendor"))
    row = scan_results(results).collect().row(0, named=True)
    assert flat_row(analysis).items() <= row.items()
    assert (row["quote_date"], row["warnings"]) == (chain.quote_date, list(analysis.warnings))
    assert row["quality_rows_in"] == row["quality_rows_kept"] + row["quality_quarantined"]
    strikes = scan_results(results, "by_strike").filter(pl.col("quote_time") == chain.quote_time).collect()
    assert strikes.select(analysis.by_strike.columns).equals(analysis.by_strike)
    assert strikes["sha256"].unique().to_list() == [chain.source.sha256]
    expirations = scan_results(results, "by_expiration").filter(pl.col("quote_time") == chain.quote_time).collect()
    assert expirations["net"].to_list() == analysis.by_expiration["net"].to_list()


def test_types_are_the_same_with_and_without_bands(batch: Batch, days: Path, results: Path) -> None:
    source = min(days.glob("*.csv"))
    batch(source)
    batch(source, "--band", "none")
    one, two = (pl.read_parquet_schema(part.path) for part in parts(results))
    assert one == two
    assert pl.Null not in one.values()


@pytest.mark.parametrize(
    "options",
    [
        ("--executor", "threads"),
        ("--executor", "processes", "--jobs", "2"),
        pytest.param(("--executor", "dask", "--jobs", "2"), marks=pytest.mark.slow),
    ],
)
def test_the_same_bytes_whatever_the_executor_and_the_order(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], options: tuple[str, ...]
) -> None:
    summary = batch(*sorted(days.glob("*.csv"), reverse=True), *options)
    assert counts(summary) == {"done": 4}
    assert tree(results) == undisturbed


def test_a_bad_file_stops_nothing(batch: Batch, days: Path, results: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("no chain")
    (tmp_path / "empty.csv").write_text("")
    summary = batch(tmp_path / "bad.csv", days, tmp_path / "empty.csv", tmp_path / "missing.csv", "SPX")
    assert (summary["code"], counts(summary)) == (4, {"done": 4, "failed": 4})
    reasons = {Path(each["input"]).name: each["reason"] for each in summary["failed"]}
    assert "the file is empty" in reasons["empty.csv"]
    assert "No such file" in reasons["missing.csv"]
    assert "--store DIR" in reasons["SPX"]
    assert {each["exit_code"] for each in summary["failed"]} == {3}
    failed = [line for line in lines(run_files(results)[0]) if line.get("status") == "failed"]
    assert [line["reason"] for line in failed] == [each["reason"] for each in summary["failed"]]


def test_where_all_fail_the_code_is_what_they_share(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("no chain")
    assert batch(tmp_path / "bad.csv")["code"] == 3


def test_a_defect_of_ours_is_a_line_too(batch: Batch, days: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gex.analysis.analyze", never)
    summary = batch(days)
    assert (summary["code"], counts(summary)) == (1, {"failed": 4})
    assert "please report it" in summary["failed"][0]["reason"]


def test_resume_reads_nothing_that_is_proved_done(
    batch: Batch, days: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(days)
    before = tree(results)
    monkeypatch.setattr(job, "work", never)
    monkeypatch.setattr("gex.cli.batch.drive.work", never)
    summary = batch(days, "--resume")
    assert (summary["code"], counts(summary)) == (0, {"skipped": 4})
    assert tree(results) == before


def test_without_resume_all_is_read_and_nothing_written_again(
    batch: Batch, days: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(days)
    written = {path: path.stat().st_mtime_ns for path in results.rglob("*.parquet")}
    monkeypatch.setattr("gex.analysis.analyze", never)
    assert counts(batch(days)) == {"known": 4}
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*.parquet")} == written
    assert scan_results(results).collect()["revision"].to_list() == [1] * 4


def test_resume_does_what_failed(batch: Batch, days: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.csv"
    assert counts(batch(days, late)) == {"done": 4, "failed": 1}
    late.write_text(min(days.glob("*.csv")).read_text().replace("Last: ", "Last:  "))
    assert counts(batch(days, late, "--resume")) == {"skipped": 4, "done": 1}


def test_other_settings_are_a_revision_that_says_so(batch: Batch, days: Path, results: Path) -> None:
    first = batch(days)["spec_fingerprint"]
    summary = batch(days, "--resume", "--vol", "vendor")
    assert counts(summary) == {"done": 4}
    assert [each.reason for each in revisions(results)] == ["first", "settings changed"] * 4
    kept = scan_results(results, spec=first).collect()
    assert (kept["vol"].unique().to_list(), kept["revision"].unique().to_list()) == (["reimplied"], [1])


def test_stricter_reading_is_no_other_result_but_is_looked_at(batch: Batch, days: Path) -> None:
    batch(days)
    assert counts(batch(days, "--resume", "--strict")) == {"known": 4}


def test_a_reissued_input_is_a_revision_beside_the_first(
    batch: Batch, days: Path, results: Path, tmp_path: Path
) -> None:
    source = tmp_path / "day.csv"
    text = min(days.glob("*.csv")).read_text()
    source.write_text(text)
    batch(source)
    source.write_text(text.replace("Bid: ", "Bid:  "))
    assert counts(batch(source, "--resume")) == {"done": 1}
    found = revisions(results)
    assert [(each.revision, each.reason) for each in found] == [(1, "first"), (2, "input reissued")]
    hashes = [
        package.scan_series(results, "QQQ", which=which).collect()["sha256"].item()
        for which in ("as_reported", "restated")
    ]
    assert hashes == scan_results(results).collect()["sha256"].to_list()


def test_a_touched_input_is_read_again_and_known(batch: Batch, days: Path, tmp_path: Path) -> None:
    source = shutil.copy(min(days.glob("*.csv")), tmp_path / "day.csv")
    batch(source)
    os.utime(source, (1, 1))
    assert counts(batch(source, "--resume")) == {"known": 1}


def test_the_same_content_under_two_names_counts_once(batch: Batch, days: Path, results: Path, tmp_path: Path) -> None:
    source = min(days.glob("*.csv"))
    copy = shutil.copy(source, tmp_path / "copy.csv")
    assert counts(batch(source, copy)) == {"done": 1, "known": 1}
    assert [line.get("reason") for line in lines(run_files(results)[0])][1:] == [None, f"the same content as {source}"]
    assert scan_results(results).collect().height == 1


def test_a_renamed_input_is_known_by_its_content(batch: Batch, days: Path, results: Path, tmp_path: Path) -> None:
    source = shutil.copy(min(days.glob("*.csv")), tmp_path / "day.csv")
    batch(source)
    renamed = source.rename(tmp_path / "renamed.csv")
    assert counts(batch(renamed, "--resume")) == {"known": 1}
    assert list(lines(run_files(results)[1]))[1]["reason"] == f"the same content as {source}, done before"


@pytest.mark.parametrize("table", ["summary", "by_strike"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
@pytest.mark.parametrize("manifest", [True, False])
def test_a_damaged_part_is_written_again(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], table: str, damage: str, manifest: bool
) -> None:
    batch(days)
    victim = min((results / table).rglob("*.parquet"))
    data = bytearray(victim.read_bytes())
    data[data.find(b"\x28\xb5\x2f\xfd") + 12] ^= 0x10
    victim.unlink() if damage == "remove" else victim.write_bytes(data if damage == "flip" else data[:-40])
    if not manifest:
        shutil.rmtree(results / "runs")
    summary = batch(days, "--resume")
    assert summary["counts"]["done"] == 1
    assert tree(results) == undisturbed


def test_a_lost_manifest_is_made_again_from_the_parts(batch: Batch, days: Path, results: Path) -> None:
    batch(days)
    shutil.rmtree(results / "runs")
    assert counts(batch(days, "--resume")) == {"known": 4}
    reason = list(lines(run_files(results)[0]))[1]["reason"]
    assert reason == "done before, by a run that did not come to record it"
    assert counts(batch(days, "--resume")) == {"skipped": 4}


@pytest.mark.parametrize("call", [1, 3, 5, 12])
def test_a_full_disk_ends_the_run_with_whole_parts_and_resume_completes(
    gex: Callable[..., Ran],
    days: Path,
    results: Path,
    undisturbed: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    call: int,
) -> None:
    write, calls = Path.write_bytes, []

    def full(path: Path, data: bytes) -> int:
        calls.append(path)
        if len(calls) == call:
            write(path, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        ran = gex("batch", days, "--to", results)
    assert ran.code == 1
    assert "cannot write to the results: No space left on device" in ran.err
    assert "--resume" in ran.err
    assert tree(results).items() <= undisturbed.items()
    assert len(tree(results)) == call - 1
    assert gex("batch", days, "--to", results, "--resume").code == 0
    assert tree(results) == undisturbed


def test_an_unwritable_target_is_told(gex: Callable[..., Ran], days: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = gex("batch", days, "--to", tmp_path / "file" / "below")
    assert (ran.code, ran.out) == (1, "")
    assert "cannot write to the results" in ran.err


KILLED = """
import os, signal, sys
from gex.cli.main import run
from gex.ingest import result_parts
call, calls, move = int(sys.argv[1]), [], result_parts._move_in
def dying(data, aside, target):
    calls.append(target)
    if len(calls) == call:
        aside.write_bytes(data[:100])
        os.kill(os.getpid(), signal.SIGKILL)
    move(data, aside, target)
result_parts._move_in = dying
run(sys.argv[2:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("call", [1, 2, 3, 8])
def test_killed_in_the_middle_the_next_run_gives_the_same_tree(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], call: int
) -> None:
    arguments = ["batch", str(days), "--to", str(results)]
    done = subprocess.run([sys.executable, "-c", KILLED, str(call), *arguments], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert len([place for place in tree(results) if not place.startswith(".staging/")]) == call - 1
    summary = batch(days, "--resume")
    assert (summary["code"], sum(counts(summary).values())) == (0, 4)
    assert tree(results) == undisturbed
    assert not list((results / ".staging").iterdir())
    assert scan_results(results).collect()["revision"].to_list() == [1] * 4


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_killed_at_any_moment(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], seconds: float
) -> None:
    arguments = ["batch", str(days), "--to", str(results), "--executor", "processes", "--jobs", "2"]
    run = subprocess.Popen([sys.executable, "-m", "gex.cli.main", *arguments], stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    run.kill()
    run.wait()
    assert batch(days, "--resume")["code"] == 0
    assert tree(results) == undisturbed


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_ctrl_c_leaves_what_is_done_and_says_how_to_go_on(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes]
) -> None:
    program = KILLED.replace("SIGKILL", "SIGINT").replace("run(sys.argv[2:])", "sys.exit(run(sys.argv[2:]))")
    arguments = ["batch", str(days), "--to", str(results)]
    done = subprocess.run([sys.executable, "-c", program, "5", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 130
    assert "interrupted; what is done stays" in done.stderr
    assert batch(days, "--resume")["code"] == 0
    assert tree(results) == undisturbed


def test_two_batches_at_once_on_one_target(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes]
) -> None:
    arguments = ["batch", str(days), "--to", str(results), "-q"]
    runs = [subprocess.Popen([sys.executable, "-m", "gex.cli.main", *arguments]) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    assert tree(results) == undisturbed
    assert scan_results(results).collect()["revision"].to_list() == [1] * 4
    assert counts(batch(days, "--resume")) == {"skipped": 4}


def test_another_batch_is_noticed(batch: Batch, days: Path, results: Path) -> None:
    other = Run(results, {})
    summary = batch(days)
    other.close()
    assert (summary["code"], summary["other_batches"]) == (0, 1)
    assert "another batch is writing" in summary["err"]


def test_snapshots_of_a_store_give_the_same_parts_as_their_files(
    gex: Callable[..., Ran], batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    gex("ingest", days, "--to", store)
    assert counts(batch("QQQ", "--store", store)) == {"done": 4}
    assert tree(results) == undisturbed
    assert counts(batch("QQQ", "--store", store)) == {"known": 4}
    first, second = (list(lines(path))[1] for path in run_files(results))
    assert first["sha256"] == second["sha256"] is not None
    assert counts(batch(store, "--resume")) == {"skipped": 4}
    assert counts(batch(days)) == {"known": 4}
    source = scan_results(results).collect()["source"].to_list()
    assert source[0].startswith("QQQ@2026-01-05T")


def test_a_stricter_look_at_a_stores_snapshot_is_one(
    gex: Callable[..., Ran], batch: Batch, days: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    line = next(line for line in min(days.glob("*.csv")).read_text().splitlines() if line.startswith("Fri"))
    cells = line.split(",")
    cells[4] = "-1"
    bad.write_text(min(days.glob("*.csv")).read_text() + ",".join(cells) + "\n")
    gex("ingest", bad, "--to", tmp_path / "store")
    assert counts(batch("QQQ", "--store", tmp_path / "store")) == {"done": 1}
    summary = batch("QQQ", "--store", tmp_path / "store", "--strict")
    assert (counts(summary), "--strict" in summary["failed"][0]["reason"]) == ({"failed": 1}, True)


def test_a_job_that_kills_its_workers_is_quarantined_and_tried_again(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loses:
        def run(self, work: Callable[..., Any], items: Any) -> Any:
            for item in items:
                yield item, Lost("it killed its worker") if item.number == 2 else work(item)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "executor_for", lambda _options, items: (Loses(), iter(items)))
        summary = batch(days)
    assert (summary["code"], counts(summary)) == (4, {"done": 3, "quarantined": 1})
    assert summary["failed"][0]["reason"] == "it killed its worker"
    assert counts(batch(days, "--resume")) == {"skipped": 3, "done": 1}
    assert tree(results) == undisturbed


def test_a_clock_that_jumps_moves_no_duration(
    batch: Batch, days: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = iter(range(100_000, 0, -1))
    monkeypatch.setattr(time, "time", lambda: next(hours) * 3600.0)
    summary = batch(days)
    assert 0 < summary["seconds"] < 600
    told = [line["seconds"] for line in lines(run_files(results)[0]) if line["event"] == "job"]
    assert all(0 < seconds < 600 for seconds in told)


def test_a_range_and_an_address_of_a_store(gex: Callable[..., Ran], batch: Batch, days: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    gex("ingest", days, "--to", store)
    assert counts(batch("QQQ", "--store", store, "--from", "2026-01-06", "--until", "2026-01-07")) == {"done": 2}
    assert counts(batch("QQQ@2026-01-05", "--store", store)) == {"done": 1}
    summary = batch("QQQ", "--store", store, "--from", "2027-01-01")
    assert (summary["code"], summary["failed"][0]["exit_code"]) == (6, 6)
    assert "the store has 4 from 2026-01-05" in summary["failed"][0]["reason"]


def test_revisions_of_a_store_are_revisions_of_the_results(
    batch: Batch, days: Path, results: Path, tmp_path: Path
) -> None:
    """Even where the same file was read in another way."""
    store, source = tmp_path / "store", min(days.glob("*.csv"))
    for spot in (None, 612.0, 500.0):
        save(package.read_chain(source, spot=spot), store)
    assert counts(batch("QQQ", "--store", store, "--executor", "threads")) == {"done": 3}
    assert [each.reason for each in revisions(results)] == ["first", "input reissued", "input reissued"]
    assert scan_results(results).collect()["spot_header"].to_list()[1:] == [612.0, 500.0]


def test_a_damaged_snapshot_of_a_store_fails_alone(
    gex: Callable[..., Ran], batch: Batch, days: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    gex("ingest", days, "--to", store)
    victim = min(store.rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-100])
    summary = batch(store)
    assert (summary["code"], counts(summary)) == (4, {"done": 3, "failed": 1})


def test_a_file_of_several_snapshots_gives_several_parts(batch: Batch, days: Path, tmp_path: Path) -> None:
    """One of them bad: it is named, and done again alone."""
    packed = tmp_path / "days.zip"
    good = sorted(days.glob("*.csv"))
    with zipfile.ZipFile(packed, "w") as file:
        for path in good[:2]:
            file.write(path, path.name)
        file.writestr("spotless.csv", good[2].read_text().replace("Last: ", "Lost: "))
    summary = batch(packed)
    assert (summary["code"], counts(summary)) == (4, {"done": 2, "failed": 1})
    assert "spotless.csv" in summary["failed"][0]["reason"]
    assert counts(batch(packed, "--resume")) == {"known": 2, "failed": 1}


def test_two_snapshots_of_one_quote_time_are_told_apart_or_refused(batch: Batch, days: Path, tmp_path: Path) -> None:
    packed = tmp_path / "twice.zip"
    source = min(days.glob("*.csv"))
    with zipfile.ZipFile(packed, "w") as file:
        file.write(source, "a.csv")
        file.write(source, "b.csv")
    summary = batch(packed)
    assert (summary["code"], counts(summary)) == (4, {"done": 1, "failed": 1})
    assert "two snapshots of QQQ with the same quote time" in summary["failed"][0]["reason"]


def test_a_spot_is_for_files_without_their_own(batch: Batch, days: Path, tmp_path: Path) -> None:
    source = tmp_path / "spotless.csv"
    source.write_text(min(days.glob("*.csv")).read_text().replace("Last: ", "Lost: "))
    assert counts(batch(source)) == {"failed": 1}
    assert counts(batch(source, "--spot", "612")) == {"done": 1}


def test_a_file_that_grows_while_it_is_read_is_refused(
    batch: Batch, days: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shutil.copy(min(days.glob("*.csv")), tmp_path / "day.csv")
    stats = iter([(1, 1), (2, 2), (3, 3)])
    monkeypatch.setattr(chains, "stat_of", lambda _: next(stats))
    summary = batch(source)
    assert counts(summary) == {"failed": 1}
    assert "changed while it was read" in summary["failed"][0]["reason"]


@pytest.mark.parametrize("url", ["file://{days}", "file://{days}/*.csv"])
def test_a_url_of_a_folder_or_a_pattern(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], url: str
) -> None:
    summary = batch(url.format(days=days))
    assert counts(summary) == {"done": 4}
    assert tree(results) == undisturbed
    assert scan_results(results).collect()["source"].item(0) == f"file://{min(days.glob('*.csv'))}"
    assert counts(batch(url.format(days=days), "--resume")) == {"skipped": 4}


def test_any_file_system_of_fsspec(batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes]) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for path in days.glob("*.csv"):
        memory.pipe(f"/archive/{path.name}", path.read_bytes())
    assert counts(batch("memory://archive")) == {"done": 4}
    assert tree(results) == undisturbed
    summary = batch("memory://nowhere")
    assert (summary["code"], "no such file" in summary["failed"][0]["reason"]) == (3, True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///no/such/folder", "no such file or folder"),
        ("s3://key:secret@bucket/x", "no credentials in a URL"),
        ("nosuch://bucket/x", "nosuch"),
    ],
)
def test_what_cannot_be_had_from_a_url_is_a_line(batch: Batch, url: str, reason: str) -> None:
    summary = batch(url)
    assert (summary["code"], reason in summary["failed"][0]["reason"]) == (3, True)
    assert "secret" not in json.dumps(summary)


def test_results_below_a_folder_are_no_inputs(gex: Callable[..., Ran], days: Path, tmp_path: Path) -> None:
    shutil.copytree(days, tmp_path / "all")
    for _ in range(2):
        ran = gex("batch", tmp_path / "all", "--to", tmp_path / "all" / "results", "--format", "json")
        assert json.loads(ran.out)["inputs"] == 4


def test_what_is_shown(gex: Callable[..., Ran], days: Path, results: Path, tmp_path: Path) -> None:
    ran = gex("batch", days, tmp_path / "missing.csv", "--to", results)
    assert ran.code == 4
    assert "4  done    analysed and written" in ran.out
    assert "NO RESULT" in ran.out
    assert "missing.csv: cannot be read" in " ".join(ran.out.split())
    events = [json.loads(line) for line in ran.err.splitlines()]
    assert [each["event"] for each in events] == ["failed", "progress", "end"]
    assert (events[1]["done"], events[1]["failed"], events[1]["seconds_left"]) == (4, 1, 0.0)


def test_a_bar_where_somebody_watches(
    gex: Callable[..., Ran], days: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("gex.cli.batch.progress.sys.stderr.isatty", lambda: True)
    ran = gex("batch", days, tmp_path / "missing.csv", "--to", results)
    assert "missing.csv: cannot be read" in ran.err
    assert "5/5" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.csv"], "no place for the results"),
        (["-", "--to", "r"], "stdin is read once"),
        (["x.csv", "--to", "r", "--from", "2026-01-02", "--until", "2026-01-01"], "lies before"),
    ],
)
def test_misuse(gex: Callable[..., Ran], arguments: list[str], message: str) -> None:
    ran = gex("batch", *arguments)
    assert (ran.code, message in ran.err) == (2, True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_freed_arrays_are_kept_for_the_next_job() -> None:
    """Arrays of sizes that are otherwise handed back and fetched again, page by page."""
    program = """
import resource, sys
import numpy as np
from gex.cli.batch.memory import keep_freed_arrays
if sys.argv[1] == "kept":
    assert keep_freed_arrays()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    before = faults()
    held = [np.ones(1 << 20) for _ in range(4)]
    del held
    after = faults()
print(after - before)
"""
    kept, left = (
        int(subprocess.run([sys.executable, "-c", program, how], capture_output=True, text=True, check=True).stdout)
        for how in ("kept", "left")
    )
    assert kept < 100 < left
