"""The SPX days of 27 August to 5 September 2025 as a series: figures, attribution and grades checked by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

pytestmark = pytest.mark.real

NET = "net_gamma_usd_per_1pct"
DATES = [f"2025-{day}" for day in ("08-27", "08-28", "08-29", "09-02", "09-03", "09-04", "09-05")]
STEPS = ("rolled_off", "price", "time", "volatility", "carry", "quantity", "new")


@pytest.fixture(scope="module", name="results")
def _results(data_path: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = data_path("chains", "cboe_csv")
    results = tmp_path_factory.mktemp("results")
    files = sorted(map(str, folder.glob("spx_2025-0*.csv")))
    assert run(["batch", *files, "--to", str(results), "--executor", "serial", "--quiet"]) == 0
    return results


def rows(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0
    return json.loads(ran.out)["rows"]


def test_the_series_is_a_line_a_session(gex: Callable[..., Ran], results: Path) -> None:
    """Labor Day's file holds the quotes of Friday, with Friday's open interest: it is that session's last snapshot."""
    found = rows(gex("history", "SPX", "--results", results, "--format", "json"))
    assert [row["quote_date"] for row in found] == DATES
    assert [round(row[NET] / 1e9) for row in found] == [41, 63, 18, 1, 21, 100, 114]
    assert found[2]["open_interest_date"] == "2025-08-29"
    assert (
        rows(gex("history", "SPX", "--results", results, "--every", "snapshot", "--format", "json"))[2:4][0][
            "open_interest_date"
        ]
        == "2025-08-28"
    )
    out = gex("history", "SPX", "--results", results).out
    assert max(map(len, out.splitlines())) <= 80
    assert "quotes from 10:01 to 16:15 New York time" in out
    assert "no result for" not in out, "Labor Day is no session"


def test_what_moved_net_gamma_and_the_flip_adds_up(gex: Callable[..., Ran], results: Path) -> None:
    _, *found = rows(gex("history", "SPX", "--results", results, "--attribution", "--format", "json"))
    for row in found:
        for stem, unit in ((NET, 1e9), ("gamma_flip", 1.0)):
            parts = [row[f"{stem}_moved_by_{step}"] for step in STEPS]
            assert sum(parts) / unit == pytest.approx(row[f"{stem}_change"] / unit, abs=1e-6)
    last = found[-1]
    assert last[f"{NET}_moved_by_price"] / 1e9 == pytest.approx(19.0, abs=0.05), "docs/methods.md, What changed"
    assert last[f"{NET}_moved_by_quantity"] / 1e9 == pytest.approx(43.0, abs=0.05)


def test_the_grades_are_those_of_the_index_and_too_few(
    gex: Callable[..., Ran], results: Path, data_path: Callable[..., Path]
) -> None:
    """Call walls 6500, 6500, 6500, 6600, 6500, 6480, 6535 against the ranges and closes of 28 August to 8 September."""
    prices = data_path("history", "SPX_History.csv")
    ran = gex("score", "SPX", "--results", results, "--prices", prices, "--format", "json")
    found = {(each["name"], each["outcome"]): each for each in json.loads(ran.out)["grades"]}
    told = [(found["call_wall", name]["count"], found["call_wall", name]["of"]) for name in ("touched", "held")]
    assert told == [(4, 7), (1, 4)]
    assert found["call_wall", "closed_beyond"]["count"] == 3
    assert all(each["verdict"].startswith("too few to say anything: ") for each in found.values() if each["rate"])
    assert "NOTHING CAN BE SAID of 7 sessions" in gex("score", "SPX", "--results", results, "--prices", prices).out
