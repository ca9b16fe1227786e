"""What dealers' hedging does to the moves that cause it, where gamma and impact are constant.

Dealers with $ gamma G trade -G r on a return r, and every dollar moves the price by lambda: all hangs on lambda * G.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Literal

Regime = Literal["damped", "neutral", "amplified", "no equilibrium"]


class NoEquilibriumError(ValueError):
    """Hedging moves the price by as much as, or more than, the move that caused it: no price is at rest."""


def strength(impact: float, gamma_usd: float) -> float:
    """Return lambda * G: the move against a move that hedging it causes, as a fraction of it.

    Args:
        impact: lambda, the return that one $ of net buying causes, 0 or more.
        gamma_usd: G, dealers' gamma in $ per unit return: 100 times that per +1%.

    Raises:
        ValueError: Not finite, or a negative impact.

    """
    if not (isfinite(impact) and impact >= 0):
        raise ValueError(f"impact must be 0 or more, as a return per $, got {impact!r}")
    if not isfinite(gamma_usd):
        raise ValueError(f"gamma_usd must be a finite number of $ per unit return, got {gamma_usd!r}")
    return impact * gamma_usd


def regime_of(impact: float, gamma_usd: float) -> Regime:
    """Return what hedging does to moves; arguments and errors as `strength`."""
    product = strength(impact, gamma_usd)
    if product <= -1:
        return "no equilibrium"
    return "damped" if product > 0 else "amplified" if product < 0 else "neutral"


def multiplier(impact: float, gamma_usd: float) -> float:
    """Return 1 / (1 + lambda G): how large a move is beside what it were without hedging, hedgers acting at once.

    r = e - lambda G r, for a shock e. Realised volatility is sigma times this. That hedging which follows the price
    raises volatility, by a factor that depends on the price, is Frey and Stremme (1997), "Market volatility and
    feedback effects from dynamic hedging"; the factor here is one line of algebra.

    Args:
        impact: As `strength`.
        gamma_usd: As `strength`.

    Raises:
        NoEquilibriumError: lambda G <= -1.
        ValueError: As `strength`.

    """
    product = strength(impact, gamma_usd)
    if product <= -1:
        raise NoEquilibriumError(no_equilibrium(product))
    return 1.0 / (1.0 + product)


def no_equilibrium(product: float) -> str:
    """Say why lambda G <= -1 has no answer."""
    return (
        f"the market has no equilibrium: lambda * G = {product:.4g} <= -1, so hedging a move "
        "moves the price by as much again or more"
    )


@dataclass(frozen=True)
class Lagged:
    """Returns where hedgers trade one step late: r_t = e_t + phi r_(t-1), with phi = -lambda G, an AR(1).

    Attributes:
        phi: Above -1 and below 1; also the autocorrelation at lag 1.

    """

    phi: float

    def __post_init__(self) -> None:
        """Refuse what diverges.

        Raises:
            NoEquilibriumError: |phi| >= 1.
            ValueError: phi is not a number.

        """
        if abs(self.phi) >= 1:
            raise NoEquilibriumError(
                f"hedging one step late, the market has no equilibrium: |phi| = |lambda * G| = {abs(self.phi):.4g} >= 1"
            )
        if not isfinite(self.phi):
            raise ValueError(f"phi must lie between -1 and 1, got {self.phi!r}")

    @property
    def volatility_ratio(self) -> float:
        """Standard deviation of a step's return beside that without hedging: 1 / sqrt(1 - phi^2)."""
        return 1.0 / sqrt(1.0 - self.phi * self.phi)

    @property
    def long_run(self) -> float:
        """What a shock amounts to in the end, 1 / (1 - phi): the multiplier of hedging at once."""
        return 1.0 / (1.0 - self.phi)

    def autocorrelation(self, lag: int) -> float:
        """Return that of returns `lag` steps apart, phi^lag.

        Raises:
            ValueError: A negative lag.

        """
        if lag < 0:
            raise ValueError(f"lag must be 0 or more, got {lag!r}")
        return float(self.phi**lag)

    def variance_ratio(self, steps: int) -> float:
        """Return Var(r_1 + ... + r_k) / (k Var(r)) = 1 + 2 sum_(j<k) (1 - j/k) phi^j for k steps.

        Lo and MacKinlay (1988), "Stock market prices do not follow random walks", Review of Financial Studies 1.

        Raises:
            ValueError: Under one step.

        """
        if steps < 1:
            raise ValueError(f"steps must be 1 or more, got {steps!r}")
        return 1.0 + 2.0 * sum((1.0 - lag / steps) * self.phi**lag for lag in range(1, steps))


def lagged(impact: float, gamma_usd: float) -> Lagged:
    """Return the returns of hedgers who trade one step late.

    Args:
        impact: As `strength`, of what is traded in a step.
        gamma_usd: As `strength`.

    Raises:
        NoEquilibriumError: |lambda G| >= 1.
        ValueError: As `strength`.

    """
    return Lagged(-strength(impact, gamma_usd))
