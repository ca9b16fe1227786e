"""The peers' processes, started once, and the race each benchmark runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.race import Contestant, Race, one_core, without_paths
from benchmarks.roster import PEERS
from benchmarks.worker import version_of
from gex.pricing import _kernel

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

FAILED: list[str] = []


@pytest.fixture(scope="session", name="contestants")
def _contestants() -> Iterator[list[Contestant]]:
    print("\nstarting the peers", flush=True)
    with one_core():
        started = [Contestant(peer) for peer in PEERS]
    yield started
    for contestant in started:
        contestant.close()


@pytest.fixture(name="race")
def _race(benchmark: BenchmarkFixture, contestants: list[Contestant], tmp_path: Path) -> Iterator[Race]:
    """Return a race on one core."""
    with one_core():
        yield Race(benchmark, contestants, tmp_path)


@pytest.fixture(name="free_race")
def _free_race(benchmark: BenchmarkFixture, tmp_path: Path) -> Race:
    """Return a race on all cores, without the peers: for whole analyses and whole processes."""
    return Race(benchmark, [], tmp_path)


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, object]) -> None:
    del config
    machine_info["instruction_set"] = _kernel.instruction_set()
    machine_info["versions"] = [f"Python {sys.version.split()[0]}", *map(version_of, ("gexlab", "numpy"))]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember which topics failed, and why: the report is written all the same."""
    report = yield
    if report.failed and call.when == "call" and call.excinfo:
        FAILED.append(f"{item.name}: {without_paths(str(call.excinfo.value))}")
    return report


def pytest_benchmark_update_json(output_json: dict[str, object]) -> None:
    output_json["failed"] = FAILED
