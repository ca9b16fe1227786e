"""The JSON API: one table of addresses, of which the routes and the OpenAPI description are made."""

from __future__ import annotations

from typing import get_args

from gex.cli.diff import ORDERS
from gex.cli.serve import params, records, snapshots, tables
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
FORM = params.choice("form", "the file's form", tables.FORMS)
FILES: dict[str, str | dict[str, str]] = {
    tables.FORMS["csv"]: {"type": "string"},
    tables.FORMS["json"]: "rows",
    tables.FORMS["parquet"]: {"type": "string", "format": "binary"},
}
NAMES = "^[a-z0-9_]{1,64}(,[a-z0-9_]{1,64}){0,199}$"
PAST = (
    params.choice(
        "every", "a row a session, its last snapshot, or a row a snapshot", ("session", "snapshot"), "session"
    ),
    params.integer("window", "sessions that make the past; all if not given", 1, 10_000),
    params.integer("min_sessions", "earlier sessions needed before anything is ranked", 1, 10_000, 20),
    params.choice("which", "of a quote time, the last result or the first", ("restated", "as_reported"), "restated"),
    params.Param(
        "spec",
        "the first digits of a spec_fingerprint: results under these settings alone",
        {"type": "string", "pattern": "^[0-9a-f]{1,16}$"},
    ),
    params.date("start", "the first date, as 2025-09-05"),
    params.date("end", "the last date, as 2025-09-05; nothing later is read"),
    params.flag("skip_damaged", "true leaves damaged results out, in place of failing"),
)
AS_OF = params.date("as_of", "the evening, as 2025-09-05; the last there is if not given")
CURVE = (
    params.real("previous_close", "the close that leveraged funds count from, points", 0.01, 1e7),
    params.real("vol_control_aum", "assets that follow volatility control, dollars", 0, 1e13),
    params.real("vol_move", "volatility moves by so many points, for dealers", -100, 100),
    params.real("reach", "the largest move shown, percent", 0.1, 50),
    params.real("every", "minutes between the times shown", 1, 390),
)


def names_of(text: str) -> list[str]:
    """Read names with commas between them."""
    return text.split(",")


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
            params.real("every", "minutes between two rows of the hedging path", 1, 1440, 15.0),
            params.flag("surface", "true adds the price x time surfaces"),
        ),
        of_snapshot,
    ),
    Endpoint(
        f"{HERE}/tables/{{table}}.{{form}}",
        "table",
        "One of its tables as a file.",
        snapshots.table,
        FILES,
        (
            *OF,
            params.choice("table", "; ".join(f"{name}: {what}" for name, what in tables.TABLES.items()), tables.TABLES),
            FORM,
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
    Endpoint(
        f"{ROOT}/series/{{symbol}}",
        "series",
        "Results through time, each figure with its percentile and z-score among the sessions before: the document of "
        "`gex history`, a page at a time.",
        records.series,
        {JSON: "series"},
        (SYMBOL,),
        (
            *PAST,
            params.Param("columns", "names with commas between", {"type": "string", "pattern": NAMES}, names_of),
            params.integer("limit", "how many rows", 1, 2000, 500),
            params.integer("offset", "how many rows to pass over, from the first", 0, 10_000_000, 0),
        ),
        records.of_series,
    ),
    Endpoint(
        f"{ROOT}/series/{{symbol}}/table.{{form}}",
        "series_table",
        "The whole series as a file.",
        records.series_table,
        FILES,
        (SYMBOL, FORM),
        PAST,
        records.of_series,
    ),
    Endpoint(
        f"{ROOT}/limits/{{symbol}}",
        "limits",
        "The states of the limits on a symbol, now: the document of `gex check`.",
        records.limits,
        {JSON: "limits"},
        (SYMBOL,),
    ),
    Endpoint(
        f"{ROOT}/regime",
        "regime",
        "The volatility regime of an evening: the document of `gex regime`.",
        records.regime,
        {JSON: "regime"},
        query=(AS_OF,),
        depends=records.of_regime,
    ),
    Endpoint(
        f"{ROOT}/regime/table.{{form}}",
        "regime_table",
        "The figures of an evening as a file.",
        records.regime_table,
        FILES,
        (FORM,),
        (AS_OF,),
        records.of_regime,
    ),
    Endpoint(
        f"{ROOT}/flows/{{symbol}}/{{moment}}",
        "flows",
        "What dealers and others must trade in the session, by price and time: the document of `gex flows`.",
        records.flows,
        {JSON: "flows"},
        OF,
        CURVE,
        records.of_flows,
    ),
    Endpoint(
        f"{ROOT}/flows/{{symbol}}/{{moment}}/tables/{{table}}.{{form}}",
        "flows_table",
        "One of the tables of flows as a file.",
        records.flows_table,
        FILES,
        (*OF, params.choice("table", "which table", ("curve", "orders", "strikes", "funds")), FORM),
        CURVE,
        records.of_flows,
    ),
    Endpoint(f"{ROOT}/health", "health", "What this server has, and what it keeps.", records.health, {JSON: "health"}),
)

ROUTES = [each.route() for each in ENDPOINTS]
