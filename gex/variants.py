"""The used contracts priced under other conventions: one other source of volatility, dynamics or rate at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gex.dynamics import VolBeta, sticky_moneyness
from gex.forwards import forwards_of
from gex.settings import Curve
from gex.volatility import Pricing, otm_rows, own_w, smile_of, vendor_sigma

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from gex.dynamics import Dynamics
    from gex.exposure import Book
    from gex.forwards import Forwards
    from gex.market import Market
    from gex.quotes import Floats, Ints
    from gex.settings import Convention

WIDEST = 0.5
"""Quotes wider than this fraction of their mid are not tight."""
HIGHER = 0.01
"""Rates are also taken at 0, and this much higher."""


@dataclass(frozen=True)
class Repriced:
    """The book under another convention."""

    convention: Convention
    description: str
    book: Book


def repriced(market: Market, rows: Ints, book: Book, wanted: Collection[Convention]) -> Iterator[Repriced]:
    """Yield the book under each of the wanted conventions that is not its own already.

    A contract to which a convention gives no volatility keeps its own. What early exercise adds to American contracts
    stays as it is.

    Args:
        market: The chain priced.
        rows: Of the chain, one for each contract of the book.
        book: Used contracts, with what dealers hold of them.
        wanted: By name; those on positions are not for here.

    """
    settings = market.settings
    for name, w_of in VOLATILITY.items():
        if name in wanted and name != settings.vol:
            sigma = w_of(market, rows) / np.sqrt(market.quotes.expirations.years)[market.quotes.expiration[rows]]
            if np.isfinite(sigma).any():
                yield Repriced(name, TEXTS[name], replace(book, sigma=np.where(np.isfinite(sigma), sigma, book.sigma)))
    for name, dynamics_of in DYNAMICS.items():
        if name in wanted and name != settings.dynamics:
            yield Repriced(name, TEXTS[name], replace(book, dynamics=dynamics_of(market, rows)))
    if "rates" in wanted and settings.rate is None:
        yield from (_at_curve(market, rows, book, text, curve) for text, curve in _other_curves(settings.curve))


def _vendor(market: Market, rows: Ints) -> Floats:
    quotes = market.quotes
    return vendor_sigma(quotes)[rows] * np.sqrt(quotes.expirations.years)[quotes.expiration[rows]]


def _reimplied(market: Market, rows: Ints) -> Floats:
    return market.reimplied[market.quotes.rung[rows]]


def _variance(market: Market, rows: Ints) -> Floats:
    return smile_of(market.quotes, market.forwards, market.nodes, variance=True)[market.quotes.rung[rows]]


def _tight(market: Market, rows: Ints) -> Floats:
    """Keep the nodes whose quote is tight; where that leaves too few, there is no smile."""
    quotes = market.quotes
    nodes = otm_rows(quotes, market.forwards)
    spread = quotes.leg(quotes.ask - quotes.bid, nodes)
    tight = spread <= WIDEST * quotes.leg(quotes.mid, nodes)
    return smile_of(quotes, market.forwards, np.where(tight, market.nodes, np.nan))[quotes.rung[rows]]


def _own(market: Market, rows: Ints) -> Floats:
    """Imply each contract's volatility from its own mid."""
    return own_w(market.quotes, market.pricing, rows)


def _other_curves(curve: Curve) -> Iterator[tuple[str, Curve]]:
    """Yield no discounting, and higher rates."""
    for text, rates in (("no discounting", [0.0 for _ in curve.rates]), ("higher", [r + HIGHER for r in curve.rates])):
        yield text, Curve(curve.years, tuple(rates))


def _at_curve(market: Market, rows: Ints, book: Book, text: str, curve: Curve) -> Repriced:
    """Find forwards and re-implied smiles again with other discounts; the vendor's volatility stays what it is."""
    quotes = market.quotes
    settings = replace(market.settings, curve=curve)
    forwards = forwards_of(quotes, settings, market.spot.used, market.premium, free_discount=False)
    rate, dividend = forwards.carry(quotes.expirations.years, market.spot.used)
    group, sigma = quotes.expiration[rows], book.sigma
    if market.settings.vol in {"reimplied", "per-contract"}:
        moved = smile_of(quotes, forwards, _discounted(market, forwards))
        change = (moved / market.reimplied)[quotes.rung[rows]]
        sigma = np.where(np.isfinite(change), sigma * change, sigma)
    changed = replace(book, sigma=sigma, rate=rate[group], dividend=dividend[group])
    return Repriced("rates", f"{TEXTS['rates']}: {text}", changed)


def _discounted(market: Market, forwards: Forwards) -> Floats:
    """Return the nodes of the smiles with other forwards and discounts.

    Out of the money next to nothing of an American price is for early exercise: its volatility changes by the factor
    by which a European one's does.
    """
    pricing = Pricing(forwards, forwards.spot_of_quotes(market.spot.used), np.zeros_like(market.american))
    after = own_w(market.quotes, pricing, otm_rows(market.quotes, market.forwards))
    return after if not market.american.any() else market.nodes * (after / market.european_nodes)


VOLATILITY: dict[Convention, Callable[[Market, Ints], Floats]] = {
    "reimplied": _reimplied,
    "vendor": _vendor,
    "per-contract": _own,
    "variance": _variance,
    "tight-quotes": _tight,
}
DYNAMICS: dict[Convention, Callable[[Market, Ints], Dynamics | None]] = {
    "sticky-strike": lambda *_: None,
    "sticky-moneyness": sticky_moneyness,
    "vol-beta": lambda market, _: VolBeta(market.spot.used, market.settings.vol_beta),
}
BY_CONTRACT: frozenset[Convention] = frozenset({"vendor", "per-contract"})
"""Conventions that may price a call and a put of one strike apart;"""
BY_RUNG: frozenset[Convention] = frozenset({*VOLATILITY, *DYNAMICS, "rates"}) - BY_CONTRACT
"""under these they have the same volatility and carry if they had before."""
TEXTS: dict[Convention, str] = {
    "reimplied": "volatility re-implied from mids",
    "vendor": "the vendor's volatility",
    "per-contract": "each contract's own volatility",
    "variance": "smile linear in variance and strike",
    "tight-quotes": f"smile from quotes no wider than {WIDEST:.0%} of their mid",
    "sticky-strike": "volatility sticks to strikes",
    "sticky-moneyness": "the smile moves with spot",
    "vol-beta": "all volatility moves against spot",
    "rates": "discount rates",
}
