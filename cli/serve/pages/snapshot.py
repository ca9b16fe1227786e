"""The page of a snapshot: the report within the site. The latest is live: `live.js` puts the next one in its place."""

from __future__ import annotations

import statistics
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.routing import Route

from gex.cli.page import assets
from gex.cli.page.page import body
from gex.cli.render import figures
from gex.cli.serve.pages import places
from gex.cli.serve.pages.briefs import brief_of
from gex.cli.serve.pages.frame import LIVE_SCRIPTS, NOTHING, Page, at, live_bar, page, symbol_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from gex.cli.page.view import View
    from gex.cli.serve.catalog import Listed
    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot

SCRIPTS = tuple(name for name in assets.SCRIPTS if name != "page.js")
"""Of the sections; what every page has is left to the frame."""
NOW = Markup('<div id="now" hidden{}></div>\n')
FIXED = Markup('<p class="live"><a href="{}">To the latest, {}</a></p>\n')


async def latest(request: Request, shelf: Shelf) -> Page:
    """Return the latest snapshot of a symbol, live."""
    listed = await shelf.aside(shelf.catalog.listed, symbol_of(request))
    shown = listed.snapshots[-1]
    when = f"as of {shown.quote_time.astimezone(figures.NEW_YORK):%H:%M} ET"
    aside = live_bar(when, shown.symbol, pace(listed.of(shown.quote_date)))
    return replace(await drawn(shelf, listed, shown), tab="live", aside=aside)


async def fixed(request: Request, shelf: Shelf) -> Page:
    """Return one snapshot of a symbol."""
    symbol, moment = symbol_of(request), request.path_params["moment"]
    shown = await shelf.snapshot(symbol, moment)
    listed = await shelf.aside(shelf.catalog.listed, symbol)
    last = listed.snapshots[-1]
    made = await drawn(shelf, listed, shown)
    text = FIXED.format(at("/s/{symbol}", symbol), figures.clock(last.quote_time, shown.quote_time))
    title = f"{made.title} · {figures.moment(shown.quote_time)}"
    return replace(made, title=title, aside=text if last.place != shown.place else NOTHING)


async def drawn(shelf: Shelf, listed: Listed, shown: Snapshot) -> Page:
    """Return the page of a snapshot as it is kept, for a bar of its own to be put around it."""
    before = await shelf.aside(shelf.catalog.before, shown)
    past = await shelf.aside(shelf.results_stamp, shown.symbol)
    view = await shelf.view_of(shown)
    key = ("page", shown.place, before and before.place, past)
    title, text = await shelf.kept(key, partial(_drawn, view, shown))
    return Page(
        title, text, symbol=shown.symbol, places=places.of_snapshot(listed, shown), scripts=(*SCRIPTS, *LIVE_SCRIPTS)
    )


def _drawn(view: View, shown: Snapshot) -> tuple[str, Markup]:
    """Return the tab's title and the sections, with what `live.js` compares two snapshots by before them."""
    brief, symbol = brief_of(view.analysis, shown), view.analysis.underlying
    title = f"{symbol} {figures.price(brief.spot)} {brief.side}"
    return title, NOW.format(brief.facts(symbol)) + body(view)


def pace(snapshots: Sequence[Snapshot]) -> int:
    """Return how many seconds usually pass between a day's snapshots; 0 where it cannot be told."""
    times = [each.quote_time for each in snapshots[-20:]]
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    return round(statistics.median(gaps)) if gaps else 0


ROUTES = [Route("/s/{symbol}", page(latest)), Route("/s/{symbol}/{moment}", page(fixed))]
