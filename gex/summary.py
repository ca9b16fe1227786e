"""What a reader must know beside the figures: regime, distances, checks, assumptions, warnings."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gex.early import EARLIEST_YEARS
from gex.levels import distance
from gex.position_book import PositionBook
from gex.quotes import median
from gex.results import VendorCheck

if TYPE_CHECKING:
    from gex.exposure import Book
    from gex.ingest.schema import Chain, QualityReport
    from gex.market import Market
    from gex.quotes import Floats
    from gex.results import DataStatus, Exposure, LevelDistance, Levels, Regime
    from gex.segments import Places
    from gex.settings import PositionsModel, Settings, VolatilitySource, VolDynamics

DECISIVE = 0.05
"""Net gamma under this fraction of gross has a sign that a small change of convention turns."""
NEAR_MONEY = 0.005
"""The vendor's gamma is compared within this distance of spot."""

POSITIONS_TEXT: dict[PositionsModel, str] = {
    "naive": "naive (dealers long calls, short puts)",
    "short-all": "short-all (dealers short calls and puts)",
    "call-skew": "call-skew (dealers short puts, long or short calls by the smile)",
    "volume": "volume (long calls, short puts, today's volume as if held)",
}
VOL_TEXT: dict[VolatilitySource, str] = {
    "reimplied": "volatility re-implied from mids",
    "vendor": "vendor's volatility",
    "vendor-fitted": "vendor's volatility and clock",
    "per-contract": "each contract's own volatility",
}
DYNAMICS_TEXT: dict[VolDynamics, str] = {
    "sticky-strike": "sticky strike",
    "sticky-moneyness": "sticky moneyness",
    "vol-beta": "volatility beta",
}


def regime_of(exposure: Exposure) -> Regime:
    """Name the side of the flip, or neither where net gamma is too small a part of gross to tell."""
    gamma = exposure.gamma_usd_per_1pct
    if abs(gamma.net) <= DECISIVE * gamma.gross:
        return "near_zero"
    return "long_gamma" if gamma.net > 0 else "short_gamma"


def status_of(chain: Chain) -> DataStatus:
    """Say whether the quotes are of a trading session, late, or from after its end."""
    if not chain.market_open:
        return "closed"
    return "delayed" if chain.delay_minutes > 0 else "ok"


def quality_of(quality: QualityReport, market: Market) -> QualityReport:
    """Add the rows that could not be priced to those the reader set aside."""
    quarantined = Counter(quality.quarantined)
    quarantined.update(market.set_aside)
    return replace(quality, rows_kept=len(market.used), quarantined=dict(sorted(quarantined.items())))


def distances_of(market: Market, levels: Levels) -> dict[str, LevelDistance]:
    """Measure how far the flip and the walls are, on the smile of the nearest expiration."""
    nearest = market.nearest()
    if nearest is None:
        return {}
    forward = market.forward(nearest)
    at_money = market.w(nearest, market.level)
    found = {"gamma_flip": levels.gamma_flip, "call_wall": levels.call_wall, "put_wall": levels.put_wall}
    return {
        name: distance(level, market.level, at_money, market.w(nearest, level), forward)
        for name, level in found.items()
        if level is not None
    }


def vendor_check_of(market: Market, unit_gamma: Floats, today: Places) -> VendorCheck | None:
    """Compare gamma with the vendor's on today's contracts near the money; None where there are none.

    Args:
        market: The chain priced.
        unit_gamma: Gamma per unit and point of each used contract.
        today: Where the used contracts that expire today stand.

    """
    rows = market.used[today]
    vendor = market.quotes.vendor_gamma[rows]
    near = np.abs(market.quotes.strike[rows] / market.level - 1.0) <= NEAR_MONEY
    compared = near & (vendor > 0)
    if not compared.any():
        return None
    return VendorCheck(int(compared.sum()), median(unit_gamma[today][compared] / vendor[compared]))


def assumptions_of(market: Market, settings: Settings) -> tuple[str, ...]:
    """Name each convention used, the one that matters most first."""
    exercise = f"American beyond {EARLIEST_YEARS * 365:.0f} days" if market.american.any() else "European"
    carry = "parity forwards"
    rates = f"{settings.curve.rates[0]:.2%} flat" if len(settings.curve.rates) == 1 else "discount curve as given"
    if settings.rate is not None and settings.dividend is not None:
        carry, rates = "no parity", f"rate {settings.rate:.2%}, dividend {settings.dividend:.2%}"
    dynamics = DYNAMICS_TEXT[settings.dynamics]
    if settings.dynamics == "vol-beta":
        dynamics += f" {settings.vol_beta:g}"
    return (*_positions_text(settings), VOL_TEXT[settings.vol], carry, dynamics, exercise, rates)


def _positions_text(settings: Settings) -> tuple[str, ...]:
    """Name the positions, and what was done to them."""
    own = settings.positions
    texts = [f"positions of {own.name}" if isinstance(own, PositionBook) else POSITIONS_TEXT[own or "naive"]]
    if settings.zero_dte_volume and settings.model not in {"volume", "book"}:
        texts.append(f"0DTE {settings.zero_dte_volume:.0%} volume, {1 - settings.zero_dte_volume:.0%} open interest")
    if settings.signed_volume:
        texts.append(f"plus {settings.signed_share:.0%} of the signed volume of {settings.signed_volume.name}")
    if settings.scale != 1:
        texts.append(f"positions times {settings.scale:g}")
    return tuple(texts)


def warnings_of(chain: Chain, market: Market, book: Book, settings: Settings) -> tuple[str, ...]:
    """Say what was replaced or fell back, one sentence each."""
    fallbacks = (*_fallback_warnings(market, settings), *_exercise_warning(book))
    return (*chain.quality.notes, *_spot_warning(market), *fallbacks)


def _spot_warning(market: Market) -> tuple[str, ...]:
    """Warn where parity shows the source's spot to be stale."""
    spot = market.spot
    if spot.source != "parity" or spot.header is None:
        return ()
    found = f"{spot.used:.2f} ({spot.used - spot.header:+.2f})"
    return (
        f"spot {spot.header:g} of the source is stale: near forwards imply {found}, used instead; --spot overrides",
    )


def _fallback_warnings(market: Market, settings: Settings) -> tuple[str, ...]:
    """Count the expirations whose forward or volatility is not of the kind asked for."""
    priced = market.priced
    carried = sum(market.forwards.source[i] in {"carry", "rate"} for i in priced)
    replaced = sum(market.volatility.source[i] != settings.vol for i in priced)
    texts = []
    if carried:
        texts.append(f"{carried} of {len(priced)} expirations without a parity forward: carried from the others")
    if replaced:
        texts.append(f"{replaced} of {len(priced)} expirations with stale quotes: the vendor's volatility")
    return tuple(texts)


def _exercise_warning(book: Book) -> tuple[str, ...]:
    """Count the American contracts for which no exercise boundary was found."""
    unsolved = 0 if book.early is None else int(np.count_nonzero(~book.early.solved))
    return (f"{unsolved} American contracts without an exercise boundary: priced as European",) if unsolved else ()
