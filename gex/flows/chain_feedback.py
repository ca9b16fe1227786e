"""What hedging a chain's options does to the moves that cause it: dealers' gamma, an impact, and what follows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from gex.flows.feedback import (
    Lagged,
    NoEquilibriumError,
    lagged,
    multiplier,
    regime_of,
    strength,
)
from gex.flows.fixed_point import critical_impact, dealers_usd, response, trades_of
from gex.flows.impact import LinearImpact, SquareRootImpact
from gex.intraday_paths import shares
from gex.profile import ladder_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.exposure import Book
    from gex.flows.feedback import Regime
    from gex.flows.fixed_point import Critical, Response

    Law = LinearImpact | SquareRootImpact

Answer = TypeVar("Answer")

PER_UNIT = 100.0
"""Gamma per +100%, a unit of return, over gamma per +1%."""
NO_IMPACT = "no impact is known: give one, or a daily volume and a daily volatility"
NO_SLOPE = "dealers have no gamma at this price: the square root has no slope to compare"
NO_SHORT = "dealers' hedging resists every move within reach: no linear impact makes prices fold"


@dataclass(frozen=True)
class Linear:
    """What follows of one gamma and one impact per dollar; what is None says why in `reasons`, under its name.

    Attributes:
        impact_per_usd: lambda, return per $.
        strength: lambda * G.
        regime: What hedging does to moves.
        multiplier: Size of a move beside that without hedging, hedgers acting at once: 1 / (1 + lambda G).
        late: Returns of hedgers who act one step late.
        critical_gamma_usd: -1 / lambda, dealers' gamma at which nothing is at rest any more, $ per unit return.
        room_usd: How far G is above it, negative beyond.

    """

    impact_per_usd: float
    strength: float
    regime: Regime
    multiplier: float | None
    late: Lagged | None
    critical_gamma_usd: float | None
    room_usd: float | None
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Feedback:
    """What `feedback_of` returns; what is None says why in `reasons`, under its name.

    Attributes:
        spot: The price everything starts from, points.
        gamma_usd: G, dealers' gamma, $ per unit return: 100 times that per +1%.
        impact: The law; None where none was given.
        linear: With constant gamma and impact; by the square root, the impact per $ is that of what dealers trade on a
            move of one standard deviation of a day.
        reach: How far prices are looked at around spot, a fraction of it.
        critical: The linear impact from which on prices fold somewhere within reach, and where first.
        prices: The prices that hedging confirms, re-priced in full.

    """

    spot: float
    gamma_usd: float
    impact: Law | None
    linear: Linear | None
    reach: float
    critical: Critical
    prices: Response | None
    reasons: dict[str, str] = field(default_factory=dict)


def feedback_of(book: Book, spot: float, impact: Law | None, *, reach: float = 0.1) -> Feedback:
    """Say what hedging a book does to the price.

    Args:
        book: Contracts with dealers' positions.
        spot: The price now, points.
        impact: What dollars do to it; None for what needs none alone.
        reach: How far prices are looked at around spot, a fraction of it: 0.001 to 0.5.

    Raises:
        ValueError: `reach` is out of range, or `spot` is no price.

    """
    if not 0.001 <= reach <= 0.5:
        raise ValueError(f"reach must lie from 0.001 to 0.5 of spot, got {reach!r}")
    held = book.held()
    gamma_usd = PER_UNIT * held.net_gamma_usd(spot)
    trades = trades_of(dealers_usd(lambda spots: shares(held, spots, 0.0), spot), spot, ladder_of(held, spot, reach))
    critical, per_usd = critical_impact(trades), _per_usd(impact, gamma_usd)
    missing = {
        "linear": None if per_usd is not None else NO_IMPACT if impact is None else NO_SLOPE,
        "critical.impact": NO_SHORT if critical.impact is None else None,
        "prices": NO_IMPACT if impact is None else None,
    }
    return Feedback(
        spot=spot,
        gamma_usd=gamma_usd,
        impact=impact,
        linear=None if per_usd is None else linear_of(per_usd, gamma_usd),
        reach=reach,
        critical=critical,
        prices=None if impact is None else response(trades, impact),
        reasons={name: why for name, why in missing.items() if why},
    )


def linear_of(impact_per_usd: float, gamma_usd: float) -> Linear:
    """Return what follows of one gamma and one impact.

    Args:
        impact_per_usd: lambda, return per $, 0 or more.
        gamma_usd: G, $ per unit return.

    Raises:
        ValueError: As `gex.flows.feedback.strength`.

    """
    reasons: dict[str, str] = {}
    critical = -1.0 / impact_per_usd if impact_per_usd else None
    if critical is None:
        reasons |= dict.fromkeys(("critical_gamma_usd", "room_usd"), "without impact every gamma is at rest")
    return Linear(
        impact_per_usd=impact_per_usd,
        strength=strength(impact_per_usd, gamma_usd),
        regime=regime_of(impact_per_usd, gamma_usd),
        multiplier=_or_reason("multiplier", reasons, lambda: multiplier(impact_per_usd, gamma_usd)),
        late=_or_reason("late", reasons, lambda: lagged(impact_per_usd, gamma_usd)),
        critical_gamma_usd=critical,
        room_usd=None if critical is None else gamma_usd - critical,
        reasons=reasons,
    )


def _or_reason(name: str, reasons: dict[str, str], answer: Callable[[], Answer]) -> Answer | None:
    try:
        return answer()
    except NoEquilibriumError as error:
        reasons[name] = str(error)
        return None


def _per_usd(impact: Law | None, gamma_usd: float) -> float | None:
    """Return lambda; of the square root, at what dealers trade on a move of one standard deviation of a day."""
    if not isinstance(impact, SquareRootImpact):
        return None if impact is None else impact.per_usd
    traded = abs(gamma_usd) * impact.daily_volatility
    return impact.linear_at(traded).per_usd if traded else None
