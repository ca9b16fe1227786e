"""A real browser: the system's Chromium driven by Playwright; every page is held to having nothing to complain of."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
# As root, and without the requests that a browser makes of its own.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package", name="chromium")
def _chromium() -> Iterator[Browser]:
    """Return the browser, or skip and say what is missing.

    It ends with this folder, a package for that reason: its event loop runs in the thread of the tests, where none that come
    after could run one of their own.
    """
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install 'gexlab[browser]'")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium here: install the system's package chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Tab:
    """A page in the browser, and what it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def violations(self, *but: str) -> list[str]:
        """Return what axe finds against WCAG 2.2 AA and its own best practice.

        Args:
            but: Selectors of what is left out: parts of the page that another test has looked at.

        """
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, {"exclude": [[each] for each in but]} if but else None)
        return [
            f"{each['id']}: {node['html'][:120]} {node.get('failureSummary', '')}"
            for each in found.response["violations"]
            for node in each["nodes"][:3]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(name="tab")
def _tab(chromium: Browser) -> Iterator[Callable[..., Tab]]:
    """Return a function that opens an address or a file; at the end no page may have had anything to complain of."""
    tabs: list[Tab] = []

    def opened(address: str | Path, size: str = "desk", ground: str = "light", **options: Any) -> Tab:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=ground, reduced_motion="reduce", **options
        )
        tab = Tab(context.new_page())
        tabs.append(tab)
        tab.page.on("console", lambda said: said.type in {"error", "warning"} and tab.complaints.append(said.text))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.goto(address if isinstance(address, str) else address.as_uri())
        return tab

    yield opened
    for tab in tabs:
        tab.page.context.close()
    assert [tab.complaints for tab in tabs if tab.complaints] == []
