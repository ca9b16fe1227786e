"""How far the levels can be off because positions are estimated: 95% intervals of net gamma, flip and walls."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import erfc, sqrt
from typing import TYPE_CHECKING

import numpy as np

from gex.exposure import PER_PCT
from gex.microstructure.errors import TWO_SIDED_95
from gex.profile import NEGLIGIBLE, root_between

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.exposure import Book, ContractExposure
    from gex.market import Market
    from gex.microstructure.errors import Errors
    from gex.quotes import Bools, Floats
    from gex.results import Levels, Range
    from gex.slices import Ladder, Part

CONFIDENCE = 0.95
DRAWS, SEED = 4000, 95
"""Of positions, to see which strike is the largest: the same at each run."""
FAR = 6.0
"""A strike whose gamma would have to be this many standard deviations off is no wall in any draw."""


@dataclass(frozen=True)
class Interval:
    """Net gamma, $ of delta per +1% of spot, and how far it can be off."""

    net: float
    standard_error: float
    low: float
    high: float
    negative_probability: float
    """That it is below zero."""


@dataclass(frozen=True)
class FlipInterval:
    """The spots at which net gamma may be zero: where it is within 1.96 standard errors of it.

    A flip has no distribution that could be read off a formula. But whichever spot it is at, net gamma there is zero, and
    in 95 of 100 cases is estimated within 1.96 standard errors of zero: the set of such spots holds the flip as often.
    """

    flip: float | None
    low: float | None
    """Of the range that the flip is in, points; None where it goes on to the end of the ladder, or without a flip."""
    high: float | None
    ranges: tuple[Range, ...]
    """All of the set, going up; an end that is the ladder's own is open."""
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WallShare:
    """A strike, and how likely it is the wall."""

    strike: float
    probability: float


@dataclass(frozen=True)
class WallInterval:
    """The fewest strikes that together are the wall with 95% probability, the likeliest first."""

    strikes: tuple[WallShare, ...]
    none_probability: float
    """That no strike has gamma of that sign."""


@dataclass(frozen=True)
class Intervals:
    """95% intervals of an analysis whose positions have errors; volatility and carry are taken as they are.

    Attributes:
        net: Of all expirations used.
        zero_dte: Of what expires today; None if nothing does. `ex_zero_dte` likewise of the rest.
        by_expiration: Of each expiration date.
        flip: Of the flip of all expirations.
        call_wall: By net gamma, of all expirations; `put_wall` likewise.
        confidence: 0.95.

    """

    net: Interval
    zero_dte: Interval | None
    ex_zero_dte: Interval | None
    by_expiration: dict[dt.date, Interval]
    flip: FlipInterval
    call_wall: WallInterval
    put_wall: WallInterval
    confidence: float = CONFIDENCE


def intervals_of(
    market: Market, book: Book, errors: Errors, dollars: ContractExposure, ladder: Ladder, whole: Part
) -> Intervals:
    """Find the intervals of an analysis.

    Args:
        market: The chain priced.
        book: The used contracts, with what dealers are estimated to hold.
        errors: Of their contracts, by row of the chain.
        dollars: Exposure of each.
        ladder: Spots to look for the flip at.
        whole: All of them, summed and profiled.

    """
    units = errors.take(market.used).times(market.quotes.multiplier[market.used])
    gamma = PER_PCT * market.level**2 * dollars.unit_gamma

    def interval(chosen: Bools) -> Interval:
        net = dollars.of(np.flatnonzero(chosen)).gamma_usd_per_1pct.net
        return _interval(net, units.variance(gamma * chosen))

    dates = market.dates.to_numpy()[market.quotes.expiration[market.used]]
    today = dates == np.datetime64(market.today)
    calls, puts = _walls(market, whole, units, gamma)
    return Intervals(
        net=interval(np.ones(len(today), dtype=bool)),
        zero_dte=interval(today) if today.any() else None,
        ex_zero_dte=None if today.all() else interval(~today),
        by_expiration={date.item(): interval(dates == date) for date in np.unique(dates)},
        flip=_flip(book, units, ladder, whole.profile, whole.levels),
        call_wall=calls,
        put_wall=puts,
    )


def _interval(net: float, variance: float) -> Interval:
    error = sqrt(variance)
    below = 0.5 * erfc(net / (error * sqrt(2.0))) if error else float(net < 0)
    return Interval(net, error, net - TWO_SIDED_95 * error, net + TWO_SIDED_95 * error, below)


class _Doubt:
    """Net gamma squared less what doubt allows, at any spot: negative where the sign is not known."""

    def __init__(self, book: Book, units: Errors) -> None:
        rows = np.flatnonzero(units.touched)
        self._held, self._doubtful, self._errors = book.held(), book.where(units.touched), units.take(rows)

    def error(self, spot: float) -> float:
        """Return the standard error of net gamma, $ per +1%."""
        if not len(self._doubtful):
            return 0.0
        return PER_PCT * spot * spot * sqrt(self._errors.variance(self._doubtful.gamma(spot)))

    def at(self, spot: float) -> float:
        """Return by how much the size of net gamma exceeds 1.96 standard errors."""
        return abs(self._held.net_gamma_usd(spot)) - TWO_SIDED_95 * self.error(spot)


