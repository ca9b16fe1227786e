"""The charts read back from their own bytes, as a reader would: by tick marks, names and places."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from gex import Settings
from gex.analysis import analyze
from gex.merge import merge
from gex.plot import KINDS
from gex.plot.charts import chart
from gex.plot.drawing import Area, Line, Patches, Text, apart, text_width
from gex.plot.heat import cells_of
from gex.plot.theme import DARK, LIGHT, THEMES, contrast
from gex.results import HedgeFlow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.ingest.schema import Chain
    from gex.plot.drawing import Drawing, Mark, Point
    from gex.results import Analysis

BOTH = pytest.mark.parametrize("theme", THEMES)
ALL = pytest.mark.parametrize("kind", KINDS)
MINUS = "−"


@pytest.fixture(scope="module", name="analysis")
def _analysis(chain: Chain) -> Analysis:
    return analyze(chain)


def number(text: str) -> float:
    """Return what a tick says."""
    return float(text.replace(MINUS, "-").replace(",", ""))


def texts(drawing: Drawing) -> list[Text]:
    return [mark for mark in (*drawing.frame, *drawing.marks) if isinstance(mark, Text)]


def areas(drawing: Drawing) -> list[Area]:
    return [mark for mark in drawing.marks if isinstance(mark, Area)]


def edges(area: Area) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom."""
    x, y = zip(*area.points, strict=True)
    return min(x), min(y), max(x), max(y)


def box(text: Text) -> tuple[float, float, float, float]:
    """Return about where a text stands: left, top, right and bottom."""
    width = text_width(text.text, text.size, bold=text.bold) * 0.9
    left = text.at[0] - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    return left, text.at[1] - 0.7 * text.size, left + width, text.at[1] + 0.1 * text.size


def scale(drawing: Drawing, where: Callable[[Text], bool], across: int) -> Callable[[float], float]:
    """Return the place of a value, as two ticks far apart tell it."""
    ticks = [text for text in texts(drawing) if where(text) and re.fullmatch(rf"[+{MINUS}]?[\d,.]+", text.text)]
    first, last = min(ticks, key=lambda tick: number(tick.text)), max(ticks, key=lambda tick: number(tick.text))
    low, high = number(first.text), number(last.text)
    slope = (last.at[across] - first.at[across]) / (high - low)
    base = first.at[across] - 4 * across  # half of a figure's height above its base line
    return lambda value: base + (value - low) * slope


def places(mark: Mark) -> list[Point]:
    """Return every point of a mark."""
    if isinstance(mark, Patches):
        return [point for shape in mark.shapes for point in shape]
    return list(mark.points) if isinstance(mark, Area | Line) else [mark.at]


def assert_sound(drawing: Drawing) -> None:
    """Whatever a picture shows: whole XML, nothing over the edge, no name on another."""
    root = ET.fromstring(drawing.svg())  # noqa: S314 (our own)
    assert root.tag.endswith("svg")
    for mark in drawing.marks:
        spots = places(mark)
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in spots), mark
    boxes = [(box(text), text.text) for text in texts(drawing)]
    for (left, top, right, bottom), text in boxes:
        assert left >= 0, text
        assert right <= drawing.width, text
        assert 0 <= top < bottom <= drawing.height, text
    for (one, text), (other, beside) in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, f"{text} on {beside}"


@ALL
@BOTH
def test_every_chart_says_what_when_and_under_which_assumptions(analysis: Analysis, kind: Any, theme: Any) -> None:
    drawing = chart(analysis, kind, theme)
    assert_sound(drawing)
    shown = " ".join(text.text for text in texts(drawing))
    assert drawing.title.startswith("SPX: ")
    assert drawing.paper == THEMES[theme].paper
    for part in (drawing.title, "spot 6500.00", "2025-09-05 10:00 ET", "$mm per +1%", "sticky strike", "naive"):
        assert part in shown
    for part in (f"<title>{drawing.title}</title>", "<desc>spot 6500.00", f'fill="{THEMES[theme].paper}"'):
        assert part in drawing.svg().decode()


