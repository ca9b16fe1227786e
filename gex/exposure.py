"""A book of contracts and its exposure in dollars, at any spot and time.

A book is the used contracts with their carry frozen: when spot moves, every forward moves with it and each
strike keeps its volatility (sticky strike), unless the book has other dynamics.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gex.pairs import netted
from gex.pricing import gamma, gamma_profile, gamma_sum, greeks
from gex.results import Exposure, GammaExposure, HedgeFlow
from gex.segments import places

if TYPE_CHECKING:
    from gex.dynamics import Dynamics
    from gex.pairs import Netted
    from gex.pricing import EarlyExercise, Greeks
    from gex.quotes import Bools, Floats, Ints
    from gex.segments import Places

PER_PCT = 0.01
MOVES_PCT = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Book:
    """Contracts with all that pricing needs and the dealers' position in each; one entry per contract."""

    strike: Floats
    is_call: Bools
    years: Floats
    sigma: Floats
    """Per square-root year, so that sigma sqrt(years) is the total standard deviation."""
    rate: Floats
    dividend: Floats
    units: Floats
    """Dealers' signed contracts times the multiplier."""
    early: EarlyExercise | None = None
    """Of the contracts that may be exercised early; None if none may."""
    early_row: Ints | None = None
    """The number in `early` of each contract, -1 for European ones."""
    dynamics: Dynamics | None = None
    """How volatility moves with spot; None where it sticks to strikes. The early exercise's part keeps its own."""

    def __len__(self) -> int:
        """Return the number of contracts."""
        return len(self.strike)

    def where(self, chosen: Bools) -> Book:
        """Return the contracts that `chosen` marks."""
        if chosen.all():
            return self
        rows = places(chosen)  # one search for all columns
        columns = ("strike", "is_call", "years", "sigma", "rate", "dividend", "units")
        kept: dict[str, Any] = {name: getattr(self, name)[rows] for name in columns}
        kept["early_row"] = None if self.early_row is None else self.early_row[rows]
        kept["dynamics"] = self.dynamics and self.dynamics.where(chosen)
        return Book(**kept, early=self.early)

    def sigma_at(self, spot: float) -> Floats:
        """Return each contract's volatility with the underlying at `spot`."""
        return self.sigma if self.dynamics is None else self.sigma * self.dynamics.factor(spot)

    def held(self) -> Book:
        """Return the contracts with a position: the others add nothing to a sum and cost as much."""
        return self.where(self.units != 0)

    @cached_property
    def _american(self) -> tuple[EarlyExercise, Ints, Ints] | None:
        """The early exercise of the contracts that have it, their places in the book and their numbers there."""
        if self.early is None or self.early_row is None:
            return None
        places = np.flatnonzero(self.early_row >= 0)
        return (self.early, places, self.early_row[places]) if len(places) else None

    def greeks(self, spot: float) -> Greeks[Floats]:
        """Return the greeks of one unit of each contract; of early exercise delta, gamma and vanna hold their part."""
        unit = greeks(spot, self.strike, self.years, self.sigma_at(spot), self.rate, self.dividend, self.is_call)
        if self._american:
            early, places, rows = self._american
            _, delta, gamma = early.values(spot, rows)
            unit.delta[places] += delta
            unit.gamma[places] += gamma
            unit.vanna[places] += early.vanna(spot)[rows]
        return unit

    def gamma(self, spot: float) -> Floats:
        """Return the gamma of one unit of each contract, per point."""
        unit = gamma(spot, self.strike, self.years, self.sigma_at(spot), self.rate, self.dividend)
        if self._american:
            early, places, rows = self._american
            unit[places] += early.values(spot, rows).gamma
        return unit

    def net_gamma_usd(self, spot: float) -> float:
        """Return $ of delta per +1% of spot: 0.01 S^2 sum(N m gamma)."""
        total = gamma_sum(spot, self.strike, self.years, self.sigma_at(spot), self.units, self.rate, self.dividend)
        if self._american:
            early, places, rows = self._american
            total += early.gamma_sum(spot, self.units[places], rows)
        return PER_PCT * spot * spot * total

    def gamma_usd_profile(self, spots: Floats) -> Floats:
        """Return `net_gamma_usd` at spots that go up."""
        if not len(self):
            return np.zeros(len(spots))
        if self.dynamics is not None:
            return np.array([self.net_gamma_usd(float(spot)) for spot in spots])
        total = gamma_profile(spots, self.strike, self.years, self.sigma, self.units, self.rate, self.dividend)
        return PER_PCT * spots**2 * total + self.early_gamma_usd_profile(spots)

    def early_gamma_usd_profile(self, spots: Floats) -> Floats:
        """Return the part of `gamma_usd_profile` that early exercise adds."""
        if not self._american:
            return np.zeros(len(spots))
        early, places, rows = self._american
        return PER_PCT * spots**2 * early.gamma_profile(spots, self.units[places], rows)

    @cached_property
    def joined(self) -> Netted:
        """The contracts with a position, calls joined with their puts."""
        return netted(self, self.units != 0)

    def european(self) -> Book:
        """Return the same contracts without early exercise."""
        return self if self.early is None else replace(self, early=None, early_row=None)

    def delta(self, spot: float, elapsed: float = 0.0) -> Floats:
        """Return each contract's delta after `elapsed` years; one that has expired by then has its payoff's slope."""
        years = self.years - elapsed
        delta = greeks(spot, self.strike, years, self.sigma_at(spot), self.rate, self.dividend, self.is_call).delta
        expired = years <= 0
        if self._american and not expired[self._american[1]].all():
            early, places, rows = self._american
            delta[places] += early.after(elapsed).values(spot, rows).delta
        delta[expired] = _payoff_slope(spot, self.strike[expired], self.is_call[expired])
        return delta

    def shares(self, spot: float) -> float:
        """Return dealers' option delta at a spot, in shares or index units."""
        return float(np.sum(self.units * self.delta(spot)))


