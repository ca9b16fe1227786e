"""The API over real chains: every answer as described, the documents those of the commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from sites import Client, read_options

from gex.cli.serve.app import app_of
from gex.cli.serve.openapi import description
from gex.cli.serve.site import Site
from gex.ingest.read import read_chain
from gex.ingest.store import save
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Ran

FILES = ("spx_2025-09-05_1016.csv", "qqq_2023-06-12_1635.csv", "ndx_2022-12-12_2031.csv")
ROOT = "/api/v1/snapshots"


@pytest.fixture(scope="module", name="real")
def _real(data_path: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    store = tmp_path_factory.mktemp("real")
    for name in FILES:
        save(read_chain(data_path("chains", "cboe_csv", name)), store)
    app = app_of(Site(store, Settings(), read_options(store)))
    yield Client(app)
    app.state.shelf.close()


@pytest.mark.real
@pytest.mark.parametrize("symbol", ["SPX", "QQQ", "NDX"])
@pytest.mark.parametrize(
    ("below", "schema"), [("?detail=true", "report"), ("/levels", "levels"), ("/zero-dte?surface=true", "zero_dte")]
)
def test_answers_are_as_described(real: Client, symbol: str, below: str, schema: str) -> None:
    answer = real.get(f"{ROOT}/{symbol}/latest{below}")
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = {"$ref": f"#/components/schemas/{schema}", "components": description()["components"]}
    validator = jsonschema.Draft202012Validator(whole)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())] == []


@pytest.mark.real
def test_the_report_is_the_commands(real: Client, gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    said = json.loads(gex("report", data_path("chains", "cboe_csv", FILES[0]), "--format", "json").out)
    said["source"]["path"] = FILES[0]
    assert real.get(f"{ROOT}/SPX/latest").json() == said
