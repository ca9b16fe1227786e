"""The line of prices read back: colours where the sign is, names where the levels are, whatever there is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gex import Settings
from gex.analysis import analyze
from gex.plot import page, ruler
from gex.plot.drawing import Area, Line, Text, text_width
from gex.plot.theme import LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.ingest.schema import Chain
    from gex.plot.drawing import Drawing
    from gex.plot.page import Size
    from gex.results import Analysis

SIZES = pytest.mark.parametrize("size", [page.WHOLE, page.NARROW], ids=["whole", "narrow"])


@pytest.fixture(scope="module", name="analysis")
def _analysis(chain: Chain) -> Analysis:
    return analyze(chain)


def parts(drawing: Drawing) -> list[tuple[float, float, str]]:
    """Return left, right and colour of each part of the line."""
    return [
        (min(x for x, _ in mark.points), max(x for x, _ in mark.points), mark.color)
        for mark in drawing.marks
        if isinstance(mark, Area) and mark.points[0][1] == ruler.STRIP[0]
    ]


def line_at(drawing: Drawing, color: str) -> float:
    """Return where the line of a colour stands."""
    return next(mark.points[0][0] for mark in drawing.marks if isinstance(mark, Line) and mark.color == color)


def assert_apart(drawing: Drawing) -> None:
    texts = [mark for mark in drawing.marks if isinstance(mark, Text)]
    places = []
    for text in texts:
        width = 0.9 * text_width(text.text, text.size, bold=text.bold)
        left = text.at[0] - (width / 2 if text.anchor == "middle" else 0)
        assert left >= -1, text
        assert left + width <= drawing.width + 1, text
        assert not any(
            left < other[1] and other[0] < left + width and abs(text.at[1] - other[2]) < 9 for other in places
        ), text
        places.append((left, left + width, text.at[1]))


@SIZES
def test_colour_is_the_sign_of_net_gamma_at_each_price(analysis: Analysis, size: Size) -> None:
    drawing, profile = ruler.draw(analysis, LIGHT, size), analysis.profile
    spot_x = line_at(drawing, LIGHT.ink) if analysis.levels.gamma_flip is None else None
    shown = parts(drawing)
    assert shown[0][0] == pytest.approx(page.MARGIN)
    assert shown[-1][1] == pytest.approx(size.width - page.MARGIN)
    own = ruler._ruler(analysis, size)  # noqa: SLF001 (its window)
    gross = analysis.exposure.gamma_usd_per_1pct.gross
    for left, right, color in shown:
        middle = own.low + ((left + right) / 2 - page.MARGIN) / (size.width - 2 * page.MARGIN) * (own.high - own.low)
        net = float(np.interp(middle, profile.spots, profile.gamma_usd_per_1pct))
        wanted = LIGHT.grid if abs(net) < 0.05 * gross else LIGHT.soft(net)
        assert color == wanted
    assert spot_x is None or spot_x == own.x(own.spot)
    assert_apart(drawing)


def test_levels_stand_where_they_are_and_the_title_says_how_far(analysis: Analysis) -> None:
    drawing, levels, spot = ruler.draw(analysis, LIGHT), analysis.levels, analysis.spot.used
    own = ruler._ruler(analysis, page.WHOLE)  # noqa: SLF001 (its window)
    assert levels.call_wall is not None
    assert levels.put_wall is not None
    assert line_at(drawing, LIGHT.positive) == pytest.approx(own.x(levels.call_wall))
    assert line_at(drawing, LIGHT.negative) == pytest.approx(own.x(levels.put_wall))
    assert f"{abs(spot - levels.call_wall):.0f} points" in drawing.title
    assert f"spot {spot:.2f}" in {mark.text for mark in drawing.marks if isinstance(mark, Text)}


@SIZES
def test_whatever_there_is_is_a_line(analysis: Analysis, make_chain: Callable[..., Chain], size: Size) -> None:
    levels = analysis.levels
    none = replace(levels, gamma_flip=None, call_wall=None, put_wall=None, bands=None)
    for found in (
        replace(analysis, levels=none, zero_dte=None, next_expiration=None),
        replace(analysis, levels=replace(levels, call_wall=9000.0, put_wall=100.0)),
        replace(analysis, levels=replace(levels, gamma_flip=6500.1, call_wall=6500.0, put_wall=6500.0)),
        replace(analysis, profile=replace(analysis.profile, gamma_usd_per_1pct=0.0 * analysis.profile.spots)),
        analyze(make_chain(), Settings(move_to=6321.0)),
        analyze(make_chain(), Settings(ladder=0.004)),
    ):
        drawing = ruler.draw(found, LIGHT, size)
        assert_apart(drawing)
        for mark in drawing.marks:
            points = mark.points if isinstance(mark, Area | Line) else [mark.at]
            assert all(0 <= x <= size.width and 0 <= y <= ruler.HEIGHT for x, y in points), mark
    assert "neither flip nor walls" in ruler.draw(replace(analysis, levels=none), LIGHT, size).title
    far = ruler.draw(replace(analysis, levels=replace(levels, call_wall=9000.0)), LIGHT, size)
    assert "call wall 9000 ▶" in {mark.text for mark in far.marks if isinstance(mark, Text)}
