"""Intervals on simulated days: how often they hold what dealers truly hold; tests/helpers/coverage_of_intervals.py does it for 500."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from coverage_of_intervals import FIRST, days, summary, trained

if TYPE_CHECKING:
    import polars as pl

DAYS = 24
STACKS = ("gsu_large", "tick")


@pytest.fixture(name="found", scope="module")
def _found() -> pl.DataFrame:
    """Small days of 2 500 trades each, accuracies from six others."""
    known = trained(STACKS, seeds=range(6), trades=2500)
    return days(range(FIRST, FIRST + DAYS), known, flips=None, trades=2500)


def test_the_truth_is_inside_about_as_often_as_it_says(found: pl.DataFrame) -> None:
    for row in summary(found).to_dicts():
        assert row["days"] == DAYS
        assert row["coverage"] >= 20 / DAYS, row  # fewer in one of 150 tests, were it 95%
        assert row["coverage_0dte"] >= 20 / DAYS, row
        assert 0.55 <= row["z_sd"] <= 1.45, row
        assert abs(row["z_mean"]) <= 0.6, row


def test_better_rules_have_narrower_intervals(found: pl.DataFrame) -> None:
    best, worst = summary(found).to_dicts()
    assert best["stack"] == "gsu_large"
    assert best["width"] < worst["width"]
