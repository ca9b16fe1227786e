"""The wheel and the sdist hold what they should and work away from the checkout, on every Python present."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    environment = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt"), "PYTHONPATH": "", **variables}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pythons() -> list[str]:
    """Return the interpreters to install on: those of GEX_PYTHONS, a path list, or the running one."""
    return os.environ.get("GEX_PYTHONS", sys.executable).split(os.pathsep)


def checkout(tree: Path) -> Path:
    """Copy what git tracks, links as links."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, listed)):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name, follow_symlinks=False)
    return tree


@pytest.fixture(scope="module", name="quick")
def _quick(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return variables for a C compiler that optimises nothing, whatever it is told, for one instruction set.

    What the loops are compiled to is not at stake here, and they take a sixth of the time.
    """
    compiler = tmp_path_factory.mktemp("compiler") / "cc"
    compiler.write_text('#!/bin/sh\nexec cc "$@" -O0\n')
    compiler.chmod(0o755)
    return {"CC": str(compiler), "CFLAGS": "-DGEX_BASELINE"}


@pytest.fixture(scope="module", name="dist")
def _dist(tmp_path_factory: pytest.TempPathFactory, quick: dict[str, str]) -> Path:
    """Build an sdist from a clean copy of the tree, and the wheel from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    tree = checkout(folder / "tree")
    run(sys.executable, "-m", "build", "--outdir", folder, tree, cwd=folder, **quick)
    return folder


def test_the_sdist_holds_sources_once_and_nothing_generated(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = ["/".join(name.split("/")[1:]) for name in archive.getnames()]
    assert {"pricing/_kernel.pyx", "pricing/kernel.h", "Makefile", "constraints.txt", "tests/conftest.py"} <= set(names)
    assert "gex/microstructure/_sides.pyx" in names
    assert not [name for name in names if name.endswith((".so", ".pyc")) or name.startswith("gex/pricing")]
    assert not [name for name in names if name.startswith(("pricing/", "ingest/", "gex/")) and name.endswith(".c")]


def test_the_wheel_installs_gex_alone(dist: Path) -> None:
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"gex", next(n for n in names if "dist-info" in n).split("/")[0]}
    needed = {
        "gex/py.typed",
        "gex/pricing/_kernel.pyi",
        "gex/pricing/_rows.pyi",
        "gex/pricing/_american.pyi",
        "gex/pricing/_cash.pyi",
        "gex/ingest/trades/_tail.pyi",
        "gex/microstructure/_sides.pyi",
        "gex/ingest/holidays.csv",
        "gex/cli/report.schema.json",
        "gex/cli/page/assets/page.css",
        "gex/cli/page/assets/favicon.svg",
        "gex/cli/page/assets/vendor/uPlot.iife.min.js",
        "gex/cli/page/assets/vendor/uPlot.LICENSE",
    }
    assert needed <= set(names)
    compiled = ("pricing/_kernel", "pricing/_rows", "pricing/_american", "pricing/_cash")
    for module in (*compiled, "microstructure/_sides", "ingest/trades/_tail"):
        assert any(name.startswith(f"gex/{module}.") and name.endswith(".so") for name in names)


@pytest.mark.parametrize("python", pythons())
def test_it_works_elsewhere(dist: Path, quick: dict[str, str], python: str, tmp_path: Path) -> None:
    """Install into a new environment, in a folder with a pricing.py and a cli/ of its own.

    The wheel on the Python that built it, from the sdist; on any other the sdist, which is compiled there.
    """
    run(python, "-m", "venv", tmp_path / "env", cwd=tmp_path)
    binary = tmp_path / "env" / "bin"
    version = run(python, "-c", "import sys; print(sys.version)", cwd=tmp_path).strip()
    built = next(dist.glob("*.whl" if version == sys.version else "*.tar.gz"))
    run(binary / "python", "-m", "pip", "install", "-q", built, cwd=tmp_path, **quick)
    work = tmp_path / "work"
    (work / "cli").mkdir(parents=True)
    (work / "pricing.py").write_text("raise SystemExit('the wrong pricing')\n")
    (work / "cli" / "__init__.py").write_text("raise SystemExit('the wrong cli')\n")
    run(binary / "gex", "sample", "--to", "chain.csv", cwd=work)
    assert "call wall" in run(binary / "gex", "report", "chain.csv", cwd=work)
    run(binary / "gex", "report", "chain.csv", "--html", "page.html", cwd=work)
    assert "<svg" in (work / "page.html").read_text("utf-8")
    assert "FAIL" not in run(binary / "gex", "selftest", cwd=work)


def test_an_editable_install_sees_new_files(quick: dict[str, str], tmp_path: Path) -> None:
    """Work on the project: one install, then edits count at once."""
    tree = checkout(tmp_path / "tree")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--no-deps", "-e", tree, "numpy", cwd=tmp_path, **quick)
    (tree / "pricing" / "brand_new.py").write_text("ANSWER = 42\n")
    assert run(python, "-c", "import gex.pricing.brand_new as m; print(m.ANSWER)", cwd=tmp_path) == "42\n"
