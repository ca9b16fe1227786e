"""The peers' processes, started once, and the race each benchmark runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.race import Contestant, Race, one_core
from benchmarks.roster import PEERS
from gex.pricing import _kernel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture


@pytest.fixture(scope="session", name="contestants")
def _contestants() -> Iterator[list[Contestant]]:
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
