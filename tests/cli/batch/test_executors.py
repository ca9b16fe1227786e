"""What all executors have in common, on the two that need no other process; the choice among them."""

from __future__ import annotations

import threading
from itertools import count, islice
from typing import TYPE_CHECKING

import pytest
from jobs import fails, slow_square, square, uneven_square

from gex.cli.batch.executors import SERIAL_UP_TO, WINDOW, Serial, Threads, cores, executor_for
from gex.cli.batch.processes import Processes
from gex.cli.options import ExecutionOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.batch.executors import Executor

HERE = [pytest.param(Serial(), id="serial"), pytest.param(Threads(3), id="threads")]


@pytest.mark.parametrize("executor", HERE)
def test_every_item_has_its_result(executor: Executor) -> None:
    results = dict(executor.run(uneven_square, range(20)))

    assert {item: item * item for item in range(20)} == results


@pytest.mark.parametrize("executor", HERE)
def test_no_items_no_results(executor: Executor) -> None:
    assert list(executor.run(square, [])) == []


@pytest.mark.parametrize("executor", HERE)
def test_an_item_that_comes_twice_is_done_twice(executor: Executor) -> None:
    assert sorted(executor.run(square, [2, 2, 3])) == [(2, 4), (2, 4), (3, 9)]


@pytest.mark.parametrize("executor", HERE)
def test_an_exception_is_raised(executor: Executor) -> None:
    """Work returns what may go wrong as a value: what it raises is a fault of ours."""
    with pytest.raises(ArithmeticError, match="no square of 7"):
        list(executor.run(fails, range(20)))


def test_serial_takes_an_item_when_its_result_is_wanted() -> None:
    source = iter(range(10))
    results = Serial().run(square, source)
    assert [next(results), next(results)] == [(0, 0), (1, 1)]
    assert next(source) == 2


@pytest.mark.parametrize("jobs", [1, 3])
def test_threads_take_no_more_items_than_they_have_room_for(jobs: int) -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(10_000):
            taken.append(item)
            yield item

    for done, _ in enumerate(Threads(jobs).run(square, items())):
        assert len(taken) - done <= WINDOW * jobs
    assert done == 9_999


def test_endless_items_are_no_obstacle() -> None:
    results = Threads(2).run(square, count())
    assert all(result == item * item for item, result in islice(results, 100))
    results.close()


def test_threads_end_with_the_iterator() -> None:
    results = Threads(2).run(slow_square, count())
    next(results)
    assert any(thread.name.startswith("gex") for thread in threading.enumerate())
    results.close()
    assert not any(thread.name.startswith("gex") for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("items", "expected"),
    [(0, Serial()), (SERIAL_UP_TO, Serial()), (SERIAL_UP_TO + 1, Processes(cores()))],
)
def test_the_number_of_items_decides(items: int, expected: Executor) -> None:
    executor, every = executor_for(ExecutionOptions(), range(items))
    assert executor == expected
    assert list(every) == list(range(items))


def test_no_more_items_are_taken_than_decide() -> None:
    source = iter(range(10_000))
    _, every = executor_for(ExecutionOptions(), source)
    assert next(source) == SERIAL_UP_TO + 1
    assert next(every) == 0


def test_none_is_taken_where_the_executor_is_named() -> None:
    source = iter(range(10))
    executor_for(ExecutionOptions("threads"), source)
    assert next(source) == 0


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (ExecutionOptions("serial", jobs=4), Serial()),
        (ExecutionOptions("threads", jobs=4), Threads(4)),
        (ExecutionOptions("processes", jobs=4), Processes(4)),
        (ExecutionOptions(jobs=4), Processes(4)),
        (ExecutionOptions(jobs=1), Serial()),
        (ExecutionOptions(timeout=5.0), Processes(cores(), 5.0)),
        (ExecutionOptions("processes", jobs=2, timeout=5.0), Processes(2, 5.0)),
    ],
)
def test_what_is_asked_for_decides(options: ExecutionOptions, expected: Executor) -> None:
    assert executor_for(options, [1])[0] == expected


@pytest.mark.parametrize("executor", ["serial", "threads", "dask"])
def test_a_timeout_needs_processes(executor: str) -> None:
    with pytest.raises(ValueError, match=f"--timeout kills a worker process; --executor {executor} has none to kill"):
        ExecutionOptions(executor, timeout=1.0)


def test_a_timeout_that_a_cluster_would_not_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="--timeout kills a worker process; --executor dask has none to kill"):
        ExecutionOptions(timeout=1.0, scheduler="tcp://head:8786")
    assert ExecutionOptions("processes", timeout=1.0, scheduler="tcp://head:8786").timeout == 1.0
