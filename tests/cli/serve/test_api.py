"""The JSON API: every address, right and wrong; its documents are those of the commands; its answers fit its description."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import polars as pl
import pytest

from gex.cli.serve.api import ENDPOINTS
from gex.cli.serve.openapi import FAULTS, description

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran
    from sites import Client, Ground

V1 = "/api/v1"
FIRST, LAST = "2026-01-05T1030", "2026-01-07T1030"
HERE = f"{V1}/snapshots/SPX/{LAST}"
TABLES = [
    "summary",
    "levels",
    "by_strike",
    "by_expiration",
    "by_contract",
    "profile",
    "path",
    "surface",
    "odds",
    "positions",
    "sessions",
]
GOOD = [
    f"{V1}/symbols",
    f"{V1}/symbols/SPX/dates",
    f"{V1}/symbols/SPX/dates/2026-01-06",
    HERE,
    f"{V1}/snapshots/SPX/latest?detail=true",
    f"{V1}/snapshots/QQQ/latest",
    f"{HERE}/levels",
    f"{HERE}/zero-dte",
    f"{HERE}/zero-dte?every=7.5&surface=true",
    *(f"{HERE}/tables/by_strike.{form}" for form in ("csv", "json", "parquet")),
    *(f"{HERE}/charts/{kind}.svg" for kind in ("strikes", "profile", "heat", "expirations", "hedging")),
    f"{HERE}/charts/profile.svg?theme=dark",
    f"{V1}/compare/SPX",
    f"{V1}/compare/SPX?before={FIRST}&after={LAST}&order=quantity-first&detail=true",
    f"{V1}/series/SPX",
    f"{V1}/series/SPX?every=snapshot&window=30&min_sessions=1&which=as_reported&start=2026-01-06&end=2026-01-07",
    f"{V1}/series/SPX?columns=spot,gamma_flip&limit=1&offset=1&skip_damaged=false",
    *(f"{V1}/series/SPX/table.{form}" for form in ("csv", "json", "parquet")),
    f"{V1}/limits/SPX",
    f"{V1}/regime",
    f"{V1}/regime?as_of=2020-03-20",
    *(f"{V1}/regime/table.{form}" for form in ("csv", "json", "parquet")),
    f"{V1}/flows/SPX/latest",
    f"{V1}/flows/SPX/latest?reach=2&every=60&vol_move=1&vol_control_aum=200000000000",
    *(f"{V1}/flows/SPX/latest/tables/{table}.csv" for table in ("curve", "orders", "strikes", "funds")),
    f"{V1}/flows/SPX/latest/tables/curve.json",
    f"{V1}/health",
]
BAD = [
    ("/nothing", 404, "there is nothing under this address"),
    (f"{V1}/snapshots/SPX", 404, "there is nothing under this address"),
    (f"{V1}/symbols/NDX/dates", 404, "no snapshot of NDX in the store; it has QQQ, SPX"),
    (f"{V1}/symbols/spx/dates", 404, "symbol must be a symbol of the store, such as SPX; got 'spx'"),
    (f"{V1}/symbols/SPX/dates/2026-01-09", 404, "no snapshot of SPX of 2026-01-09; the nearest date is 2026-01-07"),
    (f"{V1}/symbols/SPX/dates/2026-02-30", 404, "date must be a New York date as 2025-09-05"),
    (f"{V1}/snapshots/SPX/2026-01-05T1031", 404, "the nearest is 2026-01-06T1030"),
    (f"{V1}/snapshots/SPX/2026-13-05T1031", 404, "no snapshot of SPX at 2026-13-05T1031"),
    (f"{V1}/snapshots/SPX/yesterday", 404, "moment must be a New York time of the store"),
    (f"{V1}/snapshots/SPX/2026-01-05T1030%0A", 404, "there is nothing under this address"),
    (f"{V1}/snapshots/..%2f..%2fetc/latest", 404, "there is nothing under this address"),
    (f"{V1}/snapshots/%2e%2e/latest", 404, ""),
    (f"{HERE}?detial=true", 400, "unknown parameter 'detial'; did you mean detail?"),
    (f"{HERE}?detail=1", 400, "detail must be true adds by_strike; got '1'"),
    (f"{HERE}?detail=true&detail=true", 400, "detail is given twice"),
    (f"{HERE}/levels?x=1", 400, "no parameter is known here; got 'x'"),
    (f"{HERE}/zero-dte?every=0", 400, "from 1 to 1440; got '0'"),
    (f"{HERE}/zero-dte?every=nan", 400, "got 'nan'"),
    (f"{HERE}/zero-dte?every=1e3", 400, "got '1e3'"),
    (f"{HERE}/tables/by_strikes.csv", 404, "did you mean by_strike?"),
    (f"{HERE}/tables/by_strike.xlsx", 404, "form must be one of csv, json, parquet"),
    (f"{HERE}/charts/pie.svg", 404, "kind must be one of strikes, profile, heat, expirations, hedging; got 'pie'"),
    (f"{HERE}/charts/profile.svg?theme=drak", 400, "did you mean dark?"),
    (f"{V1}/compare/SPX?before={LAST}&after={FIRST}", 422, ""),
    (f"{V1}/compare/SPX?before={LAST}&after={LAST}", 422, "both are the same snapshot"),
    (f"{V1}/compare/SPX?after={FIRST}", 404, "there is no snapshot of SPX before 2026-01-05T1030"),
    (f"{V1}/compare/QQQ", 404, "there is no snapshot of QQQ before"),
    (f"{V1}/series/QQQ", 404, "no result of QQQ"),
    (f"{V1}/series/SPX?start=2026-01-08", 404, "no result from 2026-01-08 on; the last is of 2026-01-07"),
    (f"{V1}/series/SPX?start=2026-01-07&end=2026-01-05", 400, "end 2026-01-05 lies before start 2026-01-07"),
    (f"{V1}/series/SPX?window=5", 400, "window 5 never holds the 20 of min_sessions"),
    (f"{V1}/series/SPX?limit=2001", 400, "limit must be how many rows, from 1 to 2000; got '2001'"),
    (f"{V1}/series/SPX?offset=9", 404, "the series has 3 rows, and none from 9 on"),
    (f"{V1}/series/SPX?columns=spto", 400, "no column 'spto' in the series; there are spot"),
    (f"{V1}/series/SPX?spec=xyz", 400, "spec must be"),
    (f"{V1}/limits/QQQ", 404, "no result of QQQ"),
    (f"{V1}/regime?as_of=tomorrow", 400, "as_of must be the evening"),
    (f"{V1}/flows/SPX/latest?previous_close=1", 400, "previous_close 1 is far from the price"),
    (f"{V1}/flows/SPX/latest?reach=51", 400, "from 0.1 to 50; got '51'"),
]


def schema_of(name: str | dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the description, whole: with what it refers to."""
    own = {"$ref": f"#/components/schemas/{name}"} if isinstance(name, str) else name
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **own, "components": description()["components"]}


