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
from gex.cli.page.html import joined, paragraph
from gex.cli.page.page import body
from gex.cli.render import figures
from gex.cli.serve.pages import places
from gex.cli.serve.pages.briefs import brief_of
from gex.cli.serve.pages.frame import LIVE_SCRIPTS, NOTHING, Page, at, live_bar, page, symbol_of
from gex.cli.serve.problems import problem_of
from gex.ingest.errors import ChainError

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
LOOK_BACK = 4
"""Snapshots that are tried: what a feed leaves damaged now and then is shown around, a broken store is not."""
FIXED = Markup('<p class="live"><a href="{}">To the latest, {}</a></p>\n')


async def latest(request: Request, shelf: Shelf) -> Page:
    """Return the latest snapshot of a symbol that can be shown, live."""
    listed = await shelf.aside(shelf.catalog.listed, symbol_of(request))
    shown, made = await _sound(shelf, listed)
    when = f"as of {shown.quote_time.astimezone(figures.NEW_YORK):%H:%M} ET"
    aside = live_bar(when, shown.symbol, pace(listed.of(shown.quote_date)))
    return replace(made, tab="live", aside=aside, scripts=(*SCRIPTS, *LIVE_SCRIPTS))


async def _sound(shelf: Shelf, listed: Listed) -> tuple[Snapshot, Page]:
    """Return the last snapshot that can be shown, and its page, with a sentence on each later one that cannot.

    Raises:
        ChainError: None of the last few can be shown: why the last cannot.

    """
    errors: list[ChainError] = []
    warnings: list[Markup] = []
    for shown in reversed(listed.snapshots[-LOOK_BACK:]):
        try:
            made = await drawn(shelf, listed, shown)
        except ChainError as error:
            errors.append(error)
            warnings.append(refusal(shelf, shown, error))
        else:
            return shown, replace(made, body=joined([*warnings, made.body]))
    raise errors[0]


def refusal(shelf: Shelf, snapshot: Snapshot, error: ChainError) -> Markup:
    """Say why a snapshot cannot be shown, where the rest of a page can."""
    text = f"! The snapshot of {figures.moment(snapshot.quote_time)} cannot be shown: {problem_of(error, shelf.site).detail}"
    return paragraph(text, "warning")


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
    around = await shelf.around(shown)
    view = await shelf.view_of(shown)
    title, text = await shelf.kept(("page", shown.place, around.key), partial(_drawn, view, shown))
    return Page(title, text, symbol=shown.symbol, places=places.of_snapshot(listed, shown), scripts=SCRIPTS)


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
