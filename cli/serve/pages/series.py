"""`/series/SPX`: the figures of an underlying session by session, each beside its own past and its limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click
from markupsafe import Markup
from starlette.routing import Route

from gex.cli.page.html import joined, paragraph, section
from gex.cli.render.history_screen import held
from gex.cli.serve import api
from gex.cli.serve.endpoint import SYMBOL
from gex.cli.serve.pages.asked import asked, field, form, heading, select
from gex.cli.serve.pages.frame import Page, page
from gex.cli.serve.pages.series_cards import standing
from gex.cli.serve.pages.series_figure import figure
from gex.cli.serve.pages.series_limits import states, watched_of
from gex.cli.serve.pages.series_panels import USUAL, chart_of, columns_there
from gex.cli.serve.pages.series_table import behind
from gex.cli.serve.problems import RequestError, public
from gex.cli.serve.records import NO_LIMITS, results_of
from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ChainError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from starlette.requests import Request

    from gex.cli.render.history_screen import Shown
    from gex.cli.series import SeriesOptions
    from gex.cli.serve.pages.series_limits import Watched
    from gex.cli.serve.params import Given
    from gex.cli.serve.shelf import Shelf

QUERY = tuple(each for each in api.PAST if each.name in {"start", "end"})
COLUMNS = next(each for line in api.ENDPOINTS if line.name == "series" for each in line.query if each.name == "columns")
MIN_SESSIONS = 20
LINK = Markup('<a href="{address}">{text}</a>')


@dataclass(frozen=True)
class Read:
    """A series, how it was read, and what one must know of it."""

    shown: Shown
    options: SeriesOptions
    warnings: tuple[str, ...]


async def series(request: Request, shelf: Shelf) -> Page:
    """Return the page."""
    given = asked(request, (SYMBOL,), (*QUERY, COLUMNS))
    symbol, columns = given["symbol"], given["columns"]
    if given["start"] and given["end"] and given["end"] < given["start"]:
        raise RequestError(f"end {given['end']} lies before start {given['start']}")
    results = await shelf.aside(results_of, shelf)
    key = (symbol, await shelf.aside(shelf.results_stamp, symbol), given["start"], given["end"])
    read = await shelf.kept(("series rows", *key), partial(_read, results, given))
    check_columns(columns, read.shown)
    # Limits on the age of quotes change by the minute.
    minute = int(dt.datetime.now(dt.UTC).timestamp() // 60) if shelf.site.limits else 0
    whole = ("series page", *key, tuple(columns or ()), minute)
    body = await shelf.kept(whole, lambda: body_of(read, _watched(shelf, symbol, read, given["end"]), given))
    scripts = ("vendor/uPlot.iife.min.js", "series_marks.js", "series.js")
    return Page(f"{symbol} series", body, tab="series", symbol=symbol, scripts=scripts)


def _read(results: Path, given: Given) -> Read:
    """Read the series; what is damaged is left out and named.

    Raises:
        ChainError: There is nothing of the symbol.

    """
    from gex.cli.history import PastOptions, series_of
    from gex.cli.series import SeriesOptions

    def read(*, skip: bool) -> tuple[Shown, SeriesOptions]:
        options = SeriesOptions(results, "restated", None, given["start"], given["end"], skip)
        return series_of(given["symbol"], options, PastOptions("session", None, MIN_SESSIONS)), options

    warnings: tuple[str, ...] = ()
    try:
        shown, options = read(skip=False)
    except UnreadableError as error:
        shown, options = read(skip=True)
        warnings = (f"{public(str(error), [str(results)])}; it is left out",)
    return Read(shown, options, (*warnings, *shown.history.warnings, *([shown.gap] if shown.gap else [])))


def _watched(shelf: Shelf, symbol: str, read: Read, end: dt.date | None) -> Watched | str:
    """Hold the site's limits against the series, as of now or the end of the last date asked for."""
    from gex.cli.series import read_series

    if shelf.site.limits is None:
        return f"{NO_LIMITS[:1].upper()}{NO_LIMITS[1:]}."
    at = dt.datetime.now(dt.UTC)
    if end is not None:
        at = min(at, dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), NEW_YORK).astimezone(dt.UTC))
    try:
        return watched_of(shelf.site.limits, symbol, read_series(symbol, read.options), at)
    except click.UsageError as error:
        return f"The limits cannot be read: {public(error.format_message(), [str(shelf.site.limits)])}."
    except ChainError as error:
        return f"The limits cannot be told: {public(str(error))}."


def check_columns(columns: Sequence[str] | None, shown: Shown) -> None:
    """Refuse a column that is none, or no number.

    Raises:
        RequestError: Names it, and those that come near.

    """
    from difflib import get_close_matches

    there = columns_there(shown)
    for name in columns or ():
        if name not in there:
            near = ", ".join(get_close_matches(name, there, 3, 0.5)) or ", ".join(USUAL)
            raise RequestError(f"there is no column of numbers {name!r} in the series; there are {near}")
    if columns and len(set(columns)) < len(columns):
        raise RequestError("columns names one of them twice")


def body_of(read: Read, watched: Watched | str, given: Given) -> Markup:
    """Return the inside of the page; `watched` says why there are no limits if there are none."""
    shown = read.shown
    chart = chart_of(shown, None if isinstance(watched, str) else watched, given["columns"])
    return joined([
        heading(f"{chart.underlying} through time", paragraph(_said(shown)), _ask(shown, given), *_warned(read.warnings)),
        standing(shown),
        states(watched),
        section("series", "Session by session", figure(chart, behind(shown, chart, given["columns"])), _files(given)),
    ])  # fmt: skip


def _said(shown: Shown) -> str:
    first, last, count = shown.rows[0], shown.rows[-1], len(shown.rows)
    return (
        f"{count:,} session{'' if count == 1 else 's'} from {first['quote_date']} to {last['quote_date']}, the last "
        f"snapshot of each; dollars {held(shown.rows)}."
    )


def _warned(warnings: Sequence[str]) -> Iterator[Markup]:
    return (paragraph(f"! {text}", "warning") for text in warnings)


def _ask(shown: Shown, given: Given) -> Markup:
    """Return the form: dates, and one more column to show."""
    there = [name for name in columns_there(shown) if name not in USUAL]
    usual = ",".join(USUAL)
    options = [("", "the usual"), *((f"{usual},{name}", f"with {name.replace('_', ' ')}") for name in there)]
    chosen = ",".join(given["columns"] or ())
    if chosen not in {value for value, _ in options}:
        options.append((chosen, chosen.replace("_", " ")))
    return form(
        "Sessions and figures shown", field("From", "start", given["start"]), field("to", "end", given["end"]),
        select("Figures", "columns", options, chosen),
    )  # fmt: skip


def _files(given: Given) -> Markup:
    """Link the whole series as files."""
    dates = "&".join(f"{name}={given[name]}" for name in ("start", "end") if given[name])
    links = (
        LINK.format(
            address=f"{api.ROOT}/series/{given['symbol']}/table.{kind}" + (f"?{dates}" if dates else ""), text=text
        )
        for kind, text in (("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet"))
    )
    return Markup('<p class="note">All columns of the series as a file: {}.</p>\n').format(Markup(", ").join(links))


ROUTES = [Route("/series/{symbol}", page(series))]
