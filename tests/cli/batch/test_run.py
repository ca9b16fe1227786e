"""`gex batch`: every snapshot once, its figures and types, what is shown of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from batches import counts, never, tree

import gex as package
from gex.cli.render.flat import flat_row
from gex.ingest.result_manifest import lines, run_files
from gex.ingest.result_parts import parts
from gex.ingest.result_store import scan_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from batches import Batch
    from conftest import Ran


def test_each_snapshot_has_its_three_parts_and_a_line(batch: Batch, days: Path, results: Path) -> None:
    summary = batch(days)
    assert (summary["code"], counts(summary), summary["symbols"]) == (0, {"done": 4}, {"QQQ": 4})
    assert {place.split("/")[0] for place in tree(results)} == {"summary", "by_expiration", "by_strike"}
    assert len(tree(results)) == 12
    first, *told = lines(run_files(results)[0])
    assert (first["event"], first["spec"]["settings"]["vol"], first["tool_version"]) == (
        "run", "reimplied", package.__version__,
    )  # fmt: skip
    assert [line["input"] for line in told] == sorted(map(str, days.glob("*.csv")))
    for line in told:
        assert (line["status"], line["exit_code"], line["reason"]) == ("done", 0, None)
        assert (line["size"], line["mtime_ns"]) == (
            Path(line["input"]).stat().st_size,
            Path(line["input"]).stat().st_mtime_ns,
        )
        assert line["sha256"] == package.read_chain(line["input"]).source.sha256
        assert line["seconds"] > 0
    assert not list((results / ".staging").iterdir())


def test_the_figures_are_those_of_an_analysis(batch: Batch, days: Path, results: Path) -> None:
    batch(days, "--band", "none", "--vol", "vendor")
    source = min(days.glob("*.csv"))
    chain = package.read_chain(source)
    analysis = package.analyze(chain, package.Settings(band=(), vol="vendor"))
    row = scan_results(results).collect().row(0, named=True)
    assert flat_row(analysis).items() <= row.items()
    assert (row["quote_date"], row["warnings"]) == (chain.quote_date, list(analysis.warnings))
    assert row["quality_rows_in"] == row["quality_rows_kept"] + row["quality_quarantined"]
    strikes = scan_results(results, "by_strike").filter(pl.col("quote_time") == chain.quote_time).collect()
    assert strikes.select(analysis.by_strike.columns).equals(analysis.by_strike)
    assert strikes["sha256"].unique().to_list() == [chain.source.sha256]
    expirations = scan_results(results, "by_expiration").filter(pl.col("quote_time") == chain.quote_time).collect()
    assert expirations["net"].to_list() == analysis.by_expiration["net"].to_list()


def test_types_are_the_same_with_and_without_bands(batch: Batch, days: Path, results: Path) -> None:
    source = min(days.glob("*.csv"))
    batch(source)
    batch(source, "--band", "none")
    one, two = (pl.read_parquet_schema(part.path) for part in parts(results))
    assert one == two
    assert pl.Null not in one.values()


@pytest.mark.parametrize(
    "options",
    [
        ("--executor", "threads"),
        ("--executor", "processes", "--jobs", "2"),
        pytest.param(("--executor", "dask", "--jobs", "2"), marks=pytest.mark.slow),
    ],
)
def test_the_same_bytes_whatever_the_executor_and_the_order(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], options: tuple[str, ...]
) -> None:
    summary = batch(*sorted(days.glob("*.csv"), reverse=True), *options)
    assert counts(summary) == {"done": 4}
    assert tree(results) == undisturbed


def test_a_bad_file_stops_nothing(batch: Batch, days: Path, results: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("no chain")
    (tmp_path / "empty.csv").write_text("")
    summary = batch(tmp_path / "bad.csv", days, tmp_path / "empty.csv", tmp_path / "missing.csv", "SPX")
    assert (summary["code"], counts(summary)) == (4, {"done": 4, "failed": 4})
    reasons = {Path(each["input"]).name: each["reason"] for each in summary["failed"]}
    assert "the file is empty" in reasons["empty.csv"]
    assert "No such file" in reasons["missing.csv"]
    assert "--store DIR" in reasons["SPX"]
    assert {each["exit_code"] for each in summary["failed"]} == {3}
    failed = [line for line in lines(run_files(results)[0]) if line.get("status") == "failed"]
    assert [line["reason"] for line in failed] == [each["reason"] for each in summary["failed"]]


def test_where_all_fail_the_code_is_what_they_share(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("no chain")
    assert batch(tmp_path / "bad.csv")["code"] == 3


def test_a_defect_of_ours_is_a_line_too(batch: Batch, days: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gex.analysis.analyze", never)
    summary = batch(days)
    assert (summary["code"], counts(summary)) == (1, {"failed": 4})
    assert "please report it" in summary["failed"][0]["reason"]


def test_what_is_shown(gex: Callable[..., Ran], days: Path, results: Path, tmp_path: Path) -> None:
    ran = gex("batch", days, tmp_path / "missing.csv", "--to", results)
    assert ran.code == 4
    assert "4  done    analysed and written" in ran.out
    assert "NO RESULT" in ran.out
    assert "missing.csv: cannot be read" in " ".join(ran.out.split())
    events = [json.loads(line) for line in ran.err.splitlines()]
    assert [each["event"] for each in events] == ["failed", "progress", "end"]
    assert (events[1]["done"], events[1]["failed"], events[1]["seconds_left"]) == (4, 1, 0.0)


def test_a_bar_where_somebody_watches(
    gex: Callable[..., Ran], days: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("gex.cli.batch.progress.sys.stderr.isatty", lambda: True)
    ran = gex("batch", days, tmp_path / "missing.csv", "--to", results)
    assert "missing.csv: cannot be read" in ran.err
    assert "5/5" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.csv"], "no place for the results"),
        (["-", "--to", "r"], "stdin is read once"),
        (["x.csv", "--to", "r", "--from", "2026-01-02", "--until", "2026-01-01"], "lies before"),
    ],
)
def test_misuse(gex: Callable[..., Ran], arguments: list[str], message: str) -> None:
    ran = gex("batch", *arguments)
    assert (ran.code, message in ran.err) == (2, True)
