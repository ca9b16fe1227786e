"""The charts of an analysis by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.plot import expirations, heat, hedging, profile, strikes
from gex.plot.choice import drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gex.plot import Kind
    from gex.plot.drawing import Drawing
    from gex.plot.theme import Theme, ThemeName
    from gex.results import Analysis

DRAW: Mapping[Kind, Callable[[Analysis, Theme], Drawing]] = {
    "strikes": strikes.draw,
    "profile": profile.draw,
    "heat": heat.draw,
    "expirations": expirations.draw,
    "hedging": hedging.draw,
}


def chart(analysis: Analysis, kind: Kind, theme: ThemeName = "light") -> Drawing:
    """Return a chart of an analysis; what cannot be shown says why in its place.

    Args:
        analysis: Of `gex.analyze`, or merged.
        kind: One of `KINDS`.
        theme: `light` or `dark`.

    Returns:
        A drawing; `svg()` and `png()` give the bytes of a file.

    Raises:
        ValueError: There is no such kind or theme.

    """
    return drawn(DRAW, analysis, kind, theme)


@dataclass(frozen=True)
class Charts:
    """The charts of one analysis, as a notebook shows them: `analysis.plot.profile()`."""

    analysis: Analysis

    def strikes(self, theme: ThemeName = "light") -> Drawing:
        """Return gamma by strike: calls, puts, net and 0DTE, with spot, flip and walls."""
        return chart(self.analysis, "strikes", theme)

    def profile(self, theme: ThemeName = "light") -> Drawing:
        """Return net gamma against spot, with its crossings."""
        return chart(self.analysis, "profile", theme)

    def heat(self, theme: ThemeName = "light") -> Drawing:
        """Return net gamma by strike and expiration."""
        return chart(self.analysis, "heat", theme)

    def expirations(self, theme: ThemeName = "light") -> Drawing:
        """Return gamma by expiration."""
        return chart(self.analysis, "expirations", theme)

    def hedging(self, theme: ThemeName = "light") -> Drawing:
        """Return what dealers must trade after moves of spot."""
        return chart(self.analysis, "hedging", theme)
