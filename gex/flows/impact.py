"""What dollars of net buying do to a price: linear, or by the square root, each with its units."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from gex.quotes import Floats


class Impact(Protocol):
    """How far net buying moves the price."""

    def log_return(self, usd: Floats) -> Floats:
        """Return ln(S/S0) that net buying of so many $ causes; odd: selling moves the price as far down."""
        ...


@dataclass(frozen=True)
class LinearImpact:
    """Every dollar moves the price alike, whatever came before it (Kyle 1985's lambda, in returns).

    Attributes:
        per_usd: ln(S/S0) per $ of net buying, 0 or more: 1e-12 moves the price 1% for $10bn.

    """

    per_usd: float

    def __post_init__(self) -> None:
        """Refuse what is no impact.

        Raises:
            ValueError: Negative, infinite or NaN.

        """
        if not (isfinite(self.per_usd) and self.per_usd >= 0):
            raise ValueError(f"impact must be 0 or more, as a return per $, got {self.per_usd!r}")

    def log_return(self, usd: Floats) -> Floats:
        """Return ln(S/S0) = per_usd * usd."""
        return self.per_usd * np.asarray(usd, dtype=np.float64)


@dataclass(frozen=True)
class SquareRootImpact:
    """A quarter of the dollars moves the price half as far: ln(S/S0) = Y sigma_d sqrt(|Q| / ADV) sign(Q).

    Measured on large orders that are worked in pieces, with Y of the order of one: Toth et al. (2011), "Anomalous price
    impact and the critical nature of liquidity in financial markets", Physical Review X 1, 021006. Of small ones impact
    is linear: Bucci et al. (2018), "Crossover from linear to square-root market impact", arXiv:1811.05230.

    Attributes:
        adv_usd: Average daily volume of all that hedgers trade in, $, above 0.
        daily_volatility: Standard deviation of a day's return, above 0: 0.01 is 1%.
        prefactor: Y, above 0.

    """

    adv_usd: float
    daily_volatility: float
    prefactor: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no market.

        Raises:
            ValueError: Names what is not above 0 and finite, or the volatility of a day that is above 100%.

        """
        check_market(self.adv_usd, self.daily_volatility, self.prefactor)

    def log_return(self, usd: Floats) -> Floats:
        """Return ln(S/S0) for dollars of net buying."""
        usd = np.asarray(usd, dtype=np.float64)
        return self.prefactor * self.daily_volatility * np.sign(usd) * np.sqrt(np.abs(usd) / self.adv_usd)

    def linear_at(self, usd: float) -> LinearImpact:
        """Return the linear impact that moves the price as far for this amount.

        Raises:
            ValueError: The amount is 0: there the slope is infinite.

        """
        if not (isfinite(usd) and usd != 0):
            raise ValueError(f"the square root has no linear impact at {usd!r} $: give an amount other than 0")
        return LinearImpact(float(self.log_return(np.array(usd))) / usd)


def kyle_impact(adv_usd: float, daily_volatility: float, prefactor: float = 1.0) -> LinearImpact:
    """Return Y sigma_d / ADV: net buying of a whole day's volume moves the price Y standard deviations of a day.

    Kyle (1985), "Continuous auctions and insider trading", Econometrica 53, has lambda = sqrt(Sigma_0) / (2 sigma_u):
    how uncertain the value is over how much is traded without knowing it. A day's volatility and a day's volume stand in
    for both, which is right in order of magnitude alone.

    Args:
        adv_usd: Average daily volume of all that hedgers trade in, $, above 0.
        daily_volatility: Standard deviation of a day's return, above 0.
        prefactor: Y, above 0.

    Raises:
        ValueError: As `SquareRootImpact`.

    """
    check_market(adv_usd, daily_volatility, prefactor)
    return LinearImpact(prefactor * daily_volatility / adv_usd)


def check_market(adv_usd: float, daily_volatility: float, prefactor: float = 1.0) -> None:
    """Refuse volumes and volatilities that no market has.

    Raises:
        ValueError: Names what is not above 0 and finite, or the volatility of a day that is above 100%.

    """
    for name, value in (("adv_usd", adv_usd), ("daily_volatility", daily_volatility), ("prefactor", prefactor)):
        if not (isfinite(value) and value > 0):
            raise ValueError(f"{name} must be above 0, got {value!r}")
    if daily_volatility > 1:
        raise ValueError(f"daily_volatility is a fraction, 0.01 for 1% a day, got {daily_volatility!r}")
