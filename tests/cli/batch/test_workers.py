"""`gex batch` while workers, schedulers and itself are killed: the parts are those of a run that nothing happened to."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from batches import tree
from running import Running, gone, program

from gex import read_chain
from gex.cli.main import run
from gex.ingest.sample import generate
from gex.ingest.store import put

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

FILES = 40
CLUSTER = """
import time
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        time.sleep(3600)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux what runs"),
]


@pytest.fixture(scope="module", name="store")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of snapshots, one a second."""
    store = tmp_path_factory.mktemp("store")
    chain = read_chain(generate("SPX", size="small").chain)
    times = [chain.quote_time + dt.timedelta(seconds=second) for second in range(FILES)]
    frames = (chain.frame.with_columns(quote_time=pl.lit(time_)) for time_ in times)
    put((replace(chain, frame=frame, quote_time=time_) for frame, time_ in zip(frames, times, strict=True)), store)
    return store


@pytest.fixture(scope="module", name="undisturbed")
def _undisturbed(store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    results = tmp_path_factory.mktemp("undisturbed")
    assert run(["batch", "-q", str(store), "--to", str(results), "--executor", "serial"]) == 0
    return tree(results)


def begun(results: Path) -> None:
    """Wait until some parts are written, but not all."""
    end = time.monotonic() + 60.0
    while not len(list(results.glob("summary/*/*/*.parquet"))) >= 3:
        assert time.monotonic() < end, "nothing is written"
        time.sleep(0.01)


def command(store: Path, results: Path, *options: str) -> tuple[str | Path, ...]:
    return ("-m", "gex.cli.main", "batch", store, "--to", results, "-q", *options)


def test_dask_writes_the_same_parts(
    gex: Callable[..., Ran], store: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    ran = gex("batch", store, "--to", tmp_path / "results", "--executor", "dask", "--jobs", "2", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert tree(tmp_path / "results") == undisturbed


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_a_killed_worker_changes_nothing(
    store: Path, tmp_path: Path, undisturbed: dict[str, bytes], executor: str
) -> None:
    results = tmp_path / "results"
    with Running(*command(store, results, "--executor", executor, "--jobs", "2")) as batch:
        begun(results)
        # The last to be started is a worker: those that look after workers were there before.
        os.kill(max(batch.children()), signal.SIGKILL)
        out, err = batch.communicate(timeout=120)
    assert (batch.returncode, err) == (0, "")
    # A result that was written when its worker died before it could say so is found there and known.
    counts = {status: int(count) for count, status in re.findall(r"^ +(\d+) +(\w+)  ", out, re.MULTILINE)}
    assert counts.keys() <= {"done", "known"}
    assert sum(counts.values()) == FILES
    assert tree(results) == undisturbed


@pytest.mark.parametrize("executor", ["processes", "dask"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_an_interrupt_leaves_no_process_and_resume_completes(
    gex: Callable[..., Ran],
    store: Path,
    tmp_path: Path,
    undisturbed: dict[str, bytes],
    executor: str,
    number: signal.Signals,
    code: int,
) -> None:
    results = tmp_path / "results"
    with Running(*command(store, results, "--executor", executor, "--jobs", "2")) as batch:
        begun(results)
        children = batch.children()
        (os.killpg if number == signal.SIGINT else os.kill)(batch.pid, number)
        assert batch.wait(30) == code
        assert gone(children)
    assert gex("batch", store, "--to", results, "--resume", "-q").code == 0
    assert tree(results) == undisturbed


def test_a_scheduler_that_disappears_is_told_of_and_resume_completes(
    gex: Callable[..., Ran], store: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    results = tmp_path / "results"
    with Running(program(CLUSTER, tmp_path)) as cluster:
        address = cluster.stdout.readline().strip()
        with Running(*command(store, results, "--scheduler", address)) as batch:
            begun(results)
            cluster.kill()
            _, err = batch.communicate(timeout=120)
    assert batch.returncode == 1
    assert err == "gex: the Dask scheduler is gone; what is done is kept: run again with --resume\n"
    assert gex("batch", store, "--to", results, "--resume", "-q").code == 0
    assert tree(results) == undisturbed
