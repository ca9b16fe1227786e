"""Imports point down: cli -> gex -> pricing; cli -> ingest; gex -> the schemas of ingest only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {"pricing": "gex.pricing", "ingest": "gex.ingest", "cli": "gex.cli", "gex": "gex"}
ALLOWED = {
    "gex.pricing": ("gex.pricing",),
    "gex.ingest": ("gex.ingest", "gex:__version__"),
    "gex": ("gex.pricing", "gex.ingest.schema", "gex.ingest.trade_schema", "gex.ingest.daily_schema"),
    "gex.cli": ("gex",),
}
HEAVY = {"scipy", "pandas", "pyarrow", "matplotlib", "exchange_calendars", "rich", "httpx", "dask", "distributed"}


def modules(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*.py") if not path.is_symlink() and "/gex/cli/" not in str(path)]


def imports(path: Path) -> set[str]:
    """Return the dotted names a module imports when it runs, without those for type checkers only."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    names = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"gex:{alias.name}" for alias in node.names} if node.module == "gex" else {node.module}
    return names


def is_allowed(name: str, floor: str) -> bool:
    if not name.startswith(("gex.", "gex:")):
        return True
    if floor == "gex" and not name.startswith(("gex.pricing", "gex.ingest", "gex.cli")):
        return True
    return any(name == prefix or name.startswith(prefix + ".") or prefix == "gex" for prefix in ALLOWED[floor])


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_point_down(folder: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(folder)
        if path.parent != ROOT / "gex" / "pricing"
        for name in imports(path)
        if not is_allowed(name, FLOORS[folder])
        # The package's lazy names are re-exports from ingest: they run only when a user asks for them.
        and path != ROOT / "gex" / "__init__.py"
    }
    assert not wrong


def test_pricing_needs_numpy_alone() -> None:
    outside = {name.split(".")[0] for path in modules("pricing") for name in imports(path)}
    library = {"__future__", "typing", "dataclasses", "enum", "collections", "math"}
    threads = {"concurrent", "functools", "operator", "os"}
    assert outside <= {"numpy", "gex"} | library | threads


@pytest.mark.parametrize("folder", ["pricing", "gex", "ingest", "cli"])
def test_heavy_packages_are_imported_inside_functions(folder: str) -> None:
    """What only some commands need must not slow the start of all of them."""
    wrong = {
        f"{path.relative_to(ROOT)}: {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name}"
        for path in modules(folder)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and (node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0] in HEAVY
    }
    assert not wrong


@pytest.mark.parametrize("folder", ["pricing", "ingest", "cli"])
def test_the_bare_folder_names_refuse_to_be_imported(folder: str) -> None:
    source = (ROOT / folder / "__init__.py").read_text()
    with pytest.raises(ImportError, match=f"import gex.{folder}, not {folder}"):
        exec(compile(source, folder, "exec"), {"__name__": folder})  # noqa: S102


def test_every_package_is_listed_for_the_wheel() -> None:
    """A subpackage missing from the list is missing from the wheel, silently."""
    import tomllib

    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = set()
    for folder, name in FLOORS.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            relative = init.parent.relative_to(ROOT / folder)
            if folder == "gex" and relative.parts and relative.parts[0] in FLOORS:
                continue
            found.add(".".join([name, *relative.parts]))
    assert listed == found
