"""Early exercise of American contracts: which ones it matters to, and what it adds to their quotes.

Put-call parity and Black's formula hold for European options. An American quote less what the right to exercise
early is worth is a European one (Carr, Jarrow and Myneni, 1992); that worth depends on the forward and the volatility
sought, so both are found in a few rounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import EarlyExercise, american_implied_vol

if TYPE_CHECKING:
    from gex.forwards import Forwards
    from gex.quotes import Bools, Floats, Ints, Quotes
    from gex.settings import Settings

EARLIEST_YEARS = 7 / 365
"""Contracts with less time than this are priced as European: early exercise changes their gamma by 0.3%."""
NEAREST = 24
"""Strikes of an expiration, nearest the forward, whose quotes are freed of early exercise: parity reads 20 of them."""


def american_expirations(quotes: Quotes, settings: Settings) -> Bools:
    """Mark the (root, expiration) pairs that are priced as American."""
    expirations = quotes.expirations
    if settings.exercise == "european":
        return np.zeros(len(expirations), dtype=bool)
    return (expirations.table["exercise"] == "A").to_numpy() & (expirations.years > EARLIEST_YEARS)


def early_premium(quotes: Quotes, forwards: Forwards, spot: float, american: Bools) -> Floats:
    """Return what early exercise adds to each contract's price, in points.

    0 for European contracts. NaN for American ones that are not among the strikes nearest the forward, or near which
    no volatility is to be had: parity leaves those out.

    Args:
        quotes: The chain as arrays.
        forwards: The best known so far.
        spot: What an exercised contract is settled against, points.
        american: Marks the (root, expiration) pairs that are priced as American.

    """
    premium = np.where(american[quotes.expiration], np.nan, 0.0)
    rungs = _nearest_rungs(quotes, forwards, american)
    sigma = _volatility_at(quotes, forwards, spot, rungs)
    rungs, sigma = rungs[np.isfinite(sigma)], sigma[np.isfinite(sigma)]
    rows = np.concatenate([quotes.rungs.call[rungs], quotes.rungs.put[rungs]])
    group = quotes.expiration[rows]
    rate, dividend = forwards.carry(quotes.expirations.years, spot)
    early = EarlyExercise(
        quotes.strike[rows],
        quotes.expirations.years[group],
        np.tile(sigma, 2),
        rate[group],
        dividend[group],
        quotes.is_call[rows],
        between=(spot, spot),
    )
    premium[rows] = early.values(spot).price
    return premium


def american_volatility(quotes: Quotes, forwards: Forwards, spot: float, rows: Ints) -> Floats:
    """Return the volatility per square-root year at which each contract is worth its mid; NaN where there is none."""
    group = quotes.expiration[rows]
    rate, dividend = forwards.carry(quotes.expirations.years, spot)
    sigma, status = american_implied_vol(
        quotes.mid[rows],
        spot,
        quotes.strike[rows],
        quotes.expirations.years[group],
        rate[group],
        dividend[group],
        quotes.is_call[rows],
    )
    return np.where(status == 0, sigma, np.nan)


def _nearest_rungs(quotes: Quotes, forwards: Forwards, american: Bools) -> Ints:
    """Return the rungs of American expirations nearest the forward, of those with a call and a put offered."""
    rungs, expirations = quotes.rungs, quotes.expirations
    offered = (quotes.leg(quotes.ask, rungs.call) > 0) & (quotes.leg(quotes.ask, rungs.put) > 0)
    found = []
    for index in np.flatnonzero(american):
        at = expirations.rungs(int(index))
        listed = at.start + np.flatnonzero(offered[at])
        distance = np.abs(rungs.strike[listed] - forwards.forward[index])
        found.append(np.sort(listed[np.argsort(distance, kind="stable")[:NEAREST]]))
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _volatility_at(quotes: Quotes, forwards: Forwards, spot: float, rungs: Ints) -> Floats:
    """Return the volatility of the out-of-the-money contract at each rung, of its neighbours where it has none."""
    table = quotes.rungs
    rows = np.where(table.strike >= forwards.forward[table.expiration], table.call, table.put)[rungs]
    own = american_volatility(quotes, forwards, spot, rows)
    group, strike = table.expiration[rungs], table.strike[rungs]
    sigma = np.full(len(rungs), np.nan)
    for index in np.unique(group):
        at = np.flatnonzero(group == index)
        known = at[np.isfinite(own[at])]
        if len(known):
            sigma[at] = np.interp(strike[at], strike[known], own[known])
    return sigma