def valid(document: Any, schema: dict[str, Any]) -> None:
    """Hold a document against a schema; the schemas themselves are checked below, once."""
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)


def operation_of(client: Client, address: str) -> dict[str, Any]:
    """Return what the description says of an address."""
    scope = {"type": "http", "method": "GET", "path": address.partition("?")[0], "headers": [], "root_path": ""}
    name = next(route.name for route in client.app.routes if str(route.matches(scope)[0]) == "Match.FULL")
    return next(path["get"] for path in description()["paths"].values() if path["get"]["operationId"] == name)


@pytest.mark.parametrize("address", GOOD)
def test_a_good_request_is_answered_as_described(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    told = operation_of(client, address)["responses"]["200"]["content"]
    media = answer.headers["content-type"].partition(";")[0]
    assert media in told
    if media == "application/json":
        valid(answer.json(), schema_of(told[media]["schema"]))


@pytest.mark.parametrize(("address", "status", "words"), BAD)
def test_a_bad_request_gets_a_problem_in_one_sentence(client: Client, address: str, status: int, words: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    valid(problem, schema_of("problem"))
    assert words in problem["detail"]
    assert problem["status"] == status
    assert "\n" not in problem["detail"]
    assert "Traceback" not in answer.text


def test_every_endpoint_is_asked_here(client: Client) -> None:
    asked = {operation_of(client, address)["operationId"] for address in GOOD}
    assert asked == {each.name for each in ENDPOINTS}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(client: Client, method: str) -> None:
    answer = client.ask(method, HERE)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_head_answers_like_get_without_a_body_to_rely_on(client: Client) -> None:
    answer = client.ask("HEAD", f"{HERE}/levels")
    assert (answer.status_code, answer.headers["etag"]) == (200, client.get(f"{HERE}/levels").headers["etag"])


@pytest.mark.parametrize(
    ("address", "command"),
    [
        (f"{V1}/snapshots/{{0}}/{{1}}?detail=true", ["report", "{file}", "--detail"]),
        (f"{V1}/snapshots/{{0}}/{{1}}/levels", ["levels", "{file}", "--all"]),
        (f"{V1}/snapshots/{{0}}/{{1}}/zero-dte?surface=true", ["zero-dte", "{file}", "--surface"]),
        (f"{V1}/flows/{{0}}/{{1}}?every=60", ["flows", "{file}", "--every", "60", "--histories", "{histories}"]),
    ],
)
@pytest.mark.parametrize("name", ["SPX@2026-01-07T1030", "QQQ@2026-03-10T1000"])
def test_documents_are_those_of_the_commands(
    gex: Callable[..., Ran], ground: Ground, client: Client, name: str, address: str, command: list[str]
) -> None:
    symbol, _, moment = name.partition("@")
    file = next(path for key, path in ground.files.items() if key.startswith(f"{symbol}@{moment[:10]}"))
    answer = client.get(address.format(symbol, moment)).json()
    said = json.loads(
        gex(*(part.format(file=file, histories=ground.histories) for part in command), "--format", "json").out
    )
    answer.pop("past", None)
    said |= {"source": said["source"] | {"path": file.name}} if "source" in said else {}
    assert answer == said


def test_what_changed_is_the_document_of_diff(gex: Callable[..., Ran], ground: Ground, client: Client) -> None:
    files = list(ground.files.values())
    said = json.loads(gex("diff", files[0], files[2], "--format", "json").out)
    for name, file in (("before", files[0]), ("after", files[2])):
        said[name]["source"]["path"] = file.name
    assert client.get(f"{V1}/compare/SPX?before={FIRST}&after={LAST}").json() == said


def test_a_series_is_the_document_of_history(gex: Callable[..., Ran], ground: Ground, client: Client) -> None:
    ran = gex("history", "SPX", "--results", ground.results, "--min-sessions", 1, "--format", "json")
    said, answer = json.loads(ran.out), client.get(f"{V1}/series/SPX?min_sessions=1").json()
    assert answer.pop("page") == {"offset": 0, "rows": 3, "total": 3, "next": None}
    for row in said["rows"]:
        row["source"] = row["source"].rpartition("/")[2]
    assert answer == said


def test_a_series_comes_in_pages(client: Client) -> None:
    whole = client.get(f"{V1}/series/SPX").json()["rows"]
    found, place = [], 0
    while place is not None:
        page = client.get(f"{V1}/series/SPX?limit=2&offset={place}").json()
        found += page["rows"]
        place = page["page"]["next"]
    assert found == whole


def test_the_regime_is_the_document_of_regime(gex: Callable[..., Ran], ground: Ground, client: Client) -> None:
    said = json.loads(gex("regime", "--histories", ground.histories, "--format", "json").out)
    for each in said["histories"]:
        each["path"] = each["path"].rpartition("/")[2]
    assert client.get(f"{V1}/regime").json() == said


def test_limits_are_the_document_of_check(gex: Callable[..., Ran], ground: Ground, client: Client) -> None:
    ran = gex("check", "SPX", "--results", ground.results, "--limits", ground.limits, "--format", "json")
    said, answer = json.loads(ran.out), client.get(f"{V1}/limits/SPX").json()
    of_now = {"at", "age_minutes", "live"}
    assert {name: value for name, value in answer.items() if name not in of_now} == {
        name: value for name, value in said.items() if name not in of_now
    }


def test_limits_without_results_are_of_the_last_snapshot(ground: Ground) -> None:
    from sites import Client as Asks

    found = Asks(ground.app(results=None)).get(f"{V1}/limits/QQQ").json()
    assert [each["state"] for each in found["limits"]] == ["unknown", "ok"]


@pytest.mark.parametrize(
    ("table", "command"),
    [
        ("summary", ["report"]),
        ("by_strike", ["report", "--table", "by_strike"]),
        ("by_expiration", ["report", "--table", "by_expiration"]),
        ("levels", ["levels", "--all"]),
        ("profile", ["profile"]),
        *((name, ["zero-dte", "--table", name]) for name in ("path", "surface", "odds", "positions", "sessions")),
    ],
)
def test_tables_are_those_of_the_commands(
    gex: Callable[..., Ran], ground: Ground, client: Client, table: str, command: list[str]
) -> None:
    file = list(ground.files.values())[2]
    said = gex(*command[:1], file, *command[1:], "--format", "csv").out.replace(str(file), file.name)
    assert client.get(f"{HERE}/tables/{table}.csv").text == said


@pytest.mark.parametrize("table", TABLES)
def test_the_three_forms_of_a_table_say_the_same(client: Client, table: str) -> None:
    text, rows, packed = (client.get(f"{HERE}/tables/{table}.{form}") for form in ("csv", "json", "parquet"))
    frame = pl.read_parquet(io.BytesIO(packed.content))
    lines = list(csv.reader(io.StringIO(text.text)))
    assert lines[0] == frame.columns
    assert len(lines) - 1 == frame.height == len(rows.json()) > 0
    for name in (name for name, kind in frame.schema.items() if kind == pl.Float64):
        values = [row[name] for row in rows.json()]
        assert values == [None if value is None or value != value else value for value in frame[name]]  # noqa: PLR0124


def test_a_download_is_named_for_what_it_holds(client: Client) -> None:
    answer = client.get(f"{HERE}/tables/by_strike.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="SPX_2026-01-07T1030_by_strike.csv"'
    latest = client.get(f"{V1}/snapshots/SPX/latest/tables/by_strike.csv")
    assert latest.headers["content-disposition"] == answer.headers["content-disposition"]


def test_what_the_client_has_is_not_sent_again(client: Client) -> None:
    for address in (HERE, f"{HERE}/levels", f"{HERE}/tables/path.csv", f"{V1}/regime", f"{V1}/series/SPX"):
        tag = client.get(address).headers["etag"]
        for header in (tag, f'"other", W/{tag}', "*"):
            again = client.get(address, if_none_match=header)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(address, if_none_match='"other"').status_code == 200


def test_tags_differ_where_answers_do(client: Client) -> None:
    addresses = [HERE, f"{HERE}?detail=true", f"{HERE}/levels", f"{HERE}/tables/path.csv", f"{HERE}/tables/path.json"]
    addresses += [f"{V1}/snapshots/SPX/{FIRST}", f"{V1}/snapshots/QQQ/latest"]
    tags = [client.get(address).headers["etag"] for address in addresses]
    assert len(set(tags)) == len(tags)
    assert client.get(f"{V1}/snapshots/SPX/latest").headers["etag"] == tags[0]


def test_tags_know_the_settings(ground: Ground, client: Client) -> None:
    from sites import Client as Asks

    from gex.settings import Settings

    other = Asks(ground.app(settings=Settings(positions="short-all"))).get(f"{HERE}/levels")
    assert other.headers["etag"] != client.get(f"{HERE}/levels").headers["etag"]


def test_the_description_is_what_the_routes_do(client: Client) -> None:
    told = client.get("/openapi.json").json()
    assert told == description()
    assert told["openapi"] == "3.1.0"
    assert set(told["paths"]) == {each.path for each in ENDPOINTS}
    for schema in told["components"]["schemas"]:
        jsonschema.Draft202012Validator.check_schema(schema_of(schema))
    for path in told["paths"].values():
        assert {f"{status}" for status in FAULTS} <= set(path["get"]["responses"])
