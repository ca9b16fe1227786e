"""Dask's workers: more than one machine, or several processes of this one."""

from __future__ import annotations

import logging
import os
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gex import __version__
from gex.cli.batch.executors import WINDOW, ExecutorError, Lost
from gex.cli.batch.threads import ONE_THREAD
from gex.cli.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")

DEATHS = 1
"""Workers that may die with a job beside others; one more, and the job is tried again alone."""
CROWD = 16
"""Workers for each job that is handed over at once: the scheduler knows some hundred tasks a second, not thousands."""
GONE = "the Dask scheduler is gone; what is done is kept: run again with --resume"


@dataclass(frozen=True)
class Dask:
    """Workers of a Dask cluster, which gives the jobs of a lost worker to others.

    A job that lost more workers than the scheduler allows, perhaps to its neighbours, is tried again alone in the end.

    Attributes:
        scheduler: Address of the cluster's scheduler; None for a cluster on this machine that is gone afterwards.
        jobs: Number of workers of a cluster on this machine.

    """

    scheduler: str | None
    jobs: int

    def __post_init__(self) -> None:
        """Refuse to begin without the library."""
        try:
            import distributed  # noqa: F401
        except ImportError:
            raise ExecutorError("--executor dask needs the extra `dask`: pip install 'gexlab[dask]'") from None

    def run(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Yield each item once with its result, in any order."""
        source, suspects = iter(items), list[Item]()
        if not (first := list(islice(source, 1))):
            return  # No cluster is started for nothing.
        checked = partial(on_worker, __version__, str(Path.cwd()), work)
        with _client(self.scheduler, self.jobs) as client:
            for item, result in _windowed(client, checked, chain(first, source)):
                if isinstance(result, Lost):
                    suspects.append(item)
                else:
                    yield item, result
            for item in suspects:
                yield from _windowed(client, checked, [item])


def on_worker(version: str, folder: str, work: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    """Do the work as it would be done in a folder here: relative paths mean the same.

    Raises:
        ExecutorError: This worker has no such folder, or another version of gex, whose figures might be others.

    """
    if version != __version__:
        raise ExecutorError(f"a worker has gex {__version__}, this is {version}: install one version on all machines")
    try:
        os.chdir(folder)
    except OSError:
        raise ExecutorError(f"a worker has no folder {folder}: run in one that all machines share") from None
    return [work(item) for item in items]


def _windowed(
    client: Any, work: Callable[[list[Item]], list[Result]], items: Iterable[Item]
) -> Iterator[tuple[Item, Result | Lost]]:
    """Submit items as others are done, and yield each with its result; workers may come and go."""
    from distributed import as_completed

    source, waiting, done = iter(items), dict[str, list[Item]](), as_completed(loop=client.loop)
    room = seen = size = 0
    while True:
        if seen >= room:  # Once a window: the scheduler has other things to do than to count workers.
            threads = max(1, sum(_asked(client, client.nthreads).values()))
            room, size, seen = WINDOW * threads, 1 + threads // CROWD, 0
        packs = [pack for _ in range(room - len(waiting)) if (pack := list(islice(source, size)))]
        if packs:
            futures = _asked(client, client.map, work, packs, pure=False)
            waiting |= {future.key: pack for future, pack in zip(futures, packs, strict=True)}
            done.update(futures)
        if not waiting:
            return
        batch = {future.key: future for future in done.next_batch()}
        seen += len(batch)
        results = _asked(client, client.gather, batch, errors="skip")
        for key, future in batch.items():
            pack = waiting.pop(key)
            failed = future.status in {"error", "cancelled"}
            yield from zip(pack, [_failure(future)] * len(pack) if failed else results[key], strict=True)


def _failure(future: Any) -> Lost:
    """Return that a job is lost, or raise what else went wrong.

    Raises:
        ExecutorError: The cluster cannot do the job.
        Exception: What the job raised.

    """
    from distributed import KilledWorker

    error = future.exception() if future.status == "error" else None
    if error is None:
        raise ExecutorError(GONE)
    if isinstance(error, KilledWorker):
        return Lost(f"{error.allowed_failures + 1} workers died of it, one after another, with nothing else under way")
    if isinstance(error, ImportError):
        raise ExecutorError(f"a worker cannot load what it needs ({error}): install gex on all machines") from error
    raise error


def _asked(client: Any, question: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return what the scheduler answers.

    Raises:
        ExecutorError: It does not.

    """
    try:
        return question(*arguments, **named)
    except Exception as error:
        if client.status == "running" and not isinstance(error, OSError | CancelledError):
            raise
        raise ExecutorError(GONE) from error


@contextmanager
def _client(scheduler: str | None, jobs: int) -> Iterator[Any]:
    """Open the way to a cluster.

    Raises:
        ExecutorError: There is none, or it is gone.

    """
    from distributed import Client

    with _quiet():
        if scheduler is None:
            with _cluster(jobs) as cluster, Client(cluster, set_as_default=False) as client:
                yield client
            return
        try:
            client = Client(scheduler, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ExecutorError(f"no Dask scheduler at {scheduler} ({error}); is it running there?") from error
        with client:
            if not _asked(client, client.nthreads):
                LOGGER.warning("the scheduler at %s has no worker yet: waiting for one", scheduler)
            yield client


def _cluster(jobs: int) -> Any:
    """Return a cluster on this machine, without a dashboard, that gives up a job after few workers."""
    import dask
    from distributed import LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": DEATHS,
        "distributed.nanny.pre-spawn-environ": dask.config.get("distributed.nanny.pre-spawn-environ") | ONE_THREAD,
    }
    with dask.config.set(settings):
        return LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # Its own HTTP server would want port 8787.
            silence_logs=logging.CRITICAL,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Dask: what it would say at length of lost workers and schedulers is said by us, in a line."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "tornado.application")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
