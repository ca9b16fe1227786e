"""The documentation says what the program does: every command, option, name, reason and code."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from gex.cli import failures, options
from gex.cli.main import COMMANDS

if TYPE_CHECKING:
    from types import ModuleType

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = _load(HERE / "write_docs.py")


@pytest.mark.parametrize(
    "page", ["cli.md", "json.md", "errors.md", "store.md", "levels.md", "limits.md", "histories.md", "serve.md"]
)
def test_the_tables_are_what_the_program_says(page: str) -> None:
    """If this fails: python tests/cli/write_docs.py."""
    text = (DOCS / page).read_text(encoding="utf-8")
    assert "<!-- end -->" in text
    assert WRITER.rewritten(text) == text


def test_every_command_has_its_section_and_help() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    commands = WRITER.commands()
    assert {name.split()[0] for name in commands} == set(COMMANDS)
    for name, command in commands.items():
        assert f"\n## gex {name}\n" in text
        assert f"<!-- options: {name} -->" in text
        assert command.help
        assert command.get_short_help_str(200)


@pytest.mark.parametrize(
    "name", ["flows", "feedback", "cta", "regime", "brief", "signals", "study", "regress", "claims"]
)
def test_the_list_of_commands_says_a_whole_sentence(name: str) -> None:
    """In 80 columns: a name of ten letters, and two spaces on both sides of it."""
    assert not WRITER.commands()[name].get_short_help_str(80 - 14).endswith("...")


def test_every_option_explains_itself() -> None:
    for name, command in WRITER.commands().items():
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"gex {name} {option.opts}"


def test_every_setting_is_a_flag_an_environment_name_and_a_documented_one() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for name in options.SETTINGS:
        assert f"`GEX_{name.upper()}`" in text


def test_every_exit_code_is_documented() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    codes = {value for name, value in vars(failures).items() if name.isupper()} | {2}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == codes
