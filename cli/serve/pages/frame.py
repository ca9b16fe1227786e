"""What is around every page of the site: where one is, where one can go, and words where there is nothing to show.

A page is a coroutine that takes a request and the shelf and returns a `Page`; `page` makes an endpoint of it:

    async def series(request: Request, shelf: Shelf) -> Page:
        return Page("SPX series", markup, tab="series", symbol="SPX", scripts=("vendor/uPlot.iife.min.js", "series.js"))

    ROUTES = [Route("/series/{symbol}", page(series))]

`?fragment=1` answers the inside of <main> alone. What a page raises becomes a page with the navigation and one sentence.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import HTMLResponse

from gex.cli.page.html import joined, paragraph
from gex.cli.page.page import DOCUMENT, tools
from gex.cli.serve.pages import files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from gex.cli.serve.shelf import Shelf

    Handler = Callable[[Request, Shelf], Awaitable["Page"]]

NOTHING = Markup("")
TABS = {
    "live": ("Live", "/s/{symbol}"),
    "replay": ("Replay", "/replay/{symbol}"),
    "compare": ("Compare", "/compare/{symbol}"),
    "series": ("Series", "/series/{symbol}"),
    "flows": ("Flows", "/flows/{symbol}"),
    "downloads": ("Downloads", "/downloads/{symbol}"),
}
"""Pages of a symbol: name and address."""
EVERYWHERE = {"regime": ("Regime", "/regime"), "api": ("API", "/openapi.json")}
"""Pages of no symbol."""
STYLES = ("vendor/uPlot.min.css", "page.css", "site.css", "series.css")
SCRIPTS = ("page.js", "site.js")
"""On every page, before and after its own."""
HEADER = Markup(
    '<header class="site">\n<nav class="places" aria-label="Symbols and times">\n<a class="brand" href="/">gex</a>\n'
    "{menus}</nav>\n{tabs}{aside}{tools}</header>\n"
)
TABS_ROW = Markup('<nav class="tabs" aria-label="Pages">\n<ul>{}</ul>\n</nav>\n')
MENU = Markup(
    '<details class="menu" name="places"><summary><span class="visually-hidden">{label}: </span>{current}</summary>\n'
    "<ul>{items}</ul></details>\n"
)
LINK = Markup('<li><a href="{address}"{current}>{text}</a></li>\n')
CURRENT = Markup(' aria-current="{}"')
LIVE = Markup(
    '<p class="live" id="live" data-symbol="{symbol}" data-every="{every}" data-now="{now}">'
    '<strong class="connection">Latest</strong> <span class="age">{when}; load again for what is new</span>'
    '<span class="said" id="said" role="status" aria-live="polite"></span></p>\n'
)
LIVE_SCRIPTS = ("events.js", "swap.js", "live.js")
"""Of a page with a `live_bar`: on a new snapshot of the store it is fetched again."""
ICON = Markup('<link rel="icon" type="image/svg+xml" href="{}">\n')
STYLE = Markup('<link rel="stylesheet" href="{}">\n')
SCRIPT = Markup('<script src="{}"{}></script>\n')
FOOTER = Markup('<footer class="site">{}</footer>\n')
ABOUT = "gex serves this page from this store on this machine; nothing leaves it and nothing here can change it."


@dataclass(frozen=True)
class Page:
    """What a page is made of; `page` puts the site around it.

    Attributes:
        title: Of the tab.
        body: The inside of <main>.
        tab: Its name in `TABS` or `EVERYWHERE`; empty for the first page.
        symbol: What it is about; empty for a page of no symbol.
        places: Menus beside the symbol's, made by `menu`, and links beside them.
        aside: The rest of the bar: the state of a live page.
        scripts: Its own, by their path in `cli/page/assets`, in the order they run.
        status: Of the answer.
        headers: Of the answer.

    """

    title: str
    body: Markup
    tab: str = ""
    symbol: str = ""
    places: Markup = NOTHING
    aside: Markup = NOTHING
    scripts: tuple[str, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def page(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a page."""

    async def endpoint(request: Request) -> Response:
        shelf = request.app.state.shelf
        try:
            made = await handler(request, shelf)
        except Exception as error:  # noqa: BLE001 (told by `failed`, and logged where it is a fault of ours)
            return await failed(request, error)
        return await framed(request, made)

    return endpoint


