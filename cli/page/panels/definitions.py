"""Levels under every public definition, side by side, each with what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.cli.page.html import joined, paragraph, section, table
from gex.cli.render.level_sheet import cell, definition_name, missing, scope_label, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.page.view import View
    from gex.definitions import Definition
    from gex.level_book import LevelBook

NAME = Markup('<details class="definition"><summary>{}</summary><p>{}. Source: {}</p></details>')
TITLE = "Levels under every definition"


def panel(view: View) -> Markup:
    """Return the section."""
    book = view.levels
    if isinstance(book, str):
        return section("definitions", TITLE, paragraph(book, "none"))
    head = ["Definition", "Vendor", *(scope_label(scope) for scope in book.scopes)]
    rows = ([_name(each), each.vendor, *_cells(book, each)] for each in shown())
    caption = "Levels in points, figures with their unit; a dash is explained below. A name opens its definition."
    return section("definitions", TITLE, table(caption, head, rows, words=2), _reasons(book))


def _name(definition: Definition) -> Markup:
    return NAME.format(definition_name(definition), definition.text, definition.source)


def _cells(book: LevelBook, definition: Definition) -> Iterator[str]:
    return (cell(scope.by_key.get(definition.key), definition, book, None) for scope in book.scopes)


def _reasons(book: LevelBook) -> Markup:
    """Say why there is nothing where there is nothing, once for the scopes that share it."""
    scopes: dict[tuple[str, str], list[str]] = {}
    for scope in book.scopes:
        for reason, names in missing(scope).items():
            scopes.setdefault((reason, ", ".join(names)), []).append(scope_label(scope))
    lines = (
        f"{', '.join(labels)}: {f'{names}: ' if names else ''}{reason}" for (reason, names), labels in scopes.items()
    )
    return joined(paragraph(line, "note") for line in lines)
