"""How many jobs are run: one protocol, and the executors that need no other process.

An executor knows nothing of what the work is. Processes are in `processes`, a cluster in `dask`; `executor_for` chooses.
"""

from __future__ import annotations

import os
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gex.cli.options import ExecutionOptions, ExecutorName

Item = TypeVar("Item")
Result = TypeVar("Result")

WINDOW = 3
"""Jobs under way for each worker: one at work and the next at hand, so that memory stays flat and nobody waits."""
SERIAL_UP_TO = 100
"""Items that are done one after another before other processes would be done with loading Polars."""


@dataclass(frozen=True)
class Lost:
    """What stands for the result of a job that killed its worker alone, twice."""

    reason: str


class ExecutorError(click.ClickException):
    """The means of running jobs failed, not a job: exit code 1, and `--resume` takes up what is not done."""


class Executor(Protocol):
    """Runs work on items."""

    def run(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Yield each item once with its result, in any order.

        Close the iterator to end early: no worker outlives it.

        Args:
            work: A function of a module, or a `functools.partial` of one, which others can unpickle. It returns what
                may go wrong as a value.
            items: Taken as there is room for them: no more than a few for each worker are under way.

        Raises:
            ExecutorError: The executor itself failed.
            Exception: What `work` raised, which it should not.

        """
        ...


@dataclass(frozen=True)
class Serial:
    """One job after another, here."""

    def run(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Yield each item once with its result, in the order of the items."""
        for item in items:
            yield item, work(item)


@dataclass(frozen=True)
class Threads:
    """Threads of this process: what holds the interpreter's lock keeps the others waiting."""

    jobs: int

    def run(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Yield each item once with its result, in any order."""
        pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="gex")
        try:
            for item, future in windowed(lambda item: pool.submit(work, item), items, {}, self.jobs):
                yield item, future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def windowed(
    submit: Callable[[Item], Future[Result]], items: Iterable[Item], waiting: dict[Future[Result], Item], jobs: int
) -> Iterator[tuple[Item, Future[Result]]]:
    """Submit items as others are done, and yield each with its future once that is done.

    Args:
        submit: Hands an item to a pool.
        items: Taken as there is room.
        waiting: What is under way, kept up to date.
        jobs: Number of workers.

    """
    source = iter(items)
    while True:
        for item in islice(source, WINDOW * jobs - len(waiting)):
            waiting[submit(item)] = item
        if not waiting:
            return
        done = next(iter(wait(waiting, return_when=FIRST_COMPLETED).done))
        yield waiting.pop(done), done


def executor_for(options: ExecutionOptions, items: Iterable[Item]) -> tuple[Executor, Iterator[Item]]:
    """Return the executor that was asked for, or the one that suits the number of items, and all the items.

    Args:
        options: What was asked for.
        items: The first `SERIAL_UP_TO` + 1 are taken, where that decides.

    Raises:
        ExecutorError: The executor cannot be had: the extra `dask` is not installed.

    """
    source = iter(items)
    if options.executor is not None:
        return _made(options.executor, options), source
    first = list(islice(source, SERIAL_UP_TO + 1))
    name = _suitable(options, many=len(first) > SERIAL_UP_TO)
    return _made(name, options), chain(first, source)


def _suitable(options: ExecutionOptions, *, many: bool) -> ExecutorName:
    if options.scheduler is not None:
        return "dask"
    wanted = many or options.timeout is not None or (options.jobs or 1) > 1
    return "processes" if wanted else "serial"


def _made(name: ExecutorName, options: ExecutionOptions) -> Executor:
    jobs = options.jobs or cores()
    if name == "serial":
        return Serial()
    if name == "threads":
        return Threads(jobs)
    if name == "dask":
        from gex.cli.batch.dask import Dask

        return Dask(options.scheduler, jobs)
    from gex.cli.batch.processes import Processes

    return Processes(jobs, options.timeout)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
