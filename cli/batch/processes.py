"""Processes on this machine: a job that kills its worker does not take the others with it."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from gex.cli.batch import worker
from gex.cli.batch.executors import ExecutorError, Lost, windowed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.context import BaseContext

Item = TypeVar("Item")
Result = TypeVar("Result")

ATTEMPTS = 2
"""Workers that a job may kill while nothing else is under way: one can die of something else."""

BROKEN = (BrokenProcessPool, OSError, EOFError)
"""Of a pool. The last two: it was starting a worker when the death of another closed the pipes that it hands on, or when
the fork server, which dies of what is then cut off, did so."""
PAUSES = (0.0, 0.1, 0.4, 1.0)
"""Seconds before each try to start workers: a fork server that is dying answers nobody, and is replaced once it is dead."""


@dataclass(frozen=True)
class Processes:
    """Workers in processes of their own.

    A worker that dies breaks its pool. A new one does what was under way, alone, one by one, and then goes on.

    Attributes:
        jobs: Number of workers.
        timeout: Seconds that a job may take before its worker is killed; None for any.

    """

    jobs: int
    timeout: float | None = None

    def run(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Yield each item once with its result, in any order."""
        limited = partial(worker.within, self.timeout, work)
        source = iter(items)
        while first := list(islice(source, 1)):  # No workers are started for nothing.
            suspects = yield from self._together(limited, chain(first, source))
            yield from self._alone(limited, suspects)

    def _together(
        self, work: Callable[[Item], Result], source: Iterator[Item]
    ) -> Generator[tuple[Item, Result | Lost], None, list[Item]]:
        """Do jobs side by side until there are no more or a worker dies; return what was under way then."""
        waiting: dict[Future[Result], Item] = {}
        with _pool(self.jobs) as pool:
            for item, future in windowed(partial(_submitted, pool, work), source, waiting, self.jobs):
                if _is_broken(future):
                    wait(waiting)  # Some may have been done.
                    waiting[future] = item
                    break
                yield item, future.result()
        yield from ((item, future.result()) for future, item in waiting.items() if not _is_broken(future))
        return [item for future, item in waiting.items() if _is_broken(future)]

    def _alone(self, work: Callable[[Item], Result], suspects: Iterable[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Do jobs one at a time, each with nothing else under way."""
        left, killed = deque(suspects), 0
        while left:
            with _pool(1) as pool:
                while left and not _is_broken(future := _submitted(pool, work, left[0])):
                    yield left.popleft(), future.result()
                    killed = 0
            if left:
                killed += 1
            if killed == ATTEMPTS:
                yield left.popleft(), self._lost()
                killed = 0

    def _lost(self) -> Lost:
        within = "" if self.timeout is None else f", or took longer than {self.timeout:g} seconds"
        return Lost(f"it killed its worker{within}, {ATTEMPTS} times with nothing else under way")


def _submitted(pool: ProcessPoolExecutor, work: Callable[[Item], Result], item: Item) -> Future[Result]:
    """Hand an item to a pool, which may be found broken only now."""
    try:
        return pool.submit(work, item)
    except BROKEN as error:
        future: Future[Result] = Future()
        future.set_exception(BrokenProcessPool(str(error)))
        return future


def _is_broken(future: Future[Result]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of workers that can work, none of which outlives it or this process.

    Raises:
        ExecutorError: The workers die before they have got anything to do.

    """
    for pause in PAUSES:
        time.sleep(pause)
        with _opened(jobs) as pool:
            if _can_work(pool):
                yield pool
                return
    raise ExecutorError("worker processes die as they start (is there memory for them?); --executor serial needs none")


@contextmanager
def _opened(jobs: int) -> Iterator[ProcessPoolExecutor]:
    context = _context()
    theirs, ours = context.Pipe(duplex=False)
    most = 61 if sys.platform == "win32" else jobs  # Windows waits for no more.
    with theirs, ProcessPoolExecutor(min(jobs, most), context, worker.begin, (theirs,)) as pool, ours:
        yield pool


def _can_work(pool: ProcessPoolExecutor) -> bool:
    try:
        pool.submit(worker.ready).result()
    except BROKEN:
        return False
    return True


def _context() -> BaseContext:
    """Return the way of starting processes that is fastest of those that are safe beside threads: fork is not."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gex.cli.batch.preload"])
    return context
