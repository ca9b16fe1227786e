"""`/downloads/SPX`: every table, picture and document of a snapshot as a file, and the series of all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from gex.cli import sink
from gex.cli.page.html import joined, paragraph, section, table
from gex.cli.render import figures
from gex.cli.serve import api, tables
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.endpoint import MOMENT, SYMBOL, file_name
from gex.cli.serve.pages.asked import asked, heading
from gex.cli.serve.pages.frame import Page, failed, page
from gex.cli.serve.problems import public
from gex.ingest.errors import ChainError
from gex.plot import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl
    from starlette.requests import Request

    from gex.cli.serve.catalog import Listed
    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot
    from gex.results import Analysis

NAMES = {"csv": "CSV", "json": "JSON", "parquet": "Parquet"}
CHARTS = {
    "strikes": "gamma by strike",
    "profile": "net gamma against spot",
    "heat": "gamma by strike and expiration",
    "expirations": "gamma by expiration",
    "hedging": "what dealers must trade",
}
LINK = Markup('<a href="{address}">{text}</a>')
WHAT = {name: what.partition(", as `")[0] for name, what in tables.TABLES.items()}
"""What the rows of each table are."""


async def listing(request: Request, shelf: Shelf) -> Page:
    """Return the page of a symbol: its days and times, the last first."""
    given = asked(request, (SYMBOL,), ())
    listed = await shelf.aside(shelf.catalog.listed, given["symbol"])
    return Page(f"{given['symbol']} downloads", _days(given["symbol"], listed), tab="downloads", symbol=given["symbol"])


def _days(symbol: str, listed: Listed) -> Markup:
    rows = (
        [f"{date:%a %Y-%m-%d}", Markup(" ").join(_moment(each) for each in reversed(listed.of(date)))]
        for date in reversed(listed.dates)
    )
    count = len(listed.snapshots)
    said = (
        f"{count:,} snapshot{'' if count == 1 else 's'} of {len(listed.dates):,} dates; each has its own page of files."
    )
    return joined([
        heading(f"Files of {symbol}", paragraph(said)),
        section("days", "Snapshots", table("New York dates and times, the last first", ["Date", "Time"], rows, words=2)),
        section("series-files", "Through time", _series(symbol)),
    ])  # fmt: skip


def _moment(snapshot: Snapshot) -> Markup:
    time = snapshot.quote_time.astimezone(figures.NEW_YORK)
    address = f"/downloads/{snapshot.symbol}/{moment_of(snapshot)}"
    return LINK.format(address=address, text=f"{time:%H:%M}")


def _series(symbol: str) -> Markup:
    rows = [
        ["results session by session, with percentiles", _forms(f"{api.ROOT}/series/{symbol}/table")],
        ["the volatility regime", _forms(f"{api.ROOT}/regime/table")],
        ["states of limits", LINK.format(address=f"{api.ROOT}/limits/{symbol}", text="JSON")],
    ]
    return table("Where the server has results, histories and limits", ["What", "File"], rows, words=2)


async def files(request: Request, shelf: Shelf) -> Page:
    """Return the page of a snapshot."""
    given = asked(request, (SYMBOL, MOMENT), ())
    snapshot = await shelf.snapshot(given["symbol"], given["moment"])
    analysis = await shelf.analysis_of(snapshot)
    sizes = {name: await _size(shelf, snapshot, name) for name in tables.TABLES}
    body = await shelf.aside(_files, snapshot, analysis, sizes)
    return Page(
        f"{snapshot.symbol} files {figures.moment(snapshot.quote_time)}", body, tab="downloads", symbol=snapshot.symbol
    )


async def _size(shelf: Shelf, snapshot: Snapshot, table: str) -> str:
    """Say how much a table is, or why there is none."""
    try:
        frame = await tables.frame_of(shelf, snapshot, table)
    except ChainError as error:
        return f"none: {public(str(error))}"
    return await shelf.kept(("size", snapshot.place, table), partial(_said, frame))


def _said(frame: pl.DataFrame) -> str:
    size = len(sink.table_chunk(frame, "csv")) / 1000
    rows = "1 row" if frame.height == 1 else f"{frame.height:,} rows"
    about = f"{size / 1000:.1f} MB" if size >= 1000 else f"{max(size, 1):.0f} kB"
    return f"{rows} of {frame.width} columns, {about} as CSV"


def _files(snapshot: Snapshot, analysis: Analysis, sizes: Mapping[str, str]) -> Markup:
    root = f"{api.ROOT}/snapshots/{snapshot.symbol}/{moment_of(snapshot)}"
    said = f"{analysis.rows_used:,} contracts; every figure under settings {analysis.settings.fingerprint}."
    rows = ([name, what, sizes[name], _forms(f"{root}/tables/{name}", sizes[name])] for name, what in WHAT.items())
    return joined([
        heading(f"{snapshot.symbol} {figures.moment(snapshot.quote_time)}", paragraph(said)),
        section("tables", "Tables", table("Every table as a file", ["Table", "What its rows are", "Size", "File"], rows, words=4)),
        section("charts", "Pictures", table("Every chart as SVG", ["Chart", "What it shows", "File"], _charts(root), words=3), kind="half"),
        section("documents", "Documents", table("All of it", ["Document", "What it holds", "File"], _documents(root, snapshot), words=3), kind="half"),
    ])  # fmt: skip


def _forms(address: str, size: str = "") -> Markup:
    if size.startswith("none"):
        return Markup("–")
    return Markup(" ").join(LINK.format(address=f"{address}.{form}", text=text) for form, text in NAMES.items())


def _charts(root: str) -> Iterator[Sequence[str | Markup]]:
    for kind in KINDS:
        grounds = ((f"{root}/charts/{kind}.svg?theme={theme}", f"SVG, {theme}") for theme in ("light", "dark"))
        yield [
            kind,
            CHARTS.get(kind, kind),
            Markup(" ").join(LINK.format(address=at, text=text) for at, text in grounds),
        ]


def _documents(root: str, snapshot: Snapshot) -> Iterator[Sequence[str | Markup]]:
    report = f"/downloads/{snapshot.symbol}/{moment_of(snapshot)}/report.html"
    yield [
        "report",
        "the page of the snapshot as one file that needs no network",
        LINK.format(address=report, text="HTML"),
    ]
    yield ["report", "levels, exposures, settings and quality", LINK.format(address=root, text="JSON")]
    yield ["levels", "every public definition", LINK.format(address=f"{root}/levels", text="JSON")]
    yield ["zero-dte", "what expires that day", LINK.format(address=f"{root}/zero-dte", text="JSON")]


async def report(request: Request) -> Response:
    """Answer with the page of a snapshot as a file of its own."""
    from gex.cli.page.page import report as written

    shelf: Shelf = request.app.state.shelf
    try:
        given = asked(request, (SYMBOL, MOMENT), ())
        snapshot = await shelf.snapshot(given["symbol"], given["moment"])
        view = await shelf.view_of(snapshot)
        data = await shelf.aside(written, view)
    except Exception as error:  # noqa: BLE001 (told on a page, as of every page)
        return await failed(request, error)
    name = file_name(snapshot, "report.html")
    return Response(
        data, media_type="text/html; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


ROUTES = [
    Route("/downloads/{symbol}", page(listing)),
    Route("/downloads/{symbol}/{moment}", page(files)),
    Route("/downloads/{symbol}/{moment}/report.html", report),
]
