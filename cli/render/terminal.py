"""The terminal: how wide it is, what colours it shows, and lines that fit it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO, get_args

import click

from gex.cli.render.plain import readable
from gex.plot import theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gex.cli.options import Color

Token = Literal["ink", "muted", "positive", "positive_soft", "negative", "negative_soft", "alert"]
Rgb = tuple[int, int, int]

WIDTHS = (80, 120)
"""Columns that a screen is laid out for at the least and the most, unless it says otherwise."""
FULL = (60, 200)
"""Those of screens that are laid out for any."""

TOKENS: tuple[Token, ...] = get_args(Token)
DARK: Mapping[Token, Rgb] = {token: theme.rgb(getattr(theme.DARK, token)) for token in TOKENS}
LIGHT: Mapping[Token, Rgb] = {token: theme.rgb(getattr(theme.LIGHT, token)) for token in TOKENS}


@dataclass(frozen=True)
class Terminal:
    """A width and, where colour is wanted, a palette."""

    width: int = 80
    palette: Mapping[Token, Rgb] | None = None
    truecolor: bool = False
    height: int | None = None
    """Lines; None where nobody scrolls: a pipe, a file."""
    encoding: str | None = None
    """What it can show; None for everything."""

    def paint(self, text: str, token: Token, *, bold: bool = False) -> str:
        """Return `text` in a colour; unchanged where there is none."""
        if self.palette is None or not text:
            return text
        rgb = self.palette[token]
        return click.style(text, fg=rgb if self.truecolor else _of_256(rgb), bold=bold or None)

    def readable(self, text: str) -> str:
        """Return `text` with plain twins of characters that the terminal cannot show, as wide as it was."""
        return readable(text, self.encoding)


def detect(color: Color, widths: tuple[int, int] = WIDTHS) -> Terminal:
    """Return what stdout is; COLUMNS, LINES, NO_COLOR, FORCE_COLOR, TERM, COLORTERM and COLORFGBG are heeded."""
    size, encoding = shutil.get_terminal_size((80, 24)), encoding_of(sys.stdout)
    width = min(max(size.columns, widths[0]), widths[1])
    height = size.lines if sys.stdout.isatty() or os.environ.get("LINES") else None
    if not _wants_color(color):
        return Terminal(width, height=height, encoding=encoding)
    # COLORFGBG is "foreground;background", from terminals that tell: 7 and 15 are light grounds.
    light = os.environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
    truecolor = os.environ.get("COLORTERM", "") in {"truecolor", "24bit"}
    return Terminal(width, LIGHT if light else DARK, truecolor, height, encoding)


def encoding_of(stream: TextIO) -> str | None:
    """Return what a stream can show."""
    return stream.encoding


def _wants_color(color: Color) -> bool:
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _of_256(rgb: Rgb) -> int:
    """Return the nearest colour of the 6 x 6 x 6 cube."""
    red, green, blue = (round(part / 255 * 5) for part in rgb)
    return 16 + 36 * red + 6 * green + blue


def flow(parts: Iterable[str], width: int, *, indent: str = "", separator: str = " · ") -> list[str]:
    """Join parts into lines no wider than `width`, later lines indented; an over-long part breaks at spaces."""
    lines: list[str] = []
    line = ""
    for part in parts:
        joined = f"{line}{separator}{part}" if line else part
        if line and len(joined) > width:
            lines.append(line)
            joined = indent + part
        while len(joined) > width and (cut := joined.rfind(" ", len(indent) + 1, width + 1)) > 0:
            lines.append(joined[:cut])
            joined = indent + joined[cut + 1 :]
        line = joined
    return [*lines, line] if line else lines


def aligned(rows: Sequence[Sequence[str]], align: str, gap: str = "  ") -> list[str]:
    """Lay rows out in columns as wide as their widest cell; `align` has one of < and > per column."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(align))]
    return [
        gap.join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True)).rstrip()
        for row in rows
    ]


def headed(head: Sequence[str], rows: Sequence[Sequence[str]], align: str, terminal: Terminal) -> list[str]:
    """Lay rows out below a muted head, as `aligned` does."""
    first, *lines = aligned([head, *rows], align)
    return [terminal.paint(first, "muted"), *lines]
