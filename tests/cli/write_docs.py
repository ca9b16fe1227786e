"""Write the tables of docs/ that the program itself knows best: `python tests/cli/write_docs.py`."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gex.cli.main import cli
from gex.cli.sources import HARMLESS
from gex.ingest.quality import RULES
from gex.ingest.verify import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.compare import Convention

DOCS = Path(__file__).resolve().parents[2] / "docs"
MARK = re.compile(r"(<!-- (?P<what>[a-z: -]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, *rows)]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "| --- " * len(head) + "|", *lines[1:]]) + "\n"


def commands(group: click.Group = cli, prefix: str = "") -> dict[str, click.Command]:
    """Return every command by its name, groups left out."""
    found: dict[str, click.Command] = {}
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            assert command is not None
            full = f"{prefix}{name}"
            found |= commands(command, f"{full} ") if isinstance(command, click.Group) else {full: command}
    return found


def options(name: str) -> str:
    """Return a command's options as a table."""
    rows = [_option(option) for option in commands()[name].params if isinstance(option, click.Option)]
    return markdown(("option", "meaning", "default", "also"), rows)


def _option(option: click.Option) -> tuple[str, ...]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    if isinstance(option.type, click.Choice):
        value = " " + " | ".join(option.type.choices)
    else:
        value = "" if option.is_flag or option.count else f" {option.metavar or 'N'}"
    shown = isinstance(option.default, (str, int, float)) and not isinstance(option.default, bool) and not option.count
    default = str(option.default) if shown else ""
    return names + value, str(option.help), default, f"`{option.envvar}`" if option.envvar else ""


def quarantine(_: str) -> str:
    """Return the reasons to set a row aside."""
    return markdown(
        ("reason", "what it means", "counts as bad"),
        [
            (f"`{rule.code}`", rule.meaning, "no" if rule.code in HARMLESS else "yes")
            for rule in RULES
            if rule.severity == "error"
        ],
    )


def warnings(_: str) -> str:
    """Return the flags of rows that are kept."""
    rows = [(f"`{rule.code}`", rule.meaning, rule.remedy) for rule in RULES if rule.severity == "warning"]
    return markdown(("warning", "what it means", "what follows"), rows)


def checks(_: str) -> str:
    """Return what can be wrong with a store."""
    rows = [(f"`{check.code}`", check.kind, check.meaning, check.remedy) for check in CHECKS]
    return markdown(("code", "kind", "meaning", "remedy"), rows)


def names(_: str) -> str:
    """Return every name of the JSON with type and meaning."""
    schema = json.loads(files("gex.cli").joinpath("report.schema.json").read_text(encoding="utf-8"))
    rows = [(f"`{path}`", kind, meaning) for path, kind, meaning in _names(schema["$defs"], "report", "")]
    return markdown(("name", "type", "meaning"), rows)


def _names(defs: dict[str, Any], kind: str, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, item in defs[kind]["properties"].items():
        if name not in {"ex_zero_dte", "next_expiration"}:
            yield from _name(defs, item, f"{prefix}{name}")


def _name(defs: dict[str, Any], item: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    meaning, kind = item.get("description", ""), item.get("type", "")
    if "anyOf" in item:
        item, kind = item["anyOf"][0], "object or null"
    if kind == "array":
        item, path, kind = item["items"], f"{path}[]", "array"
    if "$ref" in item:
        item = defs[item["$ref"].rpartition("/")[2]]
        kind = kind or "object"
    if "enum" in item:
        kind = " | ".join(f"`{value}`" for value in item["enum"])
    kind = " or ".join(kind) if isinstance(kind, list) else kind or str(item.get("const", ""))
    yield path, kind, meaning or item.get("description", "")
    for name, part in item.get("properties", {}).items():
        yield from _name(defs, part, f"{path}.{name}")


def columns(_: str) -> str:
    """Return the names of the flat row."""
    from gex import analyze, read_chain
    from gex.cli.render.flat import flat_row
    from gex.ingest.sample import generate

    row = flat_row(analyze(read_chain(generate("SPX", size="small").chain)))
    return ", ".join(f"`{name}`" for name in row) + "\n"


def definitions(_: str) -> str:
    """Return every public definition of a level."""
    from gex.definitions import DEFINITIONS

    return markdown(
        ("vendor", "name", "unit", "definition", "source", "key"),
        [(d.vendor, d.name, d.unit, d.text, _linked(d.source), f"`{d.key}`") for d in DEFINITIONS],
    )


def _linked(source: str) -> str:
    return re.sub(r"https://\S+", lambda match: f"<{match[0]}>", source)


def conventions(_: str) -> str:
    """Return the conventions that `gex compare` tries."""
    from gex.compare import CONVENTIONS

    rows = [(each.name, _changes(each)) for each in CONVENTIONS]
    return markdown(("convention", "what it changes"), rows)


def _changes(convention: Convention) -> str:
    if convention.book:
        return "everything: that program's flip, of all expirations ([emulations](methods.md#emulations))"
    return ", ".join(f"`{name}` = {value}" for name, value in convention.changes.items()) or "the settings given"


def fields(_: str) -> str:
    """Return what limits can be set on."""
    from gex.limit_fields import FIELDS

    rows = [(f"`{name}`", each.unit, each.meaning + _words(each.words)) for name, each in FIELDS.items()]
    return markdown(("field", "unit", "meaning"), rows)


def _words(words: tuple[str, ...]) -> str:
    return f": {', '.join(words)}" if words else ""


def daily(what: str) -> str:
    """Return why rows of a daily history are set aside, what is counted, or the known faults of published ones."""
    from gex.ingest.daily_rules import ERRORS, KNOWN_FAULTS, WARNINGS

    if what == "faults":
        return markdown(
            ("series", "rows before", "why"), [(each.name, str(each.before), each.why) for each in KNOWN_FAULTS]
        )
    rules = ERRORS if what == "errors" else WARNINGS
    rows = [(f"`{code}`", meaning, remedy) for code, (meaning, remedy) in rules.items()]
    return markdown(("reason" if what == "errors" else "warning", "what it means", "remedy"), rows)


def api(_: str) -> str:
    """Return the addresses of the API of `gex serve`, and the tables that can be had."""
    from gex.cli.serve.api import ENDPOINTS

    rows = [(f"`{each.path}`", each.about, ", ".join(f"`{param.name}`" for param in each.query)) for each in ENDPOINTS]
    return markdown(("address", "what it answers", "parameters"), rows)


def downloads(_: str) -> str:
    """Return the tables of a snapshot."""
    from gex.cli.serve.tables import TABLES

    return markdown(("table", "its rows"), [(f"`{name}`", what) for name, what in TABLES.items()])


TABLES: dict[str, Callable[[str], str]] = {
    "options": options,
    "quarantine": quarantine,
    "warnings": warnings,
    "checks": checks,
    "names": names,
    "columns": columns,
    "definitions": definitions,
    "conventions": conventions,
    "fields": fields,
    "daily": daily,
    "api": api,
    "downloads": downloads,
}


def rewritten(text: str) -> str:
    """Return a page with every marked table as the program has it."""

    def table(match: re.Match[str]) -> str:
        what, _, name = match["what"].partition(": ")
        return match[1] + TABLES[what](name) + match[3]

    return MARK.sub(table, text)


if __name__ == "__main__":
    for page in ("cli.md", "json.md", "errors.md", "store.md", "levels.md", "limits.md", "histories.md", "serve.md"):
        path = DOCS / page
        path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
