"""The few shapes that every section of a page is made of; all text is escaped by MarkupSafe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gex.plot.drawing import Drawing

TABLE = Markup(
    '<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table>\n<caption>{caption}</caption>\n'
    "<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
)
FIGURE = Markup(
    '<figure id="{name}" class="chart"{panel}>\n<figcaption><strong>{title}</strong></figcaption>\n'
    '<div class="canvas scroll" tabindex="0" role="region" aria-label="{title}">{picture}</div>\n'
    '<p class="note">{caption}</p>\n{data}{table}</figure>\n'
)
ROW, ROW_END, HEADED_END, CELL_END = Markup("<tr>"), Markup("</tr>\n"), Markup("</th>"), Markup("</td>")
HEADED = {kind: Markup('<th scope="row" class="{}">').format(kind) for kind in ("word", "figure")}
CELL = {kind: Markup('<td class="{}">').format(kind) for kind in ("word", "figure")}
BEHIND = Markup("<details><summary>The figures as a table</summary>\n{}</details>\n")


def joined(parts: Iterable[str | Markup]) -> Markup:
    """Return pieces of HTML one after the other; plain text among them is escaped."""
    return Markup("").join(parts)


def paragraph(text: str, kind: str = "") -> Markup:
    """Return a paragraph of plain text."""
    return Markup('<p class="{}">{}</p>\n').format(kind, text) if kind else Markup("<p>{}</p>\n").format(text)


def section(name: str, title: str, *parts: Markup, kind: str = "wide") -> Markup:
    """Return a section under a heading.

    Args:
        name: Its anchor.
        title: Its heading.
        parts: What it holds.
        kind: `wide`, `half` or `third`: how much of a desk's width it takes.

    """
    text = Markup('<section id="{id}" class="{kind}" aria-labelledby="{id}-title">\n').format(id=name, kind=kind)
    heading = Markup('<h2 id="{id}-title">{title}</h2>\n').format(id=name, title=title)
    return text + heading + joined(parts) + Markup("</section>\n")


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str | Markup]], *, words: int = 1) -> Markup:
    """Return a table whose first column names its rows; the first `words` columns are words, the others figures."""
    kinds = ["word" if place < words else "figure" for place in range(len(head))]
    heads = (Markup('<th scope="col" class="{}">{}</th>').format(*pair) for pair in zip(kinds, head, strict=True))
    return TABLE.format(caption=caption, head=joined(heads), rows=joined(_row(row, kinds) for row in rows))


def _row(row: Sequence[str | Markup], kinds: Sequence[str]) -> Markup:
    # A join escapes as `format` does, in a tenth of its time: tables are most of a page's cells.
    cells = (piece for kind, cell in zip(kinds[1:], row[1:], strict=True) for piece in (CELL[kind], cell, CELL_END))
    return joined([ROW, HEADED[kinds[0]], row[0], HEADED_END, *cells, ROW_END])


def figure(
    name: str, picture: Drawing, behind: Markup | None = None, *, panel: str | None = None, data: object = None
) -> Markup:
    """Return a chart with its finding above and its unit below.

    Args:
        name: Its anchor.
        picture: In the colours `gex.plot.theme.PAGE`.
        behind: The table behind it.
        panel: Name of the script that makes it answer to a pointer.
        data: What that script needs, as JSON has it.

    """
    finding = picture.title.partition(": ")[2]
    finding = finding[:1].upper() + finding[1:]
    return FIGURE.format(
        name=name,
        panel=Markup(' data-panel="{}"').format(panel) if panel else "",
        title=finding,
        picture=Markup(picture.inline()),  # noqa: S704 (escaped by the drawing)
        caption=picture.caption,
        data=payload(data) if panel else "",
        table=BEHIND.format(behind) if behind else "",
    )


def payload(data: object) -> Markup:
    """Return data for a script as JSON that no text in it can end."""
    from gex.cli.render.document import dumps

    text = dumps(data, indent=None).replace("<", "\\u003c")
    return Markup('<script type="application/json">{}</script>\n').format(Markup(text))  # noqa: S704 (no < is left)


def floats(values: object) -> str:
    """Return numbers as base64 of little-endian 32-bit floats: a third of their length as text."""
    import base64

    import numpy as np

    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()
