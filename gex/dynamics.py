"""How volatility moves when spot does. Sticky strike, the default, needs nothing: each strike keeps its own.

Source: Derman, "Regimes of Volatility" (1999), for sticky strike and sticky moneyness; the power law by which all
volatilities move together is the usual constant skew-stickiness beta, d ln(sigma) / d ln(spot).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    """The smiles of all expirations on one axis, so that one interpolation serves them all."""

    place: Floats
    """Where each known strike stands: ln(K/F) plus `APART` times its expiration's number."""
    w: Floats
    lowest: Floats
    """ln(K/F) of each expiration's first known strike; NaN for one without a smile."""
    highest: Floats

    def at(self, expiration: Ints, k: Floats) -> Floats:
        """Return w at ln(K/F) = k of each expiration given, linear between strikes, flat outside; NaN without a smile."""
        inside = np.clip(k, self.lowest[expiration], self.highest[expiration])
        return np.interp(inside + APART * expiration, self.place, self.w)


@dataclass(frozen=True)
class StickyMoneyness:
    """A contract takes the volatility that the smile has at its new distance from the forward."""

    anchor: float
    smiles: Smiles
    expiration: Ints
    """Of each contract, its number in `smiles`."""
    k: Floats
    """ln(K/F) of each contract at the anchor."""
    w: Floats
    """The smile's total standard deviation there; NaN where its expiration has no smile."""

    def factor(self, spot: float) -> Floats:
        """Return the smile where it has moved to, relative to where it was; 1 without a smile."""
        moved = self.smiles.at(self.expiration, self.k - np.log(spot / self.anchor))
        return np.where(np.isfinite(self.w), moved / self.w, 1.0)

    def where(self, chosen: Bools) -> StickyMoneyness:
        """Return the dynamics of the contracts that `chosen` marks."""
        return replace(self, expiration=self.expiration[chosen], k=self.k[chosen], w=self.w[chosen])


def dynamics_of(market: Market, settings: Settings) -> Dynamics | None:
    """Return the dynamics that the settings name, for the market's used contracts; None for sticky strike."""
    if settings.dynamics == "vol-beta":
        return VolBeta(market.spot.used, settings.vol_beta)
    return sticky_moneyness(market) if settings.dynamics == "sticky-moneyness" else None


def smiles_of(market: Market) -> Smiles:
    """Return the smiles of a chain, at quote time."""
    rungs, forward = market.quotes.rungs, market.forwards.forward
    known = np.isfinite(market.volatility.smile)
    of, k = rungs.expiration[known], np.log(rungs.strike[known] / forward[rungs.expiration[known]])
    lowest, highest = np.full((2, len(forward)), np.nan)
    lowest[of[::-1]], highest[of] = k[::-1], k  # strikes go up, and of several values the last one stays
    return Smiles(k + APART * of, market.volatility.smile[known], lowest, highest)


def sticky_moneyness(market: Market) -> StickyMoneyness:
    """Let the market's smiles move with its spot."""
    smiles = smiles_of(market)
    expiration = market.quotes.expiration[market.used]
    k = np.log(market.quotes.strike[market.used] / market.forwards.forward[expiration])
    return StickyMoneyness(market.spot.used, smiles, expiration, k, smiles.at(expiration, k))
