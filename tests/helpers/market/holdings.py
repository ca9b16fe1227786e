"""Who holds what in the morning and at the end: gross positions of customers, net ones of each maker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market.orders import popularity
from market.settings import EXCHANGES, INSTITUTIONAL, MAKER, RETAIL

if TYPE_CHECKING:
    from market.contracts import Contracts
    from market.settings import Settings
    from market.trading import Fills


@dataclass(frozen=True)
class Holdings:
    """Contracts held, whole numbers.

    Attributes:
        long: Of retail and institutional customers together, each; (2, contracts).
        short: What they owe; not negative either.
        makers: Each exchange's maker's net position, long positive; (exchanges, contracts).

    """

    long: np.ndarray
    short: np.ndarray
    makers: np.ndarray

    @property
    def dealers(self) -> np.ndarray:
        """All makers' net position; (contracts,)."""
        return self.makers.sum(axis=0)

    @property
    def open_interest(self) -> np.ndarray:
        """What is held long by all accounts; (contracts,)."""
        return self.long.sum(axis=0) + np.maximum(self.makers, 0).sum(axis=0)


def opening(settings: Settings, contracts: Contracts, rng: np.random.Generator) -> Holdings:
    """Draw what previous days left: customers sold more calls and bought more puts, and makers hold the opposite."""
    count = len(contracts.strike)
    scale = settings.opening_interest * count * popularity(settings, contracts, settings.opening_shares)
    owed = np.where(contracts.is_call, 0.35, 0.25)
    part = np.stack([0.6 - owed, owed])[:, None, :] * np.exp(0.4 * rng.standard_normal((2, 2, count)))
    held = rng.poisson(scale * part)
    return Holdings(held[0], held[1], _divided(held[1].sum(axis=0) - held[0].sum(axis=0), rng))


def _divided(net: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Divide a net position among makers, who also hold some against each other."""
    each = np.round(net / len(EXCHANGES) + (5.0 + 0.1 * np.abs(net)) * rng.standard_normal((len(EXCHANGES), len(net))))
    each[-1] = net - each[:-1].sum(axis=0)
    return each.astype(np.int64)


@dataclass(frozen=True)
class Flags:
    """Whether each trade opens a position of its buyer and of its seller; a maker's is neither, and False."""

    buyer: np.ndarray
    seller: np.ndarray


def parties(fills: Fills) -> tuple[np.ndarray, np.ndarray]:
    """Return who bought and who sold, each one of `AGENTS`."""
    buys = fills.side > 0
    return np.where(buys, fills.initiator, fills.passive), np.where(buys, fills.passive, fills.initiator)


def flags(morning: Holdings, fills: Fills, rng: np.random.Generator) -> Flags:
    """Say of each customer's trade whether it opens; none closes more than there is by then."""
    buyer, seller = parties(fills)
    closes = rng.random((2, len(buyer))) < 0.4
    opens = np.empty((2, len(buyer)), bool)
    for own, (adds, takes, pool) in enumerate(((seller, buyer, morning.short), (buyer, seller, morning.long))):
        left = np.full(len(buyer), -1)
        for agent in (RETAIL, INSTITUTIONAL):
            change = fills.size * ((adds == agent) & ~closes[1 - own]) - fills.size * ((takes == agent) & closes[own])
            left = np.where(takes == agent, _running(change, fills.contract, pool[agent]), left)
        opens[own] = (takes != MAKER) & ~(closes[own] & (left >= 0))
    return Flags(opens[0], opens[1])


def _running(change: np.ndarray, contract: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return each contract's running sum of changes after each trade, from its start."""
    order = np.argsort(contract, kind="stable")
    total, ordered = np.cumsum(change[order]), contract[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    before = np.repeat(total[first] - change[order][first], np.diff(first, append=len(ordered)))
    running = np.empty_like(total)
    running[order] = total - before + start[ordered]
    return running


def closing(morning: Holdings, fills: Fills, opens: Flags) -> Holdings:
    """Return what is held after the day's trades."""
    long, short, held = morning.long.copy(), morning.short.copy(), morning.makers.copy()
    for sign, agent, opened in zip((1, -1), parties(fills), (opens.buyer, opens.seller), strict=True):
        customer = agent != MAKER
        for there, of_them, step in ((long, opened == (sign > 0), sign), (short, opened == (sign < 0), -sign)):
            at = customer & of_them
            np.add.at(there, (agent[at], fills.contract[at]), step * fills.size[at])
        np.add.at(held, (fills.exchange[~customer], fills.contract[~customer]), sign * fills.size[~customer])
    return Holdings(long, short, held)
