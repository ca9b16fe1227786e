"""Who holds and trades a sample's contracts, and how they are quoted: open interest, volume, bids and asks.

Open interest gathers on round strikes, puts below spot and calls above it; volume in what expires today.
Draws that belong to a contract come from a generator seeded by the contract, so they are the same on every day
of a series.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gex.ingest.sample_market import Listing, Symbol
    from gex.ingest.sample_truth import Floats

SPIKE_CHANCE, SPIKE = 0.012, 5.0
"""How often a strike holds a block, and how much more it then holds."""


@dataclass(frozen=True)
class Habits:
    """How an underlying's options are held, traded and quoted.

    Attributes:
        step: The finest strike spacing; numbers the strikes for their own draws.
        roundness: (multiple, weight): a strike weighs as the first multiple that divides it.
        open_interest: Contracts by kind of expiration: (root, kind) to (near, days of decay, far).
        month_weights: How much more than other months the quarterly and year-end ones hold.
        volume_today: Contracts a day in what expires today.
        volume_next: The same in what expires next, falling with sessions to the power of -1.8.
        turnover: Share of open interest traded a day, in every expiration.
        width: Quote widths in points: a fixed part, a part per square root of the price, the growth of both per
            square-root year, and the widest.
        ticks: (price below which it holds, tick).

    """

    step: float
    roundness: tuple[tuple[float, float], ...]
    open_interest: dict[tuple[str, str], tuple[float, float, float]]
    month_weights: dict[int, float]
    volume_today: float
    volume_next: float
    turnover: float
    width: tuple[float, float, float, float]
    ticks: tuple[tuple[float, float], ...]


HABITS: dict[Symbol, Habits] = {
    "SPX": Habits(
        step=5.0,
        roundness=((500, 10.0), (100, 6.0), (50, 4.0), (25, 1.8), (10, 1.1), (5, 0.9)),
        open_interest={
            ("SPXW", "daily"): (190e3, 8.0, 0.0),
            ("SPXW", "weekly"): (420e3, 40.0, 0.0),
            ("SPXW", "monthly"): (420e3, 45.0, 4e3),
            ("SPXW", "month_end"): (380e3, 70.0, 6e3),
            ("SPX", "monthly"): (2.1e6, 75.0, 160e3),
        },
        month_weights={3: 1.9, 6: 2.0, 9: 1.9, 12: 3.2},
        volume_today=1.9e6,
        volume_next=420e3,
        turnover=0.025,
        width=(0.03, 0.06, 0.8, 16.0),
        ticks=((3.0, 0.05), (np.inf, 0.1)),
    ),
    "QQQ": Habits(
        step=1.0,
        roundness=((50, 12.0), (10, 9.0), (5, 6.0), (1, 1.0)),
        open_interest={
            ("QQQ", "daily"): (150e3, 5.0, 0.0),
            ("QQQ", "weekly"): (420e3, 18.0, 0.0),
            ("QQQ", "monthly"): (1.9e6, 75.0, 120e3),
            ("QQQ", "month_end"): (170e3, 70.0, 4e3),
        },
        month_weights={1: 1.8, 3: 2.2, 6: 2.4, 9: 2.2, 12: 2.4},
        volume_today=1.4e6,
        volume_next=440e3,
        turnover=0.03,
        width=(0.006, 0.007, 5.0, 5.0),
        ticks=((np.inf, 0.01),),
    ),
}
PUT_SHARE = 0.62
"""Of all open interest, before the balance of calls is set."""
BASE_WIDTH = {"daily": 0.012, "weekly": 0.026, "month_end": 0.060, "monthly": 0.090}
"""How far strikes are held beyond what the remaining move asks for, as a fraction of spot: positions are old."""


@dataclass(frozen=True)
class Rungs:
    """Strikes of every listing, one entry per (listing, strike), in the chain's order."""

    listing: list[Listing]
    index: np.ndarray[tuple[int], np.dtype[np.int64]]
    """Which listing."""
    strike: Floats
    w_money: Floats
    """Total standard deviation at the forward of the rung's expiration."""


