"""Forwards and discounts of each (root, expiration), and the spot that near forwards imply.

Parity needs no clock and no dividend forecast: a call less a put is a forward, at every strike. Where an
expiration's quotes do not agree on one, its forward is carried from the expirations that do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import forwards_from_parity
from gex.quotes import median

if TYPE_CHECKING:
    from gex.quotes import Bools, Floats, Ints, Quotes
    from gex.settings import Curve, Settings

NEAR_YEARS = 10 / 365
"""Only forwards this near say where spot is: carry from further away adds more error than it averages out."""
CARRY_YEARS = 120 / 365
"""The slope of the forward curve is taken up to here."""
MAX_JUMP = 0.005
"""A forward further than this fraction from the line through its neighbours' is not believed,"""
MAX_CARRY_CHANGE = 0.03
"""widened by this much per year to the nearest of them: rates and dividends bend the line."""


@dataclass(frozen=True)
class Forwards:
    """Carry of each (root, expiration), in the order of `Quotes.expirations`."""

    forward: Floats
    """Points, for the spot at quote time."""
    discount: Floats
    source: tuple[str, ...]
    """`parity`, `carry` (from other expirations' parity), `rate` (curve, no dividend) or `fixed` (by settings)."""
    fitted_discount: Floats
    """What the quotes would give were the discount left free; shown, never used. NaN where they give none."""
    parity_spot: float | None
    """The spot that near forwards imply, points."""

    def spot_of_quotes(self, used: float) -> float:
        """Return the spot at which the quotes were made: parity's, or the one used where there is none.

        A spot a few basis points off makes a yield of several percent over a week.
        """
        return used if self.parity_spot is None else self.parity_spot

    def carry(self, years: Floats, spot: float) -> tuple[Floats, Floats]:
        """Return the rate and the dividend yield per year that lead from `spot` to the forwards in `years`."""
        rate = -np.log(self.discount) / years
        return rate, rate - np.log(self.forward / spot) / years


def forwards_of(
    quotes: Quotes,
    settings: Settings,
    spot: float | None,
    early_premium: Floats | None = None,
    unsettled: Bools | None = None,
    *,
    free_discount: bool = True,
) -> Forwards:
    """Find the forward and the discount of each expiration.

    Args:
        quotes: The chain as arrays.
        settings: `rate` and `dividend` fix the carry; else `curve` discounts and parity gives forwards.
        spot: The underlying's price in points; needed with a fixed carry or where no expiration has parity.
        early_premium: What each contract's quotes hold for early exercise, in points, taken off before parity is read;
            NaN for those not to be read.
        unsettled: Marks expirations whose strikes need not agree on a forward yet, because `early_premium` is still to
            be improved on.
        free_discount: Whether to find `Forwards.fitted_discount`, too.

    Raises:
        ValueError: No spot is given and none can be implied.

    """
    years = quotes.expirations.years
    if settings.rate is not None and settings.dividend is not None:
        if spot is None:
            raise ValueError("a fixed rate and dividend need a spot: the source has none, give --spot")
        forward = spot * np.exp((settings.rate - settings.dividend) * years)
        discount = np.exp(-settings.rate * years)
        return Forwards(forward, discount, ("fixed",) * len(years), np.full(len(years), np.nan), None)
    discount = np.exp(-zero_rates(settings.curve, years) * years)
    parity, fitted = _parity(quotes, discount, early_premium, unsettled, free_discount=free_discount)
    forward = _drop_jumps(parity, years)
    believed = np.isfinite(forward)
    parity_spot = _implied_spot(forward[believed], years[believed], settings.curve)
    anchor = parity_spot if parity_spot is not None else spot
    if anchor is None:
        raise ValueError("the source has no spot and its quotes imply none: give --spot")
    if believed.any():
        carry = np.interp(years, years[believed], np.log(forward[believed] / anchor) / years[believed])
        fallback = "carry"
    else:
        carry, fallback = zero_rates(settings.curve, years), "rate"
    return Forwards(
        forward=np.where(believed, forward, anchor * np.exp(carry * years)),
        discount=discount,
        source=tuple("parity" if ok else fallback for ok in believed),
        fitted_discount=fitted,
        parity_spot=parity_spot,
    )


