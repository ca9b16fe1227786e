"""What `gex batch` takes: files, archives, chain stores and addresses in them, URLs."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from batches import counts, tree

import gex as package
from gex.cli.batch import chains
from gex.ingest.result_manifest import lines, run_files
from gex.ingest.result_store import revisions, scan_results
from gex.ingest.store import save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batches import Batch
    from conftest import Ran


def test_snapshots_of_a_store_give_the_same_parts_as_their_files(
    gex: Callable[..., Ran], batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    gex("ingest", days, "--to", store)
    assert counts(batch("QQQ", "--store", store)) == {"done": 4}
    assert tree(results) == undisturbed
    assert counts(batch("QQQ", "--store", store)) == {"known": 4}
    first, second = (list(lines(path))[1] for path in run_files(results))
    assert first["sha256"] == second["sha256"] is not None
    assert counts(batch(store, "--resume")) == {"skipped": 4}
    assert counts(batch(days)) == {"known": 4}
    source = scan_results(results).collect()["source"].to_list()
    assert source[0].startswith("QQQ@2026-01-05T")


def test_a_stricter_look_at_a_stores_snapshot_is_one(
    gex: Callable[..., Ran], batch: Batch, days: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    line = next(line for line in min(days.glob("*.csv")).read_text().splitlines() if line.startswith("Fri"))
    cells = line.split(",")
    cells[4] = "-1"
    bad.write_text(min(days.glob("*.csv")).read_text() + ",".join(cells) + "\n")
    gex("ingest", bad, "--to", tmp_path / "store")
    assert counts(batch("QQQ", "--store", tmp_path / "store")) == {"done": 1}
    summary = batch("QQQ", "--store", tmp_path / "store", "--strict")
    assert (counts(summary), "--strict" in summary["failed"][0]["reason"]) == ({"failed": 1}, True)


def test_a_range_and_an_address_of_a_store(gex: Callable[..., Ran], batch: Batch, days: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    gex("ingest", days, "--to", store)
    assert counts(batch("QQQ", "--store", store, "--from", "2026-01-06", "--until", "2026-01-07")) == {"done": 2}
    assert counts(batch("QQQ@2026-01-05", "--store", store)) == {"done": 1}
    summary = batch("QQQ", "--store", store, "--from", "2027-01-01")
    assert (summary["code"], summary["failed"][0]["exit_code"]) == (6, 6)
    assert "the store has 4 from 2026-01-05" in summary["failed"][0]["reason"]


def test_revisions_of_a_store_are_revisions_of_the_results(
    batch: Batch, days: Path, results: Path, tmp_path: Path
) -> None:
    """Even where the same file was read in another way."""
    store, source = tmp_path / "store", min(days.glob("*.csv"))
    for spot in (None, 612.0, 500.0):
        save(package.read_chain(source, spot=spot), store)
    assert counts(batch("QQQ", "--store", store, "--executor", "threads")) == {"done": 3}
    assert [each.reason for each in revisions(results)] == ["first", "input reissued", "input reissued"]
    assert scan_results(results).collect()["spot_header"].to_list()[1:] == [612.0, 500.0]


def test_a_damaged_snapshot_of_a_store_fails_alone(
    gex: Callable[..., Ran], batch: Batch, days: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    gex("ingest", days, "--to", store)
    victim = min(store.rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-100])
    summary = batch(store)
    assert (summary["code"], counts(summary)) == (4, {"done": 3, "failed": 1})


def test_a_file_of_several_snapshots_gives_several_parts(batch: Batch, days: Path, tmp_path: Path) -> None:
    """One of them bad: it is named, and done again alone."""
    packed = tmp_path / "days.zip"
    good = sorted(days.glob("*.csv"))
    with zipfile.ZipFile(packed, "w") as file:
        for path in good[:2]:
            file.write(path, path.name)
        file.writestr("spotless.csv", good[2].read_text().replace("Last: ", "Lost: "))
    summary = batch(packed)
    assert (summary["code"], counts(summary)) == (4, {"done": 2, "failed": 1})
    assert "spotless.csv" in summary["failed"][0]["reason"]
    assert counts(batch(packed, "--resume")) == {"known": 2, "failed": 1}


def test_two_snapshots_of_one_quote_time_are_told_apart_or_refused(batch: Batch, days: Path, tmp_path: Path) -> None:
    packed = tmp_path / "twice.zip"
    source = min(days.glob("*.csv"))
    with zipfile.ZipFile(packed, "w") as file:
        file.write(source, "a.csv")
        file.write(source, "b.csv")
    summary = batch(packed)
    assert (summary["code"], counts(summary)) == (4, {"done": 1, "failed": 1})
    assert "two snapshots of QQQ with the same quote time" in summary["failed"][0]["reason"]


def test_a_spot_is_for_files_without_their_own(batch: Batch, days: Path, tmp_path: Path) -> None:
    source = tmp_path / "spotless.csv"
    source.write_text(min(days.glob("*.csv")).read_text().replace("Last: ", "Lost: "))
    assert counts(batch(source)) == {"failed": 1}
    assert counts(batch(source, "--spot", "612")) == {"done": 1}


def test_a_file_that_grows_while_it_is_read_is_refused(
    batch: Batch, days: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shutil.copy(min(days.glob("*.csv")), tmp_path / "day.csv")
    stats = iter([(1, 1), (2, 2), (3, 3)])
    monkeypatch.setattr(chains, "stat_of", lambda _: next(stats))
    summary = batch(source)
    assert counts(summary) == {"failed": 1}
    assert "changed while it was read" in summary["failed"][0]["reason"]


@pytest.mark.parametrize("url", ["file://{days}", "file://{days}/*.csv"])
def test_a_url_of_a_folder_or_a_pattern(
    batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes], url: str
) -> None:
    summary = batch(url.format(days=days))
    assert counts(summary) == {"done": 4}
    assert tree(results) == undisturbed
    assert scan_results(results).collect()["source"].item(0) == f"file://{min(days.glob('*.csv'))}"
    assert counts(batch(url.format(days=days), "--resume")) == {"skipped": 4}


def test_any_file_system_of_fsspec(batch: Batch, days: Path, results: Path, undisturbed: dict[str, bytes]) -> None:
    memory = fsspec.filesystem("memory")
    for path in days.glob("*.csv"):
        memory.pipe(f"/archive/{path.name}", path.read_bytes())
    assert counts(batch("memory://archive")) == {"done": 4}
    assert tree(results) == undisturbed
    summary = batch("memory://nowhere")
    assert (summary["code"], "no such file" in summary["failed"][0]["reason"]) == (3, True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///no/such/folder", "no such file or folder"),
        ("s3://key:secret@bucket/x", "no credentials in a URL"),
        ("nosuch://bucket/x", "nosuch"),
    ],
)
def test_what_cannot_be_had_from_a_url_is_a_line(batch: Batch, url: str, reason: str) -> None:
    summary = batch(url)
    assert (summary["code"], reason in summary["failed"][0]["reason"]) == (3, True)
    assert "secret" not in json.dumps(summary)


def test_a_folder_that_cannot_be_listed_is_a_failure_and_not_left_out(
    batch: Batch, days: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(days, tmp_path / "all" / "closed")
    shutil.copytree(days, tmp_path / "all" / "open")
    scandir = os.scandir

    def refused(path: Any = ".") -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    summary = batch(tmp_path / "all")
    assert (summary["code"], counts(summary)) == (4, {"done": 4, "failed": 1})
    assert summary["failed"][0]["input"] == str(tmp_path / "all" / "closed")


@pytest.mark.parametrize("as_url", [False, True])
def test_results_below_a_folder_are_no_inputs(
    gex: Callable[..., Ran], days: Path, tmp_path: Path, *, as_url: bool
) -> None:
    folder = tmp_path / "all of it"
    shutil.copytree(days, folder)
    for _ in range(2):
        source = f"file://{folder.as_posix()}" if as_url else folder
        ran = gex("batch", source, "--to", folder / "results", "--format", "json")
        assert json.loads(ran.out)["inputs"] == 4
