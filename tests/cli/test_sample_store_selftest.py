"""`gex sample`, `gex ingest` with store addresses, `gex selftest` and `gex formats`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from gex.ingest.readers.registry import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


def test_a_report_on_an_exact_sample_finds_the_truth(gex: Callable[..., Ran], tmp_path: Path) -> None:
    """Flip to 1e-6, net to 1e-6, walls exactly, through the command line alone."""
    chain, truth, curve = tmp_path / "chain.parquet", tmp_path / "truth.json", tmp_path / "curve.csv"
    made = gex(
        "sample", "--symbol", "QQQ", "--seed", "9", "--size", "small", "--unrounded",
        "--to", chain, "--truth", truth, "--curve-to", curve,
    )  # fmt: skip
    assert (made.code, made.err) == (0, "")
    expected = json.loads(truth.read_text())
    found = json.loads(gex("report", chain, "--format", "json", "--exercise", "european", "--curve", curve).out)
    assert found["settings"]["curve"] == expected["curve"]
    levels = found["levels"]
    assert levels["gamma_flip"] == pytest.approx(expected["levels"]["gamma_flip"], rel=1e-6)
    for name in ("call_wall", "put_wall", "absolute_gamma_strike", "high_vol_level"):
        assert levels[name] == expected["levels"][name]
    net = found["exposure"]["gamma_usd_per_1pct"]["net"]
    assert net == pytest.approx(expected["gamma_usd_per_1pct"]["net"], rel=1e-6)
    assert f"call wall {levels['call_wall']:g}, put wall {levels['put_wall']:g}" in made.out


def test_the_same_seed_gives_the_same_bytes(gex: Callable[..., Ran], tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        gex("sample", "--size", "small", "--seed", "5", "--to", tmp_path / name)
    gex("sample", "--size", "small", "--seed", "6", "--to", tmp_path / "c.csv")
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert a == b
    assert a != c


def test_days_write_a_series_that_the_store_takes(gex: Callable[..., Ran], tmp_path: Path) -> None:
    days, store = tmp_path / "days", tmp_path / "store"
    assert gex("sample", "--days", "3", "--size", "small", "--to", days).code == 0
    files = sorted(days.iterdir())
    assert len(files) == 3
    ran = gex("ingest", *files, "--to", store)
    assert (ran.code, ran.err) == (0, "")
    assert "3 stored, 0 known, 0 failed" in ran.out
    assert "0 stored, 3 known, 0 failed" in gex("ingest", *files, "--to", store).out
    rows = json.loads(gex("levels", "SPX", "SPX@prev", "SPX@2026-01-05", "--store", store, "--format", "json").out)
    times = [row["quote_time"][:10] for row in rows]
    assert times == ["2026-01-07", "2026-01-06", "2026-01-05"]


def test_a_snapshot_is_reported_as_its_file(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    gex("ingest", spx_csv, "--to", tmp_path)
    assert gex("report", "SPX@latest", "--store", tmp_path, "--format", "json") == gex(
        "report", spx_csv, "--format", "json"
    )
    assert gex("report", "SPX@2026-03-10T09:00", "--store", tmp_path).code == 6
    malformed = gex("report", "SPX@soon", "--store", tmp_path)
    assert malformed.code == 3
    assert "soon" in malformed.err


def test_ingest_takes_the_good_files_and_says_which_were_bad(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEX_STORE", str(tmp_path))
    ran = gex("ingest", spx_csv, "missing.csv", "--format", "json")
    assert ran.code == 4
    good, bad = json.loads(ran.out)["inputs"]
    assert (good["status"], bad["status"]) == ("stored", "failed")
    assert good["rows_in"] == good["rows_kept"] + sum(good["quarantined"].values())
    assert "missing.csv" in bad["error"]
    assert gex("ingest", "missing.csv").code == 3
    assert gex("levels", "SPX").code == 0


def test_selftest_passes_and_shows_its_evidence(gex: Callable[..., Ran]) -> None:
    ran = gex("selftest", "--format", "json")
    evidence = json.loads(ran.out)
    assert (ran.code, evidence["failed"]) == (0, 0)
    assert evidence["build"]["instruction set"] in {"avx512", "avx2", "baseline"}
    for check in evidence["checks"]:
        assert check["ok"] == (check["error"] <= check["tolerance"])
    table = gex("selftest").out
    for label in (
        "EXPECTED",
        "ERROR",
        "ALLOWED",
        "1-year call: gamma",
        "chain: flip",
        "instruction set",
        "checks passed",
    ):
        assert label in table


def test_selftest_fails_where_a_figure_is_off(gex: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    name, contract, expected = next(iter(__import__("gex.cli.evidence", fromlist=["CONTRACTS"]).CONTRACTS))
    wrong = ((name, contract, expected | {"gamma": expected["gamma"] * (1 + 1e-9)}),)
    monkeypatch.setattr("gex.cli.evidence.CONTRACTS", wrong)
    ran = gex("selftest")
    assert ran.code == 1
    assert "1e-09" in ran.out or "1.0e-09" in ran.out
    assert ran.out.count("FAILED") == 1


def test_every_format_is_listed_with_its_proof(gex: Callable[..., Ran]) -> None:
    listed = json.loads(gex("formats", "--format", "json").out)["read"]
    assert [each["name"] for each in listed] == [each.name for each in FORMATS]
    assert all(each["proof"] and each["evidence"] for each in listed)
    table = gex("formats").out
    assert all(
        re.search(f"^{each.name} +{re.escape(each.title)} +{each.proof}$", table, re.MULTILINE) for each in FORMATS
    )
    assert max(map(len, table.splitlines())) <= 80


def test_histories_end_where_the_chain_of_the_seed_began(gex: Callable[..., Ran], tmp_path: Path) -> None:
    chain = gex("sample", "--size", "small", "--seed", "5", "--to", tmp_path / "chain.csv")
    assert gex("sample", "--histories", "2", "--seed", "5", "--to", tmp_path / "histories").code == 0
    date, *_, close = (tmp_path / "histories" / "SPX_History.csv").read_text().splitlines()[-1].split(",")
    head = (tmp_path / "chain.csv").read_text().splitlines()[1]
    last, change = (float(part.split(":")[1]) for part in head.split(",")[1:])
    assert (date, float(close)) == ("03/09/2026", pytest.approx(last - change, abs=1e-3))
    assert len(list((tmp_path / "histories").iterdir())) == 6
    assert chain.code == 0


def test_histories_go_with_nothing_of_a_chain(gex: Callable[..., Ran], tmp_path: Path) -> None:
    ran = gex("sample", "--histories", "2", "--unrounded", "--to", tmp_path)
    assert (ran.code, list(tmp_path.iterdir())) == (2, [])
    assert "--histories goes with" in ran.err