def zero_rates(curve: Curve, years: Floats) -> Floats:
    """Interpolate a curve's zero rates at `years`, flat outside its tenors."""
    return np.interp(years, curve.years, curve.rates)


def _parity(
    quotes: Quotes, discount: Floats, premium: Floats | None, unsettled: Bools | None, *, free_discount: bool
) -> tuple[Floats, Floats]:
    """Return each expiration's forward from put-call parity and its freely fitted discount; NaN for none."""
    legs = quotes.legs if premium is None else _without(quotes, premium)
    rungs, first = quotes.rungs, quotes.expirations.first_rung
    found = forwards_from_parity(rungs.strike, *legs, first, discount, free_discount=free_discount)
    believed = found.status == "ok"
    if unsettled is not None:
        believed |= (found.status == "inconsistent") & unsettled
    return np.where(believed, found.forward, np.nan), np.where(believed, found.fitted_discount, np.nan)


def _without(quotes: Quotes, premium: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return `Quotes.legs` less what they hold for early exercise."""
    # No bid stays none: such an option is too far out of the money to be exercised early.
    bid = np.where(quotes.bid > 0, np.maximum(quotes.bid - premium, 0.0), quotes.bid + 0.0 * premium)
    return quotes.legs_of(bid, quotes.ask - premium)


def _drop_jumps(forward: Floats, years: Floats) -> Floats:
    """Forget forwards that stand apart from the line through their neighbours'."""
    known = np.flatnonzero(np.isfinite(forward))
    if len(known) < 4:
        return forward
    log_forward, time = np.log(forward[known]), years[known]
    near = _neighbours(len(known))
    lines = [_line(time, log_forward, near[:, j], near[:, k]) for j, k in ((0, 1), (0, 2), (1, 2))]
    expected = np.sort(lines, axis=0)[1]
    gap = np.min(np.abs(time[:, None] - time[near]), axis=1)
    kept = forward.copy()
    kept[known[np.abs(log_forward - expected) > MAX_JUMP + MAX_CARRY_CHANGE * gap]] = np.nan
    return kept


def _neighbours(count: int) -> Ints:
    """Return, for each of `count` places, the three places nearest to it, the one before first: shape (count, 3)."""
    places = np.arange(count)[:, None] + np.array([-1, 1, -2, 2, -3, 3])
    absent = (places < 0) | (places >= count)
    return np.take_along_axis(places, np.argsort(absent, axis=1, kind="stable")[:, :3], axis=1)


def _line(x: Floats, y: Floats, first: Ints, second: Ints) -> Floats:
    """Evaluate at each x the line through two points; flat where they share an abscissa."""
    run = x[second] - x[first]
    slope = np.divide(y[second] - y[first], run, out=np.zeros(len(x)), where=run != 0)
    return y[first] + slope * (x - x[first])


def _implied_spot(forward: Floats, years: Floats, curve: Curve) -> float | None:
    """Return the median of near forwards carried back to now; None without a near forward.

    The carry is the median slope of ln F between pairs of expirations (Theil and Sen), which a few wrong
    forwards cannot tilt; with no pair to take it from, the curve's rate.
    """
    near = years <= NEAR_YEARS
    if not near.any():
        return None
    short = years <= CARRY_YEARS
    slope = _median_slope(years[short], np.log(forward[short]))
    if slope is None:
        slope = float(zero_rates(curve, years[near])[0])
    return median(forward[near] * np.exp(-slope * years[near]))


def _median_slope(x: Floats, y: Floats) -> float | None:
    """Return the median of the slopes between all pairs of points more than a day apart; None if there are none."""
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    apart = run > 1 / 365
    return median((y[second] - y[first])[apart] / run[apart]) if apart.any() else None
