"""`gex feedback`: sentences, documents and tables that agree, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import math
import re

import polars as pl
import pytest

MARKET = ("--adv", "500bn", "--daily-volatility", "1%")
WINDOWS = 80


def document_of(gex, *arguments):
    ran = gex("feedback", *arguments, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def test_the_figures_are_the_closed_forms_of_the_reports_gamma(gex, spx_csv):
    document = document_of(gex, spx_csv, *MARKET)
    report = json.loads(gex("report", spx_csv, "--format", "json").out)
    gamma = report["exposure"]["gamma_usd_per_1pct"]["net"]
    linear = document["linear"]
    assert document["gamma_usd_per_1pct"] == pytest.approx(gamma, rel=1e-9)
    assert linear["impact_per_usd"] == pytest.approx(0.01 / 5e11)
    assert linear["usd_per_1pct"] == pytest.approx(5e11)
    assert linear["strength"] == pytest.approx(2e-14 * 100 * gamma)
    assert linear["multiplier"] == pytest.approx(1 / (1 + linear["strength"]))
    assert linear["late"]["phi"] == -linear["strength"]
    assert linear["critical_gamma_usd_per_1pct"] == pytest.approx(-5e11)
    assert linear["room_usd_per_1pct"] == pytest.approx(gamma + 5e11)


def test_impact_alone_is_a_law_and_the_square_root_another(gex, spx_csv):
    given = document_of(gex, spx_csv, "--impact", "2e-14")
    derived = document_of(gex, spx_csv, *MARKET)
    assert given["linear"] == derived["linear"]
    assert given["prices"] == derived["prices"]
    root = document_of(gex, spx_csv, *MARKET, "--law", "square-root", "--prefactor", 0.5)
    assert root["law"] == {"name": "square_root", "adv_usd": 5e11, "daily_volatility": 0.01, "prefactor": 0.5}
    traded = abs(root["gamma_usd"]) * 0.01
    assert root["linear"]["impact_per_usd"] == pytest.approx(0.5 * 0.01 * math.sqrt(traded / 5e11) / traded)


def test_without_an_impact_gamma_and_the_critical_impact_are_told(gex, spx_csv):
    document = document_of(gex, spx_csv)
    assert (document["law"], document["linear"], document["prices"], document["day"]) == (None, None, None, None)
    assert document["critical"]["impact_per_usd"] > 0
    assert {"linear", "prices", "day"} <= set(document["reasons"])
    assert "depends on the impact" in " ".join(gex("feedback", spx_csv).out.split())


def test_beyond_the_pole_the_market_has_no_equilibrium_in_words(gex, spx_csv):
    ran = gex("feedback", spx_csv, "--positions", "short-all", "--impact", "1e-11")
    assert (ran.code, ran.err) == (0, "")
    text = " ".join(ran.out.split())
    assert "NO EQUILIBRIUM" in text
    assert re.search(r"lambda \* G = -[\d.]+ <= -1", text)
    document = document_of(gex, spx_csv, "--positions", "short-all", "--impact", "1e-11")
    assert document["linear"]["regime"] == "no equilibrium"
    assert (document["linear"]["multiplier"], document["linear"]["late"]) == (None, None)
    assert "no equilibrium" in document["reasons"]["linear.multiplier"]
    assert not document["prices"]["at_rest"]


def test_a_day_is_the_same_again_and_moves_by_what_is_traded(gex, spx_csv):
    options = (spx_csv, *MARKET, "--day", "--seed", 5, "--sessions", 20, "--step", 30)
    first, again = (document_of(gex, *options)["day"] for _ in range(2))
    assert first == again
    assert document_of(gex, *options[:-6], "--seed", 6, *options[-4:])["day"]["path"] != first["path"]
    for row in first["path"]:
        moved = math.log(row["spot"] / row["spot_alone"])
        assert moved == pytest.approx(2e-14 * row["dealers_usd"], abs=1e-12)
    assert first["path"][-1]["elapsed"] == 1.0
    assert first["statistics"]["days"] == 20
    assert [(part["name"], part["present"]) for part in first["parts"]] == [
        ("dealers", True),
        ("leveraged_funds", False),
        ("trend_followers", False),
    ]
    assert "--previous-close" in first["parts"][1]["reason"]


def test_with_a_close_leveraged_funds_trade_at_the_end_of_the_day(gex, spx_csv):
    spot = document_of(gex, spx_csv)["spot"]
    day = document_of(gex, spx_csv, *MARKET, "--day", "--sessions", 1, "--previous-close", 0.98 * spot)["day"]
    usd = [row["leveraged_funds_usd"] for row in day["path"]]
    assert usd[0] == usd[len(usd) // 2] == 0.0
    assert usd[-1] > 0
    assert "one session" in day["statistics"]["reasons"]["volatility_ratio.error"]


def test_the_screen_fits_and_says_what_json_does(gex, spx_csv):
    for extra in (
        (),
        ("--law", "square-root"),
        ("--day", "--sessions", 3),
        ("--positions", "short-all", "--impact", "1e-11"),
    ):
        market = () if "--impact" in extra else MARKET
        out = gex("feedback", spx_csv, *market, *extra).out
        assert max(map(len, out.splitlines())) <= WINDOWS
    text = gex("feedback", spx_csv, *MARKET).out
    multiplier = document_of(gex, spx_csv, *MARKET)["linear"]["multiplier"]
    assert f"x{multiplier:.3f}" in text


def test_tables_hold_what_json_does(gex, spx_csv, tmp_path):
    arguments = (spx_csv, "--positions", "short-all", "--impact", "2e-12", "--daily-volatility", "1%", "--day")
    arguments += ("--sessions", "2")
    document = document_of(gex, *arguments)
    for table, rows in (("folds", document["prices"]["folds"]), ("day", document["day"]["path"])):
        target = tmp_path / f"{table}.parquet"
        assert gex("feedback", *arguments, "--table", table, "-o", target).code == 0
        frame = pl.read_parquet(target)
        assert frame["spot"].to_list() == [row["spot"] for row in rows]
    (row,) = csv.DictReader(io.StringIO(gex("feedback", *arguments, "--format", "csv").out))
    assert float(row["strength"]) == document["linear"]["strength"]
    assert row["underlying"] == "SPX"


def test_several_sources_are_an_array_and_a_bad_one_is_4(gex, spx_csv, qqq_csv):
    ran = gex(
        "feedback", spx_csv, "missing.csv", qqq_csv, "--format", "json", "--impact", "1e-13", "--exercise", "european"
    )
    assert ran.code == 4
    assert "missing.csv" in ran.err
    assert [each["underlying"] for each in json.loads(ran.out)] == ["SPX", "QQQ"]
    assert gex("feedback", "missing.csv").code == 3


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--adv", "50bn"], "needs --daily-volatility"),
        (["--impact", "1e-12", *MARKET], "--impact is the law already"),
        (["--impact", "0"], "--impact"),
        (["--impact", "-1e-12"], "--impact"),
        (["--impact", "nan"], "--impact"),
        (["--impact", "inf"], "--impact"),
        ([*MARKET, "--prefactor", "nan"], "--prefactor"),
        ([*MARKET, "--step", "nan"], "--step"),
        ([*MARKET, "--previous-close", "inf"], "--previous-close"),
        (["--adv", "-5bn", "--daily-volatility", "1%"], "--adv must be above 0"),
        (["--adv", "much", "--daily-volatility", "1%"], "no amount of dollars"),
        (["--adv", "50bn", "--daily-volatility", "0"], "--daily-volatility must be above 0"),
        (["--reach", "90%"], "--reach"),
        (["--day"], "--day needs"),
        (["--day", "--impact", "1e-12"], "--day needs"),
        (["--table", "day"], "--table day needs --day"),
        (["--seed", "-1"], "--seed"),
        (["--seed", str(2**63)], "--seed"),
        (["--impact", "1e300"], "over 100%"),
        (["--impact", "2e-6"], "over 100%"),
        (["--adv", "1e-3", "--daily-volatility", "1%"], "over 100%"),
        (["--adv", "1", "--daily-volatility", "1%", "--law", "square-root"], "over 100%"),
    ],
)
def test_half_a_law_and_nonsense_are_usage_errors(gex, spx_csv, arguments, match):
    ran = gex("feedback", spx_csv, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert match in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.real
def test_with_histories_everyone_trades_on_a_real_chain(gex, data_path):
    """SPX 2025-09-04 at 14:15: +99.7 $bn per 1%; funds and trend followers by the closes before."""
    chain, histories = data_path("chains", "cboe_csv", "spx_2025-09-04_1430.csv"), data_path("history")
    arguments = (chain, *MARKET, "--day", "--sessions", 50, "--histories", histories)
    document = document_of(gex, *arguments)
    assert document["gamma_usd_per_1pct"] / 1e9 == pytest.approx(99.7, abs=0.1)
    assert document["linear"]["multiplier"] == pytest.approx(1 / 1.1994, abs=1e-3)
    assert all(part["present"] for part in document["day"]["parts"])
    for row in document["day"]["path"]:
        usd = row["dealers_usd"] + row["leveraged_funds_usd"] + row["trend_followers_usd"]
        assert math.log(row["spot"] / row["spot_alone"]) == pytest.approx(2e-14 * usd, abs=1e-12)
    assert max(map(len, gex("feedback", *arguments).out.splitlines())) <= WINDOWS
