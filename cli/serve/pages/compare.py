"""Two snapshots of a symbol side by side: their levels, what moved them, and where by strike."""

from __future__ import annotations

import datetime as dt
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.routing import Route

from gex.cli.page.html import figure, joined, paragraph, section, table
from gex.cli.page.panels import change as change_panel
from gex.cli.page.view import View
from gex.cli.render import figures
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.pages.briefs import KINDS, SIDES, brief_of, ruler
from gex.cli.serve.pages.frame import Page, page, symbol_of
from gex.cli.serve.pages.places import clock, named, page_of
from gex.cli.serve.pages.snapshot import SCRIPTS
from gex.cli.serve.problems import problem_of
from gex.ingest.errors import ChainError
from gex.plot import difference, prices
from gex.plot.strikes import ROWS
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

    from gex.change import Change
    from gex.cli.serve.catalog import Listed
    from gex.cli.serve.pages.briefs import Brief
    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot
    from gex.results import Analysis

DATES = 60
"""Dates whose last snapshot can be chosen; of the chosen dates, every one can."""
FORM = Markup(
    '<section class="chooser" id="chooser" aria-label="What is compared">\n<h1>Compare two snapshots of {symbol}</h1>\n'
    '<form method="get" class="controls">\n<label>Before <select name="before">{before}</select></label>\n'
    '<label>After <select name="after">{after}</select></label>\n<button>Compare</button></form>\n</section>\n'
)
GROUP = Markup('<optgroup label="{}">{}</optgroup>\n')
OPTION = Markup('<option value="{}"{}>{}</option>')
SIDE = Markup(
    '<article class="card {kind}">\n<h3>{label}: <a href="{address}">{time}</a></h3>\n<p class="value">{spot}</p>\n'
    '<p class="net"><strong class="{kind}">{net} per +1%</strong> {side}</p>\n{ruler}\n</article>\n'
)
TITLE = "Nothing to compare"
ALONE = "There is one snapshot of this symbol so far; another is compared with it as soon as it is in the store."
SAME = "Both are the same snapshot: choose an earlier one on the left."


async def compare(request: Request, shelf: Shelf) -> Page:
    """Return two snapshots side by side; without a choice, the last two."""
    listed = await shelf.aside(shelf.catalog.listed, symbol_of(request))
    before, after = await _chosen(request, shelf, listed)
    form = FORM.format(
        symbol=after.symbol,
        before=_options(listed, before, (before, after)),
        after=_options(listed, after, (before, after)),
    )
    if before.place == after.place:
        text, status = section("alone", TITLE, paragraph(ALONE if len(listed.snapshots) == 1 else SAME)), 200
    else:
        text, status = await _answered(shelf, before, after)
    title = f"{after.symbol} {figures.clock(before.quote_time, after.quote_time)} to {figures.moment(after.quote_time)} compared"
    return Page(title, form + text, tab="compare", symbol=after.symbol, scripts=SCRIPTS, status=status)


async def _chosen(request: Request, shelf: Shelf, listed: Listed) -> tuple[Snapshot, Snapshot]:
    """Return what the query names, the earlier first."""
    symbol, query = listed.snapshots[0].symbol, request.query_params
    after = await shelf.snapshot(symbol, query.get("after") or "latest")
    if moment := query.get("before"):
        before = await shelf.snapshot(symbol, moment)
    else:
        there = listed.upto(after.quote_time - dt.timedelta(microseconds=1))
        before = after if there is None else there
    return (before, after) if before.quote_time <= after.quote_time else (after, before)


def _options(listed: Listed, chosen: Snapshot, shown: Sequence[Snapshot]) -> Markup:
    """Return the choices, the last first: all of the dates that are shown, the last one of others."""
    whole = {each.quote_date for each in shown}
    recent = {*listed.dates[-DATES:], *whole}
    last = {each.quote_date: each for each in listed.snapshots}
    there = (each for each in reversed(listed.snapshots)
             if each.quote_date in recent and (each.quote_date in whole or each is last[each.quote_date]))  # fmt: skip
    return joined(
        GROUP.format(named(date), joined(_option(each, chosen) for each in group))
        for date, group in groupby(there, key=lambda each: each.quote_date)
    )


