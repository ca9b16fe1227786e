"""`/flows/SPX`: what dealers, funds and others must trade in the session, by price and time, and where trends turn."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.routing import Route

from gex.cli.page.html import drawn, figure, joined, paragraph, section, table
from gex.cli.render import figures
from gex.cli.render.flows import about_of
from gex.cli.render.flows_document import assumptions, strikes
from gex.cli.render.flows_map import clock_of, rows_of, times_of
from gex.cli.serve import api
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.endpoint import SYMBOL
from gex.cli.serve.pages.asked import asked, field, form, heading
from gex.cli.serve.pages.frame import Page, page
from gex.cli.serve.params import Param, real
from gex.cli.serve.problems import public
from gex.cli.serve.records import NO_HISTORIES, shown_flows
from gex.ingest.errors import ChainError, MissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from gex.cli.histories import Histories
    from gex.cli.render.flows_document import Shown
    from gex.cli.serve.shelf import Shelf
    from gex.flows.session import Part, SessionFlows
    from gex.flows.trend_report import TrendReport
    from gex.flows.triggers import Trigger
    from gex.ingest.store import Snapshot

AS_OF = Param(
    "as_of",
    "a date of the store as 2025-09-05, whose last snapshot is meant, a moment as 2025-09-05T1016, or latest",
    {"type": "string", "pattern": r"^(latest|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{4}([0-9]{2})?)?)$", "default": "latest"},
)
ASSETS = real("vol_control_aum", "assets that follow volatility control, dollars", 0, 1e13)
NAMES = {
    "dealers": "Dealers",
    "leveraged_funds": "Leveraged and inverse funds",
    "volatility_control": "Volatility control",
    "trend_followers": "Trend followers",
}
STATES = {1: "long", -1: "short", 0: "even"}
NONE = "–"
TOP_STRIKES = 6
LINK = Markup('<a href="{address}">{text}</a>')


@dataclass(frozen=True)
class Found:
    """The flows of a session, and trend followers before it, or why there are none."""

    snapshot: Snapshot
    shown: Shown
    trend: TrendReport | str


async def flows(request: Request, shelf: Shelf) -> Page:
    """Return the page."""
    given = asked(request, (SYMBOL,), (AS_OF, ASSETS))
    snapshot = await _snapshot(shelf, given["symbol"], given["as_of"])
    assets = given["vol_control_aum"]
    shown = await shown_flows(shelf, snapshot, {} if assets is None else {"vol_control_aum": assets})
    histories = await shelf.aside(shelf.histories)
    key = ("flows page", snapshot.place, assets, histories and histories.stamp)
    made = await shelf.kept(key, lambda: body(Found(snapshot, shown, _trend(shown, histories)), assets))
    title = f"{snapshot.symbol} flows {figures.moment(snapshot.quote_time)}"
    return Page(title, made, tab="flows", symbol=snapshot.symbol)


async def _snapshot(shelf: Shelf, symbol: str, as_of: str) -> Snapshot:
    """Return the snapshot that a date or a moment means.

    Raises:
        MissingError: There is none.

    """
    try:
        day = dt.date.fromisoformat(as_of) if len(as_of) == len("2025-09-05") else None
    except ValueError:
        raise MissingError(f"there is no date {as_of}") from None
    if day is None:
        return await shelf.snapshot(symbol, as_of)
    return (await shelf.aside(shelf.catalog.day, symbol, day))[-1]


def _trend(shown: Shown, histories: Histories | None) -> TrendReport | str:
    """Return where trend followers stand before the session, or why nobody can tell."""
    from gex.cli.cta import TrendOptions, report_of
    from gex.cli.flow_parts import OTHER_UNITS
    from gex.ingest.calendar import previous_session

    name = shown.flows.underlying
    if histories is None:
        return f"{NO_HISTORIES[:1].upper()}{NO_HISTORIES[1:]}."
    if name not in histories:
        return f"No history of {name} is among the daily histories."
    try:
        before = previous_session(shown.flows.session.date)
        report, _ = report_of(histories[name], before, TrendOptions((), None, None, None))
    except ChainError as error:
        return f"It cannot be told: {public(str(error))}."
    far = abs(report.close / shown.flows.spot - 1.0) > OTHER_UNITS
    return f"The history of {name} is in other units than its chain." if far else report


def body(found: Found, assets: float | None) -> Markup:
    """Return the inside of the page."""
    from gex.cli.render import flows_map, flows_picture
    from gex.plot.theme import PAGE

    shown, session = found.shown, found.shown.flows
    return joined([
        heading(
            f"{session.underlying} flows, session of {session.session.date:%a %Y-%m-%d}", paragraph(_said(session)),
            _ask(found, assets), *(paragraph(f"! {text}", "warning") for text in shown.warnings),
        ),
        section("parts", "Who trades", _parts(session)),
        section("curve", "By price, at the close", _curve(session, flows_picture.draw(session, PAGE).inline())),
        section("map", "By price and time", figure("flows-map", flows_map.draw(session, PAGE), _map_table(session))),
        section("strikes", "Strikes behind dealers' hedging", _strikes(shown), kind="half"),
        section("triggers", "Where trends turn", _triggers(found.trend), kind="half"),
        section("assumes", "Assumptions and files", _assumed(shown), _files(found, assets)),
    ])  # fmt: skip


def _said(flows: SessionFlows) -> str:
    """Say from when and from which price."""
    session = flows.session
    hours = " to ".join(f"{each.astimezone(figures.NEW_YORK):%H:%M}" for each in (session.opens_at, session.closes_at))
    when = f"{figures.percent(session.begun)} of the session is gone" if session.begun else "before the open"
    close = (
        "the close before is unknown"
        if flows.previous_close is None
        else f"the close before was {figures.price(flows.previous_close)}"
    )
    return f"{figures.moment(session.now)}, price {figures.price(flows.spot)}; {hours} ET, {when}; {close}."


def _ask(found: Found, assets: float | None) -> Markup:
    return form(
        "Session and assumptions", field("As of", "as_of", found.snapshot.quote_date),
        field("Assets under volatility control, $", "vol_control_aum", None if assets is None else f"{assets:.0f}", "number", Markup(' min="0" max="10000000000000" step="any"')),
    )  # fmt: skip


def _parts(flows: SessionFlows) -> Markup:
    """Return who is on the curve, and why who is not."""
    rows = (
        [
            NAMES.get(part.name, part.name),
            "on the curve" if part.flow is not None else "missing",
            *(_by_close(flows, part, move) for move in (-0.01, 0.0, 0.01)),
            "; ".join(about_of(part)) if part.flow is not None else _why(part),
        ]
        for part in flows.parts
    )
    head = ["Who", "State", "At −1%", "At 0%", "At +1%", "What it rests on, or why it is missing"]
    return table("What each must have traded by the close; positive buys", head, rows, words=len(head))


def _why(part: Part) -> str:
    reason = part.reason or ""
    return reason.replace("give --vol-control-aum", "give them above")


def _by_close(flows: SessionFlows, part: Part, move: float) -> str:
    import numpy as np

    if part.flow is None:
        return NONE
    curve = flows.curve
    return figures.dollars(float(np.interp(flows.spot * (1.0 + move), curve.spots, curve.usd[part.name][-1])))


def _curve(flows: SessionFlows, picture: str) -> Markup:
    """Return the chart of everyone at the close, with its table."""
    names = list(flows.curve.usd)
    money = figures.Money.spanning(
        [float(value) for name in names for value in (flows.curve.usd[name][-1].min(), flows.curve.usd[name][-1].max())]
    )
    rows = (
        [
            figures.level(float(flows.curve.spots[row]), flows.spot),
            f"{figures.signed(100.0 * (float(flows.curve.spots[row]) / flows.spot - 1.0), 2)}%",
            *(money(float(flows.curve.usd[name][-1][row])) for name in names),
            money(float(flows.curve.total[-1][row])),
        ]
        for row in reversed(range(len(flows.curve.spots)))
    )
    head = ["Price", "Move", *(f"{NAMES.get(name, name)}, {money.unit}" for name in names), f"All, {money.unit}"]
    caption = (
        f"{money.unit} traded by the close if the price is there, positive buys. Bold: all together; thin: all together at "
        "earlier times. Dashed upright: the price now."
    )
    return drawn("flows-curve", _finding(flows), picture, caption, table("By price at the close", head, rows))


def _finding(flows: SessionFlows) -> str:
    """Say what a move either way makes everyone trade by the close."""
    import numpy as np

    down, up = (
        figures.dollars(float(np.interp(flows.spot * (1.0 + move), flows.curve.spots, flows.curve.total[-1])))
        for move in (-0.01, 0.01)
    )
    return f"1% up by the close makes them trade {up}, 1% down {down}"


def _map_table(flows: SessionFlows) -> Markup:
    rows, times = rows_of(flows), times_of(flows)
    total = flows.curve.total
    money = figures.Money.spanning([float(total[time, row]) for time in times for row in rows])
    lines = (
        [figures.level(float(flows.curve.spots[row]), flows.spot), *(money(float(total[time, row])) for time in times)]
        for row in rows
    )
    return table(f"All together, {money.unit}", ["Price", *(clock_of(flows, time) for time in times)], lines)


def _strikes(shown: Shown) -> Markup:
    if shown.base is None:
        return paragraph("There is no chain.", "none")
    found = strikes(shown)
    tables = []
    for (move,), rows in found.group_by("move_pct", maintain_order=True):
        top = rows.sort(rows["usd"].abs(), descending=True).head(TOP_STRIKES)
        lines = [[figures.strike(row["strike"]), figures.dollars(row["usd"])] for row in top.to_dicts()]
        total = figures.dollars(float(rows["usd"].sum()))
        caption = f"At {figures.signed(float(move), 0)}% now: {total} in all, most from"
        tables.append(table(caption, ["Strike", "Dealers trade"], lines))
    return joined(tables)


def _triggers(trend: TrendReport | str) -> Markup:
    """Return what trend followers hold, and the price at which each rule turns."""
    if isinstance(trend, str):
        return paragraph(trend, "none")
    held = "" if trend.position_usd is None else f", {figures.dollars(trend.position_usd)}"
    rank = "" if trend.percentile is None else f", percentile {trend.percentile:.0f} of {trend.past:,} sessions before"
    said = f"After the close of {trend.as_of}, {figures.price(trend.close)}: {figures.signed(100 * trend.position, 0)}% of a full position{held}{rank}."
    rows = sorted((_trigger(each, trend.close) for each in trend.triggers), key=lambda row: -row[0])
    head = ["Rule", "Now", "Turns at a close of", "Away"]
    told = table(
        "The highest price first; a rule is long above its price and short below",
        head,
        (row for _, row in rows),
        words=2,
    )
    return joined([paragraph(said), told])


def _trigger(each: Trigger, close: float) -> tuple[float, Sequence[str]]:
    price = each.next_close
    level = figures.level(price, close) if price > 0 else NONE
    away = f"{figures.signed(100 * (price / close - 1), 2)}%" if each.in_reach else "too far for one close"
    return price if price > 0 else 0.0, [each.rule.name, STATES[each.state], level, away]


def _assumed(shown: Shown) -> Markup:
    items = joined(Markup("<li>{}.</li>\n").format(f"{text[:1].upper()}{text[1:]}") for text in assumptions(shown))
    return Markup('<ul class="plain">\n{}</ul>\n').format(items)


def _files(found: Found, assets: float | None) -> Markup:
    """Link every table of flows as files."""
    root = f"{api.ROOT}/flows/{found.snapshot.symbol}/{moment_of(found.snapshot)}/tables"
    query = "" if assets is None else f"?vol_control_aum={assets:.0f}"
    lines = (
        Markup("{}: {}").format(
            name,
            Markup(", ").join(
                LINK.format(address=f"{root}/{name}.{kind}{query}", text=text)
                for kind, text in (("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet"))
            ),
        )
        for name in ("curve", "orders", "strikes", "funds")
    )
    return Markup('<p class="note">Files. {}.</p>\n').format(Markup("; ").join(lines))


ROUTES = [Route("/flows/{symbol}", page(flows))]
