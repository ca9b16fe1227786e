"""`gex history`: every form says the same, nothing later has a part in it, and the parts of a change add up."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import polars as pl
import pytest
from results import fill

from gex.history import AT_LEAST
from gex.ingest.sample import generate_days, write_cboe_csv
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

NET = "net_gamma_usd_per_1pct"
STEPS = ("rolled_off", "price", "time", "volatility", "carry", "quantity", "new")


@pytest.fixture(scope="module", name="days")
def _days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five mornings of one series."""
    folder = tmp_path_factory.mktemp("days")
    samples = generate_days("SPX", 5, seed=5, at=dt.time(10, 30), size="small")
    paths = []
    for number, sample in enumerate(samples):
        paths.append(folder / f"{number}.csv")
        write_cboe_csv(sample, paths[-1])
    return paths


@pytest.fixture(scope="module", name="results")
def _results(tmp_path_factory: pytest.TempPathFactory, days: list[Path]) -> Path:
    """What came of them, the third left out."""
    results = tmp_path_factory.mktemp("results")
    fill([*days[:2], *days[3:]], results)
    return results


def test_the_screen_fits_and_says_once_what_dollars_assume(gex: Callable[..., Ran], results: Path) -> None:
    ran = gex("history", "SPX", "--results", results)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert ran.out.count("if dealers are long calls, short puts") == 1
    assert "no result for" in ran.out
    assert "no percentiles: 3 earlier sessions at most, 20 needed" in ran.out
    assert len([line for line in lines if " 10:30 " in line and "%" in line]) == 4 + 1


def test_every_form_holds_the_same(gex: Callable[..., Ran], results: Path, tmp_path: Path) -> None:
    arguments = ("history", "SPX", "--results", results, "--min-sessions", 2)
    document = json.loads(gex(*arguments, "--format", "json").out)
    rows = document["rows"]
    assert [row[f"{NET}_percentile"] is None for row in rows] == [True, True, False, False]
    assert rows[0]["reasons"][f"{NET}_percentile"] == "0 earlier sessions with it, 2 needed"
    assert document["assumes"] == "every dollar figure: if dealers are long calls, short puts"
    lines = [json.loads(line) for line in gex(*arguments, "--format", "jsonl").out.splitlines()]
    assert lines == rows
    table = list(csv.DictReader(io.StringIO(gex(*arguments, "--format", "csv").out)))
    assert [float(row[NET]) for row in table] == [row[NET] for row in rows]
    for suffix in ("parquet", "xlsx"):
        path = tmp_path / f"series.{suffix}"
        assert gex(*arguments, "-o", path).code == 0
        frame = pl.read_parquet(path) if suffix == "parquet" else pl.read_excel(path, sheet_name="SPX")
        assert frame[NET].to_list() == pytest.approx([row[NET] for row in rows], rel=1e-14)
        assert frame[f"{NET}_zscore"].null_count() == 2
        assert "gamma_flip_method_low: no band was computed" in frame["reasons"][0]


