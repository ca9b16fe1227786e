"""Volatility implied by the price of an American option."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, overload

import numpy as np

from gex.pricing import _american, _cash
from gex.pricing._arrays import Float64Array, as_rows
from gex.pricing._dividends import as_dividends, fill_rows
from gex.pricing.implied import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.pricing.implied import StatusArray


@overload
def american_implied_vol(
    price: float,
    spot: float,
    strike: float,
    years: float,
    rate: float = 0.0,
    dividend: float = 0.0,
    is_call: bool = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> tuple[float, Status]: ...
@overload
def american_implied_vol(
    price: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> tuple[Float64Array, StatusArray]: ...
def american_implied_vol(
    price: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> tuple[float, Status] | tuple[Float64Array, StatusArray]:
    """Return the volatility at which `american` gives `price`: the de-Americanised volatility of a quote.

    The secant method on the engine, kept in a bracket, from the European volatility of the same price.

    Args:
        price: Present value of the option.
        spot: Price of the underlying.
        strike: Strike, in the unit of spot.
        years: Time to expiry in years of 365 days of 24 hours.
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        is_call: True for calls, False for puts.
        cash_dividends: As in `american`. The volatility is that of S*, as in Black's formula on the forward.
        threads: As in `american`.

    Returns:
        Volatility per square-root year, NaN where there is none, and a `Status` per row (int8), both of the broadcast
        shape; a float and a `Status` if all arguments are numbers. It gives the price back within 1e-10 of the strike, with
        cash dividends within 1e-7.
        BELOW_INTRINSIC is a price at or below the payoff of exercise now (or, where exercise never pays, at the forward)
        or of any volatility; ABOVE_BOUND one at or above spot (call) or strike (put). NOT_FINITE counts the contracts
        with two boundaries, too, and what else `american` gives NaN for.

    Raises:
        TypeError: As in `american`.
        ValueError: As in `american`.

    """
    rows = as_rows(is_call, price=price, spot=spot, strike=strike, years=years, rate=rate, dividend=dividend)
    sigma = np.empty(math.prod(rows.shape))
    status = np.empty(sigma.size, np.int8)
    dividends = as_dividends(cash_dividends)
    fill_rows(_american.american_implied, _cash.american_implied, rows, 3, dividends, [sigma, status], threads)
    if not rows.shape:
        return float(sigma[0]), Status(int(status[0]))
    return sigma.reshape(rows.shape), status.reshape(rows.shape)
