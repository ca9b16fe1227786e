"""Work in chunks of rows, shared among threads: the kernel lets go of the interpreter while it computes.

Where a chunk ends never depends on the number of threads, and a row's figures never on its chunk, so results are the
same bytes for any number.
"""

from __future__ import annotations

import operator
import os
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor

    import numpy.typing as npt

    from gex.pricing._arrays import Rows

ROWS = 8_192
"""Rows in a chunk: at least 20 microseconds of work. Waking a thread takes as long: with two, the greeks gain from
some 20,000 rows on, gamma from 100,000."""

MAX_HELPERS = 63
"""Threads kept beside the caller's; they start when first wanted."""

Scalar = TypeVar("Scalar", bound=np.generic)


def check_threads(threads: object) -> int:
    """Return `threads` as a positive integer.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is below one.

    """
    try:
        count = operator.index(threads)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"threads must be an integer, got {type(threads).__name__}") from None
    if count < 1:
        raise ValueError(f"threads must be at least 1, got {count}")
    return count


def over_chunks(work: Callable[[int, slice], None], rows: int, size: int, threads: int) -> None:
    """Call `work(number, rows of the chunk)` for every chunk of `size` rows, in no particular order."""
    chunks = deque((number, slice(start, start + size)) for number, start in enumerate(range(0, rows, size)))
    helpers = min(threads, len(chunks), MAX_HELPERS + 1) - 1
    if helpers < 1:
        return _drain(work, chunks)
    futures = [_helpers().submit(_drain, work, chunks) for _ in range(helpers)]
    try:
        _drain(work, chunks)
    finally:
        chunks.clear()
        for future in futures:
            if not future.cancel():
                future.result()
    return None


def _drain(work: Callable[[int, slice], None], chunks: deque[tuple[int, slice]]) -> None:
    while True:
        try:
            number, rows = chunks.popleft()
        except IndexError:
            return
        work(number, rows)


@cache
def _helpers() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(MAX_HELPERS, "gex-pricing")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)  # threads do not survive a fork


def parts_of(columns: Sequence[npt.NDArray[Scalar]], rows: slice) -> list[npt.NDArray[Scalar]]:
    """Return these rows of every column; a single value stands for all rows."""
    return [column if column.size == 1 else column[rows] for column in columns]


def fill(loop: Callable[..., None], rows: Rows, outputs: Sequence[npt.NDArray[Any]], threads: object) -> None:
    """Have `loop` write the rows' figures to `outputs`; it takes lists of columns, `is_call`, and a list of outputs.

    Raises:
        TypeError: If `threads` is not an integer.
        ValueError: If it is below one.

    """
    count, flat = check_threads(threads), [output.reshape(-1) for output in outputs]
    if count == 1 or flat[0].size <= ROWS:
        loop(rows.columns, rows.is_call, flat)
        return

    def work(_number: int, chunk: slice) -> None:
        (is_call,) = parts_of([rows.is_call], chunk)
        loop(parts_of(rows.columns, chunk), is_call, parts_of(flat, chunk))

    over_chunks(work, flat[0].size, ROWS, count)
