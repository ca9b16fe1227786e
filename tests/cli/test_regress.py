"""`gex regress`: every form says the same, what is missing says why, and the public series says what was found in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran


@pytest.fixture(scope="module", name="series")
def _series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prices, prices before the close and gamma of 400 days; the last half hour goes on after gamma below zero."""
    rng = np.random.default_rng(6)
    gamma = rng.normal(1.0, 1.0, 400)
    before = np.concatenate([[1.0], gamma[:-1]]) < 0
    rest = rng.normal(0.0, 0.01, 400) * np.where(before, 2.0, 1.0)
    late = rng.normal(0.0, 0.002, 400) + np.where(before, rest, 0.0)
    closes = 4000.0 * np.cumprod((1 + rest) * (1 + late))
    days = np.busday_offset("2020-01-06", np.arange(400)).astype("datetime64[D]")
    path = tmp_path_factory.mktemp("series") / "mine.csv"
    pl.DataFrame({"date": days, "price": closes, "late": closes / (1 + late), "gex": gamma * 1e9}).write_csv(path)
    return path


def test_every_form_holds_the_same(gex: Callable[..., Ran], series: Path, tmp_path: Path) -> None:
    arguments = ("regress", series, "--gamma", f"{series}#gex", "--before-close", f"{series}#late")
    document = json.loads(gex(*arguments, "--format", "json").out)
    assert (document["history"], document["gamma"], document["before_close"]) == ("MINE", "GEX", "LATE")
    rows = [json.loads(line) for line in gex(*arguments, "--format", "jsonl").out.splitlines()]
    slopes = {row["figure"]: row for row in rows if row["error"] is not None}
    assert set(slopes) == {"on_gamma", "on_sign", "below_zero", "above", "difference"}
    for name, row in slopes.items():
        assert document[row["part"]][name]["value"] == row["value"]
        assert document[row["part"]][name]["unit"] == row["unit"]
    assert abs(slopes["below_zero"]["value"] - 1.0) < 3 * slopes["below_zero"]["error"] < 0.3
    gex(*arguments, "-o", tmp_path / "found.parquet")
    assert pl.read_parquet(tmp_path / "found.parquet").to_dicts() == rows
    assert pl.read_csv(gex(*arguments, "--format", "csv").out.encode()).height == len(rows)
    screen = gex(*arguments)
    assert (screen.code, screen.err) == (0, "")
    assert f"{slopes['below_zero']['value']:+.2f}" in screen.out
    assert "no effect seen" in screen.out
    assert max(map(len, screen.out.splitlines())) <= 80


def test_without_prices_before_the_close_the_last_half_hour_is_null_with_a_reason(
    gex: Callable[..., Ran], series: Path
) -> None:
    document = json.loads(gex("regress", series, "--gamma", f"{series}#gex", "--format", "json").out)
    assert document["last_half_hour"] is None
    assert "--before-close" in document["reasons"]["last_half_hour"]
    assert "give --before-close" in gex("regress", series, "--gamma", f"{series}#gex").out


def test_a_few_days_say_so(gex: Callable[..., Ran], series: Path) -> None:
    arguments = ("regress", series, "--gamma", f"{series}#gex", "--until", "2020-01-09")
    found = json.loads(gex(*arguments, "--format", "json").out)["next_day"]
    assert (found["n"], found["on_gamma"], found["correlation"]) == (4, None, None)
    assert found["reasons"]["on_gamma"] == "not enough data: n = 4"
    assert found["reasons"]["by_sign below zero"].startswith("not enough data: n = ")
    shown = gex(*arguments)
    assert shown.code == 0
    assert "size, points for one sd of gamma: not enough data: n = 4" in shown.out
    rows = [json.loads(line) for line in gex(*arguments, "--format", "jsonl").out.splitlines()]
    assert all(row["value"] is not None or row["reason"] for row in rows)


def test_a_series_without_a_next_day_has_no_dates_to_name(gex: Callable[..., Ran], series: Path) -> None:
    last = pl.read_csv(series)["date"].max()
    shown = gex("regress", series, "--gamma", f"{series}#gex", "--since", last).out
    assert shown.splitlines()[1].startswith("0 days of gamma · ")
    assert "None" not in shown


def test_dates_without_a_price_are_counted_and_none_at_all_is_missing(
    gex: Callable[..., Ran], series: Path, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.csv"
    pl.read_csv(series).select("date", "price")[50:].write_csv(prices)
    found = json.loads(gex("regress", prices, "--gamma", f"{series}#gex", "--format", "json").out)
    assert found["gamma_dates_without_history"] == 50
    assert found["next_day"]["n"] == 349
    pl.read_csv(series).select("date", "price")[:1].with_columns(pl.lit("2019-01-02").alias("date")).write_csv(prices)
    missing = gex("regress", prices, "--gamma", f"{series}#gex")
    assert missing.code == 6
    assert "no date on which both PRICES and GEX have a value" in missing.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("mine.csv",), 2, "--gamma"),
        (("mine.csv", "--gamma", "NONE"), 6, "no history 'NONE'"),
        (("mine.csv", "--gamma", "mine.csv#gax"), 3, "no column 'gax'; there are date, price, late, gex"),
        (("none.csv", "--gamma", "mine.csv#gex"), 3, "none.csv"),
        (("mine.csv", "--gamma", "mine.csv#gex", "--since", "2021-01-05", "--until", "2020-01-01"), 2, "is after"),
        (("mine.csv", "--gamma", "mine.csv#gex", "--since", "2031-01-05"), 6, "no date on which both"),
        (("mine.csv", "--gamma", "mine.csv#gex", "--lags", "-1"), 2, "--lags"),
        (("mine.csv", "--gamma", "mine.csv#gex", "--before-close", "etf.csv"), 3, "etf.csv: before_close must be in"),
        (
            ("mine.csv#gex", "--gamma", "mine.csv#gex"),
            3,
            "of its values are no prices above 0; name the column of prices",
        ),
    ],
)
def test_what_is_wrong_is_one_line_and_a_code(
    gex: Callable[..., Ran],
    series: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(series.parent)
    pl.read_csv(series).select("date", pl.col("late") / 10).write_csv("etf.csv")
    ran = gex("regress", *arguments)
    assert ran.code == code
    assert message in ran.err
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1


@pytest.mark.real
def test_the_public_series_on_the_terminal(gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    path = data_path("history", "squeezemetrics_dix_gex.csv")
    out = gex("regress", path, "--gamma", f"{path}#gex").out
    for text in ("1.699%", "0.930%", "0.703%", "0.733%", "2.223%", "0.898%", "1.524%", "0.640%", "−0.259", "334 below"):
        assert text in out
    own = gex("regress", "SPX", "--histories", path.parent, "--gamma", f"{path}#gex", "--format", "json")
    assert json.loads(own.out)["next_day"]["correlation"] == pytest.approx(-0.259, abs=2e-3)
