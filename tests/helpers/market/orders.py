"""Who wants to trade what: the day's customer orders, before any price is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.ingest import calendar
from market.contracts import MILLISECOND, SECOND, nanoseconds
from market.settings import COMPLEX, INSTITUTIONAL, KINDS, RESTING, RETAIL

if TYPE_CHECKING:
    from market.contracts import Contracts
    from market.settings import Settings

TEMPLATES = (
    ("vertical", ((0, 0, 1, 1), (2, 0, -1, 1))),
    ("strangle", ((-1, 1, 1, 1), (1, 0, 1, 1))),
    ("butterfly", ((-2, 0, 1, 1), (0, 0, -1, 2), (2, 0, 1, 1))),
    ("condor", ((-4, 1, -1, 1), (-2, 1, 1, 1), (2, 0, 1, 1), (4, 0, -1, 1))),
)
"""Complex orders: of each leg the strikes away from the first, whether it is of the other type, its side and its ratio."""
WEIGHTS = (0.5, 0.2, 0.1, 0.2)
REACH = 4


@dataclass(frozen=True)
class Orders:
    """One entry a trade to be, in the order of time.

    Attributes:
        time: Nanoseconds of UTC.
        contract: Its place in the listing.
        agent: Whose order it is: `RETAIL` or `INSTITUTIONAL`.
        kind: One of `KINDS`.
        sign: +1 and -1 of a complex order's legs, 1 of other orders.
        parcel: Legs of one complex order share a number; -1 of other orders.
        size: Contracts wanted.

    """

    time: np.ndarray
    contract: np.ndarray
    agent: np.ndarray
    kind: np.ndarray
    sign: np.ndarray
    parcel: np.ndarray
    size: np.ndarray

    @property
    def leader(self) -> np.ndarray:
        """The place of each order's first leg; of other orders their own."""
        _, first, inverse = np.unique(self.parcel, return_index=True, return_inverse=True)
        return np.where(self.parcel >= 0, first[inverse], np.arange(len(self.parcel)))


def orders(settings: Settings, contracts: Contracts, rng: np.random.Generator) -> Orders:
    """Draw a day of exactly `settings.trades` trades."""
    legs = _complex(settings, contracts, rng)
    single = _single(settings, contracts, settings.trades - len(legs.time), rng)
    both = [np.concatenate([getattr(single, name), getattr(legs, name)]) for name in Orders.__annotations__]
    order = np.argsort(both[0], kind="stable")
    return Orders(*(column[order] for column in both))


def popularity(settings: Settings, contracts: Contracts, shares: tuple[float, ...]) -> np.ndarray:
    """Return the share of each contract, given those of expirations: most near the money, more out of it than in it."""
    rung = np.abs(np.arange(settings.strikes) - settings.strikes // 2)
    weight = np.exp(-0.13 * rung)
    centred = np.tile(np.repeat(weight / weight.sum(), 2), len(contracts.expirations))
    inside = (contracts.strike < settings.spot) == contracts.is_call
    share = centred * np.where(inside, 0.4, 1.0) * np.array(shares)[contracts.place]
    return share / share.sum()


def _single(settings: Settings, contracts: Contracts, count: int, rng: np.random.Generator) -> Orders:
    agent = np.where(rng.random(count) < settings.retail_share / (1.0 - settings.complex_share), RETAIL, INSTITUTIONAL)
    chances = np.cumsum([settings.retail_kinds, settings.institutional_kinds], axis=1)[:, :-1]
    kind = (rng.random(count)[:, None] > chances[agent]).sum(axis=1)
    contract = rng.choice(len(contracts.strike), count, p=popularity(settings, contracts, settings.shares))
    size = _sizes(settings, agent, rng)
    ones = np.ones(count, np.int64)
    return Orders(_times(settings, count, rng), contract, agent, kind, ones, -ones, size)


def _complex(settings: Settings, contracts: Contracts, rng: np.random.Generator) -> Orders:
    """Draw orders of two to four legs until their share is used up; no leg is left out."""
    wanted = round(settings.trades * settings.complex_share)
    draw = rng.choice(len(TEMPLATES), wanted, p=WEIGHTS)
    lengths = np.array([len(legs) for _, legs in TEMPLATES])[draw]
    draw = draw[np.cumsum(lengths) <= wanted]
    count = len(draw)
    first = rng.choice(len(contracts.strike), count, p=popularity(settings, contracts, settings.shares))
    rung = first // 2 % settings.strikes
    first = first + 2 * (np.clip(rung, REACH, settings.strikes - 1 - REACH) - rung)
    times, sizes = _times(settings, count, rng), _sizes(settings, np.full(count, INSTITUTIONAL), rng)
    table = [(number, *leg) for number, which in enumerate(draw) for leg in TEMPLATES[which][1]]
    parcel, away, other, sign, ratio = np.array(table, np.int64).reshape(-1, 5).T
    contract = (first[parcel] + 2 * away) ^ other
    size = np.maximum(sizes[parcel] // 2, 1) * ratio
    full = np.full(len(parcel), INSTITUTIONAL)
    return Orders(times[parcel], contract, full, np.full(len(parcel), COMPLEX), sign, parcel, size)


def _times(settings: Settings, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw whole milliseconds between the open and the end, most of them near both."""
    start = nanoseconds(calendar.session_open(settings.date))
    end = nanoseconds(calendar.new_york(settings.date, settings.until))
    uniform = np.where(rng.random(count) < 0.6, rng.random(count), rng.beta(0.6, 0.6, count))
    return start + SECOND + ((end - start - 2 * SECOND) * uniform // MILLISECOND).astype(np.int64) * MILLISECOND


def _sizes(settings: Settings, agent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw sizes: a few contracts, or tens to hundreds, round ones more often than not."""
    few = rng.geometric(1.0 / settings.retail_size, len(agent))
    many = np.ceil(settings.institutional_size * np.exp(0.9 * rng.standard_normal(len(agent)))).astype(np.int64)
    rounded = np.where(rng.random(len(agent)) < 0.5, -(-many // 10) * 10, many)
    return np.where(agent == RETAIL, few, rounded)


def sides(settings: Settings, wanted: Orders, move: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the side of each customer's order: some contracts are bought more, and what has fallen is bought.

    Args:
        settings: The market's.
        wanted: The orders.
        move: By how many half spreads the underlying moved each contract since some trades before.
        rng: Where chance comes from.

    """
    lean = settings.lean * rng.standard_normal(wanted.contract.max() + 1)
    strength = np.full(len(KINDS), settings.contrarian)
    strength[list(RESTING)] = settings.patience
    odds = lean[wanted.contract] - strength[wanted.kind] * np.tanh(move)
    side = np.where(rng.random(len(move)) < 1.0 / (1.0 + np.exp(-odds)), 1, -1)
    package = np.where(rng.random(len(move)) < 0.5, 1, -1)
    return np.where(wanted.kind == COMPLEX, package[wanted.parcel] * wanted.sign, side)
