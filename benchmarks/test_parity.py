"""Forwards of sixty expirations from quotes with a spread, ticks and stale rows; beside the two usual recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.race import local_lane
from gex.pricing import forwards_from_parity, price

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.race import Lane, Race

SPOT, RATE, DIVIDEND, TICK = 6000.0, 0.04, 0.01, 0.05
DAYS = np.geomspace(1.0, 1000.0, 60)
STRIKES = np.arange(5000.0, 7000.0, 10.0)
STALE, STALE_MOVE = 0.03, 0.0015
NEAREST = 20

Expiration = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]


def _quotes(years: float, rng: np.random.Generator) -> Expiration:
    """Return strike, call bid and ask, put bid and ask, discount; a few rows were made when spot was elsewhere."""
    spot = np.where(rng.random(STRIKES.size) < STALE, SPOT * (1.0 + STALE_MOVE), SPOT)
    sides = []
    for is_call in (True, False):
        mid = price(spot, STRIKES, years, 0.2, RATE, DIVIDEND, is_call)
        half = 0.05 + 0.01 * mid**0.75
        sides += [np.maximum(np.floor((mid - half) / TICK) * TICK, 0.0), np.ceil((mid + half) / TICK) * TICK]
    return (STRIKES, *sides, float(np.exp(-RATE * years)))


def _implied_forwards(quotes: Expiration) -> tuple[np.ndarray, np.ndarray]:
    """Return strikes quoted on both sides, and the forward each implies."""
    strike, call_bid, call_ask, put_bid, put_ask, discount = quotes
    quoted = (call_bid > 0.0) & (put_bid > 0.0)
    difference = 0.5 * (call_bid + call_ask - put_bid - put_ask)[quoted]
    return strike[quoted], strike[quoted] + difference / discount


def _median(quotes: Expiration) -> float:
    strike, forwards = _implied_forwards(quotes)
    nearest = np.argsort(np.abs(strike - SPOT))[:NEAREST]
    return float(np.median(forwards[nearest]))


def _least_squares(quotes: Expiration) -> float:
    """Call less put against strike, the discount free."""
    strike, call_bid, call_ask, put_bid, put_ask, _ = quotes
    quoted = (call_bid > 0.0) & (put_bid > 0.0)
    slope, level = np.polyfit(strike[quoted] - SPOT, 0.5 * (call_bid + call_ask - put_bid - put_ask)[quoted], 1)
    return float(SPOT - level / slope)


def test_forwards(race: Race) -> None:
    rng = np.random.default_rng(11)
    expirations = [_quotes(days / 365.0, rng) for days in DAYS]
    exact = SPOT * np.exp((RATE - DIVIDEND) * DAYS / 365.0)

    def every(method: Callable[[Expiration], float]) -> Callable[[], list[float]]:
        return lambda: [method(quotes) for quotes in expirations]

    def error(call: Callable[[], list[float]]) -> float:
        return float(np.sqrt(np.mean((np.array(call()) / exact - 1.0) ** 2)))

    def lane(name: str, method: Callable[[Expiration], float], tolerance: float) -> Lane:
        one = local_lane(name, DAYS.size, every(method))
        one.error, one.tolerance = error(every(method)), tolerance
        assert one.error <= tolerance
        return one

    columns = [np.concatenate(column) for column in list(zip(*expirations, strict=True))[:5]]
    first, discount = STRIKES.size * np.arange(DAYS.size + 1), np.array([quotes[5] for quotes in expirations])

    def ours() -> list[float]:
        return forwards_from_parity(*columns, first, discount).forward.tolist()

    found = error(ours)
    assert found <= 1e-5
    lanes = [
        lane(f"NumPy, median of the {NEAREST} nearest strikes", _median, 1e-3),
        lane("NumPy, least squares, the discount free", _least_squares, 1e-2),
    ]
    race.run(
        ours,
        lanes,
        rows=DAYS.size,
        topic=f"Forwards from parity, {DAYS.size} expirations of {STRIKES.size} strikes",
        unit="expiration",
        error=found,
        tolerance=1e-5,
        measure="root mean square of the relative error of the forward",
    )
