"""From a chain to dealer positioning: the one place where the parts meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gex import summary
from gex.bands import bands_of
from gex.exposure import PER_PCT, contract_exposure, hedge_flows
from gex.market import market_of
from gex.microstructure.errors import errors_of
from gex.microstructure.intervals import intervals_of
from gex.positioning import dealer_contracts, dealer_sign, default_positions
from gex.profile import ladder_of
from gex.quotes import MINUTES_PER_YEAR
from gex.results import Analysis, Profile
from gex.segments import places
from gex.settings import Settings
from gex.slices import Ladder, Part, part_of, slice_of
from gex.tables import by_contract, by_expiration, by_strike

if TYPE_CHECKING:
    from gex.exposure import Book, ContractExposure
    from gex.ingest.schema import Chain
    from gex.market import Market
    from gex.position_book import PositionBook
    from gex.quotes import Floats, Ints
    from gex.settings import PositionsModel


@dataclass(frozen=True)
class Priced:
    """A chain priced, with dealers' positions in it: what every figure is made from."""

    chain: Chain
    settings: Settings
    """With `positions` resolved."""
    market: Market
    book: Book


def priced(chain: Chain, settings: Settings) -> Priced:
    """Price a chain and give dealers their positions in it, under the settings' conventions.

    Raises:
        ValueError: The chain has no spot, no counts for the positions asked for, or no contract that can
            be priced; the message says which, and what to do.

    """
    settings = replace(settings, positions=settings.positions or default_positions(chain.asset_class))
    market = market_of(chain, settings)
    units = dealer_contracts(chain.frame, market, settings) * market.quotes.multiplier
    return Priced(chain, settings, market, market.book(units))


def analyze(
    chain: Chain, settings: Settings | None = None, *, positions: PositionsModel | PositionBook | None = None
) -> Analysis:
    """Compute dealers' positioning of one chain.

    Args:
        chain: A validated chain; see `gex.read_chain`.
        settings: The conventions; the defaults where None.
        positions: A shorthand for `Settings(positions=...)`, a model or a book of your own; overrides the settings'.

    Returns:
        The analysis, every figure with its unit in `gex.results`.

    Raises:
        ValueError: The chain has no spot, no counts for the positions asked for, or no contract that can
            be priced; the message says which, and what to do.

    """
    settings = settings or Settings()
    return analysis_of(priced(chain, replace(settings, positions=positions or settings.positions)))


def analysis_of(base: Priced) -> Analysis:
    """Compute dealers' positioning of a chain that is priced."""
    chain, settings, market, book = base.chain, base.settings, base.market, base.book
    dollars = contract_exposure(book, market.level, _years_to_close(chain, market))
    ladder = Ladder(ladder_of(book, market.level, settings.ladder), settings.ladder)
    held = book.joined.holding(book.units)
    parts = _parts(market, held, book.joined.rows, dollars, ladder)
    by_volume = _gamma_by_volume(market, dollars, settings)
    exposure, levels = dollars.of(parts.whole.chosen), parts.whole.levels
    if settings.band:
        levels = replace(levels, bands=bands_of(market, book, dollars, ladder, levels))
    errors = errors_of(chain.frame, settings)
    return Analysis(
        underlying=chain.underlying,
        quote_time=chain.quote_time,
        evaluated_at=market.evaluated_at,
        next_close=chain.next_close,
        stamp=chain.stamp,
        status=summary.status_of(chain),
        delay_minutes=chain.delay_minutes,
        quote_time_source=chain.quote_time_source,
        open_interest_date=chain.open_interest_date,
        spot=market.spot,
        settings=settings,
        source=chain.source,
        quality=summary.quality_of(chain.quality, market),
        rows_used=len(market.used),
        regime=summary.regime_of(exposure),
        exposure=exposure,
        hedge_flow=hedge_flows(held, market.level),
        levels=levels,
        distances=summary.distances_of(market, levels),
        zero_dte=slice_of(market, parts.zero_dte, dollars, by_volume),
        ex_zero_dte=slice_of(market, parts.ex_zero_dte, dollars, by_volume),
        next_expiration=slice_of(market, parts.following, dollars, by_volume),
        make_by_contract=partial(by_contract, chain.frame, market.used, book, market.level, dollars, by_volume),
        by_strike=by_strike(parts.whole.totals, parts.zero_dte.totals),
        by_expiration=by_expiration(market, dollars.gamma),
        profile=Profile(ladder.spots, parts.whole.profile, parts.zero_dte.profile, parts.whole.crossings),
        vendor_check=summary.vendor_check_of(market, dollars.unit_gamma, parts.zero_dte.chosen),
        assumptions=summary.assumptions_of(market, settings),
        warnings=summary.warnings_of(chain, market, book, settings),
        intervals=intervals_of(market, book, errors, dollars, ladder, parts.whole) if errors else None,
    )


@dataclass(frozen=True)
class _Parts:
    """All used contracts, and the subsets every report shows beside them."""

    whole: Part
    zero_dte: Part
    ex_zero_dte: Part
    following: Part


def _parts(market: Market, held: Book, rows: Ints, dollars: ContractExposure, ladder: Ladder) -> _Parts:
    """Divide the book by expiration date: today's, the next date's, the rest; each is profiled once.

    `held` is what dealers hold, `rows` where each contract of it stands among the used ones.
    """
    dates, day, none = market.dates.to_numpy(), np.datetime64(market.today), np.datetime64("NaT")
    listed = dates[market.priced]
    next_date = np.min(listed[listed != day]) if (listed != day).any() else none
    today, following = ((dates == date)[market.quotes.expiration[market.used]] for date in (day, next_date))
    zero, next_, later, rest = (held.where(chosen[rows]) for chosen in (today, following, ~today & ~following, ~today))
    profiles = [each.gamma_usd_profile(ladder.spots) for each in (zero, next_, later)]
    part = partial(part_of, market, dollars)
    return _Parts(
        whole=part(held, profiles[0] + profiles[1] + profiles[2], ladder, slice(None)),
        zero_dte=part(zero, profiles[0], ladder, places(today)),
        ex_zero_dte=part(rest, profiles[1] + profiles[2], ladder, places(~today)),
        following=part(next_, profiles[1], ladder, places(following)),
    )


def _gamma_by_volume(market: Market, dollars: ContractExposure, settings: Settings) -> Floats:
    """Return each contract's gamma had dealers, on the model's side, taken on today's volume, $ per +1%."""
    quotes, rows = market.quotes, market.used
    model = settings.positions if isinstance(settings.positions, str) else "naive"
    sign = dealer_sign(market, model)
    units = (settings.scale * quotes.volume * sign * quotes.multiplier)[rows]
    return PER_PCT * market.level**2 * units * dollars.unit_gamma


def _years_to_close(chain: Chain, market: Market) -> float | None:
    """Return the time to the next close; None when evaluated after it."""
    years = (chain.next_close - market.evaluated_at).total_seconds() / 60.0 / MINUTES_PER_YEAR
    return years if years > 0 else None