@ALL
@BOTH
def test_text_stands_out_from_what_is_behind_it(analysis: Analysis, kind: Any, theme: Any) -> None:
    drawing = chart(analysis, kind, theme)
    for place, mark in enumerate(drawing.marks):
        if isinstance(mark, Text):
            left, top, right, bottom = box(mark)
            x, y = (left + right) / 2, (top + bottom) / 2
            ground = drawing.paper
            for under in drawing.marks[:place]:
                if isinstance(under, Area) and under.opacity == 1:
                    a, b, c, d = edges(under)
                    ground = under.color if a <= x <= c and b <= y <= d else ground
            assert contrast(mark.color, ground) >= 4.5, mark.text


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_words_have_the_contrast_that_is_asked_of_them(theme: Any) -> None:
    for color in (theme.ink, theme.muted, theme.positive, theme.negative, theme.alert):
        assert contrast(color, theme.paper) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.542, abs=1e-3)


@ALL
def test_the_same_analysis_gives_the_same_bytes(analysis: Analysis, kind: Any, chain: Chain) -> None:
    assert chart(analysis, kind).svg() == chart(analyze(chain), kind).svg()


def test_a_png_is_the_same_each_time(analysis: Analysis) -> None:
    picture = analysis.plot.hedging()
    first = picture.png()
    assert first.startswith(b"\x89PNG")
    assert picture._repr_png_() == first
    assert picture._repr_svg_().startswith("<svg")


def test_bars_of_strikes_are_as_long_as_their_gamma(analysis: Analysis) -> None:
    drawing = chart(analysis, "strikes")
    y = scale(drawing, lambda text: text.anchor == "end" and text.at[0] < 76, across=1)
    ends = {
        "sides": scale(drawing, lambda text: text.anchor == "middle" and text.at[0] < 415, across=0),
        "net": scale(drawing, lambda text: text.anchor == "middle" and text.at[0] > 415, across=0),
    }
    bars = [edges(area) for area in areas(drawing) if area.opacity == 1]
    seen = analysis.by_strike.filter(pl.col("strike").is_between(6300.0, 6700.0)).to_dicts()
    assert len(seen) > 10
    for row in seen:
        for name, panel in (("calls", "sides"), ("puts", "sides"), ("net", "net"), ("zero_dte", "net")):
            if abs(row[name]) > 1e5:
                wanted = sorted((ends[panel](0.0), ends[panel](row[name] / 1e6)))
                middle = y(row["strike"])
                assert any(
                    abs((top + bottom) / 2 - middle) < 1 and abs(left - wanted[0]) < 1 and abs(right - wanted[1]) < 1
                    for left, top, right, bottom in bars
                ), (row["strike"], name)


def test_levels_stand_at_their_price(analysis: Analysis) -> None:
    drawing, levels = chart(analysis, "strikes"), analysis.levels
    y = scale(drawing, lambda text: text.anchor == "end" and text.at[0] < 76, across=1)
    heights = [mark.points[0][1] for mark in drawing.marks if isinstance(mark, Line)]
    shown = " ".join(text.text for text in texts(drawing))
    for name, level in (("spot", 6500.0), ("flip", levels.gamma_flip), ("call wall", levels.call_wall)):
        assert level is not None
        assert any(abs(height - y(level)) < 0.6 for height in heights), name
        assert name in shown
    dashed = [mark for mark in drawing.marks if isinstance(mark, Line) and mark.dash]
    assert all(line.points[0][1] == pytest.approx(y(levels.gamma_flip or 0.0), abs=0.6) for line in dashed)
    low, high = (levels.bands and levels.bands.method.gamma_flip) or (0.0, 0.0)
    ribbons = [edges(area) for area in areas(drawing) if area.opacity < 1]
    assert all(top <= y(high) + 0.6 and bottom >= y(low) - 0.6 for _, top, _, bottom in ribbons)
    assert len(ribbons) == 2


