"""How sure the levels are: the same book under every other convention in use, each re-priced.

Two bands, because they answer two questions. `method`: what if volatility, its dynamics or rates are taken in another
sound way? `positions`: what if dealers hold something else? Pricing at spot in place of the forward, or by another
clock, is neither: those are mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gex.exposure import PER_PCT
from gex.levels import sum_by
from gex.pairs import netted
from gex.positioning import dealer_sign, held_contracts
from gex.profile import brackets_of, root_between
from gex.results import Band, Bands, Variant
from gex.settings import CONVENTIONS
from gex.variants import BY_CONTRACT, BY_RUNG, repriced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.exposure import Book, ContractExposure
    from gex.market import Market
    from gex.merged_book import MergedBook
    from gex.quotes import Floats
    from gex.results import Certainty, ConventionGroup, Levels, Range
    from gex.settings import Convention, PositionsModel
    from gex.slices import Ladder

FIRM, FAIR = 0.0005, 0.00075
"""A flip is firm where 1% of gross moves it by less than this fraction of spot, fair up to the second, else weak."""
TOLERANCE = 1e-8
"""Of a variant's flip, relative."""

POSITIONS: dict[Convention, tuple[PositionsModel, float, str]] = {
    "naive": ("naive", 0.0, "dealers long calls, short puts"),
    "short-all": ("short-all", 0.0, "dealers short calls and puts"),
    "call-skew": ("call-skew", 0.0, "calls by their skew"),
    "volume": ("volume", 0.0, "today's volume in place of open interest"),
    "zero-dte-half": ("naive", 0.5, "0DTE half volume, half open interest"),
    "zero-dte-volume": ("naive", 1.0, "0DTE by volume"),
}
"""A model and its share of volume in 0DTE; the last two on the signs of the analysis' own model."""


def bands_of(market: Market, book: Book, dollars: ContractExposure, ladder: Ladder, levels: Levels) -> Bands:
    """Find the levels under every convention of `Settings.band`, and how far they spread.

    Args:
        market: The chain priced.
        book: The used contracts, with what dealers hold of them.
        dollars: Exposure of each.
        ladder: Spots to look for the flip at.
        levels: The analysis' own.

    """
    # A profile of moving volatility takes a sum a spot: every eighth will do to find crossings between.
    spots = ladder.spots if book.dynamics is None else ladder.spots[::8]
    variants = (
        *sorted(
            _methods(market, book, dollars.unit_gamma, spots, levels), key=lambda v: CONVENTIONS.index(v.convention)
        ),
        *_positions(market, book, dollars.unit_gamma, spots),
    )
    return bands_from(variants, levels, float(np.sum(dollars.gamma)), market.level)


def bands_from(variants: tuple[Variant, ...], levels: Levels, net: float, spot: float) -> Bands:
    """Return both bands, from every variant and the analysis' own levels and net gamma, with the verdict."""
    method, positions = (band_of(levels, net, [v for v in variants if v.group == g]) for g in ("method", "positions"))
    certainty = certainty_of(levels.points_per_1pct_of_gross, spot)
    return Bands(method, positions, variants, certainty, verdict_of(levels, method, positions, certainty))


def _methods(market: Market, book: Book, unit_gamma: Floats, spots: Floats, levels: Levels) -> Iterator[Variant]:
    """Re-price the book under every other method; what early exercise adds stays what it is in the analysis."""
    (strikes, at), dollars = market.strikes, PER_PCT * market.level**2
    early, early_net = np.zeros(len(spots)), np.zeros(len(strikes))
    if book.early:
        early = book.held().early_gamma_usd_profile(spots)
        early_gamma = unit_gamma - book.european().gamma(market.level)
        early_net = sum_by(at, dollars * book.units * early_gamma, len(strikes))
    for conventions, pairs in ((BY_RUNG, True), (BY_CONTRACT, False)):
        held = book.european().joined if pairs else netted(book.european(), book.units != 0, pairs=False)
        wanted = conventions.intersection(market.settings.band)
        for other in repriced(market, market.used[held.rows], held.holding(book.units), wanted):
            curve = Curve(spots, other.book, early)
            flip = curve.root(market.level) if other.book.dynamics is None else curve.root_near(levels, market.level)
            gamma_usd = dollars * other.book.units * other.book.gamma(market.level)
            net = sum_by(at[held.rows], gamma_usd, len(strikes)) + early_net
            yield variant_of(
                (other.convention, "method", other.description), strikes, net, flip, market.settings.ladder
            )


def _positions(market: Market, book: Book, unit_gamma: Floats, spots: Floats) -> Iterator[Variant]:
    """Give dealers every other position; a book of one's own is what it is."""
    if not isinstance(market.settings.positions, str):
        return
    (strikes, at), dollars = market.strikes, PER_PCT * market.level**2
    counted = (market.quotes.open_interest + market.quotes.volume)[market.used] > 0
    together = netted(book.european(), counted | (book.units != 0))
    for convention, (*_, text) in POSITIONS.items():
        units = units_under(market, market.settings.positions, convention)
        if convention not in market.settings.band or not units.any() or np.array_equal(units, book.units):
            continue
        early = replace(book, units=units).held().early_gamma_usd_profile(spots) if book.early else np.zeros(len(spots))
        flip = Curve(spots, together.holding(units), early).root(market.level)
        net = sum_by(at, dollars * units * unit_gamma, len(strikes))
        yield variant_of((convention, "positions", text), strikes, net, flip, market.settings.ladder)


