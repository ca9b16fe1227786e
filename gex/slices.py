"""The same figures for subsets of expirations: today's, all others, the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.levels import levels_of, strike_totals
from gex.profile import crossings_of
from gex.results import Slice
from gex.summary import DECISIVE
from gex.tables import straddle_of

if TYPE_CHECKING:
    from gex.exposure import Book, ContractExposure
    from gex.levels import StrikeTotals
    from gex.market import Market
    from gex.quotes import Floats
    from gex.results import Crossing, Levels
    from gex.segments import Places


@dataclass(frozen=True)
class Ladder:
    """Spots to price at, and how far they reach as a fraction of spot."""

    spots: Floats
    half_width: float


@dataclass(frozen=True)
class Part:
    """A subset of the used contracts, priced on the ladder."""

    chosen: Places
    """Where its contracts stand among the used ones."""
    totals: StrikeTotals
    profile: Floats
    crossings: tuple[Crossing, ...]
    levels: Levels


def part_of(
    market: Market, dollars: ContractExposure, held: Book, profile: Floats, ladder: Ladder, chosen: Places
) -> Part:
    """Sum a subset by strike and find the levels of its profile.

    Args:
        market: The chain priced.
        dollars: Exposure of each used contract.
        held: The subset's contracts with a position.
        profile: Its net gamma on the ladder, $ per +1%.
        ladder: Spots, and how far they reach.
        chosen: Where the subset stands among the used contracts.

    """
    rows = market.used[chosen]
    quotes = market.quotes
    strikes, at = market.strikes
    totals = strike_totals(
        strikes,
        at[chosen],
        quotes.is_call[rows],
        dollars.gamma[chosen],
        quotes.open_interest[rows],
        quotes.volume[rows],
    )
    crossings = crossings_of(held, ladder.spots, profile)
    return Part(chosen, totals, profile, crossings, levels_of(totals, crossings, market.level, ladder.half_width))


def slice_of(market: Market, part: Part, dollars: ContractExposure, by_volume: Floats) -> Slice | None:
    """Return a part's figures; None if it holds no contract.

    Args:
        market: The chain priced.
        part: The subset.
        dollars: Exposure of each used contract.
        by_volume: Gamma of each used contract had dealers traded today's volume instead, $ per +1%.

    """
    rows = market.used[part.chosen]
    if not len(rows):
        return None
    exposure = dollars.of(part.chosen)
    gross = float(np.sum(np.abs(dollars.gamma)))
    volume = market.quotes.volume
    own = market.settings.model == "book"
    traded = float(np.sum(by_volume[part.chosen])) if np.sum(volume[rows]) > 0 and not own else None
    indices = np.flatnonzero(np.bincount(market.quotes.expiration[rows]))
    first = int(indices[np.argmin(market.years[indices])])
    dates = market.dates.to_list()
    move = straddle_of(market.quotes, market.forwards, first)
    reasons = {} if move else {"expected_move": "no strike near the forward has a two-sided call and put"}
    if traded is None:
        reasons["net_by_volume"] = "volume says nothing of a book of your own" if own else "no volume"
    return Slice(
        expirations=tuple(sorted({dates[index] for index in indices})),
        exposure=exposure,
        levels=part.levels,
        net_by_volume=traded,
        sign=sign_of(exposure.gamma_usd_per_1pct.net, exposure.gamma_usd_per_1pct.gross, traded),
        share_of_gross=exposure.gamma_usd_per_1pct.gross / gross if gross else 0.0,
        share_of_volume=_share(volume, rows, market.used),
        share_of_open_interest=_share(market.quotes.open_interest, rows, market.used),
        expected_move=move,
        reasons=reasons,
    )


def sign_of(net: float, gross: float, by_volume: float | None) -> Literal["positive", "negative", "unknown"]:
    """Trust a sign only where it is decisive and volume does not contradict it."""
    if abs(net) < DECISIVE * gross or not gross or (by_volume is not None and by_volume * net < 0):
        return "unknown"
    return "positive" if net > 0 else "negative"


def _share(values: Floats, rows: np.ndarray, of: np.ndarray) -> float | None:
    """Return the rows' share of a total; None where there is no total."""
    total = float(np.sum(values[of]))
    return float(np.sum(values[rows])) / total if total else None
