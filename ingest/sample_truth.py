"""Exact prices and exact levels of a sample chain, by formulas of their own: SciPy's normal law, Brent's roots.

Nothing here comes from the package's pricing kernel or its analysis, so a sample's truth can judge both.
Conventions: European exercise, dealers long calls and short puts, forwards that move with spot
(F' = F S'/S), total standard deviations w that stick to strikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LADDER = 0.15
"""Crossings are searched this far from spot, as a fraction of it."""
CHUNK = 256
"""Contracts priced at once over the ladder: the arrays stay in the processor's cache."""


@dataclass(frozen=True)
class Truth:
    """What an exact analysis of the sample must find, in points and in $ of delta per +1% of spot.

    Attributes:
        net: Dealers' gamma, 0.01 S^2 sum(N m gamma).
        gross: The same with every position counted positive.
        gamma_flip: The crossing nearest to spot; None where there is none.
        crossings: All roots of the re-priced net within 15% of spot, going up.
        call_wall: Strike of the largest net gamma, all expirations together.
        put_wall: Strike of the smallest.
        absolute_gamma_strike: Strike of the largest gross gamma.
        high_vol_level: Strike where the cumulative net by strike, from the lowest up, is smallest.
        forwards: `root`, `expiration`, `expires_at`, `years`, `forward`, `discount`: one row for each pair.
        by_contract: The key of each contract with its `w`, `gamma` (per point) and `price`, all exact.

    """

    net: float
    gross: float
    gamma_flip: float | None
    crossings: tuple[float, ...]
    call_wall: float
    put_wall: float
    absolute_gamma_strike: float
    high_vol_level: float
    forwards: pl.DataFrame
    by_contract: pl.DataFrame


@dataclass(frozen=True)
class Pricing:
    """What fixes the price of each of n contracts: arrays of one length."""

    forward: Floats
    discount: Floats
    strike: Floats
    w: Floats
    """Total standard deviation, sigma sqrt(T)."""
    is_call: Bools


def black_price(terms: Pricing) -> Floats:
    """Price European options on forwards; in-the-money ones by parity from the others, which is exact.

    Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976).
    """
    from scipy.special import ndtr

    above = terms.strike >= terms.forward
    sign = np.where(above, 1.0, -1.0)
    d1 = _d1(terms.forward, terms.strike, terms.w)
    out = sign * (terms.forward * ndtr(sign * d1) - terms.strike * ndtr(sign * (d1 - terms.w)))
    intrinsic = np.where(terms.is_call == above, 0.0, np.abs(terms.forward - terms.strike))
    price: Floats = terms.discount * (np.maximum(out, 0.0) + intrinsic)
    return price


def black_delta(terms: Pricing, spot: float) -> Floats:
    """Return the derivative of the price by spot, forwards moving with it."""
    from scipy.special import ndtr

    sign = np.where(terms.is_call, 1.0, -1.0)
    d1 = _d1(terms.forward, terms.strike, terms.w)
    delta: Floats = sign * terms.discount * terms.forward / spot * ndtr(sign * d1)
    return delta


def black_gamma(terms: Pricing, spot: float) -> Floats:
    """Return the second derivative of the price by spot, per point."""
    density = np.exp(-0.5 * _d1(terms.forward, terms.strike, terms.w) ** 2) / np.sqrt(2.0 * np.pi)
    gamma: Floats = terms.discount * terms.forward / spot * density / (spot * terms.w)
    return gamma


def _d1(forward: Floats, strike: Floats, w: Floats) -> Floats:
    """Return ln(F/K)/w + w/2."""
    return np.log(forward / strike) / w + 0.5 * w


class GammaProfile:
    """Net gamma of a book against spot, in $ per +1%: the sum over contracts, without approximation.

    Args:
        terms: The contracts at `spot`.
        spot: Points.
        units: Shares held per contract row: signed contracts times multiplier.

    """

    def __init__(self, terms: Pricing, spot: float, units: Floats) -> None:
        held = units != 0.0
        self.spot = spot
        self._log_moneyness = np.log(terms.forward[held] / terms.strike[held])
        self._w = terms.w[held]
        scale = 0.01 * units[held] * terms.discount[held] * terms.forward[held] / spot
        self._weight = scale / (self._w * np.sqrt(2.0 * np.pi))

    def __call__(self, level: float) -> float:
        """Return net gamma with the underlying at `level`."""
        return float(self.on(np.array([level]))[0])

    def on(self, levels: Floats) -> Floats:
        """Return net gamma at each of `levels`."""
        total = np.zeros(len(levels))
        move = np.log(levels / self.spot)
        for first in range(0, len(self._w), CHUNK):
            at = slice(first, first + CHUNK)
            w = self._w[at, None]
            d1 = (self._log_moneyness[at, None] + move) / w + 0.5 * w
            total += self._weight[at] @ np.exp(-0.5 * d1 * d1)
        return levels * total

    def crossings(self) -> tuple[float, ...]:
        """Return every root within `LADDER` of spot: brackets on a ladder finer than the narrowest smile, then Brent."""
        from scipy.optimize import brentq

        ladder = self._ladder()
        net = self.on(ladder)
        return tuple(
            float(brentq(self, ladder[i], ladder[i + 1], xtol=1e-12, rtol=4 * np.finfo(float).eps))
            for i in np.flatnonzero(np.sign(net[:-1]) * np.sign(net[1:]) < 0)
        )

    def _ladder(self) -> Floats:
        """Return levels spaced by at most a third of the smallest w and 0.05% of spot."""
        step = min(5e-4, float(np.min(self._w, initial=1.0)) / 3.0)
        return self.spot * np.linspace(1.0 - LADDER, 1.0 + LADDER, 2 * int(np.ceil(LADDER / step)) + 1)


def truth_of(terms: Pricing, spot: float, units: Floats, key: pl.DataFrame, forwards: pl.DataFrame) -> Truth:
    """Find every level of a book exactly.

    Args:
        terms: The contracts at `spot`.
        spot: Points.
        units: Dealers' signed contracts times multiplier.
        key: The key of each contract, kept in `Truth.by_contract`.
        forwards: Kept as `Truth.forwards`.

    """
    gamma = black_gamma(terms, spot)
    gamma_usd = 0.01 * spot**2 * units * gamma
    crossings = GammaProfile(terms, spot, units).crossings()
    strikes, at = np.unique(terms.strike, return_inverse=True)
    net = np.bincount(at, weights=gamma_usd)
    gross = np.bincount(at, weights=np.abs(gamma_usd))
    return Truth(
        net=float(np.sum(gamma_usd)),
        gross=float(np.sum(gross)),
        gamma_flip=min(crossings, key=lambda level: abs(level - spot), default=None),
        crossings=crossings,
        call_wall=float(strikes[np.argmax(net)]),
        put_wall=float(strikes[np.argmin(net)]),
        absolute_gamma_strike=float(strikes[np.argmax(gross)]),
        high_vol_level=float(strikes[np.argmin(np.cumsum(net))]),
        forwards=forwards,
        by_contract=key.with_columns(w=terms.w, gamma=gamma, price=black_price(terms)),
    )


def call_balance(terms: Pricing, spot: float, units: Floats, flip: float) -> float:
    """Return what calls must be multiplied by for the book to have no gamma at `flip`."""
    calls, puts = (GammaProfile(terms, spot, np.where(side, units, 0.0)) for side in (terms.is_call, ~terms.is_call))
    return -puts(flip) / calls(flip)
