"""`gex ingest` of many inputs, `gex store`, and addresses, through the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.cli import ingest
from gex.ingest.read import read_chain
from gex.ingest.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran


@pytest.fixture(scope="session", name="days")
def _days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sessions of QQQ from 2026-01-05, and a folder below with a copy of the first and a hidden file."""
    from gex.cli.main import run

    folder = tmp_path_factory.mktemp("days")
    run(["sample", "--symbol", "QQQ", "--days", "3", "--size", "small", "--to", str(folder)])
    (folder / "sub").mkdir()
    (folder / "sub" / "copy.csv").write_bytes(min(folder.glob("*.csv")).read_bytes())
    (folder / "sub" / ".hidden").write_text("no chain")
    return folder


@pytest.fixture(name="place")
def _place(gex: Callable[..., Ran], days: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    store = tmp_path / "store"
    assert gex("ingest", days, "--to", store).code == 0
    monkeypatch.setenv("GEX_STORE", str(store))
    return store


def reissue(days: Path, place: Path) -> Path:
    """Write the last day once more with another spot."""
    last = max(days.glob("*.csv"))
    text = last.read_text()
    start = text.index("Last: ") + 6
    changed = place.parent / "reissue.csv"
    changed.write_text(
        text[:start] + "1" + text[start + 1 :] if text[start] != "1" else text[:start] + "2" + text[start + 1 :]
    )
    return changed


def test_a_folder_is_walked_in_order_and_known_bytes_are_told(
    gex: Callable[..., Ran], days: Path, tmp_path: Path
) -> None:
    report = json.loads(gex("ingest", days, "--to", tmp_path, "--format", "json").out)
    names = [each["source"].removeprefix(str(days)) for each in report["inputs"]]
    assert names == [*sorted(names[:3]), "/sub/copy.csv"]
    assert report["counts"] == {"stored": 3, "known": 1, "failed": 0}
    assert report["schema_version"] == 1
    for each in report["inputs"]:
        (snapshot,) = each["snapshots"]
        assert each["rows_in"] == each["rows_kept"] + each["rows_quarantined"]
        assert pl.read_parquet(tmp_path / snapshot["file"]).height == each["rows_kept"]
    again = gex("ingest", days, "--to", tmp_path)
    assert (again.code, again.err) == (0, "")
    assert "0 stored, 4 known, 0 failed" in again.out


def test_a_pattern_and_a_file_named_twice(gex: Callable[..., Ran], days: Path, tmp_path: Path) -> None:
    first = min(days.glob("*.csv"))
    ran = gex("ingest", first, days / "*.csv", first, "--to", tmp_path)
    assert "3 stored, 0 known, 0 failed" in ran.out
    everything = gex("ingest", days / "**" / "*.csv", "--to", tmp_path)
    assert "0 stored, 4 known, 0 failed" in everything.out


@pytest.mark.parametrize("nothing", ["*.none", "folder", "missing.csv"])
def test_what_holds_no_file_is_a_failure(gex: Callable[..., Ran], tmp_path: Path, nothing: str) -> None:
    (tmp_path / "folder").mkdir()
    ran = gex("ingest", tmp_path / nothing, "--to", tmp_path / "store")
    assert ran.code == 3
    assert nothing in ran.err


def test_stdin_is_an_input(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for status in ("1 stored, 0 known", "0 stored, 1 known"):
        with spx_csv.open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            assert status in gex("ingest", "-", "--to", tmp_path).out


def test_the_store_inside_a_folder_is_not_taken_into_itself(
    gex: Callable[..., Ran], days: Path, tmp_path: Path
) -> None:
    (tmp_path / "day.csv").write_bytes(min(days.glob("*.csv")).read_bytes())
    gex("ingest", tmp_path, "--to", tmp_path / "store")
    assert "0 stored, 1 known, 0 failed" in gex("ingest", tmp_path, "--to", tmp_path / "store").out


@pytest.fixture(name="bad")
def _bad(gex: Callable[..., Ran], tmp_path: Path) -> Path:
    gex("sample", "--size", "small", "--bad-rows", "7", "--to", tmp_path / "bad.csv")
    return tmp_path / "bad.csv"


def test_strict_and_max_bad_fail_the_input_and_store_nothing(
    gex: Callable[..., Ran], bad: Path, days: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    for options in (["--strict"], ["--max-bad", "0.1%"]):
        ran = gex("ingest", bad, "--to", store, *options)
        assert ran.code == 3
        assert "more than --" in ran.err
        assert not list(store.glob("symbol=*"))
        assert not list(store.glob("quarantine/*"))
    assert gex("ingest", bad, days, "--to", store, "--strict").code == 4
    good = gex("ingest", bad, "--to", store, "--max-bad", "50%", "--format", "json")
    (entry,) = json.loads(good.out)["inputs"]
    assert entry["rows_quarantined"] == sum(entry["quarantined"].values()) > 0
    aside = pl.read_parquet(store / entry["snapshots"][0]["quarantine"])
    lines = bad.read_text().splitlines()
    assert aside.height == entry["rows_quarantined"]
    assert all(lines[row["line"] - 1] == row["row"] for row in aside.iter_rows(named=True))


def test_a_bar_is_shown_on_a_terminal_alone(
    gex: Callable[..., Ran], days: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gex("ingest", days, "--to", tmp_path).err == ""
    monkeypatch.setattr(ingest.sys.stderr, "isatty", lambda: True)
    assert "ingest" in gex("ingest", days, "--to", tmp_path).err
    assert gex("ingest", days, "--to", tmp_path, "--quiet").err == ""


def test_list_counts_symbols_and_dates(gex: Callable[..., Ran], place: Path, days: Path, spx_csv: Path) -> None:
    gex("ingest", spx_csv, reissue(days, place))
    qqq, spx = json.loads(gex("store", "list", "--format", "json").out)["holdings"]
    assert (qqq["symbol"], qqq["first"], qqq["last"]) == ("QQQ", "2026-01-05", "2026-01-07")
    assert (qqq["dates"], qqq["snapshots"], qqq["revisions"]) == (3, 3, 1)
    files = list((place / "symbol=QQQ").rglob("*.parquet"))
    assert qqq["rows"] == sum(pl.read_parquet(each).height for each in files)
    assert qqq["bytes"] == sum(each.stat().st_size for each in files)
    assert spx["snapshots"] == 1
    lines = gex("store", "list", "qqq").out.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert gex("store", "list", "IWM").code == 6


def test_show_tells_where_a_snapshot_came_from(gex: Callable[..., Ran], place: Path, days: Path) -> None:
    changed = reissue(days, place)
    gex("ingest", changed)
    shown = json.loads(gex("store", "show", "QQQ", "--format", "json").out)
    assert shown["revision"] == 2
    assert len(shown["revisions"]) == 2
    assert shown["facts"]["source"]["path"] == str(changed)
    text = gex("store", "show", "QQQ@prev").out
    assert "source.sha256" in text
    assert "2026-01-06" in text


def test_verify_names_missing_sessions_and_damage(gex: Callable[..., Ran], place: Path) -> None:
    sound = gex("store", "verify")
    assert (sound.code, sound.out) == (0, f"0 damaged, 0 stale, 0 missing; store {place}\n")
    ran = gex("store", "verify", "--expect", "QQQ", "--from", "2025-12-31", "--to", "2026-01-08", "--format", "json")
    assert ran.code == 6
    assert [each["date"] for each in json.loads(ran.out)["findings"]] == ["2025-12-31", "2026-01-02", "2026-01-08"]
    open_ended = gex("store", "verify", "--expect", "QQQ", "--from", "2026-01-05", "--format", "json")
    assert json.loads(open_ended.out)["findings"][0]["date"] == "2026-01-08"
    victim = next(place.glob("symbol=QQQ/date=2026-01-06/*"))
    victim.write_bytes(victim.read_bytes()[:1000])
    damaged = gex("store", "verify", "--expect", "QQQ", "--from", "2026-01-02")
    assert damaged.code == 3
    assert "unreadable" in damaged.out
    assert "missing" in damaged.out


@pytest.mark.usefixtures("place")
def test_verify_calls_a_repeated_day_stale(gex: Callable[..., Ran], days: Path) -> None:
    last = max(days.glob("*.csv"))
    gex("ingest", last, "--quote-time", "2026-01-08T12:00")
    ran = gex("store", "verify", "QQQ", "--format", "json")
    assert ran.code == 6
    assert {each["code"] for each in json.loads(ran.out)["findings"]} >= {"same_bytes", "frozen_time", "frozen_quotes"}


@pytest.mark.parametrize(
    "arguments",
    [["--expect", "SPX"], ["--from", "2026-01-01"], ["--to", "2026-01-01"], ["--expect", "SPX", "--from", "soon"]],
)
@pytest.mark.usefixtures("place")
def test_verify_wants_both_ends_of_an_expectation(gex: Callable[..., Ran], arguments: list[str]) -> None:
    assert gex("store", "verify", *arguments).code == 2


def test_reports_are_the_same_after_a_merge(gex: Callable[..., Ran], place: Path, days: Path) -> None:
    gex("ingest", reissue(days, place))
    addresses = ("QQQ", "QQQ@prev", "QQQ@2026-01-05T16:00")
    before = [gex("levels", each, "--format", "json") for each in addresses]
    merged = json.loads(gex("store", "compact", "--before", "2026-02-01", "--format", "json").out)["merged"]
    assert [(each["period"], each["snapshots"]) for each in merged] == [("2026-01", 4)]
    assert [gex("levels", each, "--format", "json") for each in addresses] == before
    assert gex("store", "verify").code == 0
    assert "0 merged" in gex("store", "compact", "--before", "2026-02-01").out
    assert "0 stored, 4 known, 0 failed" in gex("ingest", days).out


def test_one_snapshot_is_exported_with_its_facts(gex: Callable[..., Ran], place: Path, tmp_path: Path) -> None:
    stored = read_chain(next(place.glob("symbol=QQQ/date=2026-01-06/*")))
    for name in ("one.parquet", "one.csv"):
        assert gex("store", "export", "QQQ@2026-01-06", "-o", tmp_path / name).code == 0
        chain = read_chain(tmp_path / name)
        assert chain.frame.equals(stored.frame, null_equal=True)
        assert (chain.source, chain.quality, chain.quote_time) == (stored.source, stored.quality, stored.quote_time)


def test_a_range_is_exported_as_one_table(gex: Callable[..., Ran], place: Path, tmp_path: Path) -> None:
    span = ("--from", "2026-01-06", "--to", "2026-01-07")
    assert gex("store", "export", "QQQ", *span, "-o", tmp_path / "range.parquet").code == 0
    expected = pl.concat(pl.read_parquet(place / f"symbol=QQQ/date=2026-01-0{day}/*.parquet") for day in (6, 7))
    table = pl.read_parquet(tmp_path / "range.parquet")
    assert table.schema == SCHEMA
    assert table.equals(expected)
    text = gex("store", "export", "QQQ", *span).out
    assert text.count("underlying,root") == 1
    assert len(text.splitlines()) == expected.height + 1
    assert gex("store", "export", "QQQ", "--from", "2026-02-01").code == 6


def test_an_address_is_an_input_of_another_store(gex: Callable[..., Ran], place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert "1 stored" in gex("ingest", "QQQ@2026-01-06", "--to", other).out
    (copy,) = other.glob("symbol=QQQ/*/*.parquet")
    assert copy.read_bytes() == (place / copy.relative_to(other)).read_bytes()


@pytest.mark.usefixtures("place")
def test_an_address_answers_with_what_is_nearest(gex: Callable[..., Ran]) -> None:
    early = gex("levels", "QQQ@2025-01-01")
    assert early.code == 6
    assert "the nearest is QQQ@2026-01-05T16:00" in early.err
    weekend = gex("levels", "QQQ@2026-01-10")
    assert weekend.code == 0
    assert "nothing of that date; the last snapshot before it is of 2026-01-07" in weekend.err
    assert gex("levels", "QQQ@2026-01-07").err == ""
    other = gex("levels", "IWM@latest")
    assert other.code == 6
    assert "it has QQQ" in other.err


@pytest.mark.usefixtures("place")
def test_a_file_of_that_name_wins_over_an_address(gex: Callable[..., Ran], spx_csv: Path) -> None:
    assert json.loads(gex("levels", "QQQ", "--format", "json").out)["underlying"] == "QQQ"
    Path("QQQ").write_bytes(spx_csv.read_bytes())
    assert json.loads(gex("levels", "QQQ", "--format", "json").out)["underlying"] == "SPX"


@pytest.mark.parametrize("name", ["list", "show", "verify", "compact", "export"])
def test_a_store_that_is_not_there(gex: Callable[..., Ran], tmp_path: Path, name: str) -> None:
    address = ["SPX"] if name in {"show", "export"} else []
    assert gex("store", name, *address).code == 2
    gone = gex("store", name, *address, "--store", tmp_path / "gone")
    assert gone.code == 6
    assert "there is no such store" in gone.err
