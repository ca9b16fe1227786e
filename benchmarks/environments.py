"""Environments for the peers under .bench/, made by `python -m benchmarks.environments`.

`current` has what the project's `bench` extra names, at the versions the package index gives today; `pinned` the old
versions that py_vollib_vectorized and numba with SVML need; `sides` what tclf needs; `newer` what needs a newer Python
than 3.11. A package that does not install is left out, and the report says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".bench"


@dataclass(frozen=True)
class Environment:
    """Requirements, and the minor versions of Python 3 they install on, best first; none means the one that runs."""

    requirements: tuple[str, ...]
    minors: tuple[int, ...] = ()
    constrained: bool = False


def _extra() -> tuple[str, ...]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tuple(tomllib.load(file)["project"]["optional-dependencies"]["bench"])


ENVIRONMENTS = {
    "current": Environment(("numpy", "scipy", *_extra()), constrained=True),
    "pinned": Environment(
        (
            "numpy<2.1",
            "numba==0.60.0",
            "icc_rt",
            "py_vollib==1.0.1",
            "py_lets_be_rational==1.0.1",
            "py_vollib_vectorized==0.1.1",
        ),
        minors=(11, 12),
    ),
    "sides": Environment(("numpy<2", "tclf==0.4.0")),
    "newer": Environment(("numpy", "opengreeks>=0.2"), minors=(12, 13, 14)),
}


def python_of(name: str) -> Path | None:
    """Return the interpreter of an environment; `current` is the running one where none has been made."""
    python = FOLDER / name / "bin" / "python"
    if python.exists():
        return python
    return Path(sys.executable) if name == "current" else None


def failures_of(name: str) -> str:
    """Return what did not install."""
    file = FOLDER / name / "failures.json"
    return ", ".join(json.loads(file.read_text())) if file.exists() else ""


def _works(python: str) -> bool:
    check = subprocess.run([python, "-c", "import ensurepip, venv"], check=False, capture_output=True)
    return check.returncode == 0


def _interpreter(minors: tuple[int, ...]) -> str | None:
    """Return a Python of one of these minor versions: the running one, on the path, or where pyenv keeps it."""
    if not minors or sys.version_info.minor in minors:
        return sys.executable
    for minor in minors:
        kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python3"))
        for candidate in [shutil.which(f"python3.{minor}"), *map(str, kept)]:
            if candidate and _works(candidate):
                return candidate
    return None


def _install(python: Path, requirements: tuple[str, ...], environment: dict[str, str]) -> list[str]:
    """Install all at once or, where that fails, one by one; return what did not install."""

    def pip(*names: str) -> bool:
        command = [python, "-m", "pip", "--disable-pip-version-check", "-q", "install", *names]
        return subprocess.run(command, check=False, env=environment, stderr=subprocess.DEVNULL).returncode == 0

    return [] if pip(*requirements) else [name for name in requirements if not pip(name)]


def make(name: str, wanted: Environment) -> None:
    """Make an environment unless it is there with the same requirements."""
    folder, stamp = FOLDER / name, FOLDER / name / "requirements.json"
    if stamp.exists() and json.loads(stamp.read_text()) == list(wanted.requirements):
        return
    shutil.rmtree(folder, ignore_errors=True)
    python = _interpreter(wanted.minors)
    if python is None:
        return
    print(f"installing the peers of {name} ...", flush=True)
    subprocess.run([python, "-m", "venv", folder], check=True)
    environment = {key: value for key, value in os.environ.items() if wanted.constrained or key != "PIP_CONSTRAINT"}
    failures = _install(folder / "bin" / "python", wanted.requirements, environment)
    (folder / "failures.json").write_text(json.dumps(failures))
    stamp.write_text(json.dumps(wanted.requirements))


if __name__ == "__main__":
    for name, wanted in ENVIRONMENTS.items():
        make(name, wanted)
