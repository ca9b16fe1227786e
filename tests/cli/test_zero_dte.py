"""`gex zero-dte`: the screen, the documents, the tables, and what is said where nothing expires."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.cli.render.figures import duration
from gex.cli.render.heat import heat, legend
from gex.cli.render.terminal import DARK, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

TABLES = ("path", "surface", "odds", "positions", "sessions")


def test_the_screen_has_every_part_and_fits(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("zero-dte", spx_csv)
    assert (ran.code, ran.err) == (0, "")
    parts = ("0DTE", "left to move", "DEALERS HOLD", "naive, volume", "scenario, not an estimate")
    for part in (*parts, "pin", "HEDGING PATH", "MAP", "SESSIONS TO COME", "ASSUMES"):
        assert part in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("shown", ["gamma", "delta", "charm", "hedge", "none"])
@pytest.mark.parametrize("columns", ["80", "120"])
def test_every_map_fits(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch, shown: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ran = gex("zero-dte", spx_csv, "--heat", shown, "--every", "5")
    assert ran.code == 0
    assert ("MAP" in ran.out) == (shown != "none")
    assert max(map(len, ran.out.splitlines())) <= int(columns)


def test_the_document_adds_up_and_gives_reasons(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("zero-dte", spx_csv, "--format", "json", "--every", "30", "--surface")
    doc = json.loads(ran.out, parse_constant=pytest.fail)
    assert doc["clock"]["is_today"]
    assert doc["clock"]["minutes_left"] == pytest.approx(sum(root["minutes_left"] for root in doc["clock"]["roots"]))
    trades = [row["charm_trade_usd"] for row in doc["path"]]
    assert sum(trades) == pytest.approx(doc["positions"][0]["charm_trade_usd"], rel=1e-9)
    assert [len(row) for row in doc["surface"]["gamma_usd_per_1pct"]] == [len(doc["surface"]["times"])] * 41
    assert doc["surface"]["charm_trade_usd"][0][-1] is None
    report = json.loads(gex("report", spx_csv, "--format", "json").out)
    net = report["zero_dte"]["exposure"]["gamma_usd_per_1pct"]["net"]
    assert doc["positions"][0]["gamma_usd_per_1pct"]["net"] == pytest.approx(net, rel=1e-12)
    assert "surface" not in json.loads(gex("zero-dte", spx_csv, "--format", "json").out)
    assert doc["reasons"]["sessions.times_typical"]


def test_every_name_of_the_document_is_documented(gex: Callable[..., Ran], spx_csv: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    doc = json.loads(gex("zero-dte", spx_csv, "--format", "json", "--surface").out)
    names = set(doc) | set(doc["clock"]) | set(doc["clock"]["roots"][0]) | set(doc["moves"]) | set(doc["surface"])
    for table in ("positions", "path", "odds", "sessions"):
        names |= set(doc[table][0])
    assert {name for name in names if f"`{name}`" not in text and f"`{name}[]`" not in text} == set()


@pytest.mark.parametrize("table", TABLES)
def test_tables_as_csv_and_parquet(gex: Callable[..., Ran], spx_csv: Path, table: str) -> None:
    from_csv = pl.read_csv(io.StringIO(gex("zero-dte", spx_csv, "--table", table, "--format", "csv").out))
    assert gex("zero-dte", spx_csv, "--table", table, "-o", "out.parquet").code == 0
    stored = pl.read_parquet("out.parquet")
    assert stored.height == from_csv.height > 0
    assert stored.columns == from_csv.columns
    assert stored.columns[:3] == ["underlying", "quote_time", "expiration"]
    assert all(not stored[name].is_nan().any() for name, kind in stored.schema.items() if kind == pl.Float64)
    if table == "surface":
        assert stored.height == 41 * stored["time"].n_unique()


def test_after_the_close_the_next_expiration_is_named(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("zero-dte", spx_csv, "--at", "2026-03-10T16:01")
    assert ran.code == 0
    assert "NOTHING EXPIRES TODAY: nothing that expires on 2026-03-10 is left to trade" in ran.out
    assert "NEXT EXPIRATION Wed 03-11" in ran.out
    ran = gex("zero-dte", spx_csv, "--at", "2026-03-10T16:01", "--expirations", "0dte")
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert "the next expiration is 2026-03-11" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [["--every", "0"], ["--vol-move", "1000"], ["--gamma-move", "0"], ["--heat", "warm"], ["--table", "by_strike"]],
)
def test_usage_is_2(gex: Callable[..., Ran], spx_csv: Path, arguments: list[str]) -> None:
    ran = gex("zero-dte", spx_csv, *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--expirations", "7d"], "0dte, next or an ISO date"),
        (["--expirations", "2026-03-14"], "nothing expires on 2026-03-14"),
        (["--vol-move", "-50"], "volatility cannot move by -50 points"),
    ],
)
def test_what_cannot_be_shown_is_3_and_says_why(
    gex: Callable[..., Ran], spx_csv: Path, arguments: list[str], said: str
) -> None:
    ran = gex("zero-dte", spx_csv, *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert said in ran.err


def test_one_bad_source_leaves_the_others(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    ran = gex("zero-dte", spx_csv, "missing.csv", qqq_csv, "--format", "jsonl")
    assert ran.code == 4
    assert [json.loads(line)["underlying"] for line in ran.out.splitlines()] == ["SPX", "QQQ"]
    assert "missing.csv" in ran.err


def test_an_expiration_can_be_picked(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("zero-dte", spx_csv, "--expirations", "2026-03-11", "--format", "json")
    clock = json.loads(ran.out)["clock"]
    assert (clock["expiration"], clock["is_today"], clock["reason"]) == ("2026-03-11", False, None)


def test_the_map_says_side_by_pattern_and_hue() -> None:
    import numpy as np

    values = np.array([[100.0, 30.0, 1.0], [-100.0, -30.0, np.nan]])
    lines = heat(values, ["2", "1"], ["09:30", "09:45", "10:00"], Terminal())
    assert lines == ["2 ██▓▓··", "1 ▒▒░░", "  09:30"]
    assert heat(np.zeros((1, 2)), ["1"], ["09:30", "09:45"], Terminal())[0] == "1 ····"
    assert "\x1b[" in heat(values, ["2", "1"], ["09:30"] * 3, Terminal(palette=DARK))[0]
    assert legend(1e9 * values, "per +1%") == "$bn per +1%: █ from +65.0, ▓ from +13.0, ░ from −13.0, ▒ from −65.0"


@pytest.mark.parametrize(
    ("minutes", "text"), [(359.5, "5h 59m"), (45, "45m"), (2 * 1440 + 185, "2d 03h"), (0.5, "30s")]
)
def test_times_to_go(minutes: float, text: str) -> None:
    assert duration(minutes) == text
