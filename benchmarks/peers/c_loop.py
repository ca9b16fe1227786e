"""The best C loop: our own loops without Python, built when the benchmark runs.

The variant is a further compiler flag, or empty.
"""

from __future__ import annotations

import atexit
import ctypes
import math
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers import Columns, Work, contract

if TYPE_CHECKING:
    from collections.abc import Sequence

DISTRIBUTIONS = ()
SOURCE = Path(__file__).with_suffix(".c")
FLAGS = ("-O3", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
STRICT = ("-Werror=implicit-function-declaration", "-Werror=incompatible-pointer-types")
NAMES = ("price", "delta", "gamma", "vega", "theta", "vanna", "charm")


class _Input(ctypes.Structure):
    _fields_ = (("values", ctypes.c_void_p), ("length", ctypes.c_ssize_t))


@cache
def _library(variant: str) -> ctypes.CDLL:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    compiler = os.environ.get("CC", "cc")
    headers = SOURCE.parents[2] / "pricing"
    output = folder / "limit.so"
    command = [compiler, *FLAGS, *STRICT, *filter(None, [variant]), f"-I{headers}", SOURCE, "-o", output, "-lm"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return ctypes.CDLL(str(output))


def requirement(variant: str) -> str | None:
    """Return why the loop cannot be built here, if it cannot."""
    try:
        _library(variant)
    except subprocess.CalledProcessError as failure:
        lines = [line for line in failure.stderr.splitlines() if "error" in line]
        return f"the C compiler refuses it: {lines[0] if lines else failure}"
    except OSError as failure:
        return f"no C compiler: {failure.strerror}"
    return None


class _Call:
    """A C function bound to a length and to arrays, which it keeps alive: the function holds their addresses only."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.kept = function, arguments
        self.arguments = [_as_c(argument) for argument in arguments]

    def __call__(self) -> None:
        self.function(*self.arguments)


def _as_c(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        return ctypes.c_void_p(argument.ctypes.data)
    if isinstance(argument, int):
        return ctypes.c_ssize_t(argument)
    return ctypes.c_double(argument) if isinstance(argument, float) else argument


def _described(inputs: Sequence[np.ndarray]) -> Any:
    return (_Input * len(inputs))(*((array.ctypes.data, array.size) for array in inputs))


def gamma(columns: Columns, variant: str) -> Work:
    inputs, out = contract(columns), np.empty_like(columns["strike"])
    call = _Call(_library(variant).limit_gamma, out.size, _described(inputs), columns["is_call"], out)
    call.kept += (inputs,)
    return Work(call, lambda _: out)


def greeks(columns: Columns, variant: str) -> Work:
    inputs = contract(columns)
    out = np.empty((len(NAMES), columns["strike"].size))
    call = _Call(_library(variant).limit_greeks, out.shape[1], _described(inputs), columns["is_call"], out)
    call.kept += (inputs,)
    return Work(call, lambda _: dict(zip(NAMES, out, strict=True)))


def profile(columns: Columns, variant: str) -> Work:
    inputs = [columns[name] for name in ("strike", "years", "sigma", "weight", "rate", "dividend")]
    spots = columns["spots"]
    step = math.log(spots[-1] / spots[0]) / (spots.size - 1)
    out = np.empty(spots.size)
    call = _Call(_library(variant).limit_profile, inputs[0].size, _described(inputs), spots.size, spots, step, out)
    call.kept += (inputs,)
    return Work(call, lambda _: out / spots)
