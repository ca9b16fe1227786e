"""A book of contracts summed over a ladder of spots: what the profiles have in common."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, as_floats, as_rows
from gex.pricing._threads import check_threads, over_chunks, parts_of
from gex.pricing.black_scholes import gamma

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gex.pricing._arrays import Rows

UNIFORM = 2e-15
"""Largest deviation of a ladder that counts as uniform, in ln(spot) and per unit of its length where that is above
one: a few roundings of the spots themselves."""

CONTRACTS = 2_048
"""Contracts in a chunk. Each chunk is summed by itself, and the sums in the order of the chunks."""

LINE = 8
"""Floats in a line of the cache. Sums start on the same place in a line each: where most vectors of four straddle two
lines, the loops lose a tenth."""


class Ladder(NamedTuple):
    """Spots, and where they are in the logarithm.

    Attributes:
        spots: The spots, contiguous.
        step: Distance of neighbours in ln(spot), 0 where it is not the same all along.
        reference: The spot that `log_spots` counts from.
        log_spots: ln(spot / reference).

    """

    spots: Float64Array
    step: float
    reference: float
    log_spots: Float64Array


def as_spots(name: str, values: npt.ArrayLike) -> Float64Array:
    """Return `values` as a contiguous array of prices.

    Raises:
        TypeError: If they are not real numbers.
        ValueError: If they are not one-dimensional, or not all positive prices.

    """
    spots = as_floats(name, values)
    if spots.ndim != 1 or not spots.size:
        raise ValueError(f"{name} must be one-dimensional and not empty, got shape {spots.shape}")
    priceable = (spots > 1e-150) & (spots < 1e150)
    if not priceable.all():
        first = int(np.argmin(priceable))
        raise ValueError(f"{name} must be positive prices, got {spots[first]} at index {first}")
    return np.ascontiguousarray(spots)


def as_ladder(values: npt.ArrayLike) -> Ladder:
    """Return `values` as a ladder; errors are those of `as_spots`."""
    spots = as_spots("spots", values)
    log_spots = _log_ratios(spots, spots[0])
    length = log_spots[-1]
    step = length / max(spots.size - 1, 1)
    if step > 0.0 and np.max(np.abs(log_spots - step * np.arange(spots.size))) <= UNIFORM * max(length, 1.0):
        return Ladder(spots, step, spots[0], log_spots)
    center = spots[spots.size // 2]
    return Ladder(spots, 0.0, center, _log_ratios(spots, center))


def _log_ratios(values: Float64Array, base: float) -> Float64Array:
    out = np.empty_like(values)
    _kernel.log_ratios(values, base, out)
    return out


def as_book(
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend: npt.ArrayLike,
    is_call: npt.ArrayLike = True,
) -> Rows:
    """Return the contracts as rows; errors are those of `as_rows`, and ValueError where there are two dimensions."""
    rows = as_rows(is_call, strike=strike, years=years, sigma=sigma, weight=weight, rate=rate, dividend=dividend)
    if len(rows.shape) > 1:
        raise ValueError(f"contracts must be one-dimensional, got shape {rows.shape}")
    return rows


def sum_over(
    book: Rows, ladder: Ladder, add: Callable[[Rows, int, Float64Array], int], threads: object, sums: int = 1
) -> Float64Array:
    """Return the sums over contracts that `add` makes, one row each, as long as the ladder.

    `add` takes some of the book's rows, their number, and zeros to add to, and returns how many it could not price.

    Raises:
        TypeError: If `threads` is not an integer.
        ValueError: If it is below one, or if a contract cannot be priced (names the first).

    """
    count = int(np.prod(book.shape))
    partial = _aligned_zeros(-(-count // CONTRACTS), sums, ladder.spots.size + _kernel.LADDER_PADDING)
    invalid = [0] * len(partial)

    def work(number: int, chunk: slice) -> None:
        part = book._replace(columns=parts_of(book.columns, chunk), is_call=parts_of([book.is_call], chunk)[0])
        invalid[number] = add(part, min(CONTRACTS, count - chunk.start), partial[number])

    over_chunks(work, count, CONTRACTS, check_threads(threads))
    if any(invalid):
        check_terms(gamma_terms(ladder.spots[0], book))
    total: Float64Array = np.add.reduce(partial)[:, : ladder.spots.size]
    return total


def _aligned_zeros(chunks: int, sums: int, length: int) -> Float64Array:
    """Return zeros at least as long as `length` in the last dimension, where every row begins a line of the cache."""
    shape = (chunks, sums, -(-length // LINE) * LINE)
    memory = np.zeros(math.prod(shape) + LINE)
    first = -(memory.ctypes.data // memory.itemsize) % LINE
    return memory[first : first + math.prod(shape)].reshape(shape)


def gamma_terms(spot: float, book: Rows) -> Float64Array:
    """Return weight * gamma of each contract, 0 where the weight is."""
    strike, years, sigma, weight, rate, dividend = book.columns
    terms = weight * gamma(spot, strike, years, sigma, rate, dividend)
    return np.where(weight == 0.0, 0.0, terms)


def check_terms(terms: Float64Array) -> None:
    """Raise ValueError if a term is not finite: its contract cannot be priced."""
    invalid = ~np.isfinite(terms)
    if invalid.any():
        raise ValueError(
            f"{np.count_nonzero(invalid)} of {invalid.size} contracts cannot be priced, the first at index "
            f"{np.argmax(invalid)}: strike, years and sigma must be positive, and everything finite"
        )
