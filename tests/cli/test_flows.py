"""`gex flows`: everyone on one curve, who is missing and why, tables, pictures, liquidations, and what it refuses."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from gex.cli.funds_file import read_funds
from gex.flows.fund_table import DEFAULT_FUNDS
from gex.flows.funds import rebalancing_usd
from gex.flows.volatility_control import Rule
from gex.ingest.calendar import previous_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

SESSION = dt.date(2026, 3, 10)
DOCS = Path(__file__).resolve().parents[2] / "docs"
NAMES = ("dealers", "leveraged_funds", "volatility_control", "trend_followers")


@pytest.fixture(scope="module", name="spot")
def _spot(spx_csv: Path) -> float:
    from gex import read_chain

    spot = read_chain(str(spx_csv)).spot
    assert spot is not None
    return spot


@pytest.fixture(scope="module", name="closes")
def _closes(spot: float) -> np.ndarray:
    """Return closes that end half a percent under the chain's price."""
    returns = np.random.default_rng(5).normal(0.0003, 0.009, 2200)
    walk = np.exp(np.cumsum(returns))
    return np.round(0.995 * spot * walk / walk[-1], 2)


@pytest.fixture(scope="module", name="folder")
def _folder(closes: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a history of SPX to the session before the chain's."""
    dates = [previous_session(SESSION)]
    while len(dates) < len(closes):
        dates.append(previous_session(dates[-1]))
    folder = tmp_path_factory.mktemp("histories")
    pl.DataFrame({"date": dates[::-1], "close": closes}).write_csv(folder / "SPX_History.csv")
    return folder


def document(ran: Ran) -> dict:
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out, parse_constant=pytest.fail)


def test_everyone_is_on_one_curve(gex: Callable[..., Ran], spx_csv: Path, folder: Path, closes: np.ndarray) -> None:
    given = ("--histories", folder, "--vol-control-aum", "200bn", "--format", "json")
    doc = document(gex("flows", spx_csv, *given))
    usd, spots = {name: np.array(doc["usd"][name]) for name in NAMES}, np.array(doc["spots"])
    assert np.array(doc["total_usd"]) == pytest.approx(sum(usd.values()), rel=1e-9, abs=1.0)
    assert doc["session"]["date"] == "2026-03-10"
    assert doc["previous_close"] == closes[-1]
    assert all(part["present"] and part["reason"] is None for part in doc["parts"])
    known = [fund for fund in DEFAULT_FUNDS if fund.index == "SPX" and fund.aum_usd]
    close = sum(rebalancing_usd(fund.leverage, fund.aum_usd, spots / closes[-1] - 1.0) for fund in known)
    assert usd["leveraged_funds"][-1] == pytest.approx(close, rel=1e-9)
    times = [dt.datetime.fromisoformat(text) for text in doc["times"]]
    assert (times[-1] - times[-2]) == dt.timedelta(minutes=30)
    assert not usd["leveraged_funds"][-2].any()
    trade = 200e9 * Rule().trades(np.append(closes, spots[0]))[-1]
    assert usd["volatility_control"][-1] == pytest.approx(np.full(len(spots), trade), rel=1e-9)
    assert doc["decided_usd"][0] == pytest.approx(200e9 * Rule(lag=0).trades(np.append(closes, spots[0]))[-1], rel=1e-9)
    slope = np.gradient(np.array(doc["total_usd"]), spots, axis=1)
    assert np.array(doc["book_usd_per_point"]) == pytest.approx(slope, rel=1e-9)


