"""Levels under every public definition, side by side, each with what it means, and the strongest strikes."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.cli.page.html import grouped, joined, paragraph, section, table
from gex.cli.render.level_sheet import cell, definition_name, ranking, reasons, scope_label, shown
from gex.cli.render.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.page.html import Kind
    from gex.cli.page.view import View
    from gex.definitions import Definition
    from gex.level_book import LevelBook

NAME = Markup(
    '<details class="definition"><summary title="{text}">{name}</summary><p>{text}. Source: {source}</p></details>'
)
MISSING = Markup('<ul class="note">{}</ul>\n')
TITLE = "Levels under every definition"
CAPTION = "Levels in points, figures with their unit. A name says, pointed at or opened, how it is defined."


def panel(view: View) -> Markup:
    """Return the section."""
    book = view.levels
    if isinstance(book, str):
        return section("definitions", TITLE, paragraph(sentence(book), "none"))
    head = ["Definition", *(scope_label(scope) for scope in book.scopes), "What it is"]
    figures: list[Kind] = ["figure"] * len(book.scopes)
    kinds: list[Kind] = ["word", *figures, "more"]
    groups = ((vendor, _rows(book, some)) for vendor, some in groupby(shown(), lambda each: each.vendor))
    missing = [Markup("<li>{}</li>").format(f"– {line}") for line in reasons(book)]
    return section(
        "definitions", TITLE, grouped(CAPTION, head, groups, kinds=kinds),
        MISSING.format(joined(missing)) if missing else Markup(), _strongest(book),
    )  # fmt: skip


def _rows(book: LevelBook, definitions: Iterator[Definition]) -> Iterator[list[str | Markup]]:
    return ([_name(each), *_cells(book, each), each.text] for each in definitions)


def _name(definition: Definition) -> Markup:
    name, text = definition_name(definition), definition.text
    return NAME.format(name=name, text=text[:1].upper() + text[1:], source=definition.source)


def _cells(book: LevelBook, definition: Definition) -> Iterator[str]:
    return (cell(scope.by_key.get(definition.key), definition, book, None) for scope in book.scopes)


def _strongest(book: LevelBook) -> Markup:
    """Return the strikes that rank behind each wall, the strongest first."""
    found = ranking(book, None)
    if found is None:
        return Markup()
    unit, ranked = found
    most = max(map(len, ranked.values()))
    head = ["Strongest strikes", *map(str, range(1, most + 1))]
    rows = ([label, *some, *[""] * (most - len(some))] for label, some in ranked.items())
    return table(f"Ranked, {scope_label(book.scopes[0])}: strike and what stands there, {unit} per +1%", head, rows)
