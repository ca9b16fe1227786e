"""`gex report --positions FILE` of a book whose quantities have standard errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import polars as pl
import pytest

from gex import read_chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


@pytest.fixture(name="estimate")
def _estimate(spx_csv: Path, tmp_path: Path) -> Path:
    """The naive positions, each with an error of a tenth."""
    sign = pl.when(pl.col("option_type") == "C").then(1).otherwise(-1)
    table = read_chain(spx_csv).frame.select(
        *("root", "expiration", "strike", "option_type"),
        contracts=pl.col("open_interest") * sign,
        standard_error=pl.col("open_interest") * 0.1,
    )
    table.write_csv(tmp_path / "estimate.csv")
    return tmp_path / "estimate.csv"


def test_the_screen_has_two_lines_under_the_levels(gex: Callable[..., Ran], spx_csv: Path, estimate: Path) -> None:
    ran = gex("report", spx_csv, "--positions", estimate)
    lines = ran.out.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("95% BY POSITIONS"))
    assert lines[at].split()[3:] == ["flip", "call", "wall", "put", "wall", "net", "$bn"]
    assert " to " in lines[at + 1]
    assert "–" in lines[at + 1]
    assert "net gamma below zero with " in lines[at + 2]
    assert "0DTE alone" in ran.out
    assert max(map(len, lines)) <= 80


def test_the_document_has_them_and_validates(gex: Callable[..., Ran], spx_csv: Path, estimate: Path) -> None:
    document = json.loads(gex("report", spx_csv, "--positions", estimate, "--format", "json").out)
    schema = json.loads(gex("formats", "--json-schema").out)
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
    found = document["intervals"]
    assert found["net"]["net_usd_per_1pct"] == document["exposure"]["gamma_usd_per_1pct"]["net"]
    assert found["flip"]["low"] < document["levels"]["gamma_flip"] < found["flip"]["high"]
    assert document["levels"]["call_wall"] in [share["strike"] for share in found["call_wall"]["strikes"]]
    dates = [each["expiration"] for each in found["by_expiration"]]
    assert dates == sorted({each["expiration"] for each in document["by_expiration"]})
    assert found["reasons"] == {}


def test_what_is_not_there_is_null_with_its_reason(gex: Callable[..., Ran], spx_csv: Path, estimate: Path) -> None:
    arguments = ("report", spx_csv, "--positions", estimate, "--expirations", "0dte", "--format", "json")
    found = json.loads(gex(*arguments).out)["intervals"]
    assert found["ex_zero_dte"] is None
    assert found["reasons"] == {"ex_zero_dte": "every contract used expires on the quote date"}
    schema = json.loads(gex("formats", "--json-schema").out)
    jsonschema.validate(json.loads(gex(*arguments).out), schema)


def test_positions_taken_for_certain_have_none(gex: Callable[..., Ran], spx_csv: Path) -> None:
    assert "intervals" not in json.loads(gex("report", spx_csv, "--format", "json").out)
    assert "BY POSITIONS" not in gex("report", spx_csv).out


@pytest.mark.parametrize("error", ["-1", "much", "nan", "inf"])
def test_an_error_that_is_none_is_refused(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, error: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"contract,contracts,standard_error\nSPXW260310C06500000,5,{error}\n")
    ran = gex("report", spx_csv, "--positions", path)
    assert ran.code != 0
    assert f"standard_error '{error}' is no error; write 12.5, or nothing where none" in ran.err
