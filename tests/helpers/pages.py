"""Pages read back as a browser would: a tree of elements, the text of each, the rows of tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = {"meta", "link", "br", "hr", "img", "input", "rect", "polyline", "polygon", "circle", "line", "path"}
"""Elements without an end tag, those of a drawing when they close themselves."""

CELLS = {"td", "th"}
"""Which end where the next one begins, or their row ends."""


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, blanks as one."""
        parts = (each if isinstance(each, str) else each.text for each in self.children)
        return " ".join(" ".join(parts).split())

    def every(self, tag: str = "") -> Iterator[Element]:
        """Yield the elements in it, in their order."""
        for child in self.children:
            if isinstance(child, Element):
                if tag in {"", child.tag}:
                    yield child
                yield from child.every(tag)

    def by_id(self, name: str) -> Element:
        """Return the element of an id."""
        return next(each for each in self.every() if each.attributes.get("id") == name)

    def rows(self) -> list[list[str]]:
        """Return the cells of a table within it, head and all."""
        return [
            [cell.text for cell in row.children if isinstance(cell, Element) and cell.tag in {"th", "td"}]
            for row in self.every("tr")
        ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in <{tag}>"
        self._imply(CELLS if tag in CELLS else {*CELLS, "tr"} if tag == "tr" else set())
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def _imply(self, ended: set[str]) -> None:
        while self.open[-1].tag in ended:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        self._imply({*CELLS, "tr"} if tag in {"tbody", "thead"} else CELLS if tag == "tr" else set())
        assert self.open[-1].tag == tag, f"</{tag}> where <{self.open[-1].tag}> is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(html: str) -> Element:
    """Return the tree of a page; `AssertionError` for an element that is not closed where it should be."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is never closed"
    return reader.open[0]


def assert_valid(root: Element) -> None:
    """Whatever a page shows: ids once, nothing that a strict policy forbids, headings in order, tables that are named."""
    elements = list(root.every())
    ids = [each.attributes["id"] for each in elements if "id" in each.attributes]
    assert len(ids) == len(set(ids)), sorted(name for name in ids if ids.count(name) > 1)
    for each in elements:
        assert not [name for name in each.attributes if name == "style" or name.startswith("on")], each
        assert not each.attributes.get("href", "").startswith("javascript:")
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(each.attributes.get(name, "").split()) <= set(ids)
    levels = [int(each.tag[1]) for each in elements if each.tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= level + 1 for level, later in pairwise(levels)), levels
    for table in (each for each in elements if each.tag == "table"):
        assert len(list(table.every("caption"))) == 1
        assert next(table.every("caption")).text
        assert all(cell.attributes.get("scope") in {"col", "row", "rowgroup"} for cell in table.every("th"))
        assert all(cell.text for cell in table.every("th")), "a head without a name"
        widths = {
            sum(int(cell.attributes.get("colspan", "1")) for cell in row.every() if cell.tag in {"th", "td"})
            for row in table.every("tr")
        }
        assert len(widths) == 1, next(table.every("caption")).text
    for drawing in (each for each in elements if each.tag == "svg"):
        assert drawing.attributes.get("role") == "img"
        assert drawing.attributes.get("aria-label")
