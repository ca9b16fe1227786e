"""The forward that call and put quotes imply by put-call parity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from gex.pricing import _kernel
from gex.pricing._arrays import Float64Array, as_floats, as_starts

IntArray: TypeAlias = npt.NDArray[np.intp]
MIN_INLIERS = 3
MAX_SCATTER = 2.0
"""Robust scatter of the inliers, in half-spreads, beyond which the quotes contradict each other."""


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


class ParityForwards(NamedTuple):
    """Forwards from put-call parity, one entry per expiration; the figures are those of `ParityForward`."""

    forward: Float64Array
    half_width: Float64Array
    scatter: Float64Array
    """Robust scatter of the inliers, in half-spreads; NaN where no strike has quotes on both sides."""
    inliers: IntArray
    candidates: IntArray
    discount: Float64Array
    fitted_discount: Float64Array
    status: npt.NDArray[np.str_]


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
    quotes = _columns(strike=strike, call_bid=call_bid, call_ask=call_ask, put_bid=put_bid, put_ask=put_ask)
    found = _fit(quotes, np.array([0, quotes[0].size], dtype=np.intp), _discounts(discount, 1))
    forward, half_width, scatter, inliers, candidates, used, fitted, status = (column[0].item() for column in found)
    reason = _reason(status, inliers, candidates, scatter)
    return ParityForward(forward, half_width, inliers, candidates, used, fitted, status, reason)


def forwards_from_parity(
    strike: npt.ArrayLike,
    call_bid: npt.ArrayLike,
    call_ask: npt.ArrayLike,
    put_bid: npt.ArrayLike,
    put_ask: npt.ArrayLike,
    first: npt.ArrayLike,
    discount: npt.ArrayLike,
    *,
    free_discount: bool = True,
) -> ParityForwards:
    """Return the forwards of many expirations, each the one `forward_from_parity` gives, in one compiled call.

    Args:
        strike: Strikes of all expirations, one expiration after another, shape (n,).
        call_bid: As for `forward_from_parity`, shape (n,), like the other quotes.
        call_ask: Asks of the calls.
        put_bid: Bids of the puts.
        put_ask: Asks of the puts.
        first: Where each expiration's strikes begin, and where the last one's end, shape (m + 1,). One without strikes
            begins where the next does.
        discount: Present value of 1 paid at each expiry, shape (m,), or one for all.
        free_discount: Whether to fit `fitted_discount`, which takes most of the time; NaN if not.

    Returns:
        Figures of shape (m,).

    Raises:
        TypeError: If an argument does not hold real numbers (or, for `first`, integers).
        ValueError: If the quotes are not of one length, `first` does not go up within it, a discount is not a positive
            number, or there are not as many as expirations.

    """
    quotes = _columns(strike=strike, call_bid=call_bid, call_ask=call_ask, put_bid=put_bid, put_ask=put_ask)
    starts = as_starts("first", first, quotes[0].size, "strikes")
    return _fit(quotes, starts, _discounts(discount, starts.size - 1), free_discount=free_discount)


def _fit(
    quotes: list[Float64Array], first: IntArray, discount: Float64Array, *, free_discount: bool = True
) -> ParityForwards:
    figures, counts = np.empty((4, discount.size)), np.empty((2, discount.size), dtype=np.intp)
    _kernel.parity_forwards(quotes, first, discount, free_discount, figures, counts)
    (forward, half_width, scatter, fitted), (inliers, candidates) = figures, counts
    status = np.where(inliers < MIN_INLIERS, "too_few", np.where(scatter > MAX_SCATTER, "inconsistent", "ok"))
    return ParityForwards(forward, half_width, scatter, inliers, candidates, discount, fitted, status)


def _columns(**quotes: npt.ArrayLike) -> list[Float64Array]:
    """Return the quotes as the kernel reads them."""
    arrays = {name: as_floats(name, values) for name, values in quotes.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or len(*shapes) != 1:
        given = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"quotes must be one-dimensional and of one length, got {given}")
    return [np.ascontiguousarray(array) for array in arrays.values()]


def _discounts(discount: npt.ArrayLike, count: int) -> Float64Array:
    array = as_floats("discount", discount)
    bad = array[~((array > 0.0) & (array < np.inf))]
    if bad.size:
        raise ValueError(f"discount must be positive and finite, got {bad[0]}")
    if array.shape not in {(), (count,)}:
        raise ValueError(f"discount must be one number or one for each of {count} expirations, got shape {array.shape}")
    return np.ascontiguousarray(np.broadcast_to(array, count))


def _reason(status: str, inliers: int, candidates: int, scatter: float) -> str:
    if status == "too_few":
        return f"{inliers} of {candidates} strikes with quotes on both sides agree; at least {MIN_INLIERS} must"
    if status == "inconsistent":
        return f"strikes scatter by {scatter:.1f} half-spreads around the forward; at most {MAX_SCATTER:g} is plausible"
    return ""
