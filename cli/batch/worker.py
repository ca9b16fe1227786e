"""What runs in a worker's process around each job."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")


def begin(lifeline: Connection) -> None:
    """Leave Ctrl-C to the process that reads the results, end when that one ends, and load what most jobs need."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    import gex.cli.batch.preload  # noqa: F401 (a fork server has done it)


def _end_with(lifeline: Connection) -> None:
    """Wait until the other end of a pipe that nobody writes to is closed: by us, or by the system after a kill."""
    with suppress(OSError, EOFError):
        lifeline.poll(None)
    os._exit(1)


def ready() -> None:
    """Do nothing: a worker that has done it can work."""


def within(seconds: float | None, work: Callable[[Item], Result], item: Item) -> Result:
    """Do the work; end the process if that takes longer than allowed, whatever it hangs in."""
    if seconds is None:
        return work(item)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 (what is wanted is a descriptor)
        # The clock is a thread of C's: it also ends a process whose interpreter is stuck.
        faulthandler.dump_traceback_later(seconds, file=nowhere, exit=True)
        try:
            return work(item)
        finally:
            faulthandler.cancel_dump_traceback_later()
