"""Volatility implied by a price."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, as_floats, as_rows

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
) -> tuple[Float64Array, StatusArray]: ...
def implied_total_volatility(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
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

    Returns:
        w, NaN where there is none, and a `Status` per row (int8), both of the broadcast shape; a float and a `Status` if
        all arguments are numbers. w is within 1e-12 of itself, or within two units in the last place of the price over
        its vega where that is more.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans).
        ValueError: If shapes do not broadcast.

    """
    rows = as_rows(is_call, price=price, forward=forward, strike=strike, discount=discount)
    return _unwrap(*_invert(rows))


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
) -> tuple[Float64Array, StatusArray]: ...
def implied_vol(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    discount: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
) -> tuple[float, Status] | tuple[Float64Array, StatusArray]:
    """Return the volatility that gives `price` in Black's (1976) formula.

    Args:
        price: Present value of the option.
        forward: Forward price of the underlying at expiry.
        strike: Strike, in the unit of the forward.
        years: Time to expiry in years of 365 days of 24 hours.
        discount: Present value of 1 paid at expiry.
        is_call: True for calls, False for puts.

    Returns:
        Volatility per square-root year, NaN where there is none, and a `Status` per row (int8), both of the broadcast
        shape; a float and a `Status` if all arguments are numbers. As exact as `implied_total_volatility`.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans).
        ValueError: If shapes do not broadcast.

    """
    time = as_floats("years", years)
    usable = np.isfinite(time) & (time > 0.0)
    rows = as_rows(is_call, price=price, forward=forward, strike=strike, discount=discount, years=time)
    *columns, _ = rows.columns
    w, status = _invert(rows._replace(columns=columns))
    if not usable.all():
        time, status = np.where(usable, time, np.nan), np.where(usable, status, np.int8(Status.NOT_FINITE))
    return _unwrap(np.divide(w, np.sqrt(time), out=w), status)


def _invert(rows: Rows) -> tuple[Float64Array, StatusArray]:
    w = np.empty(rows.shape)
    status = np.empty(rows.shape, np.int8)
    _kernel.implied_total_volatility(rows.columns, rows.is_call, w.reshape(-1), status.reshape(-1))
    return w, status


def _unwrap(value: Float64Array, status: StatusArray) -> tuple[float, Status] | tuple[Float64Array, StatusArray]:
    return (value, status) if value.shape else (float(value), Status(int(status)))
