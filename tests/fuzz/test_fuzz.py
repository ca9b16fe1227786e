"""A short run of the fuzzing, and that it would find what it looks for."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", HERE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_format_has_a_seed() -> None:
    from gex.ingest.readers.registry import FORMATS

    seeds = _load("seeds")
    assert {seeds.format_of(name) for name in seeds.seeds()} == {each.name for each in FORMATS}


def test_damage_is_the_same_for_the_same_seed_and_of_every_kind() -> None:
    mutate = _load("mutate")
    data = b"a,b,c\n1,2,3\n4,5,6\n"
    made = [mutate.mutated(data, random.Random(number)) for number in range(500)]
    assert made == [mutate.mutated(data, random.Random(number)) for number in range(500)]
    assert len(set(made)) > 400
    for damage in mutate.DAMAGES:
        assert any(damage(data, random.Random(number)) != data for number in range(20)), damage


@pytest.mark.slow
def test_damaged_files_of_every_shape_are_refused_or_read_as_what_they_are(tmp_path: Path) -> None:
    run = [sys.executable, str(HERE / "run.py"), "--files", "40", "--keep", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    counts = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(each.get("refused") for each in counts), counts
    # Seals and sums of pages let hardly any damage to Parquet pass.
    assert all(each.get("read") for each in counts if not each["seed"].endswith(".parquet")), counts
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_reader_that_breaks_is_told_and_its_file_kept(tmp_path: Path) -> None:
    broken = (
        "import sys; sys.argv = ['run.py', '--seconds', '1', '--keep', sys.argv[1], 'cboe_json']\n"
        "sys.path.insert(0, 'tests/fuzz'); import run\n"
        "sound = run.read_chains\n"
        "def wrong(*given, **named):\n"
        "    yield from sound(*given, **named)\n"
        "    raise KeyError('lost')\n"
        "run.read_chains = wrong\n"
        "sys.exit(run.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 1
    assert "KeyError: 'lost'" in done.stderr
    assert any(path.name.startswith("cboe_json-quotes.json.") for path in tmp_path.iterdir())
