"""Which side of the flip dealers are on, in words, and four cards: flip, walls, net gamma; then how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.cli.page.html import canvas_of, figure, joined, paragraph, table
from gex.cli.page.panels import cards
from gex.cli.render import figures
from gex.cli.render.books import HEAD, rows_of
from gex.cli.render.intervals import cells_of
from gex.cli.render.level_table import band_cells
from gex.cli.render.screen import HELD, VERDICT, today_alone
from gex.plot import page, ruler
from gex.plot.theme import PAGE
from gex.results import MergedAnalysis

if TYPE_CHECKING:
    from gex.cli.page.view import View
    from gex.results import Analysis

EFFECT = {
    "long_gamma": "their hedging leans against moves",
    "short_gamma": "their hedging goes with moves",
    "near_zero": "which way their hedging goes is not known",
}
SECTION = Markup(
    '<section id="verdict" class="verdict {token}" aria-labelledby="verdict-title">\n'
    '<h2 id="verdict-title" class="finding"><strong class="{token}">{words}</strong> {held}: {effect}.</h2>\n'
    '{told}{ruler}<div class="cards">\n{cards}</div>\n{sure}{sources}</section>\n'
)
VARIED = {"method": "Other methods", "positions": "Other positions"}


def panel(view: View) -> Markup:
    """Return the verdict and its cards."""
    analysis = view.analysis
    words, token = VERDICT[analysis.regime]
    today = [today_alone(analysis.zero_dte, analysis)] if analysis.zero_dte else []
    return SECTION.format(
        token="unknown" if analysis.regime == "near_zero" else token,
        words=words.strip(",").capitalize(),
        held=HELD[analysis.settings.model or "naive"],
        effect=EFFECT[analysis.regime],
        told=joined([*(paragraph(text, "aside") for text in today), *map(_warning, analysis.warnings)]),
        ruler=_ruler(analysis),
        cards=cards.cards(view),
        sure=_sure(analysis),
        sources=_sources(analysis),
    )


def _ruler(analysis: Analysis) -> Markup:
    whole, narrow = (ruler.draw(analysis, PAGE, size) for size in (page.WHOLE, page.NARROW))
    canvas = canvas_of(whole, kind="wide line") + canvas_of(narrow, kind="narrow")
    return figure("ruler", whole, canvas=canvas)


def _warning(text: str) -> Markup:
    return paragraph(f"! {text}", "warning")


def _sure(analysis: Analysis) -> Markup:
    """Return what levels and net gamma would be under other conventions, and their intervals where there are any."""
    found = band_cells(analysis)
    money, rows = found or (None, [])
    shown = [[VARIED[name], *cells] for name, *cells in rows]
    unit = money.unit if money else "$bn"
    if analysis.intervals:
        unit, cells = cells_of(analysis.intervals, figures.spot_of(analysis), money)
        shown.append([f"{analysis.intervals.confidence:.0%} by positions' errors", *cells])
    if not shown:
        return Markup()
    head = ["How sure", "Gamma flip", "Call wall", "Put wall", f"Net gamma, {unit} per +1%"]
    return table("From lowest to highest, were positions, volatility or carry taken as others take them", head, shown)


def _sources(analysis: Analysis) -> Markup:
    """Return a row a source of a merged book."""
    if not isinstance(analysis, MergedAnalysis):
        return Markup()
    unit, rows = rows_of(analysis)
    common = analysis.parts[0].analysis.underlying
    head = [
        "Source",
        *(name.format(unit=unit, common=common).capitalize() for name in HEAD[1:-2]),
        f"In {common}",
        "Quotes",
    ]
    caption = "The sources of this book, each with what it adds and what it says alone; gamma per +1%"
    return table(caption, head, rows)
