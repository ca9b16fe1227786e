"""What rows of one expiration share is computed once: which rows that are, and that it changes no bit."""

from __future__ import annotations

import ctypes
import itertools
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gex.pricing import greeks, price

if TYPE_CHECKING:
    import numpy.typing as npt

    Columns = list[npt.NDArray[Any]]

HEADERS = Path(__file__).parents[2] / "pricing"
BLOCK = 256
EXPIRATIONS = np.array(
    [
        [1 / 525_600, 0.043, 0.013],
        [0.02, 0.043, 0.013],
        [0.02, 0.043, 0.0],
        [0.02, 0.043, -0.0],
        [0.02, -0.01, 0.013],
        [3.0, 0.05, 0.02],
        [np.nan, 0.05, 0.02],
        [-1.0, 0.05, 0.02],
        [10.0, 75.0, 0.0],
        [10.0, 0.0, -75.0],
        [0.0, 0.0, 0.0],
        [5e-324, np.inf, 0.0],
    ]
)


def book(lengths: list[int], expirations: list[int]) -> Columns:
    """Return contracts in runs of these lengths and expirations; all else differs from row to row."""
    rng = np.random.default_rng(7)
    rows = np.repeat(np.resize(expirations, len(lengths)), lengths)
    n = rows.size
    years, rate, dividend = np.ascontiguousarray(EXPIRATIONS[rows].T)
    strike, sigma = 100.0 * np.exp(rng.normal(0.0, 0.2, n)), rng.uniform(0.05, 2.0, n)
    return [rng.uniform(90.0, 110.0, n), strike, years, sigma, rate, dividend, rng.random(n) < 0.5]


runs = st.lists(st.integers(1, 700), min_size=1, max_size=6)
kinds = st.lists(st.integers(0, len(EXPIRATIONS) - 1), min_size=1, max_size=6)


@given(runs, kinds, st.integers(0, 2**32 - 1))
@example([BLOCK, BLOCK, 2 * BLOCK, 40], [0, 1], 0)
@example([2 * BLOCK + 40, BLOCK, 3], [5, 6], 0)
@example([300, 300], [1, 2], 0)
@example([300, 300], [1, 4], 0)
@example([300, 300], [1, 0], 0)
@example([8] * 40, [0, 1, 2, 3], 0)
@example([7] * 40, [1, 5], 0)
@example([3] * 100 + [100], [1, 5], 0)
def test_a_row_has_the_same_bits_in_a_run_and_out_of_it(lengths: list[int], expirations: list[int], seed: int) -> None:
    columns = book(lengths, expirations)
    in_runs = np.array(greeks(*columns))
    order = np.random.default_rng(seed).permutation(in_runs.shape[1])
    scattered = np.array(greeks(*(column[order] for column in columns)))

    assert scattered.tobytes() == in_runs[:, order].tobytes()
    assert price(*columns).tobytes() == in_runs[0].tobytes()
    for i in order[:5]:
        assert np.array(greeks(*(column[i].item() for column in columns))).tobytes() == in_runs[:, i].tobytes()


def test_numbers_stand_for_columns_of_them() -> None:
    columns = book([1000], [5])
    spot, strike, years, sigma, rate, dividend, is_call = columns
    shared = greeks(spot, strike, float(years[0]), sigma, float(rate[0]), float(dividend[0]), is_call)

    assert np.array(shared).tobytes() == np.array(greeks(*columns)).tobytes()


PROGRAM = """
#include <sys/types.h>
typedef ssize_t Py_ssize_t;
#include "terms.h"
int runs_of(Py_ssize_t n, const double *years, const double *rate, const double *dividend, int *first) {
    ContractColumns columns = {0, 0, years, 0, rate, dividend};
    return find_runs(n, &columns, first);
}
"""


@pytest.fixture(scope="module", name="library")
def _library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here")
    library = tmp_path_factory.mktemp("runs") / "runs.so"
    flags = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"]
    command = ["cc", *flags, f"-I{HEADERS}", "-o", str(library), "-x", "c", "-", "-lm"]
    subprocess.run(command, input=PROGRAM, text=True, check=True)
    return ctypes.CDLL(str(library))


def found_runs(library: ctypes.CDLL, columns: Columns) -> list[int]:
    """Return the first row of every run and the number of rows; nothing where they are too many."""
    first = (ctypes.c_int * (BLOCK // 8 + 1))()
    pointers = [ctypes.c_void_p(column.ctypes.data) for column in (columns[2], columns[4], columns[5])]
    count = library.runs_of(ctypes.c_ssize_t(columns[2].size), *pointers, first)
    return list(first)[: count + 1] if count else []


@pytest.mark.parametrize(
    "lengths",
    [[8], [BLOCK], [100, 156], [1, 255], [255, 1], [1, 2, 3, 4, 246], [33, 31, 64, 65, 63], [8] * 32, [16, 8]],
)
def test_runs_are_found(lengths: list[int], library: ctypes.CDLL) -> None:
    columns = book(lengths, [1, 2, 3, 4, 6, 0])

    assert found_runs(library, columns) == list(itertools.accumulate([0, *lengths]))


@pytest.mark.parametrize("lengths", [[1] * 64, [2] * 128, [4] * 64, [128, *([1] * 128)]])
def test_where_runs_are_short_none_are_looked_for(lengths: list[int], library: ctypes.CDLL) -> None:
    assert found_runs(library, book(lengths, [1, 2, 3])) == []


@given(lengths=st.lists(st.integers(1, 100), min_size=1, max_size=20), expirations=kinds)
def test_runs_found_are_runs(lengths: list[int], expirations: list[int], library: ctypes.CDLL) -> None:
    """Within a run the expiration's bits are the same, and from run to run they are not."""
    columns = [column[: sum(lengths) // 8 * 8][:BLOCK] for column in book(lengths, expirations)]
    if not columns[0].size:
        return
    first = found_runs(library, columns)
    keys = np.stack([columns[2], columns[4], columns[5]], axis=1).view(np.uint64)
    changes = np.flatnonzero((keys[1:] != keys[:-1]).any(axis=1)) + 1

    assert first in ([0, *changes.tolist(), columns[0].size], [])
    assert first or changes.size > 4
