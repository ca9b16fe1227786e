"""What the README shows is what the program prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def gex(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "gex.cli.main", *map(str, arguments)]
    environment = {"COLUMNS": "80", "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout


def test_the_readme_shows_the_report_on_the_sample(tmp_path: Path) -> None:
    gex("sample", "--to", tmp_path / "spx_quotedata.csv")
    shown = re.search(r"^```text\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert gex("report", tmp_path / "spx_quotedata.csv") == shown[1]


def test_every_page_the_readme_names_is_there() -> None:
    pages = re.findall(r"\]\((docs/[^)]+)\)", README)
    assert len(pages) >= 5
    assert [page for page in pages if not (ROOT / page).exists()] == []


def test_the_two_commands_are_make_targets() -> None:
    targets = set(re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert {"report", "test"} <= targets
    assert "$ make report\n$ make test" in README
