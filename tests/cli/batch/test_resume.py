"""`gex batch` on results that are there: what is known, skipped, or a revision of them."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from batches import counts, never, tree

import gex as package
from gex.cli.batch import job
from gex.ingest.result_manifest import lines, run_files
from gex.ingest.result_store import revisions, scan_results

if TYPE_CHECKING:
    from pathlib import Path

    from batches import Batch


def test_resume_reads_nothing_that_is_proved_done(
    batch: Batch, days: Path, done: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(done)
    monkeypatch.setattr(job, "work", never)
    monkeypatch.setattr("gex.cli.batch.drive.work", never)
    summary = batch(days, "--resume")
    assert (summary["code"], counts(summary)) == (0, {"skipped": 4})
    assert tree(done) == before


def test_without_resume_all_is_read_and_nothing_written_again(
    batch: Batch, days: Path, done: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {path: path.stat().st_mtime_ns for path in done.rglob("*.parquet")}
    monkeypatch.setattr("gex.analysis.analyze", never)
    assert counts(batch(days)) == {"known": 4}
    assert {path: path.stat().st_mtime_ns for path in done.rglob("*.parquet")} == written
    assert scan_results(done).collect()["revision"].to_list() == [1] * 4


def test_resume_does_what_failed(batch: Batch, days: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.csv"
    assert counts(batch(days, late)) == {"done": 4, "failed": 1}
    late.write_text(min(days.glob("*.csv")).read_text().replace("Last: ", "Last:  "))
    assert counts(batch(days, late, "--resume")) == {"skipped": 4, "done": 1}


def test_other_settings_are_a_revision_that_says_so(batch: Batch, days: Path, results: Path) -> None:
    first = batch(days)["spec_fingerprint"]
    summary = batch(days, "--resume", "--vol", "vendor")
    assert counts(summary) == {"done": 4}
    assert [each.reason for each in revisions(results)] == ["first", "settings changed"] * 4
    kept = scan_results(results, spec=first).collect()
    assert (kept["vol"].unique().to_list(), kept["revision"].unique().to_list()) == (["reimplied"], [1])


@pytest.mark.usefixtures("done")
def test_stricter_reading_is_no_other_result_but_is_looked_at(batch: Batch, days: Path) -> None:
    assert counts(batch(days, "--resume", "--strict")) == {"known": 4}


def test_a_reissued_input_is_a_revision_beside_the_first(
    batch: Batch, days: Path, results: Path, tmp_path: Path
) -> None:
    source = tmp_path / "day.csv"
    text = min(days.glob("*.csv")).read_text()
    source.write_text(text)
    batch(source)
    source.write_text(text.replace("Bid: ", "Bid:  "))
    assert counts(batch(source, "--resume")) == {"done": 1}
    found = revisions(results)
    assert [(each.revision, each.reason) for each in found] == [(1, "first"), (2, "input reissued")]
    hashes = [
        package.scan_series(results, "QQQ", which=which).collect()["sha256"].item()
        for which in ("as_reported", "restated")
    ]
    assert hashes == scan_results(results).collect()["sha256"].to_list()


def test_a_touched_input_is_read_again_and_known(batch: Batch, days: Path, tmp_path: Path) -> None:
    source = shutil.copy(min(days.glob("*.csv")), tmp_path / "day.csv")
    batch(source)
    os.utime(source, (1, 1))
    assert counts(batch(source, "--resume")) == {"known": 1}


def test_the_same_content_under_two_names_counts_once(batch: Batch, days: Path, results: Path, tmp_path: Path) -> None:
    source = min(days.glob("*.csv"))
    copy = shutil.copy(source, tmp_path / "copy.csv")
    assert counts(batch(source, copy)) == {"done": 1, "known": 1}
    assert [line.get("reason") for line in lines(run_files(results)[0])][1:] == [None, f"the same content as {source}"]
    assert scan_results(results).collect().height == 1


def test_an_input_given_twice_keeps_its_first_place(batch: Batch, days: Path, results: Path) -> None:
    first, second, *_ = sorted(days.glob("*.csv"))
    batch(first, second, first)
    numbers = {line["input"]: line["number"] for line in lines(run_files(results)[0]) if line["event"] == "job"}
    assert numbers == {str(first): 1, str(second): 2}


def test_a_renamed_input_is_known_by_its_content(batch: Batch, days: Path, results: Path, tmp_path: Path) -> None:
    source = shutil.copy(min(days.glob("*.csv")), tmp_path / "day.csv")
    batch(source)
    renamed = source.rename(tmp_path / "renamed.csv")
    assert counts(batch(renamed, "--resume")) == {"known": 1}
    assert list(lines(run_files(results)[1]))[1]["reason"] == f"the same content as {source}, done before"


@pytest.mark.parametrize("table", ["summary", "by_strike"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
@pytest.mark.parametrize("manifest", [True, False])
def test_a_damaged_part_is_written_again(
    batch: Batch, days: Path, done: Path, undisturbed: dict[str, bytes], table: str, damage: str, manifest: bool
) -> None:
    victim = min((done / table).rglob("*.parquet"))
    data = bytearray(victim.read_bytes())
    data[data.find(b"\x28\xb5\x2f\xfd") + 12] ^= 0x10
    victim.unlink() if damage == "remove" else victim.write_bytes(data if damage == "flip" else data[:-40])
    if not manifest:
        shutil.rmtree(done / "runs")
    summary = batch(days, "--resume")
    assert summary["counts"]["done"] == 1
    assert tree(done) == undisturbed


@pytest.mark.parametrize("resume", [True, False])
def test_a_part_that_its_pages_sums_do_not_show_damaged_is_written_again(
    batch: Batch, days: Path, done: Path, undisturbed: dict[str, bytes], *, resume: bool
) -> None:
    victim = min((done / "summary").rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes().replace(b'"vol_beta": -4.0', b'"vol_beta": -9.0'))
    assert tree(done) != undisturbed
    assert counts(batch(days, *(["--resume"] if resume else []))) == {"done": 1, "skipped" if resume else "known": 3}
    assert tree(done) == undisturbed
    assert package.scan_series(done, "QQQ").collect().height == 4


@pytest.mark.parametrize("key", ["input", "number", "part", "part_sha256", "recorded_at", "size", "of", "status"])
@pytest.mark.parametrize("damage", ["name", "value"])
def test_a_damaged_line_of_a_manifest_is_no_line(
    batch: Batch, days: Path, done: Path, undisturbed: dict[str, bytes], key: str, damage: str
) -> None:
    manifest = run_files(done)[0]
    head, first, *rest = manifest.read_text().splitlines()
    line = json.loads(first)
    line = {name + "~" * (damage == "name" and name == key): value for name, value in line.items()}
    line |= {key: "~"} if damage == "value" else {}
    manifest.write_text("\n".join([head, json.dumps(line), *rest]) + "\n")
    assert scan_results(done).collect().height == 4
    assert batch(days, "--resume")["code"] == 0
    assert tree(done) == undisturbed
    assert counts(batch(days, "--resume")) == {"skipped": 4}


def test_a_lost_manifest_is_made_again_from_the_parts(batch: Batch, days: Path, done: Path) -> None:
    shutil.rmtree(done / "runs")
    assert counts(batch(days, "--resume")) == {"known": 4}
    reason = list(lines(run_files(done)[0]))[1]["reason"]
    assert reason == "done before, by a run that did not come to record it"
    assert counts(batch(days, "--resume")) == {"skipped": 4}