def test_the_profile_runs_through_its_figures(analysis: Analysis) -> None:
    drawing, profile = chart(analysis, "profile"), analysis.profile
    x = scale(drawing, lambda text: text.anchor == "middle" and text.at[1] > 620, across=0)
    y = scale(drawing, lambda text: text.anchor == "end" and text.at[0] < 76, across=1)
    curve = max((mark for mark in drawing.marks if isinstance(mark, Line)), key=lambda line: line.width)
    across, up = np.array(curve.points).T
    for spot, net in zip(profile.spots, profile.gamma_usd_per_1pct, strict=True):
        if across[0] < x(spot) < across[-1]:
            assert np.interp(x(spot), across, up) == pytest.approx(y(net / 1e6), abs=1.0)


def test_every_crossing_in_sight_is_a_dot_on_zero(analysis: Analysis) -> None:
    drawing = chart(analysis, "profile")
    assert drawing.svg().decode().count('r="4"') == len(analysis.profile.crossings)


def test_cells_add_up_to_the_whole(analysis: Analysis) -> None:
    cells = cells_of(analysis)
    assert cells["net"].sum() == pytest.approx(analysis.exposure.gamma_usd_per_1pct.net, rel=1e-9)
    assert cells.select("strike", "expiration").is_duplicated().sum() == 0


def test_cells_of_merged_books_are_in_points_of_the_first(chain: Chain) -> None:
    frame = chain.frame.with_columns(pl.col("strike", "bid", "ask", "spot") / 10)
    small = replace(chain, frame=frame, underlying="XSP", spot=650.0)
    book = merge([chain, small], Settings(band=()))
    cells = cells_of(book)
    assert cells["strike"].min() == pytest.approx(6000.0)
    assert cells["net"].sum() == pytest.approx(book.exposure.gamma_usd_per_1pct.net, rel=1e-9)
    assert_sound(chart(book, "heat"))


def test_columns_are_as_high_as_their_gamma(analysis: Analysis) -> None:
    drawing = chart(analysis, "expirations")
    y = scale(drawing, lambda text: text.anchor == "end" and text.at[0] < 76, across=1)
    heights = [edges(area)[1::2] for area in areas(drawing)]
    for row in analysis.by_expiration.to_dicts():
        for name in ("calls", "puts", "net"):
            wanted = sorted((y(0.0), y(row[name] / 1e6)))
            assert any(np.allclose(found, wanted, atol=1) for found in heights), (row["expiration"], name)
    assert {"09-05", "0DTE", "09-12", "7 d", "10-17", "42 d"} <= {text.text for text in texts(drawing)}


def test_trades_are_as_long_as_they_are_large_and_say_what_they_do(analysis: Analysis) -> None:
    flows = (*(HedgeFlow(move, -4e8 * move) for move in (-2.0, -1.0, -0.5, 0.5, 1.0)), HedgeFlow(2.0, 1e9))
    drawing = chart(replace(analysis, hedge_flow=flows), "hedging")
    assert_sound(drawing)
    y = scale(drawing, lambda text: text.anchor == "end" and text.at[0] < 76, across=1)
    heights = [edges(area)[1::2] for area in areas(drawing)]
    unit = 1e9
    for flow in flows:
        wanted = sorted((y(0.0), y(flow.flow_usd / unit)))
        assert any(np.allclose(found, wanted, atol=1) for found in heights)
    shown = {text.text for text in texts(drawing)}
    assert {"buy 0.40, dampens", "sell 0.40, dampens", "buy 1.00, amplifies", f"{MINUS}0.5%", "+2%"} <= shown
    assert drawing.title == "SPX: a fall of 1% makes dealers buy 400 $mm, a rise of 1% makes dealers sell 400 $mm"


