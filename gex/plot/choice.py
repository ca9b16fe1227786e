"""A chart by its name and the name of its ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gex.plot.theme import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gex.plot.drawing import Drawing
    from gex.plot.theme import Theme, ThemeName

Kind = TypeVar("Kind", bound=str)
Shown = TypeVar("Shown")


def drawn(
    charts: Mapping[Kind, Callable[[Shown, Theme], Drawing]], shown: Shown, kind: Kind, theme: ThemeName
) -> Drawing:
    """Return the chart of `shown` that is called `kind`.

    Raises:
        ValueError: There is no such kind or theme.

    """
    if kind not in charts:
        raise ValueError(f"kind must be one of {', '.join(charts)}; got {kind!r}")
    if theme not in THEMES:
        raise ValueError(f"theme must be one of {', '.join(THEMES)}; got {theme!r}")
    return charts[kind](shown, THEMES[theme])
