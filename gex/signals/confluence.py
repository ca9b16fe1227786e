"""Confluence: levels of different kinds that lie together, within a tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gex.signals.price_levels import Kind, PriceLevel


@dataclass(frozen=True)
class Tolerance:
    """How far apart the lowest and the highest level of a cluster may lie.

    Attributes:
        size: Positive.
        unit: `points`; `pct` of spot; or `sigmas`, standard deviations of a session.

    """

    size: float
    unit: Literal["points", "pct", "sigmas"] = "pct"

    def points(self, spot: float, sigma: float | None = None) -> float:
        """Return it in points.

        Args:
            spot: Points.
            sigma: Standard deviation of a session, points; needed for sigmas.

        Raises:
            ValueError: The size, the spot or sigma is not positive and finite, or the unit is unknown.

        """
        scales = {"points": 1.0, "pct": spot / 100.0, "sigmas": sigma}
        if self.unit not in scales:
            raise ValueError(f"unit must be one of {', '.join(scales)}; got {self.unit!r}")
        scale = scales[self.unit]
        if scale is None:
            raise ValueError("sigma must be given for a tolerance in sigmas")
        for name, value in (("size", self.size), ("spot", spot), (self.unit, scale)):
            if not (value > 0 and isfinite(value)):
                raise ValueError(f"{name} must be positive and finite, got {value}")
        return self.size * scale


@dataclass(frozen=True)
class Cluster:
    """Levels that lie together.

    Attributes:
        members: The lowest first.
        middle: Mean of their prices, points.
        spread: From the lowest to the highest, points.
        distance: Of the middle from spot, points; positive above it.
        distance_pct: The same, % of spot.
        distance_sigmas: The same, standard deviations of a session; None where that is not known.

    """

    members: tuple[PriceLevel, ...]
    middle: float
    spread: float
    distance: float
    distance_pct: float
    distance_sigmas: float | None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of its members, each once, in the order of their prices."""
        return tuple(dict.fromkeys(each.kind for each in self.members))


def confluence(
    levels: Iterable[PriceLevel],
    spot: float,
    tolerance: Tolerance,
    *,
    sigma: float | None = None,
    at_least: int = 2,
    kinds: int = 2,
) -> tuple[Cluster, ...]:
    """Return the clusters of some levels, the nearest to spot first.

    The largest group within the tolerance is taken first, of two as large the one that lies closer together, then the
    lower; its members belong to no other.

    Args:
        levels: Technical ones, gamma's, one's own.
        spot: Points.
        tolerance: From the lowest to the highest member.
        sigma: Standard deviation of a session, points.
        at_least: Members.
        kinds: Different kinds among them.

    Raises:
        ValueError: A level, spot or the tolerance is not positive and finite, or `at_least` or `kinds` is below 1.

    """
    if at_least < 1 or kinds < 1:
        raise ValueError(f"at_least and kinds must be 1 or more, got {at_least} and {kinds}")
    width = tolerance.points(spot, sigma)
    left = sorted(levels, key=lambda each: each.price)
    for each in left:
        if not (each.price > 0 and isfinite(each.price)):
            raise ValueError(f"{each.name} must be a positive price, got {each.price}")
    clusters = []
    while groups := [group for group in _groups(left, width) if _counts(group, at_least, kinds)]:
        best = min(groups, key=lambda group: (-len(group), group[-1].price - group[0].price, group[0].price))
        clusters.append(_cluster(best, spot, sigma))
        taken = {id(each) for each in best}
        left = [each for each in left if id(each) not in taken]
    return tuple(sorted(clusters, key=lambda each: (abs(each.distance), each.middle)))


def _groups(levels: Sequence[PriceLevel], width: float) -> Iterator[Sequence[PriceLevel]]:
    """Yield for each level the group that begins with it."""
    end = 0
    for start, first in enumerate(levels):
        while end < len(levels) and levels[end].price - first.price <= width:
            end += 1
        yield levels[start:end]


def _counts(group: Sequence[PriceLevel], at_least: int, kinds: int) -> bool:
    return len(group) >= at_least and len({each.kind for each in group}) >= kinds


def _cluster(group: Sequence[PriceLevel], spot: float, sigma: float | None) -> Cluster:
    middle = sum(each.price for each in group) / len(group)
    distance = middle - spot
    return Cluster(
        members=tuple(group),
        middle=middle,
        spread=group[-1].price - group[0].price,
        distance=distance,
        distance_pct=100.0 * distance / spot,
        distance_sigmas=None if sigma is None else distance / sigma,
    )
