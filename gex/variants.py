"""The used contracts priced under other conventions: one other source of volatility, dynamics or rate at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gex.dynamics import VolBeta, sticky_moneyness
from gex.forwards import forwards_of
from gex.settings import Curve
from gex.volatility import otm_rows, own_w, smile_of, vendor_volatility

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from gex.dynamics import Dynamics
    from gex.exposure import Book
    from gex.market import Market
    from gex.quotes import Floats
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


def repriced(market: Market, book: Book, wanted: Collection[Convention]) -> Iterator[Repriced]:
    """Yield the book under each of the wanted conventions that is not its own already.

    A contract to which a convention gives no volatility keeps its own. What early exercise adds to American contracts
    stays as it is.

    Args:
        market: The chain priced.
        book: The contracts used, with what dealers hold of them.
        wanted: By name; those on positions are not for here.

    """
    settings = market.settings
    for name, w_of in VOLATILITY.items():
        if name in wanted and name != settings.vol:
            sigma = _sigma(market, w_of(market))
            if np.isfinite(sigma).any():
                yield Repriced(name, TEXTS[name], replace(book, sigma=np.where(np.isfinite(sigma), sigma, book.sigma)))
    for name, dynamics_of in DYNAMICS.items():
        if name in wanted and name != settings.dynamics:
            yield Repriced(name, TEXTS[name], replace(book, dynamics=dynamics_of(market)))
    if "rates" in wanted and settings.rate is None:
        yield from (_at_curve(market, book, text, curve) for text, curve in _other_curves(settings.curve))


def _sigma(market: Market, w: Floats) -> Floats:
    """Return the volatility per square-root year of each used contract, from a w for each row of the chain."""
    return w[market.used] / np.sqrt(market.quotes.expirations.years)[market.quotes.expiration[market.used]]


def _vendor(market: Market) -> Floats:
    return vendor_volatility(market.quotes, market.forwards, fitted=False).w


def _reimplied(market: Market) -> Floats:
    return smile_of(market.quotes, market.forwards, market.nodes)[market.quotes.rung]


def _variance(market: Market) -> Floats:
    return smile_of(market.quotes, market.forwards, market.nodes, variance=True)[market.quotes.rung]


def _tight(market: Market) -> Floats:
    """Keep the nodes whose quote is tight; where that leaves too few, there is no smile."""
    quotes = market.quotes
    rows = otm_rows(quotes, market.forwards)
    spread = quotes.leg(quotes.ask - quotes.bid, rows)
    tight = spread <= WIDEST * quotes.leg(quotes.mid, rows)
    return smile_of(quotes, market.forwards, np.where(tight, market.nodes, np.nan))[quotes.rung]


def _own(market: Market) -> Floats:
    """Imply each used contract's volatility from its own mid."""
    w = np.full(len(market.quotes.strike), np.nan)
    w[market.used] = own_w(market.quotes, market.pricing, market.used)
    return w


def _other_curves(curve: Curve) -> Iterator[tuple[str, Curve]]:
    """Yield no discounting, and higher rates."""
    for text, rates in (("no discounting", [0.0 for _ in curve.rates]), ("higher", [r + HIGHER for r in curve.rates])):
        yield text, Curve(curve.years, tuple(rates))


def _at_curve(market: Market, book: Book, text: str, curve: Curve) -> Repriced:
    """Find forwards and re-implied smiles again with other discounts; the vendor's volatility stays what it is."""
    quotes = market.quotes
    forwards = forwards_of(quotes, replace(market.settings, curve=curve), market.spot.used, market.premium)
    moved = replace(market, forwards=forwards)
    rate, dividend = forwards.carry(quotes.expirations.years, market.spot.used)
    group, sigma = quotes.expiration[market.used], book.sigma
    if market.settings.vol in {"reimplied", "per-contract"}:
        before = smile_of(quotes, market.forwards, market.nodes)
        change = (smile_of(quotes, forwards, _discounted(market, moved)) / before)[quotes.rung[market.used]]
        sigma = np.where(np.isfinite(change), sigma * change, sigma)
    changed = replace(book, sigma=sigma, rate=rate[group], dividend=dividend[group])
    return Repriced("rates", f"{TEXTS['rates']}: {text}", changed)


def _discounted(market: Market, moved: Market) -> Floats:
    """Return the nodes of the smiles with the forwards and discounts of `moved`.

    Out of the money next to nothing of an American price is for early exercise: its volatility changes by the factor
    by which a European one's does.
    """
    rows, european = otm_rows(market.quotes, market.forwards), np.zeros_like(market.american)
    before, after = (own_w(market.quotes, replace(each.pricing, american=european), rows) for each in (market, moved))
    return market.nodes * (after / before)


VOLATILITY: dict[Convention, Callable[[Market], Floats]] = {
    "reimplied": _reimplied,
    "vendor": _vendor,
    "per-contract": _own,
    "variance": _variance,
    "tight-quotes": _tight,
}
DYNAMICS: dict[Convention, Callable[[Market], Dynamics | None]] = {
    "sticky-strike": lambda _: None,
    "sticky-moneyness": sticky_moneyness,
    "vol-beta": lambda market: VolBeta(market.spot.used, market.settings.vol_beta),
}
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
