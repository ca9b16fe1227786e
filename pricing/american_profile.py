"""Gamma of a book of American options against spot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import _american, _kernel
from gex.pricing._arrays import Float64Array, as_floats, as_rows

if TYPE_CHECKING:
    import numpy.typing as npt


def american_gamma_profile(
    spots: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
) -> Float64Array:
    """Return the sum over contracts of weight * gamma at each spot, exercised contracts counting for nothing.

    One boundary per contract (see `american`) serves all spots, and one serves contracts of equal rate, dividend, sigma,
    years and side that follow one another, whatever their strikes.

    Args:
        spots: Spots, one-dimensional, in any order.
        strike: Strike of each contract; like the arguments below, one-dimensional or one number for all contracts.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year.
        weight: What gamma is multiplied by: a signed number of contracts, say.
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        is_call: True for calls, False for puts.

    Returns:
        One sum per spot, each term within 1e-4 of the peak of the contract's European gamma of what `american` gives.

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans).
        ValueError: If a spot or a contract is not priceable (names the first), or if shapes do not fit.

    """
    ladder = _as_spots(spots)
    rows = as_rows(is_call, strike=strike, years=years, sigma=sigma, weight=weight, rate=rate, dividend=dividend)
    if len(rows.shape) > 1:
        raise ValueError(f"contracts must be one-dimensional, got shape {rows.shape}")
    count = math.prod(rows.shape)
    order = np.argsort(ladder, kind="stable")
    ascending = ladder[order]
    total = np.zeros(ladder.size)
    if count:
        logs = np.empty(ladder.size)
        reference = float(ascending[ladder.size // 2])
        _kernel.log_ratios(ascending, reference, logs)
        first = _american.american_profile(reference, logs, rows.columns, rows.is_call, count, total)
        if first < count:
            raise ValueError(
                f"contract at index {first} cannot be priced: strike, years and sigma must be positive, everything finite, "
                "and rate and dividend not both negative with early exercise between them"
            )
    profile = np.empty(ladder.size)
    profile[order] = total / ascending
    return profile


def _as_spots(values: npt.ArrayLike) -> Float64Array:
    spots = as_floats("spots", values)
    if spots.ndim != 1 or not spots.size:
        raise ValueError(f"spots must be one-dimensional and not empty, got shape {spots.shape}")
    priceable = (spots > 1e-150) & (spots < 1e150)
    if not priceable.all():
        first = int(np.argmin(priceable))
        raise ValueError(f"spots must be positive prices, got {spots[first]} at index {first}")
    return spots
