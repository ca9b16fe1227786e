"""How volatility moves when spot does. Sticky strike, the default, needs nothing: each strike keeps its own.

Source: Derman, "Regimes of Volatility" (1999), for sticky strike and sticky moneyness; the power law by which all
volatilities move together is the usual constant skew-stickiness beta, d ln(sigma) / d ln(spot).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from gex.market import Market
    from gex.quotes import Bools, Floats, Ints
    from gex.settings import Settings

APART = 1e3
"""Smiles of several expirations lie on one axis this far apart: more than any ln(K/F)."""


class Dynamics(Protocol):
    """The volatility of each contract of a book at any spot."""

    def factor(self, spot: float) -> Floats | float:
        """Return what each contract's volatility is multiplied by when the underlying is at `spot`."""

    def where(self, chosen: Bools) -> Dynamics:
        """Return the dynamics of the contracts that `chosen` marks."""


@dataclass(frozen=True)
class VolBeta:
    """Every volatility moves by the same factor, (S'/S)^beta."""

    anchor: float
    """Spot at which the volatilities hold, points."""
    beta: float

    def factor(self, spot: float) -> float:
        """Return (spot / anchor)^beta."""
        return float((spot / self.anchor) ** self.beta)

    def where(self, chosen: Bools) -> VolBeta:  # noqa: ARG002 (all contracts share it)
        """Return itself."""
        return self


@dataclass(frozen=True)
class Smiles:
    """The smiles of all expirations on one axis, so that one search serves them all."""

    k: Floats
    """ln(K/F) of each known strike, expiration by expiration, going up in each."""
    w: Floats
    first: Ints
    """Where each expiration's strikes begin; one more entry closes the last."""

    @cached_property
    def place(self) -> Floats:
        """Where each known strike stands on the axis."""
        return self.k + APART * np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def at(self, expiration: Ints, k: Floats) -> Floats:
        """Return w at ln(K/F) = k of each expiration given, linear between strikes, flat outside; NaN without a smile."""
        first, last = self.first[expiration], self.first[expiration + 1] - 1
        has_smile = last >= first
        if not has_smile.any():
            return np.full(len(k), np.nan)
        first, last = np.where(has_smile, first, 0), np.where(has_smile, last, 0)
        inside = np.clip(k, self.k[first], self.k[last])
        found = np.searchsorted(self.place, inside + APART * expiration, side="right") - 1
        below = np.clip(found, first, np.maximum(last - 1, first))
        above = np.minimum(below + 1, last)
        run = self.k[above] - self.k[below]
        share = np.divide(inside - self.k[below], run, out=np.zeros(len(k)), where=run > 0)
        return np.where(has_smile, self.w[below] + share * (self.w[above] - self.w[below]), np.nan)


@dataclass(frozen=True)
class StickyMoneyness:
    """A contract takes the volatility that the smile has at its new distance from the forward."""

    anchor: float
    smiles: Smiles
    expiration: Ints
    """Of each rung, its number in `smiles`."""
    k: Floats
    """ln(K/F) of each rung at the anchor."""
    w: Floats
    """The smile's total standard deviation there; NaN where its expiration has no smile."""
    rung: Ints
    """Of each contract."""

    def factor(self, spot: float) -> Floats:
        """Return the smile where it has moved to, relative to where it was; 1 without a smile."""
        moved = self.smiles.at(self.expiration, self.k - np.log(spot / self.anchor)) / self.w
        return np.where(np.isfinite(moved), moved, 1.0)[self.rung]

    def where(self, chosen: Bools) -> StickyMoneyness:
        """Return the dynamics of the contracts that `chosen` marks."""
        return replace(self, rung=self.rung[chosen])


def dynamics_of(market: Market, settings: Settings) -> Dynamics | None:
    """Return the dynamics that the settings name, for the market's used contracts; None for sticky strike."""
    if settings.dynamics == "vol-beta":
        return VolBeta(market.spot.used, settings.vol_beta)
    return sticky_moneyness(market) if settings.dynamics == "sticky-moneyness" else None


def smiles_of(market: Market) -> Smiles:
    """Return the smiles of a chain, at quote time."""
    rungs, forward = market.quotes.rungs, market.forwards.forward
    known = np.isfinite(market.volatility.smile)
    of = rungs.expiration[known]
    counts = np.bincount(of, minlength=len(forward))
    return Smiles(np.log(rungs.strike[known] / forward[of]), market.volatility.smile[known], np.cumsum([0, *counts]))


def sticky_moneyness(market: Market) -> StickyMoneyness:
    """Let the market's smiles move with its spot."""
    smiles, rungs = smiles_of(market), market.quotes.rungs
    k = np.log(rungs.strike / market.forwards.forward[rungs.expiration])
    own = smiles.at(rungs.expiration, k)
    return StickyMoneyness(market.spot.used, smiles, rungs.expiration, k, own, market.quotes.rung[market.used])
