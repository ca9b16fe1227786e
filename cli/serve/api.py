"""The JSON API: one table of addresses, of which the routes and the OpenAPI description are made."""

from __future__ import annotations

from typing import get_args

from starlette.routing import Route

from gex.cli.diff import ORDERS
from gex.cli.serve import params, snapshots, tables
from gex.cli.serve.endpoint import (
    DATE,
    JSON,
    MOMENT,
    SYMBOL,
    Endpoint,
    of_snapshot,
    of_snapshot_and_results,
)
from gex.plot import KINDS
from gex.plot.theme import ThemeName

ROOT = "/api/v1"
HERE = f"{ROOT}/snapshots/{{symbol}}/{{moment}}"
OF = (SYMBOL, MOMENT)
DETAIL = params.flag("detail", "true adds by_strike")

ENDPOINTS = (
    Endpoint(f"{ROOT}/symbols", "symbols", "The symbols of the store.", snapshots.symbols, {JSON: "symbols"}),
    Endpoint(
        f"{ROOT}/symbols/{{symbol}}/dates",
        "dates",
        "The New York dates of a symbol.",
        snapshots.dates,
        {JSON: "dates"},
        (SYMBOL,),
    ),
    Endpoint(
        f"{ROOT}/symbols/{{symbol}}/dates/{{date}}",
        "moments",
        "The moments of a date.",
        snapshots.moments,
        {JSON: "moments"},
        (SYMBOL, DATE),
    ),
    Endpoint(
        HERE,
        "report",
        "The figures of a snapshot: the document of `gex report`.",
        snapshots.report,
        {JSON: "report"},
        OF,
        (DETAIL,),
        of_snapshot_and_results,
    ),
    Endpoint(
        f"{HERE}/levels",
        "levels",
        "Its levels under every public definition: the document of `gex levels --all`.",
        snapshots.levels,
        {JSON: "levels"},
        OF,
        depends=of_snapshot,
    ),
    Endpoint(
        f"{HERE}/zero-dte",
        "zero_dte",
        "What expires that day: the document of `gex zero-dte`.",
        snapshots.zero_dte,
        {JSON: "zero_dte"},
        OF,
        (
            params.integer("every", "minutes between two rows of the hedging path", 1, 1440, 15),
            params.flag("surface", "true adds the price x time surfaces"),
        ),
        of_snapshot,
    ),
    Endpoint(
        f"{HERE}/tables/{{table}}.{{form}}",
        "table",
        "One of its tables as a file.",
        snapshots.table,
        {"text/csv": {"type": "string"}, JSON: "rows", tables.FORMS["parquet"]: {"type": "string", "format": "binary"}},
        (
            *OF,
            params.choice("table", "; ".join(f"{name}: {what}" for name, what in tables.TABLES.items()), tables.TABLES),
            params.choice("form", "the file's form", tables.FORMS),
        ),
        depends=of_snapshot,
    ),
    Endpoint(
        f"{HERE}/charts/{{kind}}.svg",
        "chart",
        "One of its charts.",
        snapshots.chart,
        {"image/svg+xml": {"type": "string"}},
        (*OF, params.choice("kind", "which chart", KINDS)),
        (params.choice("theme", "colours of the ground", get_args(ThemeName), "light"),),
        of_snapshot,
    ),
    Endpoint(
        f"{ROOT}/compare/{{symbol}}",
        "compare",
        "What moved net gamma and each level from one snapshot to a later one: the document of `gex diff`.",
        snapshots.compare,
        {JSON: "change"},
        (SYMBOL,),
        (
            params.moment("before", "a moment; the one before `after` if not given"),
            params.moment("after", "a later moment, or latest", "latest"),
            params.choice("order", "what is moved first", ORDERS, ORDERS[0]),
            DETAIL,
        ),
        snapshots.pair_places,
    ),
)

ROUTES: list[Route] = [each.route() for each in ENDPOINTS]
