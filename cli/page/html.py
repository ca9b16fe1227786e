"""The few shapes that every section of a page is made of; all text is escaped by MarkupSafe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from gex.plot.drawing import Drawing

    Kind = Literal["word", "figure", "text", "more"]
    """Of a column: a few words, figures, text that may wrap, or text that is said elsewhere where there is no room."""
    Cells = Sequence[str | Markup]

TABLE = Markup(
    '<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table>\n<caption>{caption}</caption>\n'
    "<thead><tr>{head}</tr></thead>\n{body}</table></div>\n"
)
BODY = Markup("<tbody>\n{}{}</tbody>\n")
GROUP = Markup('<tr class="group"><th scope="rowgroup" colspan="{}">{}</th></tr>\n')
FIGURE = Markup(
    '<figure id="{name}" class="chart"{panel}>\n<figcaption><strong>{title}</strong></figcaption>\n'
    "{canvas}{notes}{data}{table}</figure>\n"
)
CANVAS = Markup('<div class="canvas scroll{kind}" tabindex="0" role="region" aria-label="{title}">{pictures}</div>\n')
STARTS = {
    kind: (Markup('<th scope="row"{}>').format(own), Markup("<td{}>").format("" if kind == "figure" else own))
    for kind, own in ((kind, Markup(' class="{}"').format(kind)) for kind in ("word", "figure", "text", "more"))
} | {"word": (Markup('<th scope="row">'), Markup('<td class="word">'))}
"""Of a row's first cell, and of the others: words and figures are what these are without a class."""
ROW, HEAD_END, CELL_END, ROW_END = Markup("<tr>"), Markup("</th>"), Markup("</td>"), Markup("</tr>\n")
BEHIND = Markup("<details><summary>The figures as a table</summary>\n{}</details>\n")


def joined(parts: Iterable[str | Markup]) -> Markup:
    """Return pieces of HTML one after the other, those that are text escaped."""
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


def table(
    caption: str, head: Sequence[str], rows: Iterable[Cells], *, words: int = 1, kinds: Sequence[Kind] = ()
) -> Markup:
    """Return a table whose first column names its rows.

    Args:
        caption: What it holds, and the unit.
        head: The columns' names.
        rows: Its cells.
        words: So many columns, the first, are words, the others figures.
        kinds: What each column is, where that is not enough.

    """
    return grouped(caption, head, [("", rows)], words=words, kinds=kinds)


def grouped(
    caption: str,
    head: Sequence[str],
    groups: Iterable[tuple[str, Iterable[Cells]]],
    *,
    words: int = 1,
    kinds: Sequence[Kind] = (),
) -> Markup:
    """Return a table as `table` does, its rows in groups; one without a name has no heading."""
    kinds = kinds or ["word" if place < words else "figure" for place in range(len(head))]
    heads = (Markup('<th scope="col" class="{}">{}</th>').format(*pair) for pair in zip(kinds, head, strict=True))
    bodies = (
        BODY.format(GROUP.format(len(head), name) if name else "", joined(_row(row, kinds) for row in rows))
        for name, rows in groups
    )
    return TABLE.format(caption=caption, head=joined(heads), body=joined(bodies))


def _row(row: Cells, kinds: Sequence[Kind]) -> Markup:
    # Plain text of which each cell is escaped: a page has thousands.
    first = f"{ROW}{STARTS[kinds[0]][0]}{escape(row[0])}{HEAD_END}"
    rest = (f"{STARTS[kind][1]}{escape(cell)}{CELL_END}" for kind, cell in zip(kinds[1:], row[1:], strict=True))
    return Markup("".join([first, *rest, ROW_END]))  # noqa: S704 (escaped above)


def figure(
    name: str,
    picture: Drawing,
    behind: Markup | None = None,
    *,
    narrow: Drawing | None = None,
    canvas: Markup | None = None,
    panel: str | None = None,
    data: object = None,
) -> Markup:
    """Return a chart with its finding above and its unit below.

    Args:
        name: Its anchor.
        picture: In the colours `gex.plot.theme.PAGE`.
        behind: The table behind it.
        narrow: What a phone shows in its place.
        canvas: How the picture is shown, if not as it is: see `canvas_of`.
        panel: Name of the script that makes it answer to a pointer.
        data: What that script needs, as JSON has it.

    """
    canvas = canvas or (_either(picture, narrow) if narrow else canvas_of(picture))
    return _framed(name, finding(picture), canvas, _notes(picture, narrow), behind, panel, data)


def drawn(
    name: str, title: str, svg: str, caption: str, behind: Markup, *, panel: str | None = None, data: object = None
) -> Markup:
    """Return a chart as `figure` does, from an SVG element in which all text is escaped."""
    canvas = CANVAS.format(kind="", title=title, pictures=Markup(svg))  # noqa: S704 (escaped by who drew it)
    return _framed(name, title, canvas, paragraph(caption, "note"), behind, panel, data)


def _framed(
    name: str, title: str, canvas: Markup, notes: Markup, behind: Markup | None, panel: str | None, data: object
) -> Markup:
    return FIGURE.format(
        name=name,
        panel=Markup(' data-panel="{}"').format(panel) if panel else "",
        title=title,
        canvas=canvas,
        notes=notes,
        data=payload(data) if panel else "",
        table=BEHIND.format(behind) if behind else "",
    )


def _either(picture: Drawing, narrow: Drawing) -> Markup:
    return canvas_of(picture, kind="wide half") + canvas_of(narrow, kind="narrow")


def _notes(picture: Drawing, narrow: Drawing | None) -> Markup:
    """Return the caption, on a phone that of what it shows."""
    if narrow is None or narrow.caption == picture.caption:
        return paragraph(picture.caption, "note")
    return paragraph(picture.caption, "note wide") + paragraph(narrow.caption, "note narrow")


def finding(picture: Drawing) -> str:
    """Return what a picture shows, as the heading of a figure."""
    text = picture.title.partition(": ")[2] or picture.title
    return text[:1].upper() + text[1:]


def canvas_of(*pictures: Drawing, kind: str = "") -> Markup:
    """Return the box that holds a picture, or its parts from left to right, and scrolls where it must.

    Args:
        pictures: In the colours `gex.plot.theme.PAGE`.
        kind: `wide` or `narrow`, shown on a desk or a phone alone; `half` for what needs no more than half a desk;
            `split` for an axis that stays in sight beside what scrolls.

    """
    shown = joined(Markup(picture.inline()) for picture in pictures)  # noqa: S704 (escaped by the drawing)
    return CANVAS.format(kind=f" {kind}" if kind else "", title=finding(pictures[-1]), pictures=shown)


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
