"""Our own package as other machines run it, built under .bench/ by `python -m benchmarks.builds [NAME ...]`.

One build holds the loops for every instruction set, and the processor alone decides which run (glibc's tunables do not
reach GCC's clones). So what others get is built from a copy of the tree, with flags of its own, and run from its folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from benchmarks.environments import FOLDER, ROOT

BUILDS = {"baseline": "-DGEX_BASELINE", "avx2": "-DGEX_BASELINE -march=x86-64-v3"}
"""By the name that `instruction_set` gives the loops: without AVX2, and with AVX2 but no AVX-512."""
FILES = ("setup.py", "pyproject.toml", "README.md", "LICENSE")
GENERATED = shutil.ignore_patterns("*.so", "*.c", "__pycache__")


def folder_of(name: str) -> Path | None:
    """Return the folder a build is imported from, None where it has not been made or is none of ours."""
    folder = FOLDER / name
    return folder if name in BUILDS and (folder / "gex").is_dir() else None


def _copy(tree: Path) -> str:
    """Copy what the package is built from, and return a digest of it."""
    digest = hashlib.sha256()
    for name in FILES:
        shutil.copy2(ROOT / name, tree)
    for folder in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"].values():
        shutil.copytree(ROOT / folder, tree / folder, symlinks=True, ignore=GENERATED)
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        digest.update(bytes(file.relative_to(tree)) + file.read_bytes())
    return digest.hexdigest()


def make(name: str) -> None:
    """Build unless it is there from the same sources; leave nothing where that fails, or the loops are others."""
    folder = FOLDER / name
    with tempfile.TemporaryDirectory() as scratch:
        stamp = f"{BUILDS[name]} {_copy(Path(scratch))}"
        if (folder / "stamp").exists() and (folder / "stamp").read_text() == stamp:
            return
        print(f"building our own package for {name} ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install", "--no-deps"]
        done = subprocess.run(
            [*pip, "--target", folder, scratch], check=False, env=os.environ | {"CFLAGS": BUILDS[name]}
        )
    if done.returncode or _instruction_set(folder) != name:
        shutil.rmtree(folder, ignore_errors=True)
        return
    (folder / "benchmarks").symlink_to(ROOT / "benchmarks", target_is_directory=True)
    (folder / "stamp").write_text(stamp)


def _instruction_set(folder: Path) -> str:
    """Return which loops a build runs, as a process that starts in its folder sees it."""
    show = "from gex.pricing import _kernel; print(_kernel.instruction_set())"
    done = subprocess.run([sys.executable, "-c", show], check=False, cwd=folder, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for name in wanted or BUILDS:
        make(name)
    missing = [name for name in wanted if folder_of(name) is None]
    sys.exit(f"could not build: {', '.join(missing)}" if missing else 0)
