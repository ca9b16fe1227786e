"""The report in a browser: on a desk and a phone, light and dark, printed, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gex.analysis import analysis_of, priced
from gex.cli.page.page import report
from gex.cli.page.view import view_of
from gex.ingest.read import read_chain
from gex.ingest.sample import generate, write_cboe_csv
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Tab


@pytest.fixture(scope="module", name="written")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_cboe_csv(generate("SPX", seed=3, size="small"), folder / "spx.csv")
    base = priced(read_chain(folder / "spx.csv"), Settings())
    (folder / "report.html").write_bytes(report(view_of(base, analysis_of(base))))
    return folder / "report.html"


# The other two of the four are looked at as a page of the site, which has the same sections: test_pages.py.
@pytest.mark.parametrize(("size", "ground"), [("desk", "light"), ("phone", "dark")])
def test_the_report_is_accessible_and_fits(tab: Callable[..., Tab], written: Path, size: str, ground: str) -> None:
    shown = tab(written, size, ground)
    assert shown.violations() == []
    assert shown.overflow() <= 0
    assert shown.page.locator("main svg").count() >= 5


def test_the_ground_can_be_chosen(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written).page
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 26)"


def test_paper_is_light_whatever_the_ground(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written, "desk", "dark").page
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 26)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(22, 32, 42)"


def test_without_scripts_the_figures_are_there(tab: Callable[..., Tab], written: Path) -> None:
    page = tab(written, java_script_enabled=False).page
    assert page.get_by_text("Gamma flip").first.is_visible()
    assert page.locator("main svg").count() >= 5
    assert not page.get_by_role("button", name="Dark").is_visible()


def test_it_asks_no_one_for_anything(tab: Callable[..., Tab], written: Path) -> None:
    asked = []
    page = tab("about:blank").page
    page.on("request", lambda request: asked.append(request.url))
    page.goto(written.as_uri())
    assert asked == [written.as_uri()]
