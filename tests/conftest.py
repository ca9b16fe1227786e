"""Shared fixtures, and the count of tests that ran on the real data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

# Derandomised: the same examples on every machine, and no deadline on busy ones.
settings.register_profile("gex", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("gex")


@pytest.fixture(scope="session", name="data_path")
def _data_path() -> Callable[..., Path]:
    """Return a function from path parts to a file of the real-data folder, which skips where there is none."""

    def find(*parts: str) -> Path:
        root = os.environ.get("GEX_TEST_DATA")
        if not root:
            pytest.skip("GEX_TEST_DATA is not set: no real chain files")
        path = Path(root).joinpath(*parts)
        if not path.exists():
            pytest.skip(f"{path} is not there")
        return path

    return find


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on the real data: a green run without them proves less."""
    ran = [
        report
        for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
        if report.when == "call" and "real" in report.keywords
    ]
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "real" in report.keywords]
    terminalreporter.write_line(f"real data: {len(ran)} tests ran, {len(skipped)} skipped")
