"""Cash dividends: what the American functions accept, and which rows see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from gex.pricing._arrays import Float64Array, as_floats
from gex.pricing._threads import check_threads, over_chunks, parts_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.pricing._arrays import BoolArray, Rows

Columns: TypeAlias = Sequence["npt.NDArray[Any]"]
Kernel: TypeAlias = Callable[..., None]

ROWS = 512
"""Rows in a chunk that threads share: some milliseconds of work."""


class CashDividends(NamedTuple):
    """Dividends of one underlying, by ascending ex-date, none of them zero.

    Attributes:
        years: Years from now to the ex-dates.
        amount: Cash per unit of the underlying, in points.

    """

    years: Float64Array
    amount: Float64Array


def as_dividends(value: Sequence[npt.ArrayLike] | None) -> CashDividends | None:
    """Return `value` as dividends: those of one day as one, those of nothing left out; None if there are none.

    Raises:
        TypeError: If it is not a pair, or does not hold real numbers.
        ValueError: If the two are not one-dimensional and of one length, if the ex-dates are not ascending times to come, or
            if an amount is negative or not finite.

    """
    if value is None:
        return None
    try:
        first, second = value
    except (TypeError, ValueError):
        raise TypeError("cash_dividends must be a pair: years to the ex-dates, and amounts") from None
    years, amount = as_floats("years of cash_dividends", first), as_floats("amounts of cash_dividends", second)
    if years.ndim != 1 or years.shape != amount.shape:
        shapes = f"{years.shape} and {amount.shape}"
        raise ValueError(f"cash_dividends must be two one-dimensional arrays of one length, got shapes {shapes}")
    _check("years to an ex-date must be positive and finite", years, (years > 0.0) & (years < np.inf))
    _check("ex-dates must ascend", years, np.diff(years, prepend=0.0) >= 0.0)
    _check("amounts must be finite and not negative", amount, (amount >= 0.0) & (amount < np.inf))
    dates, day = np.unique(years, return_inverse=True)
    sums = np.zeros(dates.size)
    np.add.at(sums, day, amount)
    return CashDividends(dates[sums > 0.0], sums[sums > 0.0]) if sums.any() else None


def _check(rule: str, values: Float64Array, valid: BoolArray) -> None:
    if not valid.all():
        first = int(np.argmin(valid))
        raise ValueError(f"cash_dividends: {rule}, got {values[first]} at index {first}")


def present_values(dividends: CashDividends, years: npt.ArrayLike, rate: npt.ArrayLike) -> Float64Array:
    """Return what the dividends that go ex by `years` are worth now, discounted at `rate`."""
    time, interest = np.asarray(years, np.float64), np.asarray(rate, np.float64)
    total = np.zeros(np.broadcast_shapes(time.shape, interest.shape))
    for date, amount in zip(dividends.years, dividends.amount, strict=True):
        total += np.where(date <= time, amount * np.exp(-interest * date), 0.0)
    return total


def see_dividends(dividends: CashDividends | None, years: Float64Array) -> BoolArray:
    """Return which contracts are alive on the first ex-date."""
    return np.zeros(years.shape, np.bool_) if dividends is None else years >= dividends.years[0]


def chosen_rows(columns: Columns, rows: npt.NDArray[np.intp]) -> list[npt.NDArray[Any]]:
    """Return these rows of every column; a single value stands for all rows."""
    return [column if column.size == 1 else column[rows] for column in columns]


def fill_rows(
    plain: Kernel,
    cash: Kernel,
    rows: Rows,
    years: int,
    dividends: CashDividends | None,
    outputs: Columns,
    threads: object,
) -> None:
    """Have `cash` write the figures of rows that see a dividend to `outputs`, and `plain` those of the others.

    `years` is the number of the column that holds the times to expiry.

    Raises:
        TypeError: If `threads` is not an integer.
        ValueError: If it is below one.

    """
    count, total = check_threads(threads), outputs[0].size

    def work(_number: int, chunk: slice) -> None:
        columns, (flags,) = parts_of(rows.columns, chunk), parts_of([rows.is_call], chunk)
        _fill_part(plain, cash, columns, flags, years, dividends, [output[chunk] for output in outputs])

    over_chunks(work, total, ROWS if count > 1 else max(total, 1), count)


def _fill_part(
    plain: Kernel,
    cash: Kernel,
    columns: Columns,
    flags: npt.NDArray[np.uint8],
    years: int,
    dividends: CashDividends | None,
    outputs: Columns,
) -> None:
    seen = see_dividends(dividends, columns[years])
    if dividends is not None and seen.any():
        cash(columns, flags, *dividends, *outputs)
    if not seen.any():
        plain(columns, flags, *outputs)
    elif not seen.all():
        others = np.flatnonzero(~seen)
        part = [np.empty(others.size, output.dtype) for output in outputs]
        plain(*_chosen(columns, flags, others), *part)
        for output, figures in zip(outputs, part, strict=True):
            output[others] = figures


def _chosen(
    columns: Columns, flags: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp]
) -> tuple[list[npt.NDArray[Any]], npt.NDArray[np.uint8]]:
    return chosen_rows(columns, rows), chosen_rows([flags], rows)[0]
