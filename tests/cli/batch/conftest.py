"""Four sessions, a batch over them, and what it leaves when nothing happens to it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from batches import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batches import Batch
    from conftest import Ran


@pytest.fixture(scope="session", name="days")
def _days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions of QQQ."""
    from gex.cli.main import run

    folder = tmp_path_factory.mktemp("days")
    run(["sample", "--symbol", "QQQ", "--days", "4", "--size", "small", "--to", str(folder)])
    return folder


@pytest.fixture(scope="session", name="finished")
def _finished(days: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run that nothing happened to."""
    from gex.cli.main import run

    results = tmp_path_factory.mktemp("undisturbed")
    assert run(["batch", "-q", str(days), "--to", str(results)]) == 0
    return results


@pytest.fixture(scope="session", name="undisturbed")
def _undisturbed(finished: Path) -> dict[str, bytes]:
    """The parts of a run that nothing happened to."""
    return tree(finished)


@pytest.fixture(name="batch")
def _batch(gex: Callable[..., Ran], tmp_path: Path) -> Batch:
    """Return a function that runs a batch into one place and returns its summary and exit code."""

    def run(*arguments: Any) -> dict[str, Any]:
        ran = gex("batch", *arguments, "--to", tmp_path / "results", "--format", "json")
        return json.loads(ran.out) | {"code": ran.code, "err": ran.err}

    return run


@pytest.fixture(name="results")
def _results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture(name="done")
def _done(finished: Path, results: Path) -> Path:
    """Results that are there already."""
    return shutil.copytree(finished, results)
