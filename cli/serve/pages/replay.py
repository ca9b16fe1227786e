"""A day once more: its levels through time, a slider over its snapshots, and the sections of the chosen one."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.responses import JSONResponse
from starlette.routing import Route

from gex.cli.page.html import joined, payload, section, table
from gex.cli.render import figures
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.pages import places, replay_figure, snapshot
from gex.cli.serve.pages.briefs import SIDES, Brief, briefs
from gex.cli.serve.pages.frame import Page, at, page, symbol_of
from gex.ingest.errors import ChainError, MissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from gex.cli.serve.catalog import Listed
    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot

    Found = Sequence[Brief | str | None]

SECONDS = 1.0
"""How long an answer waits for the figures of a day; the rest is asked for again."""
HEAD = ["Time, ET", "Spot", "Net gamma, per +1%", "Flip", "Call wall", "Put wall", "Dealers"]
PLAYER = Markup(
    '<section class="player" id="player" aria-label="Time of the replay" hidden>\n<h1>{title}</h1>\n'
    '<div class="controls">\n<button type="button" data-step="-1" aria-label="Earlier snapshot">‹</button>\n'
    '<button type="button" data-play aria-pressed="false">Play</button>\n'
    '<button type="button" data-step="1" aria-label="Later snapshot">›</button>\n'
    '<label for="time">Time <output for="time">{clock}</output></label>\n'
    '<input type="range" id="time" min="0" max="{last}" value="{chosen}" step="1">\n'
    '<label>Speed <select data-speed><option value="3000">slow</option><option value="1500" selected>normal</option>'
    '<option value="600">fast</option></select></label>\n</div>\n<p class="figures" id="chosen"></p>\n</section>\n'
)
CHART = Markup(
    '<figure class="chart" id="day-chart" data-panel="replay">\n<figcaption><strong>{title}</strong></figcaption>\n'
    '<div class="plots" role="img" aria-label="{title}"></div>\n{picture}<noscript><ul class="days">{times}</ul></noscript>\n'
    '<p class="note">Above: points. Solid: spot; dashed: flip; thin: walls. Below: dealers\' net gamma, $ of delta per +1% '
    "of spot; hatched: sign unknown.{pending}</p>\n{data}"
    '<details class="behind"><summary>The figures as a table, each time with its page</summary>\n{table}</details>\n</figure>\n'
)
PENDING = Markup('<span class="pending"> Figures that are still being computed are empty; load again for them.</span>')
FRAME = Markup('{player}{chart}<div class="sections" id="sections">\n{sections}</div>\n')
LINK = Markup('<a href="{}">{}</a>')
SCRIPTS = ("vendor/uPlot.iife.min.js", "swap.js", "replay_chart.js", "replay.js")


async def replay(request: Request, shelf: Shelf) -> Page:
    """Return a day's replay; `at` in the query chooses the snapshot that is shown first, else the last."""
    listed, day = await _day(request, shelf)
    shown = await _chosen(request, shelf, day)
    try:
        made = await snapshot.drawn(shelf, listed, shown)
    except ChainError as error:  # The rest of the day is there all the same.
        made = Page(shown.symbol, snapshot.refusal(shelf, shown, error), scripts=snapshot.SCRIPTS)
    await briefs(shelf, [shown], SECONDS)  # First the one that is shown, then from the morning on.
    found = await briefs(shelf, day, SECONDS)
    date = shown.quote_date
    body = FRAME.format(
        player=_player(day, shown),
        chart=section("day", "Levels through the day", _chart(day, found)),
        sections=made.body,
    )
    title = f"{made.title} · replay of {date}"
    scripts = tuple(dict.fromkeys((*made.scripts, *SCRIPTS)))
    return Page(title, body, tab="replay", symbol=shown.symbol, places=places.of_day(listed, date), scripts=scripts)


async def rows(request: Request) -> Response:
    """Answer the figures of a day's snapshots as JSON, as far as they are known by now."""
    shelf: Shelf = request.app.state.shelf
    _, day = await _day(request, shelf)
    return JSONResponse(_plain(day, await briefs(shelf, day, SECONDS)), headers={"Cache-Control": "no-store"})


