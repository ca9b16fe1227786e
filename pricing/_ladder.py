"""Spots, and the sums of a book of contracts at each of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, as_floats
from gex.pricing._book import check_terms, gamma_terms
from gex.pricing._threads import over_chunks

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gex.pricing._arrays import Rows

UNIFORM = 2e-15
"""Largest deviation of a ladder that counts as uniform, in ln(spot) and per unit of its length where that is above
one: a few roundings of the spots themselves."""

FEW, FEW_PAIRS = 40, 50_000
"""Spots, and pairs of contract and spot, that are not worth a ladder."""

WIDEST = 0.25
"""Largest step of ln(spot) of a ladder that stands in for other spots."""


class Ladder(NamedTuple):
    """Spots, in the order they were given.

    Attributes:
        spots: The spots, contiguous.
        step: Distance of neighbours in ln(spot), 0 where it is not the same all along, and above 0.

    """

    spots: Float64Array
    step: float


def as_ladder(values: npt.ArrayLike, name: str = "spots") -> Ladder:
    """Return `values` as a ladder of prices.

    Raises:
        TypeError: If they are not real numbers.
        ValueError: If they are not one-dimensional, or not all positive prices.

    """
    spots = as_floats(name, values)
    if spots.ndim != 1 or not spots.size:
        raise ValueError(f"{name} must be one-dimensional and not empty, got shape {spots.shape}")
    spots = np.ascontiguousarray(spots)
    step = _kernel.even_step(spots, UNIFORM)
    if math.isnan(step):
        first = int(np.argmin((spots > 1e-150) & (spots < 1e150)))
        raise ValueError(f"{name} must be positive prices, got {spots[first]} at index {first}")
    return Ladder(spots, step)


def sums_at(figure: int, ladder: Ladder, book: Rows, threads: int) -> Float64Array:
    """Return the sum over contracts at each spot of what the kernel calls `figure`.

    On an even ladder the kernel knows how to be quick. Other spots, unless they are few, get an even ladder beneath
    them, on which wide contracts are summed and interpolated; narrow ones are computed at the spots themselves.

    Raises:
        ValueError: If a contract cannot be priced (names the first).

    """
    if ladder.step:
        return _even_sums(figure, ladder, book, threads, wide=False)
    order = np.argsort(ladder.spots, kind="stable")
    spots = ladder.spots[order]
    beneath = _even_ladder(spots) if spots.size > FEW and spots.size * math.prod(book.shape) > FEW_PAIRS else None
    sums = _direct_sums(figure, spots, beneath.step if beneath else 0.0, book, threads)
    if beneath:
        places, values = log_ratios(spots, beneath.spots[0]) / beneath.step, np.empty_like(spots)
        _kernel.interpolate(places, _even_sums(figure, beneath, book, threads, wide=True), values)
        sums += values
    total = np.empty_like(sums)
    total[order] = sums
    return total


def log_ratios(values: Float64Array, base: float) -> Float64Array:
    """Return ln(values / base)."""
    out = np.empty_like(values)
    _kernel.log_ratios(values, base, out)
    return out


def _even_ladder(spots: Float64Array) -> Ladder | None:
    """Return as many even spots over the range of ascending ones, and some beyond, if that can be of use."""
    step = math.log(spots[-1] / spots[0]) / max(spots.size - 1, 1)
    if not 0.0 < step <= WIDEST:
        return None
    even = spots[0] * np.exp(step * np.arange(-_kernel.REACH, spots.size + _kernel.REACH))
    ladder = Ladder(even, _kernel.even_step(even, UNIFORM))
    return ladder if ladder.step > 0.0 else None


def _even_sums(figure: int, ladder: Ladder, book: Rows, threads: int, *, wide: bool) -> Float64Array:
    def add(start: int, stop: int, sums: Float64Array) -> int:
        return _kernel.ladder_sums(figure, *ladder, wide, book.columns, book.is_call, start, stop, sums)

    out = np.empty_like(ladder.spots)
    sums = _sums_of_chunks(_kernel.sums_length(figure, out.size), add, book, ladder.spots[0], threads)
    _kernel.ladder_total(figure, *ladder, sums, out)
    return out


def _direct_sums(figure: int, spots: Float64Array, step: float, book: Rows, threads: int) -> Float64Array:
    reference = float(spots[spots.size // 2])
    logs = log_ratios(spots, reference)

    def add(start: int, stop: int, sums: Float64Array) -> int:
        return _kernel.direct_sums(figure, reference, logs, step, book.columns, book.is_call, start, stop, sums)

    total: Float64Array = np.add.reduce(_sums_of_chunks(logs.size, add, book, reference, threads))
    return total


def _sums_of_chunks(
    length: int, add: Callable[[int, int, Float64Array], int], book: Rows, spot: float, threads: int
) -> Float64Array:
    """Return the sums that `add` makes, as many as `length` for each chunk of contracts.

    `add` takes the first row and the end of some whole chunks, and zeros to add to, and returns how many contracts it
    could not price; `spot` is where they are looked for.
    """
    count = math.prod(book.shape)
    sums = np.zeros((max(-(-count // _kernel.CONTRACTS), 1), length))
    invalid = [0] * len(sums)

    def work(number: int, chunk: slice) -> None:
        invalid[number] = add(chunk.start, min(chunk.stop, count), sums[number : number + 1])

    if threads == 1:
        invalid[0] = add(0, count, sums)
    else:
        over_chunks(work, count, _kernel.CONTRACTS, threads)
    if any(invalid):
        check_terms(gamma_terms(spot, book))
    return sums
