"""Exit codes, forms of output and where they go."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

ROOT = Path(__file__).resolve().parents[2]


def test_done_is_0_and_data_go_to_stdout(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("report", spx_csv)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("SPX ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["nonsense"],
        ["report", "x.csv", "--vol", "nonsense"],
        ["report", "x.csv", "--rate", "0.04"],
        ["report", "x.csv", "--rate", "4", "--dividend", "0"],
        ["report", "x.csv", "--expirations", "soon"],
        ["report", "x.csv", "--quote-time", "yesterday"],
        ["report", "x.csv", "--spot", "-5"],
        ["report", "x.csv", "--max-bad", "a lot"],
        ["report", "x.csv", "--output", "report.docx"],
        ["ingest", "x.csv"],
        ["sample", "--to", "x.xlsx"],
    ],
)
def test_usage_is_2_and_one_line(gex: Callable[..., Ran], arguments: list[str]) -> None:
    ran = gex(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("gex: ")
    assert ran.err.count("\n") == 1


def test_bad_data_is_3(gex: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.touch()
    ran = gex("report", path)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == f"gex: {path}: the file is empty\n"


def test_one_of_several_snapshots_is_picked(
    gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.zip"
    with zipfile.ZipFile(both, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(spx_csv, "spx.csv")
        archive.write(qqq_csv, "qqq.csv")
    ran = gex("report", both)
    assert ran.code == 3
    assert f"several snapshots: {both}:spx.csv, {both}:qqq.csv; pick one with --underlying and --snapshot" in ran.err
    assert gex("report", both, "--underlying", "QQQ").out.startswith("QQQ ")
    ran = gex("report", both, "--underlying", "NDX")
    assert ran.code == 3
    assert f"no snapshot NDX; the source has {both}:spx.csv, {both}:qqq.csv" in ran.err
    ran = gex("report", spx_csv, "--snapshot", "eod")
    assert (ran.code, ran.out) == (3, "")
    assert "holds one snapshot; leave --snapshot out" in ran.err


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_some_bad_sources_are_4_and_the_good_ones_are_reported(
    gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, form: str
) -> None:
    ran = gex("report", spx_csv, "missing.csv", qqq_csv, "--format", form)
    assert ran.code == 4
    assert ran.err == "gex: missing.csv: cannot be read: No such file or directory\n"
    assert "SPX" in ran.out
    assert "QQQ" in ran.out


def test_all_bad_sources_are_3(gex: Callable[..., Ran]) -> None:
    ran = gex("report", "a.csv", "b.csv", "--format", "json")
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 2)


def test_a_snapshot_that_is_not_there_is_6(gex: Callable[..., Ran], tmp_path: Path) -> None:
    ran = gex("report", "SPX@latest", "--store", tmp_path)
    assert (ran.code, ran.out) == (6, "")
    assert "no snapshot of SPX" in ran.err


def test_an_unforeseen_failure_is_1_and_one_line(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("gex.analysis.priced", fail)
    ran = gex("report", spx_csv)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "ZeroDivisionError: of all things; this is a fault of gex" in ran.err
    assert "Traceback" in gex("report", spx_csv, "-vv").err


def test_an_output_that_cannot_be_written_is_1(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("report", spx_csv, "--output", "no/such/folder/report.json")
    assert ran.code == 1
    assert "No such file or directory" in ran.err
    assert ran.err.count("\n") == 1


def test_interruption_is_130(gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gex.analysis.priced", interrupt)
    assert gex("report", spx_csv).code == 130


def test_a_closed_pipe_is_silent(spx_csv: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "gex.cli.main", "report", str(spx_csv)],
            stdout=pipe,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_stdin_is_a_source(spx_csv: Path) -> None:
    with spx_csv.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "gex.cli.main", "levels", "-", "--format", "json"],
            stdin=file,
            capture_output=True,
            cwd=ROOT,
            check=True,
        )
    assert json.loads(done.stdout)["underlying"] == "SPX"


def test_messages_can_be_json(gex: Callable[..., Ran]) -> None:
    for arguments in (["--log-format", "json", "report", "x.csv"], ["report", "x.csv", "--log-format", "json"]):
        message = json.loads(gex(*arguments).err)
        assert message == {"level": "error", "message": "x.csv: cannot be read: No such file or directory"}


def test_verbose_says_what_was_written_and_quiet_does_not(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path
) -> None:
    target = tmp_path / "levels.csv"
    assert gex("levels", spx_csv, "--output", target, "-v").err.endswith(f"gex: wrote {target}\n")
    assert gex("levels", spx_csv, "--output", target, "-v", "-q").err == ""


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "parquet", "txt"])
def test_the_suffix_of_output_decides_the_form(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, suffix: str
) -> None:
    target = tmp_path / f"report.{suffix}"
    ran = gex("report", spx_csv, "--output", target)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    data = target.read_bytes()
    marks = {"json": b"{\n", "jsonl": b'{"schema', "csv": b"underlying,", "parquet": b"PAR1", "txt": b"SPX "}
    assert data.startswith(marks[suffix])
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_failed_report_leaves_the_old_file(gex: Callable[..., Ran], tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("old")
    assert gex("report", "missing.csv", "--output", target).code == 3
    assert target.read_text() == "old"


def test_csv_is_one_flat_row_a_source(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    for command in ("report", "levels"):
        rows = list(csv.DictReader(io.StringIO(gex(command, spx_csv, qqq_csv, "--format", "csv").out)))
        documents = json.loads(gex("report", spx_csv, qqq_csv, "--format", "json").out)
        assert [row["underlying"] for row in rows] == ["SPX", "QQQ"]
        for row, document in zip(rows, documents, strict=True):
            assert float(row["gamma_flip"]) == document["levels"]["gamma_flip"]
            assert float(row["net_gamma_usd_per_1pct"]) == document["exposure"]["gamma_usd_per_1pct"]["net"]
            assert row["quote_time"] == document["quote_time"]
            assert row["sha256"] == document["source"]["sha256"]


@pytest.mark.parametrize("table", ["by_strike", "by_expiration"])
def test_the_long_tables_hold_what_json_does(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, table: str
) -> None:
    target = tmp_path / "table.parquet"
    assert gex("report", spx_csv, "--table", table, "--output", target).code == 0
    frame = pl.read_parquet(target)
    document = json.loads(gex("report", spx_csv, "--format", "json", "--detail").out)
    assert frame["net"].to_list() == [row["net"] for row in document[table]]
    assert set(frame.columns) - {"underlying", "quote_time"} == set(document[table][0])


def test_levels_are_the_reports(gex: Callable[..., Ran], spx_csv: Path) -> None:
    row = json.loads(gex("levels", spx_csv, "--format", "json").out)
    levels = json.loads(gex("report", spx_csv, "--format", "json").out)["levels"]
    for name in ("gamma_flip", "call_wall", "put_wall", "absolute_gamma_strike", "high_vol_level"):
        assert row[name] == levels[name]
    head, line = gex("levels", spx_csv).out.splitlines()
    assert head.split()[:2] == ["SYMBOL", "QUOTE"]
    assert f"{levels['gamma_flip']:.1f}" in line.split()


def test_the_profile_is_zero_at_the_flip(gex: Callable[..., Ran], spx_csv: Path) -> None:
    profile = json.loads(gex("profile", spx_csv, "--format", "json").out)
    flip = json.loads(gex("levels", spx_csv, "--format", "json").out)["gamma_flip"]
    assert flip in [crossing["spot"] for crossing in profile["crossings"]]
    below, above = (
        max(at for at, spot in enumerate(profile["spots"]) if spot <= flip),
        min(at for at, spot in enumerate(profile["spots"]) if spot > flip),
    )
    assert profile["gamma_usd_per_1pct"][below] * profile["gamma_usd_per_1pct"][above] < 0
    rows = list(csv.DictReader(io.StringIO(gex("profile", spx_csv, "--format", "csv").out)))
    assert [float(row["spot"]) for row in rows] == profile["spots"]


def test_the_profile_chart_names_its_finding(gex: Callable[..., Ran], spx_csv: Path) -> None:
    out = gex("profile", spx_csv).out
    flip = json.loads(gex("levels", spx_csv, "--format", "json").out)["gamma_flip"]
    assert f"Net gamma is positive above {flip:.1f}" in out.splitlines()[0]
    assert max(map(len, out.splitlines())) <= 80
