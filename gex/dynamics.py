"""How volatility moves when spot does. Sticky strike, the default, needs nothing: each strike keeps its own.

Source: Derman, "Regimes of Volatility" (1999), for sticky strike and sticky moneyness; the power law by which all
volatilities move together is the usual constant skew-stickiness beta, d ln(sigma) / d ln(spot).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gex.pricing import interpolate_groups

if TYPE_CHECKING:
    from gex.market import Market
    from gex.quotes import Bools, Floats, Ints
    from gex.settings import Settings


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
    """The smiles of all expirations, one after another."""

    k: Floats
    """ln(K/F) of each strike, going up in each expiration."""
    w: Floats
    """Total standard deviation there; NaN where it is not known."""
    first: Ints
    """Where each expiration's strikes begin; one more entry closes the last."""

    def at(self, k: Floats, first: Ints) -> Floats:
        """Return w at places that lie like `Smiles.k`: linear between strikes, flat outside; NaN without a smile."""
        return interpolate_groups(k, first, self.k, self.w, self.first)


@dataclass(frozen=True)
class StickyMoneyness:
    """A contract takes the volatility that the smile has at its new distance from the forward."""

    anchor: float
    smiles: Smiles
    own: Floats
    """What the smiles are at their own strikes; NaN where an expiration has none."""
    rung: Ints
    """Of each contract, its strike's number in `smiles`."""

    def factor(self, spot: float) -> Floats:
        """Return the smile where it has moved to, relative to where it was; 1 without a smile."""
        moved = self.smiles.at(self.smiles.k - np.log(spot / self.anchor), self.smiles.first)[self.rung]
        return np.where(np.isfinite(moved), moved / self.own[self.rung], 1.0)

    def where(self, chosen: Bools) -> StickyMoneyness:
        """Return the dynamics of the contracts that `chosen` marks."""
        return replace(self, rung=self.rung[chosen])


def dynamics_of(market: Market, settings: Settings) -> Dynamics | None:
    """Return the dynamics that the settings name, for the market's used contracts; None for sticky strike."""
    if settings.dynamics == "vol-beta":
        return VolBeta(market.spot.used, settings.vol_beta)
    return sticky_moneyness(market, market.used) if settings.dynamics == "sticky-moneyness" else None


def smiles_of(market: Market) -> Smiles:
    """Return the smiles of a chain, at quote time."""
    rungs, forward = market.quotes.rungs, market.forwards.forward
    k = np.log(rungs.strike / forward[rungs.expiration])
    return Smiles(k, market.volatility.smile, market.quotes.expirations.first_rung)


def sticky_moneyness(market: Market, rows: Ints) -> StickyMoneyness:
    """Let the market's smiles move with its spot, for the contracts of some rows of the chain."""
    smiles = smiles_of(market)
    return StickyMoneyness(market.spot.used, smiles, smiles.at(smiles.k, smiles.first), market.quotes.rung[rows])
