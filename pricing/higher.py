"""Derivatives of gamma and vega, and gamma over a finite move of spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, overload

import numpy as np

from gex.pricing import _rows
from gex.pricing._arrays import Float64Array, as_rows, check_out, check_outputs, new_outputs
from gex.pricing._threads import fill
from gex.pricing.black_scholes import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class HigherGreeks(NamedTuple, Generic[Value]):
    """Derivatives of gamma and vega for one unit of the underlying, all floats or all arrays of one shape.

    Attributes:
        speed: d gamma / d spot, per point squared.
        zomma: d gamma / d sigma, per point and per 1.00 of sigma.
        color: d gamma / d calendar time, per point and per year of 365 days. Much of the literature prints
            d gamma / d (time to expiry), which has the opposite sign.
        vomma: d vega / d sigma, per 1.00 of sigma squared.

    """

    speed: Value
    zomma: Value
    color: Value
    vomma: Value


@overload
def higher_greeks(
    spot: float,
    strike: float,
    years: float,
    sigma: float,
    rate: float = 0.0,
    dividend: float = 0.0,
    is_call: bool = True,
) -> HigherGreeks[float]: ...
@overload
def higher_greeks(
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
) -> HigherGreeks[Float64Array]: ...
@_rows.quick(_rows.HIGHER_GREEKS, HigherGreeks)
def higher_greeks(
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
) -> HigherGreeks[float] | HigherGreeks[Float64Array]:
    """Return speed, zomma, color and vomma of European options in one pass.

    Haug, "The Complete Guide to Option Pricing Formulas" (2007), chapter 2, with color in calendar time like theta
    and charm. All four are the same for calls and puts.

    Args:
        spot: Price of the underlying.
        strike: Strike, in the unit of spot.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year (0.2 is 20%).
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        is_call: As in `greeks`, whose arguments may be handed on; it changes nothing but the shape.
        out: Four arrays as `gamma` takes one, in the order of `HigherGreeks`.
        threads: As in `gamma`.

    Returns:
        Floats if all arguments are numbers, else arrays of the broadcast shape, as in `greeks`. NaN in all four as in
        `gamma`.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans), or as in `gamma`.
        ValueError: As in `gamma`.

    """
    rows = as_rows(is_call, spot=spot, strike=strike, years=years, sigma=sigma, rate=rate, dividend=dividend)
    results: HigherGreeks[Float64Array] = HigherGreeks._make(
        new_outputs(HigherGreeks._fields, rows) if out is None else check_outputs(out, HigherGreeks._fields, rows)
    )
    fill(_rows.HIGHER_GREEKS, rows, results, threads)
    return results if rows.shape or out is not None else HigherGreeks._make(map(float, results))


@overload
def finite_move_gamma(
    spot: float,
    strike: float,
    years: float,
    sigma: float,
    move: float,
    rate: float = 0.0,
    dividend: float = 0.0,
) -> float: ...
@overload
def finite_move_gamma(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    move: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    *,
    out: Float64Array | None = None,
    threads: int = 1,
) -> Float64Array: ...
def finite_move_gamma(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    move: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    *,
    out: Float64Array | None = None,
    threads: int = 1,
) -> float | Float64Array:
    """Return gamma over a stated move, (delta(S + h) - delta(S - h)) / 2h with h = move * S.

    What a dealer who hedges after a move of that size has to trade per point: it tends to gamma as the move shrinks,
    and stays below 1 / 2h where gamma itself grows without bound towards expiry. The same for calls and puts. The
    probability between the two deltas is integrated where subtracting them would cancel.

    Args:
        spot: Price of the underlying.
        strike: Strike, in the unit of spot.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year (0.2 is 20%).
        move: Size of the move either way, as a fraction of spot between 0 and 1 (0.001 is 0.1%).
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        out: As in `gamma`.
        threads: As in `gamma`.

    Returns:
        A float if all arguments are numbers, else an array of the broadcast shape, per point. NaN as in `gamma`, and
        where move is not between 0 and 1.

    Raises:
        TypeError: As in `gamma`.
        ValueError: As in `gamma`.

    """
    contracts = {"spot": spot, "strike": strike, "years": years, "sigma": sigma, "rate": rate, "dividend": dividend}
    rows = as_rows(True, **contracts, move=move)
    result = np.empty(rows.shape) if out is None else check_out("out", out, rows)
    fill(_rows.FINITE_MOVE_GAMMA, rows._replace(columns=_with_ends(rows.columns)), [result], threads)
    return result if rows.shape or out is not None else float(result)


def _with_ends(columns: list[Float64Array]) -> list[Float64Array]:
    """Append what the kernel needs of the move: NumPy's arctanh and log1p are exact where 1 + move would round."""
    move = columns[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return [*columns, np.arctanh(move), 0.5 * np.log1p(-move * move)]
