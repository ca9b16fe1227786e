"""Total standard deviation w = sigma sqrt(T) of each contract, from quotes or from the vendor.

Gamma depends on w alone. Implied from prices it needs no clock, so neither a delay in the quotes nor a day
count can spoil it; the clock stays in theta and charm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.early import american_volatility
from gex.pricing import implied_total_volatility, interpolate_groups
from gex.quotes import median

if TYPE_CHECKING:
    from gex.forwards import Forwards
    from gex.quotes import Bools, Floats, Ints, Quotes
    from gex.settings import Settings

MIN_W, MAX_W = 1e-5, 2.9
"""Outside these a total standard deviation is a quote's error, not a volatility."""
MIN_NODES = 5
"""Fewer invertible strikes than this do not make a smile: the expiration's quotes are stale."""
MIN_NODES_WITH_PARITY = 2
"""Minutes before expiry hardly any strike has time value left; where calls and puts agree on a forward, these do."""
SQRT_2PI = float(np.sqrt(2.0 * np.pi))


@dataclass(frozen=True)
class Volatility:
    """Total standard deviation per contract, and the smile of each expiration."""

    w: Floats
    """Per contract; NaN where no volatility is to be had."""
    smile: Floats
    """Per rung: what the expiration's smile gives at the strike; NaN where it has none."""
    nodes: Floats
    """Per rung: what the smile rests on, the out-of-the-money contract's own; NaN where that has none."""
    source: tuple[str, ...]
    """Per (root, expiration): `reimplied`, `vendor`, `vendor-fitted`, `per-contract` or `none`."""

    def at(self, quotes: Quotes, forwards: Forwards, expiration: int, level: float) -> float | None:
        """Return one expiration's w at a strike, linear in ln(K/F) between its strikes, flat outside."""
        rungs = quotes.expirations.rungs(expiration)
        smile, strike = self.smile[rungs], quotes.rungs.strike[rungs]
        known = np.isfinite(smile)
        if not known.any():
            return None
        k = np.log(strike[known] / forwards.forward[expiration])
        return float(np.interp(np.log(level / forwards.forward[expiration]), k, smile[known]))


@dataclass(frozen=True)
class Pricing:
    """What a mid is inverted with."""

    forwards: Forwards
    spot: float
    """What an American contract is exercised against, points."""
    american: Bools
    """Marks the (root, expiration) pairs that may be exercised early."""


def volatility_of(quotes: Quotes, pricing: Pricing, settings: Settings) -> Volatility:
    """Find each contract's total standard deviation by the source that `settings.vol` names.

    Where an expiration cannot be re-implied from its quotes, the vendor's volatility stands in, and
    `Volatility.source` says so.
    """
    forwards = pricing.forwards
    if settings.vol in {"vendor", "vendor-fitted"}:
        return vendor_volatility(quotes, forwards, fitted=settings.vol == "vendor-fitted")
    nodes = own_w(quotes, pricing, otm_rows(quotes, forwards))
    smile = smile_of(quotes, forwards, nodes)
    vendor = vendor_volatility(quotes, forwards, fitted=False)
    reimplied = np.isfinite(smile)
    w = np.where(reimplied[quotes.rung], smile[quotes.rung], vendor.w)
    if settings.vol == "per-contract":
        own = own_w(quotes, pricing, np.arange(len(w)))
        w = np.where(np.isfinite(own), own, w)
    starts = quotes.expirations.first_rung[:-1]
    return Volatility(
        w=w,
        smile=np.where(reimplied, smile, vendor.smile),
        nodes=nodes,
        source=tuple(settings.vol if ok else other for ok, other in zip(reimplied[starts], vendor.source, strict=True)),
    )


def otm_rows(quotes: Quotes, forwards: Forwards) -> Ints:
    """Return the out-of-the-money contract of each rung: the call from the forward up, else the put; -1 if unlisted."""
    rungs = quotes.rungs
    return np.where(rungs.strike >= forwards.forward[rungs.expiration], rungs.call, rungs.put)


