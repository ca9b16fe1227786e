"""The user's own feed command: run in the exchange's hours, for so long at the most."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.ingest.calendar import NEW_YORK, is_session, session_close, session_open

if TYPE_CHECKING:
    import datetime as dt
    import threading

    from gex.cli.monitor.config import Feed

LOOK_SECONDS = 0.05
LAST_WORDS = 500
"""Characters of what a command wrote to stderr that a message repeats."""


class CommandError(Exception):
    """A command that could not be run, failed, or took too long."""


@dataclass
class Schedule:
    """When the feed is due: at so many seconds from start to start, inside the hours of the exchange."""

    feed: Feed
    _next: float | None = None

    def due(self, now: dt.datetime, clock: float) -> bool:
        """Tell whether the feed is to run now, and if so, count it as run.

        Args:
            now: The time, for the calendar.
            clock: Seconds that no one sets, for the pauses.

        """
        if not in_hours(now, self.feed.after_close) or (self._next is not None and clock < self._next):
            return False
        self._next = clock + self.feed.every
        return True


def in_hours(now: dt.datetime, after_close: float) -> bool:
    """Tell whether options trade in New York, or have stopped no more than so many seconds ago."""
    day = now.astimezone(NEW_YORK).date()
    if not is_session(day):
        return False
    return session_open(day) <= now and (now - session_close(day, "late")).total_seconds() <= after_close


def run_command(arguments: tuple[str, ...], given: bytes, timeout: float, stop: threading.Event | None = None) -> None:
    """Run a command, with `given` on its standard input, and wait for it.

    Args:
        arguments: The command and its arguments; no shell reads them.
        given: What it reads.
        timeout: Seconds; a command that takes longer is killed with all that it started.
        stop: Ends the wait, and the command, early.

    Raises:
        CommandError: It cannot be started, fails, takes too long or was stopped.

    """
    try:
        # A session of its own: Ctrl-C is for us to pass on, and what it starts can be ended with it.
        process = subprocess.Popen(  # noqa: S603 (the user's own command, from the user's own file)
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot be started: {getattr(error, 'strerror', None) or error}") from None
    with process:
        told = _waited(process, given, time.monotonic() + timeout, timeout, stop)
    if process.returncode:
        raise CommandError(f"ended with {process.returncode}{_last_words(told)}")


def _last_words(told: bytes) -> str:
    """Return the end of what a command said, from a whole word on: half a secret could not be told to be one."""
    words = " ".join(told.decode(errors="replace").split())
    if len(words) > LAST_WORDS:
        words = words[-LAST_WORDS:].partition(" ")[2]
    return f": {words}" if words else ""


def _waited(
    process: subprocess.Popen[bytes], given: bytes, deadline: float, timeout: float, stop: threading.Event | None
) -> bytes:
    """Return what a command wrote to stderr, once it has ended."""
    once: bytes | None = given or None
    while True:
        try:
            return process.communicate(once, timeout=LOOK_SECONDS)[1]
        except subprocess.TimeoutExpired:
            once = None  # It is sent, or being sent.
            stopped = stop is not None and stop.is_set()
            if stopped or time.monotonic() >= deadline:
                _kill(process)
                raise CommandError("was stopped" if stopped else f"took longer than {timeout:g} s") from None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a command and what it started."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
