"""`gex levels --all`, `--for`, `--future` and `gex compare`: forms, refusals, and what is kept."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.definitions import DEFINITIONS, VENDORS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


def test_definitions_stand_side_by_side(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("levels", "--all", spx_csv)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert re.fullmatch(r" +all +0DTE +next \d\d-\d\d +monthly \d\d-\d\d", lines[2])
    for vendor in VENDORS:
        assert vendor in lines
    for definition in DEFINITIONS:
        if not definition.key.startswith("menthorq.gex_"):
            assert any(line.startswith(f"  {definition.name}") for line in lines), definition.key
    assert any(line.startswith("Ranked (all), $") for line in lines)


def test_one_scope_has_definitions_and_each_has_rows(gex: Callable[..., Ran], spx_csv: Path) -> None:
    one = gex("levels", "--all", "--scope", "0dte", spx_csv)
    assert one.code == 0
    assert re.search(r"Call Wall +\d+ +\+[\d.]+ \$\w\w +strike of the\s+largest net\s+gamma", one.out)
    assert max(map(len, one.out.splitlines())) <= 80
    dates = [row["expiration"] for row in json.loads(gex("report", spx_csv, "--format", "json").out)["by_expiration"]]
    each = gex("levels", "--all", "--scope", "each", spx_csv)
    shown = [line.split()[0] for line in each.out.splitlines() if re.match(r"\d{4}-", line)]
    assert shown == list(dict.fromkeys(dates))
    none = gex("levels", "--all", "--scope", "2031-01-01", spx_csv)
    assert none.code == 0
    assert "2031-01-01: no expiration" in none.out


def test_json_csv_and_parquet_hold_it_all(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    document = json.loads(gex("levels", "--all", spx_csv, "--format", "json").out)
    assert [scope["scope"] for scope in document["scopes"]] == ["all", "0dte", "next", "monthly"]
    first = document["scopes"][0]["levels"]
    assert [level["key"] for level in first] == [definition.key for definition in DEFINITIONS]
    for level in first:
        assert level["value"] is not None or level["reason"]
        assert level["definition"]
        assert level["source"]
    assert first[0]["ranked"][0]["level"] == first[0]["value"]
    rows = list(csv.DictReader(io.StringIO(gex("levels", "--all", spx_csv, "--format", "csv").out)))
    assert len(rows) == sum(len(scope["levels"]) for scope in document["scopes"])
    assert float(rows[0]["value"]) == first[0]["value"]
    path = tmp_path / "levels.parquet"
    assert gex("levels", "--all", "--future", "ES", spx_csv, "-o", path).code == 0
    frame = pl.read_parquet(path)
    levels = frame.filter(pl.col("unit") == "points")["future_value"]
    assert levels.null_count() < len(levels)
    assert frame.filter(pl.col("unit") != "points")["future_value"].null_count() == len(frame) - len(levels)


def test_the_flip_is_the_reports(gex: Callable[..., Ran], spx_csv: Path) -> None:
    report = json.loads(gex("report", spx_csv, "--format", "json").out)
    document = json.loads(gex("levels", "--all", spx_csv, "--format", "json").out)
    found = {level["key"]: level["value"] for level in document["scopes"][0]["levels"]}
    assert found["spotgamma.zero_gamma"] == pytest.approx(report["levels"]["gamma_flip"], rel=1e-11)
    assert found["common.net_gex"] == report["exposure"]["gamma_usd_per_1pct"]["net"]


def test_text_for_tradingview_is_read_back(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    """One line of the names in MenthorQ's order; given to `gex compare` it is the same as ours."""
    ran = gex("levels", "--for", "tradingview", spx_csv)
    assert re.fullmatch(r"\$SPX: Call Resistance, [\d.]+, Put Support, .*Zero Gamma, [\d.]+\n", ran.out)
    text = tmp_path / "levels.txt"
    text.write_text(ran.out)
    compared = gex("compare", spx_csv, "--published", text, "--format", "json")
    assert compared.code == 0
    document = json.loads(compared.out)
    assert len(document["levels"]) == 22
    for level in document["levels"]:
        assert abs(level["ours"]["difference"]) < 0.005
    assert document["conventions"][0]["convention"] == "as set"


