"""JSON Schemas of the API's answers: the report's as it is shipped, the others by their names and types.

A document may gain names; none is taken away or renamed within a version.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
DATE: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time", "pattern": "Z$"}
ANY: Schema = {"type": "object"}
VERSION: Schema = {"const": 1, "description": "grows when a name changes its meaning"}


def record(**names: Schema) -> Schema:
    """Return the schema of an object that has these names at least."""
    return {"type": "object", "properties": names, "required": list(names)}


def rows(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def maybe(schema: Schema) -> Schema:
    """Return the schema of a value that may not exist."""
    return {"anyOf": [schema, {"type": "null"}]}


def named(values: Schema) -> Schema:
    """Return the schema of values by name."""
    return {"type": "object", "additionalProperties": values}


def of(name: str) -> Schema:
    """Return a reference to another schema."""
    return {"$ref": f"#/components/schemas/{name}"}


REASONS = named(TEXT)
GRID = rows(rows(maybe(NUMBER)))
SYMBOLS = record(
    schema_version=VERSION,
    symbols=rows(record(symbol=TEXT, first=TIME, last=TIME, latest=TEXT, revision=WHOLE, dates=WHOLE, snapshots=WHOLE)),
    damaged=rows(record(symbol=TEXT, reason=TEXT)),
)
DATES = record(schema_version=VERSION, symbol=TEXT, dates=rows(record(date=DATE, snapshots=WHOLE)))
MOMENTS = record(
    schema_version=VERSION,
    symbol=TEXT,
    date=DATE,
    moments=rows(record(moment=TEXT, quote_time=TIME, revision=WHOLE)),
)
LEVEL = record(
    vendor=TEXT,
    key=TEXT,
    name=TEXT,
    value=maybe(NUMBER),
    unit=TEXT,
    strength=maybe(NUMBER),
    strength_unit=maybe(TEXT),
    ranked=rows(record(level=NUMBER, strength=maybe(NUMBER))),
    note=maybe(TEXT),
    reason=maybe(TEXT),
    definition=TEXT,
    source=TEXT,
)
LEVELS = record(
    underlying=TEXT,
    quote_time=TIME,
    evaluated_at=TIME,
    spot=NUMBER,
    settings=ANY,
    future={"type": "null"},
    scopes=rows(record(scope=TEXT, expirations=rows(DATE), reason=maybe(TEXT), levels=rows(LEVEL))),
)
ZERO_DTE = record(
    schema_version=VERSION,
    underlying=TEXT,
    quote_time=TIME,
    evaluated_at=TIME,
    status=TEXT,
    spot=ANY,
    priced_at=NUMBER,
    source=ANY,
    settings=ANY,
    clock=record(evaluated_at=TIME, expiration=DATE, is_today=TRUTH, expires_at=TIME, minutes_left=NUMBER),
    moves=record(straddle=maybe(ANY), forward=NUMBER, w=maybe(NUMBER), one_sigma=maybe(NUMBER), reason=maybe(TEXT)),
    positions=rows(record(name=TEXT, contracts=NUMBER, gamma_usd_per_1pct=ANY, levels=ANY)),
    volume_per_open_interest=maybe(NUMBER),
    every_minutes=NUMBER,
    vol_points=NUMBER,
    finite_move=NUMBER,
    path=rows(record(since=TIME, until=TIME, charm_trade_usd=NUMBER, cumulative_usd=NUMBER)),
    odds=rows(record(strike=NUMBER, touch_probability=maybe(NUMBER), pin_probability=maybe(NUMBER))),
    sessions=rows(record(expiration=DATE, since=TIME, until=TIME, sessions=WHOLE, partial=TRUTH)),
    assumptions=rows(TEXT),
    warnings=rows(TEXT),
    reasons=REASONS,
)
ZERO_DTE["properties"]["surface"] = record(
    spots=rows(NUMBER),
    times=rows(TIME),
    gamma_usd_per_1pct=GRID,
    delta_usd=GRID,
    charm_trade_usd=GRID,
    hedge_trade_usd=GRID,
)
CHANGE = record(
    schema_version=VERSION,
    underlying=TEXT,
    before=record(quote_time=TIME, figures=ANY),
    after=record(quote_time=TIME, figures=ANY),
    order=rows(TEXT),
    total=ANY,
    steps=rows(record(step=TEXT, part=ANY, reversed_net_gamma_usd_per_1pct=maybe(NUMBER), after=ANY)),
    residual=ANY,
    contracts=record(in_both=WHOLE, only_before=named(WHOLE), only_after=named(WHOLE)),
    by_expiration=rows(ANY),
    settings=ANY,
    assumptions=rows(TEXT),
    warnings=rows(TEXT),
    reasons=REASONS,
)
CHANGE["properties"]["by_strike"] = rows(record(strike=NUMBER))
SERIES = record(
    schema_version=VERSION,
    underlying=TEXT,
    which={"enum": ["restated", "as_reported"]},
    every={"enum": ["session", "snapshot"]},
    window=maybe(WHOLE),
    min_sessions=WHOLE,
    assumes=TEXT,
    units=TEXT,
    warnings=rows(TEXT),
    page=record(offset=WHOLE, rows=WHOLE, total=WHOLE, next=maybe(WHOLE)),
    rows=rows(record(reasons=REASONS)),
)
LIMITS = record(
    schema_version=VERSION,
    symbol=TEXT,
    at=TIME,
    quote_time=maybe(TIME),
    age_minutes=maybe(NUMBER),
    age_sessions=maybe(WHOLE),
    live=TRUTH,
    snapshots=WHOLE,
    exit_code=WHOLE,
    reasons=rows(TEXT),
    limits=rows(
        record(
            rule=TEXT,
            symbol=TEXT,
            severity={"enum": ["breach", "warn", "info"]},
            state=TEXT,
            field=TEXT,
            unit=maybe(TEXT),
            figure={"type": ["number", "string", "null"]},
            limit=TEXT,
            since=maybe(TIME),
            quote_time=maybe(TIME),
            reason=maybe(TEXT),
            how=maybe(TEXT),
            message=maybe(TEXT),
        )
    ),
)
REGIME = record(
    schema_version=VERSION,
    as_of=DATE,
    rules=ANY,
    readings=rows(
        record(
            name=TEXT,
            value=maybe(NUMBER),
            unit=maybe(TEXT),
            date=maybe(DATE),
            state=maybe(TEXT),
            percentile=maybe(NUMBER),
            stale=TRUTH,
            changes=rows(record(series=TEXT, comparison=TEXT, level=NUMBER, unit=TEXT, to=TEXT)),
            reasons=REASONS,
        )
    ),
    realized_pct_a_year=named(maybe(NUMBER)),
    histories=rows(record(name=TEXT, path=TEXT, sha256=maybe(TEXT), first=DATE, last=DATE, rows=WHOLE)),
)
FLOWS = record(
    schema_version=VERSION,
    underlying=TEXT,
    spot=NUMBER,
    previous_close=maybe(NUMBER),
    session=record(date=DATE, opens_at=TIME, closes_at=TIME, now=TIME, begun=NUMBER, minutes=NUMBER),
    parts=rows(record(name=TEXT, present=TRUTH, reason=maybe(TEXT))),
    spots=rows(NUMBER),
    elapsed=rows(NUMBER),
    times=rows(TIME),
    usd=named(maybe(GRID)),
    total_usd=GRID,
    book_usd_per_point=GRID,
    decided_usd=maybe({"type": "array"}),
    orders=maybe(rows(record(low=maybe(NUMBER), high=maybe(NUMBER), usd_per_point=maybe(NUMBER)))),
    strikes=maybe(rows(record(move_pct=NUMBER, strike=NUMBER, usd=NUMBER))),
    funds=rows(record(ticker=TEXT, index=TEXT, leverage=NUMBER, aum_usd=maybe(NUMBER))),
    events=maybe(rows(ANY)),
    assumptions=rows(TEXT),
    warnings=rows(TEXT),
    settings=maybe(ANY),
    source=maybe(ANY),
    reasons=REASONS,
)
HEALTH = record(
    schema_version=VERSION,
    status={"const": "ok"},
    version=TEXT,
    symbols=WHOLE,
    has=record(results=TRUTH, histories=TRUTH, limits=TRUTH),
    cache=record(values=WHOLE, bytes=WHOLE, limit_bytes=WHOLE),
)
PROBLEM = record(
    type={"type": "string", "format": "uri-reference"},
    title=TEXT,
    status=WHOLE,
    detail={"type": "string", "description": "one sentence that says what to do"},
    instance={"type": "string", "format": "uri-reference"},
)
OWN = {
    "symbols": SYMBOLS,
    "dates": DATES,
    "moments": MOMENTS,
    "levels": LEVELS,
    "zero_dte": ZERO_DTE,
    "rows": rows(ANY),
    "change": CHANGE,
    "series": SERIES,
    "limits": LIMITS,
    "regime": REGIME,
    "flows": FLOWS,
    "health": HEALTH,
    "problem": PROBLEM,
}


@cache
def schemas() -> dict[str, Schema]:
    """Return all schemas by name; those of the parts of a report begin with `report_`."""
    shipped = json.loads(files("gex.cli").joinpath("report.schema.json").read_text("utf-8"))["$defs"]
    parts = {_named(name): _moved(schema) for name, schema in shipped.items()}
    return OWN | parts


def _named(name: str) -> str:
    return name if name == "report" else f"report_{name}"


def _moved(schema: Any) -> Any:
    """Return a schema whose references point at where its parts stand here."""
    if isinstance(schema, list):
        return [_moved(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: of(_named(value.rpartition("/")[2]))["$ref"] if key == "$ref" else _moved(value)
        for key, value in schema.items()
    }