async def _day(request: Request, shelf: Shelf) -> tuple[Listed, list[Snapshot]]:
    symbol = symbol_of(request)
    listed = await shelf.aside(shelf.catalog.listed, symbol)
    asked = request.path_params.get("date")
    if asked is None:
        return listed, listed.of(listed.dates[-1])
    try:
        date = dt.date.fromisoformat(asked)
    except ValueError:
        raise MissingError(f"a day is written as 2025-09-05; /days/{symbol} has those there are") from None
    return listed, await shelf.aside(shelf.catalog.day, symbol, date)


async def _chosen(request: Request, shelf: Shelf, day: Sequence[Snapshot]) -> Snapshot:
    moment = request.query_params.get("at")
    found = await shelf.snapshot(day[0].symbol, moment) if moment else day[-1]
    return found if found in day else day[-1]


def _player(day: Sequence[Snapshot], shown: Snapshot) -> Markup:
    title = f"Replay of {shown.symbol}, {places.named(shown.quote_date)}"
    return PLAYER.format(title=title, clock=places.clock(shown), last=len(day) - 1, chosen=day.index(shown))


def _chart(day: Sequence[Snapshot], found: Found) -> Markup:
    there = [each for each in found if isinstance(each, Brief)]
    behind = table("Levels in points through the day", HEAD, (_row(*pair) for pair in zip(day, found, strict=True)))
    pending = PENDING if None in found else Markup("")
    times = joined(Markup("<li>{}</li>").format(_link(each)) for each in day)
    title = finding(there)
    picture = replay_figure.picture(day[0].symbol, title, [places.clock(each) for each in day], found) if there else ""
    return CHART.format(
        title=title, picture=picture, times=times, pending=pending, data=payload(_plain(day, found)), table=behind
    )


def finding(there: Sequence[Brief]) -> str:
    """Say in a sentence what the day's figures did."""
    if len(there) < 2:
        return "One snapshot of this day is known so far" if there else "No figures of this day are known so far"
    first, last = there[0], there[-1]
    text = f"Spot {figures.points(last.spot - first.spot, last.spot)} points from {_clock(first)} to {_clock(last)}"
    crossed = [each for before, each in pairwise(there) if _crosses(before, each)]
    if not crossed:
        return f"{text}, {last.side} all along" if last.flip is not None else text
    times = ", ".join(map(_clock, crossed[:3])) + (" and more" if len(crossed) > 3 else "")
    return f"{text}; it crossed the flip by {times}"


def _crosses(before: Brief, after: Brief) -> bool:
    return None not in (before.flip, after.flip) and before.side != after.side


def _clock(brief: Brief) -> str:
    return brief.written()["clock"]


def _row(snapshot: Snapshot, found: Brief | str | None) -> list[str | Markup]:
    time = _link(snapshot)
    if not isinstance(found, Brief):
        return [time, "", "", "", "", "", found or ""]
    words = found.written()
    return [time, *(words[name] for name in ("spot", "net", "flip", "call_wall", "put_wall")), SIDES[found.regime]]


def _link(snapshot: Snapshot) -> Markup:
    address = at("/replay/{symbol}/{date}", snapshot.symbol, snapshot.quote_date, at=moment_of(snapshot))
    return LINK.format(address, places.clock(snapshot))


def _plain(day: Sequence[Snapshot], found: Found) -> dict[str, Any]:
    """Return what the scripts need: every snapshot of the day, with its figures where they are known."""
    return {
        "symbol": day[0].symbol,
        "date": f"{day[0].quote_date}",
        "complete": None not in found,
        "title": finding([each for each in found if isinstance(each, Brief)]),
        "rows": [_known(*pair) for pair in zip(day, found, strict=True)],
    }


def _known(snapshot: Snapshot, found: Brief | str | None) -> dict[str, Any]:
    bare = {
        "moment": moment_of(snapshot),
        "time": int(snapshot.quote_time.timestamp()),
        "clock": places.clock(snapshot),
    }
    if isinstance(found, Brief):
        return {**found.plain(), "dealers": SIDES[found.regime], "clock": bare["clock"]}
    return {**bare, "failed": found} if found else bare


ROUTES = [
    Route("/replay/{symbol}", page(replay)),
    Route("/replay/{symbol}/{date}", page(replay)),
    Route("/replay/{symbol}/{date}/figures", rows),
]
