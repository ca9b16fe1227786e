"""What a command may load: each heavy import is a delay that every call pays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "numpy",
    "numpy.ma",
    "polars",
    "rich",
    "scipy",
    "pandas",
    "pyarrow",
    "exchange_calendars",
    "matplotlib",
    "httpx",
    "xlsxwriter",
    "databento_dbn",
    "dask",
    "distributed",
    "starlette",
    "uvicorn",
}
FINDER = """
import json, sys
from gex.cli.main import run
code = run(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(name for name in sys.modules if "." not in name or name == "numpy.ma")]), file=sys.stderr)
"""


def loaded(*arguments: str, **environment: str) -> set[str]:
    """Run `gex` in a process of its own, piped, and return the names of the packages it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", FINDER, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | environment,
    )
    code, names = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return set(names)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["config", "show"],
        # One of each kind: chains, stores, results, trades, histories.
        *([name, "--help"] for name in ("report", "fetch", "zero-dte", "ingest", "store", "history", "batch", "score")),
        *([name, "--help"] for name in ("check", "monitor", "tape", "flows", "feedback", "cta", "regime", "brief")),
        *([name, "--help"] for name in ("study", "claims", "signals", "regress", "chart", "serve")),
    ],
)
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    assert loaded(*arguments) & HEAVY == set()


def test_completion_loads_nothing_heavy() -> None:
    program = "import sys; from gex.cli.main import main\ntry:\n    main()\nfinally:\n    print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"_GEX_COMPLETE": "bash_complete", "COMP_WORDS": "gex rep", "COMP_CWORD": "1"},
    )
    assert "plain,report" in done.stdout
    assert HEAVY & set(done.stdout.split()) == set()


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_report_loads_numpy_and_polars_and_nothing_heavier(spx_csv: Path, form: str) -> None:
    assert loaded("report", str(spx_csv), "--format", form) & HEAVY == {"numpy", "polars"}


def test_zero_dte_loads_nothing_more(spx_csv: Path) -> None:
    assert loaded("zero-dte", str(spx_csv)) & HEAVY == {"numpy", "polars"}


def test_a_chart_as_svg_loads_nothing_more(spx_csv: Path) -> None:
    assert loaded("chart", "strikes", str(spx_csv)) & HEAVY == {"numpy", "polars"}


def test_feedback_loads_nothing_more(spx_csv: Path) -> None:
    assert loaded("feedback", str(spx_csv), "--impact", "1e-14") & HEAVY == {"numpy", "polars"}


def test_report_from_the_store_loads_nothing_more(spx_csv: Path, tmp_path: Path) -> None:
    loaded("ingest", str(spx_csv), "--to", str(tmp_path))
    assert loaded("report", "SPX", "--store", str(tmp_path)) & HEAVY == {"numpy", "polars"}
    assert loaded("store", "verify", "--store", str(tmp_path)) & HEAVY == {"numpy", "polars"}


def test_report_on_a_file_does_not_load_the_store(spx_csv: Path) -> None:
    program = "import sys; from gex.cli.main import run; run(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, "report", str(spx_csv)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    ours = {name for name in done.stdout.split() if name.startswith("gex.ingest.")}
    assert "gex.ingest.read" in ours
    assert not ours & {f"gex.ingest.{name}" for name in ("store", "staging", "bundle", "scan", "verify", "intake")}
    assert not ours & {f"gex.ingest.result_{name}" for name in ("store", "parts", "manifest")}
    assert not {"gex.history", "gex.cli.past", "gex.cli.batch"} & set(done.stdout.split())
