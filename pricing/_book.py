"""A book of contracts summed over a ladder of spots: what the profiles have in common."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, Rows, as_floats, as_rows
from gex.pricing._threads import check_threads, over_chunks
from gex.pricing.black_scholes import gamma

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

UNIFORM = 2e-15
"""Largest deviation of a ladder that counts as uniform, in ln(spot) and per unit of its length where that is above
one: a few roundings of the spots themselves."""

FLOATS = np.dtype(np.float64)
ONE_CALL = np.ones(1, np.uint8)


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


def log_spots(ladder: Ladder) -> tuple[float, Float64Array]:
    """Return a spot of the ladder, and the logarithms of all over it."""
    reference, logs = float(ladder.spots[ladder.spots.size // 2]), np.empty_like(ladder.spots)
    _kernel.log_ratios(ladder.spots, reference, logs)
    return reference, logs


def as_book(
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend: npt.ArrayLike,
    is_call: npt.ArrayLike | None = None,
) -> Rows:
    """Return the contracts as rows; errors are those of `as_rows`, and ValueError where there are two dimensions."""
    rows = _as_they_are([strike, years, sigma, weight, rate, dividend]) if is_call is None else None
    if rows is None:
        calls = True if is_call is None else is_call
        rows = as_rows(calls, strike=strike, years=years, sigma=sigma, weight=weight, rate=rate, dividend=dividend)
    if len(rows.shape) > 1:
        raise ValueError(f"contracts must be one-dimensional, got shape {rows.shape}")
    return rows


def _as_they_are(numbers: list[Any]) -> Rows | None:
    """Return floats, and columns that need no conversion, as rows of calls: what `as_rows` does, but sooner."""
    columns: list[Float64Array] = []
    for value in numbers:
        column = np.array((value,)) if type(value) is float else value
        if type(column) is not np.ndarray or column.dtype is not FLOATS or column.ndim != 1:
            return None
        columns.append(np.ascontiguousarray(column))
    lengths = {column.size for column in columns} - {1}
    return Rows((lengths.pop() if lengths else 1,), columns, ONE_CALL) if len(lengths) < 2 else None


def sum_over(
    book: Rows, ladder: Ladder, length: int, add: Callable[[int, int, Float64Array], int], threads: object
) -> Float64Array:
    """Return the sums that `add` makes, as many as `length` for each chunk of contracts.

    `add` takes the first and last row of some whole chunks, and zeros to add to, and returns how many contracts it could
    not price.

    Raises:
        TypeError: If `threads` is not an integer.
        ValueError: If it is below one, or if a contract cannot be priced (names the first).

    """
    count, helpers = math.prod(book.shape), check_threads(threads)
    sums = np.zeros((max(-(-count // _kernel.CONTRACTS), 1), length))
    invalid = [0] * len(sums)

    def work(number: int, chunk: slice) -> None:
        invalid[number] = add(chunk.start, min(chunk.stop, count), sums[number : number + 1])

    if helpers == 1:
        invalid[0] = add(0, count, sums)
    else:
        over_chunks(work, count, _kernel.CONTRACTS, helpers)
    if any(invalid):
        check_terms(gamma_terms(ladder.spots[0], book))
    return sums


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