def smile_of(quotes: Quotes, forwards: Forwards, nodes: Floats, *, variance: bool = False) -> Floats:
    """Interpolate each expiration's nodes at all of its strikes, flat beyond them; NaN for a stale expiration.

    Args:
        quotes: The chain as arrays.
        forwards: Of each expiration.
        nodes: Total standard deviation per rung, NaN where there is none.
        variance: Interpolate w^2 in the strike, in place of w in ln(K/F).

    """
    rungs, first = quotes.rungs, quotes.expirations.first_rung
    x = rungs.strike if variance else np.log(rungs.strike / forwards.forward[rungs.expiration])
    smile = interpolate_groups(x, first, x, nodes * nodes if variance else nodes, first)
    count = np.add.reduceat(np.isfinite(nodes), first[:-1], dtype=np.int64)
    enough = count >= np.where(np.array(forwards.source) == "parity", MIN_NODES_WITH_PARITY, MIN_NODES)
    if not enough.all():
        smile[~enough[rungs.expiration]] = np.nan
    return np.sqrt(smile) if variance else smile


def own_w(quotes: Quotes, pricing: Pricing, rows: Ints) -> Floats:
    """Imply w from the mid of each contract in `rows`; NaN where unquoted, crossed, without a bid, or impossible."""
    quoted = np.flatnonzero(np.isfinite(quotes.leg(quotes.mid, rows)))
    implied = _invert(quotes, pricing, rows[quoted])
    w = np.full(len(rows), np.nan)
    w[quoted] = np.where((implied > MIN_W) & (implied < MAX_W), implied, np.nan)
    return w


def _invert(quotes: Quotes, pricing: Pricing, rows: Ints) -> Floats:
    """Imply w from the mids of contracts, by Black's formula or, for American ones, with early exercise."""
    forwards, group = pricing.forwards, quotes.expiration[rows]
    american = pricing.american[group]
    if american.any():
        w = np.empty(len(rows))
        sigma = american_volatility(quotes, forwards, pricing.spot, rows[american])
        w[american] = sigma * np.sqrt(quotes.expirations.years[group[american]])
        w[~american] = _invert(quotes, pricing, rows[~american])
        return w
    w, _ = implied_total_volatility(
        quotes.mid[rows], forwards.forward[group], quotes.strike[rows], forwards.discount[group], quotes.is_call[rows]
    )
    return w


def vendor_volatility(quotes: Quotes, forwards: Forwards, *, fitted: bool) -> Volatility:
    """Take the vendor's volatility with our clock, or with the clock that reproduces the vendor's gamma."""
    sigma, years = vendor_sigma(quotes), quotes.expirations.years
    if fitted:
        years = np.array([_vendor_years(quotes, forwards, sigma, index) for index in range(len(years))])
    w = sigma * np.sqrt(years)[quotes.expiration]
    known = np.zeros(len(years), dtype=bool)
    known[quotes.expiration[np.isfinite(w)]] = True
    name = "vendor-fitted" if fitted else "vendor"
    smile = quotes.leg(w, otm_rows(quotes, forwards))
    return Volatility(
        w=w,
        smile=smile,
        nodes=smile,
        source=tuple(name if ok else "none" for ok in known),
    )


def vendor_sigma(quotes: Quotes) -> Floats:
    """Return the vendor's volatility of each contract, per square-root year; NaN where it gives none."""
    return np.where(quotes.implied_volatility > 0, quotes.implied_volatility, np.nan)


def _vendor_years(quotes: Quotes, forwards: Forwards, sigma: Floats, expiration: int) -> float:
    """Fit the time to expiry with which the vendor's volatility gives the vendor's gamma near the money.

    Near the money gamma = n(d1) / (F sigma sqrt(T)) up to the discount, so each contract gives a T; the median
    of those, iterated because d1 depends on T.
    """
    own = float(quotes.expirations.years[expiration])
    forward = forwards.forward[expiration]
    rows = np.flatnonzero((quotes.expiration == expiration) & (quotes.vendor_gamma > 0) & np.isfinite(sigma))
    years = own
    for _ in range(20):
        w = sigma[rows] * np.sqrt(years)
        d1 = np.log(forward / quotes.strike[rows]) / w + 0.5 * w
        near = np.abs(d1) < 0.7
        if near.sum() < MIN_NODES:
            return own
        density = np.exp(-0.5 * d1[near] ** 2) / SQRT_2PI
        gamma = quotes.vendor_gamma[rows][near]
        years = median((density / (forward * sigma[rows][near] * gamma)) ** 2)
    return years if 0.25 * own < years < 4.0 * own else own
