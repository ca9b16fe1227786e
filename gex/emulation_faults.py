"""Why an emulated flip is not ours: one fault put right at a time, each flip re-priced, the points adding up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.analysis import priced
from gex.profile import crossings_of, ladder_of, root_between
from gex.settings import Settings

if TYPE_CHECKING:
    from gex.emulations import Emulation
    from gex.ingest.schema import Chain

FaultName = Literal["crossing", "grid", "clock", "forward", "volatility", "rest"]

MEANING: dict[FaultName, str] = {
    "crossing": "the lowest sign change, not the nearest to spot",
    "grid": "straight lines between far spots, not the root",
    "clock": "whole weekdays, not the time to expiry",
    "forward": "spot and one rate, not the quotes' forward",
    "volatility": "the vendor's, not the one chosen",
    "rest": "another spot, exercise or positions than ours",
}
"""In the order in which they are put right."""


@dataclass(frozen=True)
class Fault:
    """What one of a program's ways does to its flip, those before it in `MEANING` put right."""

    name: FaultName
    meaning: str
    flip_with: float | None
    """Points."""
    flip_without: float | None
    """Points; of the last, our own flip."""

    @property
    def points(self) -> float | None:
        """How far it moves the flip; over all faults they add up to the program's flip less ours."""
        known = self.flip_with is not None and self.flip_without is not None
        return self.flip_with - self.flip_without if known else None  # type: ignore[operator]


def faults_of(chain: Chain, emulation: Emulation, settings: Settings | None = None) -> tuple[Fault, ...]:
    """Take a program's flip apart.

    Args:
        chain: What was emulated.
        emulation: Of it.
        settings: Ours, which the last flip is under.

    Raises:
        ValueError: The chain cannot be priced under the settings, or by the vendor's volatility; says why.

    """
    settings = settings or Settings()
    plain = Settings(curve=settings.curve, positions="naive", exercise="european", spot=emulation.spot, vol="vendor")
    nearest = min(emulation.crossings, key=lambda spot: abs(spot - emulation.spot), default=None)
    flips = (
        emulation.gamma_flip,
        nearest,
        None if nearest is None else _exact(emulation, nearest),
        _flip(chain, replace(plain, rate=emulation.rate, dividend=0.0)),
        _flip(chain, plain),
        _flip(chain, replace(plain, vol=settings.vol)),
        _flip(chain, settings),
    )
    return tuple(Fault(name, MEANING[name], *each) for name, each in zip(MEANING, pairwise(flips), strict=True))


def _exact(emulation: Emulation, crossing: float) -> float:
    """Return the root of its own profile between the points of its grid around a crossing."""
    spots, profile = emulation.spots, emulation.profile
    above = int(np.clip(np.searchsorted(spots, crossing), 1, len(spots) - 1))
    low, high = ((float(spots[i]), float(profile[i])) for i in (above - 1, above))
    return root_between(emulation.book.net_gamma_usd, low, high)


def _flip(chain: Chain, settings: Settings) -> float | None:
    """Return the crossing nearest spot."""
    base = priced(chain, settings)
    book, level = base.book.held(), base.market.level
    spots = ladder_of(book, level, settings.ladder)
    crossings = crossings_of(book, spots, book.gamma_usd_profile(spots))
    return min((each.spot for each in crossings), key=lambda spot: abs(spot - level), default=None)
