"""Dealers' delta as time passes and spot moves: hedging paths and price x time surfaces, all exact differences.

No derivative is multiplied by a move: near the expiry gamma and charm grow without bound while what is to be traded
stays finite. Contracts whose payoff is fixed count at its slope from then on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.exposure import PER_PCT
from gex.intraday_results import Surface
from gex.pricing import delta_profile

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from gex.exposure import Book
    from gex.quotes import Floats

HALF = 20
"""Spots of a surface either side of spot."""
FEW = 4
"""Fewer spots than this are priced one by one, as an analysis prices its own."""
SIGMAS = 3.0
"""A surface reaches this many standard deviations,"""
LEAST_REACH = 0.005
"""and at least this fraction of spot."""


def shares(book: Book, spots: Floats, elapsed: float) -> Floats:
    """Return dealers' option delta at each spot after `elapsed` years, in shares or index units.

    Many spots are summed on their ladder at once where volatility sticks to strikes.
    """
    alive = book.years > elapsed
    if len(spots) < FEW or book.dynamics is not None or not alive.any():
        return np.array([np.sum(book.units * book.delta(float(spot), elapsed)) for spot in spots])
    live, settled = book.where(alive), book.where(~alive)
    terms = (live.strike, live.years - elapsed, live.sigma, live.units, live.rate, live.dividend, live.is_call)
    total = delta_profile(spots, *terms) + _early_shares(live, spots, elapsed)
    return total + shares(settled, spots, elapsed) if len(settled) else total


def _early_shares(book: Book, spots: Floats, elapsed: float) -> Floats | float:
    """Return what early exercise adds to `shares`."""
    if book.early is None or book.early_row is None or not (book.early_row >= 0).any():
        return 0.0
    american = book.early_row >= 0
    later, rows, units = book.early.after(elapsed), book.early_row[american], book.units[american]
    return np.array([np.sum(units * later.values(float(spot), rows).delta) for spot in spots])


def finite_gamma_usd(book: Book, spots: Floats, elapsed: float, move: float) -> Floats:
    """Return net gamma over a finite move, 0.01 S^2 (D(S + h) - D(S - h)) / 2h with h = move * S, $ per +1%."""
    up, down = (shares(book, spots * (1.0 + side * move), elapsed) for side in (1.0, -1.0))
    return PER_PCT * spots * (up - down) / (2.0 * move)


def charm_trades(book: Book, spot: float, elapsed: Sequence[float]) -> Floats:
    """Return what dealers trade in each interval between the times given, at fixed spot and volatility, $."""
    held = np.array([shares(book, np.array([spot]), each)[0] for each in elapsed])
    return -spot * np.diff(held)


def with_vol_moved(book: Book, points: float) -> Book:
    """Return a book with every volatility moved by so many points.

    Raises:
        ValueError: That would take a volatility to zero or below.

    """
    lowest = float(np.min(book.sigma, initial=np.inf))
    if lowest + 0.01 * points <= 0:
        raise ValueError(f"volatility cannot move by {points:g} points: a contract's is {100 * lowest:.1f} %")
    return replace(book, sigma=book.sigma + 0.01 * points)


def hedging_path(
    book: Book,
    whole: Book | None,
    spot: float,
    times: Sequence[dt.datetime],
    elapsed: Sequence[float],
    plan: tuple[float, float],
) -> pl.DataFrame:
    """Return dealers' trades interval by interval; the columns are those of `ZeroDte.path` but for `one_sigma`.

    Args:
        book: The expiration's contracts with dealers' positions.
        whole: The chain's; None to leave it out.
        spot: Held fixed, points.
        times: Instants from the evaluation to the expiry.
        elapsed: The same in years from the evaluation.
        plan: Points that volatility moves by, and the finite move of gamma as a fraction of spot.

    """
    points, move = plan
    chain = None if whole is None else charm_trades(whole.held(), spot, elapsed).tolist()
    moved, at = with_vol_moved(book, points), np.array([spot])
    charm = charm_trades(book, spot, elapsed)
    vanna = [-spot * float((shares(moved, at, each) - shares(book, at, each))[0]) for each in elapsed[:-1]]
    gamma = [float(finite_gamma_usd(book, at, each, move)[0]) for each in elapsed[:-1]]
    return pl.DataFrame(
        {
            "since": list(times[:-1]),
            "until": list(times[1:]),
            "charm_trade_usd": charm.tolist(),
            "cumulative_usd": np.cumsum(charm).tolist(),
            "all_expirations_usd": pl.Series(chain or [None] * len(charm), dtype=pl.Float64),
            "vanna_trade_usd": vanna,
            "charm_after_vol_usd": charm_trades(moved, spot, elapsed).tolist(),
            "gamma_usd_per_1pct": gamma,
        }
    )


def reach_of(sigma: float | None, ladder: float, move: float) -> float:
    """Return how far a surface reaches in ln(spot): three standard deviations to the expiry, within the ladder.

    Args:
        sigma: One standard deviation to the expiry as a fraction of spot; None if unknown.
        ladder: Half-width of the range that books are priced in, as a fraction of spot.
        move: Of finite gamma, which reaches further still.

    """
    return max(min(SIGMAS * (sigma or 0.0), float(np.log1p(ladder) - np.log1p(move))), LEAST_REACH)


def surface_of(
    book: Book, spot: float, reach: float, times: tuple[dt.datetime, ...], elapsed: Sequence[float], move: float
) -> Surface:
    """Price a book at every spot and time.

    Args:
        book: Contracts with dealers' positions.
        spot: Points; the middle of the surface.
        reach: Half of the range of ln(spot).
        times: Instants from the evaluation to the expiry.
        elapsed: The same in years from the evaluation.
        move: Of finite gamma, as a fraction of spot.

    """
    spots = spot * np.exp(reach * np.arange(-HALF, HALF + 1) / HALF)
    held = np.column_stack([shares(book, spots, each) for each in elapsed])
    now = shares(book, np.array([spot]), elapsed[0])[0]
    column = spots[:, np.newaxis]
    charm = np.full_like(held, np.nan)
    charm[:, :-1] = -column * np.diff(held, axis=1)
    return Surface(
        spots=spots,
        times=times,
        gamma_usd_per_1pct=np.column_stack([finite_gamma_usd(book, spots, each, move) for each in elapsed]),
        delta_usd=column * held,
        charm_trade_usd=charm,
        hedge_trade_usd=-column * (held - now),
    )
