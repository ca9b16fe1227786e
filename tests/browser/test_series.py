"""Series, regime, flows and downloads in a browser: drawn, one cursor for all, either ground, a phone, no scripts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from results import fill
from served import served
from sites import Ground, lay_out

from gex.ingest.sample import generate_days, write_cboe_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from .conftest import Tab

SESSIONS, MISSING = 24, {9, 10}
LIMITS = """
[rules.short-gamma]
field = "net_gamma_usd_per_1pct"
below = 2e9
severity = "breach"
message = "Dealers are short gamma."

[rules.ranked]
field = "net_gamma_usd_per_1pct"
percentile_below = 20
severity = "warn"
"""
PAGES = ["/series/SPX", "/regime?as_of=2020-03-20", "/flows/SPX", "/downloads/SPX", "/downloads/SPX/latest"]


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a site whose results have a gap, and return its address."""
    ground = lay_out(tmp_path_factory.mktemp("site"))
    results, limits = _results(ground), ground.folder / "more.toml"
    limits.write_text(LIMITS)
    with served(ground.app(results=results, limits=limits)) as address:
        yield address


def _results(ground: Ground) -> Path:
    paths = []
    for number, sample in enumerate(generate_days("SPX", SESSIONS, seed=8, at=dt.time(10, 30), size="small")):
        if number not in MISSING:
            paths.append(ground.folder / f"day_{number}.csv")
            write_cboe_csv(sample, paths[-1])
    fill(paths, ground.folder / "more")
    return ground.folder / "more"


@pytest.mark.parametrize(("size", "ground"), [("desk", "light"), ("phone", "dark")])
@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_accessible_and_fits(
    tab: Callable[..., Tab], site: str, address: str, size: str, ground: str
) -> None:
    shown = tab(site + address, size, ground)
    assert shown.violations() == []
    assert shown.overflow() <= 0


def drawn(page: Page, number: int = 0) -> int:
    """Return how many different colours a panel's canvas has."""
    return int(
        page.evaluate(
            """(number) => {
              const canvas = document.querySelectorAll(".plots canvas")[number];
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              return new Set(new Uint32Array(data.buffer)).size;
            }""",
            number,
        )
    )


def test_every_panel_is_drawn_and_the_picture_makes_room(tab: Callable[..., Tab], site: str) -> None:
    page = tab(site + "/series/SPX").page
    # Levels, net, gross, distance, 0DTE, and the lanes of the limits.
    assert page.locator(".plots canvas").count() == 6
    assert all(drawn(page, number) > 10 for number in range(6))
    assert not page.locator("#series-chart svg").is_visible()
    assert "net gamma" in page.locator(".plot-title").nth(1).inner_text().lower()


def test_one_cursor_moves_through_all_panels(tab: Callable[..., Tab], site: str) -> None:
    page = tab(site + "/series/SPX").page
    over = page.locator(".plots .u-over")
    over.nth(1).scroll_into_view_if_needed()
    over.nth(1).hover(position={"x": 60, "y": 20})
    places = page.evaluate(
        """[...document.querySelectorAll(".plots .u-cursor-x")].map((each) => each.style.transform)"""
    )
    assert len(places) == 6
    assert len(set(places)) == 1
    date = page.locator("output.at").inner_text()
    assert date.startswith("2026-01-")
    values = page.locator(".values").all_inner_texts()
    over.nth(1).hover(position={"x": 300, "y": 20})
    assert page.locator("output.at").inner_text() != date
    assert page.locator(".values").all_inner_texts() != values


def test_a_gap_says_that_there_is_no_result(tab: Callable[..., Tab], site: str) -> None:
    page = tab(site + "/series/SPX").page
    page.locator(".plots").focus()
    page.keyboard.press("Home")
    for _ in MISSING:
        page.keyboard.press("ArrowRight")
    for _ in range(min(MISSING) - len(MISSING)):
        page.keyboard.press("ArrowRight")
    assert "no result" in page.locator("output.at").inner_text()
    assert "–" in page.locator(".values").nth(1).inner_text()
    page.keyboard.press("End")
    assert "10:30 ET" in page.locator("output.at").inner_text()


def test_zoom_is_one_for_all_and_told(tab: Callable[..., Tab], site: str) -> None:
    page = tab(site + "/series/SPX").page
    button = page.get_by_role("button", name="1 month")
    assert button.get_attribute("aria-pressed") == "false"
    before = page.evaluate("document.querySelector('.plots canvas').toDataURL()")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert page.get_by_role("button", name="All").get_attribute("aria-pressed") == "false"
    assert page.evaluate("document.querySelector('.plots canvas').toDataURL()") != before
    page.get_by_role("button", name="All").click()
    assert page.evaluate("document.querySelector('.plots canvas').toDataURL()") == before


def test_charts_follow_the_ground(tab: Callable[..., Tab], site: str) -> None:
    page = tab(site + "/series/SPX").page
    before = page.evaluate("document.querySelector('.plots canvas').toDataURL()")
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function("(before) => document.querySelector('.plots canvas').toDataURL() !== before", arg=before)
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function("(before) => document.querySelector('.plots canvas').toDataURL() === before", arg=before)


def test_without_scripts_there_are_pictures_tables_and_forms(tab: Callable[..., Tab], site: str) -> None:
    page = tab(site + "/series/SPX", java_script_enabled=False).page
    assert page.locator("#series-chart svg").is_visible()
    page.locator("#series-chart summary").click()
    assert page.locator("#series-chart tbody tr").count() == SESSIONS
    assert "breached" in page.locator("#limits").inner_text() or "ok" in page.locator("#limits").inner_text()
    page.locator("input[name=start]").fill("2026-01-21")
    page.get_by_role("button", name="Show").click()
    assert "start=2026-01-21" in page.url
    assert "from 2026-01-21" in page.locator("#head").inner_text()


def test_on_paper_the_picture_stands_for_the_charts(tab: Callable[..., Tab], site: str) -> None:
    page = tab(site + "/series/SPX").page
    page.emulate_media(media="print")
    assert page.locator("#series-chart svg").is_visible()
    assert not page.locator(".plots").is_visible()
