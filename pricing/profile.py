"""Gamma of a whole book against spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, as_floats, as_rows
from gex.pricing.black_scholes import gamma

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.pricing._arrays import Rows

UNIFORM = 2e-15
"""Largest deviation of a ladder that counts as uniform, in ln(spot) and per unit of its length where that is above
one: a few roundings of the spots themselves."""


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
) -> Float64Array:
    """Return the sum over contracts of weight * gamma at each spot, every other input held fixed.

    On a ladder uniform in ln(spot), as from `log_ladder`, gamma is a Gaussian sampled at equal steps and is carried
    from spot to spot by a recurrence; contracts are left out where |d1| > 8.5. Elsewhere each pair of contract and
    spot takes an exponential: about ten times slower.

    Args:
        spots: Spots, one-dimensional.
        strike: Strike of each contract; like the arguments below, one-dimensional or one number for all contracts.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year.
        weight: What gamma is multiplied by: a signed number of contracts, say.
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.

    Returns:
        One sum per spot, within 1e-12 of the sum of absolute terms, give or take the rounding of the spot itself.

    Raises:
        TypeError: If an argument does not hold real numbers.
        ValueError: If a spot or a contract is not priceable (names the first), or if shapes do not fit.

    """
    ladder = _as_spots("spots", spots)
    rows = _book(strike, years, sigma, weight, rate, dividend)
    total, invalid = _sum_densities(ladder, rows)
    if invalid:
        _refuse(~np.isfinite(_terms(ladder[0], rows)))
    return total / ladder


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
    (at,) = _as_spots("spot", np.reshape(spot, -1))
    terms = _terms(at, _book(strike, years, sigma, weight, rate, dividend))
    invalid = ~np.isfinite(terms)
    if invalid.any():
        _refuse(invalid)
    return float(np.sum(terms))


def _as_spots(name: str, values: npt.ArrayLike) -> Float64Array:
    spots = as_floats(name, values)
    if spots.ndim != 1 or not spots.size:
        raise ValueError(f"{name} must be one-dimensional and not empty, got shape {spots.shape}")
    priceable = (spots > 1e-150) & (spots < 1e150)
    if not priceable.all():
        first = int(np.argmin(priceable))
        raise ValueError(f"{name} must be positive prices, got {spots[first]} at index {first}")
    return np.ascontiguousarray(spots)


def _book(
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend: npt.ArrayLike,
) -> Rows:
    rows = as_rows(True, strike=strike, years=years, sigma=sigma, weight=weight, rate=rate, dividend=dividend)
    if len(rows.shape) > 1:
        raise ValueError(f"contracts must be one-dimensional, got shape {rows.shape}")
    return rows


def _sum_densities(spots: Float64Array, rows: Rows) -> tuple[Float64Array, int]:
    """Return the sums of weight * gamma * spot, and the number of contracts that cannot be priced."""
    count = int(np.prod(rows.shape))
    total = np.zeros(spots.size + _kernel.LADDER_PADDING)
    log_spots = _log_ratios(spots, spots[0])
    length = log_spots[-1]
    step = length / max(spots.size - 1, 1)
    if step > 0.0 and np.max(np.abs(log_spots - step * np.arange(spots.size))) <= UNIFORM * max(length, 1.0):
        invalid = _kernel.gamma_ladder(spots, step, rows.columns, count, total)
    else:
        center = spots[spots.size // 2]
        invalid = _kernel.gamma_direct(center, _log_ratios(spots, center), rows.columns, count, total)
    return total[: spots.size], invalid


def _log_ratios(values: Float64Array, base: float) -> Float64Array:
    out = np.empty_like(values)
    _kernel.log_ratios(values, base, out)
    return out


def _terms(spot: float, rows: Rows) -> Float64Array:
    strike, years, sigma, weight, rate, dividend = rows.columns
    terms = weight * gamma(spot, strike, years, sigma, rate, dividend)
    return np.where(weight == 0.0, 0.0, terms)


def _refuse(invalid: npt.NDArray[np.bool_]) -> NoReturn:
    raise ValueError(
        f"{np.count_nonzero(invalid)} of {invalid.size} contracts cannot be priced, the first at index "
        f"{np.argmax(invalid)}: strike, years and sigma must be positive, and everything finite"
    )
