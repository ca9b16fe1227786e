"""The bar that stays in sight: symbol, spot, time, state of the data, assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.cli.page.html import joined
from gex.cli.render import figures
from gex.cli.render.screen import STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.page.view import View
    from gex.results import Analysis

BAR = Markup(
    '<header class="status" id="status" data-state="{status}">\n'
    '<h1><span class="symbol">{symbol}</span> <span class="spot" id="spot">{spot}</span></h1>\n'
    '<p class="facts">{facts}</p>\n<details class="assumes"><summary>Assumes <span class="brief">{brief}</span></summary>\n'
    "<ul>{assumed}</ul></details>\n</header>\n"
)
STATE = Markup('<strong class="state">{}</strong>')
BASIS = Markup(' <span class="basis">· {}</span>')


def panel(view: View) -> Markup:
    """Return the bar."""
    analysis = view.analysis
    basis = list(_basis(analysis))
    return BAR.format(
        status=analysis.status,
        symbol=analysis.underlying,
        spot=figures.price(figures.spot_of(analysis)),
        facts=Markup(" · ").join(_facts(analysis)) + BASIS.format(" · ".join(basis)),
        brief="; ".join(analysis.assumptions),
        assumed=joined(Markup("<li>{}</li>").format(each) for each in (*analysis.assumptions, *basis)),
    )


def _facts(analysis: Analysis) -> Iterator[Markup | str]:
    yield Markup('<time datetime="{}">{}</time>').format(
        analysis.quote_time.isoformat(), figures.moment(analysis.quote_time)
    )
    delay = f" {analysis.delay_minutes:g} min" if analysis.status == "delayed" else ""
    yield STATE.format(STATUS[analysis.status] + delay)
    if analysis.settings.move_to:
        yield f"re-priced; the quotes' spot is {figures.price(analysis.spot.used)}"
    if analysis.evaluated_at != analysis.quote_time:
        yield f"evaluated at {figures.moment(analysis.evaluated_at)}"
    if analysis.settings.expirations != "all":
        yield f"expirations {analysis.settings.expirations}"


def _basis(analysis: Analysis) -> Iterator[str]:
    """Say what it is made from; on a phone among the assumptions only."""
    if analysis.open_interest_date:
        yield f"open interest of {analysis.open_interest_date:%Y-%m-%d}"
    yield f"{analysis.rows_used:,} contracts"