def bad(analysis: Analysis, make_chain: Callable[..., Chain]) -> Iterator[tuple[str, Analysis]]:
    """Yield analyses that have little, nothing or too much to show."""
    levels, table, dates = analysis.levels, analysis.by_strike, analysis.by_expiration
    none = replace(levels, gamma_flip=None, call_wall=None, put_wall=None, bands=None)
    yield "one expiration", analyze(make_chain(expirations=(dt.date(2025, 9, 12),)))
    yield "no flip", analyze(make_chain(), Settings(positions="short-all"))
    yield "no level", replace(analysis, levels=none, profile=replace(analysis.profile, crossings=()))
    yield "far walls", replace(analysis, levels=replace(levels, call_wall=9000.0, put_wall=100.0))
    yield (
        "walls at spot",
        replace(analysis, levels=replace(levels, gamma_flip=6500.1, call_wall=6500.0, put_wall=6500.0)),
    )
    gamma = ("net", "calls", "puts", "gross", "zero_dte")
    flat = replace(
        analysis,
        levels=none,
        by_strike=table.with_columns(pl.col(gamma) * 0.0),
        by_expiration=dates.with_columns(pl.col("net", "gross", "calls", "puts") * 0.0),
        make_by_contract=lambda: analysis.by_contract.with_columns(pl.col("gamma_usd_per_1pct") * 0.0),
        hedge_flow=tuple(replace(flow, flow_usd=0.0) for flow in analysis.hedge_flow),
        profile=replace(analysis.profile, gamma_usd_per_1pct=0.0 * analysis.profile.spots, crossings=()),
    )
    yield "nothing held", flat
    yield "no strike near", replace(flat, by_strike=table.clear())
    yield "re-priced", analyze(make_chain(), Settings(move_to=6321.0))
    yield "one strike", analyze(make_chain(strikes=np.array([6475.0, 6500.0, 6525.0])))


@ALL
def test_bad_input_gives_a_sensible_picture_or_a_sentence(
    analysis: Analysis, make_chain: Callable[..., Chain], kind: Any
) -> None:
    for name, found in bad(analysis, make_chain):
        drawing = chart(found, kind)
        try:
            assert_sound(drawing)
        except AssertionError as error:
            raise AssertionError(name) from error
        if name == "nothing held":
            assert any(text.size == 15 and text.text.endswith(".") for text in texts(drawing))


def test_an_outlier_is_cut_and_says_so(analysis: Analysis) -> None:
    column = pl.when(pl.col("strike") == 6525.0).then(pl.col("net", "calls") + 9e15).otherwise(pl.col("net", "calls"))
    drawing = chart(replace(analysis, by_strike=analysis.by_strike.with_columns(column)), "strikes")
    assert_sound(drawing)
    widths = sorted(edges(area)[2] - edges(area)[0] for area in areas(drawing) if area.opacity == 1)
    assert widths[-5] > 5
    assert "+9,000,0" in " ".join(text.text for text in texts(drawing))


def test_many_strikes_are_summed(analysis: Analysis) -> None:
    strikes = np.linspace(5500.0, 7500.0, 50_000)
    table = pl.DataFrame({"strike": strikes, "net": 1e6, "calls": 1.5e6, "puts": -0.5e6, "gross": 2e6, "zero_dte": 0.0})
    drawing = chart(replace(analysis, by_strike=table), "strikes")
    assert_sound(drawing)
    assert len(areas(drawing)) < 500


@ALL
def test_a_name_is_a_name_and_no_markup(analysis: Analysis, kind: Any) -> None:
    drawing = chart(replace(analysis, underlying='<A&B>"\x07' + "Z" * 200), kind)
    assert_sound(drawing)
    assert "<A&" not in drawing.svg().decode()
    assert "&lt;A&amp;B&gt;" in drawing.svg().decode()


def test_an_unknown_sign_is_grey_and_said(analysis: Analysis) -> None:
    dates = analysis.by_expiration.with_columns(pl.col("gross") * 100)
    found = replace(analysis, by_expiration=dates, regime="near_zero")
    drawing = chart(found, "expirations")
    soft, hatched = {LIGHT.positive_soft, LIGHT.negative_soft, LIGHT.paper}, {LIGHT.unknown}
    assert {area.color for area in areas(drawing) if not area.hatch} == soft
    assert {area.color for area in areas(drawing) if area.hatch} == hatched
    assert "sign unknown" in chart(found, "profile").title
    assert "near zero, sign unknown" in drawing.svg().decode()


