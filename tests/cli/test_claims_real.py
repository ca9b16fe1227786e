"""The notes of November 2025 on the real histories: every figure, and the verdict on each claim."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.cli.conftest import Ran

pytestmark = pytest.mark.real
CLAIMS = Path(__file__).resolve().parents[2] / "docs" / "claims_of_november_2025.toml"


@pytest.fixture(name="folder", scope="module")
def _folder(data_path: Callable[..., Path]) -> Path:
    """The folder of the real histories."""
    return data_path("history")


@pytest.fixture(name="audited")
def _audited(gex: Callable[..., Ran], folder: Path) -> dict[str, dict[str, Any]]:
    """Each claim's document, by its name."""
    ran = gex("claims", CLAIMS, "--histories", folder, "--format", "json")
    assert ran.code == 0, ran.err
    return {each["claim"]: each for each in json.loads(ran.out)["claims"]}


VERDICTS = {
    "weekly-average": "wrong",
    "weekly-average-touched": "holds",
    "days-above-average": "wrong",
    "days-above-average-press": "holds",
    "after-138-days": "wrong",
    "after-138-days-later-cases": "cannot_be_told",
    "after-long-runs-end": "wrong",
    "fifty-day-average": "wrong",
    "twenty-day-average": "wrong",
    "trend-trigger": "holds",
    "trend-selling-week": "inconsistent_units",
    "trend-selling-month": "inconsistent_units",
    "trend-selling-week-bank": "consistent_units",
    "trend-selling-month-bank": "consistent_units",
    "trend-share-of-market": "inconsistent_units",
    "negative-gamma-buys": "wrong",
    "december": "wrong",
    "vvix-sustained": "holds",
    "vvix-sustained-longer": "wrong",
    "after-vvix-six-months": "wrong",
    "after-vvix-twelve-months": "not_supported",
    "target-zone": "wrong",
    "credit-spread": "wrong",
    "credit-speed": "wrong",
}
FIGURES = [
    ("weekly-average", "level", 6547.68, 0.005),
    ("weekly-average-touched", "range", 6547.68, 0.005),
    ("days-above-average", "streak", 0, 0),
    ("days-above-average-press", "streak", 138, 0),
    ("after-138-days", "hit rate", 4 / 5, 1e-12),
    ("after-138-days-later-cases", "hit rate", 1.0, 0),
    ("after-long-runs-end", "hit rate", 8 / 10, 1e-12),
    ("fifty-day-average", "level", 6704.17, 0.005),
    ("twenty-day-average", "level", 6791.35, 0.005),
    ("trend-trigger", "level", 6725.88, 0.005),
    ("trend-selling-week", "of position", 2.364, 0.001),
    ("trend-selling-month", "of position", 3.939, 0.001),
    ("trend-selling-week-bank", "of position", 0.163, 0.001),
    ("trend-selling-month-bank", "of position", 1.248, 0.001),
    ("december", "mean", 0.0143, 0.00005),
    ("december", "rank", 3, 0),
    ("vvix-sustained", "closes", 5, 0),
    ("vvix-sustained-longer", "closes", 5, 0),
    ("after-vvix-six-months", "median", 0.096, 0.0005),
    ("after-vvix-twelve-months", "median", 0.132, 0.0005),
    ("target-zone", "level", 6602.99, 0.005),
    ("credit-spread", "level", 320.0, 0.5),
    ("credit-speed", "level", 16.0, 0.5),
]


def test_the_audit_is_that_of_the_table(audited: dict[str, dict[str, Any]]) -> None:
    """One run, all of it: each takes a second."""
    assert {name: each["verdict"] for name, each in audited.items()} == VERDICTS
    for name, what, value, tolerance in FIGURES:
        (figure,) = (each for each in audited[name]["figures"] if each["name"] == what)
        assert figure["found"] == pytest.approx(value, abs=max(tolerance, 1e-12)), name

    run = audited["days-above-average"]["details"]
    assert run["run"] == {"length": 138, "last": "2025-11-14", "broken": "2025-11-17"}
    assert run["as_long_before"]["length"] == 149
    assert run["as_long_before"]["broken"] == "2007-02-27"

    few = audited["after-138-days-later-cases"]
    assert few["details"]["dates"] == ["1958-10-24", "1961-05-25", "1995-07-21", "2007-02-09"]
    assert few["figures"][0]["n"] == 4
    assert few["figures"][0]["interval"][0] == pytest.approx(0.398, abs=5e-4)
    assert few["figures"][0]["words"].startswith("not enough data: n = 4")
    # The run that a history from October 1949 on would count as 131 is of 151 sessions in full.
    assert audited["after-138-days"]["details"]["dates"] == ["1950-06-07", *few["details"]["dates"]]

    ended = audited["after-long-runs-end"]["details"]["dates"]
    assert [each[:4] for each in ended] == [
        "1950",
        "1958",
        "1961",
        "1964",
        "1971",
        "1989",
        "1996",
        "2007",
        "2011",
        "2025",
    ]
    assert (ended[-1], audited["after-long-runs-end"]["details"]["hits"]) == ("2025-11-17", 8)

    assert audited["trend-share-of-market"]["details"]["implied_usd"] == pytest.approx(4.737e12, rel=1e-3)
    months = audited["december"]["details"]["means"]
    assert {each: round(100 * months[each], 2) for each in ("November", "April", "December")} == {
        "November": 1.88,
        "April": 1.46,
        "December": 1.43,
    }
    assert audited["december"]["figures"][0]["n"] == 75
    assert audited["vvix-sustained"]["details"]["reset"] == "2025-11-24"

    year = audited["after-vvix-twelve-months"]["details"]
    assert len(year["dates"]) == 43
    assert year["hit_rate"] == pytest.approx(0.73, abs=0.005)
    assert year["base"]["median"] == pytest.approx(0.129, abs=5e-4)
    assert year["base"]["hit_rate"] == pytest.approx(0.797, abs=5e-4)
    assert audited["after-vvix-twelve-months"]["figures"][1]["verdict"] == "not_supported"


def test_the_table_fits_the_screen_and_never_promises(gex: Callable[..., Ran], folder: Path) -> None:
    ran = gex("claims", CLAIMS, "--histories", folder)
    assert ran.code == 0
    from gex.cli.render.claims_screen import cells

    assert max(cells(line) for line in ran.out.splitlines()) <= 80
    page = (CLAIMS.parent / "claims.md").read_text(encoding="utf-8")
    assert page.partition("```text\n")[2].partition("```")[0] == ran.out
    # 100% stands where the notes say it, and not where four of four were found.
    assert "4 of 4" in ran.out
    for line in ran.out.splitlines():
        if line.startswith("  hit rate"):
            assert line.split()[2] == "100%"
            assert "100%" not in line.partition("100%")[2]