async def framed(request: Request, made: Page) -> Response:
    """Return a page within the site."""
    if request.query_params.get("fragment") == "1":
        return HTMLResponse(made.body, made.status, made.headers)
    names = (SCRIPTS[0], *made.scripts, *SCRIPTS[1:])
    text = DOCUMENT.format(
        policy="",
        title=made.title,
        head=_head(names),
        above=await _header(request, made),
        body=made.body,
        below=FOOTER.format(paragraph(ABOUT, "note")),
    )
    return HTMLResponse(text, made.status, made.headers)


async def failed(request: Request, error: Exception) -> Response:
    """Return the page of what could not be shown: the navigation, and one sentence that says what to do."""
    from gex.cli.serve.problems import problem_of

    problem = problem_of(error, request.app.state.shelf.site)
    sentence = problem.detail[:1].upper() + problem.detail[1:].rstrip(".") + "."
    body = Markup('<section class="apology" id="apology">\n<h1>{}</h1>\n{}{}</section>\n').format(
        problem.title, paragraph(sentence, "finding"), Markup('<p><a href="/">What there is</a></p>\n')
    )
    symbol = symbol_of(request) if "symbol" in request.path_params else ""
    made = Page(f"{problem.title} · gex", body, symbol=symbol, status=problem.status, headers=problem.headers)
    return await framed(request, made)


def menu(label: str, current: str, items: Iterable[tuple[str, str]]) -> Markup:
    """Return a menu of links, which opens without scripts.

    Args:
        label: What is chosen here.
        current: The choice; the item of this text is marked.
        items: Text and address of each.

    """
    return MENU.format(label=label, current=current, items=_links(items, current, "true"))


def live_bar(when: str, symbol: str = "", every: int = 0) -> Markup:
    """Return the state of a page that follows the store.

    Args:
        when: Of what is shown, for a reader without scripts.
        symbol: Whose snapshots it follows; empty for all.
        every: Seconds that usually pass between them; 0 where it cannot be told.

    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return LIVE.format(when=when, symbol=symbol, every=every, now=now)


def at(pattern: str, symbol: str = "", date: dt.date | None = None, /, **query: str) -> str:
    """Return an address: `{symbol}` and `{date}` of a pattern filled in, and a query."""
    from urllib.parse import urlencode

    path = pattern.format(symbol=quote(symbol, safe=""), date=date)
    return f"{path}?{urlencode(query)}" if query else path


def symbol_of(request: Request) -> str:
    """Return the symbol that a request names, in capitals."""
    return str(request.path_params["symbol"]).upper()


def _links(items: Iterable[tuple[str, str]], current: str, kind: str) -> Markup:
    return joined(
        LINK.format(address=address, text=text, current=CURRENT.format(kind) if text == current else "")
        for text, address in items
    )


def _head(scripts: Iterable[str]) -> Markup:
    """Link what a page loads; the ground is chosen before the first paint, the rest runs when all is there."""
    styles = joined(STYLE.format(files.address(name)) for name in STYLES)
    early = SCRIPT.format(files.address("ground.js"), "")
    late = joined(SCRIPT.format(files.address(name), Markup(" defer")) for name in dict.fromkeys(scripts))
    return joined([ICON.format(files.address("favicon.svg")), styles, early, late])


async def _header(request: Request, made: Page) -> Markup:
    symbols = await _symbols(request)
    known = made.symbol if made.symbol in symbols else ""
    menus = [_symbol_menu(symbols, known, made.tab)] if symbols else []
    return HEADER.format(
        menus=joined([*menus, made.places]), tabs=_tabs(known, made.tab), aside=made.aside, tools=tools()
    )


async def _symbols(request: Request) -> list[str]:
    """Return the symbols of the store; none while it cannot be read, which is for the page to say."""
    from gex.cli.serve.catalog import StoreError

    shelf: Any = request.app.state.shelf
    try:
        return list(await shelf.aside(shelf.catalog.symbols))
    except StoreError:
        return []


def _symbol_menu(symbols: Iterable[str], current: str, tab: str) -> Markup:
    """Let one choose another symbol and stay on the same kind of page."""
    pattern = TABS.get(tab, TABS["live"])[1]
    return menu("Symbol", current or "Symbols", ((each, at(pattern, each)) for each in symbols))


def _tabs(symbol: str, tab: str) -> Markup:
    own = [(text, at(pattern, symbol)) for text, pattern in TABS.values()] if symbol else []
    current = (TABS | EVERYWHERE).get(tab, ("", ""))[0]
    return TABS_ROW.format(_links([*own, *EVERYWHERE.values()], current, "page"))