def test_strikes_whose_sign_is_unknown_are_hatched(analysis: Analysis) -> None:
    share = pl.when(pl.col("strike") == 6525.0).then(0.04).otherwise(pl.lit(0.06))
    table = analysis.by_strike.with_columns(net=share * pl.col("gross"), zero_dte=0.0)
    drawing = chart(replace(analysis, by_strike=table), "strikes")
    y = scale(drawing, lambda text: text.anchor == "end" and text.at[0] < 76, across=1)
    hatched = [edges(area) for area in areas(drawing) if area.hatch]
    assert [round((top + bottom) / 2 - y(6525.0)) for _, top, _, bottom in hatched] == [0]
    assert "Hatched: net under 5% of gross" in drawing.caption
    sure = chart(replace(analysis, by_strike=table.filter(pl.col("strike") != 6525.0)), "strikes")
    assert "Hatched" not in sure.caption


def test_0dte_that_volume_contradicts_has_no_colour(analysis: Analysis) -> None:
    """Nor is what it covers seen through its stripes; the other dates keep theirs."""
    part = analysis.zero_dte
    assert part
    dates = analysis.by_expiration.with_columns(net=0.5 * pl.col("gross"))
    analysis = replace(analysis, by_expiration=dates)
    known, unknown = (replace(analysis, zero_dte=replace(part, sign=sign)) for sign in ("positive", "unknown"))
    for kind, words in (("strikes", "all 0DTE, sign unknown"), ("expirations", "0DTE that volume contradicts")):
        before, after = chart(known, kind), chart(unknown, kind)
        hatched = [edges(area) for area in areas(after) if area.hatch]
        assert len(hatched) > len([area for area in areas(before) if area.hatch])
        assert set(hatched) <= {edges(area) for area in areas(after) if area.color == LIGHT.paper}
        assert words in after.caption
        assert words not in before.caption
    first = next(text for text in texts(chart(unknown, "expirations")) if text.bold and text.anchor == "middle")
    assert first.color == LIGHT.muted


def test_the_profile_is_hatched_within_the_flips_band(analysis: Analysis) -> None:
    bands = analysis.levels.bands
    assert bands is not None
    wide = replace(bands, method=replace(bands.method, gamma_flip=(6400.0, 6450.0)))
    drawing = chart(replace(analysis, levels=replace(analysis.levels, bands=wide)), "profile")
    x = scale(drawing, lambda text: text.anchor == "middle" and text.at[1] > 620, across=0)
    left, _, right, _ = edges(next(area for area in areas(drawing) if area.hatch))
    assert (left, right) == pytest.approx((x(6400.0), x(6450.0)), abs=1.0)
    assert "Hatched: sign unknown within it" in drawing.caption


def test_labels_keep_apart_and_above_the_axis() -> None:
    labels = [(y, Text((0.0, y), str(y))) for y in (598.0, 600.0, 601.0, 100.0)]
    places = [text.at[1] for text in apart(labels, 16.0, 604.0)]
    assert places[0] == 100.0
    assert places[-1] <= 604.0
    assert min(np.diff(places)) >= 15.9


def test_kinds_and_themes_are_checked(analysis: Analysis) -> None:
    with pytest.raises(ValueError, match="kind must be one of strikes, profile"):
        chart(analysis, "pie")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="theme must be one of light, dark"):
        analysis.plot.heat("blue")  # type: ignore[arg-type]


def test_plot_has_every_kind(analysis: Analysis) -> None:
    for kind in KINDS:
        assert getattr(analysis.plot, kind)("dark").svg() == chart(analysis, kind, "dark").svg()


def test_a_notebook_shows_a_table(analysis: Analysis) -> None:
    shown = replace(analysis, underlying="<script>", warnings=("a & b",))._repr_html_()
    root = ET.fromstring(shown)  # noqa: S314 (our own)
    assert [cell.text for cell in root.iter("th")][:4] == ["gamma flip", "call wall", "put wall", "net gamma"]
    assert "<script>" not in shown
    assert "a &amp; b" in shown
    none = replace(analysis.levels, gamma_flip=None, reasons={"gamma_flip": "no <crossing>"}, bands=None)
    assert "no &lt;crossing&gt;" in replace(analysis, levels=none)._repr_html_()