def test_dealers_are_those_of_the_report(gex: Callable[..., Ran], spx_csv: Path, folder: Path) -> None:
    """At the first time nothing has passed: the report's hedging flows, and strikes that add up to them."""
    given = ("flows", spx_csv, "--reach", "2%", "--histories", folder, "--format", "json")
    doc = document(gex(*given))
    report = document(gex("report", spx_csv, "--format", "json"))
    moves = np.array(doc["spots"]) / doc["spot"] - 1.0
    for flow in report["hedge_flow_usd"]:
        place = int(np.argmin(np.abs(moves - 0.01 * flow["spot_move_pct"])))
        assert moves[place] == pytest.approx(0.01 * flow["spot_move_pct"], abs=1e-12)
        assert doc["usd"]["dealers"][0][place] == pytest.approx(flow["flow_usd"], rel=1e-9)
        rows = [row["usd"] for row in doc["strikes"] if row["move_pct"] == flow["spot_move_pct"]]
        if rows:
            assert sum(rows) == pytest.approx(flow["flow_usd"], rel=1e-9)
    assert {row["kind"] for row in doc["orders"]} <= {"limit", "stop"}
    moved = document(gex(*given, "--vol-move", "3"))
    down = sum(row["usd"] for row in moved["strikes"] if row["move_pct"] == -1.0)
    assert down == pytest.approx(moved["usd"]["dealers"][0][int(np.argmin(np.abs(moves + 0.01)))], rel=1e-9)
    assert moved["orders"] != doc["orders"]


