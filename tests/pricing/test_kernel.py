"""The compiled module: how it was built, and what importing it leaves behind."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gex.pricing import _kernel, _rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

HEADERS = Path(__file__).parents[2] / "pricing"


def test_the_committed_coefficients_are_the_generated_ones(make_coefficients: ModuleType) -> None:
    assert (HEADERS / "coefficients.h").read_text() == make_coefficients.header()


def test_the_instruction_set_is_a_known_one() -> None:
    assert _kernel.instruction_set() in {"avx512", "avx2", "baseline"}


def compiled_modules() -> list[str]:
    """Return the import names of all that is compiled, wherever its source stands."""
    root = HEADERS.parent
    found = [
        path.relative_to(root) for folder in ("pricing", "ingest", "gex") for path in (root / folder).rglob("*.pyx")
    ]
    return sorted(
        {".".join(("gex", *(part for part in path.with_suffix("").parts if part != "gex"))) for path in found}
    )


def test_importing_leaves_subnormal_numbers_alone() -> None:
    """Objects linked with -ffast-math would flush them to zero in the whole process."""
    code = (
        f"import numpy; import {', '.join(compiled_modules())}\n"
        "tiny = float('2.3e-308')\n"
        "print(tiny / 4 != 0.0, numpy.count_nonzero(numpy.full(16, tiny) / 4))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HEADERS.parent)
    assert len(compiled_modules()) >= 6
    assert shown.stdout == "True 16\n"


def test_importing_loads_numpy_and_nothing_heavier() -> None:
    code = "import sys, gex.pricing; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HEADERS.parent
    )

    assert {"polars", "pandas", "scipy", "pyarrow", "click", "rich"}.isdisjoint(loaded.stdout.split())
    assert "numpy" in loaded.stdout.split()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
@pytest.mark.parametrize(("flags", "accepted"), [((), True), (("-ffast-math",), False), (("-Ofast",), False)])
@pytest.mark.parametrize("header", ["kernel.h", "rows.h", "american.h", "cash.h"])
def test_the_headers_refuse_fast_math(header: str, flags: tuple[str, ...], accepted: bool) -> None:
    program = f'#include <sys/types.h>\ntypedef ssize_t Py_ssize_t;\n#include "{header}"\n'
    command = ["cc", "-fsyntax-only", f"-I{HEADERS}", *flags, "-x", "c", "-"]
    compiled = subprocess.run(command, input=program, capture_output=True, text=True, check=False)

    assert (compiled.returncode == 0, "build without -ffast-math" in compiled.stderr) == (accepted, not accepted)


def fastest(work: Callable[[], None], rounds: int) -> float:
    """Return the shortest of many runs, in nanoseconds: the one least disturbed."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        work()
        times.append(time.perf_counter_ns() - start)
    return min(times)


class Input(ctypes.Structure):
    """The kernel's view of one argument."""

    _fields_ = (("values", ctypes.c_void_p), ("length", ctypes.c_ssize_t))


SCALAR_PROGRAM = """
#include <sys/types.h>
typedef ssize_t Py_ssize_t;
#include "rows.h"
static const unsigned char CALL = 1;
void scalar_gamma(Py_ssize_t n, const Input *in, double *out) { gamma_rows(n, in, (Flags){&CALL, 1}, &out); }
void scalar_implied(Py_ssize_t n, const Input *in, double *sigma, signed char *status) {
    implied_vol_rows(n, in, (Flags){&CALL, 1}, sigma, status);
}
"""


@pytest.fixture(scope="module", name="scalar_kernel")
def _scalar_kernel(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Return the kernel's own loops, compiled with every optimisation but vectors."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here")
    library = tmp_path_factory.mktemp("scalar") / "scalar.so"
    flags = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-fno-tree-vectorize", "-shared", "-fPIC"]
    command = ["cc", *flags, "-DGEX_BASELINE", f"-I{HEADERS}", "-o", str(library), "-x", "c", "-", "-lm"]
    subprocess.run(command, input=SCALAR_PROGRAM, text=True, check=True)
    return ctypes.CDLL(str(library))


def inputs(columns: list[np.ndarray]) -> ctypes.Array[Input]:
    return (Input * len(columns))(*((column.ctypes.data, column.size) for column in columns))


@pytest.mark.skipif(_kernel.instruction_set() == "baseline", reason="two numbers per instruction prove little")
@pytest.mark.parametrize("name", ["gamma", "implied"])
def test_the_loops_over_rows_are_vectorised(name: str, scalar_kernel: ctypes.CDLL) -> None:
    """Beside the same loops without vectors: with AVX-512 eight (gamma) and five times faster, with AVX2 nearly four."""
    n = 4096
    strike, out, check = np.linspace(5000.0, 7000.0, n), np.empty(n), np.empty(n)
    status, call = np.zeros(n, np.int8), np.ones(1, np.uint8)
    contracts = [np.full(n, 6000.0), strike, *(np.full(n, x) for x in (0.1, 0.2, 0.04, 0.01))]
    quotes = [np.maximum(6000.0 - strike, 0.0) + 30.0, contracts[0], strike, np.ones(n), np.full(n, 0.1)]
    size = ctypes.c_ssize_t(n)
    result, verdict = (ctypes.c_void_p(array.ctypes.data) for array in (check, status))
    ours, theirs = {
        "gamma": (
            lambda: _rows.GAMMA(contracts, call, [out]),
            lambda: scalar_kernel.scalar_gamma(size, inputs(contracts), result),
        ),
        "implied": (
            lambda: _rows.implied_vol(quotes, call, [out, status]),
            lambda: scalar_kernel.scalar_implied(size, inputs(quotes), result, verdict),
        ),
    }[name]

    vectors, scalars = fastest(ours, 50), fastest(theirs, 50)

    np.testing.assert_allclose(out, check, rtol=1e-11)
    assert not status.any()
    assert scalars > 2.0 * vectors
