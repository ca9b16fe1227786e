"""One expiration under several ideas of what dealers hold, side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gex.exposure import contract_exposure
from gex.intraday_paths import charm_trades, finite_gamma_usd
from gex.intraday_results import Holding
from gex.positioning import dealer_sign, held_contracts
from gex.profile import ladder_of
from gex.slices import Ladder, part_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.exposure import Book
    from gex.market import Market
    from gex.quotes import Floats
    from gex.settings import PositionsModel, Settings

MIXTURE = 0.5
"""The share of volume of the mixture that stands beside open interest and volume."""


@dataclass(frozen=True)
class Idea:
    """What dealers are taken to hold of an expiration."""

    name: str
    volume_share: float | None
    units: Floats
    """Of each contract of the expiration, signed, times the multiplier."""


def ideas_of(market: Market, book: Book, settings: Settings, *, is_today: bool) -> list[Idea]:
    """Return what the settings ask for, and beside it open interest, a mixture, volume, and other signs.

    Args:
        market: The expiration's contracts priced.
        book: The same with the positions that the settings ask for.
        settings: With `positions` resolved.
        is_today: Whether the expiration is today's: only there `zero_dte_volume` acts.

    """
    asked, shares_as_asked = settings.model or "naive", settings.zero_dte_volume if is_today else 0.0
    model: PositionsModel = "naive" if asked in {"volume", "book"} else asked  # type: ignore[assignment]
    if asked == "book":
        first = Idea(settings.positions.name, None, book.units)  # type: ignore[union-attr]
    else:
        first = Idea(asked, 1.0 if asked == "volume" else shares_as_asked, book.units)
    beside: list[tuple[PositionsModel, float]] = [(model, 0.0), (model, MIXTURE), (model, 1.0)]
    beside += [(other, 0.0) for other in ("naive", "call-skew", "short-all") if other != model]
    seen = ("naive", 1.0) if asked == "volume" else (asked, first.volume_share)
    return [first, *(_idea(market, settings, *each) for each in beside if each != seen)]


def _idea(market: Market, settings: Settings, model: PositionsModel, share: float) -> Idea:
    held = settings.scale * ((1.0 - share) * held_contracts(market, model) + share * market.quotes.volume)
    units = held * dealer_sign(market, model) * market.quotes.multiplier
    return Idea(model, share, units[market.used])


def holding_of(
    market: Market, book: Book, idea: Idea, settings: Settings, elapsed: Sequence[float], move: float
) -> Holding:
    """Return an expiration's figures under one idea.

    Args:
        market: The expiration's contracts priced.
        book: The same as a book, whatever its positions.
        idea: The positions.
        settings: `ladder` says how far crossings are looked for.
        elapsed: Years from the evaluation to the evaluation and to the expiry.
        move: Of finite gamma, as a fraction of spot.

    """
    book, every = replace(book, units=idea.units), slice(None)
    dollars, held = contract_exposure(book, market.level, None), book.held()
    ladder = Ladder(ladder_of(book, market.level, settings.ladder), settings.ladder)
    joined = book.joined.holding(book.units)
    profile = joined.gamma_usd_profile(ladder.spots)
    return Holding(
        name=idea.name,
        volume_share=idea.volume_share,
        contracts=float(np.sum(np.abs(idea.units / market.quotes.multiplier[market.used]))),
        gamma_usd_per_1pct=dollars.of(every).gamma_usd_per_1pct,
        finite_gamma_usd_per_1pct=float(finite_gamma_usd(held, np.array([market.level]), 0.0, move)[0]),
        charm_trade_usd=float(charm_trades(held, market.level, elapsed)[0]),
        levels=part_of(market, dollars, joined, profile, ladder, every).levels,
    )
