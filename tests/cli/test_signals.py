"""`gex signals`: an evening in every form, days as a table, one's own series, and what is refused."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from daily_series import closes_of

from gex.signals.averages import sma
from gex.signals.named import NAMED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

START, N = dt.date(2024, 1, 1), 300
DAYS = [day for day in (START + dt.timedelta(days=place) for place in range(2 * N)) if day.weekday() < 5][:N]
CLOSES = np.round(5000 * np.exp(np.random.default_rng(5).normal(0.0003, 0.01, N).cumsum()), 2)
VIX = np.round(18 + 4 * np.sin(np.arange(N) / 9), 2)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("histories")
    for name, values in (("SPX", CLOSES), ("VIX", VIX)):
        rows = [f"{day:%m/%d/%Y},{value}" for day, value in zip(DAYS, values, strict=True)]
        (folder / f"{name}_History.csv").write_text("\n".join([f"DATE,{name}", *rows]) + "\n")
    return folder


def told(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_an_evening_reads_well_on_80_columns(gex: Callable[..., Ran], folder: Path) -> None:
    ran = gex("signals", "SPX", "--histories", folder)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.out.startswith(f"SPX  evening of {DAYS[-1]}, close {CLOSES[-1]:,.2f}\n")
    assert "streak_50" in ran.out
    assert "no advance_share, breadth_thrust: no series ADVANCES, DECLINES" in ran.out
    assert "◄ close" in ran.out
    assert "no gamma_flip, call_wall," in ran.out
    long = "sma(close, 5) + sma(close, 10) + sma(close, 20) + sma(close, 50) > 2 * sma(close, 100) + VIX"
    ran = gex("signals", "SPX", long, "--histories", folder)
    assert max(map(len, ran.out.splitlines())) <= 80
    assert long[-20:] in ran.out


def test_the_document_of_an_evening(gex: Callable[..., Ran], folder: Path) -> None:
    found = told(gex("signals", "SPX", "--histories", folder, "--format", "json", "--as-of", DAYS[250].isoformat()))
    assert (found["date"], found["close"], found["schema_version"]) == (DAYS[250].isoformat(), CLOSES[250], 1)
    assert [each["name"] for each in found["signals"]] == list(NAMED)
    by_name = {each["name"]: each for each in found["signals"]}
    returns = np.diff(np.log(CLOSES[:251]))[-21:]
    volatility = 100 * np.sqrt(252) * np.std(returns, ddof=1)
    assert by_name["volatility_21"]["value"] == pytest.approx(volatility)
    assert by_name["variance_premium"]["value"] == pytest.approx(VIX[250] ** 2 - volatility**2)
    assert found["sigma_points"] == pytest.approx(CLOSES[250] * volatility / 100 / np.sqrt(252))
    below = by_name["below_50"]
    assert (below["value"], type(below["holds"])) == (None, bool)
    assert DAYS.index(dt.date.fromisoformat(below["since"])) <= 250
    assert by_name["defensives"]["reason"] == "no series XLP, XLY"
    levels = {each["name"]: each for each in found["levels"]}
    assert levels["sma_50"]["price"] == pytest.approx(np.mean(CLOSES[201:251]))
    assert levels["sma_50"]["distance_points"] == pytest.approx(levels["sma_50"]["price"] - CLOSES[250])
    assert levels["put_wall"]["reason"] == "no chain"
    for each in found["signals"]:
        assert (each["reason"] is None) == (each["value"] is not None or each["holds"] is not None)
    for cluster in found["clusters"]:
        assert cluster["spread_points"] <= 0.005 * CLOSES[250]
        assert len(cluster["kinds"]) > 1


def test_expressions_of_ones_own(gex: Callable[..., Ran], folder: Path) -> None:
    asked = ("close / VIX", "streak_50", "VIX > 10")
    found = told(gex("signals", "SPX", *asked, "--histories", folder, "--format", "json"))["signals"]
    assert [each["name"] for each in found] == list(asked)
    assert found[0]["value"] == pytest.approx(CLOSES[-1] / VIX[-1])
    assert (found[2]["holds"], found[2]["since"]) == (True, DAYS[0].isoformat())


def test_every_table_in_every_form(gex: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    asked = ("signals", "SPX", "sma(close, 5)", "VIX > 20", "--histories", folder, "--table")
    for table, rows in (("signals", 2), ("levels", None), ("days", N)):
        lines = [json.loads(line) for line in gex(*asked, table, "--format", "jsonl").out.splitlines()]
        assert gex(*asked, table, "-o", tmp_path / "out.parquet").code == 0
        frame = pl.read_parquet(tmp_path / "out.parquet")
        assert [{key: str(each) for key, each in line.items()} for line in lines] == [
            {key: str(each) for key, each in row.items()} for row in frame.iter_rows(named=True)
        ]
        assert rows in {None, len(lines)}
        assert pl.read_csv(io.StringIO(gex(*asked, table, "--format", "csv").out)).columns == frame.columns
    assert frame["date"].to_list() == DAYS
    np.testing.assert_allclose(frame["sma(close, 5)"].fill_null(np.nan).to_numpy(), sma(CLOSES, 5))
    assert frame["VIX > 20"].to_list() == list(VIX > 20)


def test_days_that_cannot_be_told_are_named(gex: Callable[..., Ran], folder: Path) -> None:
    ran = gex("signals", "SPX", "--histories", folder, "--table", "days", "--format", "csv")
    assert ran.code == 0
    assert "defensives is left out: no series XLP, XLY" in ran.err


def test_a_file_of_signals(gex: Callable[..., Ran], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(f"date,value\n{DAYS[-5]},31.5\n{DAYS[-1]},44\n")
    (tmp_path / "mine.toml").write_text(
        '[series.SURVEY]\nfile = "survey.csv"\nlag_days = 1\n'
        '[signals.bulls]\nexpression = "SURVEY"\nunit = "%"\ndefinition = "bulls"\n'
    )
    asked = ("signals", "SPX", "--histories", folder, "--signals", tmp_path / "mine.toml", "--format", "json")
    bulls = told(gex(*asked))["signals"][-1]
    assert (bulls["name"], bulls["value"], bulls["unit"]) == ("bulls", 31.5, "%")


def test_tolerances(gex: Callable[..., Ran], folder: Path) -> None:
    asked = ("signals", "SPX", "close", "--histories", folder, "--format", "json", "--tolerance")
    assert (told(gex(*asked, "0.25 sigmas"))["tolerance"], told(gex(*asked, "1 sigma"))["tolerance_unit"]) == (
        0.25,
        "sigmas",
    )
    assert told(gex(*asked, "40"))["tolerance_unit"] == "points"
    assert told(gex(*asked, "1%"))["tolerance_unit"] == "pct"


def test_a_short_history_has_reasons(gex: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("date,value\n2025-01-02,10\n2025-01-03,11\n")
    found = told(gex("signals", tmp_path / "x.csv", "--format", "json", "--tolerance", "1 sigma"))
    assert (found["sigma_points"], found["clusters"]) == (None, [])
    assert "fewer than 22 closes" in found["sigma_is"]
    by_name = {each["name"]: each["reason"] for each in found["signals"]}
    assert by_name["week_20"].startswith("no value on 2025-01-03")
    assert gex("signals", tmp_path / "x.csv").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("SPX", "clse > 5"), 2, "nothing is called 'clse'; nearest: close"),
        (("SPX", "VVIX > 110"), 2, "nothing is called 'VVIX'; nearest: VIX"),
        (("SPX", "close >"), 2, "not understood"),
        (("SPX", "--tolerance", "wide"), 2, "is no distance"),
        (("SPX", "--tolerance", "0%"), 2, "is no distance"),
        (("SPX", "--as-of", "yesterday"), 2, "is no date"),
        (("SPX", "--as-of", "2020-01-01"), 6, "SPX begins on 2024-01-01, after 2020-01-01"),
        (("SPX", "--as-of", "2030-01-01"), 6, "SPX has no session from"),
        (("NDX",), 6, "no history 'NDX'"),
        (("SPX", "--signals", "none.toml"), 2, "does not exist"),
    ],
)
def test_what_is_refused(
    gex: Callable[..., Ran], folder: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    ran = gex("signals", *arguments, "--histories", folder)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err


@pytest.mark.real
def test_the_evening_of_21_november_2025(gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    folder = data_path("history")
    ran = gex("signals", "SPX", "--histories", folder, "--as-of", "2025-11-21", "--format", "json")
    found = told(ran)
    by_name = {each["name"]: each for each in found["signals"]}
    assert round(found["close"], 2) == 6602.99
    assert round(by_name["week_20"]["value"], 2) == 6547.68
    assert (by_name["vvix_persistent"]["holds"], by_name["vvix_persistent"]["since"]) == (True, "2025-11-21")
    assert by_name["vvix_above_110"]["value"] == 5
    dates, closes = closes_of(folder / "SPX_History.csv")
    level = {each["name"]: each["price"] for each in found["levels"]}
    assert level["sma_200"] == pytest.approx(sma(closes, 200)[dates == np.datetime64("2025-11-21")][0])


@pytest.mark.real
def test_levels_of_a_chain_beside_those_of_the_history(gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    chain = data_path("chains", "cboe_csv", "spx_2025-08-29_1629.csv")
    asked = ("signals", "SPX", "close", "--histories", data_path("history"), "--chain", chain, "--format", "json", "-q")
    found = told(gex(*asked, "--as-of", "2025-08-29", "--tolerance", "0.4 sigmas"))
    levels = {each["name"]: each for each in found["levels"]}
    own = json.loads(gex("levels", chain, "--format", "json", "-q").out)
    for name in ("gamma_flip", "call_wall", "put_wall", "absolute_gamma_strike", "high_vol_level"):
        assert levels[name]["price"] == own[name]
        assert levels[name]["kind"] == "gamma"
    assert any("gamma" in cluster["kinds"] and len(cluster["kinds"]) > 1 for cluster in found["clusters"])
    ran = gex(*asked, "--as-of", "2025-08-28")
    assert (ran.code, "a chain of 2025-08-29, and the evening is 2025-08-28" in ran.err) == (3, True)
    ran = gex(*(each if each != "SPX" else "NDX" for each in asked), "--as-of", "2025-08-29")
    assert (ran.code, "and NDX closed at" in ran.err) == (3, True)
