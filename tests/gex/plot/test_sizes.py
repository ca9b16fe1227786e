"""Charts of half a page and of a phone, and what moved net gamma as steps: the same figures in less room."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import pytest

from gex import Settings
from gex.analysis import analyze, priced
from gex.change import change_of
from gex.plot import attribution, expirations, hedging, page
from gex.plot.drawing import Area, Text, text_width
from gex.plot.theme import LIGHT, PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from gex.change import Change
    from gex.ingest.schema import Chain
    from gex.plot.drawing import Drawing
    from gex.plot.page import Size
    from gex.results import Analysis

SIZES = pytest.mark.parametrize("size", [page.HALF, page.NARROW], ids=["half", "narrow"])


@pytest.fixture(scope="module", name="analysis")
def _analysis(chain: Chain) -> Analysis:
    return analyze(chain)


@pytest.fixture(scope="module", name="change")
def _change(chain: Chain, make_chain: Callable[..., Chain]) -> Change:
    def fewer(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(frame["open_interest"] // 3)

    earlier = make_chain(edit=fewer)
    moved = replace(chain, source=replace(chain.source, sha256="1" * 64))
    return change_of(priced(earlier, Settings()), priced(moved, Settings()))


def texts(drawing: Drawing) -> list[Text]:
    return [mark for mark in drawing.marks if isinstance(mark, Text)]


def assert_legible(drawing: Drawing) -> None:
    """No name over the edge, none on another."""
    places = []
    for text in texts(drawing):
        width = 0.9 * text_width(text.text, text.size, bold=text.bold)
        left = text.at[0] - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
        assert left >= 0, text
        assert left + width <= drawing.width + 1, text
        places.append((left, left + width, text.at[1] - 0.7 * text.size, text.at[1], text.text))
    for one, other in combinations(places, 2):
        apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
        assert apart, (one, other)


@SIZES
@pytest.mark.parametrize("draw", [expirations.draw, hedging.draw], ids=["expirations", "hedging"])
def test_charts_fit_in_less_room(analysis: Analysis, draw: Callable[..., Drawing], size: Size) -> None:
    drawing = draw(analysis, LIGHT, size)
    assert drawing.width == size.width
    assert drawing.title == draw(analysis, LIGHT).title
    assert_legible(drawing)


@SIZES
def test_trades_are_written_where_they_are(analysis: Analysis, size: Size) -> None:
    shown = {text.text for text in texts(hedging.draw(analysis, LIGHT, size))}
    assert {"−2%", "+0.5%", "spot"} <= shown
    assert {"dampens", "amplifies"} & shown
    assert any(re.fullmatch(r"(buy |sell |[+−])[\d.,]+", text) for text in shown)


def test_each_step_begins_where_the_one_before_it_ended(change: Change) -> None:
    columns = attribution.columns_of(change)
    first, *steps, last = columns
    assert (first.start, last.start) == (0.0, 0.0)
    assert first.end == change.before.figures.net
    assert last.end == change.after.figures.net
    assert [step.value for step in steps] == pytest.approx([step.part.net for step in change.steps], abs=1e-3)
    assert all(before.end == after.start for before, after in pairwise([first, *steps]))
    assert steps[-1].end == pytest.approx(last.end, rel=1e-9)


def test_bars_are_as_long_as_what_they_moved(change: Change) -> None:
    drawing = attribution.draw(change, LIGHT, page.HALF)
    assert_legible(drawing)
    bars = [mark for mark in drawing.marks if isinstance(mark, Area)]
    heights = [max(y for _, y in bar.points) - min(y for _, y in bar.points) for bar in bars]
    drawn = [abs(each.value) for each in attribution.columns_of(change)]
    unit = heights[0] / drawn[0]
    assert heights == pytest.approx([value * unit for value in drawn if value * unit > 0.05], rel=1e-6)
    assert drawing.title.startswith("SPX: net gamma ")
    assert "quantity" in drawing.title


def test_a_change_of_nothing_is_said(change: Change) -> None:
    still = [replace(each, part=replace(each.part, net=0.0)) for each in change.steps]
    ends = [replace(each, figures=replace(each.figures, net=0.0)) for each in (change.before, change.after)]
    none = replace(change, steps=tuple(still), before=ends[0], after=ends[1], total=replace(change.total, net=0.0))
    drawing = attribution.draw(none, PAGE, page.HALF)
    assert drawing.title == "SPX: net gamma is what it was"
    assert not [mark for mark in drawing.marks if isinstance(mark, Area)]
    assert_legible(drawing)
