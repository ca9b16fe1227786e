"""The JSON of `gex report`: the published names, the published schema, the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Ran

# The contract with readers of the file: a name may be added, none renamed or taken away.
CONTRACT = {
    "": "schema_version underlying quote_time spot source settings quality regime exposure hedge_flow_usd levels "
    "distance_to_flip zero_dte ex_zero_dte by_expiration",
    "spot": "used header parity",
    "source": "path sha256 format tool_version",
    "quality": "status rows_in rows_used quarantined warnings quote_time_source delay_minutes open_interest_date",
    "exposure": "gamma_usd_per_1pct condition_number delta_usd vanna_usd_per_vol_point charm_usd_to_close",
    "exposure.gamma_usd_per_1pct": "net gross calls puts",
    "hedge_flow_usd.0": "spot_move_pct flow_usd",
    "levels": "gamma_flip gamma_flip_crossings points_per_1pct_of_gross call_wall put_wall absolute_gamma_strike "
    "high_vol_level walls reasons",
    "levels.walls": "net gross open_interest",
    "levels.walls.net": "call put",
    "levels.walls.net.call": "strike value runner_up margin",
    "levels.walls.open_interest.put": "strike value runner_up margin",
    "distance_to_flip": "points pct sigma",
    "by_expiration.0": "expiration root settlement years forward discount atm_iv vol_source net gross call_wall put_wall "
    "max_pain expected_move",
}


@pytest.fixture(name="schema", scope="session")
def _schema() -> dict[str, Any]:
    from importlib.resources import files

    schema: dict[str, Any] = json.loads(files("gex.cli").joinpath("report.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def at(document: Any, path: str) -> Any:
    for part in path.split(".") if path else []:
        document = document[int(part) if part.isdigit() else part]
    return document


@pytest.mark.parametrize("path", CONTRACT)
def test_the_names_of_the_contract_are_there(gex: Callable[..., Ran], spx_csv: Path, path: str) -> None:
    document = json.loads(gex("report", spx_csv, "--format", "json").out)
    assert set(CONTRACT[path].split()) <= set(at(document, path))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--detail"],
        ["--positions", "short-all"],
        ["--positions", "volume", "--expirations", "0dte"],
        ["--rate", "4%", "--dividend", "0.01", "--vol", "vendor"],
        ["--vol", "per-contract", "--expirations", "7d"],
        ["--at", "2026-03-10T15:30", "--move-to", "6500"],
        ["--expirations", "next"],
    ],
)
def test_reports_validate_against_the_schema(
    gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, schema: dict[str, Any], arguments: list[str]
) -> None:
    for source in (spx_csv, qqq_csv):
        ran = gex("report", source, "--format", "json", *arguments)
        assert ran.code == 0
        formats = jsonschema.FormatChecker()
        jsonschema.Draft202012Validator(schema, format_checker=formats).validate(json.loads(ran.out))


def test_several_sources_are_an_array_even_if_one_fails(
    gex: Callable[..., Ran], spx_csv: Path, schema: dict[str, Any]
) -> None:
    documents = json.loads(gex("report", spx_csv, "missing.csv", "--format", "json").out)
    assert isinstance(documents, list)
    assert len(documents) == 1
    jsonschema.validate(documents, schema)


def test_jsonl_is_an_object_a_line(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    lines = gex("report", spx_csv, qqq_csv, "--format", "jsonl").out.splitlines()
    documents = json.loads(gex("report", spx_csv, qqq_csv, "--format", "json").out)
    assert [json.loads(line) for line in lines] == documents


def test_the_same_input_gives_the_same_bytes(gex: Callable[..., Ran], spx_csv: Path) -> None:
    first = gex("report", spx_csv, "--format", "json", "--detail")
    assert gex("report", spx_csv, "--format", "json", "--detail") == first


def test_by_strike_comes_with_detail_alone_and_adds_up(gex: Callable[..., Ran], spx_csv: Path) -> None:
    assert "by_strike" not in json.loads(gex("report", spx_csv, "--format", "json").out)
    document = json.loads(gex("report", spx_csv, "--format", "json", "--detail").out)
    net = document["exposure"]["gamma_usd_per_1pct"]["net"]
    assert sum(row["net"] for row in document["by_strike"]) == pytest.approx(net, rel=1e-12)
    assert sum(row["net"] for row in document["by_expiration"]) == pytest.approx(net, rel=1e-12)


def test_every_row_is_accounted_for(gex: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    assert gex("sample", "--to", path, "--size", "small", "--bad-rows", "20").code == 0
    quality = json.loads(gex("report", path, "--format", "json").out)["quality"]
    assert sum(quality["quarantined"].values()) > 0
    assert quality["rows_in"] == quality["rows_used"] + sum(quality["quarantined"].values())


# Nulls that need no reason: they say that an option was not given, or that there is nothing to compare with.
SILENT = {"runner_up", "margin", "rate", "dividend", "at", "move_to", "call", "put"}


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every null, `*` for any index."""
    if value is None:
        yield path.removeprefix(".")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from nulls(item, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from nulls(item, path)


@pytest.mark.parametrize(
    "arguments", [[], ["--positions", "short-all"], ["--expirations", "next"], ["--at", "2026-03-10T17:00"]]
)
def test_every_null_has_its_reason(gex: Callable[..., Ran], spx_csv: Path, arguments: list[str]) -> None:
    document = json.loads(gex("report", spx_csv, "--format", "json", *arguments).out)
    settings = document.pop("settings")
    assert settings
    bands = document["levels"].pop("bands")
    for variant in bands["variants"]:
        assert {name for name, value in variant.items() if value is None} == set(variant["reasons"])
    assert (bands["certainty"] is None) == (document["levels"]["gamma_flip"] is None)
    for path in nulls(document):
        name = path.rpartition(".")[2]
        part = path.split(".")[0]
        slices = document[part] if part in {"zero_dte", "ex_zero_dte", "next_expiration"} else None
        reasons = set(document["reasons"]) | set(document["levels"]["reasons"])
        if slices:
            reasons |= set(slices["reasons"]) | set(slices["levels"]["reasons"])
        assert name in SILENT or path in reasons or name in reasons, path


def test_times_are_utc_and_numbers_finite(gex: Callable[..., Ran], spx_csv: Path) -> None:
    text = gex("report", spx_csv, "--format", "json", "--detail").out
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)["quote_time"] == "2026-03-10T14:00:00Z"


def test_the_schema_is_printed_and_says_what_each_name_means(gex: Callable[..., Ran], schema: dict[str, Any]) -> None:
    assert json.loads(gex("formats", "--json-schema").out) == schema

    def check(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for name, item in node.get("properties", {}).items():
                assert "description" in item or "$ref" in item or item.get("type") == "object", f"{path}.{name}"
                check(item, f"{path}.{name}")

    for name, node in schema["$defs"].items():
        check(node, name)
