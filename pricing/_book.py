"""A book of contracts: what the profiles sum over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gex.pricing._arrays import Float64Array, Rows, as_rows
from gex.pricing.black_scholes import gamma

if TYPE_CHECKING:
    import numpy.typing as npt

FLOATS = np.dtype(np.float64)
ONE_CALL = np.ones(1, np.uint8)


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