@dataclass(frozen=True)
class ContractExposure:
    """Dealers' exposure in each contract, $; see `gex.results.Exposure` for the units."""

    unit_gamma: Floats
    """Gamma of one unit of the underlying, per point."""
    gamma: Floats
    delta: Floats
    vanna: Floats
    charm: Floats | None
    is_call: Bools

    def of(self, chosen: Places) -> Exposure:
        """Return the exposure of the contracts at some places."""
        gamma = gamma_exposure(self.gamma[chosen], self.is_call[chosen])
        return Exposure(
            gamma_usd_per_1pct=gamma,
            condition_number=gamma.gross / abs(gamma.net) if gamma.net else None,
            delta_usd=float(np.sum(self.delta[chosen])),
            vanna_usd_per_vol_point=float(np.sum(self.vanna[chosen])),
            charm_usd_to_close=None if self.charm is None else float(np.sum(self.charm[chosen])),
        )


def gamma_exposure(gamma_usd: Floats, is_call: Bools) -> GammaExposure:
    """Sum gamma by side; gross is the sum of sizes."""
    calls, puts = (float(np.sum(np.where(side, gamma_usd, 0.0))) for side in (is_call, ~is_call))
    return GammaExposure(net=calls + puts, gross=float(np.sum(np.abs(gamma_usd))), calls=calls, puts=puts)


def contract_exposure(book: Book, spot: float, years_to_close: float | None) -> ContractExposure:
    """Price every contract at `spot` and scale to dollars.

    Args:
        book: Contracts and positions.
        spot: Points.
        years_to_close: Time to the next close for charm, an exact difference of delta at fixed spot;
            None where there is no such close.

    """
    unit = book.greeks(spot)
    dollars = spot * book.units
    charm = None if years_to_close is None else dollars * (book.delta(spot, years_to_close) - unit.delta)
    return ContractExposure(
        unit_gamma=unit.gamma,
        gamma=PER_PCT * spot * dollars * unit.gamma,
        delta=dollars * unit.delta,
        vanna=PER_PCT * dollars * unit.vanna,
        charm=charm,
        is_call=book.is_call,
    )


def hedge_flows(book: Book, spot: float) -> tuple[HedgeFlow, ...]:
    """Re-price dealers' delta after each move of `MOVES_PCT`; they trade the opposite of its change.

    The shares are valued at the spot moved to. A derivative times the move is good for a few tenths of a
    percent only, so none is used. A put may stand in the book as its call: their deltas change alike.
    """
    held = book.held()
    before = held.shares(spot)
    return tuple(
        HedgeFlow(move, -(held.shares(moved) - before) * moved)
        for move, moved in ((pct, spot * (1.0 + pct / 100.0)) for pct in MOVES_PCT)
    )


def _payoff_slope(spot: float, strike: Floats, is_call: Bools) -> Floats:
    """Return the delta at expiry: 1 for a call in the money, -1 for a put, half of it at the strike."""
    above = np.heaviside(spot - strike, 0.5)
    return np.where(is_call, above, above - 1.0)
