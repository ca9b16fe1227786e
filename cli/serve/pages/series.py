"""`/series/SPX`: the figures of an underlying session by session, each beside its own past and its limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from markupsafe import Markup
from starlette.routing import Route

from gex.cli.page.html import FIGURE, BEHIND, floats, joined, paragraph, payload, section
from gex.cli.page.panels.verdict import CARD
from gex.cli.render import figures
from gex.cli.render.history_screen import ABOVE, GROSS, NET, TODAY, held
from gex.cli.serve import api
from gex.cli.serve.endpoint import SYMBOL
from gex.cli.serve.pages.asked import asked, field, form, heading, select
from gex.cli.serve.pages.frame import Page, page
from gex.cli.serve.pages.series_limits import states, watched_of
from gex.cli.serve.pages.series_panels import NAMES, USUAL, chart_of, columns_there, measure_of, ranked
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
    from gex.cli.render.series_chart import Chart
    from gex.cli.serve.pages.series_limits import Watched
    from gex.cli.serve.params import Given
    from gex.cli.serve.shelf import Shelf

QUERY = tuple(each for each in api.PAST if each.name in {"start", "end"})
COLUMNS = next(
    each for line in api.ENDPOINTS if line.name == "series" for each in line.query if each.name == "columns"
)
CARDS = {NET: "Net gamma", ABOVE: "Spot above the flip", GROSS: "Gross gamma", TODAY: "0DTE share of gross"}
LETTERS = {"ok": "o", "pending": "p", "breached": "b", "cleared": "c", "unknown": "u", None: " "}
MIN_SESSIONS = 20
LINK = Markup('<a href="{address}">{text}</a>')


@dataclass(frozen=True)
class Found:
    """A series, its limits or why there are none, and what was left out."""

    shown: Shown
    watched: Watched | str
    warnings: tuple[str, ...]


async def series(request: Request, shelf: Shelf) -> Page:
    """Return the page."""
    given = asked(request, (SYMBOL,), (*QUERY, COLUMNS))
    symbol, columns = given["symbol"], given["columns"]
    if given["start"] and given["end"] and given["end"] < given["start"]:
        raise RequestError(f"end {given['end']} lies before start {given['start']}")
    results = await shelf.aside(results_of, shelf)
    stamp = await shelf.aside(shelf.results_stamp, symbol)
    minute = int(dt.datetime.now(dt.UTC).timestamp() // 60)
    key = ("series page", symbol, stamp, given["start"], given["end"], tuple(columns or ()), minute)
    body = await shelf.kept(key, partial(_page, shelf, results, given))
    scripts = ("vendor/uPlot.iife.min.js", "series_marks.js", "series.js")
    return Page(f"{symbol} series", body, tab="series", symbol=symbol, scripts=scripts)


def _page(shelf: Shelf, results: Path, given: Given) -> Markup:
    """Read the series and lay the page out; blocks."""
    found = _found(shelf, results, given)
    check_columns(given["columns"], found.shown)
    return body(found, given)


def _found(shelf: Shelf, results: Path, given: Given) -> Found:
    """Read the series and its limits; what is damaged is left out and named.

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
    watched = _watched(shelf, given["symbol"], options, given["end"])
    return Found(shown, watched, (*warnings, *shown.history.warnings, *([shown.gap] if shown.gap else [])))


def _watched(shelf: Shelf, symbol: str, options: Any, end: dt.date | None) -> Watched | str:
    """Hold the site's limits against the series, as of now or the end of the last date asked for."""
    from gex.cli.series import read_series

    if shelf.site.limits is None:
        return f"{NO_LIMITS[:1].upper()}{NO_LIMITS[1:]}."
    at = dt.datetime.now(dt.UTC)
    if end is not None:
        at = min(at, dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), NEW_YORK))
    try:
        return watched_of(shelf.site.limits, symbol, read_series(symbol, options), at)
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