def units_under(market: Market, own: PositionsModel, convention: Convention) -> Floats:
    """Return dealers' signed units in each used contract under one of `POSITIONS`; `own` is the analysis' model."""
    named, share, _ = POSITIONS[convention]
    model = own if share else named
    contracts = market.settings.scale * held_contracts(market, model, share) * dealer_sign(market, model)
    return np.asarray((contracts * market.quotes.multiplier)[market.used])


@dataclass(frozen=True)
class Curve:
    """Net gamma against spot: exact sums, and what early exercise adds, between the spots of the ladder."""

    spots: Floats
    european: Book | MergedBook
    early: Floats

    def net(self, spot: float) -> float:
        """Return $ per +1%."""
        return self.european.net_gamma_usd(spot) + float(np.interp(spot, self.spots, self.early))

    def root(self, level: float) -> float | None:
        """Return the crossing nearest to a spot, found on the ladder and refined by exact sums."""
        brackets = brackets_of(self.spots, self.european.gamma_usd_profile(self.spots) + self.early)
        if not brackets:
            return None
        low, high, guess = min(brackets, key=lambda each: abs(0.5 * (each.low[0] + each.high[0]) - level))
        return root_between(self.net, low, high, TOLERANCE, guess)

    def root_near(self, levels: Levels, level: float) -> float | None:
        """Return the crossing nearest to the flip of `levels`: where volatility moves with spot a ladder is slow."""
        if levels.gamma_flip is None:
            return None
        own = min(levels.gamma_flip_crossings, key=lambda crossing: abs(crossing.spot - level))
        start = (own.spot, self.net(own.spot))
        step = -1.5 * start[1] / own.slope if own.slope else 0.0
        while step and self.spots[0] <= start[0] + step <= self.spots[-1]:
            end = (start[0] + step, self.net(start[0] + step))
            if (end[1] > 0) != (start[1] > 0):
                return root_between(self.net, min(start, end), max(start, end), TOLERANCE)
            step *= 2.0
        return own.spot if not start[1] else None


def variant_of(
    what: tuple[Convention, ConventionGroup, str], strikes: Floats, net: Floats, flip: float | None, ladder: float
) -> Variant:
    """Return the levels under another convention.

    Args:
        what: The convention, its group, and how to say it.
        strikes: Going up.
        net: Net gamma at each, $ per +1%.
        flip: The crossing nearest to spot, points; None without one.
        ladder: Half-width of the range searched for it, as a fraction of spot.

    """
    convention, group, text = what
    high, low = int(np.argmax(net)), int(np.argmin(net))
    call_wall = float(strikes[high]) if net[high] > 0 else None
    put_wall = float(strikes[low]) if net[low] < 0 else None
    missing = {
        "gamma_flip": (flip, f"net gamma does not change sign within {ladder:.0%} of spot"),
        "call_wall": (call_wall, "no strike has positive net gamma"),
        "put_wall": (put_wall, "no strike has negative net gamma"),
    }
    return Variant(
        convention=convention,
        group=group,
        description=text,
        gamma_flip=flip,
        call_wall=call_wall,
        put_wall=put_wall,
        net_usd_per_1pct=float(np.sum(net)),
        reasons={name: reason for name, (value, reason) in missing.items() if value is None},
    )


def band_of(levels: Levels, net: float, variants: list[Variant]) -> Band:
    """Return how far each level and the net spread over the analysis' own and its variants."""

    def spread(name: str) -> Range | None:
        values = [value for value in (getattr(each, name) for each in (levels, *variants)) if value is not None]
        return (min(values), max(values)) if values else None

    nets = [net, *(each.net_usd_per_1pct for each in variants)]
    return Band(spread("gamma_flip"), spread("call_wall"), spread("put_wall"), (min(nets), max(nets)))


def certainty_of(points_per_1pct: float | None, spot: float) -> Certainty | None:
    """Say how firmly the profile crosses zero; None where it does not."""
    if points_per_1pct is None:
        return None
    share = points_per_1pct / spot
    return "firm" if share < FIRM else "fair" if share <= FAIR else "weak"


def verdict_of(levels: Levels, method: Band, positions: Band, certainty: Certainty | None) -> str:
    """Say in a line where the flip is, how far it may be elsewhere, and how firmly it is there."""
    if levels.gamma_flip is None:
        return f"no flip: {levels.reasons.get('gamma_flip', 'no crossing')}"
    digits = 0 if levels.gamma_flip >= 1000 else 1 if levels.gamma_flip >= 100 else 2

    def text(name: str, spread: Range | None) -> list[str]:
        if spread is None or f"{spread[0]:.{digits}f}" == f"{spread[1]:.{digits}f}":
            return []
        return [f"{name} {spread[0]:.{digits}f}-{spread[1]:.{digits}f}"]

    parts = [
        f"flip {levels.gamma_flip:.{digits}f}",
        *text("method", method.gamma_flip),
        *text("positions", positions.gamma_flip),
    ]
    if levels.points_per_1pct_of_gross is not None:
        parts.append(f"{certainty}: {levels.points_per_1pct_of_gross:.2g} points per 1% of gross")
    return ", ".join(parts)
