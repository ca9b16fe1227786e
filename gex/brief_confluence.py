"""The section of a brief on confluence: where averages, extremes, round numbers and gamma levels lie together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.brief_sections import Figure, Section
from gex.signals.confluence import Tolerance, confluence
from gex.signals.panel import Panel
from gex.signals.price_levels import price_levels

if TYPE_CHECKING:
    from gex.ingest.daily_schema import DailyHistory
    from gex.results import Levels
    from gex.signals.confluence import Cluster

WITHIN = Tolerance(0.25, "pct")
REACH_PCT = 5.0
"""Clusters further from the close are of no use for the next session."""
SHOWN = 4


def confluences(prices: DailyHistory, gamma: Levels | None) -> Section:
    """Return the clusters of levels of two kinds or more that are nearest to the close.

    Args:
        prices: As the evening knows them.
        gamma: Dealers' levels of that evening; None where there are none.

    """
    levels = price_levels(Panel(prices, {}), gamma=gamma)
    clusters = [each for each in confluence(levels.levels, levels.spot, WITHIN) if abs(each.distance_pct) <= REACH_PCT]
    if not clusters:
        reason = f"no levels of two kinds within {WITHIN.size:g}% of each other and {REACH_PCT:g}% of the close"
        return Section("confluence", None, (), reason)
    figures = tuple(
        Figure(f"cluster_{place}", each.middle, "points", _says(each)) for place, each in enumerate(clusters[:SHOWN], 1)
    )
    return Section("confluence", levels.date, figures)


def _says(cluster: Cluster) -> str:
    names = " ".join(each.name for each in cluster.members)
    sign = "−" if cluster.distance_pct < 0 else "+"
    return f"{sign}{abs(cluster.distance_pct):.1f}%: {names}"
