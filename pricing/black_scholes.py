"""Price and greeks of European options under Black-Scholes-Merton, on arrays or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, overload

import numpy as np

from gex.pricing import _rows
from gex.pricing._arrays import Float64Array, as_rows, check_out, check_outputs, new_outputs
from gex.pricing._threads import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

Value = TypeVar("Value", float, Float64Array)


class Greeks(NamedTuple, Generic[Value]):
    """Price and greeks of one unit of the underlying, all floats or all arrays of one shape.

    Attributes:
        price: Present value, in points.
        delta: d price / d spot.
        gamma: d delta / d spot, per point.
        vega: d price / d sigma, per 1.00 of sigma.
        theta: d price / d calendar time, per year of 365 days.
        vanna: d delta / d sigma, per 1.00 of sigma.
        charm: d delta / d calendar time, per year of 365 days.

    """

    price: Value
    delta: Value
    gamma: Value
    vega: Value
    theta: Value
    vanna: Value
    charm: Value


@overload
def gamma(
    spot: float, strike: float, years: float, sigma: float, rate: float = 0.0, dividend: float = 0.0
) -> float: ...
@overload
def gamma(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    *,
    out: Float64Array | None = None,
    threads: int = 1,
) -> Float64Array: ...
@_rows.quick_gamma
def gamma(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    *,
    out: Float64Array | None = None,
    threads: int = 1,
) -> float | Float64Array:
    """Return d2 price / d spot2 of European options, the same for calls and puts.

    Merton (1973), "Theory of rational option pricing": exp(-q t) n(d1) / (S sigma sqrt(t)).

    Args:
        spot: Price of the underlying.
        strike: Strike, in the unit of spot.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year (0.2 is 20%).
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        out: C-contiguous float64 array of the broadcast shape to write to; it may not overlap an argument.
        threads: Number of threads that share the rows. The figures are the same bits for any number.

    Returns:
        A float if all arguments are numbers, else an array of the broadcast shape. NaN where an argument is NaN or
        infinite, or where spot, strike, years or sigma is not positive.

    Raises:
        TypeError: If an argument does not hold real numbers, `out` is not a float64 array, or `threads` no integer.
        ValueError: If shapes do not broadcast, `out` does not fit, or `threads` is below one.

    """
    rows = as_rows(True, spot=spot, strike=strike, years=years, sigma=sigma, rate=rate, dividend=dividend)
    result = np.empty(rows.shape) if out is None else check_out("out", out, rows)
    fill(_rows.GAMMA, rows, [result], threads)
    return result if rows.shape or out is not None else float(result)


@overload
def price(
    spot: float,
    strike: float,
    years: float,
    sigma: float,
    rate: float = 0.0,
    dividend: float = 0.0,
    is_call: bool = True,
) -> float: ...
@overload
def price(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    out: Float64Array | None = None,
    threads: int = 1,
) -> Float64Array: ...
@_rows.quick(_rows.PRICE)
def price(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    out: Float64Array | None = None,
    threads: int = 1,
) -> float | Float64Array:
    """Return the present value of European options.

    Black and Scholes (1973) with the continuous yield of Merton (1973):
    S exp(-q t) N(d1) - K exp(-r t) N(d2) for a call. Sorted chains are quicker, as in `greeks`.

    Args:
        spot: Price of the underlying.
        strike: Strike, in the unit of spot.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year (0.2 is 20%).
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        is_call: True for calls, False for puts.
        out: As in `gamma`.
        threads: As in `gamma`.

    Returns:
        A float if all arguments are numbers, else an array of the broadcast shape, in the unit of spot. NaN as in
        `gamma`.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans), or as in `gamma`.
        ValueError: As in `gamma`.

    """
    rows = as_rows(is_call, spot=spot, strike=strike, years=years, sigma=sigma, rate=rate, dividend=dividend)
    result = np.empty(rows.shape) if out is None else check_out("out", out, rows)
    fill(_rows.PRICE, rows, [result], threads)
    return result if rows.shape or out is not None else float(result)


@overload
def greeks(
    spot: float,
    strike: float,
    years: float,
    sigma: float,
    rate: float = 0.0,
    dividend: float = 0.0,
    is_call: bool = True,
) -> Greeks[float]: ...
@overload
def greeks(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    out: Sequence[Float64Array] | None = None,
    threads: int = 1,
) -> Greeks[Float64Array]: ...
@_rows.quick(_rows.GREEKS, Greeks)
def greeks(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    out: Sequence[Float64Array] | None = None,
    threads: int = 1,
) -> Greeks[float] | Greeks[Float64Array]:
    """Return price, delta, gamma, vega, theta, vanna and charm of European options in one pass.

    Black and Scholes (1973) with the continuous yield of Merton (1973); greeks as in Haug, "The Complete Guide to
    Option Pricing Formulas" (2007), chapter 2, theta and charm in calendar time (that is, minus d/dt). Rows of equal
    years, rate and dividend that follow one another share a root and two exponentials: sorted chains are quicker.

    Args:
        spot: Price of the underlying.
        strike: Strike, in the unit of spot.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year (0.2 is 20%).
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        is_call: True for calls, False for puts.
        out: Seven arrays as `gamma` takes one, in the order of `Greeks`.
        threads: As in `gamma`.

    Returns:
        Floats if all arguments are numbers, else arrays of the broadcast shape; new ones are parts of one block of
        memory. NaN in all seven as in `gamma`.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans), or as in `gamma`.
        ValueError: As in `gamma`.

    """
    rows = as_rows(is_call, spot=spot, strike=strike, years=years, sigma=sigma, rate=rate, dividend=dividend)
    results: Greeks[Float64Array] = Greeks._make(
        new_outputs(Greeks._fields, rows) if out is None else check_outputs(out, Greeks._fields, rows)
    )
    fill(_rows.GREEKS, rows, results, threads)
    return results if rows.shape or out is not None else Greeks._make(map(float, results))
