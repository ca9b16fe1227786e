"""Whole processes: `gex report` beside a bare import of the two libraries it cannot do without.

Bytecode is written first, as an installer does: without it every start compiles all modules again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gex.ingest.sample import generate
from gex.ingest.sample_csv import write_cboe_csv

GEX = Path(sys.executable).with_name("gex")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the same chain as a Cboe CSV and as Parquet."""
    folder = tmp_path_factory.mktemp("start")
    csv = folder / "spx_quotedata.csv"
    write_cboe_csv(generate("SPX", seed=1), csv)
    subprocess.run([GEX, "ingest", csv, "--to", folder / "store"], check=True, env=ENVIRONMENT, capture_output=True)
    return {"csv": csv, "parquet": next((folder / "store").rglob("*.parquet"))}


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, env=ENVIRONMENT, capture_output=True, text=True).stdout


def test_bare_import_of_numpy_and_polars(benchmark) -> None:
    benchmark.pedantic(run, args=(sys.executable, "-c", "import numpy, polars"), rounds=15, warmup_rounds=2)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_report(benchmark, files, kind) -> None:
    printed = benchmark.pedantic(run, args=(GEX, "report", files[kind]), rounds=15, warmup_rounds=2)
    assert "call wall" in printed


def test_help(benchmark) -> None:
    assert "report" in benchmark.pedantic(run, args=(GEX, "--help"), rounds=15, warmup_rounds=2)
