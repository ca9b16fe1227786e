"""Net gamma at two times: the bars are the difference of the two tables, read back from the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.analysis import analyze
from gex.plot import difference, prices
from gex.plot.drawing import Area, Text
from gex.plot.strikes import NET, ROWS
from gex.plot.theme import LIGHT

if TYPE_CHECKING:
    from gex.ingest.schema import Chain
    from gex.results import Analysis


@pytest.fixture(scope="module", name="before")
def _before(chain: Chain) -> Analysis:
    return analyze(chain)


def scaled(analysis: Analysis, by: float) -> Analysis:
    return replace(analysis, by_strike=analysis.by_strike.with_columns(pl.col("net", "gross") * by))


def test_each_step_has_the_difference_of_the_two_tables(before: Analysis) -> None:
    after = scaled(before, 1.5)
    axis = prices.prices_of(after, ROWS)
    near = before.by_strike.with_columns((pl.col("strike") / axis.step).round() * axis.step)
    expected = dict(near.group_by("strike").agg(pl.col("net").sum()).iter_rows())
    rows = difference.differences(before, after, axis)
    assert [row["strike"] for row in rows] == sorted(k for k in expected if axis.low <= k <= axis.high)
    for row in rows:
        assert row["before"] == pytest.approx(expected[row["strike"]], rel=1e-12)
        assert row["change"] == pytest.approx(0.5 * expected[row["strike"]], rel=1e-9, abs=1e-3)


def test_a_strike_that_one_of_them_lacks_is_none_there(before: Analysis) -> None:
    axis = prices.prices_of(before, ROWS)
    wall = before.levels.call_wall
    after = replace(before, by_strike=before.by_strike.filter(pl.col("strike") != wall))
    changed = {row["strike"]: row["change"] for row in difference.differences(before, after, axis) if row["change"]}
    lost = before.by_strike.filter(pl.col("strike") == wall)["net"].item()
    assert list(changed.values()) == [pytest.approx(-lost, rel=1e-9)]


def test_the_longest_bar_of_the_picture_is_the_largest_change(before: Analysis) -> None:
    after = scaled(before, 2.0)
    axis = prices.prices_of(after, ROWS)
    largest = max(difference.differences(before, after, axis), key=lambda row: abs(row["change"]))
    drawing = difference.draw(before, after, LIGHT)
    bars = [mark for mark in drawing.marks if isinstance(mark, Area) and min(x for x, _ in mark.points) >= NET[0]]
    widest = max(bars, key=lambda bar: max(x for x, _ in bar.points) - min(x for x, _ in bar.points))
    middle = sum(y for _, y in widest.points) / len(widest.points)
    assert middle == pytest.approx(axis.y(largest["strike"]), abs=0.5)
    assert f"most at strike {largest['strike']:g}" in drawing.title


def test_without_any_gamma_it_says_so_in_its_place(before: Analysis) -> None:
    bare = scaled(before, 0.0)
    drawing = difference.draw(bare, bare, LIGHT)
    words = [mark.text for mark in drawing.marks if isinstance(mark, Text)]
    assert words == ["$ of delta per +1% of spot: no strike near spot has any, then or now."]
