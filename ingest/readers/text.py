"""Bytes to text, and text to a table of cells in which every row keeps its line number."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re

import polars as pl

from gex.ingest.errors import UnreadableError

_THOUSANDS = re.compile(r"\s*[1-9]\d{0,2}(,\d{3})+(\.\d+)?\s*")


DAYS = dt.date(1990, 1, 1), dt.date(2200, 1, 1)
"""Between these a date may be an option's: Polars also reads years that Python has none of."""


def date_of(text: pl.Expr, *layouts: str) -> pl.Expr:
    """Return the dates that texts are, by the first layout that fits; null for what is none, or no option's."""
    day = pl.coalesce(text.str.to_date(layout, strict=False) for layout in layouts)
    return pl.when(day.is_between(*DAYS)).then(day)


def decode(data: bytes, source: str) -> str:
    """Return the text of a file: UTF-8, UTF-16 with its mark, else Windows-1252, with line feeds as line ends.

    Raises:
        UnreadableError: The bytes are not text.

    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text[:4096]:
        raise UnreadableError("not text: a compressed or binary file; unpack it first", source=source)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def split_line(text: str, separator: str) -> list[str]:
    """Return the cells of one line, quotes undone."""
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:  # A cell beyond the csv module's limit: not a table's line, and never mended into one.
        return text.split(separator)


def cells(lines: list[str], first_line: int, width: int, separator: str, *, ended: bool) -> pl.DataFrame:
    """Split lines into cells, each line on its own, so that a stray quote cannot swallow the lines below.

    Args:
        lines: Text lines; blank ones are left out.
        first_line: Number of the first of them in the file, from 1.
        width: Cells expected in a line; empty ones beyond it are taken for a spreadsheet's padding.
        separator: One character.
        ended: Whether the last line has its line end; if not, it may be cut.

    Returns:
        Columns `line`, `defect` (`field_count`, `cut_row` or null) and `cell_0` to `cell_{width - 1}` as text.

    """
    numbers = pl.int_range(first_line, first_line + len(lines), eager=True)
    table = pl.DataFrame({"line": numbers, "text": pl.Series(lines, dtype=pl.String)})
    table = _split(table.filter(pl.col("text").str.strip_chars(separator + " ") != ""), width, separator)
    fits = pl.col(f"cell_{width - 1}").is_not_null() & pl.col(f"cell_{width}").is_null()
    odd = table.filter(~fits | pl.col("text").str.contains('"', literal=True))
    if odd.height:
        mended = odd.select(
            "line", pl.Series("text", [_mend(text, width, separator) for text in odd["text"]], pl.String)
        )
        table = pl.concat([table.join(odd, on="line", how="anti"), _split(mended, width, separator)]).sort("line")
    last = pl.lit(value=not ended) & (pl.col("line") == first_line + len(lines) - 1)
    defect = pl.when(~fits).then(pl.lit("field_count")).when(last).then(pl.lit("cut_row"))
    return table.with_columns(defect.alias("defect")).drop("text", f"cell_{width}")


def _split(table: pl.DataFrame, width: int, separator: str) -> pl.DataFrame:
    """Add the cells of `text`, and one more that is null unless the line has too many."""
    names = [f"cell_{place}" for place in range(width + 1)]
    split = pl.col("text").str.split_exact(separator, width).struct.rename_fields(names)
    return table.with_columns(split.alias("cells")).unnest("cells")


def _mend(text: str, width: int, separator: str) -> str:
    """Return a line with its quotes undone, grouped thousands joined and a spreadsheet's padding dropped."""
    row = split_line(text, separator)
    while len(row) > width and not row[-1].strip():
        row.pop()
    grouped = [cell for cell in row if separator in cell]
    # One decimal comma in a line means that its "1,234" is no thousand either: none of them is a number then.
    filler = "" if all(map(_THOUSANDS.fullmatch, grouped)) else "_"
    return separator.join(cell.replace(separator, filler) for cell in row)
