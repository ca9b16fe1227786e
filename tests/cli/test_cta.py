"""`gex cta`: the published keys, what 80 columns show, and what it says of histories and options that are no good."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from gex.flows.fitted import ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

SESSIONS = 1500


@pytest.fixture(scope="module", name="days")
def _days() -> np.ndarray:
    return np.busday_offset("2019-01-02", np.arange(SESSIONS), roll="forward")


@pytest.fixture(scope="module", name="histories")
def _histories(days: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same closes as SPX and as NDX."""
    folder = tmp_path_factory.mktemp("histories")
    closes = 4000 * np.exp(np.cumsum(np.random.default_rng(3).normal(0.0003, 0.01, SESSIONS)))
    text = "\n".join(f"{day},{close:.4f}" for day, close in zip(days, closes, strict=True))
    for name in ("SPX", "NDX"):
        (folder / f"{name}_History.csv").write_text(f"date,close\n{text}\n")
    return folder


def test_the_document_has_the_published_keys(gex: Callable[..., Ran], histories: Path, days: np.ndarray) -> None:
    ran = gex("cta", "SPX", "--histories", histories, "--as-of", days[1400], "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert found["schema_version"] == 1
    assert found["as_of"] == str(days[1400])
    assert set(found["pivots"]) == {"short", "medium", "long"}
    assert -1 <= found["position"] <= 1
    assert 0 <= found["percentile"] <= 100
    assert found["percentile_sessions"] == 1400 - 1034
    for figures in (found["flows"], found["flows_error"]):
        assert {horizon: set(row) for horizon, row in figures.items()} == {
            "week": {"flat", "up", "down"},
            "month": {"flat", "up", "down"},
        }
    assert found["flows_error"]["month"]["down"] == ERRORS["month_down"].left_out
    short = found["triggers"][0]
    assert (short["rule"], short["next_close"]) == ("ema:38", pytest.approx(found["pivots"]["short"]))
    assert found["triggers"][3]["flat_path"]["21_sessions"] is None
    assert "longer than the rule's window" in found["triggers"][3]["reasons"]["flat_path.21_sessions"]
    assert found["reasons"] == {}


def test_a_file_and_a_name_are_one_history_and_later_rows_are_not_read(
    gex: Callable[..., Ran], histories: Path, days: np.ndarray, tmp_path: Path
) -> None:
    file = histories / "SPX_History.csv"
    cut = tmp_path / "SPX_History.csv"
    cut.write_text("\n".join(file.read_text().splitlines()[:1402]) + "\n")
    runs = [
        gex("cta", "spx", "--histories", histories, "--as-of", days[1400], "--format", "jsonl"),
        gex("cta", file, "--as-of", days[1400], "--format", "jsonl"),
        gex("cta", cut, "--format", "jsonl"),
    ]
    first, second, third = ({**json.loads(ran.out), "source": None, "asked_for": None} for ran in runs)
    assert first == second == third


def test_the_screen_fits_80_columns_and_has_an_error_beside_each_flow(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("cta", "SPX", "--histories", histories)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("SPX ")
    assert "± 32.2 $bn" in lines[1]
    week = next(line for line in lines if line.startswith("in a week"))
    assert [part.split()[0] for part in week.split("±")[1:]] == ["14", "13", "19"]
    assert any(line.split() == ["skill,", "month", "none", "none", "80%"] for line in lines)
    assert sum(line.startswith(("ema:", "sma:", "momentum:")) for line in lines) == 15


def test_a_day_that_is_no_session_says_so(gex: Callable[..., Ran], histories: Path, days: np.ndarray) -> None:
    saturday = days[days < np.datetime64("2024-03-02")][-1] + np.timedelta64(1, "D")
    ran = gex("cta", "SPX", "--histories", histories, "--as-of", saturday)
    assert f"! {saturday} has no row: this is after the close of {saturday - 1}" in ran.out
    found = json.loads(gex("cta", "SPX", "--histories", histories, "--as-of", saturday, "--format", "json").out)
    assert (found["as_of"], found["asked_for"]) == (str(saturday - 1), str(saturday))
    assert len(found["warnings"]) == 1


def test_another_index_has_no_dollars_unless_somebody_says_them(gex: Callable[..., Ran], histories: Path) -> None:
    found = json.loads(gex("cta", "NDX", "--histories", histories, "--format", "json").out)
    assert (found["flows"], found["position_usd"], found["stress"], found["fit"]) == (None, None, None, None)
    assert "fitted to SPX alone" in found["reasons"]["flows"]
    assert "no dollars: full sizes are fitted to SPX alone" in gex("cta", "NDX", "--histories", histories).out
    given = gex("cta", "NDX", "--histories", histories, "--full-size", "1bn")
    assert "your own: nothing is known of its error" in " ".join(given.out.split())
    assert "±" not in given.out
    own = json.loads(gex("cta", "NDX", "--histories", histories, "--full-size", "1e9", "--format", "json").out)
    assert own["position_usd"] == pytest.approx(1e9 * own["position"])
    assert (own["flows_error"], "flows_error" in own["reasons"]) == (None, True)


@pytest.mark.parametrize(("table", "rows"), [("triggers", 15), ("flows", 6), ("systems", 6)])
def test_flat_tables(gex: Callable[..., Ran], histories: Path, tmp_path: Path, table: str, rows: int) -> None:
    ran = gex("cta", "SPX", "--histories", histories, "--table", table, "--format", "csv")
    frame = pl.read_csv(io.StringIO(ran.out))
    assert frame.columns[:2] == ["symbol", "as_of"]
    assert frame.height == rows
    target = tmp_path / "cta.parquet"
    assert gex("cta", "SPX", "--histories", histories, "--table", table, "-o", target).code == 0
    assert pl.read_parquet(target).columns == frame.columns


def test_rules_of_ones_own(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("cta", "SPX", "--histories", histories, "--rule", "sma:5/20", "--rule", "SMA:5/20", "--format", "json")
    (only,) = json.loads(ran.out)["triggers"]
    assert only["rule"] == "sma:5/20"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--as-of", "2010-01-01"), 3, "SPX begins on 2019-01-02, after 2010-01-01"),
        (("--as-of", "2020-01-01"), 3, "closes, 1035 needed, up to 2020-01-01"),
        (("--as-of", "2031-01-01"), 6, "long before 2031-01-01"),
        (("--as-of", "soon"), 2, "is no date"),
        (("--rule", "rsi:14"), 2, "is no rule; write ema:38"),
        (("--rule", "ema:900"), 3, "1500 closes, 2700 needed"),
        (("--full-size", "-1"), 2, "above 0"),
        (("--target-volatility", "0"), 2, "target_volatility must be above 0"),
        (("--window", "0"), 2, "x>=1"),
    ],
)
def test_what_cannot_be_said_is_one_line_and_a_code(
    gex: Callable[..., Ran], histories: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = gex("cta", "SPX", "--histories", histories, *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_history_that_is_not_there(gex: Callable[..., Ran], histories: Path) -> None:
    assert gex("cta", "SPY", "--histories", histories).code == 6


@pytest.mark.real
def test_the_pivots_of_november_2025_from_the_real_file(
    gex: Callable[..., Ran], data_path: Callable[..., Path]
) -> None:
    file = data_path("history", "SPX_History.csv")
    found = json.loads(gex("cta", file, "--as-of", "2025-11-13", "--rule", "sma:50", "--format", "json").out)
    assert round(found["pivots"]["short"], 2) == 6725.88
    assert found["close"] == pytest.approx(6737.49, abs=0.01)
    later = json.loads(gex("cta", file, "--as-of", "2026-02-05", "--rule", "sma:50", "--format", "json").out)
    assert round(later["pivots"]["medium"], 1) == 6706.8
    assert later["close"] < later["pivots"]["short"]


def test_spx_in_a_file_of_another_name_has_dollars_under_its_own(gex: Callable[..., Ran], histories: Path) -> None:
    closes = histories / "SPX_History.csv"
    other = Path("spx_daily.csv")
    other.write_bytes(closes.read_bytes())
    assert "--series SPX=FILE" in json.loads(gex("cta", other, "--format", "json").out)["reasons"]["flows"]
    named = gex("cta", "SPX", "--series", f"SPX={other}", "--format", "json")
    assert json.loads(named.out)["flows"] == json.loads(gex("cta", closes, "--format", "json").out)["flows"]
