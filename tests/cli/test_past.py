"""`gex report --results`: percentiles among earlier sessions of the same settings, nothing where there are none."""

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import files
from typing import TYPE_CHECKING

import jsonschema
import pytest
from results import fill

import gex as library
from gex.history import history_of
from gex.ingest.result_parts import parts
from gex.ingest.sample import generate_days, write_cboe_csv
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

NET = "net_gamma_usd_per_1pct"
COUNT = 22


@pytest.fixture(scope="module", name="days")
def _days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("days")
    paths = []
    for number, sample in enumerate(generate_days("SPX", COUNT, seed=8, at=dt.time(10, 30), size="small")):
        paths.append(folder / f"{number}.csv")
        write_cboe_csv(sample, paths[-1])
    return paths


@pytest.fixture(scope="module", name="results")
def _results(tmp_path_factory: pytest.TempPathFactory, days: list[Path]) -> Path:
    results = tmp_path_factory.mktemp("results")
    fill(days, results)
    return results


def past(ran: Ran) -> dict[str, object]:
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads(files("gex.cli").joinpath("report.schema.json").read_text()))
    return document.get("past")


def test_ranks_are_those_of_the_history(gex: Callable[..., Ran], days: list[Path], results: Path) -> None:
    found = past(gex("report", days[21], "--results", results, "--format", "json"))
    row = history_of(library.scan_series(results, "SPX").collect()).frame.to_dicts()[21]
    assert found["sessions"] == 21
    assert found["last"] < str(row["quote_date"])
    for name, rank in found["ranks"].items():
        assert rank["percentile"] == pytest.approx(row[f"{name}_percentile"])
        assert rank["zscore"] == pytest.approx(row[f"{name}_zscore"])
        assert rank["sessions"] == row[f"{name}_sessions"]
    out = gex("report", days[21], "--results", results).out
    assert f"PAST  percentile: net {row[f'{NET}_percentile']:.0f} of 21" in out
    assert max(map(len, out.splitlines())) <= 80


def test_few_sessions_are_no_ground_for_a_rank(gex: Callable[..., Ran], days: list[Path], results: Path) -> None:
    ran = gex("report", days[3], "--results", results)
    assert "PAST  3 sessions before, from" in ran.out
    assert "20 needed for percentiles" in ran.out
    found = past(gex("report", days[3], "--results", results, "--format", "json"))
    assert found["ranks"][NET] == {
        "percentile": None, "zscore": None, "sessions": 3, "reason": "3 earlier sessions with it, 20 needed",
    }  # fmt: skip


@pytest.mark.parametrize("settings", [("--vol", "vendor"), ("--positions", "short-all"), ("--expirations", "0dte")])
def test_other_settings_are_no_past(
    gex: Callable[..., Ran], days: list[Path], results: Path, settings: tuple[str, ...]
) -> None:
    ran = gex("report", days[21], "--results", results, "--format", "json", *settings)
    assert ran.code == 0
    assert past(ran) is None


def test_rates_and_bands_are_no_other_settings(gex: Callable[..., Ran], days: list[Path], results: Path) -> None:
    ran = gex("report", days[21], "--results", results, "--format", "json", "--curve", "5%", "--band", "none")
    assert past(ran)["sessions"] == 21


@pytest.mark.parametrize("form", ["table", "json"])
def test_without_a_past_nothing_is_said(
    gex: Callable[..., Ran], days: list[Path], results: Path, tmp_path: Path, form: str
) -> None:
    plain = gex("report", days[0], "--format", form)
    for folder in (results, tmp_path / "nowhere"):
        assert gex("report", days[0], "--format", form, "--results", folder) == plain


def test_the_results_own_settings_come_first(gex: Callable[..., Ran], days: list[Path], tmp_path: Path) -> None:
    """A later run under other settings restates the dates, and hides nothing."""
    assert gex("batch", *days[:3], "--to", tmp_path, "--band", "none", "-q").code == 0
    fill(days[:3], tmp_path, Settings(positions="short-all", band=()), "0" * 16)
    found = past(gex("report", days[3], "--results", tmp_path, "--band", "none", "--format", "json"))
    assert found["sessions"] == 3


def test_a_damaged_result_is_named_and_left_out(gex: Callable[..., Ran], days: list[Path], tmp_path: Path) -> None:
    fill(days[:3], tmp_path)
    broken = parts(tmp_path)[0].path
    broken.write_bytes(broken.read_bytes()[:-20])
    ran = gex("report", days[3], "--results", tmp_path, "--format", "json")
    assert ran.code == 0
    assert broken.name in ran.err
    assert past(ran)["sessions"] == 2