def body(found: Found, given: Given) -> Markup:
    """Return the inside of the page."""
    shown, watched = found.shown, None if isinstance(found.watched, str) else found.watched
    chart = chart_of(shown, watched, given["columns"])
    return joined([
        heading(f"{chart.underlying} through time", paragraph(_said(shown)), _ask(found, given), *_warned(found.warnings)),
        Markup('<section id="standing" aria-label="Where the last session stands">\n<div class="cards">\n{}</div>\n</section>\n').format(
            joined(_card(shown, name) for name in CARDS)
        ),
        states(found.watched),
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


def _ask(found: Found, given: Given) -> Markup:
    """Return the form: dates, and one more column to show."""
    there = [name for name in columns_there(found.shown) if name not in USUAL]
    usual = ",".join(USUAL)
    options = [("", "the usual"), *((f"{usual},{name}", f"with {name.replace('_', ' ')}") for name in there)]
    chosen = ",".join(given["columns"] or ())
    if chosen not in {value for value, _ in options}:
        options.append((chosen, chosen.replace("_", " ")))
    return form(
        "Sessions and figures shown", field("From", "start", given["start"]), field("to", "end", given["end"]),
        select("Figures", "columns", options, chosen),
    )  # fmt: skip


def _card(shown: Shown, name: str) -> Markup:
    row, measure = shown.rows[-1], measure_of(name, [shown.rows[-1][name]])
    value = row[name]
    if value is None:
        why = shown.reasons[-1].get(name) or shown.reasons[-1].get("gamma_flip", "there is none")
        return CARD.format(name=name, kind="unknown", label=CARDS[name], value="none", notes=_items([why]))
    money = measure.scale >= 1e6
    text = figures.dollars(value) if money else measure(value)
    kind = "unknown" if row.get("regime") == "near_zero" and name == NET else _kind(name, value)
    unit = " per +1%" if money else ""
    return CARD.format(
        name=name, kind=kind, label=CARDS[name], value=(text if measure.signed else text.removeprefix("+")) + unit,
        notes=_items(_notes(shown, name)),
    )  # fmt: skip


def _kind(name: str, value: float) -> str:
    return ("positive" if value >= 0 else "negative") if name in {NET, ABOVE} else "neutral"


def _notes(shown: Shown, name: str) -> Iterator[str]:
    """Say where a figure stands among its past, and how it moved."""
    row, reasons = shown.rows[-1], shown.reasons[-1]
    if row[f"{name}_percentile"] is None:
        yield f"no percentile: {reasons.get(f'{name}_percentile', 'none')}"
    else:
        score = row[f"{name}_zscore"]
        yield from (f"{text} sessions before" for text in ranked(row, name))
        if score is not None:
            yield f"{figures.signed(score, 1)} standard deviations from their mean"
    if row.get(f"{name}_change") is not None:
        yield f"{figures.dollars(row[f'{name}_change'])} since {row['previous_date']}"
    if name == NET and row.get("regime") == "near_zero":
        yield "near zero: its sign is unknown"


def _items(notes: Iterator[str] | list[str]) -> Markup:
    return joined(Markup("<li>{}</li>").format(note) for note in notes)


def figure(chart: Chart, table: Markup) -> Markup:
    """Return the chart with its table; the script draws the same figures again where it can."""
    from gex.cli.render.series_picture import draw
    from gex.plot.theme import PAGE

    finding = chart.finding[:1].upper() + chart.finding[1:]
    return FIGURE.format(
        name="series-chart",
        panel=Markup(' data-panel="series"'),
        title=f"{finding}.",
        picture=Markup(draw(chart, PAGE).inline()),  # noqa: S704 (escaped by the drawing)
        caption=chart.caption,
        data=payload(document(chart)),
        table=BEHIND.format(table),
    )


def document(chart: Chart) -> dict[str, Any]:
    """Return what the script draws."""
    return {
        "labels": [place.label for place in chart.places],
        "times": [place.time for place in chart.places],
        "missing": [place.missing for place in chart.places],
        "panels": [
            {
                "name": panel.name,
                "title": panel.title,
                "kind": panel.kind,
                "digits": panel.digits,
                "signed": panel.signed,
                "curves": [
                    {
                        "label": curve.label,
                        "look": curve.look,
                        "values": packed(curve.values),
                        "unsure": curve.unsure,
                        "breaches": curve.breaches,
                    }
                    for curve in panel.curves
                ],
                "bounds": [{"rule": each.rule, "value": each.value, "words": each.words} for each in panel.bounds],
                "ranks": packed(panel.ranks) if panel.ranks else None,
                "low": packed(panel.band[0]) if panel.band else None,
                "high": packed(panel.band[1]) if panel.band else None,
            }
            for panel in chart.panels
        ],
        "lanes": [
            {
                "rule": lane.rule,
                "now": lane.now,
                "severity": lane.severity,
                "states": "".join(LETTERS[state] for state in lane.states),
            }
            for lane in chart.lanes
        ],
    }


def packed(values: Sequence[float | None]) -> str:
    """Return figures as base64; what is not there as NaN."""
    return floats([float("nan") if value is None else value for value in values])


def _files(given: Given) -> Markup:
    """Link the whole series as files."""
    dates = "&".join(f"{name}={given[name]}" for name in ("start", "end") if given[name])
    links = (
        LINK.format(address=f"{api.ROOT}/series/{given['symbol']}/table.{kind}" + (f"?{dates}" if dates else ""), text=text)
        for kind, text in (("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet"))
    )
    return Markup('<p class="note">All columns of the series as a file: {}.</p>\n').format(Markup(", ").join(links))


ROUTES = [Route("/series/{symbol}", page(series))]
