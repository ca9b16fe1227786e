"""The strike chart in a browser: toggles, one zoom for bars and curve, tooltips, keys, a phone, and odd chains."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from gex.analysis import analysis_of, priced
from gex.cli.page.page import report
from gex.cli.page.view import view_of
from gex.ingest.read import read_chain
from gex.ingest.sample import generate, write_cboe_csv
from gex.plot import figures
from gex.settings import Settings
from gex.strike_cells import strike_cells

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from gex.ingest.schema import Chain
    from gex.results import Analysis

    from .conftest import Tab


@pytest.fixture(scope="module", name="chain")
def _chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    path = tmp_path_factory.mktemp("chain") / "spx.csv"
    write_cboe_csv(generate("SPX", seed=3, size="small"), path)
    return read_chain(path)


@pytest.fixture(scope="module", name="analysis")
def _analysis(chain: Chain) -> Analysis:
    return analysis_of(priced(chain, Settings()))


@pytest.fixture(scope="module", name="written")
def _written(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wrote(chain, tmp_path_factory.mktemp("report") / "report.html")


def wrote(chain: Chain, path: Path, **changes: Any) -> Path:
    base = priced(replace(chain, **changes), Settings())
    path.write_bytes(report(view_of(base, analysis_of(base))))
    return path


def figure(page: Page) -> Locator:
    return page.locator("#by-strike")


def bars(page: Page) -> list[list[str]]:
    """Return each bar's strike, place and size."""
    names = ["data-strike", "x", "y", "width", "height"]
    read = "(all, names) => all.map((bar) => names.map((name) => bar.getAttribute(name)))"
    found: list[list[str]] = figure(page).locator(".live [data-strike]").evaluate_all(read, names)
    return found


def heights(page: Page) -> dict[str, list[str]]:
    """Return where each level is drawn, one place a panel."""
    read = "(all) => all.map((rule) => [rule.dataset.level, rule.getAttribute('y1')])"
    found: dict[str, list[str]] = {}
    for name, place in figure(page).locator(".live [data-level]").evaluate_all(read):
        found.setdefault(name, []).append(place)
    return found


def press(page: Page, name: str) -> None:
    figure(page).get_by_role("button", name=name, exact=True).click()


def choose(page: Page, expirations: str) -> None:
    figure(page).get_by_label("Expirations", exact=True).select_option(expirations)


def tip(page: Page) -> list[str]:
    return page.locator("#by-strike .tip:visible p").all_inner_texts()