def wanted_open_interest(symbol: Symbol, rungs: Rungs, centre: float, seed: int) -> Floats:
    """Return contracts that holders tend to, puts below `centre` and calls above; not whole, (rungs, 2), calls first."""
    x = np.log(rungs.strike / centre) / np.hypot(rungs.w_money, _base_width(rungs))
    sides = np.stack([_peak(x, 0.6, 0.45, 0.9), _peak(x, -0.6, 1.6, 0.45)], axis=1)
    sides *= (_roundness(symbol, rungs.strike) ** _habit(rungs, today=0.6, later=1.0))[:, None]
    sides *= _contract_noise(symbol, rungs, seed)
    totals = np.array([_held(symbol, each) for each in rungs.listing])
    return _scaled(sides, totals[:, None] * np.array([1.0 - PUT_SHARE, PUT_SHARE]) * _listing_noise(rungs, seed), rungs)


def traded_volume(
    symbol: Symbol, rungs: Rungs, wanted: Floats, held: Floats, spot: float, rng: np.random.Generator
) -> Floats:
    """Return contracts traded over the whole day, before rounding; (rungs, 2).

    Args:
        symbol: Whose habits.
        rungs: The strikes of every listing.
        wanted: Open interest that holders tend to; (rungs, 2).
        held: Open interest there is; (rungs, 2).
        spot: Points.
        rng: Draws the day.

    """
    habits = HABITS[symbol]
    interest = 0.5 * (wanted + held)
    count = np.array([each.sessions for each in rungs.listing])
    near = np.where(count > 0, habits.volume_next * np.maximum(count, 1) ** -1.8, habits.volume_today)
    totals = near + habits.turnover * _sum_by_listing(interest, rungs).sum(axis=1)
    width = np.where(count[rungs.index] > 0, 0.5 * _base_width(rungs), 0.001)
    x = np.log(rungs.strike / spot) / np.hypot(rungs.w_money, width)
    sides = np.stack([_peak(x, 0.35, 0.3, 0.8), _peak(x, -0.35, 0.9, 0.3)], axis=1)
    sides *= (_roundness(symbol, rungs.strike) ** 0.5)[:, None] * np.exp(0.8 * rng.standard_normal(sides.shape))
    sides *= np.sqrt(interest + 20.0)
    day_noise = np.exp(0.15 * rng.standard_normal((len(totals), 2)))
    return _scaled(sides, 0.5 * totals[:, None] * day_noise, rungs)


def day_share(elapsed: float) -> float:
    """Return the part of a day's volume that has traded when this part of the session is over: busy mornings."""
    return float(min(max(elapsed, 0.02), 1.0) ** 0.75)


def make_quotes(
    symbol: Symbol,
    price: Floats,
    intrinsic: Floats,
    years: Floats,
    spot: float,
    rng: np.random.Generator | None,
) -> tuple[Floats, Floats]:
    """Return bids and asks.

    Args:
        symbol: Whose ticks and widths.
        price: Exact prices, points.
        intrinsic: What each is in the money, points.
        years: To expiry.
        spot: Points.
        rng: Shifts the middle within the quote and rounds to ticks; None quotes symmetrically about the exact
            price, unrounded and never at zero.

    """
    fixed, root, growth, widest = HABITS[symbol].width
    out = np.maximum(price - intrinsic, 0.0)
    width = (fixed + root * np.sqrt(out)) * (1.0 + growth * np.sqrt(years))
    deep = np.maximum(intrinsic - 0.002 * spot, 0.0) * 0.04 / (1.0 + 4.0 * years)
    width = np.minimum(width + deep, widest)
    if rng is None:
        half = 0.5 * np.minimum(width, price)
        return price - half, price + half
    middle = price + width * rng.uniform(-0.12, 0.12, len(price))
    tick = np.full(len(price), np.nan)
    for below, size in reversed(HABITS[symbol].ticks):
        tick[middle < below] = size
    bid = np.floor((middle - 0.5 * width) / tick + 1e-9) * tick
    ask = np.ceil((middle + 0.5 * width) / tick - 1e-9) * tick
    bid = np.maximum(bid, 0.0)
    return np.round(bid, 2), np.round(np.maximum(ask, bid + tick), 2)


