"""What the API answers about what the store holds: symbols, dates, moments, and each snapshot's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from gex.cli.serve import tables
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.endpoint import document, file_name, streamed
from gex.cli.serve.problems import problem_of
from gex.ingest.errors import ChainError, MissingError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable

    from gex.cli.serve.catalog import Catalog, Listed
    from gex.cli.serve.endpoint import Call
    from gex.ingest.store import Snapshot

SCHEMA_VERSION = 1


async def symbols(call: Call) -> Response:
    """Answer with the symbols of the store."""
    return await document(call, lambda: _symbols(call.shelf.catalog))


def _symbols(catalog: Catalog) -> dict[str, Any]:
    """Return what there is of each symbol; one that cannot be listed takes no other with it."""
    rows, damaged = [], []
    for name in catalog.symbols():
        try:
            rows.append(_symbol(name, catalog.listed(name)))
        except MissingError:  # Gone meanwhile.
            continue
        except ChainError as error:
            damaged.append({"symbol": name, "reason": problem_of(error).detail})
    return {"schema_version": SCHEMA_VERSION, "symbols": rows, "damaged": damaged}


def _symbol(name: str, listed: Listed) -> dict[str, Any]:
    return {
        "symbol": name,
        "first": listed.snapshots[0].quote_time,
        "last": listed.snapshots[-1].quote_time,
        "latest": moment_of(listed.snapshots[-1]),
        "revision": listed.snapshots[-1].revision,
        "dates": len(listed.dates),
        "snapshots": len(listed.snapshots),
    }


async def dates(call: Call) -> Response:
    """Answer with the dates of a symbol."""
    return await document(call, lambda: _dates(call))


def _dates(call: Call) -> dict[str, Any]:
    listed = call.shelf.catalog.listed(call["symbol"])
    counts: dict[dt.date, int] = {}
    for each in listed.snapshots:
        counts[each.quote_date] = counts.get(each.quote_date, 0) + 1
    rows = [{"date": date, "snapshots": count} for date, count in counts.items()]
    return {"schema_version": SCHEMA_VERSION, "symbol": call["symbol"], "dates": rows}


async def moments(call: Call) -> Response:
    """Answer with the moments of a date."""
    return await document(
        call,
        lambda: {
            "schema_version": SCHEMA_VERSION,
            "symbol": call["symbol"],
            "date": call["date"],
            "moments": [_moment(each) for each in call.shelf.catalog.day(call["symbol"], call["date"])],
        },
    )


def _moment(snapshot: Snapshot) -> dict[str, Any]:
    return {"moment": moment_of(snapshot), "quote_time": snapshot.quote_time, "revision": snapshot.revision}


async def report(call: Call) -> Response:
    """Answer with the document of `gex report`."""
    from gex.cli.render.document import document as published

    analysis = await call.shelf.analysis_of(call.snapshot)
    past = await call.shelf.standing_of(call.snapshot)
    return await document(call, lambda: published(analysis, detail=call["detail"], past=past))


async def levels(call: Call) -> Response:
    """Answer with the document of `gex levels --all`."""
    from gex.cli.render.level_sheet import document as published

    book = await call.shelf.levels_of(call.snapshot)
    return await document(call, lambda: published(book, None))


async def zero_dte(call: Call) -> Response:
    """Answer with the document of `gex zero-dte`."""
    from gex.cli.render.zero_dte_document import document as published

    view = await call.shelf.zero_dte_of(call.snapshot, call["every"])
    return await document(call, lambda: published(view, surface=call["surface"]))


async def table(call: Call) -> Response:
    """Answer with a table as a file."""
    form = call["form"]
    frame = await tables.frame_of(call.shelf, call.snapshot, call["table"])
    name = file_name(call.snapshot, f"{call['table']}.{form}")
    return streamed(tables.chunks(frame, form), tables.FORMS[form], name)


async def chart(call: Call) -> Response:
    """Answer with a chart as SVG."""
    from gex.plot.charts import chart as drawn

    analysis = await call.shelf.analysis_of(call.snapshot)
    svg = await call.shelf.aside(lambda: drawn(analysis, call["kind"], call["theme"]).svg())
    return Response(svg, media_type="image/svg+xml")


async def compare(call: Call) -> Response:
    """Answer with the document of `gex diff`."""
    from gex.cli.render.change_document import document as published

    before, after = await _pair(call)
    change = await call.shelf.change_of(before, after, call["order"])
    return await document(call, lambda: published(change, detail=call["detail"]))


async def pair_places(call: Call) -> Hashable:
    """Depend on both snapshots."""
    return tuple(each.place for each in await _pair(call))


async def _pair(call: Call) -> tuple[Snapshot, Snapshot]:
    """Return the two snapshots that are compared: by themselves, the last and the one before it.

    Raises:
        MissingError: One of them is not there.

    """
    shelf, symbol = call.shelf, call["symbol"]
    after = await shelf.snapshot(symbol, call["after"])
    if call["before"] is not None:
        return await shelf.snapshot(symbol, call["before"]), after
    before = await shelf.aside(shelf.catalog.before, after)
    if before is None:
        raise MissingError(f"there is no snapshot of {symbol} before {moment_of(after)} to compare it with")
    return before, after
