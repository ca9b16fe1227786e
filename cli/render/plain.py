"""Plain twins of characters that an output's encoding lacks: one for one, so that columns stay columns.

`#%` stand for what expires today and `=:` for the rest, above and below zero; `-` is spot's line and `~` the flip's.
"""

from __future__ import annotations

import codecs

TWINS = {
    "█": "#", "▉": "=", "▊": "=", "▋": "=", "▌": "=", "▍": "-", "▎": "-", "▏": "-", "▓": "=",
    "▒": "%", "░": ":", "▕": "-",
    "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#",
    "│": "|", "┼": "+", "─": "-", "╌": "~", "┊": "~", "┈": ".", "⋮": ":",
    "◄": "<", "►": ">", "«": "<", "»": ">", "−": "-", "–": "-", "±": "~", "·": ".", "×": "x", "→": ">", "≥": ">", "≤": "<",
    "…": ".", "’": "'", "“": '"', "”": '"', "²": "2", "σ": "s", "Δ": "d",
}  # fmt: skip
HANDLER = "gex.plain"


def readable(text: str, encoding: str | None) -> str:
    """Return text as an output of this encoding can show it; None is an output that takes all."""
    if encoding is None or text.isascii():
        return text
    try:
        return text.encode(encoding, HANDLER).decode(encoding)
    except LookupError:  # No encoding that Python knows.
        return text


def _twins(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(TWINS.get(each, "?") for each in error.object[error.start : error.end]), error.end


codecs.register_error(HANDLER, _twins)
