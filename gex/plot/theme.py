"""Colours by what they mean, light and dark: two hues that people with any colour vision tell apart.

Text in `ink`, `muted`, `positive`, `negative` and `alert` has a contrast of at least 4.5:1 on `paper` (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

ThemeName = Literal["light", "dark"]
SHARES = (1.0, 0.5, 0.3, 0.18, 0.09)
"""Of a sign's colour in the paper, from the strongest step of a scale to the weakest."""


@dataclass(frozen=True)
class Theme:
    """The colours of one ground, as #rrggbb."""

    paper: str
    ink: str
    muted: str
    grid: str
    positive: str
    positive_soft: str
    negative: str
    negative_soft: str
    alert: str
    unknown: str
    """Stripes where a sign is not known; never of text."""

    def strong(self, value: float) -> str:
        """Return the colour of a sign."""
        return self.negative if value < 0 else self.positive

    def soft(self, value: float) -> str:
        """Return the lighter colour of a sign: the outer part of a bar."""
        return self.negative_soft if value < 0 else self.positive_soft

    def tint(self, value: float, share: float) -> str:
        """Return `share` of a sign's colour in the paper, one of `SHARES`."""
        return mixed(self.strong(value), self.paper, share)

    def upon(self, ground: str) -> str:
        """Return the colour of text that reads best on a ground: ink or paper."""
        return max((self.ink, self.paper), key=lambda color: contrast(color, ground))


class StyleSheet(Theme):
    """Colours as variables of a style sheet, which says what they are: one picture for either ground."""

    def tint(self, value: float, share: float) -> str:
        """Return the variable of a tint."""
        return f"var(--{'negative' if value < 0 else 'positive'}-{round(100 * share)})"

    def upon(self, ground: str) -> str:
        """Return the variable of text on a ground that is itself a variable."""
        return ground.replace("--", "--on-", 1)


LIGHT = Theme(
    paper="#ffffff",
    ink="#16202a",
    muted="#5b6875",
    grid="#e6eaee",
    positive="#0b7a8c",
    positive_soft="#a9d6dd",
    negative="#c2570c",
    negative_soft="#f3c9a6",
    alert="#b3261e",
    unknown="#9aa5b1",
)
DARK = Theme(
    paper="#0f141a",
    ink="#e8edf2",
    muted="#94a1ae",
    grid="#232c36",
    positive="#3fb6c8",
    positive_soft="#1d4f59",
    negative="#f0914a",
    negative_soft="#6a3a17",
    alert="#f2766d",
    unknown="#5b6875",
)
THEMES: dict[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}
PAGE = StyleSheet(**{each.name: f"var(--{each.name.replace('_', '-')})" for each in fields(Theme)})


def variables(theme: Theme) -> dict[str, str]:
    """Return what the variables of `PAGE` are on one ground: its colours, its tints, and of text on both."""
    grounds = {getattr(PAGE, each.name): getattr(theme, each.name) for each in fields(Theme)}
    for value in (1.0, -1.0):
        grounds |= {PAGE.tint(value, share): theme.tint(value, share) for share in SHARES}
    written = grounds | {PAGE.upon(variable): theme.upon(color) for variable, color in grounds.items()}
    return {variable.removeprefix("var(").removesuffix(")"): color for variable, color in written.items()}


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mixed(color: str, ground: str, share: float) -> str:
    """Return `share` of a colour in a ground, 0 to 1."""
    parts = (round(share * a + (1 - share) * b) for a, b in zip(rgb(color), rgb(ground), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [part / 255 for part in rgb(color)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
