"""Charts of a 0DTE view by name, and what they have in common: which expiration, how long it has left, how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.plot import hedging_path, pin, surface
from gex.plot.choice import drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gex.intraday_results import ZeroDte
    from gex.plot import ZeroDteKind
    from gex.plot.drawing import Drawing
    from gex.plot.theme import Theme, ThemeName

DRAW: Mapping[ZeroDteKind, Callable[[ZeroDte, Theme], Drawing]] = {
    "surface": surface.draw,
    "charm": surface.draw_charm,
    "path": hedging_path.draw,
    "pin": pin.draw,
}


def chart(view: ZeroDte, kind: ZeroDteKind, theme: ThemeName = "light") -> Drawing:
    """Return a chart of a 0DTE view; what cannot be shown says why in its place.

    Args:
        view: Of `gex.intraday.zero_dte`.
        kind: One of `ZERO_DTE_KINDS`.
        theme: `light` or `dark`.

    Returns:
        A drawing; `svg()` and `png()` give the bytes of a file.

    Raises:
        ValueError: There is no such kind or theme.

    """
    return drawn(DRAW, view, kind, theme)


@dataclass(frozen=True)
class Charts:
    """The charts of one 0DTE view, as a notebook shows them: `view.plot.surface()`."""

    view: ZeroDte

    def surface(self, theme: ThemeName = "light") -> Drawing:
        """Return net gamma by price and time to the expiry, with the move that is priced."""
        return chart(self.view, "surface", theme)

    def charm(self, theme: ThemeName = "light") -> Drawing:
        """Return what dealers trade as time passes, by price and time."""
        return chart(self.view, "charm", theme)

    def path(self, theme: ThemeName = "light") -> Drawing:
        """Return dealers' trades interval by interval to the expiry, and what they add up to."""
        return chart(self.view, "path", theme)

    def pin(self, theme: ThemeName = "light") -> Drawing:
        """Return the odds of each strike to be settled at and to be touched, and dealers' gamma there."""
        return chart(self.view, "pin", theme)
