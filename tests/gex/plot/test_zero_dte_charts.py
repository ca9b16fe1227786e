"""The charts of a 0DTE view read back from their marks: places by the axis' own ticks, figures against the view's."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.intraday import Plan, zero_dte
from gex.plot import ZERO_DTE_KINDS, page
from gex.plot.drawing import Area, Dot, Drawing, Line, Patches, Text, box
from gex.plot.field import TALL, field_of
from gex.plot.prices import Window
from gex.plot.theme import LIGHT, PAGE, THEMES, contrast
from gex.plot.times import Times
from gex.plot.zero_dte import DRAW, chart
from gex.results import Levels

from .test_charts import assert_sound, edges, number, texts
from .test_charts import box as words_box

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gex.ingest.schema import Chain
    from gex.intraday_results import ZeroDte
    from gex.plot.drawing import Point

ALL = pytest.mark.parametrize("kind", ZERO_DTE_KINDS)
BOTH = pytest.mark.parametrize("theme", THEMES)
NOON = dt.datetime(2025, 9, 5, 16, tzinfo=dt.UTC)
NONE = Levels(None, None, None, None, None, None, None, None, {}, None)


def inside(shape: Sequence[Point], x: float, y: float) -> bool:
    """Tell whether a point lies in a polygon: a ray from it crosses the outline an odd number of times."""
    crossed = False
    for (a, b), (c, d) in zip(shape, [*shape[1:], shape[0]], strict=True):
        if (b > y) != (d > y) and x < a + (y - b) / (d - b) * (c - a):
            crossed = not crossed
    return crossed


def price_axis(drawing: Drawing) -> Callable[[float], float]:
    """Return the height of a price, as the ticks on the left tell it."""
    ticks = [
        (number(text.text), text.at[1] - 4)
        for text in texts(drawing)
        if text.at[0] < 76 and text.anchor == "end" and text.text != "points"
    ]
    (low, bottom), (high, top) = min(ticks), max(ticks)
    return lambda price: bottom + (price - low) / (high - low) * (top - bottom)


def lines(drawing: Drawing, color: str, width: float) -> list[Line]:
    return [mark for mark in drawing.marks if isinstance(mark, Line) and mark.color == color and mark.width == width]


@ALL
@BOTH
def test_every_chart_says_what_when_and_under_which_assumptions(view: ZeroDte, kind: Any, theme: Any) -> None:
    drawing = chart(view, kind, theme)
    assert_sound(drawing)
    shown = " ".join(text.text for text in texts(drawing))
    assert drawing.title.startswith("SPX 0DTE: ")
    for part in (drawing.title, "spot 6500.00", "10:00 ET", "SPXW expires 16:00, 6h 00m left", "sticky strike"):
        assert part in shown
    assert ET.fromstring(drawing.svg()).tag.endswith("svg")  # noqa: S314 (our own)


@ALL
@BOTH
def test_text_stands_out_from_what_is_behind_it(view: ZeroDte, kind: Any, theme: Any) -> None:
    drawing = chart(view, kind, theme)
    for place, mark in enumerate(drawing.marks):
        if isinstance(mark, Text):
            left, top, right, bottom = words_box(mark)
            x, y, ground = (left + right) / 2, (top + bottom) / 2, drawing.paper
            for under in drawing.marks[:place]:
                shapes = (
                    under.shapes if isinstance(under, Patches) else [under.points] if isinstance(under, Area) else []
                )
                if any(inside(shape, x, y) for shape in shapes):
                    ground = under.color  # type: ignore[union-attr]
            assert contrast(mark.color, ground) >= 4.5, mark.text


@ALL
def test_the_same_view_gives_the_same_bytes(view: ZeroDte, kind: Any, chain: Chain) -> None:
    assert chart(view, kind).svg() == chart(zero_dte(chain), kind).svg()
    assert getattr(view.plot, kind)("dark").svg() == chart(view, kind, "dark").svg()


@ALL
def test_on_a_page_every_colour_is_a_variable(view: ZeroDte, kind: Any) -> None:
    assert not re.search(r'(fill|stroke)="#', DRAW[kind](view, PAGE).inline())


def test_kinds_and_themes_are_checked(view: ZeroDte) -> None:
    with pytest.raises(ValueError, match="kind must be one of surface, charm"):
        chart(view, "strikes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="theme must be one of light, dark"):
        view.plot.pin("blue")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["surface", "charm"])
def test_the_cone_widens_by_one_sigma_from_spot(view: ZeroDte, kind: Any) -> None:
    drawing = chart(view, kind)
    y, sigmas = price_axis(drawing), view.path["one_sigma"].to_list()
    upper, lower = lines(drawing, LIGHT.ink, 1.8)
    assert [point[1] for point in upper.points] == pytest.approx(
        [y(6500.0), *(y(6500.0 + s) for s in sigmas)], abs=0.01
    )
    assert [point[1] for point in lower.points] == pytest.approx(
        [y(6500.0), *(y(6500.0 - s) for s in sigmas)], abs=0.01
    )
    names = {text.text: text for text in texts(drawing)}
    assert f"+1σ {6500.0 + sigmas[-1]:.1f}" in names


@pytest.mark.parametrize("kind", ["surface", "charm", "pin"])
def test_levels_stand_at_their_price_with_their_name(view: ZeroDte, kind: Any) -> None:
    drawing, levels = chart(view, kind), view.holdings[0].levels
    y = price_axis(drawing)
    shown = " ".join(text.text for text in texts(drawing))
    for name, level, color, width in (
        ("spot 6500.00", 6500.0, LIGHT.ink, 2.0),
        ("flip", levels.gamma_flip, LIGHT.ink, 1.4),
        ("call wall", levels.call_wall, LIGHT.positive, 1.0),
    ):
        assert level is not None
        assert name in shown
        seen = [line.points[0][1] for line in lines(drawing, color, width)]
        if page.TOP < y(level) < page.BOTTOM:
            assert any(abs(place - y(level)) < 0.01 for place in seen), name


def test_the_map_is_coloured_by_the_figure_there(view: ZeroDte) -> None:
    drawing, surface = chart(view, "surface"), view.surface
    y = price_axis(drawing)
    patches = [mark for mark in drawing.marks if isinstance(mark, Patches)]
    strong = [mark for mark in patches if mark.color in {LIGHT.positive, LIGHT.negative}]
    assert strong
    x = np.linspace(page.LEFT, page.RIGHT, len(surface.times))  # Six hours in quarters: instants stand evenly.
    begins = 10.0 ** np.floor(np.log10(np.percentile(np.abs(surface.gamma_usd_per_1pct), 97)))
    begins *= 3.0 if np.percentile(np.abs(surface.gamma_usd_per_1pct), 97) >= 3 * begins else 1.0
    for row in range(1, len(surface.spots) - 1, 3):
        for column in range(1, len(surface.times) - 1, 3):
            value = surface.gamma_usd_per_1pct[row, column]
            if abs(abs(value) / begins - 1) > 0.1:
                covered = [
                    mark.color
                    for mark in strong
                    if any(inside(s, x[column], y(surface.spots[row])) for s in mark.shapes)
                ]
                wanted = [LIGHT.strong(value)] if abs(value) > begins else []
                assert covered == wanted, (row, column)


def test_signs_are_those_of_the_figures(view: ZeroDte) -> None:
    drawing, surface = chart(view, "surface"), view.surface
    y, ends = price_axis(drawing), np.linspace(page.LEFT, page.RIGHT, len(surface.times))
    heights = np.array([y(spot) for spot in surface.spots])
    signs = [text for text in texts(drawing) if text.text in {"+", "−"}]
    assert len(signs) > 10
    for text in signs:
        rows = [np.interp(text.at[0], ends, values) for values in surface.gamma_usd_per_1pct]
        value = np.interp(-(text.at[1] - 4), -heights, rows)
        assert np.sign(value) == (1 if text.text == "+" else -1)


def test_charm_holds_throughout_its_interval(view: ZeroDte) -> None:
    drawing = chart(view, "charm")
    edge = np.linspace(page.LEFT, page.RIGHT, len(view.surface.times))
    for mark in drawing.marks:
        for shape in mark.shapes if isinstance(mark, Patches) else ():
            xs = sorted({x for x, _ in shape})
            assert len(shape) == 4
            assert min(abs(edge - xs[0])) < 0.3
            assert xs[1] - xs[0] == pytest.approx(edge[1] - edge[0], abs=0.6)


def test_bars_and_line_of_the_path_are_its_figures(view: ZeroDte) -> None:
    drawing, path = chart(view, "path"), view.path
    ticks = [text for text in texts(drawing) if text.at[0] < 76 and text.anchor == "end"]
    upper, lower = ([t for t in ticks if (t.at[1] < 330) == top] for top in (True, False))

    def axis(marks: list[Text], unit: float) -> Callable[[float], float]:
        (low, bottom), (high, top) = (f((number(t.text), t.at[1] - 4) for t in marks) for f in (min, max))
        return lambda value: bottom + (value / unit - low) / (high - low) * (top - bottom)

    units = [
        1e9 if "$bn" in text.text else 1e6
        for text in texts(drawing)
        if text.at[0] == page.MARGIN and "$" in text.text and text.at[1] < 400
    ]
    total, each = axis(upper, units[0]), axis(lower, units[1])
    curve = lines(drawing, LIGHT.ink, 2.2)[0]
    assert [y for _, y in curve.points] == pytest.approx([total(0.0), *map(total, path["cumulative_usd"])], abs=0.1)
    bars = [edges(mark) for mark in drawing.marks if isinstance(mark, Area)]
    assert len(bars) == path.height
    for (_, top, _, bottom), value in zip(bars, path["charm_trade_usd"], strict=True):
        assert [top, bottom] == pytest.approx(sorted([each(0.0), each(value)]), abs=0.1)
    marks = [line.points[0][1] for line in lines(drawing, LIGHT.ink, 2.0)]
    assert marks == pytest.approx([each(value) for value in path["vanna_trade_usd"]], abs=0.1)
    figure = abs(path["charm_trade_usd"].sum())
    assert figure < 1e7
    assert f"dealers buy {figure / 1e6:.2f} $mm by 16:00" in drawing.title


def test_the_odds_are_as_long_as_they_are_likely(view: ZeroDte) -> None:
    drawing = chart(view, "pin")
    y, rows = price_axis(drawing), view.odds.filter((pl.col("strike") - 6500.0).abs() <= 75.0).to_dicts()
    shares = {
        text.text: text.at[0]
        for text in texts(drawing)
        if text.text.endswith("%") and text.at[1] > page.BOTTOM and text.at[0] < 390
    }
    zero, tick = shares["0%"], max(shares, key=lambda text: float(text[:-1]))
    scale = (shares[tick] - zero) / (float(tick[:-1]) / 100)
    bars = [edges(mark) for mark in drawing.marks if isinstance(mark, Area) and mark.color in {LIGHT.ink, LIGHT.muted}]
    dots = [mark.at for mark in drawing.marks if isinstance(mark, Dot)]
    for row in rows:
        assert any(
            abs((top + bottom) / 2 - y(row["strike"])) < 0.1
            and abs(right - zero - scale * row["pin_probability"]) < 0.2
            for _, top, right, bottom in bars
        ), row["strike"]
        at = (400.0 + 200.0 * row["touch_probability"], y(row["strike"]))
        assert any(np.allclose(dot, at, atol=0.1) for dot in dots)
    curve = next(line for line in lines(drawing, LIGHT.ink, 1.8) if len(line.points) > 2)
    assert max(curve.points) == pytest.approx((600.0, y(6500.0)), abs=0.1)  # Where spot is, is touched.
    best = max(view.odds.to_dicts(), key=lambda row: row["pin_probability"])
    assert f"near {best['strike']:g}, at {100 * best['pin_probability']:.1f}%" in drawing.title


def test_gamma_that_volume_contradicts_is_hatched(view: ZeroDte) -> None:
    against = view.odds.with_columns((-pl.col("net_gamma_usd_per_1pct")).alias("net_by_volume_usd_per_1pct"))
    drawing = chart(replace(view, odds=against), "pin")
    assert any(mark.hatch for mark in drawing.marks if isinstance(mark, Area))
    assert not any(mark.color in {LIGHT.positive, LIGHT.negative} for mark in drawing.marks if isinstance(mark, Area))
    agreeing = view.odds.with_columns(pl.col("net_gamma_usd_per_1pct").alias("net_by_volume_usd_per_1pct"))
    drawing = chart(replace(view, odds=agreeing), "pin")
    assert not any(mark.hatch for mark in drawing.marks if isinstance(mark, Area))


def test_an_unknown_sign_is_said(view: ZeroDte) -> None:
    first = view.holdings[0]
    net = replace(first.gamma_usd_per_1pct, net=0.01 * first.gamma_usd_per_1pct.gross)
    found = replace(view, holdings=(replace(first, gamma_usd_per_1pct=net), *view.holdings[1:]))
    assert found.unsure == "net gamma is under 5% of gross"
    assert "sign of gamma unknown" in chart(found, "surface").title
    assert "Sign unknown: net gamma is under 5% of gross" in chart(found, "charm").caption


def bad(view: ZeroDte, chain: Chain) -> Iterator[tuple[str, ZeroDte]]:
    """Yield views that have little, nothing or too much to show."""
    first, surface = view.holdings[0], view.surface
    yield "no levels", replace(view, holdings=(replace(first, levels=NONE), *view.holdings[1:]))
    far = replace(first.levels, gamma_flip=100.0, call_wall=9000.0, put_wall=1.0)
    yield "levels out of sight", replace(view, holdings=(replace(first, levels=far), *view.holdings[1:]))
    none = replace(view.moves, straddle=None, w=None, one_sigma=None, reason="no volatility could be had")
    sigmas = pl.lit(None, dtype=pl.Float64).alias("one_sigma")
    yield "no smile", replace(view, moves=none, odds=view.odds.clear(), path=view.path.with_columns(sigmas))
    zero = 0.0 * surface.gamma_usd_per_1pct
    still = replace(
        surface, gamma_usd_per_1pct=zero, charm_trade_usd=np.where(np.isnan(surface.charm_trade_usd), np.nan, 0.0)
    )
    flat = view.path.with_columns(pl.col(pl.Float64).exclude("one_sigma") * 0.0)
    yield "nothing held", replace(view, surface=still, path=flat)
    shot = surface.gamma_usd_per_1pct.copy()
    shot[3, 2] = -1e18
    yield "an outlier", replace(view, surface=replace(surface, gamma_usd_per_1pct=shot))
    yield (
        "one sign",
        replace(view, surface=replace(surface, gamma_usd_per_1pct=-1e9 - np.abs(surface.gamma_usd_per_1pct))),
    )
    last = dt.timedelta(hours=5, minutes=59, seconds=40)
    yield "seconds left", zero_dte(chain, plan=Plan(every_minutes=1.0), settings=at(view.quote_time + last))
    yield "next", zero_dte(chain, at(view.quote_time + dt.timedelta(hours=7)), Plan(opens_at=lambda _: OPENS))
    yield "many strikes", replace(view, odds=many(view))


OPENS = dt.datetime(2025, 9, 12, 13, 30, tzinfo=dt.UTC)


def at(moment: dt.datetime) -> Any:
    """Return settings that look at the chain at another moment."""
    from gex import Settings

    return Settings(at=moment)


def many(view: ZeroDte) -> pl.DataFrame:
    """Return the odds of strikes a tenth of a point apart."""
    row = view.odds.row(0, named=True)
    return pl.DataFrame([row | {"strike": 6500.0 + 0.1 * n, "half_spacing": 0.05} for n in range(-2000, 2000)])


def test_bad_input_gives_a_sensible_picture_or_a_sentence(view: ZeroDte, chain: Chain) -> None:
    for name, found in bad(view, chain):
        for kind in ZERO_DTE_KINDS:
            drawing = chart(found, kind)
            try:
                assert_sound(drawing)
            except AssertionError as error:
                raise AssertionError(f"{name}, {kind}") from error
            assert "nan" not in drawing.svg().decode()
            if name == "nothing held" and kind != "pin":
                assert any(text.size == 15 and text.text.endswith(".") for text in texts(drawing)), kind
        if name == "no smile":
            assert "No odds: no volatility could be had." in " ".join(t.text for t in texts(chart(found, "pin")))
            assert "No expected move: no volatility could be had." in chart(found, "surface").caption
        if name == "next":
            assert drawing.title.startswith("SPX Fri 09-12: ")
            assert any(text.text.startswith("Nothing expires today") for text in drawing.frame)  # type: ignore[union-attr]


@ALL
def test_a_name_is_a_name_and_no_markup(view: ZeroDte, kind: Any) -> None:
    drawing = chart(replace(view, underlying='<A&B>"\x07' + "Z" * 200), kind)
    assert_sound(drawing)
    assert "<A&" not in drawing.svg().decode() + drawing.inline()


@given(
    gaps=st.lists(st.floats(1.0, 120.0), min_size=1, max_size=12),
    night=st.none() | st.floats(600.0, 6000.0),
)
@settings(max_examples=60, deadline=None)
def test_time_goes_to_the_right(gaps: list[float], night: float | None) -> None:
    whole = np.cumsum([0.0, *([night] if night else []), *gaps])
    times = Times(tuple(NOON + dt.timedelta(minutes=float(each)) for each in whole), is_quoted=True)
    places = [times.x(each) for each in times.instants]
    assert places == sorted(places)
    assert (places[0], places[-1]) == pytest.approx((page.LEFT, page.RIGHT))
    if night and night > 4 * max(gaps):
        assert places[1] == pytest.approx(page.LEFT + 64.0)
    names = [mark for mark in times.scale(LIGHT, page.TOP, page.BOTTOM) if isinstance(mark, Text)]
    assert 3 <= len(names) <= 15


@given(
    values=st.lists(st.lists(st.floats(-9.0, 9.0), min_size=3, max_size=3), min_size=4, max_size=7),
    threshold=st.sampled_from([-6.0, -3.0, -1.0, 1.0, 3.0, 6.0]),
    even=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_shapes_hold_what_is_beyond_a_threshold(values: list[list[float]], threshold: float, even: bool) -> None:
    grid = np.array(values)
    times = Times(tuple(NOON + dt.timedelta(hours=n) for n in range(4 if even else 3)), is_quoted=True)
    field = field_of(Window(100.0, 110.0, 105.0, NONE), times, np.linspace(100.0, 110.0, len(grid)), grid)
    shapes = field.beyond(threshold)
    for column in range(0, field.values.shape[1], 1 if even else 9):
        for row in range(0, len(field.values), 5):
            value = field.values[row, column]
            if abs(value - threshold) > 1e-6:
                x, y = field.middles[column] + 1e-7, page.TOP + TALL * (row + 0.5) + 1e-7
                held = any(inside(shape, x, y) for shape in shapes)
                assert held == (value * np.sign(threshold) >= abs(threshold)) or abs(value - threshold) < 1e-3, (
                    row,
                    column,
                )
                assert field.at(x, y) == value


def test_hatched_marks_have_patterns_of_their_own() -> None:
    one, two = (Drawing(40, 40, [box(5, 5, 35, 35, "#9aa5b1", hatch=True)], title, "") for title in ("one", "two"))
    names = [re.findall(r'id="(hatch-\w+)"', each.svg().decode()) for each in (one, two)]
    assert [len(each) for each in names] == [1, 1]
    assert names[0] != names[1]
    assert f'fill="url(#{names[0][0]})"' in one.svg().decode()
    assert names[0][0] in one.inline()


def test_hatches_and_patches_are_in_a_png_too() -> None:
    png = pytest.importorskip("matplotlib.image")
    import io

    shape = [(10.0, 60.0), (50.0, 60.0), (50.0, 90.0), (10.0, 90.0)]
    drawing = Drawing(100, 100, [box(10, 10, 50, 50, "#ff0000", hatch=True), Patches([shape], "#0000ff")], "t", "")
    pixels = png.imread(io.BytesIO(drawing.png()), format="png")[..., :3]
    scale = pixels.shape[0] / 100
    hatched = pixels[int(12 * scale) : int(48 * scale), int(12 * scale) : int(48 * scale)]
    red = (hatched[..., 0] > 0.9) & (hatched[..., 1] < 0.5)
    assert 0.05 < red.mean() < 0.9
    assert pixels[int(75 * scale), int(30 * scale)] == pytest.approx([0.0, 0.0, 1.0], abs=0.01)
