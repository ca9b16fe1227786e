"""What the API answers about the past and the day around a snapshot: series, limits, regime, flows, and its own health."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gex import __version__
from gex.cli.serve import tables
from gex.cli.serve.catalog import StoreError, moment_of
from gex.cli.serve.endpoint import document, streamed
from gex.ingest.errors import ContentError, MissingError

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from starlette.responses import Response

    from gex.cli.checking import Checked
    from gex.cli.render.flows_document import Shown as ShownFlows
    from gex.cli.render.history_screen import Shown
    from gex.cli.serve.endpoint import Call
    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot
    from gex.limits import Rule
    from gex.signals.regime import Regime

SCHEMA_VERSION = 1
NO_RESULTS = "this server has no results: start gex serve with --results DIR"
NO_LIMITS = "this server has no limits: start gex serve with --limits FILE"
NO_HISTORIES = "this server has no daily histories: start gex serve with --histories DIR"


def results_of(shelf: Shelf) -> Path:
    """Return the results' folder.

    Raises:
        MissingError: The server was started without.
        StoreError: It is gone.

    """
    results = shelf.site.results
    if results is None:
        raise MissingError(NO_RESULTS)
    if not results.is_dir():
        raise StoreError(f"the results {results.name} are not there; bring their folder back")
    return results


async def series(call: Call) -> Response:
    """Answer with a page of the document of `gex history`."""
    shown = await shown_series(call)
    return await document(call, partial(_page, call, shown))


async def series_table(call: Call) -> Response:
    """Answer with a series as a file."""
    from gex.cli.history import frame_of

    shown = await shown_series(call)
    frame = await call.shelf.aside(frame_of, shown, None)
    form = call["form"]
    return streamed(tables.chunks(frame, form), tables.FORMS[form], f"{call['symbol']}_series.{form}")


async def shown_series(call: Call) -> Shown:
    """Return the series that a request asks for, each row beside its past.

    Raises:
        ChainError: There is none, or it is damaged.
        ValueError: A window holds too few sessions.

    """
    from gex.cli.history import PastOptions, series_of
    from gex.cli.series import SeriesOptions
    from gex.cli.serve.problems import RequestError

    results = await call.shelf.aside(results_of, call.shelf)
    names = ("which", "spec", "start", "end", "skip_damaged")
    try:
        given = SeriesOptions(results, **{name: call[name] for name in names})
        past = PastOptions(call["every"], call["window"], call["min_sessions"])
    except ValueError as error:
        raise RequestError(str(error)) from None
    stamp = await call.shelf.aside(call.shelf.results_stamp, call["symbol"])
    key = ("series", call["symbol"], stamp, given, past)
    return await call.shelf.kept(key, lambda: _named(series_of(call["symbol"], given, past)))


def _named(shown: Shown) -> Shown:
    """Return a series whose sources are called by their names, without their folders."""
    rows = [row | {"source": _name(row["source"])} if row.get("source") else row for row in shown.rows]
    return replace(shown, rows=rows)


def _name(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]


def _page(call: Call, shown: Shown) -> dict[str, Any]:
    """Return the rows of a page, and where it stands among all.

    Raises:
        MissingError: It begins after the last row.
        click.UsageError: A column is unknown, or named twice.

    """
    from gex.cli.history import check_columns
    from gex.cli.render.history_document import about
    from gex.cli.render.history_document import document as published

    columns, first, total = call["columns"], call["offset"], len(shown.rows)
    if columns is not None:
        check_columns(columns, shown)
    if first >= total:
        raise MissingError(f"the series has {total} rows, and none from {first} on")
    last = min(first + call["limit"], total)
    page = replace(shown, rows=shown.rows[first:last], reasons=shown.reasons[first:last])
    place = {"offset": first, "rows": last - first, "total": total, "next": last if last < total else None}
    return {**about(shown), "page": place, "rows": published(page, columns)["rows"]}


async def limits(call: Call) -> Response:
    """Answer with the document of `gex check`."""
    from gex.cli.render.verdicts import document as published

    checked = await states(call.shelf, call["symbol"])
    return await document(call, lambda: published(checked))


async def states(shelf: Shelf, symbol: str) -> Checked:
    """Return the states of the limits on a symbol, now: of its results, or of its last snapshot where there are none.

    Raises:
        MissingError: There are no limits, or nothing of the symbol.
        ContentError: The file of limits cannot be read.

    """
    from gex.cli import checking

    rules = await shelf.aside(_rules, shelf)
    now = dt.datetime.now(dt.UTC)
    if shelf.site.results is None:
        analysis = await shelf.analysis(symbol, "latest")
        return await shelf.aside(checking.check_analysis, rules, analysis, now)
    results = await shelf.aside(results_of, shelf)
    checked = await shelf.aside(checking.check_results, rules, symbol, results, now, None)
    if checked.quote_time is None:
        raise MissingError(f"no result of {symbol}; gex batch makes them of a store")
    return checked


def _rules(shelf: Shelf) -> tuple[Rule, ...]:
    import click

    from gex.cli.limits_file import read_limits

    if shelf.site.limits is None:
        raise MissingError(NO_LIMITS)
    try:
        return read_limits(shelf.site.limits)
    except click.UsageError as error:
        raise ContentError(error.format_message()) from None


async def regime(call: Call) -> Response:
    """Answer with the document of `gex regime`."""
    _, doc = await regime_of(call.shelf, call["as_of"])
    return await document(call, lambda: doc)


async def regime_table(call: Call) -> Response:
    """Answer with the figures of an evening as a file."""
    from gex.cli.render.regime_document import frame

    found, _ = await regime_of(call.shelf, call["as_of"])
    form = call["form"]
    rows = await call.shelf.aside(frame, found)
    return streamed(tables.chunks(rows, form), tables.FORMS[form], f"regime_{found.as_of}.{form}")


async def regime_of(shelf: Shelf, as_of: dt.date | None) -> tuple[Regime, dict[str, Any]]:
    """Return the regime of an evening, the last one there is if none is given, and its document.

    Raises:
        MissingError: There are no histories, or none that it needs.
        ChainError: One cannot be read.

    """
    histories = await shelf.aside(shelf.histories)
    if histories is None:
        raise MissingError(NO_HISTORIES)
    return await shelf.kept(("regime", as_of, histories.stamp), partial(_regime, histories, as_of))


def _regime(histories: Any, as_of: dt.date | None) -> tuple[Regime, dict[str, Any]]:
    from gex.cli.regime import regime_of as found_of
    from gex.cli.render.regime_document import document as published
    from gex.signals.regime import Rules

    rules = Rules()
    found = found_of(histories, as_of, rules)
    doc = published(found, rules, histories)
    return found, doc | {"histories": [each | {"path": _name(each["path"])} for each in doc["histories"]]}


async def flows(call: Call) -> Response:
    """Answer with the document of `gex flows`."""
    from gex.cli.render.flows_document import document as published

    shown = await shown_flows(call.shelf, call.snapshot, _curve_options(call))
    return await document(call, lambda: published(shown))


async def flows_table(call: Call) -> Response:
    """Answer with one of the tables of flows as a file."""
    from gex.cli.render.flows_document import frame_of

    shown = await shown_flows(call.shelf, call.snapshot, _curve_options(call))
    form, table = call["form"], call["table"]
    frame = await call.shelf.aside(frame_of, shown, table)
    name = f"{call['symbol']}_{moment_of(call.snapshot)}_flows_{table}.{form}"
    return streamed(tables.chunks(frame, form), tables.FORMS[form], name)


def _curve_options(call: Call) -> dict[str, Any]:
    """Return what the request says of the curve; what it does not say is left to the defaults of `gex flows`."""
    asked = {name: value for name, value in call.given.query.items() if value is not None}
    if "reach" in asked:
        asked["reach"] /= 100
    return asked


async def shown_flows(shelf: Shelf, snapshot: Snapshot, asked: dict[str, Any] | None = None) -> ShownFlows:
    """Return what others must trade in a snapshot's session.

    Args:
        shelf: Of the site.
        snapshot: Dealers' book.
        asked: Fields of `gex.cli.flow_options.FlowOptions`.

    Raises:
        ChainError: Nobody can be told, or the histories are of other units.

    """
    histories = await shelf.aside(shelf.histories)
    options = tuple(sorted((asked or {}).items()))
    key = ("flows", snapshot.place, options, histories and histories.stamp)
    return await shelf.kept(key, partial(_flows, shelf, snapshot, histories, dict(options)))


def _flows(shelf: Shelf, snapshot: Snapshot, histories: Any, asked: dict[str, Any]) -> ShownFlows:
    from gex.cli.flow_options import FlowOptions
    from gex.cli.flows import scene_among, shown_of
    from gex.cli.funds_file import funds_of
    from gex.cli.histories import Histories

    given = FlowOptions(**asked)
    base = shelf.priced_now(snapshot)
    scene = scene_among(histories or Histories({}), base, previous_close=given.previous_close)
    return shown_of(scene, given, funds_of(None), None)


async def of_flows(call: Call) -> Hashable:
    """Depend on the snapshot and on the histories."""
    histories = await call.shelf.aside(call.shelf.histories)
    return call.snapshot.place, histories and histories.stamp


async def of_regime(call: Call) -> Hashable:
    """Depend on the histories."""
    histories = await call.shelf.aside(call.shelf.histories)
    return histories and histories.stamp


async def of_series(call: Call) -> Hashable:
    """Depend on the results of the symbol."""
    return await call.shelf.aside(call.shelf.results_stamp, call["symbol"])


async def health(call: Call) -> Response:
    """Answer with what the server has, and what it keeps."""
    return await document(call, partial(_health, call.shelf))


def _health(shelf: Shelf) -> dict[str, Any]:
    site, cache = shelf.site, shelf.cache
    return {
        "schema_version": SCHEMA_VERSION,
        "status": "ok",
        "version": __version__,
        "symbols": len(shelf.catalog.symbols()),
        "has": {name: getattr(site, name) is not None for name in ("results", "histories", "limits")},
        "cache": {"values": len(cache), "bytes": cache.bytes, "limit_bytes": cache.limit_bytes},
    }
