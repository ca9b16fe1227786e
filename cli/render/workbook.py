"""Tables as an Excel workbook, with what they assume on a sheet of its own."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import click
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001 (Excel knows no zones)
"""A fixed time, so that the same table is the same file."""


def workbook(tables: Mapping[str, pl.DataFrame], about: Mapping[str, Any]) -> bytes:
    """Return tables, a sheet each, then a sheet of names and values about them. Times are UTC; Excel has no zones.

    Raises:
        click.UsageError: xlsxwriter is not installed.

    """
    try:
        from xlsxwriter import Workbook
    except ModuleNotFoundError:
        raise click.UsageError("xlsx needs xlsxwriter: pip install 'gexlab[excel]', or write .csv") from None
    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        book.set_properties({"created": MADE})
        for name, frame in tables.items():
            _plain(frame).write_excel(
                book, name, freeze_panes=(1, 0), dtype_formats={pl.Date: "yyyy-mm-dd", pl.Datetime: "yyyy-mm-dd hh:mm"}
            )
        rows = [(name, str(each)) for name, value in about.items() for each in _values(value)]
        pl.DataFrame(rows, schema=["name", "value"], orient="row").write_excel(book, "about", column_widths=600)
    return buffer.getvalue()


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Take the zone off times."""
    return frame.with_columns(pl.col(pl.Datetime).dt.replace_time_zone(None))


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
