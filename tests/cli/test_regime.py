"""`gex regime` on small histories of every kind of fault, and on November 2025."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import click
import numpy as np
import polars as pl
import pytest
from daily import weekdays

from gex.cli.render.regime_screen import headline
from gex.signals.regime import Reading, Regime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

NAMES = (
    "vix_band",
    "vvix_persistence",
    "vix9d_over_vix",
    "vix_over_vix3m",
    "variance_premium",
    "realized_volatility",
    "credit_speed",
)


@pytest.fixture(name="histories")
def _histories(tmp_path: Path) -> Path:
    """Return a folder of all six, sixty weekdays to 24 March 2020; VIX ends at 26, VVIX with four closes above 110."""
    folder = tmp_path / "histories"
    folder.mkdir()
    steps = np.sin(np.arange(60.0))
    vix = np.append(20 + steps[1:], 26.0)
    closes = {
        "SPX": 3000 + 20 * steps,
        "VIX": vix,
        "VIX9D": vix * 1.1,
        "VIX3M": np.full(60, 25.0),
        "VVIX": np.append(np.full(56, 100.0), [111.0, 112.0, 113.0, 114.0]),
    }
    days = weekdays(60).astype(dt.date)
    for name, values in closes.items():
        lines = [f"{day:%m/%d/%Y},{value:.6f}" for day, value in zip(days, values, strict=True)]
        (folder / f"{name}_History.csv").write_text("\n".join([f"DATE,{name}", *lines]) + "\n")
    spreads = [f"{day},{3.5 + place / 100:.2f}" for place, day in enumerate(days)]
    (folder / "fred_BAMLH0A0HYM2.csv").write_text("\n".join(["DATE,BAMLH0A0HYM2", *spreads]) + "\n")
    return folder


def readings(ran: Ran, code: int = 0) -> dict[str, dict[str, Any]]:
    assert ran.code == code, ran.err
    return {each["name"]: each for each in json.loads(ran.out)["readings"]}


def test_a_regime_reads_well_on_80_columns(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("regime", "--histories", histories)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    head = "REGIME  Tue 2020-03-24, after the close: VIX stress, VVIX testing 4 of 5"
    assert " ".join(ran.out.split("\n\n")[0].split()).startswith(" ".join(head.split()))
    assert "VIX         45.00 or more: extreme · below 24.00: raised" in ran.out
    assert "VVIX        above 110.00: confirmed · 110.00 or less: off" in ran.out
    assert "HY spread   BAMLH0A0HYM2 above 4.38%: stress" in ran.out, "3.88 of 21 values before tomorrow's, and 50 bp"
    assert "Parkinson" not in ran.out, "closes alone have no range"


def test_the_document_names_units_rules_and_sources(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("regime", "--histories", histories, "--format", "json", "--vvix-closes", "4", "--vix-bands", "10,20,30")
    found, document = readings(ran), json.loads(ran.out)
    assert tuple(found) == NAMES
    assert (document["schema_version"], document["as_of"]) == (1, "2020-03-24")
    assert (document["rules"]["vvix_closes"], document["rules"]["vix_edges"]) == (4, [10.0, 20.0, 30.0])
    assert (found["vvix_persistence"]["state"], found["vvix_persistence"]["since"]) == ("confirmed", "2020-03-24")
    assert (found["vix_band"]["value"], found["vix_band"]["unit"]) == (26.0, "points")
    assert found["vix_over_vix3m"]["state"] == "backwardation"
    assert found["realized_volatility"]["reasons"] == {"state": "it has no states"}
    assert found["credit_speed"]["date"] == "2020-03-23", "published a weekday late"
    assert found["credit_speed"]["value"] == 21.0
    assert {each["name"] for each in document["histories"]} == {"SPX", "VIX", "VVIX", "VIX9D", "VIX3M", "BAMLH0A0HYM2"}
    assert all(len(each["sha256"]) == 64 and each["last"] == "2020-03-24" for each in document["histories"])


def test_every_form_holds_the_same(gex: Callable[..., Ran], histories: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in gex("regime", "--histories", histories, "--format", "jsonl").out.splitlines()]
    table = pl.read_csv(io.StringIO(gex("regime", "--histories", histories, "--format", "csv").out))
    assert table["name"].to_list() == [row["name"] for row in rows] == list(NAMES)
    assert table["value"].to_list() == pytest.approx([row["value"] for row in rows])
    assert table["changes"][0] == "VIX 45.00 or more: extreme; VIX below 24.00: raised"
    assert gex("regime", "--histories", histories, "-o", tmp_path / "r.parquet").code == 0
    assert pl.read_parquet(tmp_path / "r.parquet").height == len(NAMES)


def test_colours_change_no_word(gex: Callable[..., Ran], histories: Path) -> None:
    plain, painted = (gex("regime", "--histories", histories, "--color", each).out for each in ("never", "always"))
    assert painted != plain
    assert click.unstyle(painted) == plain


def test_a_picture_has_a_panel_a_figure_and_shades_its_states(gex: Callable[..., Ran], histories: Path) -> None:
    svg = ET.fromstring(gex("regime", "--histories", histories, "--format", "svg").out)  # noqa: S314 (our own)
    texts = [each.text or "" for each in svg.iter() if each.tag.endswith("text")]
    assert (
        texts[0]
        == "Tue 2020-03-24, after the close: VIX stress, VVIX testing 4 of 5, VIX9D/VIX backwardation, VIX/VIX3M backwardation"
    )
    assert {"VIX, points", "VVIX, points", "VIX9D/VIX, ratio", "HY spread, change in basis points"} <= set(texts)
    assert {"26.00", "stress", "testing 4 of 5"} <= set(texts)
    lines = [
        each for each in svg.iter() if each.tag.endswith("polyline") and len((each.get("points") or "").split()) > 30
    ]
    assert len(lines) == 6
    shades = [each.get("fill-opacity") for each in svg.iter() if each.tag.endswith("polygon")]
    assert shades.count("0.35") >= 4, "VVIX is tested on four days"
    for point in (point for each in lines for point in (each.get("points") or "").split()):
        x, y = map(float, point.split(","))
        assert 76 <= x <= 940
        assert 100 <= y <= 1100


def test_a_picture_of_nothing_is_a_picture(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("regime", "--histories", histories, "--as-of", "2019-01-01", "--format", "svg")
    assert ran.code == 6
    assert "nothing is known" in ran.out


def test_the_series_hold_every_day_with_its_state(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("regime", "--histories", histories, "--format", "csv", "--table", "series")
    series = pl.read_csv(io.StringIO(ran.out), try_parse_dates=True, infer_schema_length=None)
    assert series.columns == ["date", "name", "value", "unit", "state", "count"]
    vvix = series.filter(pl.col("name") == "vvix_persistence")
    assert vvix["state"].to_list() == ["off"] * 56 + ["testing"] * 4
    assert vvix["count"].to_list() == [None] * 56 + [1, 2, 3, 4]


def test_what_is_missing_or_stale_is_said_and_6_only_if_asked_or_if_all_is(
    gex: Callable[..., Ran], histories: Path
) -> None:
    (histories / "VIX3M_History.csv").unlink()
    assert gex("regime", "--histories", histories).code == 0
    ran = gex("regime", "--histories", histories, "--complete", "--format", "json")
    assert readings(ran, 6)["vix_over_vix3m"]["reasons"] == {"value": "no history of VIX3M"}
    ran = gex("regime", "--histories", histories, "--as-of", "2020-03-30")
    assert ran.code == 6
    assert "nothing of 2020-03-30: every figure is missing or stale" in ran.err
    assert "! VIX: its last value is of 2020-03-24, 4 weekdays before" in ran.out
    assert "(stress)" in ran.out
    assert gex("regime", "--histories", histories, "--as-of", "2020-03-30", "--stale-after", "9").code == 0
    assert gex("regime", "--histories", histories, "--as-of", "2019-01-01").code == 6


def test_files_can_be_named_one_by_one(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("regime", "--series", f"vix={histories / 'VIX_History.csv'}", "--format", "json")
    found = readings(ran)
    assert found["vix_band"]["state"] == "stress"
    assert found["variance_premium"]["reasons"] == {"value": "no history of SPX"}


def test_nothing_stands_out_only_of_what_is_known() -> None:
    known = Reading("vix_band", ("VIX",), value=12.0, state="normal")
    missing = Reading("credit_speed", ("BAMLH0A0HYM2",), reason="no history of BAMLH0A0HYM2")
    for readings, says in (
        ((known,), "nothing stands out"),
        ((known, missing), "nothing stands out in what is known"),
        ((missing,), "nothing is known"),
    ):
        assert headline(Regime(dt.date(2025, 11, 21), readings, {}, {})).endswith(f": {says}")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 6, "none of SPX, VIX, VVIX, VIX9D, VIX3M, BAMLH0A0HYM2 among the histories"),
        (("--vix-bands", "20,24"), 2, "are not three numbers going up, such as 20,24,45"),
        (("--vix-bands", "24,20,45"), 2, "are not three numbers going up"),
        (("--vix-bands", "nan,20,45"), 2, "are not three numbers going up"),
        (("--vvix-closes", "0"), 2, "0 is not in the range"),
        (("--vvix-above", "nan"), 2, "'--vvix-above': nan is no number"),
        (("--credit-bp", "inf"), 2, "'--credit-bp': inf is no number"),
        (("--as-of", "yesterday"), 2, "--as-of"),
        (("--histories", "nowhere"), 6, "no such folder"),
        (("--series", "VIX=nowhere.csv"), 3, "nowhere.csv"),
    ],
)
def test_bad_arguments_are_told_in_a_line(
    gex: Callable[..., Ran], arguments: tuple[str, ...], code: int, message: str
) -> None:
    ran = gex("regime", *arguments)
    assert ran.code == code, ran.err
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.real
def test_vvix_is_confirmed_on_21_november_2025_by_five_closes_and_not_by_six(
    gex: Callable[..., Ran], data_path: Callable[..., Path]
) -> None:
    def told(needed: int) -> list[tuple[float, str]]:
        file = f"VVIX={data_path('history', 'VVIX_History.csv')}"
        arguments = ("--as-of", "2025-11-24", "--vvix-closes", needed, "--format", "csv", "--table", "series")
        last = pl.read_csv(io.StringIO(gex("regime", "--series", file, *arguments).out)).tail(6)
        return [
            (value, f"{state} {count}") for value, state, count in last.select("value", "state", "count").iter_rows()
        ]

    closes = [117.86, 124.32, 119.57, 128.65, 118.34, 103.96]
    five = ["testing 1", "testing 2", "testing 3", "testing 4", "confirmed 5", "cooling 1"]
    assert told(5) == list(zip(closes, five, strict=True))
    assert [state for _, state in told(6)] == [*five[:4], "testing 5", "off None"]


@pytest.mark.real
def test_the_evenings_of_19_and_20_november_2025(gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    """The files' own lines: VIX 23.66 and 26.42, VIX9D 26.35 and VIX3M 25.76 on the 20th."""
    folder = data_path("history")
    before, after = (
        readings(gex("regime", "--histories", folder, "--as-of", f"2025-11-{day}", "--format", "json"))
        for day in (19, 20)
    )
    assert [each["vix_band"]["state"] for each in (before, after)] == ["raised", "stress"]
    assert [each["vix_over_vix3m"]["state"] for each in (before, after)] == ["contango", "backwardation"]
    assert after["vix_over_vix3m"]["value"] == pytest.approx(26.42 / 25.76)
    assert after["vix9d_over_vix"]["value"] == pytest.approx(26.35 / 26.42)
    assert after["credit_speed"]["date"] == "2025-11-19"
    assert after["credit_speed"]["value"] == 20.0
    assert after["variance_premium"]["value"] == pytest.approx(26.42**2 - after["realized_volatility"]["value"] ** 2)
    assert after["realized_volatility"]["value"] == pytest.approx(13.7286, abs=1e-4)
    assert (after["vvix_persistence"]["count"], after["vvix_persistence"]["of"]) == (4, 5)


@pytest.mark.real
def test_how_often_vvix_stands_above_110(data_path: Callable[..., Path]) -> None:
    """METHODS 7: 15.1% of days since June 2006, mean 93.57, median 90.89 (to 9 July 2026); runs of N closes."""
    from gex import read_history
    from gex.signals.persistence import fired, persistence

    vvix = read_history(data_path("history", "VVIX_History.csv"))
    assert vvix.frame["date"][0] == dt.date(2006, 6, 1)
    to_july = vvix.frame.filter(pl.col("date") <= dt.date(2026, 7, 9))["close"]
    assert (round(to_july.mean(), 2), round(to_july.median(), 2)) == (93.57, 90.89)
    assert (to_july > 110).mean() == pytest.approx(0.151, abs=0.0005)
    runs = {n: fired(persistence("VVIX", vvix.dates, vvix.column(), 110.0, needed=n)).sum() for n in (1, 3, 5, 7)}
    assert runs == {1: 132, 3: 58, 5: 43, 7: 32}
