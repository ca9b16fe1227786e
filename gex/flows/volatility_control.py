"""Volatility-control funds: as much of the index as keeps the fund's volatility at its target, and what that trades.

w = min(cap, target / max(RV20, RV60)), from closes to a day, held from the close `lag` sessions later; the trade is
AUM times the change of w. Volatility is of daily log returns about zero, 252 days a year. Funds and indices of this kind
differ in windows, weights, caps and lags, and how much money follows such rules nobody publishes: all are the user's to
set, and assets have no default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.closing import LAST_HALF_HOUR, done_by
from gex.signals.realized import close_close

if TYPE_CHECKING:
    from gex.quotes import Floats


@dataclass(frozen=True)
class Rule:
    """How a volatility-control fund sets its exposure.

    Attributes:
        target: Volatility a year, as a fraction: 0.1 for 10%.
        cap: The largest exposure, a multiple of the fund's assets.
        windows: Sessions of each realized volatility, of which the largest counts.
        lag: Sessions from the close that decides to the close that trades; 0 trades at the close itself.

    """

    target: float = 0.10
    cap: float = 1.5
    windows: tuple[int, ...] = (20, 60)
    lag: int = 1

    def __post_init__(self) -> None:
        """Refuse values out of range.

        Raises:
            ValueError: Names the value and what is accepted.

        """
        for name, value, most in (("target", self.target, 2.0), ("cap", self.cap, 10.0)):
            if not 0.0 < value <= most:
                raise ValueError(f"{name} must be over 0 and {most:g} at the most, got {value!r}")
        if not self.windows or any(window < 2 for window in self.windows):
            raise ValueError(f"windows must be sessions, two or more each; got {self.windows!r}")
        if not 0 <= self.lag <= 10:
            raise ValueError(f"lag must be sessions from 0 to 10, got {self.lag!r}")

    @property
    def needs(self) -> int:
        """Closes that decide one exposure."""
        return max(self.windows) + 1

    def decided(self, closes: Floats) -> Floats:
        """Return the exposure that each close decides, as a multiple of assets; NaN until the windows are full."""
        volatility = np.max([close_close(closes, window, centred=False) for window in self.windows], axis=0)
        with np.errstate(divide="ignore"):
            exposure: Floats = np.minimum(self.cap, self.target / volatility)
        return exposure

    def held(self, closes: Floats) -> Floats:
        """Return the exposure after each close: the one decided `lag` sessions before."""
        decided = self.decided(closes)
        return np.concatenate([np.full(min(self.lag, len(decided)), np.nan), decided[: len(decided) - self.lag]])

    def trades(self, closes: Floats) -> Floats:
        """Return the change of exposure at each close, per dollar of assets; NaN where either is unknown."""
        return np.diff(self.held(closes), prepend=np.nan)


@dataclass(frozen=True)
class VolatilityControl:
    """Funds that hold their volatility at a target, in the closing part of a session: a `Flow`.

    With a lag of a session or more the session's own price changes nothing: what it decides is traded later, see
    `decided_usd`.

    Attributes:
        closes: Of the index to the session before, ascending, `rule.needs` and `rule.lag` of them or more; shape (n,).
        aum_usd: What follows the rule, $.
        rule: How.
        closing: The part of the session they trade in, evenly.

    """

    closes: Floats
    aum_usd: float
    rule: Rule = field(default_factory=Rule)
    closing: float = LAST_HALF_HOUR
    name: str = "volatility_control"

    def __post_init__(self) -> None:
        """Refuse a history that decides nothing, and assets that are none.

        Raises:
            ValueError: Says how many closes are needed, or which value is wrong.

        """
        if not (math.isfinite(self.aum_usd) and self.aum_usd >= 0):
            raise ValueError(f"aum_usd must be dollars, 0 or more; got {self.aum_usd!r}")
        recent = np.asarray(self.closes, dtype=np.float64)[-self._needed :]
        if len(recent) < self._needed:
            raise ValueError(f"not enough history: {len(recent)} closes, {self._needed} decide the exposure")
        if not (np.isfinite(recent) & (recent > 0)).all():
            raise ValueError(f"the last {self._needed} closes must be positive, finite prices")
        done_by(0.0, self.closing)

    @property
    def _needed(self) -> int:
        """Closes before the session that its trade rests on: of two exposures, one session apart."""
        return self.rule.needs + self.rule.lag

    @property
    def exposure(self) -> float:
        """What the funds hold before the session, as a multiple of assets."""
        return float(self.rule.held(np.asarray(self.closes, dtype=np.float64)[-self._needed :])[-1])

    def usd(self, spots: Floats, elapsed: float) -> Floats:
        """Return what the funds have traded; see `Flow.usd`."""
        return done_by(elapsed, self.closing) * self._traded(spots, self.rule.lag) + 0.0  # no negative zero

    def decided_usd(self, spots: Floats) -> Floats:
        """Return what the session's close, there, makes them trade `lag` sessions later, $; shape as `spots`."""
        return self._traded(spots, 0)

    def _traded(self, spots: Floats, back: int) -> Floats:
        """Return the trade of the last exposures but `back`, were the session to close at each price."""
        known = np.asarray(self.closes, dtype=np.float64)[-self._needed :]
        prices = np.asarray(spots, dtype=np.float64)
        if back:
            exposures = self.rule.decided(known)
            return np.full(prices.shape, self.aum_usd * float(exposures[-back] - exposures[-back - 1]))
        before = float(self.rule.decided(known)[-1])
        after = [float(self.rule.decided(np.append(known, price))[-1]) for price in prices.ravel()]
        return self.aum_usd * (np.reshape(after, prices.shape) - before)