def test_it_draws_bars_curve_and_levels_in_place_of_the_picture(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    assert bars(page)
    assert figure(page).locator(".live .profile").count() == 1
    assert not figure(page).locator(".still").is_visible()
    assert not page.locator("#profile .canvas").is_visible()
    assert all(len(places) == 3 and len(set(places)) == 1 for places in heights(page).values())
    assert {"spot", "call wall", "put wall"} <= heights(page).keys()


def test_expirations_sides_and_volume_change_the_bars(
    tab: Callable[..., Tab], written: Path, analysis: Analysis
) -> None:
    page = tab(written).page
    seen = [bars(page)]
    for act in (
        lambda: choose(page, analysis.by_expiration["expiration"][-1].isoformat()),
        lambda: press(page, "Volume"),
        lambda: press(page, "Calls"),
        lambda: press(page, "Net"),
    ):
        act()
        seen.append(bars(page))
        assert seen[-1] not in seen[:-1]
    assert figure(page).get_by_role("button", name="Calls", exact=True).get_attribute("aria-pressed") == "false"
    assert "scenario, not an estimate" in figure(page).locator(".note").first.inner_text()


def test_the_curve_is_shown_of_what_it_is_and_of_nothing_else(
    tab: Callable[..., Tab], written: Path, analysis: Analysis
) -> None:
    page = tab(written).page
    curves = []
    for name, shown in {"all": "all expirations", "ex-0dte": "all but 0DTE", "0dte": "0DTE"}.items():
        choose(page, name)
        curves.append(figure(page).locator(".live .profile").get_attribute("points"))
        assert figure(page).get_by_text(f"Were spot there: {shown}", exact=True).is_visible()
    assert len(set(curves)) == 3
    choose(page, analysis.by_expiration["expiration"][-1].isoformat())
    assert figure(page).locator(".live .profile").count() == 0
    assert figure(page).get_by_text("there is no").is_visible()
    choose(page, "all")
    press(page, "Volume")
    assert figure(page).locator(".live .profile").count() == 0


def test_the_net_of_a_choice_is_the_analysis_own(tab: Callable[..., Tab], written: Path, analysis: Analysis) -> None:
    page = tab(written).page
    note = figure(page).locator(".note").first
    parts = {"0dte": analysis.zero_dte, "ex-0dte": analysis.ex_zero_dte, "next": analysis.next_expiration}
    for name, part in parts.items():
        assert part is not None
        choose(page, name)
        assert f"net {figures.dollars(part.exposure.gamma_usd_per_1pct.net)} of" in note.inner_text()


def test_several_dates_are_their_sum(tab: Callable[..., Tab], written: Path, analysis: Analysis) -> None:
    page = tab(written).page
    choose(page, "several")
    dates = [date.isoformat() for date in analysis.by_expiration["expiration"].unique().sort()[-2:]]
    figure(page).get_by_label("Dates, several with Ctrl or Shift").select_option(dates)
    chosen = analysis.by_expiration.filter(pl.col("expiration").cast(str).is_in(dates))
    assert f"net {figures.dollars(chosen['net'].sum())} of" in figure(page).locator(".note").first.inner_text()


def test_one_zoom_moves_bars_and_curve_and_reset_undoes_it(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    before, curve = heights(page), figure(page).locator(".live .profile").get_attribute("points")
    for act in (
        lambda: press(page, "Zoom in"),
        lambda: press(page, "Higher prices"),
        lambda: wheel(page),
        lambda: drag(page),
    ):
        was = heights(page)
        act()
        now = heights(page)
        assert now != was
        assert all(len(set(places)) == 1 for places in now.values())
    assert figure(page).locator(".live .profile").get_attribute("points") != curve
    press(page, "Reset zoom")
    assert heights(page) == before


def middle(page: Page, *, x: float = 0.3, y: float = 0.5) -> tuple[float, float]:
    shown = figure(page).locator(".live svg")
    shown.evaluate("each => each.scrollIntoView({block: 'center'})")
    box = shown.bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def wheel(page: Page) -> None:
    page.mouse.move(*middle(page))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")


def drag(page: Page) -> None:
    page.mouse.move(*middle(page, y=0.4))
    page.mouse.down()
    page.mouse.move(*middle(page, y=0.5))
    page.mouse.move(*middle(page, y=0.6))
    page.mouse.up()


def test_two_fingers_zoom(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written, "phone").page
    before = heights(page)
    page.evaluate(
        """() => {
            const live = document.querySelector('#by-strike .live'), box = live.getBoundingClientRect();
            const touch = (name, pointerId, y) => live.dispatchEvent(new PointerEvent(name,
                { pointerId, pointerType: 'touch', bubbles: true, clientX: box.left + 100, clientY: box.top + y }));
            touch('pointerdown', 1, 200); touch('pointerdown', 2, 260);
            touch('pointermove', 2, 275); touch('pointermove', 1, 190);
            touch('pointerup', 1, 190); touch('pointerup', 2, 275);
        }"""
    )
    spread = [float(each["put wall"][0]) - float(each["spot"][0]) for each in (before, heights(page))]
    assert spread[1] / spread[0] == pytest.approx(85 / 60, rel=0.02)


def test_hover_shows_the_row_that_made_the_bar(tab: Callable[..., Tab], written: Path, analysis: Analysis) -> None:
    page = tab(written).page
    for _ in range(2):
        press(page, "Zoom in")
    strike, x, y, width, height = map(float, max(bars(page), key=lambda bar: float(bar[3])))
    page.locator("#by-strike .live svg").hover(position={"x": x + width / 2, "y": y + height / 2})
    row = analysis.by_strike.row(by_predicate=pl.col("strike") == strike, named=True)
    told = " | ".join(tip(page))
    assert told.startswith(f"{figures.strike(strike)} ·")
    for name in ("net", "calls", "puts"):
        assert f"{name} {figures.dollars(row[name])}" in told
    assert f"open interest {row['call_open_interest']:,} calls, {row['put_open_interest']:,} puts" in told
    assert f"volume {row['volume']:,}" in told
    assert ("0DTE" in told) == (analysis.zero_dte is not None)


def test_hover_on_the_curve_tells_price_and_net(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    page.mouse.move(*middle(page, x=0.75))
    head, net = tip(page)[:2]
    assert re.match(r"were spot at \d+", head)
    assert re.match(r"net [+−][\d.]+ \$(bn|mm) per \+1%, all expirations", net)
    page.mouse.move(0, 0)
    assert tip(page) == []


def test_keys_go_from_strike_to_strike_and_zoom(tab: Callable[..., Tab], written: Path, analysis: Analysis) -> None:
    page = tab(written).page
    before = heights(page)
    figure(page).locator(".canvas").focus()
    told = []
    for key in ("ArrowUp", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        told.append(tip(page)[0])
    assert told[0] == told[2] != told[1]
    near = analysis.by_strike["strike"].to_list()
    assert told[0].split(" ")[0] == figures.strike(
        min(near, key=lambda strike: abs(strike - figures.spot_of(analysis)))
    )
    assert figure(page).get_by_role("status").inner_text().startswith(told[2])
    page.keyboard.press("+")
    assert heights(page) != before
    assert tip(page) == []
    page.keyboard.press("0")
    assert heights(page) == before


def test_the_table_follows_what_is_drawn(tab: Callable[..., Tab], written: Path, analysis: Analysis) -> None:
    page = tab(written).page
    date = analysis.by_expiration["expiration"][-1]
    choose(page, date.isoformat())
    figure(page).get_by_text("The figures as a table").click()
    table = figure(page).locator("details table")
    assert date.isoformat() in table.locator("caption").inner_text()
    rows = table.locator("tbody tr").all_inner_texts()
    cells = strike_cells(analysis).filter(pl.col("expiration") == date)
    volumes = {float(row.split("\t")[0]): int(row.split("\t")[-1].replace(",", "")) for row in rows}
    expected = dict(zip(cells["strike"], cells["volume"], strict=True))
    assert {strike: volume for strike, volume in volumes.items() if volume} == {
        strike: volume for strike, volume in expected.items() if volume and strike in volumes
    }


def test_a_phone_has_the_curve_below_and_no_small_print(tab: Callable[..., Tab], written: Path) -> None:
    shown = tab(written, "phone")
    page = shown.page
    assert shown.overflow() <= 0
    curve_at = figure(page).locator(".live .profile").bounding_box()
    top = figure(page).locator(".live svg").bounding_box()
    assert curve_at
    assert top
    assert curve_at["y"] - top["y"] > max(float(bar[2]) for bar in bars(page))
    assert curve_at["x"] + curve_at["width"] <= 390
    sizes = (
        figure(page)
        .locator(".live svg text")
        .evaluate_all("all => all.map((each) => parseFloat(getComputedStyle(each).fontSize))")
    )
    assert min(sizes) >= 11


def test_it_stays_accessible_with_all_controls_out(tab: Callable[..., Tab], written: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = tab(written, "phone", "dark").page
    choose(page, "several")
    press(page, "Volume")
    figure(page).get_by_text("The figures as a table").click()
    found = Axe().run(page, context="#strikes").response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []


def test_it_is_drawn_again_when_the_window_changes(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    page.set_viewport_size({"width": 900, "height": 900})
    page.wait_for_function("document.querySelector('#by-strike .live svg').clientWidth < 900")
    box = figure(page).locator(".live svg").get_attribute("viewBox")
    assert box
    assert float(box.split()[2]) < 900


def test_paper_gets_the_whole_picture(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    page.emulate_media(media="print")
    assert figure(page).locator(".still svg").is_visible()
    assert page.locator("#profile .canvas svg").is_visible()
    assert not figure(page).locator(".live").is_visible()


def test_toggles_and_zoom_outlive_a_live_update(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    press(page, "Zoom in")
    press(page, "Puts")
    before = bars(page)
    page.evaluate(
        """() => {
            const old = document.querySelector('#by-strike'), made = old.cloneNode(true);
            made.querySelector('.controls').remove();
            const still = made.querySelector('.still');
            made.querySelector('.canvas').replaceChildren(...still.childNodes);
            old.replaceWith(made);
            gex.enhance(made.parentElement);
        }"""
    )
    assert bars(page) == before


def odd(chain: Chain, name: str) -> dict[str, Any]:
    """Return what makes a chain an odd one."""
    frame = chain.frame
    if name == "one expiration":
        return {"frame": frame.filter(pl.col("expiration") == frame["expiration"].min())}
    if name == "no volume":
        return {"frame": frame.with_columns(pl.lit(None, pl.Int64).alias("volume"))}
    if name == "five strikes":
        strikes = sorted(frame["strike"].unique().to_list(), key=lambda strike: abs(strike - 7000))[:5]
        return {"frame": frame.filter(pl.col("strike").is_in(strikes))}
    held = pl.when(pl.col("strike") == frame["strike"][frame.height // 4]).then(90_000_000).otherwise("open_interest")
    return {"frame": frame.with_columns(held.cast(pl.Int64).alias("open_interest"))}


@pytest.mark.parametrize("name", ["one expiration", "no volume", "five strikes", "an outlier"])
def test_odd_chains_are_drawn_too(tab: Callable[..., Tab], chain: Chain, tmp_path: Path, name: str) -> None:
    page = tab(wrote(chain, tmp_path / "odd.html", **odd(chain, name))).page
    assert bars(page)
    press(page, "Zoom out")
    press(page, "Zoom out")
    assert bars(page)
    volume = figure(page).get_by_role("button", name="Volume", exact=True)
    assert volume.is_disabled() == (name == "no volume")
    assert not any("NaN" in value for bar in bars(page) for value in bar if value)


def test_strikes_that_are_all_far_from_spot_leave_the_sentence(
    tab: Callable[..., Tab], chain: Chain, tmp_path: Path
) -> None:
    far = chain.frame.filter((pl.col("strike") / 7000 - 1).abs() > 0.2)
    page = tab(wrote(chain, tmp_path / "far.html", frame=far)).page
    assert figure(page).get_by_text("no strike near spot").first.is_visible()
    assert figure(page).locator(".live").count() == 0
