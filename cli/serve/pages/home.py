"""The first page: each symbol with its last snapshot; and the page of all dates of one."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.routing import Route

from gex.cli.page.html import joined, paragraph
from gex.cli.render import figures
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.pages.briefs import KINDS, SIDES, Brief, briefs, ruler
from gex.cli.serve.pages.frame import LIVE_SCRIPTS, Page, at, live_bar, page, symbol_of
from gex.cli.serve.pages.places import clock, named
from gex.cli.serve.problems import problem_of
from gex.ingest.errors import ChainError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from starlette.requests import Request

    from gex.cli.serve.catalog import Catalog, Listed
    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot

SECONDS = 2.0
"""How long a page waits for figures; it shows what there is, and `live.js` asks again for the rest."""
HEAD = Markup('<section class="symbols" id="symbols"{}>\n<h1>{}</h1>\n{}</section>\n')
ROW = Markup(
    '<article class="entry" id="symbol-{symbol}"{facts}>\n<h2><a href="{address}">{symbol}</a></h2>\n'
    '<p class="price">{spot}</p>\n<p class="net"><strong class="{kind}">{net}</strong> {side}</p>\n'
    '<div class="where">{ruler}<p>{levels}</p></div>\n<p class="when">{time}<br><span class="{state_kind}">{state}</span></p>\n'
    '<p class="held">{held}</p>\n</article>\n'
)
BARE = Markup(
    '<article class="entry" id="symbol-{symbol}" data-symbol="{symbol}"{facts}>\n'
    '<h2><a href="{address}">{symbol}</a></h2>\n<p class="reason">{why}</p>\n<p class="held">{held}</p>\n</article>\n'
)
EMPTY = "The store is empty. Fill it with: gex ingest --store DIR FILE..., or gex fetch; then load this page again."
MONTH = Markup('<section class="month"><h2>{}</h2>\n<ul class="days">{}</ul></section>\n')
DAY = Markup('<li><a href="{}">{}</a> <span class="note">{}</span></li>\n')


async def home(_: Request, shelf: Shelf) -> Page:
    """Return the symbols with their last figures."""
    listed = await shelf.aside(_all_listed, shelf.catalog)
    there = [each for each in listed.values() if not isinstance(each, str)]
    found = dict(zip((each.snapshots[-1].symbol for each in there),
                     await briefs(shelf, [each.snapshots[-1] for each in there], SECONDS), strict=True))  # fmt: skip
    rows = joined(_row(symbol, each, found.get(symbol)) for symbol, each in listed.items())
    waiting = Markup(" data-waiting") if None in found.values() else ""
    title = f"{len(listed)} symbols" if len(listed) != 1 else "1 symbol"
    body = HEAD.format(waiting, title, rows or paragraph(EMPTY, "finding"))
    return Page("gex · " + (" ".join(listed) or "no snapshot yet"), body, aside=live_bar(""), scripts=LIVE_SCRIPTS)


def _all_listed(catalog: Catalog) -> dict[str, Listed | str]:
    """Return what there is of each symbol; a sentence where it cannot be listed."""
    found: dict[str, Listed | str] = {}
    for symbol in catalog.symbols():
        try:
            found[symbol] = catalog.listed(symbol)
        except ChainError as error:
            found[symbol] = problem_of(error).detail
    return found


def _row(symbol: str, listed: Listed | str, brief: Brief | str | None) -> Markup:
    address = at("/s/{symbol}", symbol)
    if isinstance(listed, str) or not isinstance(brief, Brief):
        why = listed if isinstance(listed, str) else brief or "its figures are being computed; load again in a moment"
        held, facts = ("", "") if isinstance(listed, str) else (_held(listed), _facts(listed.snapshots[-1]))
        return BARE.format(symbol=symbol, facts=facts, address=address, why=why, held=held)
    words, kind = brief.written(), KINDS[brief.regime]
    levels = f"put wall {words['put_wall']} · flip {words['flip']} · call wall {words['call_wall']}"
    return ROW.format(
        symbol=symbol, facts=brief.facts(symbol), address=address, kind=kind, spot=words["spot"], net=f"{words['net']} per +1%",
        side=f"{SIDES[brief.regime]}, {brief.side}" if brief.flip is not None else SIDES[brief.regime],
        ruler=ruler(brief), levels=levels, time=figures.moment(brief.time), state=brief.state,
        state_kind="fresh" if brief.timely else "old", held=_held(listed),
    )  # fmt: skip


def _facts(last: Snapshot) -> Markup:
    """Return which snapshot is waited for, as `Brief.facts` tells it."""
    return Markup(' data-moment="{}" data-revision="{}"').format(moment_of(last), last.revision)


def _held(listed: Listed) -> Markup:
    """Say how much there is, with a way to all of it."""
    snapshots, days = len(listed.snapshots), len(listed.dates)
    text = f"{days:,} day{'s' * (days != 1)}, {snapshots:,} snapshot{'s' * (snapshots != 1)}"
    return Markup('<a href="{}">{}</a>').format(at("/days/{symbol}", listed.snapshots[0].symbol), text)


async def days(request: Request, shelf: Shelf) -> Page:
    """Return all dates of a symbol, each with a way to its replay."""
    symbol = symbol_of(request)
    listed = await shelf.aside(shelf.catalog.listed, symbol)
    months = groupby(reversed(listed.dates), key=lambda date: f"{date:%B %Y}")
    parts = joined(_month(name, list(dates), listed) for name, dates in months)
    body = Markup("<h1>All dates of {}</h1>\n{}").format(symbol, parts)
    return Page(f"{symbol}: all dates · gex", body, symbol=symbol)


def _month(name: str, dates: Sequence[dt.date], listed: Listed) -> Markup:
    return MONTH.format(name, joined(_day(date, listed) for date in dates))


def _day(date: dt.date, listed: Listed) -> Markup:
    held = listed.of(date)
    times = clock(held[0]) if len(held) == 1 else f"{len(held)} from {clock(held[0])} to {clock(held[-1])}"
    return DAY.format(at("/replay/{symbol}/{date}", held[0].symbol, date), named(date), times)


ROUTES = [Route("/", page(home)), Route("/days/{symbol}", page(days))]
