"""Greeks of a whole book against spot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import _kernel
from gex.pricing._book import as_book, check_terms, gamma_terms
from gex.pricing._ladder import as_ladder, sums_at
from gex.pricing._threads import check_threads
from gex.pricing.black_scholes import gamma

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.pricing._arrays import Float64Array, Rows


def log_ladder(spot: float, half_width: float, n: int) -> Float64Array:
    """Return n spots at equal steps of ln(spot), from spot (1 - half_width) to spot (1 + half_width).

    Args:
        spot: Price the ladder reaches out from, in points.
        half_width: How far it reaches, as a fraction of spot between 0 and 1.
        n: Number of spots, at least 2.

    Raises:
        ValueError: If an argument is outside these bounds.

    """
    if not 0.0 < spot < np.inf:
        raise ValueError(f"spot must be a positive price, got {spot!r}")
    if not 0.0 < half_width < 1.0:
        raise ValueError(f"half_width must lie between 0 and 1, got {half_width!r}")
    if n < 2:
        raise ValueError(f"a ladder needs at least 2 spots, got {n!r}")
    ladder: Float64Array = spot * np.exp(np.linspace(np.log1p(-half_width), np.log1p(half_width), n))
    return ladder


def gamma_profile(
    spots: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    *,
    threads: int = 1,
) -> Float64Array:
    """Return the sum over contracts of weight * gamma at each spot, every other input held fixed.

    On a ladder uniform in ln(spot), as from `log_ladder`, gamma times spot is a Gaussian at equal steps, and a recurrence
    carries it from spot to spot; contracts are left out where |d1| > 8.5. The wider a contract's Gaussian, the coarser the
    grid it is summed on: the sums of each grid are interpolated on the next finer one, down to the ladder. Elsewhere each
    pair of contract and spot takes an exponential: about twenty times slower. Neighbours that differ in their weight alone,
    as a call and the put beside it do, are summed as one contract: keep them together.

    Source: multilevel summation, Brandt and Lubrecht (1990).

    Args:
        spots: Spots, one-dimensional.
        strike: Strike of each contract; like the arguments below, one-dimensional or one number for all contracts.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year.
        weight: What gamma is multiplied by: a signed number of contracts, say.
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        threads: Number of threads that share the contracts. The sums are the same bits for any number.

    Returns:
        One sum per spot, within 1e-12 of the sum of absolute terms, give or take the rounding of the spot itself.

    Raises:
        TypeError: If an argument does not hold real numbers, or `threads` is no integer.
        ValueError: If a spot or a contract is not priceable (names the first), if shapes do not fit, or if `threads`
            is below one.

    """
    ladder = as_ladder(spots)
    book = as_book(strike, years, sigma, weight, rate, dividend)
    return sums_at(_kernel.GAMMA, ladder, book, check_threads(threads)) / ladder.spots


def gamma_sum(
    spot: float,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
) -> float:
    """Return the sum over contracts of weight * gamma at one spot, each gamma computed in full.

    Arguments and errors are those of `gamma_profile`; this is what to refine its roots with.
    """
    (at,), _ = as_ladder(np.reshape(spot, -1), "spot")
    book = as_book(strike, years, sigma, weight, rate, dividend)
    strike, years, sigma, weight, rate, dividend = book.columns
    total = _kernel.weighted_sum(math.prod(book.shape), weight, gamma(at, strike, years, sigma, rate, dividend))
    if not math.isfinite(total):
        check_terms(gamma_terms(at, book))
    return total


def delta_profile(
    spots: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    threads: int = 1,
) -> Float64Array:
    """Return the sum over contracts of weight * delta at each spot, every other input held fixed.

    On a ladder uniform in ln(spot), delta is the integral of gamma times spot, which is summed as in `gamma_profile`, from
    a spot in the middle, where each contract's delta is computed in full; unless the step is wide beside sigma sqrt(t).
    There, and on any other ladder, each pair of contract and spot is computed by itself.

    Args:
        spots: As in `gamma_profile`.
        strike: As in `gamma_profile`.
        years: As in `gamma_profile`.
        sigma: As in `gamma_profile`.
        weight: What delta is multiplied by: a signed number of contracts, say.
        rate: As in `gamma_profile`.
        dividend: As in `gamma_profile`.
        is_call: True for calls, False for puts, one for each contract or for all.
        threads: As in `gamma_profile`.

    Returns:
        One sum per spot, within 1e-12 of the sum of absolute terms and 1e-15 of the sum of absolute weights, give or
        take the rounding of the spot itself.

    Raises:
        TypeError: As in `gamma_profile`, or if `is_call` holds anything but booleans.
        ValueError: As in `gamma_profile`.

    """
    ladder = as_ladder(spots)
    book = as_book(strike, years, sigma, weight, rate, dividend, is_call)
    return sums_at(_kernel.DELTA, ladder, book, check_threads(threads))


def vanna_profile(
    spots: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    *,
    threads: int = 1,
) -> Float64Array:
    """Return the sum over contracts of weight * vanna at each spot, every other input held fixed.

    Vanna is gamma's Gaussian times a line in d1: the same recurrence carries both.

    Args:
        spots: As in `gamma_profile`.
        strike: As in `gamma_profile`.
        years: As in `gamma_profile`.
        sigma: As in `gamma_profile`.
        weight: What vanna (per 1.00 of sigma) is multiplied by: a signed number of contracts, say.
        rate: As in `gamma_profile`.
        dividend: As in `gamma_profile`.
        threads: As in `gamma_profile`.

    Returns:
        One sum per spot, as exact as `gamma_profile` in the larger of each contract's two terms, gamma times d1 and
        gamma times sigma sqrt(t).

    Raises:
        TypeError: As in `gamma_profile`.
        ValueError: As in `gamma_profile`.

    """
    ladder = as_ladder(spots)
    book = as_book(strike, years, sigma, weight, rate, dividend)
    return sums_at(_kernel.VANNA, ladder, book, check_threads(threads))


def charm_profile(
    spots: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    threads: int = 1,
) -> Float64Array:
    """Return the sum over contracts of weight * charm at each spot, every other input held fixed.

    Charm is gamma's Gaussian times a line in d1, summed like vanna, and the dividend yield times delta, summed like
    delta where there is a yield at all.

    Args:
        spots: As in `gamma_profile`.
        strike: As in `gamma_profile`.
        years: As in `gamma_profile`.
        sigma: As in `gamma_profile`.
        weight: What charm (per year of calendar time) is multiplied by: a signed number of contracts, say.
        rate: As in `gamma_profile`.
        dividend: As in `gamma_profile`.
        is_call: As in `delta_profile`.
        threads: As in `gamma_profile`.

    Returns:
        One sum per spot, as exact as `gamma_profile` in the largest of each contract's terms.

    Raises:
        TypeError: As in `delta_profile`.
        ValueError: As in `gamma_profile`.

    """
    ladder = as_ladder(spots)
    book = as_book(strike, years, sigma, weight, rate, dividend, is_call)
    total = sums_at(_kernel.CHARM, ladder, book, check_threads(threads))
    if not book.columns[5].any():
        return total
    return total + sums_at(_kernel.DELTA, ladder, _times_dividend(book), threads)


def _times_dividend(book: Rows) -> Rows:
    *others, weight, rate, dividend = book.columns
    product = np.where(weight == 0.0, 0.0, weight) * np.where(weight == 0.0, 0.0, dividend)
    return book._replace(columns=[*others, product, rate, dividend])