def _flip(book: Book, units: Errors, ladder: Ladder, profile: Floats, levels: Levels) -> FlipInterval:
    """Find the set of spots where net gamma may be zero, its ends to the last digits."""
    doubt = _Doubt(book, units)
    crossings = [crossing.spot for crossing in levels.gamma_flip_crossings]  # where no error is too small to see
    order = np.argsort(np.concatenate([ladder.spots, crossings]), kind="stable")
    spots = np.concatenate([ladder.spots, crossings])[order]
    net = np.concatenate([np.abs(profile), np.zeros(len(crossings))])[order]
    allowed = TWO_SIDED_95 * np.array([doubt.error(float(spot)) for spot in spots])
    has_gamma = np.maximum(net, allowed) > NEGLIGIBLE * np.max(net)
    inside = (net <= allowed) & (has_gamma | (order >= len(ladder.spots)))
    ranges = tuple(_runs(inside, net - allowed, spots, doubt))
    flip = levels.gamma_flip
    if flip is None:
        return FlipInterval(
            None, None, None, ranges, dict.fromkeys(("flip", "low", "high"), levels.reasons["gamma_flip"])
        )
    low, high = next(((low, high) for low, high in ranges if low <= flip <= high), (flip, flip))
    ends = {"low": low <= ladder.spots[0], "high": high >= ladder.spots[-1]}
    reasons = {name: f"not known up to {ladder.half_width:.0%} from spot" for name, is_open in ends.items() if is_open}
    return FlipInterval(flip, None if ends["low"] else low, None if ends["high"] else high, ranges, reasons)


def _runs(inside: Bools, excess: Floats, spots: Floats, doubt: _Doubt) -> Iterator[Range]:
    """Yield the ranges of neighbouring spots that are marked, their ends found between spots."""
    edges = np.diff(np.concatenate([[0], inside.astype(np.int8), [0]]))
    for first, last in zip(np.flatnonzero(edges > 0).tolist(), (np.flatnonzero(edges < 0) - 1).tolist(), strict=True):
        yield _end(first, first - 1, excess, spots, doubt), _end(last, last + 1, excess, spots, doubt)


def _end(inner: int, outer: int, excess: Floats, spots: Floats, doubt: _Doubt) -> float:
    """Return where a range ends between a spot in it and the next one out of it."""
    if not 0 <= outer < len(spots) or excess[outer] <= 0 or excess[inner] == 0:
        return float(spots[inner])
    points = sorted((float(spots[place]), float(excess[place])) for place in (inner, outer))
    return root_between(doubt.at, points[0], points[1], tolerance=1e-10)


def _walls(market: Market, whole: Part, units: Errors, gamma: Floats) -> tuple[WallInterval, WallInterval]:
    """Draw positions and count which strike has the largest net gamma, and which the most negative."""
    (strikes, at), net = market.strikes, whole.totals.net
    error = np.sqrt(units.variances(gamma, at, len(strikes)))
    call, put = (_candidates(sign * net, error) for sign in (1.0, -1.0))
    chosen = np.flatnonzero(call | put)
    place = np.full(len(strikes), -1)
    place[chosen] = np.arange(len(chosen))
    covariance = units.covariance(gamma, place[at], len(chosen))
    drawn = net[chosen] + _draws(covariance)
    return _wall(strikes[chosen], drawn), _wall(strikes[chosen], -drawn)


def _candidates(net: Floats, error: Floats) -> Bools:
    """Mark the strikes that may be the largest."""
    return np.asarray(net + FAR * error >= np.max(net - FAR * error))


def _draws(covariance: Floats) -> Floats:
    """Return normal draws, shape (DRAWS, n); what is certain does not vary."""
    doubtful = np.flatnonzero(np.diag(covariance) > 0)
    part = covariance[np.ix_(doubtful, doubtful)]
    scale = np.sqrt(np.diag(part))
    correlation = part / np.outer(scale, scale) + 1e-10 * np.eye(len(doubtful))  # may be singular: legs of one order
    normal = np.random.default_rng(SEED).standard_normal((DRAWS, len(doubtful)))
    drawn = np.zeros((DRAWS, len(covariance)))
    drawn[:, doubtful] = normal @ np.linalg.cholesky(correlation).T * scale
    return drawn


def _wall(strikes: Floats, net: Floats) -> WallInterval:
    """Return the likeliest strikes of the largest positive value."""
    first = np.argmax(net, axis=1)
    positive = net[np.arange(len(net)), first] > 0
    shares = np.bincount(first[positive], minlength=len(strikes)) / len(net)
    order = np.argsort(-shares, kind="stable")
    enough = int(np.searchsorted(np.cumsum(shares[order]), CONFIDENCE * np.sum(shares) - 1e-12)) + 1
    kept = [place for place in order[:enough] if shares[place] > 0]
    return WallInterval(
        tuple(WallShare(float(strikes[place]), float(shares[place])) for place in kept), float(1.0 - np.sum(shares))
    )
