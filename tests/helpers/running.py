"""Programs in processes of their own, what they start, and whether any of it still runs. Asks Linux."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

HERE = str(Path(__file__).parent)


def program(text: str, folder: Path) -> Path:
    """Write a program, whose workers can find it."""
    path = folder / "program.py"
    path.write_text(text)
    return path


class Running(subprocess.Popen[str]):
    """Python with these arguments, able to import what lies here, in a process group of its own, ended with the block."""

    def __init__(self, *arguments: str | Path) -> None:
        super().__init__(
            [sys.executable, *map(str, arguments)],
            env=os.environ | {"PYTHONPATH": HERE},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        super().__exit__(*error)

    def children(self) -> set[int]:
        """Return the processes that it started, and those that they did."""
        return _below(self.pid)

    def workers(self, marks: Path, number: int) -> set[int]:
        """Return so many workers' processes, once each has left a mark named for itself."""
        end = time.monotonic() + 60.0
        while len(found := {int(path.name.split("-")[0]) for path in marks.iterdir()}) < number:
            if self.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"no worker has begun: {self.stderr and self.stderr.read()}")
            time.sleep(0.02)
        return found


def _below(process: int) -> set[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    own = {int(child) for task in tasks for child in task.read_text().split()}
    return own.union(*map(_below, own))


def alive(process: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def gone(processes: set[int], seconds: float = 20.0) -> bool:
    """Whether all processes end soon."""
    end = time.monotonic() + seconds
    while any(map(alive, processes)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
