"""The marks of the page's charts under a pointer and the arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gex.analysis import analysis_of, priced
from gex.cli.page.page import report
from gex.cli.page.view import view_of
from gex.ingest.read import read_chain
from gex.ingest.sample import generate_days, write_cboe_csv
from gex.plot.heat import grid_of
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gex.cli.page.view import View

    from .conftest import Tab


@pytest.fixture(scope="module", name="view")
def _view(tmp_path_factory: pytest.TempPathFactory) -> View:
    """A snapshot with one before it."""
    folder, bases = tmp_path_factory.mktemp("days"), []
    for number, sample in enumerate(generate_days("SPX", 2, seed=3, size="small")):
        write_cboe_csv(sample, folder / f"{number}.csv")
        bases.append(priced(read_chain(folder / f"{number}.csv"), Settings()))
    return view_of(bases[1], analysis_of(bases[1]), before=bases[0])


@pytest.fixture(scope="module", name="written")
def _written(view: View, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_bytes(report(view))
    return path


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_arrow_keys_read_the_map_from_its_largest_cell(
    tab: Callable[..., Tab], written: Path, view: View, size: str
) -> None:
    shown = tab(written, size)
    page, rows = shown.page, grid_of(view.analysis).rows
    largest = max(rows, key=lambda row: abs(row["net"]))
    page.locator("#heat-chart .canvas").focus()
    page.keyboard.press("ArrowRight")
    tip, said = page.locator("#heat-chart .tip"), page.locator("#heat-chart [aria-live]")
    assert tip.inner_text().startswith(f"{largest['strike']:g}, ")
    assert "per +1%" in tip.inner_text()
    page.keyboard.press("ArrowUp")
    higher = min(row["strike"] for row in rows if row["strike"] > largest["strike"])
    assert tip.inner_text().startswith(f"{higher:g}, ")
    assert said.inner_text().startswith(f"{higher:g}, ")
    page.keyboard.press("End")
    assert tip.is_visible()
    assert shown.overflow() <= 0
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_a_pointer_reads_every_chart_of_columns(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    spots = {"hedging-chart": "dealers ", "expirations-chart": "net ", "change-chart": "per +1%"}
    for name, said in spots.items():
        drawing = page.locator(f"#{name} .canvas svg").first
        drawing.scroll_into_view_if_needed()
        box = drawing.bounding_box()
        assert box
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
        assert said in page.locator(f"#{name} .tip").inner_text()
        assert page.locator(f"#{name} rect.cursor").first.get_attribute("visibility") == "visible"
    page.mouse.move(1, 1)
    assert not page.locator(".tip:visible").count()


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_a_page_with_everything_open_is_accessible(tab: Callable[..., Tab], written: Path, ground: str) -> None:
    shown = tab(written, "phone", ground)
    shown.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert shown.violations() == []
    assert shown.overflow() <= 0


def test_a_definition_opens_by_keyboard_and_says_its_text_when_pointed_at(
    tab: Callable[..., Tab], written: Path
) -> None:
    page = tab(written, "phone").page
    name = page.locator("#definitions summary", has_text="Call Wall").first
    assert name.get_attribute("title") == "Strike of the largest net gamma"
    name.focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("Source: https://support.spotgamma.com").first.is_visible()


def test_assumptions_open_by_keyboard(tab: Callable[..., Tab], written: Path, view: View) -> None:
    page = tab(written, "phone").page
    page.locator(".assumes summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".assumes li", has_text=view.analysis.assumptions[-1]).is_visible()