def test_a_workbook_is_the_same_bytes_and_says_what_it_assumes(
    gex: Callable[..., Ran], results: Path, tmp_path: Path
) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        gex("history", "SPX", "--results", results, "-o", tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    about = pl.read_excel(tmp_path / "a.xlsx", sheet_name="about")
    assert "every dollar figure: if dealers are long calls, short puts" in about["value"].to_list()


def test_a_later_end_changes_nothing_before(gex: Callable[..., Ran], results: Path) -> None:
    arguments = ("history", "SPX", "--results", results, "--min-sessions", 1, "--format", "json")
    whole = json.loads(gex(*arguments).out)["rows"]
    until = json.loads(gex(*arguments, "--to", whole[1]["quote_date"]).out)["rows"]
    assert until == whole[:2]
    since = json.loads(gex(*arguments, "--from", whole[1]["quote_date"]).out)["rows"]
    assert since == whole[1:], "the past of the first date shown is read as well"


def test_the_parts_of_each_change_add_up(gex: Callable[..., Ran], results: Path) -> None:
    arguments = ("history", "SPX", "--results", results, "--attribution", "--format", "json")
    first, *rows = json.loads(gex(*arguments).out)["rows"]
    assert first["attributed_from"] is None
    assert first["reasons"]["attributed_from"] == "the first of the series"
    for before, row in zip([first, *rows], rows, strict=False):
        assert row["attributed_from"] == before["quote_time"]
        for stem, size in ((NET, row["gross_gamma_usd_per_1pct"]), ("gamma_flip", row["spot"])):
            parts = [row[f"{stem}_moved_by_{step}"] for step in STEPS]
            moved = row[f"{stem}_moved"]
            assert moved == pytest.approx(row[f"{stem}_change"], abs=1e-9 * size)
            assert sum(parts) + row[f"{stem}_moved_residual"] == pytest.approx(moved, abs=1e-12 * size)
            assert abs(row[f"{stem}_moved_residual"]) < 1e-12 * size
    alone = json.loads(gex(*arguments, "--from", rows[-1]["quote_date"]).out)["rows"]
    assert alone == rows[-1:], "the row before the first one shown is priced too"


def test_the_screen_shows_what_moved_net_and_flip(gex: Callable[..., Ran], results: Path) -> None:
    out = gex("history", "SPX", "--results", results, "--attribution").out
    assert "WHAT MOVED NET GAMMA" in out
    assert "WHAT MOVED THE FLIP, points" in out
    assert max(map(len, out.splitlines())) <= 80


def test_inputs_are_found_in_the_store_by_their_hash_or_are_said_to_be_gone(
    gex: Callable[..., Ran], days: list[Path], tmp_path: Path
) -> None:
    copies = [shutil.copy(path, tmp_path / path.name) for path in days[:3]]
    fill([tmp_path / path.name for path in days[:3]], tmp_path / "results")
    arguments = ("history", "SPX", "--results", tmp_path / "results", "--attribution", "--format", "json")
    there = json.loads(gex(*arguments).out)["rows"]
    assert gex("ingest", *days[:2], "--to", tmp_path / "store").code == 0
    shutil.copy(days[3], copies[0])
    (tmp_path / days[1].name).unlink()
    changed = json.loads(gex(*arguments).out)["rows"]
    assert [row["attributed_from"] for row in changed] == [None] * 3
    assert "holds something else now" in changed[1]["reasons"]["attributed_from"]
    assert "its input is gone" in changed[2]["reasons"][f"{NET}_moved_by_price"]
    stored = json.loads(gex(*arguments, "--store", tmp_path / "store").out)["rows"]
    for row in (*stored, *there):
        del row["source"]
    assert stored == there


def test_figures_that_come_out_otherwise_explain_no_change(
    gex: Callable[..., Ran], results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gex.cli.attribution.SAME", -1.0)
    row = json.loads(gex("history", "SPX", "--results", results, "--attribution", "--format", "json").out)["rows"][1]
    assert row[f"{NET}_moved"] is None
    assert row["reasons"][f"{NET}_moved"].startswith("computed again, net gamma of ")


def test_other_settings_of_the_past_are_asked_for_by_their_fingerprint(
    gex: Callable[..., Ran], days: list[Path], tmp_path: Path
) -> None:
    fill(days[:2], tmp_path)
    fill(days[:2], tmp_path, Settings(positions="short-all", band=()), "0" * 16)
    restated = gex("history", "SPX", "--results", tmp_path, "--format", "json")
    reported = gex("history", "SPX", "--results", tmp_path, "--format", "json", "--as-reported")
    chosen = gex("history", "SPX", "--results", tmp_path, "--format", "json", "--spec", "5b77")
    assert [row["positions"] for row in json.loads(restated.out)["rows"]] == ["short-all"] * 2
    assert {row["revision_reason"] for row in json.loads(restated.out)["rows"]} == {"settings changed"}
    assert [row["positions"] for row in json.loads(reported.out)["rows"]] == ["naive"] * 2
    assert [row["revision"] for row in json.loads(chosen.out)["rows"]] == [1, 1]
    assert gex("history", "SPX", "--results", tmp_path, "--spec", "ffff").code == 6


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_picture_names_its_units_levels_and_assumption(
    gex: Callable[..., Ran], results: Path, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"series.{suffix}"
    assert gex("history", "SPX", "--results", results, "-o", path).code == 0
    if suffix == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
        return
    texts = [each.text or "" for each in ET.parse(path).iter() if each.tag.endswith("text")]  # noqa: S314 (our own)
    for wanted in ("points", "net gamma, $bn per +1% of spot", "spot ", "flip ", "call wall ", "put wall "):
        assert any(text.startswith(wanted) for text in texts), wanted
    assert any("if dealers are long calls, short puts" in text for text in texts)


def test_columns_in_their_order(gex: Callable[..., Ran], results: Path) -> None:
    arguments = ("history", "SPX", "--results", results, "--columns", f"quote_date,{NET},spot")
    assert gex(*arguments, "--format", "csv").out.splitlines()[0] == f"quote_date,{NET},spot"
    assert gex(*arguments).out.splitlines()[0].split() == ["quote_date", NET, "spot"]
    row = json.loads(gex(*arguments, "--format", "json").out)["rows"][0]
    assert list(row) == ["quote_date", NET, "spot", "reasons"]


def test_a_damaged_result_is_named_and_never_counted_in_silence(
    gex: Callable[..., Ran], days: list[Path], tmp_path: Path
) -> None:
    fill(days[:3], tmp_path)
    broken = sorted(tmp_path.glob("summary/*/*/*.parquet"))[1]
    broken.write_bytes(broken.read_bytes()[:-20])
    failed = gex("history", "SPX", "--results", tmp_path)
    assert failed.code == 3
    assert broken.name in failed.err
    skipped = gex("history", "SPX", "--results", tmp_path, "--skip-damaged", "--format", "json")
    assert skipped.code == 0
    assert broken.name in skipped.err
    assert len(json.loads(skipped.out)["rows"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "no results named"),
        (("--results", "nowhere"), 6, "no result of SPX"),
        (("--results", "RESULTS", "--spec", "xyz"), 2, "no beginning of a fingerprint"),
        (("--results", "RESULTS", "--window", 3), 2, "--window 3 never holds the 20"),
        (("--results", "RESULTS", "--from", "2030-01-02"), 6, "no result from 2030-01-02 on"),
        (("--results", "RESULTS", "--to", "2000-01-03"), 6, "no result of SPX until 2000-01-03"),
        (("--results", "RESULTS", "--from", "2020-01-02", "--to", "2020-01-01"), 2, "lies before"),
        (
            ("--results", "RESULTS", "--columns", "gama_flip"),
            2,
            "no column 'gama_flip' in the series; there are gamma_f",
        ),
        (("--results", "RESULTS", "--columns", "spot,spot"), 2, "names spot twice"),
    ],
)
def test_what_cannot_be_is_one_line(
    gex: Callable[..., Ran], results: Path, arguments: tuple[object, ...], code: int, message: str
) -> None:
    ran = gex("history", "SPX", *(results if each == "RESULTS" else each for each in arguments))
    assert ran.code == code
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1
    assert ran.out == ""


def test_the_default_number_of_sessions_is_the_librarys(gex: Callable[..., Ran], results: Path) -> None:
    assert json.loads(gex("history", "SPX", "--results", results, "--format", "json").out)["min_sessions"] == AT_LEAST