def test_text_for_sierra_has_seven_quoted_columns(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("levels", "--for", "sierra", "--future", "ES", "--basis", "10.25", spx_csv)
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert {len(row) for row in rows} == {7}
    assert all(re.fullmatch(r'("[^"]*",){6}"[^"]*"', line) for line in ran.out.splitlines())
    prices = [float(row[0]) for row in rows]
    assert prices == sorted(set(prices), reverse=True)
    assert all(price % 0.25 == 0 for price in prices)
    plain = {
        name: float(row[0])
        for row in csv.reader(io.StringIO(gex("levels", "--for", "sierra", spx_csv).out))
        for name in row[2].split(" & ")
    }
    future = {name: float(row[0]) for row in rows for name in row[2].split(" & ")}
    assert future["Call Wall"] == plain["Call Wall"] + 10.25


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--basis", "5"], 2, "say which with --future ES"),
        (["--all", "--for", "sierra"], 2, "give one"),
        (["--scope", "0dte"], 2, "--scope chooses the columns of --all"),
        (["--all", "--scope", "soon"], 2, "is none of all, 0dte"),
        (["--all", "--future", "NQ"], 3, "NQ follows NDX"),
        (["--all", "--future", "ESF6"], 3, "no future is known"),
    ],
)
def test_refusals(gex: Callable[..., Ran], spx_csv: Path, arguments: list[str], code: int, says: str) -> None:
    ran = gex("levels", spx_csv, *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err


def test_sierra_takes_one_source(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    ran = gex("levels", "--for", "sierra", spx_csv, qqq_csv)
    assert (ran.code, ran.out) == (2, "")
    lines = gex("levels", "--for", "tradingview", spx_csv, qqq_csv).out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["$SPX", "$QQQ"]


def test_published_levels_are_kept_once(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    text = tmp_path / "pasted.txt"
    spot = json.loads(gex("report", spx_csv, "--format", "json").out)["spot"]["used"]
    text.write_text(f"$SPX: Call Wall, {spot:.0f}.00, Put Wall, {spot:.0f}.00, Vol Trigger, {spot:.0f}.00, Foo, 12\n")
    for _ in range(2):
        ran = gex("compare", spx_csv, "--published", text, "--vendor", "Acme", "--results", tmp_path / "results", "-v")
        assert ran.code == 0
    kept = [path for path in (tmp_path / "results").rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert re.fullmatch(
        r"published/SPX/\d{4}-\d\d-\d\d/acme-[0-9a-f]{12}\.json", str(kept[0].relative_to(tmp_path / "results"))
    )
    document = json.loads(kept[0].read_text())
    assert document["text"] == text.read_text()
    assert document["levels"][0] == {"name": "Call Wall", "value": round(spot), "key": "spotgamma.call_wall"}
    assert "its rule is not public" in ran.out
    assert "Foo: no vendor's level is known by this name" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"Net GEX: 1,234", "it can be read in two ways, Net GEX = 1234 or Net GEX = 1.234"),
        (b"Foo: 12", "no vendor's level is known by any of these names: Foo"),
        (b"$NDX: HVL, 23000", "the levels are of NDX, and the chain is of SPX"),
        (b"\xff\xfe\x00", "can't decode"),
        (b"", "there is nothing in it"),
    ],
)
def test_what_is_not_certain_is_refused(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, text: bytes, says: str
) -> None:
    path = tmp_path / "pasted.txt"
    path.write_bytes(text)
    ran = gex("compare", spx_csv, "--published", path, "--results", tmp_path / "results")
    assert (ran.code, ran.out) == (3, "")
    assert says in ran.err
    assert not (tmp_path / "results").exists()


def test_missing_text_and_bad_vendor(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    assert gex("compare", spx_csv, "--published", tmp_path / "none.txt").code == 3
    assert gex("compare", spx_csv, "--published", spx_csv, "--vendor", "../x").code == 2
    assert gex("compare", spx_csv).code == 2


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_other_forms_of_a_comparison(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, form: str) -> None:
    text = tmp_path / "levels.txt"
    text.write_text(gex("levels", "--for", "tradingview", spx_csv).out)
    ran = gex("compare", spx_csv, "--published", text, "--format", form)
    assert ran.code == 0
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(ran.out)))
        assert len(rows) == 22
        assert abs(float(rows[0]["difference"])) < 0.005
    else:
        assert len(json.loads(ran.out)["levels"]) == 22
