"""How orders become trades: where, at what price and size, with whom, and what quotes the tape shows beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market import contracts as listed
from market.orders import sides
from market.quotes import Quotes, half_spread, makers, quotes, tick
from market.settings import AUCTION, COMPLEX, CROSSING, EXCHANGES, INSTITUTIONAL, LIMIT, MAKER, MARKET, MIDDLE, RETAIL, SWEEP

if TYPE_CHECKING:
    from market.contracts import Contracts, Path
    from market.orders import Orders
    from market.settings import Settings


@dataclass(frozen=True)
class Fills:
    """Trades as they were made; one entry each, in the order of `time`.

    Attributes:
        time: When it was made, nanoseconds.
        reported: When the tape tells it.
        contract: Place in the listing.
        kind: One of `KINDS`.
        initiator: Whose order asked for the trade, one of `AGENTS`: a customer, always.
        passive: Whose order or quote was the other side of it.
        side: +1 where the initiator bought.
        taker_side: +1 where the order that came last, and took what rested, bought.
        size: Contracts.
        price: Points.
        exchange: Place in `EXCHANGES`.
        shown: The exchange's own quote on the tape.
        national: The best quote on the tape.

    """

    time: np.ndarray
    reported: np.ndarray
    contract: np.ndarray
    kind: np.ndarray
    initiator: np.ndarray
    passive: np.ndarray
    side: np.ndarray
    taker_side: np.ndarray
    size: np.ndarray
    price: np.ndarray
    exchange: np.ndarray
    shown: Quotes
    national: Quotes


def trade(settings: Settings, contracts: Contracts, moves: Path, drawn: Orders, rng: np.random.Generator) -> Fills:
    """Fill every order."""
    count = len(drawn.time)
    value, delta = listed.fair(settings, contracts, moves, drawn.contract, drawn.time)
    side = sides(settings, drawn, _moved(settings, drawn, value), rng)
    part = makers(settings, count, rng)
    now = quotes(settings, part, moves, value, delta, drawn.time, drawn.time)
    best = now.best()
    exchange = _exchanges(settings, drawn.kind, side, now, rng)
    price = _prices(settings, drawn.kind, side, best, rng)
    rests = np.isin(drawn.kind, (LIMIT, CROSSING))
    mine = now.of(exchange)
    size = _filled(settings, drawn, side, rests, mine, rng)
    reported = drawn.time + _late(settings, drawn.kind, rng)
    delay = rng.exponential(settings.national_delay * listed.SECOND, count).astype(np.int64)
    late = reported > drawn.time
    seen = quotes(settings, part, moves, value, delta, drawn.time, np.where(late, reported, drawn.time - delay))
    shown = _where(late, seen.of(exchange), _with_order(mine, rests, side, price, drawn.size))
    age = rng.exponential(settings.order_age * listed.SECOND, count)
    national = _with_order(seen.best(), rests & (age > delay) & ~late, side, price, drawn.size)
    crossing = drawn.kind == CROSSING
    passive = np.where(crossing | _customers(settings, drawn.kind, rng), _others(settings, count, rng), MAKER)
    return Fills(
        time=drawn.time,
        reported=reported,
        contract=drawn.contract,
        kind=drawn.kind,
        initiator=np.where(crossing, passive, drawn.agent),
        passive=np.where(crossing, drawn.agent, passive),
        side=np.where(crossing, -side, side),
        taker_side=np.where(rests, -side, side),
        size=size,
        price=price,
        exchange=exchange,
        shown=shown,
        national=national,
    )


def _moved(settings: Settings, drawn: Orders, value: np.ndarray) -> np.ndarray:
    """Return by how many half spreads each contract's value changed since some trades before; 0 at its first ones."""
    order = np.argsort(drawn.contract, kind="stable")
    back, sorted_value = settings.memory, value[order]
    change = np.zeros_like(value)
    same = drawn.contract[order][back:] == drawn.contract[order][:-back]
    change[back:][same] = (sorted_value[back:] - sorted_value[:-back])[same]
    moved = np.empty_like(value)
    moved[order] = change
    return moved / half_spread(settings, value)


def _exchanges(settings: Settings, kind: np.ndarray, side: np.ndarray, now: Quotes, rng: np.random.Generator) -> np.ndarray:
    """Send orders that take a quote to the best one, unless another exchange matches it; the others anywhere."""
    chance = rng.random(now.bid.shape)
    price = np.where(side[:, None] > 0, -now.ask, now.bid)
    best = np.where(price == price.max(axis=1)[:, None], chance, -1.0).argmax(axis=1)
    takes = np.isin(kind, (MARKET, SWEEP)) & (rng.random(len(kind)) >= settings.matched)
    return np.where(takes, best, chance.argmax(axis=1))


def _prices(settings: Settings, kind: np.ndarray, side: np.ndarray, best: Quotes, rng: np.random.Generator) -> np.ndarray:
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


def _filled(
    settings: Settings, drawn: Orders, side: np.ndarray, rests: np.ndarray, mine: Quotes, rng: np.random.Generator
) -> np.ndarray:
    """Return what trades: of an order that takes a quote no more than there is, of one that rests mostly all."""
    there = np.where(side > 0, mine.ask_size, mine.bid_size)
    takes = np.isin(drawn.kind, (MARKET, SWEEP)) & (there > 0)
    part = np.ceil(drawn.size * np.where(rng.random(len(side)) < settings.whole_fill, 1.0, rng.random(len(side))))
    return np.where(takes, np.minimum(drawn.size, there), np.where(rests, part.astype(np.int64), drawn.size))


def _with_order(
    quote: Quotes, there: np.ndarray, side: np.ndarray, price: np.ndarray, size: np.ndarray
) -> Quotes:
    """Put customers' resting orders into a quote: one that betters it stands alone."""
    buys, sells = there & (side > 0), there & (side < 0)
    bid = np.where(buys, np.maximum(quote.bid, price), quote.bid)
    ask = np.where(sells, np.minimum(quote.ask, price), quote.ask)
    return Quotes(
        bid,
        ask,
        np.where(buys, _joined(quote.bid, quote.bid_size, price, size, bid), quote.bid_size),
        np.where(sells, _joined(quote.ask, quote.ask_size, price, size, ask), quote.ask_size),
    )


def _joined(
    old: np.ndarray, old_size: np.ndarray, price: np.ndarray, size: np.ndarray, new: np.ndarray
) -> np.ndarray:
    """Return the size at a quote after an order: what both have of it."""
    return np.where(old == new, old_size, 0) + np.where(price == new, size, 0)


def _where(condition: np.ndarray, first: Quotes, second: Quotes) -> Quotes:
    names = Quotes.__annotations__
    return Quotes(*(np.where(condition, getattr(first, name), getattr(second, name)) for name in names))


def _late(settings: Settings, kind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return by how many nanoseconds a trade's report is late: 0 of most; legs are told together."""
    late = (rng.random(len(kind)) < settings.late) & (kind != COMPLEX)
    return np.where(late, rng.uniform(5.0, 90.0, len(kind)) * listed.SECOND, 0.0).astype(np.int64)


def _customers(settings: Settings, kind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which trades that makers could have made a customer made in their place: no quote says so."""
    met = np.isin(kind, (AUCTION, MIDDLE, COMPLEX))
    return met & (rng.random(len(kind)) < settings.met_by_customer)


def _others(settings: Settings, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(count) < settings.retail_share, RETAIL, INSTITUTIONAL)
