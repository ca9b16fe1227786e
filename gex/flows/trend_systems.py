"""Known trend systems side by side, each by its own signal and its own target of volatility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.flows.trend import sized, variance_of
from gex.flows.trend_signals import baltas_kosowski, blend, crossing, ewma_crossings, lattice, momentum
from gex.flows.triggers import positive
from gex.signals.realized import TRADING_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gex.quotes import Floats

MEMORY = 60.0
"""Centre of mass of the variance that sizes them, sessions (Moskowitz, Ooi and Pedersen)."""
YEAR = 252


@dataclass(frozen=True)
class TrendSystem:
    """How a system trades."""

    name: str
    definition: str
    target_volatility: float
    """A year; a full signal is held in full at it or below."""
    signal: Callable[[Floats], Floats]
    """From closes to signals in [-1, 1]."""


@dataclass(frozen=True)
class Stance:
    """Where a system stands after the last close: signal and position in [-1, 1]."""

    system: TrendSystem
    signal: float
    position: float


SYSTEMS = (
    TrendSystem(
        "momentum_12m",
        "sign of the return over 252 sessions (Moskowitz, Ooi and Pedersen 2012)",
        0.40,
        lambda closes: momentum(closes, YEAR),
    ),
    TrendSystem(
        "momentum_1_3_12m",
        "mean sign of the returns over 21, 63 and 252 sessions (Hurst, Ooi and Pedersen 2017)",
        0.10,
        lambda closes: blend([momentum(closes, window) for window in (21, 63, YEAR)], [1.0, 1.0, 1.0]),
    ),
    TrendSystem(
        "average_20_120",
        "20-day average above or below the 120-day one (SG Trend Indicator)",
        0.10,
        lambda closes: crossing(closes, 20, 120),
    ),
    TrendSystem(
        "ewma_pairs",
        "mean sign of exponential averages 8/24, 16/48 and 32/96",
        0.10,
        ewma_crossings,
    ),
    TrendSystem(
        "baltas_kosowski",
        "Newey-West t of the trend of 252 log prices, over 2, held to 1 (Baltas and Kosowski 2015)",
        0.10,
        lambda closes: baltas_kosowski(closes[-YEAR:], YEAR),
    ),
    TrendSystem(
        "lattice",
        "signs over 21, 63 and 252 sessions weighted 0.156, 0.234, 0.61 (states as Nomura's; its windows unknown)",
        0.10,
        lattice,
    ),
)
NEEDED = YEAR + 1


def stances(closes: npt.ArrayLike) -> tuple[Stance, ...]:
    """Return where every system stands after the last close.

    Args:
        closes: Prices, oldest first, all positive, `NEEDED` or more; shape (days,).

    Raises:
        ValueError: A price is not positive, or there are too few, or they never move.

    """
    prices = positive(closes)
    if len(prices) < NEEDED:
        raise ValueError(f"trend systems need {NEEDED} closes, got {len(prices)}")
    volatility = (variance_of(prices, MEMORY)[-1:] * TRADING_DAYS) ** 0.5
    if volatility[0] == 0.0:
        raise ValueError("the closes never move: there is no volatility to size positions by")
    found = []
    for system in SYSTEMS:
        signal = system.signal(prices)[-1:]
        found.append(Stance(system, float(signal[0]), float(sized(signal, volatility, system.target_volatility)[0])))
    return tuple(found)
