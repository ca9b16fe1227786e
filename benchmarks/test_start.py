"""Whole processes: `gex report` beside a bare import of the two libraries it cannot do without.

Bytecode is written first, as an installer does: without it every start compiles all modules again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.race import local_lane
from gex.ingest.sample import generate
from gex.ingest.sample_csv import write_cboe_csv

if TYPE_CHECKING:
    from benchmarks.race import Race

GEX = Path(sys.executable).with_name("gex")
COMMAND = [GEX] if GEX.exists() else [sys.executable, "-c", "from gex.cli.main import main; main()"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ROUNDS = 15


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the same chain as a Cboe CSV and as Parquet."""
    folder = tmp_path_factory.mktemp("start")
    csv = folder / "spx_quotedata.csv"
    write_cboe_csv(generate("SPX", seed=1), csv)
    run(*COMMAND, "ingest", csv, "--to", folder / "store")
    return {"csv": csv, "parquet": next((folder / "store").rglob("*.parquet"))}


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, env=ENVIRONMENT, capture_output=True, text=True).stdout


def _beside_a_bare_import(race: Race, topic: str, *arguments: str | Path) -> None:
    bare = local_lane("python -c 'import numpy, polars'", 1, lambda: run(sys.executable, "-c", "import numpy, polars"))
    race.run(lambda: run(*COMMAND, *arguments), [bare], rows=1, rounds=ROUNDS, topic=topic, unit="process")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_report(free_race: Race, files: dict[str, Path], kind: str) -> None:
    assert "call wall" in run(*COMMAND, "report", files[kind])
    _beside_a_bare_import(free_race, f"Whole process, gex report on a {kind} file", "report", files[kind])


def test_help(free_race: Race) -> None:
    assert "report" in run(*COMMAND, "--help")
    _beside_a_bare_import(free_race, "Whole process, gex --help", "--help")
