"""Options that may be exercised at any time: price, delta and gamma, on arrays or numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, overload

import numpy as np

from gex.pricing import _american, _cash
from gex.pricing._arrays import BoolArray, Float64Array, as_rows
from gex.pricing._dividends import as_dividends, fill_rows, present_values
from gex.pricing.black_scholes import price

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

Value = TypeVar("Value", float, Float64Array)


class American(NamedTuple, Generic[Value]):
    """Price, delta and gamma of one unit of the underlying, all floats or all arrays of one shape.

    Attributes:
        price: Present value, in points.
        delta: d price / d spot; 1 (call) or -1 (put) where exercise is due now.
        gamma: d delta / d spot, per point; 0 where exercise is due now.

    """

    price: Value
    delta: Value
    gamma: Value


@overload
def american(
    spot: float,
    strike: float,
    years: float,
    sigma: float,
    rate: float = 0.0,
    dividend: float = 0.0,
    is_call: bool = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> American[float]: ...
@overload
def american(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> American[Float64Array]: ...
def american(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> American[float] | American[Float64Array]:
    """Return price, delta and gamma of American options with a continuous dividend yield and, if given, cash dividends.

    Andersen, Lake and Offengenden (2016), "High-performance American option pricing": the exercise boundary as a
    polynomial, and the premium over the European option as an integral along it. Calls are puts with spot and strike,
    rate and yield exchanged (McDonald and Schroder, 1998). Where exercise before expiry never pays (a call with
    dividend <= 0 and rate >= dividend, a put with rate <= 0 and dividend >= rate) the European figures are exact.
    Rows of equal rate, dividend, sigma, years and side that follow one another share one boundary.

    With cash dividends the model is the escrowed one (Roll, 1977; Geske, 1979; Whaley, 1981): spot is S* and the present
    value, at `rate`, of the dividends that go ex before expiry, and S* is lognormal with the yield `dividend`. European
    prices are Black's on the forward (spot less that value, grown at rate less dividend). Haug, Haug and Lewis (2003), "Back
    to basics", and Frishling (2002) show what it costs: the same sigma means a little less volatility of spot than in the
    model in which spot itself drops by the dividend (docs/methods.md has the figures). It is solved on a grid in ln S* by
    the method of lines (Meyer and van der Hoek, 1997), with dividends as in Meyer (2001). Contracts that expire before the
    first ex-date are those without dividends, and calls for which `may_exercise_before_dividend` is never true and
    dividend <= 0 are European, exactly. Rows of one contract at several spots that follow one another are solved once.

    Args:
        spot: Price of the underlying.
        strike: Strike, in the unit of spot.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year (0.2 is 20%).
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        is_call: True for calls, False for puts.
        cash_dividends: Pair of the years from now to each ex-date, ascending and positive, and the amounts in points that
            one unit of the underlying pays, for all rows. On the ex-date itself the dividend is gone; those after a
            contract's expiry do not count for it.
        threads: Number of threads that share the rows. The figures are the same bits for any number.

    Returns:
        Floats if all arguments are numbers, else arrays of the broadcast shape. NaN as in `greeks`; for a put with
        dividend < rate < 0 and a call with rate < dividend < 0, which are exercised between two boundaries; and where
        no boundary is found (volatilities below about 6% over years). From a day to two years, volatilities of 8% to 80%,
        rates to 8% and yields to 4%, the price is within 2e-6 of the larger of spot and strike.

        With cash dividends NaN, too, where they are worth spot or more, for calls with both rate and dividend negative, and
        where sigma sqrt(years) is so small beside rates or dividends that the grid would be too coarse (volatilities of
        1% or 2% over years, dividends beyond thirty standard deviations). In the domain above, with up to eight dividends
        of 0.1% to 3% of spot each and strikes from 0.7 to 1.4 of it, the price is within 2e-5 of the strike.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans), if `cash_dividends` is not a
            pair, or `threads` no integer.
        ValueError: If shapes do not broadcast, if ex-dates are not ascending and to come, if an amount is negative or not
            finite, or if `threads` is below one.

    """
    rows = as_rows(is_call, spot=spot, strike=strike, years=years, sigma=sigma, rate=rate, dividend=dividend)
    flat = np.empty((3, math.prod(rows.shape)))
    fill_rows(_american.american, _cash.american, rows, 2, as_dividends(cash_dividends), list(flat), threads)
    return American._make(flat.reshape(3, *rows.shape) if rows.shape else map(float, flat[:, 0]))


@overload
def early_exercise_premium(
    spot: float,
    strike: float,
    years: float,
    sigma: float,
    rate: float = 0.0,
    dividend: float = 0.0,
    is_call: bool = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> float: ...
@overload
def early_exercise_premium(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> Float64Array: ...
def early_exercise_premium(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> float | Float64Array:
    """Return what the right to exercise early is worth: the American less the European price, in points.

    An American quote less this is a European one, to which put-call parity applies (`forward_from_parity`); with cash
    dividends its forward is that of spot less their present value. Arguments, NaN and errors are those of `american`.
    """
    early = american(
        spot, strike, years, sigma, rate, dividend, is_call, cash_dividends=cash_dividends, threads=threads
    ).price
    dividends = as_dividends(cash_dividends)
    star = spot if dividends is None else np.asarray(spot) - present_values(dividends, years, rate)
    return np.maximum(early - price(star, strike, years, sigma, rate, dividend, is_call), 0.0)[()]


def may_exercise_before_dividend(
    amount: npt.ArrayLike, strike: npt.ArrayLike, years: npt.ArrayLike, rate: npt.ArrayLike
) -> bool | BoolArray:
    """Return whether a call can be worth exercising just before a cash dividend.

    Roll (1977), Geske (1979), Whaley (1981): exercise forgoes interest on the strike until the next ex-date or expiry,
    strike (1 - exp(-rate years)); where the dividend is no more than that, keeping the call is better at every spot.
    Where this is False for all ex-dates before expiry, a call is European on spot less the present value of the
    dividends. Where it is True, the call is exercised only above a spot that lies far in the money if the margin is small.

    Args:
        amount: Cash dividend per unit of the underlying, in points.
        strike: Strike, in points.
        years: Time from the ex-date to the next one, or to expiry, in years of 365 days of 24 hours.
        rate: Continuously compounded interest rate per year.

    Returns:
        A bool if all arguments are numbers, else booleans of the broadcast shape; NaN counts as False.

    Raises:
        TypeError: If an argument does not hold real numbers.
        ValueError: If shapes do not broadcast.

    """
    rows = as_rows(True, amount=amount, strike=strike, years=years, rate=rate)
    cash, kept, time, interest = rows.columns
    result = np.broadcast_to(cash > -kept * np.expm1(-interest * time), math.prod(rows.shape)).reshape(rows.shape)
    return result if rows.shape else bool(result)
