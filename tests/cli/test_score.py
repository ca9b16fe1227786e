"""`gex score`: ours and vendors' levels, graded on the next session, without conclusions from a few."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from results import fill

import gex as library
from gex.ingest.sample import generate_days, write_cboe_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran


@pytest.fixture(scope="module", name="results")
def _results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of four sessions."""
    folder = tmp_path_factory.mktemp("score")
    paths = []
    for number, sample in enumerate(generate_days("SPX", 4, seed=6, at=dt.time(15, 30), size="small")):
        paths.append(folder / f"{number}.csv")
        write_cboe_csv(sample, paths[-1])
    fill(paths, folder / "results")
    return folder / "results"


@pytest.fixture(scope="module", name="series")
def _series(results: Path) -> pl.DataFrame:
    return library.scan_series(results, "SPX").collect()


@pytest.fixture(scope="module", name="prices")
def _prices(series: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history that closes on the spots, and reaches the call wall of the session before every day."""
    path = tmp_path_factory.mktemp("prices") / "SPX_History.csv"
    lines = ["DATE,OPEN,HIGH,LOW,CLOSE"]
    walls = [0.0, *series["call_wall"]]
    for wall, row in zip(walls, series.to_dicts(), strict=False):
        low, close = row["spot"] - 1, row["spot"]
        lines.append(f"{row['quote_date']:%m/%d/%Y},{close},{max(wall, close)},{low},{close}")
    path.write_text("\n".join(lines) + "\n")
    return path


def graded(ran: Ran) -> dict[tuple[str, str, str], dict[str, object]]:
    return {(row["source"], row["name"], row["outcome"]): row for row in json.loads(ran.out)["grades"]}


def test_few_sessions_are_no_ground_for_a_conclusion(gex: Callable[..., Ran], results: Path, prices: Path) -> None:
    ran = gex("score", "SPX", "--results", results, "--prices", prices)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "NOTHING CAN BE SAID of 3 sessions: 30 effective ones are needed" in ran.out
    assert "if dealers are long calls, short puts" in ran.out


def test_each_level_is_graded_on_the_session_after(
    gex: Callable[..., Ran], results: Path, prices: Path, series: pl.DataFrame
) -> None:
    ran = gex("score", "SPX", "--results", results, "--prices", prices, "--format", "json")
    grades = graded(ran)
    wall = grades["ours", "call_wall", "touched"]
    assert (wall["count"], wall["of"]) == (3, 3)
    assert wall["verdict"].startswith("too few to say anything")
    beyond = sum(
        later["spot"] > row["call_wall"] if row["call_wall"] > row["spot"] else later["spot"] < row["call_wall"]
        for row, later in zip(series.to_dicts(), series.to_dicts()[1:], strict=False)
    )
    assert grades["ours", "call_wall", "closed_beyond"]["count"] == beyond
    assert json.loads(ran.out)["left_out"]["no prices of the session after"] == 5


def test_morning_snapshots_are_graded_on_their_own_session(
    gex: Callable[..., Ran], results: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    late = gex("score", "SPX", "--results", results, "--on", "same")
    assert late.code == 6
    assert "no snapshot before noon in 4 sessions" in late.err
    path = tmp_path_factory.mktemp("morning") / "spx.csv"
    write_cboe_csv(next(generate_days("SPX", 1, seed=6, at=dt.time(10, 0), size="small")), path)
    fill([path], tmp_path)
    ran = gex("score", "SPX", "--results", tmp_path, "--on", "same", "--format", "json")
    assert "for levels and placebo levels alike" in ran.err
    grades = graded(ran)
    assert grades["ours", "call_wall", "touched"]["of"] == 1
    assert ("ours", "zero_dte_call_wall", "touched") in grades
    assert json.loads(ran.out)["graded_on"] == "same"


def test_every_form_holds_the_same(gex: Callable[..., Ran], results: Path, prices: Path, tmp_path: Path) -> None:
    arguments = ("score", "SPX", "--results", results, "--prices", prices)
    rows = json.loads(gex(*arguments, "--format", "json").out)["grades"]
    assert [json.loads(line) for line in gex(*arguments, "--format", "jsonl").out.splitlines()] == rows
    gex(*arguments, "-o", tmp_path / "grades.parquet")
    assert pl.read_parquet(tmp_path / "grades.parquet").to_dicts() == rows
    gex(*arguments, "--table", "events", "-o", tmp_path / "events.parquet")
    events = pl.read_parquet(tmp_path / "events.parquet")
    assert (
        events["graded_on"]
        .is_between(events["date"], events["date"].max() + dt.timedelta(days=9), closed="right")
        .all()
    )
    assert len(events) == 3 * 5


def test_without_prices_the_spots_are_taken_and_that_is_said(gex: Callable[..., Ran], results: Path) -> None:
    ran = gex("score", "SPX", "--results", results, "--format", "json")
    assert ran.code == 0
    assert "no daily prices" in ran.err
    assert json.loads(ran.out)["prices"] == "the snapshots' spots"


def test_the_history_in_the_store_is_found(
    gex: Callable[..., Ran], results: Path, prices: Path, tmp_path: Path
) -> None:
    from gex.ingest.history import read_download, save_history

    save_history(read_download(prices.read_bytes(), "SPX", "x"), "SPX", tmp_path, {"sha256": "ab" * 32})
    ran = gex("score", "SPX", "--results", results, "--store", tmp_path, "--format", "json")
    told = gex("score", "SPX", "--results", results, "--prices", prices, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["grades"] == json.loads(told.out)["grades"]


def test_vendors_levels_are_graded_beside_ours(
    gex: Callable[..., Ran], results: Path, prices: Path, series: pl.DataFrame
) -> None:
    row = series.to_dicts()[0]
    folder = results / "published" / "SPX" / str(row["quote_date"])
    levels = [("Call Wall", row["call_wall"]), ("Put Wall 0DTE", 6000.0), ("Net GEX", 5e9), ("Zero Gamma", None)]
    document = {"symbol": "SPX", "quote_date": str(row["quote_date"]), "vendor": "acme"}
    try:
        folder.mkdir(parents=True)
        kept = [{"name": name, "value": value} for name, value in levels]
        (folder / "acme-1.json").write_text(json.dumps(document | {"levels": kept}))
        arguments = ("score", "SPX", "--results", results, "--prices", prices, "--format", "json")
        grades = graded(gex(*arguments))
        assert {key[:2] for key in grades if key[0] != "ours"} == {("acme", "Call Wall")}
        assert grades["acme", "Call Wall", "touched"]["count"] == 1
        assert graded(gex("score", "^SPX", *arguments[2:])) == grades
        (folder / "acme-2.json").write_text(json.dumps(document | {"levels": [{"name": "Call Wall", "value": 1.0}]}))
        twice = gex(*arguments)
        assert "acme published Call Wall of" in twice.err
        assert not [key for key in graded(twice) if key[0] == "acme"]
        (folder / "acme-3.json").write_text("{")
        assert gex(*arguments).code == 3
    finally:
        for path in folder.glob("*"):
            path.unlink()


def test_damage_in_what_gives_the_volatility_is_left_out_too(
    gex: Callable[..., Ran], results: Path, prices: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(results, tmp_path / "results"))
    victim = min((copy / "by_expiration").rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-20])
    arguments = ("score", "SPX", "--results", copy, "--prices", prices, "--format", "json")
    assert gex(*arguments).code == 3
    ran = gex(*arguments, "--skip-damaged")
    assert ran.code == 0
    assert (ran.err.count(victim.name), ran.err.count("left out")) == (1, 1)
    assert json.loads(ran.out)["left_out"]["no volatility to measure its distance by"] > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DATE,OPEN,HIGH,LOW,CLOSE\n", "a header and no rows"),
        ("a,b\n1,2\n", "no header with a column of dates"),
        ("DATE,OPEN,HIGH,LOW,CLOSE\n{day:%m/%d/%Y},10,11,9,10\n", "it closed at 10 on"),
        ("DATE,SPX\n{day:%m/%d/%Y},10\n", "no highs and lows"),
    ],
)
def test_prices_that_are_not_the_underlyings_are_refused(
    gex: Callable[..., Ran], results: Path, series: pl.DataFrame, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text.format(day=series["quote_date"][0]))
    ran = gex("score", "SPX", "--results", results, "--prices", path)
    assert ran.code == 3
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1