def _held(symbol: Symbol, listing: Listing) -> float:
    """Return the open interest of one expiration, calls and puts together."""
    near, decay, far = HABITS[symbol].open_interest[listing.root, listing.kind]
    month = HABITS[symbol].month_weights.get(listing.expiration.month, 1.0)
    weight = month if listing.kind in {"monthly", "month_end"} else 1.0
    rush = 1.0 + 2.0 * exp(-listing.sessions) if listing.kind in {"daily", "weekly"} else 1.0
    return weight * rush * (near * exp(-listing.days / decay) + far * exp(-listing.days / 600.0))


def _peak(x: Floats, centre: float, left: float, right: float) -> Floats:
    """Return a two-sided exponential, rounded at its peak."""
    distance = np.where(x < centre, (centre - x) / left, (x - centre) / right)
    return np.exp(-(np.sqrt(distance**2 + 0.25) - 0.5))


def _habit(rungs: Rungs, today: float, later: float) -> Floats:
    """Spread an exponent over the rungs: what expires within the week is less tied to round numbers."""
    near = np.array([each.kind == "daily" or each.days < 7 for each in rungs.listing])
    return np.where(near, today, later)[rungs.index]


def _roundness(symbol: Symbol, strike: Floats) -> Floats:
    """Return how much a strike draws for being round."""
    weight = np.full(len(strike), 0.5)
    for multiple, value in reversed(HABITS[symbol].roundness):
        weight[strike % multiple == 0] = value
    return weight


def _contract_noise(symbol: Symbol, rungs: Rungs, seed: int) -> Floats:
    """Return each contract's own factor, the same on whatever day it is looked at; (rungs, 2)."""
    noise = np.empty((len(rungs.strike), 2))
    number = np.round(rungs.strike / HABITS[symbol].step).astype(np.int64)
    for index, listing in enumerate(rungs.listing):
        at = rungs.index == index
        key, shape = (seed, _code(listing.root), listing.expiration.toordinal()), (int(number[at].max()) + 1, 2)
        own = np.exp(0.5 * np.random.default_rng([*key, 0]).standard_normal(shape, dtype=np.float32))
        own[np.random.default_rng([*key, 1]).random(shape, dtype=np.float32) < SPIKE_CHANCE] *= SPIKE
        noise[at] = own[number[at]]
    return noise


def _listing_noise(rungs: Rungs, seed: int) -> Floats:
    """Return each expiration's own factors for calls and puts; (listings, 2)."""
    keys = [(seed, _code(each.root), each.expiration.toordinal(), 2) for each in rungs.listing]
    return np.exp(0.25 * np.array([np.random.default_rng(key).standard_normal(2) for key in keys]))


def _code(root: str) -> int:
    """Return a root as a number."""
    return int.from_bytes(root.encode())


def _base_width(rungs: Rungs) -> Floats:
    """Return each rung's `BASE_WIDTH`."""
    return np.array([BASE_WIDTH[each.kind] for each in rungs.listing])[rungs.index]


def _scaled(sides: Floats, totals: Floats, rungs: Rungs) -> Floats:
    """Scale each listing's calls and puts to their totals; (listings, 2)."""
    scaled: Floats = sides * (totals / _sum_by_listing(sides, rungs))[rungs.index]
    return scaled


def _sum_by_listing(values: Floats, rungs: Rungs) -> Floats:
    """Sum the two sides of each listing's strikes; (listings, 2)."""
    return np.stack(
        [np.bincount(rungs.index, weights=values[:, side], minlength=len(rungs.listing)) for side in (0, 1)], axis=1
    )
