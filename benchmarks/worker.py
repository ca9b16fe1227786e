"""A peer in a process and an environment of its own, which times itself when it is told to.

Started with the peer's module and variant; then one JSON object a line on standard input, one in answer:
{"prepare": task, "inputs": file, "rows": most, "result": file} and {"time": true}.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

TASKS = (
    *("gamma", "greeks", "profile", "implied"),
    *("scalar_gamma", "scalar_greeks", "scalar_implied"),
    *("american", "american_cash", "american_profile", "american_implied"),
    "sides",
)
"""The functions a peer's module may have."""
SHORTEST = 0.004
"""Seconds one timing takes at least, by repeated calls: far above the clock's resolution and a cold cache."""


def calls_for(call: Callable[[], Any], shortest: float = SHORTEST) -> int:
    """Return how many calls take `shortest` seconds; the first call, which may compile, does not count."""
    call()
    start = time.perf_counter()
    call()
    took = max(time.perf_counter() - start, 1e-9)
    return max(1, math.ceil(shortest / took))


def seconds_per_call(call: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def spread_rows(columns: dict[str, np.ndarray], most: int | None) -> np.ndarray:
    """Return the numbers of at most `most` rows, evenly spread."""
    rows = columns["strike"].size
    return np.arange(rows) if most is None or most >= rows else np.linspace(0, rows - 1, most).astype(int)


def take(columns: dict[str, np.ndarray], chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Return these rows; what is not a column of contracts (the ladder of spots) stays whole."""
    rows = columns["strike"].size
    return {name: np.ascontiguousarray(x[chosen]) if x.shape == (rows,) else x for name, x in columns.items()}


class Session:
    """The peer, and the work it was last told to prepare."""

    def __init__(self, module: ModuleType, variant: str) -> None:
        self.module, self.variant = module, variant
        self.call: Callable[[], Any] = lambda: None
        self.calls = 1

    def prepare(self, task: str, inputs: str, rows: int | None, result: str) -> dict[str, Any]:
        with np.load(inputs) as stored:
            columns = dict(stored)
        work = getattr(self.module, task)(take(columns, spread_rows(columns, rows)), self.variant)
        self.call = work.call
        self.calls = calls_for(self.call)
        answer = work.convert(self.call())
        np.savez(result, **(answer if isinstance(answer, dict) else {"value": np.asarray(answer)}))
        return {"calls": self.calls}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "time" in request:
            return {"seconds": seconds_per_call(self.call, self.calls)}
        try:
            return self.prepare(request["prepare"], request["inputs"], request["rows"], request["result"])
        except Exception as failure:  # noqa: BLE001 -- any peer may fail in any way; the report says how
            return {"failure": f"{type(failure).__name__}: {failure}"}


def version_of(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


def describe(module: ModuleType, variant: str) -> dict[str, Any]:
    """Return the tasks and versions of a peer, or why it cannot run."""
    unfit = getattr(module, "requirement", lambda _: None)(variant)
    if unfit:
        return {"failure": unfit}
    return {
        "tasks": [task for task in TASKS if hasattr(module, task)],
        "versions": [f"Python {sys.version.split()[0]}", *map(version_of, module.DISTRIBUTIONS)],
    }


def serve(name: str, variant: str, requests: TextIO, answers: TextIO) -> None:
    try:
        module = importlib.import_module(f"benchmarks.peers.{name}")
        first = describe(module, variant)
    except Exception as failure:  # noqa: BLE001 -- as above
        first = {"failure": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(first), file=answers, flush=True)
    if "failure" in first:
        return
    session = Session(module, variant)
    for line in requests:
        print(json.dumps(session.answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    # Answers go out by a descriptor of their own: what a library prints must not get between them.
    with os.fdopen(os.dup(1), "w") as channel:
        os.dup2(2, 1)
        serve(sys.argv[1], sys.argv[2], sys.stdin, channel)
