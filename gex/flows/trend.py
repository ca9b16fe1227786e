"""The position of trend followers in an index: trend over three horizons, sized by volatility, traded with delay.

For each span n, with E_n the exponential average of closes and s the daily volatility,

    trend     x_n = ln(P / E_n) / (s (n - 1) / (2 sqrt n)), standard deviations of a random walk about its average
    signal    clip(x_n / width, -1, 1), which changes sign at E_n: that is the pivot that brokers publish
    target    signal * min(1, target volatility / volatility)
    leg       exponential average of the target: orders are worked over days
    position  sum of weight_n * leg_n, in [-1, 1]

Dollars are the position times those of a full one. A cap on leverage would only rescale that and the target volatility,
so there is none but 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.triggers import SEED, positive
from gex.signals.averages import ema
from gex.signals.realized import TRADING_DAYS, ewma

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.quotes import Floats

PIVOTS = {"short": 38, "medium": 121, "long": 345}
"""Spans whose exponential averages of SPX's closes come near to the levels that Goldman Sachs publishes."""


@dataclass(frozen=True)
class TrendModel:
    """What trend followers are taken to do; the defaults are those of `gex.flows.calibration` on SPX.

    Attributes:
        full_size_usd: Dollars of a position of 1.
        weights: Shares of the spans in it, adding up to 1.
        width: Standard deviations of trend at which a signal is full.
        target_volatility: A year; at or below it a full signal is held in full.
        volatility_days: Centre of mass of the exponentially weighted variance, sessions.
        execution_span: Of the exponential average that works an order, sessions; 1 trades at once.
        spans: Of the averages, sessions.

    """

    full_size_usd: float = 201.23e9
    weights: tuple[float, ...] = (0.676, 0.21, 0.114)
    width: float = 0.5
    target_volatility: float = 0.08
    volatility_days: float = 20.0
    execution_span: float = 20.0
    spans: tuple[int, ...] = tuple(PIVOTS.values())

    def __post_init__(self) -> None:
        """Refuse what nobody could trade."""
        for name in ("full_size_usd", "width", "target_volatility", "volatility_days"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if not self.execution_span >= 1.0:
            raise ValueError(f"execution_span must be one session or more, got {self.execution_span}")
        if len(self.weights) != len(self.spans) or not min((*self.weights, 0.0)) >= 0.0:
            raise ValueError(f"expected {len(self.spans)} weights of zero or more, got {self.weights}")
        if not abs(sum(self.weights) - 1.0) <= 1e-9:
            raise ValueError(f"weights must add up to 1, got {self.weights}")
        if not self.spans or min(self.spans) < 2:
            raise ValueError(f"spans must be two sessions or more, got {self.spans}")

    @property
    def needed(self) -> int:
        """How many closes it takes until the slowest average has forgotten where it began."""
        return math.ceil(SEED * max(self.spans))


@dataclass(frozen=True)
class TrendState:
    """How things stand after a close; any shape (...), the same for several dates or paths at once.

    Attributes:
        close: Points, shape (...).
        averages: Exponential averages, points, shape (spans, ...).
        variance: Of a day's return, shape (...).
        legs: Positions worked so far, in [-1, 1], shape (spans, ...).

    """

    close: Floats
    averages: Floats
    variance: Floats
    legs: Floats

    def at(self, place: npt.ArrayLike) -> TrendState:
        """Return the states at places of the last axis."""
        found = {each.name: getattr(self, each.name)[..., np.asarray(place)] for each in fields(self)}
        return TrendState(**found)

    def held(self, model: TrendModel) -> Floats:
        """Return the position, in [-1, 1], shape (...)."""
        return np.asarray(np.tensordot(np.asarray(model.weights), self.legs, 1))


def trend_states(closes: npt.ArrayLike, model: TrendModel) -> TrendState:
    """Follow a history; each day's state rests on that close and earlier ones.

    Args:
        closes: Prices, oldest first, all positive; shape (days,).
        model: What is traded.

    Returns:
        States of shape (days,), NaN in variance and legs for the first month. Before `model.needed` closes the averages
        still remember where they began.

    Raises:
        TypeError: Closes are no numbers.
        ValueError: One is missing, zero, negative or infinite, or they are not one-dimensional.

    """
    prices = positive(closes)
    return worked(prices, averages_of(prices, model.spans), variance_of(prices, model.volatility_days), model)


def averages_of(prices: Floats, spans: Sequence[int]) -> Floats:
    """Return the exponential average of each span, shape (spans, days)."""
    return np.stack([ema(prices, span) for span in spans])


def variance_of(prices: Floats, volatility_days: float) -> Floats:
    """Return the variance of a day's return, exponentially weighted, shape (days,)."""
    volatility: Floats = ewma(prices, volatility_days / (volatility_days + 1.0))
    return volatility**2 / TRADING_DAYS


def worked(prices: Floats, averages: Floats, variance: Floats, model: TrendModel) -> TrendState:
    """Return the states of a history whose averages and variance are known; shapes as for `TrendState`."""
    wanted = target(prices, averages, variance, model)
    return TrendState(prices, averages, variance, np.stack([ema(each, model.execution_span) for each in wanted]))


def trend_positions(closes: npt.ArrayLike, model: TrendModel) -> Floats:
    """Return the position of each day, in [-1, 1], shape (days,); NaN before `model.needed` closes.

    Arguments and errors as for `trend_states`.
    """
    held = trend_states(closes, model).held(model)
    held[: model.needed - 1] = np.nan
    return held


def step(state: TrendState, returns: npt.ArrayLike, model: TrendModel) -> TrendState:
    """Return the state one close later.

    Args:
        state: Before, of shape (...).
        returns: Natural logarithms of close over close, of a shape that goes with (...).
        model: What is traded.

    """
    move = np.asarray(returns, dtype=np.float64)
    close = state.close * np.exp(move)
    gain = (2.0 / (np.asarray(model.spans, dtype=np.float64) + 1.0)).reshape(-1, *[1] * np.ndim(close))
    averages = state.averages + gain * (close - state.averages)
    variance = state.variance + (move * move - state.variance) / (model.volatility_days + 1.0)
    wanted = target(close, averages, variance, model)
    return TrendState(
        close, averages, variance, state.legs + 2.0 / (model.execution_span + 1.0) * (wanted - state.legs)
    )


def target(close: Floats, averages: Floats, variance: Floats, model: TrendModel) -> Floats:
    """Return the position each span aims at, in [-1, 1]; without any volatility it is the full sign of the trend.

    Args:
        close: Points, shape (...).
        averages: Points, shape (spans, ...).
        variance: Of a day's return, shape (...).
        model: What is traded.

    """
    span = np.asarray(model.spans, dtype=np.float64).reshape(-1, *[1] * np.ndim(close))
    trend = np.log(close / averages)
    daily = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = trend / (daily * (span - 1.0) / (2.0 * np.sqrt(span)))
        size = np.minimum(1.0, model.target_volatility / (daily * math.sqrt(TRADING_DAYS)))
    signal = np.where(trend == 0.0, 0.0, np.clip(score / model.width, -1.0, 1.0))
    return np.asarray(signal * size)


def sized(signal: npt.ArrayLike, volatility: npt.ArrayLike, target_volatility: float) -> Floats:
    """Return any signal's position, signal * min(1, target / volatility), in [-1, 1].

    Args:
        signal: In [-1, 1], shape (n,).
        volatility: A year, above zero, shape (n,).
        target_volatility: A year.

    Raises:
        ValueError: A volatility or the target is not above zero.

    """
    realized = np.asarray(volatility, dtype=np.float64)
    if not target_volatility > 0.0 or np.any(realized <= 0.0):
        raise ValueError("volatility and its target must be above 0")
    return np.asarray(np.clip(signal, -1.0, 1.0) * np.minimum(1.0, target_volatility / realized))
