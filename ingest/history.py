"""Cboe's daily history of an index as it is downloaded: every row right, or the reply refused.

A file that is on disk already is read by `gex.ingest.daily`, which sets single rows aside instead.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers.text import cells, decode
from gex.ingest.staging import write_once

if TYPE_CHECKING:
    from collections.abc import Mapping

PRICES = ("open", "high", "low", "close")
SCHEMA = pl.Schema({"date": pl.Date, **dict.fromkeys(PRICES, pl.Float64)})
_FULL = ["DATE", "OPEN", "HIGH", "LOW", "CLOSE"]
_DATE = r"^\d{2}/\d{2}/\d{4}$"


def read_download(data: bytes, symbol: str, source: str) -> pl.DataFrame:
    """Read the reply that should be an index's history.

    Args:
        data: The file: `DATE,OPEN,HIGH,LOW,CLOSE`, or `DATE,SYMBOL` with one value a day; dates MM/DD/YYYY.
        symbol: The index, as in the header of the second kind.
        source: For messages.

    Returns:
        Columns of `SCHEMA`, one row a day in the order of days; the one value is `close`, the others then null.

    Raises:
        UnreadableError: It is empty, no text, or cut off in its last line.
        FormatError: Another header, dates that do not ascend, or a cell that is no price; the message names the line.

    """
    text = decode(data, source)
    header, *lines = text.removesuffix("\n").split("\n")
    names = [name.strip() for name in header.split(",")]
    if names not in (_FULL, ["DATE", symbol]):
        raise FormatError(
            f"expected the columns {','.join(_FULL)} or DATE,{symbol}, got {header[:80]!r}", source=source, row=1
        )
    if not lines or not text.endswith("\n"):
        raise UnreadableError("cut off: the last line has no end, or there is none; save it again", source=source)
    table = cells(lines, 2, len(names), ",", ended=True)
    columns = PRICES if names == _FULL else ("close",)
    frame = table.select(
        "line",
        "defect",
        pl.when(pl.col("cell_0").str.contains(_DATE))
        .then("cell_0")
        .str.to_date("%m/%d/%Y", strict=False)
        .alias("date"),
        *(pl.col(f"cell_{place}").cast(pl.Float64, strict=False).alias(name) for place, name in enumerate(columns, 1)),
    )
    _check_rows(frame, columns, lines, source)
    return frame.select(
        pl.col(name) if name in frame.columns else pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items()
    )


def _check_rows(frame: pl.DataFrame, columns: tuple[str, ...], lines: list[str], source: str) -> None:
    """Refuse the first row that is not a later day with prices.

    Raises:
        FormatError: Names the line and shows it.

    """
    price = pl.all_horizontal([pl.col(name).is_finite() & (pl.col(name) >= 0) for name in columns])
    later = (pl.col("date") > pl.col("date").shift()).fill_null(value=pl.col("date").shift().is_null())
    for right, what in (
        (pl.col("defect").is_null(), f"{1 + len(columns)} cells"),
        (pl.col("date").is_not_null(), "a date such as 09/05/2025"),
        (price, "prices"),
        (later, "a day after the one above"),
    ):
        wrong = frame.filter(~right.fill_null(value=False))["line"]
        if len(wrong):
            message = f"expected {what}, got {lines[wrong[0] - 2][:80]!r}; download the file again"
            raise FormatError(message, source=source, row=wrong[0], value=lines[wrong[0] - 2])


def save_history(frame: pl.DataFrame, symbol: str, store: str | Path, facts: Mapping[str, str]) -> Path:
    """Write a history into the store as Parquet, unless it is there, and return its file.

    Args:
        frame: Columns of `SCHEMA`.
        symbol: The index.
        store: The store's folder.
        facts: Provenance, for the file's metadata; `sha256` of what it was read from becomes part of the name.

    Raises:
        UnreadableError: The store cannot be written to.

    """
    name = f"{frame['date'][-1]}-{facts['sha256'][:8]}.parquet"
    target = Path(store) / "history" / f"symbol={symbol}" / name
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", metadata={"gex.history": json.dumps({"symbol": symbol, **facts})})
    try:
        write_once(target, buffer.getvalue())
    except OSError as error:
        raise UnreadableError(f"cannot write to the store: {error.strerror or error}", source=str(target)) from None
    return target
