"""`gex quality`: every row of a source explained, for people and for machines."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.ingest.findings import findings
from gex.ingest.read import read_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

ROOT = Path(__file__).resolve().parents[2]
SHAPES = ROOT / "tests" / "ingest" / "shapes"
FIRST = 10
"""A line of the table below its header, counted from 1."""


@pytest.fixture(name="damaged")
def _damaged(spx_csv: Path, tmp_path: Path) -> Path:
    """The chain with a cut line, a negative bid, a wrong symbol with an escape sequence in it, and a line twice."""
    lines = spx_csv.read_text().splitlines()
    at = FIRST - 1
    lines[at] = lines[at][:60]
    cells = lines[at + 1].split(",")
    cells[4] = "-1"
    lines[at + 1] = ",".join(cells)
    cells = lines[at + 2].split(",")
    cells[1] = "\x1b[2J" + cells[1]
    lines[at + 2] = ",".join(cells)
    lines.insert(at + 4, lines[at + 3])
    path = tmp_path / "damaged.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_people_get_the_account_each_finding_and_its_rows(gex: Callable[..., Ran], damaged: Path) -> None:
    ran = gex("quality", damaged)
    assert (ran.code, ran.err) == (0, "")
    out, source = ran.out, damaged.read_text().splitlines()
    report = read_chain(damaged).quality
    assert f"{report.rows_in:,} rows in = {report.rows_kept:,} kept + 6 set aside" in out
    assert "ACCEPTED: 4 rows" in out
    assert f"line {FIRST}  {source[FIRST - 1]}" in out
    assert "remedy: leave cells without a value empty" in out
    # A bad line in full, over as many lines of the screen as it takes.
    assert source[FIRST] in out.replace("\n" + " " * len(f"  line {FIRST + 1}  "), "")
    assert "duplicate: 2 rows (<1%) set aside, not counted as bad\n" in out
    assert out.count(f"line {FIRST + 4}  ") == 1
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out


def test_machines_get_every_row(gex: Callable[..., Ran], damaged: Path) -> None:
    chain = read_chain(damaged)
    document = json.loads(gex("quality", damaged, "--format", "json").out)
    assert document["rows_in"] == document["rows_kept"] + document["rows_set_aside"]
    aside = [each for each in document["findings"] if each["severity"] == "error"]
    assert {each["code"]: each["count"] for each in aside} == chain.quality.quarantined
    flagged = {each["code"]: each["count"] for each in document["findings"] if each["severity"] == "warning"}
    assert flagged == chain.quality.warnings
    assert all(len(each["rows"]) == each["count"] for each in document["findings"])
    assert not next(each for each in aside if each["code"] == "duplicate")["counts_as_bad"]
    (negative,) = next(each["rows"] for each in aside if each["code"] == "negative")
    assert negative == {"line": FIRST + 1, "row": damaged.read_text().splitlines()[FIRST]}
    rows = list(csv.DictReader(io.StringIO(gex("quality", damaged, "--format", "csv").out)))
    assert len(rows) == sum(each["count"] for each in document["findings"])
    assert [row["row"] for row in rows if row["code"] == "negative"] == [negative["row"]]


def test_the_number_of_rows_is_a_choice_and_none_leaves_the_counts(
    gex: Callable[..., Ran], damaged: Path, tmp_path: Path
) -> None:
    document = json.loads(gex("quality", damaged, "--format", "json", "--rows", 1).out)
    assert {len(each["rows"]) for each in document["findings"]} == {1}
    target = tmp_path / "counts.parquet"
    assert gex("quality", damaged, "--rows", 0, "--output", target).code == 0
    counts = pl.read_parquet(target)
    assert counts["count"].to_list() == [each["count"] for each in document["findings"]]
    assert counts["line"].null_count() == counts.height
    assert "  line " not in gex("quality", damaged, "--rows", 0).out
    ran = gex("quality", damaged, "--rows", "many")
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize("limit", [["--strict"], ["--max-bad", "0.1%"]])
def test_too_many_bad_rows_are_explained_and_3(gex: Callable[..., Ran], damaged: Path, limit: list[str]) -> None:
    ran = gex("quality", damaged, *limit)
    assert ran.code == 3
    assert "REFUSED: 4 rows" in ran.out
    assert ran.err.startswith(f"gex: {damaged}, line {FIRST}: 4 of ")
    assert ran.err.count("\n") == 1
    document = json.loads(gex("quality", damaged, *limit, "--format", "json").out)
    assert not document["accepted"]
    assert "4 of " in document["refusal"]


def test_what_cannot_be_read_is_3_and_what_is_not_there_6(gex: Callable[..., Ran], tmp_path: Path) -> None:
    for source, code in (("missing.csv", 3), ("SPX@2025-09-05", 6)):
        ran = gex("quality", source, "--store", tmp_path)
        assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)


def test_a_snapshot_of_the_store_comes_with_the_rows_set_aside_before(
    gex: Callable[..., Ran], damaged: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    assert gex("ingest", damaged, "--to", store).code == 0
    of_file = json.loads(gex("quality", damaged, "--format", "json").out)
    of_store = json.loads(gex("quality", "SPX@latest", "--store", store, "--format", "json").out)
    assert of_store["findings"] == of_file["findings"]
    (file,) = store.glob("symbol=SPX/*/*.parquet")
    alone = gex("quality", file)
    assert "4 rows (1%) set" not in alone.out
    assert "1 row set aside before this file was written; see what it was made from" in alone.out
    (quarantine,) = store.glob("quarantine/symbol=SPX/*/*.parquet")
    quarantine.write_bytes(b"PAR1")
    ran = gex("quality", "SPX", "--store", store)
    assert (ran.code, ran.out) == (3, "")
    assert f"{quarantine}: not a whole Parquet file" in ran.err
    shutil.rmtree(store / "quarantine")
    assert gex("quality", "SPX", "--store", store).out == alone.out


def test_stdin_and_files_beside_are_sources_too(spx_csv: Path, gex: Callable[..., Ran]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gex.cli.main", "quality", "-", "--format", "json"],
        input=spx_csv.read_bytes(), capture_output=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert (
        json.loads(done.stdout)["findings"] == json.loads(gex("quality", spx_csv, "--format", "json").out)["findings"]
    )
    ran = gex("quality", spx_csv, "--with", spx_csv)
    assert (ran.code, ran.out) == (3, "")
    assert "completes no chain here" in ran.err


def test_one_snapshot_of_several_is_picked(gex: Callable[..., Ran]) -> None:
    several = SHAPES / "orats-one_minute.csv"
    ran = gex("quality", several)
    if ran.code:
        picked = ran.err.partition("several snapshots: ")[2].partition(",")[0].split()
        ran = gex("quality", several, "--underlying", picked[0], "--snapshot", picked[1])
    assert ran.code == 0
    assert " rows in = " in ran.out


def test_findings_are_the_flags_and_the_quarantine(damaged: Path) -> None:
    chain = read_chain(damaged)
    found = {each.rule.code: each for each in findings(chain)}
    assert set(found) == set(chain.quality.quarantined) | set(chain.quality.warnings)
    assert (found["zero_bid"].rows["bid"] == 0).all()
    assert found["field_count"].rows.to_dicts() == [
        {"line": FIRST, "row": damaged.read_text().splitlines()[FIRST - 1]}
    ] * 2  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("name", ["qqq_2024-03-22_2146", "spx_2025-09-05_1016", "spx_2024-02-13_0640_no_iv"])
def test_a_real_file_is_explained_to_the_last_row(
    gex: Callable[..., Ran], data_path: Callable[..., Path], name: str
) -> None:
    path = data_path("chains", "cboe_csv", f"{name}.csv")
    document = json.loads(gex("quality", path, "--format", "json").out)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    aside = [row for each in document["findings"] if each["severity"] == "error" for row in each["rows"]]
    assert document["rows_in"] == document["rows_kept"] + len(aside)
    assert all(lines[row["line"] - 1] == row["row"] for row in aside)
    out = gex("quality", path).out
    assert max(map(len, out.splitlines())) <= 80
    assert all(each["code"] in out for each in document["findings"])
