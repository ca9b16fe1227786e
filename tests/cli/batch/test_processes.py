"""Worker processes: what a killed one takes with it, and what outlives an interrupt (nothing)."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import count
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest
from jobs import (
    fails,
    hangs,
    hold_interpreter,
    kills_always,
    kills_by_threes,
    kills_once,
    square,
    threads_of_polars,
    uneven_square,
)
from running import Running, alive, gone, program

from gex.cli.batch import worker
from gex.cli.batch.executors import WINDOW, ExecutorError, Lost
from gex.cli.batch.processes import Processes

JOBS = 2


def squares(number: int) -> dict[int, int]:
    return {item: item * item for item in range(number)}


def test_every_item_has_its_result() -> None:
    assert dict(Processes(JOBS).run(uneven_square, range(20))) == squares(20)


def test_nothing_is_started_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gex.cli.batch.processes._context", None)
    assert list(Processes(JOBS).run(square, [])) == []


def test_an_exception_is_raised() -> None:
    with pytest.raises(ArithmeticError, match="no square of 7"):
        list(Processes(JOBS).run(fails, range(20)))


def test_a_worker_has_one_thread_of_polars() -> None:
    threads = {found[0] for _, found in Processes(JOBS).run(threads_of_polars, range(4))}
    assert threads == {1}


def test_a_killed_worker_costs_nothing(tmp_path: Path) -> None:
    assert dict(Processes(JOBS).run(partial(kills_once, tmp_path, 5), range(20))) == squares(20)
    assert (tmp_path / "killed").exists()


def test_only_a_job_that_kills_its_worker_alone_is_lost(tmp_path: Path) -> None:
    found = dict(Processes(JOBS).run(partial(kills_always, tmp_path, 5), range(20)))

    lost = found.pop(5)
    assert lost == Lost("it killed its worker, 2 times with nothing else under way")
    assert squares(20) == found | {5: 25}
    assert len(list(tmp_path.iterdir())) == 3, "once beside others, twice alone"


def test_several_jobs_that_kill_are_lost_and_no_other(tmp_path: Path) -> None:
    found = dict(Processes(JOBS).run(partial(kills_by_threes, tmp_path), range(20)))

    assert {item for item, result in found.items() if isinstance(result, Lost)} == {0, 3, 6, 9, 12, 15, 18}
    assert {item: item * item for item in range(20) if item % 3} == {
        item: result for item, result in found.items() if item % 3
    }


@pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="no fork server here")
def test_a_fork_server_that_is_dying_is_waited_for() -> None:
    """What a worker's death cuts off on its way to the fork server kills that, too, while the next pool already asks it."""
    assert dict(Processes(JOBS).run(square, range(4))) == squares(4)
    server: Any = forkserver._forkserver  # noqa: SLF001 (the one of this process)
    with socket.socket(socket.AF_UNIX) as cut_off:
        cut_off.connect(server._forkserver_address)  # noqa: SLF001
    assert dict(Processes(JOBS).run(square, range(4))) == squares(4)


def test_a_job_that_hangs_is_lost_with_a_timeout() -> None:
    found = dict(Processes(JOBS, timeout=2.0).run(partial(hangs, 3), range(8)))

    lost = found.pop(3)
    assert isinstance(lost, Lost)
    assert lost.reason == "it killed its worker, or took longer than 2 seconds, 2 times with nothing else under way"
    assert squares(8) == found | {3: 9}


@pytest.mark.slow
def test_a_job_that_holds_the_interpreter_is_lost_with_a_timeout() -> None:
    ((_, lost),) = Processes(1, timeout=0.5).run(hold_interpreter, [0])
    assert isinstance(lost, Lost)


def test_a_timeout_leaves_quick_jobs_alone() -> None:
    assert dict(Processes(JOBS, timeout=60.0).run(square, range(8))) == squares(8)


def test_no_more_items_are_taken_than_there_is_room_for() -> None:
    taken = count()
    for done, _ in enumerate(Processes(JOBS).run(square, (next(taken) for _ in range(10_000)))):
        outstanding = int(repr(taken)[6:-1]) - done
        assert outstanding <= WINDOW * JOBS
    assert done == 9_999


def test_a_worker_that_cannot_be_started_beside_a_dying_one_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pools start workers as jobs are handed over: the death of one closes the pipes that the next should get."""
    submit, calls = ProcessPoolExecutor.submit, count()

    def sometimes(pool: ProcessPoolExecutor, *job: Any) -> Future[Any]:
        if next(calls) == 3:
            raise OSError("handle is closed")
        return submit(pool, *job)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", sometimes)
    assert dict(Processes(JOBS).run(square, range(8))) == squares(8)


def test_workers_that_cannot_start_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that, each item would be called lost."""
    monkeypatch.setattr(worker, "begin", os._exit)
    with pytest.raises(ExecutorError, match="worker processes die as they start"):
        list(Processes(JOBS).run(square, range(3)))


LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux what runs")


@LINUX
def test_workers_end_with_the_iterator() -> None:
    results = Processes(JOBS).run(threads_of_polars, count())
    processes = {next(results)[1][1] for _ in range(8)}
    assert all(map(alive, processes))
    results.close()
    assert gone(processes)


PROGRAM = """
import sys
from functools import partial
from pathlib import Path
from typing import Any
from jobs import writes_its_process
from gex.cli.batch.processes import Processes

if __name__ == "__main__":
    for _ in Processes(2).run(partial(writes_its_process, Path(sys.argv[1])), range(100)):
        pass
"""


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_an_interrupt(tmp_path: Path, number: signal.Signals) -> None:
    (marks := tmp_path / "marks").mkdir()
    with Running(program(PROGRAM, tmp_path), marks) as run:
        processes = run.workers(marks, JOBS) | run.children()
        # A terminal sends Ctrl-C to all processes of the foreground; a kill is for one.
        (os.killpg if number == signal.SIGINT else os.kill)(run.pid, number)
        assert run.wait(30) == -number
        assert gone(processes)
        told = run.stderr.read()
    assert told.count("Traceback") == (number == signal.SIGINT), "workers say nothing"