def test_every_name_of_the_document_is_documented(gex: Callable[..., Ran], spx_csv: Path, folder: Path) -> None:
    text = (DOCS / "json.md").read_text(encoding="utf-8")
    doc = document(gex("flows", spx_csv, "--histories", folder, "--format", "json"))
    names = set(doc) | set(doc["session"])
    for table in ("orders", "strikes", "funds"):
        names |= set(doc[table][0])
    assert {name for name in names if f"`{name}`" not in text and f"`{name}[]`" not in text} == set()


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_screen_fits_and_has_every_part(
    gex: Callable[..., Ran], spx_csv: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ran = gex("flows", spx_csv, "--histories", folder, "--vol-control-aum", "1.5tn")
    assert (ran.code, ran.err) == (0, "")
    for part in ("BY THE CLOSE", "lev funds", "MAP", "ORDER BOOK", "DEALERS AT −1%", "DECIDED", "TREND", "ASSUMES"):
        assert part in ran.out
    assert max(map(len, ran.out.splitlines())) <= int(columns)
    assert "missing" not in ran.out


def test_who_is_missing_says_why(gex: Callable[..., Ran], spx_csv: Path, folder: Path) -> None:
    doc = document(gex("flows", spx_csv, "--format", "json"))
    reasons = {part["name"]: part["reason"] for part in doc["parts"]}
    assert reasons["dealers"] is None
    assert "no close of the session before" in reasons["leveraged_funds"]
    assert "--histories" in reasons["volatility_control"]
    assert doc["usd"]["leveraged_funds"] is None
    assert doc["reasons"]["usd.leveraged_funds"] == reasons["leveraged_funds"]
    assert {name for name, value in doc.items() if value is None} <= set(doc["reasons"])
    doc = document(gex("flows", "--histories", folder, "--format", "json"))
    reasons = {part["name"]: part["reason"] for part in doc["parts"]}
    assert reasons["dealers"] == "no chain: give a SOURCE"
    assert "--vol-control-aum" in reasons["volatility_control"]
    assert reasons["trend_followers"] is None
    assert {name for name, value in doc.items() if value is None} <= set(doc["reasons"])
    screen = gex("flows", "--histories", folder)
    assert "DEALERS  missing: no chain: give a SOURCE" in screen.out


def test_an_evening_is_its_next_session_and_nothing_later(gex: Callable[..., Ran], folder: Path) -> None:
    """Figures as of a date are the same however far the history goes on."""
    table = pl.read_csv(folder / "SPX_History.csv")
    evening = previous_session(previous_session(previous_session(SESSION)))
    table.filter(pl.col("date") <= str(evening)).write_csv("cut.csv")
    given = ("--vol-control-aum", "1bn", "--format", "json")
    cut = document(gex("flows", "--history", "cut.csv", "--underlying", "spx", *given))
    whole = document(gex("flows", "--histories", folder, "--as-of", evening, *given))
    assert whole["session"]["date"] == previous_session(previous_session(SESSION)).isoformat()
    assert whole["previous_close"] == whole["spot"]
    for name in ("spots", "usd", "decided_usd", "session"):
        assert whole[name] == cut[name]


@pytest.mark.parametrize(("table", "rows"), [("curve", None), ("orders", 48), ("strikes", None), ("funds", 17)])
def test_tables_as_csv_and_parquet(
    gex: Callable[..., Ran], spx_csv: Path, folder: Path, table: str, rows: int | None
) -> None:
    given = ("flows", spx_csv, "--histories", folder, "--table", table)
    from_csv = pl.read_csv(io.StringIO(gex(*given, "--format", "csv").out))
    assert gex(*given, "-o", "out.parquet").code == 0
    stored = pl.read_parquet("out.parquet")
    assert stored.columns == from_csv.columns
    assert stored.columns[:2] == ["underlying", "session"]
    assert stored.height == from_csv.height == (rows or stored.height) > 0
    if table == "curve":
        parts = stored.select(pl.sum_horizontal("dealers_usd", "leveraged_funds_usd", "trend_followers_usd"))
        assert stored["volatility_control_usd"].null_count() == stored.height
        assert parts.to_series().to_numpy() == pytest.approx(stored["total_usd"].to_numpy())


def test_pictures(gex: Callable[..., Ran], spx_csv: Path, folder: Path) -> None:
    assert gex("flows", spx_csv, "--histories", folder, "-o", "flows.svg").code == 0
    text = Path("flows.svg").read_text(encoding="utf-8")
    assert "what others must trade" in text
    assert "volatility control missing" in text
    assert text.count("<polyline") + text.count("<path") > 8


def test_funds_of_one_s_own(gex: Callable[..., Ran], spx_csv: Path) -> None:
    Path("funds.toml").write_text(
        '[funds.BIG]\nindex = "SPX"\nleverage = 3\naum_usd = 100e9\nas_of = 2026-03-09\nsource = "me"\n',
        encoding="utf-8",
    )
    given = ("--funds", "funds.toml", "--previous-close", "6000", "--format", "json")
    doc = document(gex("flows", spx_csv, *given))
    spots = np.array(doc["spots"])
    assert doc["usd"]["leveraged_funds"][-1] == pytest.approx(6 * 100e9 * (spots / 6000 - 1.0), rel=1e-9)
    created = document(gex("flows", spx_csv, *given, "--created", "BIG=-2bn"))
    change = np.array(created["usd"]["leveraged_funds"][-1]) - np.array(doc["usd"]["leveraged_funds"][-1])
    assert change == pytest.approx(np.full(len(spots), -6e9), rel=1e-6)
    assert "warnings" in doc
    assert not doc["warnings"]


def test_assets_of_later_are_left_out_and_old_ones_warned_of(gex: Callable[..., Ran], spx_csv: Path) -> None:
    fund = '[funds.{}]\nindex = "SPX"\nleverage = 3\naum_usd = 1e9\nas_of = {}\n'
    Path("funds.toml").write_text(fund.format("A", "2026-03-09") + fund.format("B", "2026-03-10"), encoding="utf-8")
    given = ("flows", spx_csv, "--funds", "funds.toml", "--previous-close", "6000", "--format", "json")
    doc = document(gex(*given))
    part = next(part for part in doc["parts"] if part["name"] == "leveraged_funds")
    assert (part["funds_with_assets"], part["funds_dated_later"], part["aum_usd"]) == (1, 1, 1e9)
    Path("funds.toml").write_text(fund.format("B", "2026-03-10"), encoding="utf-8")
    assert "1 of later" in document(gex(*given))["reasons"]["usd.leveraged_funds"]
    Path("funds.toml").write_text(fund.format("C", "2025-03-10"), encoding="utf-8")
    assert "365 days" in document(gex(*given))["warnings"][0]


def test_the_table_that_comes_along_is_the_one_of_the_docs() -> None:
    assert read_funds(DOCS / "funds.toml") == DEFAULT_FUNDS


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no fund"),
        ("[funds.A]\nindex = 'SPX'\nleverage = 0\n", "line 3.*leverage"),
        ("[funds.A]\nindex = 'SPX'\nleverage = 3\naum_usd = 1e9\n", "as_of"),
        ("[funds.A]\nindex = 'SPX'\nleverage = 3\naum_usd = 1e9\nas_of = '2026'\n", "line 5.*date"),
        ("[funds.A]\nindex = 'SPX'\nleverage = 3\naum_usd = -1\nas_of = 2026-01-01\n", "line 4.*aum_usd"),
        ("[funds.A]\nindex = 'SPX'\nlevrage = 3\n", "line 3.*nearest: leverage"),
        ("[funds.A]\nleverage = 3\n", "index is missing"),
        ("[fund.A]\n", "no key is called 'fund'"),
        ("[funds.a]\nindex = 'SPX'\nleverage = 3\n[funds.A]\nindex = 'SPX'\nleverage = 2\n", "A twice"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(gex: Callable[..., Ran], spx_csv: Path, text: str, match: str) -> None:
    import re

    Path("funds.toml").write_text(text, encoding="utf-8")
    ran = gex("flows", spx_csv, "--funds", "funds.toml")
    assert ran.code == 2
    assert re.search(match, ran.err)


def test_liquidations_are_ranked(gex: Callable[..., Ran], folder: Path) -> None:
    days = [dt.date(2026, 3, 2) + dt.timedelta(days=day) for day in range(4)]
    nav, shares = [20.0, 18.0, 18.5, 16.0], [100e6, 90e6, 90e6, 40e6]
    rows = {"date": days, "ticker": ["SPXU"] * 4, "aum": [n * s for n, s in zip(nav, shares, strict=True)], "nav": nav}
    pl.DataFrame(rows).write_csv("aum.csv")
    given = ("flows", "--histories", folder, "--fund-history", "aum.csv")
    events = document(gex(*given, "--format", "json"))["events"]
    assert [event["date"] for event in events] == ["2026-03-05", "2026-03-03"]
    assert events[0]["gone_usd"] == pytest.approx(90e6 * 18.5 - 40e6 * 16.0)
    assert events[0]["unwound_usd"] == pytest.approx(3 * 50e6 * 16.0)
    assert "LIQUIDATIONS  2 days" in gex(*given).out
    assert "none in the history" in gex(*given, "--least", "5bn").out
    assert gex(*given, "--table", "events", "--format", "csv").out.splitlines()[1].startswith("2026-03-05")
    alone = ("flows", "--fund-history", "aum.csv")
    assert json.loads(gex(*alone, "--format", "json").out)["events"] == events
    assert gex(*alone).out.startswith("LIQUIDATIONS  2 days")
    assert gex(*alone, "--format", "csv").out == gex(*given, "--table", "events", "--format", "csv").out
    assert gex(*alone, "-o", "flows.svg").code == 2
    Path("one.csv").write_text("date,ticker,aum,nav\n2026-03-02,SPXU,1e9,20\n2026-03-03,SPXU,0,18\n", encoding="utf-8")
    assert gex("flows", "--fund-history", "one.csv").err.count("one.csv") == 1
    ran = gex(*given, "--side", "leveraged")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "SPXU" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "match"),
    [
        ((), 6, "no history 'SPX'"),
        (("--history", "none.csv"), 3, "none.csv"),
        (("--table", "events"), 2, "--fund-history"),
        (("--histories", "FOLDER", "--table", "orders"), 2, "SOURCE"),
        (("SPX_CSV", "--as-of", "2026-03-10"), 2, "--as-of"),
        (("--histories", "FOLDER", "--as-of", "1990-01-02"), 6, "begins after"),
        (("--histories", "FOLDER", "--as-of", "2026-03-10"), 6, "no close of 2026-03-10"),
        (("--histories", "FOLDER", "--as-of", "2026-03-14"), 6, "no close of 2026-03-13"),
        (("--histories", "FOLDER", "--reach", "0"), 2, "--reach"),
        (("--histories", "FOLDER", "--every", "nan"), 2, "--every"),
        (("--histories", "FOLDER", "--previous-close", "nan"), 2, "--previous-close"),
        (("--histories", "FOLDER", "--previous-close", "inf"), 2, "--previous-close"),
        (("SPX_CSV", "--vol-move", "nan"), 2, "--vol-move"),
        (("SPX_CSV", "--previous-close", "1"), 2, "other units"),
        (("--histories", "FOLDER", "--previous-close", "1e300"), 2, "other units"),
        (("--histories", "FOLDER", "--vol-control-aum", "1e300"), 2, "dollars"),
        (("--histories", "FOLDER", "--created", "ABCD=1bn"), 2, "--created ABCD"),
        (("--histories", "FOLDER", "--vol-control-target", "0"), 2, "target"),
        (("--histories", "FOLDER", "--vol-control-aum", "lots"), 2, "dollars"),
        (("--histories", "FOLDER", "--vol-control-aum", "-1bn"), 2, "--vol-control-aum"),
        (("--histories", "FOLDER", "--created", "SPXL"), 2, "TICKER=DOLLARS"),
        (("--histories", "FOLDER", "--fund-history", "absent.csv"), 3, "cannot be read"),
        (("SPX_CSV", "--vol-move", "-99"), 2, "volatility cannot move"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(
    gex: Callable[..., Ran], spx_csv: Path, folder: Path, arguments: tuple[str, ...], code: int, match: str
) -> None:
    places = {"FOLDER": folder, "SPX_CSV": spx_csv}
    ran = gex("flows", *(places.get(text, text) for text in arguments))
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert match in ran.err


def test_a_history_in_other_units_is_refused(gex: Callable[..., Ran], spx_csv: Path, folder: Path) -> None:
    table = pl.read_csv(folder / "SPX_History.csv")
    table.with_columns(pl.col("close") / 10).write_csv("SPY.csv")
    ran = gex("flows", spx_csv, "--history", "SPY.csv")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "other units" in ran.err


def test_a_history_that_ends_early_is_no_close_before(gex: Callable[..., Ran], spx_csv: Path, folder: Path) -> None:
    pl.read_csv(folder / "SPX_History.csv").head(-1).write_csv("SPX.csv")
    doc = document(gex("flows", spx_csv, "--history", "SPX.csv", "--format", "json"))
    assert "SPX has no close of 2026-03-09" in doc["reasons"]["usd.leveraged_funds"]


def test_a_gap_in_the_history_is_warned_of(gex: Callable[..., Ran], folder: Path) -> None:
    rows = pl.read_csv(folder / "SPX_History.csv")
    rows.filter((pl.int_range(pl.len()) < 2100) | (pl.int_range(pl.len()) >= 2130)).write_csv("SPX.csv")
    ran = gex("flows", "--history", "SPX.csv", "--format", "json")
    assert "more than 15 sessions are missing" in ran.err
    doc = json.loads(ran.out)
    assert doc["warnings"][0].startswith("SPX: no rows for ")
    assert np.signbit(doc["usd"]["trend_followers"][0]).sum() == 0


@pytest.mark.real
def test_the_evening_of_2025_11_19(gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    """Before 20 November 2025: no chain, funds and trend followers from the history alone."""
    given = ("--histories", data_path("history"), "--as-of", "2025-11-19", "--vol-control-aum", "200bn")
    doc = document(gex("flows", *given, "--format", "json"))
    assert doc["spot"] == pytest.approx(6642.16, abs=0.01)
    assert doc["session"]["date"] == "2025-11-20"
    reasons = {part["name"]: part["reason"] for part in doc["parts"]}
    assert reasons["dealers"] == "no chain: give a SOURCE"
    assert [name for name, reason in reasons.items() if reason] == ["dealers"]
