"""How orders become trades: where, at what price and size, and with whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market.orders import sides
from market.quotes import half_spread, tick
from market.settings import (
    AUCTION,
    COMPLEX,
    CROSSING,
    INSTITUTIONAL,
    LIMIT,
    MAKER,
    MARKET,
    MIDDLE,
    RESTING,
    RETAIL,
    SWEEP,
    TAKING,
)

if TYPE_CHECKING:
    from market.orders import Orders
    from market.quotes import Board, Quotes
    from market.settings import Settings


@dataclass(frozen=True)
class Fills:
    """Trades as they were made; one entry each, in the order of `time`.

    Attributes:
        time: When it was made, nanoseconds.
        contract: Place in the listing.
        kind: One of `KINDS`.
        initiator: Whose order asked for the trade, one of `AGENTS`: a customer, always.
        passive: Whose order or quote was the other side of it.
        side: +1 where the initiator bought.
        taker_side: +1 where the order that came last, and took what rested, bought.
        size: Contracts.
        price: Points.
        exchange: Place in `EXCHANGES`.

    """

    time: np.ndarray
    contract: np.ndarray
    kind: np.ndarray
    initiator: np.ndarray
    passive: np.ndarray
    side: np.ndarray
    taker_side: np.ndarray
    size: np.ndarray
    price: np.ndarray
    exchange: np.ndarray


def trade(settings: Settings, wanted: Orders, board: Board, rng: np.random.Generator) -> Fills:
    """Fill every order."""
    side = sides(settings, wanted, _moved(settings, wanted, board), rng)
    now = board.at(wanted.time)
    exchange = _exchanges(settings, wanted.kind, side, now, rng)[wanted.leader]
    side = _with_depth(settings, wanted.kind, side, now.of(exchange), rng)
    rests, crossing = np.isin(wanted.kind, RESTING), wanted.kind == CROSSING
    other = _others(settings, wanted, rng)
    return Fills(
        time=wanted.time,
        contract=wanted.contract,
        kind=wanted.kind,
        initiator=np.where(crossing, other, wanted.agent),
        passive=np.where(crossing, wanted.agent, other),
        side=np.where(crossing, -side, side),
        taker_side=np.where(rests, -side, side),
        size=_filled(settings, wanted, side, now.of(exchange), rng),
        price=_prices(settings, wanted.kind, side, now.best(), rng),
        exchange=exchange,
    )


def _moved(settings: Settings, wanted: Orders, board: Board) -> np.ndarray:
    """Return by how many half spreads the underlying moved each contract since some trades before; 0 at its first ones."""
    order, back = np.argsort(wanted.contract, kind="stable"), settings.memory
    contract, spot = wanted.contract[order], board.moves.at(wanted.time[order])
    change = np.zeros(len(order))
    same = contract[back:] == contract[:-back]
    change[back:][same] = (spot[back:] - spot[:-back])[same]
    moved = np.empty_like(change)
    moved[order] = change
    return board.delta * moved / half_spread(settings, board.value)


def _exchanges(
    settings: Settings, kind: np.ndarray, side: np.ndarray, now: Quotes, rng: np.random.Generator
) -> np.ndarray:
    """Send orders that take a quote to the best one, unless another exchange matches it; the others anywhere."""
    chance = rng.random(now.bid.shape)
    price = np.where(side[:, None] > 0, -now.ask, now.bid)
    best = np.where(price == price.max(axis=1)[:, None], chance, -1.0).argmax(axis=1)
    takes = np.isin(kind, TAKING) & (rng.random(len(kind)) >= settings.matched)
    return np.where(takes, best, chance.argmax(axis=1))


def _with_depth(
    settings: Settings, kind: np.ndarray, side: np.ndarray, mine: Quotes, rng: np.random.Generator
) -> np.ndarray:
    """Let some of those who agree on a price in the middle buy where more is offered than bid for, and sell elsewhere."""
    follows = (kind == MIDDLE) & (rng.random(len(kind)) < settings.depth)
    return np.where(follows & (mine.ask_size != mine.bid_size), np.sign(mine.ask_size - mine.bid_size), side)


def _prices(
    settings: Settings, kind: np.ndarray, side: np.ndarray, best: Quotes, rng: np.random.Generator
) -> np.ndarray:
    """Return each trade's price by how it came about: cents where it was agreed on, ticks where it was quoted."""
    count = len(kind)
    spread, near, far = best.ask - best.bid, *_touches(side, best)
    step = tick(best.bid)
    better = rng.beta(2.0, 2.0 / settings.improvement - 2.0, count) * spread
    between = np.maximum(rng.uniform(-0.5, 0.6, count), 0.0) * spread
    priced = {
        MARKET: far,
        SWEEP: far + side * step,
        AUCTION: np.round(far - side * better, 2),
        MIDDLE: np.round(0.5 * (best.bid + best.ask) + rng.choice([-0.15, 0.0, 0.0, 0.15], count) * spread, 2),
        LIMIT: np.round(near + side * np.floor(between / step + 1e-9) * step, 2),
        COMPLEX: np.round(best.bid + rng.random(count) * spread, 2),
    }
    priced[CROSSING] = priced[LIMIT]
    return np.maximum(np.round(np.select([kind == each for each in priced], list(priced.values())), 2), 0.01)


def _touches(side: np.ndarray, best: Quotes) -> tuple[np.ndarray, np.ndarray]:
    """Return the best quote on an order's own side, and the one it would take."""
    buys = side > 0
    return np.where(buys, best.bid, best.ask), np.where(buys, best.ask, best.bid)


def _filled(settings: Settings, wanted: Orders, side: np.ndarray, mine: Quotes, rng: np.random.Generator) -> np.ndarray:
    """Return what trades: of an order that takes a quote no more than there is, of one that rests mostly all."""
    there = np.where(side > 0, mine.ask_size, mine.bid_size)
    takes = np.isin(wanted.kind, TAKING) & (there > 0)
    share = np.where(rng.random(len(side)) < settings.whole_fill, 1.0, rng.random(len(side)))
    part = np.where(np.isin(wanted.kind, RESTING), np.ceil(wanted.size * share), wanted.size).astype(np.int64)
    return np.where(takes, np.minimum(wanted.size, there), part)


def _others(settings: Settings, wanted: Orders, rng: np.random.Generator) -> np.ndarray:
    """Return who else is in each trade: a maker, unless a customer takes a customer's order or comes before a maker."""
    count = len(wanted.kind)
    met = np.isin(wanted.kind, (AUCTION, MIDDLE, COMPLEX)) & (rng.random(count) < settings.met_by_customer)
    customer = np.where(rng.random(count) < settings.retail_share, RETAIL, INSTITUTIONAL)
    return np.where(met | (wanted.kind == CROSSING), customer, MAKER)[wanted.leader]
