"""A book of one's own from a file: signed contracts, one a line, in CSV or Parquet."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from gex.ingest.contracts import with_symbol_fields
from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers.text import cells, decode, split_line
from gex.ingest.sealed import read_sealed

TERMS = ("root", "expiration", "strike", "option_type")
QUANTITIES = ("contracts", "quantity")
ERROR = "standard_error"
ACCEPTED = f"contract (or root, expiration, strike, option_type), contracts (or quantity) and, if you like, {ERROR}"
PARQUET = b"PAR1"


def read_positions(source: str) -> tuple[pl.DataFrame, str]:
    """Read a position file.

    Its columns are `contract`, an OSI symbol, padded or not (`SPXW  250905C06500000`), or `root`, `expiration`
    (2025-09-05), `strike` and `option_type` (C, P, call, put); and `contracts` or `quantity`, signed, long positive,
    fractions allowed. `standard_error`, of a quantity that is an estimate, may stand beside it: contracts, 0 or more,
    empty for 0. Upper and lower case are the same; commas, semicolons or tabs separate a CSV's cells.

    Args:
        source: The path.

    Returns:
        `root`, `expiration`, `strike`, `option_type`, `contracts`, `variance` (the squared error, where the file has one)
        and `line` (of a Parquet file the row, from 1), and the SHA-256 of the file.

    Raises:
        UnreadableError: There is no such file, or it is neither text nor Parquet.
        FormatError: A column is missing or unknown, a contract or a quantity is none, a contract stands there twice, or
            there is no contract; the message names the line.

    """
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}", source=source) from error
    if not data.strip():
        raise UnreadableError("the file is empty", source=source)
    texts = _of_parquet(data, source) if data.startswith(PARQUET) else _of_csv(data, source)
    table = _parsed(texts, source)
    if table.is_empty():
        raise FormatError("holds no contract", source=source)
    _check_twice(table, source)
    return table, hashlib.sha256(data).hexdigest()


def _of_csv(data: bytes, source: str) -> pl.DataFrame:
    """Return the file's cells as text under its columns' names, and `line`."""
    lines = decode(data, source).split("\n")
    separator = max(",;\t", key=lines[0].count)
    names = _checked_names(split_line(lines[0], separator), source)
    table = cells(lines[1:], 2, len(names), separator, ended=True)
    ragged = table.filter(pl.col("defect").is_not_null())
    if ragged.height:
        raise FormatError(f"expected {len(names)} cells, as in the header", source=source, row=ragged["line"][0])
    return table.rename({f"cell_{place}": name for place, name in enumerate(names)}).drop("defect")


def _of_parquet(data: bytes, source: str) -> pl.DataFrame:
    """Return the file's values as text under its columns' names, and `line`."""
    table, _ = read_sealed(data, source)
    names = _checked_names(table.columns, source)
    if nested := [name for name, kind in table.schema.items() if kind.is_nested()]:
        raise FormatError(f"column {nested[0]} holds {table.schema[nested[0]]}, not one value a row", source=source)
    texts = table.select(pl.all().cast(pl.String)).rename(dict(zip(table.columns, names, strict=True)))
    return texts.with_row_index("line", offset=1).cast({"line": pl.Int64})


def _checked_names(header: list[str], source: str) -> list[str]:
    """Return the columns' names; refuse those that are missing, unknown or there twice."""
    names = [name.strip().lower() for name in header]
    known = ("contract", *TERMS, *QUANTITIES, ERROR)
    for name, written in zip(names, header, strict=True):
        if name not in known:
            raise FormatError(f"unknown column {written!r}; take it out, expected {ACCEPTED}", source=source, row=1)
        if names.count(name) > 1:
            raise FormatError(f"column {written!r} is there twice; keep one", source=source, row=1)
    terms = {"contract"} if "contract" in names else set(TERMS)
    quantity = [name for name in QUANTITIES if name in names]
    if len(quantity) != 1 or {*names} - {ERROR} != {*terms, *quantity}:
        given = ", ".join(names)
        raise FormatError(f"expected the columns {ACCEPTED}, each once; got {given}", source=source, row=1)
    return ["contracts" if name in QUANTITIES else name for name in names]


def _parsed(texts: pl.DataFrame, source: str) -> pl.DataFrame:
    """Return values from text; refuse the first that is none."""
    texts = texts.with_columns(pl.exclude("line").fill_null("").str.strip_chars())
    if "contract" in texts.columns:
        table = with_symbol_fields(texts.rename({"contract": "symbol"}))
        hint = "is no option symbol; write SPXW  250905C06500000 or SPXW250905C06500000"
        _refuse(texts, table["strike"].is_null() | table["expiration"].is_null(), "contract", hint, source)
    else:
        table = _terms(texts)
        for name, hint in (
            ("root", "is no root; write SPXW"),
            ("expiration", "is no date; write 2025-09-05"),
            ("strike", "is no strike; write 6500 or 6512.5"),
            ("option_type", "is neither; write C or P"),
        ):
            _refuse(texts, table[name].is_null(), name, hint, source)
    number = table["contracts"].cast(pl.Float64, strict=False)
    hint = "is no number; write 120, or -35 where short"
    _refuse(texts, ~number.is_finite().fill_null(value=False), "contracts", hint, source)
    return table.with_columns(number).select(*TERMS, "contracts", *_variance(texts, source), "line")


def _variance(texts: pl.DataFrame, source: str) -> list[pl.Series]:
    """Return the squared standard errors, if the file has any."""
    if ERROR not in texts.columns:
        return []
    given = texts[ERROR].replace("", "0").cast(pl.Float64, strict=False)
    right = given.is_finite() & (given >= 0)
    _refuse(texts, ~right.fill_null(value=False), ERROR, "is no error; write 12.5, or nothing where none", source)
    return [(given**2).alias("variance")]


def _terms(texts: pl.DataFrame) -> pl.DataFrame:
    """Return root, expiration, strike and option type from text; null where they are none."""
    root, strike = pl.col("root").str.to_uppercase(), pl.col("strike").cast(pl.Float64, strict=False)
    kind = pl.col("option_type").str.to_uppercase().replace({"CALL": "C", "PUT": "P"})
    return texts.with_columns(
        pl.when(root.str.contains(r"^[A-Z][A-Z0-9]{0,5}$")).then(root),
        pl.col("expiration").str.to_date("%Y-%m-%d", strict=False),
        pl.when(strike.is_finite() & (strike > 0)).then(strike),
        pl.when(kind.is_in(["C", "P"])).then(kind),
    )


def _refuse(texts: pl.DataFrame, bad: pl.Series, name: str, hint: str, source: str) -> None:
    """Refuse the first row that is marked bad, with what stands there."""
    if not bad.any():
        return
    row = texts.filter(bad).row(0, named=True)
    raise FormatError(f"{name} {row[name]!r} {hint}", source=source, row=row["line"], value=row[name])


def _check_twice(table: pl.DataFrame, source: str) -> None:
    """Refuse a contract that stands there twice: which of the two is meant, or both, cannot be known."""
    twice = table.filter(pl.struct(TERMS).is_duplicated() & ~pl.struct(TERMS).is_first_distinct())
    if twice.is_empty():
        return
    again = twice.row(0, named=True)
    first = table.join(twice.head(1), on=TERMS, how="semi")["line"][0]
    name = f"{again['root']} {again['expiration']} {again['strike']:g} {again['option_type']}"
    message = f"{name} is on line {first} already; give each contract once, its quantities added up"
    raise FormatError(message, source=source, row=again["line"])
