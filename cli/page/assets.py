"""The scripts and styles of the pages, as they are shipped; where each comes from stands beside it."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from gex.plot import theme

STYLES = ("page.css",)
SCRIPTS = (
    "page.js", "marks.js", "strikes_data.js", "strikes_scale.js", "strikes_draw.js", "strikes_view.js",
    "strikes_controls.js", "strikes.js", "zero_dte.js",
)  # fmt: skip
"""Of a report, in the order they run."""
COMMENT, SPACE = re.compile(r"/\*.*?\*/", re.DOTALL), re.compile(r"^\s+", re.MULTILINE)
"""What a page runs without: in no script does either stand in a text (a test looks)."""
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@cache
def text(name: str) -> str:
    """Return a script or a style sheet by its name; `KeyError` for what is none."""
    return colours() + _shipped(name) if name == "page.css" else _shipped(name)


@cache
def short(name: str) -> str:
    """Return a script or a style sheet without comments and indentation, as a file that holds all of a page has it."""
    return SPACE.sub("", COMMENT.sub("", text(name)))


def _shipped(name: str) -> str:
    folder = files("gex.cli.page") / "assets"
    return folder.joinpath(*name.split("/")).read_text("utf-8")


def digest(source: str) -> str:
    """Return what a content-security policy names an inline script or style by."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() + "'"


def colours() -> str:
    """Return the colours of both grounds as variables: the system's choice, unless the page says `data-theme`."""
    light, dark = (_variables(each) for each in (theme.LIGHT, theme.DARK))
    return (
        f":root {{ color-scheme: light; {light} }}\n"
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ color-scheme: dark; {dark} }} }}\n'
        f':root[data-theme="dark"] {{ color-scheme: dark; {dark} }}\n'
        f"@media print {{ :root:root, :root[data-theme] {{ color-scheme: light; {light} }} }}\n"
    )


def _variables(ground: theme.Theme) -> str:
    return " ".join(f"{name}: {color};" for name, color in theme.variables(ground).items())
