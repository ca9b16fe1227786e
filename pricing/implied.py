"""Volatility implied by a price."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from gex.pricing import _rows
from gex.pricing._arrays import Float64Array, as_rows
from gex.pricing._threads import fill

if TYPE_CHECKING:
    from gex.pricing._arrays import Rows

StatusArray: TypeAlias = npt.NDArray[np.int8]


class Status(IntEnum):
    """How the inversion of one price ended."""

    CONVERGED = 0
    BELOW_INTRINSIC = 1
    """No time value, or one below 1e-300 sqrt(forward strike): at or below what exercise at the forward would pay."""
    ABOVE_BOUND = 2
    """At or above the largest price any volatility gives: the discounted forward (call) or strike (put)."""
    NOT_FINITE = 3
    """An argument is NaN, infinite or, where it must be positive, is not."""


@overload
def implied_total_volatility(
    price: float, forward: float, strike: float, discount: float = 1.0, is_call: bool = True
) -> tuple[float, Status]: ...
@overload
def implied_total_volatility(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
    *,
    threads: int = 1,
) -> tuple[Float64Array, StatusArray]: ...
@_rows.quick_implied_total_volatility(tuple(Status))
def implied_total_volatility(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
    *,
    threads: int = 1,
) -> tuple[float, Status] | tuple[Float64Array, StatusArray]:
    """Return w = sigma sqrt(t) that gives `price` in Black's (1976) formula; no clock is needed.

    The time value, price / discount less intrinsic value, is inverted on the out-of-the-money side, by Householder's
    method of order four on its logarithm (or on that of its distance to the bound) from a guess by the normal model. A
    row's result does not depend on its place or its neighbours.

    Args:
        price: Present value of the option.
        forward: Forward price of the underlying at expiry.
        strike: Strike, in the unit of the forward.
        discount: Present value of 1 paid at expiry.
        is_call: True for calls, False for puts.
        threads: As in `gamma`.

    Returns:
        w, NaN where there is none, and a `Status` per row (int8), both of the broadcast shape; a float and a `Status` if
        all arguments are numbers. w is within 1e-12 of itself, or within two units in the last place of the price over
        its vega where that is more.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans), or `threads` no integer.
        ValueError: If shapes do not broadcast, or `threads` is below one.

    """
    rows = as_rows(is_call, price=price, forward=forward, strike=strike, discount=discount)
    one_year = np.ones(1)
    return _invert(rows._replace(columns=[*rows.columns, one_year]), threads)


@overload
def implied_vol(
    price: float, forward: float, strike: float, years: float, discount: float = 1.0, is_call: bool = True
) -> tuple[float, Status]: ...
@overload
def implied_vol(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
    *,
    threads: int = 1,
) -> tuple[Float64Array, StatusArray]: ...
@_rows.quick_implied_vol(tuple(Status))
def implied_vol(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
    *,
    threads: int = 1,
) -> tuple[float, Status] | tuple[Float64Array, StatusArray]:
    """Return the volatility that gives `price` in Black's (1976) formula.

    Args:
        price: Present value of the option.
        forward: Forward price of the underlying at expiry.
        strike: Strike, in the unit of the forward.
        years: Time to expiry in years of 365 days of 24 hours.
        discount: Present value of 1 paid at expiry.
        is_call: True for calls, False for puts.
        threads: As in `gamma`.

    Returns:
        Volatility per square-root year, NaN where there is none, and a `Status` per row (int8), both of the broadcast
        shape; a float and a `Status` if all arguments are numbers. As exact as `implied_total_volatility`.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans), or `threads` no integer.
        ValueError: If shapes do not broadcast, or `threads` is below one.

    """
    rows = as_rows(is_call, price=price, forward=forward, strike=strike, discount=discount, years=years)
    return _invert(rows, threads)


def _invert(rows: Rows, threads: object) -> tuple[float, Status] | tuple[Float64Array, StatusArray]:
    sigma, status = np.empty(rows.shape), np.empty(rows.shape, np.int8)
    fill(_rows.implied_vol, rows, [sigma, status], threads)
    return (sigma, status) if rows.shape else (float(sigma), Status(int(status)))
