"""Loads the modules beside the tests by their path: no test folder is a package."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"pricing_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session", name="reference")
def _reference() -> ModuleType:
    return _load("reference")


@pytest.fixture(scope="session", name="american_reference")
def _american_reference() -> ModuleType:
    return _load("american_reference")


@pytest.fixture(scope="session", name="make_coefficients")
def _make_coefficients() -> ModuleType:
    return _load("make_coefficients")


@pytest.fixture(scope="session", name="make_stencils")
def _make_stencils() -> ModuleType:
    return _load("make_stencils")


@pytest.fixture(scope="session", name="cash_reference")
def _cash_reference() -> ModuleType:
    return _load("cash_reference")


@pytest.fixture(scope="session", name="make_truths")
def _make_truths() -> ModuleType:
    return _load("make_truths")


@pytest.fixture(scope="session", name="committed")
def _committed() -> dict[str, Any]:
    """Return contracts with the figures of other programs, as make_truths.py wrote them."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("truths.json").read_text())
    return found
