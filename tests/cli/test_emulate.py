"""`gex levels --emulate`: screen, document and table say the same, and the faults add up."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex import Settings, analyze, read_chain
from gex.emulation_faults import MEANING
from gex.emulations import emulate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

BOTH = ("levels", "--emulate", "perfiliev", "--emulate", "gflows")


def test_the_document_holds_the_figures_and_the_faults_add_up(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex(*BOTH, spx_csv, "--format", "json")
    assert ran.code == 0
    document = json.loads(ran.out)
    chain = read_chain(spx_csv)
    ours = analyze(chain).levels.gamma_flip
    assert document["gamma_flip"] == pytest.approx(ours, rel=1e-12)
    assert [each["name"] for each in document["emulations"]] == ["perfiliev", "gflows"]
    for each in document["emulations"]:
        assert each["gamma_flip"] == emulate(chain, each["name"]).gamma_flip
        assert each["net_gamma_usd_per_1pct"] == emulate(chain, each["name"]).net_gamma_usd_per_1pct
        assert [fault["name"] for fault in each["faults"]] == list(MEANING)
        assert sum(fault["points"] for fault in each["faults"]) == pytest.approx(each["gamma_flip"] - ours, abs=1e-8)


def test_the_screen_says_the_same(gex: Callable[..., Ran], spx_csv: Path) -> None:
    document = json.loads(gex(*BOTH, spx_csv, "--format", "json").out)
    ran = gex(*BOTH, spx_csv)
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, lines)) <= 80
    for each in document["emulations"]:
        row = next(line for line in lines if line.startswith(each["name"] + " "))
        assert f"{each['gamma_flip']:.1f}" in row
        assert each["title"] in ran.out
    assert next(line for line in lines if line.startswith("gex ")).split()[1] == f"{document['gamma_flip']:.1f}"


def test_the_table_has_a_row_a_program(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path) -> None:
    document = json.loads(gex(*BOTH, spx_csv, "--format", "json").out)
    table = pl.read_csv(io.StringIO(gex(*BOTH, spx_csv, qqq_csv, "--format", "csv").out))
    assert table["underlying"].to_list() == ["SPX", "SPX", "QQQ", "QQQ"]
    assert table["name"].to_list() == ["perfiliev", "gflows"] * 2
    assert table["gamma_flip"][:2].to_list() == [each["gamma_flip"] for each in document["emulations"]]
    assert table["clock_points"][1] == document["emulations"][1]["faults"][2]["points"]
    assert gex(*BOTH, spx_csv, "-o", tmp_path / "peers.parquet").code == 0
    assert pl.read_parquet(tmp_path / "peers.parquet").height == 2


def test_gflows_yield_is_the_curves_at_ten_years(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    curve = tmp_path / "curve.csv"
    curve.write_text("years,rate\n1,0.05\n10,0.03\n")
    ran = gex("levels", "--emulate", "gflows", spx_csv, "--curve", curve, "--format", "json")
    (found,) = json.loads(ran.out)["emulations"]
    assert found["rate"] == pytest.approx(0.03)
    assert found["gamma_flip"] == pytest.approx(emulate(read_chain(spx_csv), "gflows", ten_year=0.03).gamma_flip)


def test_settings_move_ours_and_not_theirs(gex: Callable[..., Ran], spx_csv: Path) -> None:
    document = json.loads(gex(*BOTH, spx_csv, "--vol", "vendor", "--format", "json").out)
    assert document["gamma_flip"] == analyze(read_chain(spx_csv), Settings(vol="vendor")).levels.gamma_flip
    for each in document["emulations"]:
        assert each["faults"][4]["points"] == 0.0
        assert each["gamma_flip"] == emulate(read_chain(spx_csv), each["name"]).gamma_flip


def test_several_sources_and_one_bad(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path) -> None:
    ran = gex(*BOTH, spx_csv, tmp_path / "missing.csv", qqq_csv, "--format", "jsonl")
    assert ran.code == 4
    assert [json.loads(line)["underlying"] for line in ran.out.splitlines()] == ["SPX", "QQQ"]
    assert "missing.csv" in ran.err


def test_what_cannot_be_emulated_is_an_error_that_names_it(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("levels", "--emulate", "spotgamma", spx_csv)
    assert (ran.code, ran.out) == (2, "")
    assert "'perfiliev', 'gflows'" in ran.err


@pytest.mark.parametrize("other", [["--all"], ["--for", "tradingview"], ["--future", "ES"]])
def test_one_kind_of_table_at_a_time(gex: Callable[..., Ran], spx_csv: Path, other: list[str]) -> None:
    ran = gex(*BOTH, *other, spx_csv)
    assert (ran.code, ran.out) == (2, "")
    assert "--emulate shows other programs' flips" in ran.err


@pytest.mark.real
def test_a_file_without_volatility_cannot_be_emulated(gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    path = data_path("chains", "cboe_csv", "spx_2024-02-13_0640_no_iv.csv")
    ran = gex("levels", "--emulate", "perfiliev", path)
    assert (ran.code, ran.out) == (3, "")
    assert "no contract has an open interest and the vendor's volatility: Perfiliev's script needs both" in ran.err
