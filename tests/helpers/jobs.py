"""Work for executors, in a module that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def square(item: int) -> int:
    return item * item


def slow_square(item: int) -> int:
    time.sleep(0.02)
    return item * item


def uneven_square(item: int) -> int:
    """Take longest for the first items."""
    time.sleep(0.03 if item < 3 else 0.0)
    return item * item


def fails(item: int) -> int:
    if item == 7:
        raise ArithmeticError(f"no square of {item}")
    return item * item


def dies() -> None:
    """End this process as the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def kills_once(folder: Path, killer: int, item: int) -> int:
    """Kill the worker the first time that an item comes by."""
    if item == killer and not (folder / "killed").exists():
        (folder / "killed").touch()
        dies()
    return item * item


def kills_always(folder: Path, killer: int, item: int) -> int:
    """Kill the worker whenever an item comes by, and leave a mark for each time."""
    if item == killer:
        (folder / f"{time.time_ns()}").touch()
        dies()
    return item * item


def kills_by_threes(folder: Path, item: int) -> int:
    """Kill the worker of every third item."""
    return kills_always(folder, item if item % 3 == 0 else -1, item)


def hangs(stuck: int, item: int) -> int:
    if item == stuck:
        time.sleep(3600)
    return item * item


def hold_interpreter(item: int) -> None:
    """Hang with the interpreter's lock held, for some minutes."""
    del item
    sum(range(10**11))


def threads_of_polars(item: int) -> tuple[int, int]:
    """Return how many threads Polars has, and the worker's process."""
    import polars as pl

    time.sleep(0.01 * item)
    return pl.thread_pool_size(), os.getpid()


def writes_its_process(folder: Path, item: int) -> None:
    """Leave a file named for the worker, and go on for long."""
    (folder / f"{os.getpid()}-{item}").touch()
    time.sleep(3600)
