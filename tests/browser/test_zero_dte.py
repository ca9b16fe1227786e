"""What expires in a browser: one map at a time, its figures under a pointer and under sliders, rows behind bars."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gex.analysis import analysis_of, priced
from gex.cli.page.page import report
from gex.cli.page.view import view_of
from gex.cli.render import figures
from gex.ingest.read import read_chain
from gex.ingest.sample import generate, write_cboe_csv
from gex.intraday_results import ZeroDte
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from .conftest import Tab


@pytest.fixture(scope="module", name="written")
def _written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ZeroDte]:
    folder = tmp_path_factory.mktemp("expiring")
    write_cboe_csv(generate("SPX", seed=3, size="small"), folder / "spx.csv")
    base = priced(read_chain(folder / "spx.csv"), Settings())
    view = view_of(base, analysis_of(base))
    (folder / "report.html").write_bytes(report(view))
    assert isinstance(view.zero_dte, ZeroDte)
    return folder / "report.html", view.zero_dte


def pointed(page: Page, figure: str, x: float, y: float) -> str:
    """Point at a place of a picture, as shares of it, and return the tooltip."""
    picture = page.locator(f"#{figure} svg")
    picture.evaluate("each => each.scrollIntoView({block: 'center'})")
    box = picture.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return re.sub(r"\n+", "\n", page.locator(f"#{figure} .tip").inner_text())


def test_one_map_is_shown_and_buttons_choose_it(tab: Callable[..., Tab], written: tuple[Path, ZeroDte]) -> None:
    page = tab(written[0]).page
    assert page.locator("#zero-dte-gamma").is_visible()
    assert not page.locator("#zero-dte-charm").is_visible()
    button = page.get_by_role("button", name="Trades as time passes")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator("#zero-dte-charm").is_visible()
    assert not page.locator("#zero-dte-gamma").is_visible()


def test_sliders_read_the_map_out(tab: Callable[..., Tab], written: tuple[Path, ZeroDte]) -> None:
    page, view = tab(written[0]).page, written[1]
    middle = len(view.surface.spots) // 2
    price = page.locator("#zero-dte-gamma").get_by_role("slider", name="Price")
    price.focus()
    page.keyboard.press("ArrowRight")
    said = page.locator("#zero-dte-gamma output").inner_text()
    assert figures.dollars(view.surface.gamma_usd_per_1pct[middle + 1, 0]) in said
    assert f"at {view.surface.spots[middle + 1]:.1f}" in said
    page.locator("#zero-dte-gamma").get_by_role("slider", name="Time").focus()
    page.keyboard.press("End")
    said = page.locator("#zero-dte-gamma output").inner_text()
    assert figures.dollars(view.surface.gamma_usd_per_1pct[middle + 1, -1]) in said
    assert said.startswith("16:00 at ")


def test_a_pointer_reads_the_map_and_the_bars(tab: Callable[..., Tab], written: tuple[Path, ZeroDte]) -> None:
    page = tab(written[0]).page
    assert re.search(
        r"\d\d:\d\d at [\d.]+\n.*\$.. per \+1%\n[+−][\d.]+ points", pointed(page, "zero-dte-gamma", 0.4, 0.3)
    )
    assert re.search(r"\d\d:\d\d–\d\d:\d\d\ntrade [+−\d]", pointed(page, "zero-dte-path", 0.4, 0.3))
    assert re.search(r"strike \d+\nDistance .*\nTouch \d+%", pointed(page, "zero-dte-pin", 0.3, 0.5))
    page.mouse.move(2, 2)
    assert not page.locator("#zero-dte-pin .tip").is_visible()


def test_without_scripts_both_maps_and_their_tables_are_there(
    tab: Callable[..., Tab], written: tuple[Path, ZeroDte]
) -> None:
    page = tab(written[0], java_script_enabled=False).page
    assert page.locator("#zero-dte-gamma svg").is_visible()
    assert page.locator("#zero-dte-charm svg").is_visible()
    page.locator("#zero-dte-path summary").click()
    assert page.locator("#zero-dte-path tbody tr").count() == written[1].path.height


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_it_is_accessible_with_the_other_map_chosen(
    tab: Callable[..., Tab], written: tuple[Path, ZeroDte], size: str
) -> None:
    shown = tab(written[0], size, "dark")
    shown.page.get_by_role("button", name="Trades as time passes").click()
    shown.page.locator("#zero-dte-charm").get_by_role("slider", name="Price").focus()
    assert shown.violations() == []
    assert shown.overflow() <= 0


def test_on_a_phone_a_map_fits_and_is_read_as_on_a_desk(tab: Callable[..., Tab], written: tuple[Path, ZeroDte]) -> None:
    page, view = tab(written[0], "phone").page, written[1]
    for name in ("gamma", "path"):
        assert page.locator(f"#zero-dte-{name} .canvas").evaluate("each => each.scrollWidth - each.clientWidth") <= 0
        words = page.locator(f"#zero-dte-{name} svg text")
        ends = words.evaluate_all(
            "all => all.map(each => each.getBoundingClientRect()).map(box => [box.left, box.right])"
        )
        assert min(left for left, _ in ends) >= 0
        assert max(right for _, right in ends) <= 390
    assert page.locator("#zero-dte-gamma svg").get_by_text("spot ").is_visible()
    boxes = page.locator("#zero-dte-gamma svg polygon").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().width)"
    )
    assert len(boxes) == 10
    assert min(boxes) > 25
    said = pointed(page, "zero-dte-gamma", 0.4, 0.4)
    price = float(said.split(" at ")[1].split("\n")[0])
    assert view.surface.spots[0] < price < view.surface.spots[-1]
    page.get_by_role("button", name="Trades as time passes").click()
    charm = page.locator("#zero-dte-charm .canvas")
    assert charm.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
