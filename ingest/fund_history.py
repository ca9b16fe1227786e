"""Assets and value a share of funds, day by day, from a file of one's own: CSV or Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers.text import cells, decode, split_line
from gex.ingest.sealed import read_sealed

NAMES = {
    "date": ("date",),
    "ticker": ("ticker", "fund", "symbol"),
    "aum_usd": ("aum_usd", "aum", "net_assets", "assets"),
    "nav": ("nav", "nav_usd"),
}
"""What each column may be called, upper and lower case alike."""
PARQUET = b"PAR1"
ACCEPTED = "date, ticker (or fund, symbol), aum_usd (or aum, net_assets, assets; dollars) and nav"


def read_fund_history(source: str) -> pl.DataFrame:
    """Read what funds were worth: `date` (2025-11-20), `ticker`, `aum_usd` after that day's close, `nav` a share.

    Other columns are left out; commas, semicolons or tabs separate a CSV's cells. No row is guessed at: between the days
    either side of one that is set aside, its creations would count twice or not at all.

    Args:
        source: The path.

    Returns:
        `date`, `ticker` (in capitals), `aum_usd`, `nav`, a row a fund and day, as `gex.flows.liquidations` takes it.

    Raises:
        UnreadableError: There is no such file, or it is neither text nor Parquet.
        FormatError: A column is missing, a value is none, or a fund has a date twice; the message names the line.

    """
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}", source=source) from error
    if not data.strip():
        raise UnreadableError("the file is empty", source=source)
    texts = _of_parquet(data, source) if data.startswith(PARQUET) else _of_csv(data, source)
    table = texts.select(
        "line",
        pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        pl.col("ticker").str.to_uppercase().replace("", None),
        pl.col("aum_usd", "nav").str.replace_all(r"[$,\s]", "").cast(pl.Float64, strict=False),
    )
    _refuse(texts, table, source)
    return table.drop("line")


def _of_csv(data: bytes, source: str) -> pl.DataFrame:
    """Return the cells that are wanted as text under their names, and `line`."""
    lines = decode(data, source).split("\n")
    separator = max(",;\t", key=lines[0].count)
    header = split_line(lines[0], separator)
    table = cells(lines[1:], 2, len(header), separator, ended=True)
    ragged = table.filter(pl.col("defect").is_not_null())
    if ragged.height:
        raise FormatError(f"expected {len(header)} cells, as in the header", source=source, row=ragged["line"][0])
    return _wanted(table, {f"cell_{place}": name for place, name in enumerate(header)}, source)


def _of_parquet(data: bytes, source: str) -> pl.DataFrame:
    """Return the values that are wanted as text under their names, and `line`."""
    table, _ = read_sealed(data, source)
    texts = table.select(pl.exclude(pl.List, pl.Struct).cast(pl.String))
    return _wanted(texts.with_row_index("line", offset=1), {name: name for name in texts.columns}, source)


def _wanted(table: pl.DataFrame, called: dict[str, str], source: str) -> pl.DataFrame:
    columns = {}
    for wanted, names in NAMES.items():
        found = [column for column, name in called.items() if name.strip().lower() in names]
        if len(found) != 1:
            what = "is missing" if not found else "is there more than once"
            raise FormatError(f"the column {wanted} {what}; expected {ACCEPTED}", source=source, row=1)
        columns[wanted] = pl.col(found[0]).fill_null("").str.strip_chars()
    return table.select("line", **columns)


def _refuse(texts: pl.DataFrame, table: pl.DataFrame, source: str) -> None:
    """Refuse the first value that is none, and the first fund that has a date twice."""
    for name, hint in (
        ("date", "is no date; write 2025-11-20"),
        ("ticker", "is no ticker"),
        ("aum_usd", "must be positive dollars"),
        ("nav", "must be a positive value a share"),
    ):
        values = table[name]
        bad = (
            values.is_null()
            if name in {"date", "ticker"}
            else ~((values > 0) & values.is_finite()).fill_null(value=False)
        )
        if bad.any():
            row = texts.filter(bad).row(0, named=True)
            raise FormatError(f"{row[name]!r} {hint}", source=source, row=row["line"], value=row[name])
    twice = table.filter(table.select("date", "ticker").is_duplicated())
    if twice.height:
        row = twice.row(1, named=True)
        raise FormatError(f"{row['ticker']} has {row['date']} twice; keep one", source=source, row=row["line"])
    if table.is_empty():
        raise FormatError("holds no fund", source=source)
