"""Ours and the peers in turn, round after round, so that a machine's moods meet all of them alike.

pytest-benchmark times ours; before each of its rounds every peer times itself once. The peers' seconds go into the
benchmark's `extra_info`, in the same order, so that the report can compare round by round.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.builds import BUILDS, folder_of
from benchmarks.environments import ROOT, failures_of, python_of
from benchmarks.inputs import CHAIN
from benchmarks.roster import OURS, Peer
from benchmarks.worker import calls_for, seconds_per_call, spread_rows, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.inputs import Columns

    Error = Callable[[Columns, dict[str, np.ndarray], float], float]

ROUNDS = 25
REST = 0.01
"""Seconds between two timings: some libraries' threads go on spinning for a while after their work is done."""
# One thread each: what is compared is the work of one core.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def without_paths(message: str) -> str:
    """Return one line that can be committed: no folder of this machine in it."""
    return re.sub(r"[^\s'\"(]*/(?=[^/\s])", "", " ".join(message.split()))[:160]


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and those it starts, on one core."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


class Contestant:
    """A peer's process."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.process: subprocess.Popen[str] | None = None
        self.hello = self._start()

    def _home(self) -> tuple[Path | None, Path | None]:
        """Return the interpreter, and the folder it starts in: `gex` is imported from there."""
        name = self.peer.environment
        return (Path(sys.executable), folder_of(name)) if name in BUILDS else (python_of(name), ROOT)

    def _start(self) -> dict[str, Any]:
        python, folder = self._home()
        if python is None or folder is None:
            wanted = "compiler" if self.peer.environment in BUILDS else "Python"
            return {"failure": f"no `{self.peer.environment}`: `make bench` makes it, if its {wanted} is here"}
        libraries = str(python.parents[1] / "lib")  # where icc_rt puts SVML
        self.process = subprocess.Popen(
            [python, "-W", "ignore", "-m", "benchmarks.worker", self.peer.module, self.peer.variant],
            cwd=folder,
            env=os.environ | ONE_THREAD | {"LD_LIBRARY_PATH": libraries},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        hello = self._read()
        missing = failures_of(self.peer.environment)
        if "failure" in hello and missing:
            hello["failure"] += f" (not installed: {missing})"
        return hello

    def _read(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"failure": "its process ended"}

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            return {"failure": "its process ended"}
        return self._read()

    def does(self, task: str) -> bool:
        return task in self.peer.tolerance and ("failure" in self.hello or task in self.hello["tasks"])

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()


@dataclass
class Lane:
    """What one contestant does in one race."""

    name: str
    rows: int
    time: Callable[[], float]
    note: str = ""
    error: float | None = None
    tolerance: float | None = None
    versions: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        names = ("name", "rows", "note", "error", "tolerance", "versions", "seconds")
        return {name: getattr(self, name) for name in names}


def local_lane(name: str, rows: int, call: Callable[[], Any], note: str = "") -> Lane:
    """Return a lane for a function of this process."""
    calls = calls_for(call)
    return Lane(name, rows, lambda: seconds_per_call(call, calls), note)


class Race:
    """Runs one task on ours and on every peer that does it."""

    def __init__(self, benchmark: BenchmarkFixture, contestants: list[Contestant], folder: Path) -> None:
        self.benchmark, self.contestants, self.folder = benchmark, contestants, folder

    def __call__(
        self,
        task: str,
        columns: Columns,
        ours: Callable[[], Any],
        error: Error,
        *,
        also: Sequence[Lane] = (),
        answers: Columns | None = None,
        **facts: Any,
    ) -> None:
        """Check every answer, then time all in turn.

        Args:
            task: The peers' function.
            columns: Its inputs.
            ours: Our call, with the same inputs bound.
            error: The error of an answer.
            also: Lanes to time beside the peers.
            answers: What is checked of ours where our call returns a sum only.
            facts: For `run` and the report: `topic`, `unit`, and `items`, what each row counts for.

        """
        print(f"\n{facts['topic']}: checking", end="", flush=True)
        rows = columns["strike"].size
        if answers is None:
            answer = ours()
            answers = answer._asdict() if hasattr(answer, "_asdict") else {"value": np.asarray(answer)}
        found = error(columns, answers, 8.5)
        assert found <= OURS[task], f"ours is off by {found}"
        lanes, skipped = self._line_up(task, columns, error)
        self.run(ours, [*also, *lanes], rows=rows, skipped=skipped, error=found, tolerance=OURS[task], **facts)

    def _line_up(self, task: str, columns: Columns, error: Error) -> tuple[list[Lane], dict[str, str]]:
        """Prepare the peers; say why some cannot take part."""
        inputs = self.folder / "inputs.npz"
        np.savez(inputs, **columns)
        lanes, skipped = [], {}
        for contestant in self.contestants:
            if not contestant.does(task) or (contestant.peer.rows and columns["strike"].size > CHAIN):
                continue
            failure = contestant.hello.get("failure")
            print(f" {contestant.peer.name}{' (not here)' if failure else ''}", end=";", flush=True)
            if failure is None:
                lane = self._prepare(contestant, task, columns, error)
                if isinstance(lane, Lane):
                    lanes.append(lane)
                    continue
                failure = lane
            skipped[contestant.peer.name] = without_paths(failure)
        return lanes, skipped

    def _prepare(self, contestant: Contestant, task: str, columns: Columns, error: Error) -> Lane | str:
        peer, result = contestant.peer, self.folder / "result.npz"
        inputs = str(self.folder / "inputs.npz")
        ready = contestant.ask(prepare=task, inputs=inputs, rows=peer.rows, result=str(result))
        if "failure" in ready:
            return ready["failure"]
        chosen = spread_rows(columns, peer.rows)
        with np.load(result) as stored:
            answer = dict(stored)
        assert all(np.isfinite(values).all() for values in answer.values()), (
            f"{peer.name} has answers that are not finite"
        )
        found = error(take(columns, chosen), answer, peer.reach)
        assert found <= peer.tolerance[task], f"{peer.name} is off by {found}"
        return Lane(
            peer.name,
            chosen.size,
            lambda: contestant.ask(time=True)["seconds"],
            peer.note,
            found,
            peer.tolerance[task],
            contestant.hello["versions"],
        )

    def run(
        self, ours: Callable[[], Any], lanes: Sequence[Lane], *, rows: int, rounds: int = ROUNDS, **facts: Any
    ) -> None:
        """Time ours and the lanes in turn."""
        calls = calls_for(ours)
        print(f"\n{facts['topic']}: {rounds} rounds of {len(lanes) + 1}", flush=True)

        def others_first() -> tuple[tuple[Any, ...], dict[str, Any]]:
            for lane in lanes:
                lane.seconds.append(lane.time())
                time.sleep(REST)
            return (ours, calls), {}

        self.benchmark.pedantic(seconds_per_call, setup=others_first, rounds=rounds)
        self.benchmark.extra_info.update(facts, rows=rows, calls=calls, peers=[lane.facts() for lane in lanes])
        own = self.benchmark.stats.stats.min / calls / rows
        print(*(f"{lane.name} {min(lane.seconds) / lane.rows / own:.3g}x" for lane in lanes), sep="; ", flush=True)
