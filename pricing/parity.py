"""The forward that call and put quotes imply by put-call parity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, as_floats

if TYPE_CHECKING:
    import numpy.typing as npt

NEAREST = 20
"""Strikes around the forward that are used: farther ones have wider quotes and lean harder on the discount."""
MIN_INLIERS = 3
MAX_SCATTER = 2.0
"""Robust scatter of the inliers, in half-spreads, beyond which the quotes contradict each other."""
LEAST_SPREAD = 0.05
"""Half-spreads count as at least this fraction of their median: one locked quote must not outweigh all others."""
ROUNDING = 1e-10
"""And as at least this fraction of the forward, where no quote has a spread."""
MIN_FOR_DISCOUNT = 4
"""Strikes needed to fit a discount."""


@dataclass(frozen=True, slots=True)
class ParityForward:
    """A forward from put-call parity, with what speaks for and against it.

    Attributes:
        forward: In points; NaN where no strike has quotes on both sides.
        half_width: Robust standard error of the forward, in points.
        inliers: Strikes that agree with it.
        candidates: Strikes it was fitted to.
        discount: The discount factor that was used.
        fitted_discount: The discount factor the same quotes imply where it is left free; never used, and not
            informative below two to four weeks. NaN where it cannot be fitted.
        status: `ok`, `too_few` (fewer than three strikes agree) or `inconsistent` (they scatter by much more than
            their own spreads).
        reason: What led to the status, in words; empty where it is `ok`.

    """

    forward: float
    half_width: float
    inliers: int
    candidates: int
    discount: float
    fitted_discount: float
    status: Literal["ok", "too_few", "inconsistent"]
    reason: str = ""


def forward_from_parity(
    strike: npt.ArrayLike,
    call_bid: npt.ArrayLike,
    call_ask: npt.ArrayLike,
    put_bid: npt.ArrayLike,
    put_ask: npt.ArrayLike,
    discount: float,
) -> ParityForward:
    """Return the forward of one expiration of one root: F = K + (C - P) / D at every strike.

    Starts from the median over the 20 strikes nearest the money and refines it by least squares with Tukey's biweight
    (Beaton and Tukey, 1974), weights 1 / (half the spreads of call and put)^2, at the given discount. Crossed quotes
    are left out; an out-of-the-money side without a bid counts as quoted from 0 to its ask.

    Args:
        strike: Strikes, shape (n,), in any order.
        call_bid: Bids of the calls, shape (n,), NaN where missing, 0 where there is none.
        call_ask: Asks of the calls, shape (n,), NaN where missing.
        put_bid: Bids of the puts, as `call_bid`.
        put_ask: Asks of the puts, as `call_ask`.
        discount: Present value of 1 paid at expiry.

    Raises:
        TypeError: If an argument does not hold real numbers.
        ValueError: If the arrays are not of one length, or discount is not a positive number.

    """
    if not 0.0 < discount < np.inf:
        raise ValueError(f"discount must be positive and finite, got {discount!r}")
    columns = _stack(strike=strike, call_bid=call_bid, put_bid=put_bid, call_ask=call_ask, put_ask=put_ask)
    strikes, value, half = _usable(columns, discount)
    if not strikes.size:
        return _judge(np.nan, np.nan, np.nan, 0, 0, discount, np.nan)
    implied = strikes + value / discount
    center = _kernel.median(implied)
    half = np.maximum(half, max(LEAST_SPREAD * _kernel.median(half), ROUNDING * center))
    nearest = np.argsort(np.abs(strikes - center), kind="stable")[:NEAREST]
    forward, half_width, scatter, inliers = _kernel.robust_level(implied[nearest], half[nearest] / discount)
    fitted = _fit_discount(strikes - forward, value, half, discount)
    return _judge(forward, half_width, scatter, inliers, nearest.size, discount, fitted)


def _usable(columns: Float64Array, discount: float) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return strike, C - P and half the sum of both spreads where parity may be read."""
    columns = columns.compress(_is_quoted(columns), axis=1)
    strikes, bids, asks = columns[0], columns[1:3], columns[3:5]
    sums, spreads = bids + asks, asks - bids
    value, half = 0.5 * (sums[0] - sums[1]), 0.5 * (spreads[0] + spreads[1])
    if bids.all():
        return strikes, value, half
    # A missing bid is plausible on the out-of-the-money side only.
    center = _kernel.median(strikes + value / discount)
    plausible = ((bids[0] > 0.0) | (strikes >= center)) & ((bids[1] > 0.0) | (strikes <= center))
    return strikes[plausible], value[plausible], half[plausible]


def _stack(**columns: npt.ArrayLike) -> Float64Array:
    """Return the columns as rows of one array: strikes, bids of calls, of puts, asks of calls, of puts."""
    arrays = {name: as_floats(name, values) for name, values in columns.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or len(*shapes) != 1:
        given = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"quotes must be one-dimensional and of one length, got {given}")
    return np.array(list(arrays.values()))


def _is_quoted(columns: Float64Array) -> npt.NDArray[np.bool_]:
    """Tell where both sides have asks that are not crossed and at least one has a bid; a NaN fails every test."""
    strikes, bids, asks = columns[0], columns[1:3], columns[3:5]
    sides = (bids >= 0.0) & (asks >= bids) & (asks > 0.0)
    bid = (bids[0] > 0.0) | (bids[1] > 0.0)
    quoted: npt.NDArray[np.bool_] = sides[0] & sides[1] & bid & (strikes > 0.0) & (columns.sum(axis=0) < np.inf)
    return quoted


def _fit_discount(moneyness: Float64Array, value: Float64Array, half: Float64Array, discount: float) -> float:
    """Return minus the slope of C - P against K, freely fitted."""
    if moneyness.size < MIN_FOR_DISCOUNT or (moneyness == moneyness[0]).all():
        return np.nan
    return -_kernel.robust_slope(moneyness, value, half, -discount)


def _judge(
    forward: float,
    half_width: float,
    scatter: float,
    inliers: int,
    candidates: int,
    discount: float,
    fitted_discount: float,
) -> ParityForward:
    status: Literal["ok", "too_few", "inconsistent"] = "ok"
    reason = ""
    if inliers < MIN_INLIERS:
        status = "too_few"
        reason = f"{inliers} of {candidates} strikes with quotes on both sides agree; at least {MIN_INLIERS} must"
    elif scatter > MAX_SCATTER:
        status = "inconsistent"
        reason = (
            f"strikes scatter by {scatter:.1f} half-spreads around the forward; at most {MAX_SCATTER:g} is plausible"
        )
    return ParityForward(forward, half_width, inliers, candidates, discount, fitted_discount, status, reason)
