"""`gex batch` with a full disk, kills, interrupts, another batch beside it, a clock that jumps."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from batches import counts, tree

from gex.cli.batch import executors
from gex.cli.batch.executors import Lost
from gex.ingest.result_manifest import Run, lines, run_files
from gex.ingest.result_store import scan_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from batches import Batch
    from conftest import Ran


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
