"""The page of a snapshot: its sections in the order a trader's eye needs them, as a file of its own or within a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.cli.page import assets, panels
from gex.cli.page.html import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.page.view import View

DOCUMENT = Markup(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n{policy}<title>{title}</title>\n{head}</head>\n'
    '<body>\n<a class="skip" href="#main">Skip to the figures</a>\n{above}<main id="main">\n{body}</main>\n{below}</body>\n</html>\n'
)
IMPLIED = ("</td>", "</th>", "</tr>")
"""Ends that HTML itself sees where the next cell or row begins: a tenth of a page's tables."""
POLICY = Markup('<meta http-equiv="Content-Security-Policy" content="{}">\n')


def body(view: View) -> Markup:
    """Return the sections of a snapshot's page, the most urgent first."""
    return joined(panel(view) for panel in panels.all_panels())


def report(view: View) -> bytes:
    """Return a file that shows the snapshot anywhere, without a network and, but for pointing, without scripts."""
    styles = [assets.short(name) for name in assets.STYLES]
    scripts = [assets.short(name) for name in assets.SCRIPTS]
    policy = (
        f"default-src 'none'; style-src {_digests(styles)}; script-src {_digests(scripts)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    # Shipped text, in which no </script> or </style> stands (a test looks).
    head = joined(Markup("<style>{}</style>\n").format(Markup(style)) for style in styles)  # noqa: S704
    below = joined(Markup("<script>{}</script>\n").format(Markup(script)) for script in scripts)  # noqa: S704
    shown = body(view)
    for tag in IMPLIED:
        shown = shown.replace(tag, "")
    text = DOCUMENT.format(
        policy=POLICY.format(policy), title=title(view), head=head, above=tools(), body=shown, below=below
    )
    return text.encode()


def title(view: View) -> str:
    """Return what a tab is called: symbol and time."""
    from gex.plot import figures

    return f"{view.analysis.underlying} {figures.moment(view.analysis.quote_time)} · gamma exposure"


def tools() -> Markup:
    """Return what scripts make work: the choice of the ground; hidden where there are none."""
    return Markup(
        '<div class="tools" hidden><button type="button" data-ground aria-pressed="false">Dark</button></div>\n'
    )


def _digests(texts: Sequence[str]) -> str:
    return " ".join(map(assets.digest, texts))
