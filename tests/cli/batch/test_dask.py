"""Dask: a cluster on this machine, what it does without a worker or a scheduler, and without the library."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import dask
import pytest
from batches import counts
from jobs import fails, kills_always, kills_once, slow_square, square, threads_of_polars
from running import Running, gone, program

from gex import __version__
from gex.cli.batch.dask import Dask, on_worker
from gex.cli.batch.executors import WINDOW, ExecutorError, Lost, executor_for
from gex.cli.options import ExecutionOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batches import Batch

JOBS = 2
HERE = Dask(None, JOBS)

CLUSTER = """
import time
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        time.sleep(3600)
"""
BATCH = """
import sys
from functools import partial
from pathlib import Path
from jobs import writes_its_process
from gex import __version__
from gex.cli.batch.dask import Dask

if __name__ == "__main__":
    for _ in Dask(None, 2).run(partial(writes_its_process, Path(sys.argv[1])), range(100)):
        pass
"""


def squares(number: int) -> dict[int, int]:
    return {item: item * item for item in range(number)}


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError, match=r"--executor dask needs the extra `dask`: pip install 'gexlab\[dask\]'"):
        executor_for(ExecutionOptions("dask"), [])


def test_a_scheduler_means_dask() -> None:
    address = "tcp://127.0.0.1:8786"
    assert executor_for(ExecutionOptions(scheduler=address, jobs=3), [1])[0] == Dask(address, 3)
    assert executor_for(ExecutionOptions("dask", jobs=3), [1])[0] == Dask(None, 3)


def test_a_worker_of_another_version_is_refused() -> None:
    with pytest.raises(ExecutorError, match=r"a worker has gex \S+, this is 0\.0\.1: install one version"):
        on_worker("0.0.1", str(Path.cwd()), square, [3])


def test_a_worker_that_shares_no_folder_is_refused(tmp_path: Path) -> None:
    """What it wrote by a relative path would be nobody's."""
    with pytest.raises(ExecutorError, match=r"a worker has no folder \S+/missing: run in one that all machines share"):
        on_worker(__version__, str(tmp_path / "missing"), square, [3])


def test_relative_paths_mean_the_same_on_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    assert on_worker(__version__, str(tmp_path / "here"), lambda path: path.absolute(), [Path("a")]) == [
        tmp_path / "here" / "a"
    ]


def test_nothing_is_started_for_nothing() -> None:
    assert list(Dask("tcp://127.0.0.1:1", JOBS).run(square, [])) == []


def test_no_scheduler_where_one_is_said_to_be() -> None:
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.2s"}),
        pytest.raises(ExecutorError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1 "),
    ):
        list(Dask("tcp://127.0.0.1:1", JOBS).run(square, [1]))


@pytest.mark.slow
def test_every_item_has_its_result_and_a_worker_one_thread() -> None:
    results = dict(HERE.run(threads_of_polars, range(8)))
    assert set(results) == set(range(8))
    assert {threads for threads, _ in results.values()} == {1}
    assert len({process for _, process in results.values()}) == JOBS


@pytest.mark.slow
def test_an_exception_is_raised() -> None:
    with pytest.raises(ArithmeticError, match="no square of 7"):
        list(HERE.run(fails, range(20)))


@pytest.mark.slow
def test_many_workers_get_several_jobs_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As 32 workers would; a job that kills takes its neighbours with it only until they are tried alone."""
    monkeypatch.setattr("gex.cli.batch.dask.CROWD", 1)
    found = dict(HERE.run(partial(kills_always, tmp_path, 5), range(20)))
    assert isinstance(found.pop(5), Lost)
    assert squares(20) == found | {5: 25}


@pytest.mark.slow
def test_no_more_items_are_taken_than_there_is_room_for() -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(300):
            taken.append(item)
            yield item

    for done, _ in enumerate(HERE.run(square, items())):
        assert len(taken) - done <= WINDOW * JOBS
    assert done == 299


@pytest.mark.slow
def test_a_killed_worker_costs_nothing(tmp_path: Path) -> None:
    assert dict(HERE.run(partial(kills_once, tmp_path, 5), range(20))) == squares(20)
    assert (tmp_path / "killed").exists()


@pytest.mark.slow
def test_only_a_job_that_kills_workers_alone_is_lost(tmp_path: Path) -> None:
    found = dict(HERE.run(partial(kills_always, tmp_path, 5), range(20)))

    lost = found.pop(5)
    assert lost == Lost("2 workers died of it, one after another, with nothing else under way")
    assert squares(20) == found | {5: 25}
    assert len(list(tmp_path.iterdir())) == 4, "twice beside others, twice alone"


@pytest.fixture(name="cluster")
def _cluster(tmp_path: Path) -> Iterator[tuple[Running, str]]:
    """Run a cluster in another process, and return it with the address of its scheduler."""
    with Running(program(CLUSTER, tmp_path)) as process:
        yield process, process.stdout.readline().strip()


@pytest.mark.slow
def test_a_cluster_that_was_there_does_the_work(cluster: tuple[Running, str]) -> None:
    _, address = cluster
    assert dict(Dask(address, JOBS).run(square, range(20))) == squares(20)
    assert dict(Dask(address, JOBS).run(square, range(20))) == squares(20), "it is still there"


@pytest.mark.slow
def test_a_scheduler_that_disappears_is_told_of(cluster: tuple[Running, str]) -> None:
    process, address = cluster
    results = Dask(address, JOBS).run(slow_square, count())
    for _ in range(10):
        next(results)
    process.kill()
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ExecutorError, match="the Dask scheduler is gone; what is done is kept: run again with --resume"),
    ):
        list(results)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_an_interrupt(tmp_path: Path, number: signal.Signals) -> None:
    (marks := tmp_path / "marks").mkdir()
    with Running(program(BATCH, tmp_path), marks) as run:
        processes = run.workers(marks, JOBS) | run.children()
        (os.killpg if number == signal.SIGINT else os.kill)(run.pid, number)
        assert run.wait(30) == -number
        assert gone(processes)


def test_a_cluster_here_does_not_ask_for_the_port_of_another(batch: Batch, days: Path) -> None:
    with socket.socket() as other:
        with suppress(OSError):  # Somebody has it already.
            other.bind(("127.0.0.1", 8787))
            other.listen()
        assert counts(batch(min(days.glob("*.csv")), "--executor", "dask", "--jobs", "1")) == {"done": 1}