def _option(snapshot: Snapshot, chosen: Snapshot) -> Markup:
    selected = Markup(" selected") if snapshot.place == chosen.place else ""
    return OPTION.format(moment_of(snapshot), selected, f"{named(snapshot.quote_date)} {clock(snapshot)}")


async def _answered(shelf: Shelf, before: Snapshot, after: Snapshot) -> tuple[Markup, int]:
    """Return the comparison, or why there is none, with the status of the answer."""
    try:
        return await _compared(shelf, before, after), 200
    except ChainError as error:
        problem = problem_of(error, shelf.site)
        return section("alone", TITLE, paragraph(f"{problem.detail}; choose two others.")), problem.status


async def _compared(shelf: Shelf, before: Snapshot, after: Snapshot) -> Markup:
    first, second = await shelf.analysis_of(before), await shelf.analysis_of(after)
    moved = await shelf.change_of(before, after)
    return await shelf.kept(
        ("compared", before.place, after.place), partial(_drawn, (before, after), (first, second), moved)
    )


def _drawn(snapshots: tuple[Snapshot, Snapshot], analyses: tuple[Analysis, Analysis], moved: Change) -> Markup:
    first, second = analyses
    briefs = [brief_of(*pair) for pair in zip(analyses, snapshots, strict=True)]
    sides = joined(_side(*each) for each in zip(("Before", "After"), snapshots, briefs, strict=True))
    return joined([
        section("sides", "Then and now", Markup('<div class="cards two">\n{}</div>\n').format(sides),
                table("Levels in points, gamma per +1% of spot", ["Figure", "Before", "After", "Change"], _rows(*briefs))),
        section("difference", "Where net gamma changed", _difference(first, second)),
        change_panel.panel(View(second, "", "", moved)),
    ])  # fmt: skip


def _side(label: str, snapshot: Snapshot, brief: Brief) -> Markup:
    words = brief.written()
    return SIDE.format(
        kind=KINDS[brief.regime], label=label, address=page_of(snapshot), time=figures.moment(brief.time),
        spot=words["spot"], net=words["net"], ruler=ruler(brief),
        side=f"{SIDES[brief.regime]}, {brief.side}" if brief.flip is not None else SIDES[brief.regime],
    )  # fmt: skip


def _rows(before: Brief, after: Brief) -> Iterator[list[str]]:
    """Yield a row for each figure: before, after, and the difference where both are there."""
    one, other = before.written(), after.written()
    yield ["Spot", one["spot"], other["spot"], figures.signed(after.spot - before.spot, 2)]
    for label, name in (("Gamma flip", "flip"), ("Call wall", "call_wall"), ("Put wall", "put_wall")):
        values = getattr(before, name), getattr(after, name)
        change = "" if None in values else figures.points(values[1] - values[0], after.spot)
        yield [label, one[name], other[name], change]
    yield ["Net gamma", one["net"], other["net"], figures.dollars(after.net - before.net)]
    gross = [figures.dollars(each).removeprefix("+") for each in (before.gross, after.gross)]
    yield ["Gross gamma", *gross, figures.dollars(after.gross - before.gross)]


def _difference(before: Analysis, after: Analysis) -> Markup:
    axis = prices.prices_of(after, ROWS)
    rows = difference.differences(before, after, axis)
    names = ("before", "after", "change")
    money = figures.Money.spanning([row[name] for row in rows for name in names])
    cells = ([figures.strike(row["strike"]), *(money(row[name]) for name in names)] for row in reversed(rows))
    head = ["Strike", *(f"{name.capitalize()}, {money.unit} per +1%" for name in names)]
    behind = table(f"Net gamma by strike, in steps of {axis.step:g}", head, cells)
    return figure("difference-chart", difference.draw(before, after, PAGE), behind)


ROUTES = [Route("/compare/{symbol}", page(compare))]
