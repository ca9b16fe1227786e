"""Any CSV with one contract a line, its columns named by the user: `--map strike=K,expiration=Expiry,option_type=Right`.

Nothing is guessed: each name is exactly a column's, or with "=" before it a value for all rows (`root==SPXW`). The
contract is an option symbol, or root, expiration, strike and side; where both are named they are held against each
other. Cells that mean none ("", "-", "N/A", "NaN") are none, other text where a number belongs sets the row aside.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import NEW_YORK
from gex.ingest.contracts import normalize_underlying, with_symbol_fields
from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers.csv_pieces import parse, pieces
from gex.ingest.readers.long_csv import Layout, Snapshot, header_of, snapshots, texts_in
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.weeklies import WEEKLY, note_on, root_of
from gex.ingest.times import parse_quote_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.raw import Pick

NAME = "mapped"

CONTRACT = ("symbol", "root", "underlying", "expiration", "strike", "option_type")
FIGURES = {
    **{name: name for name in ("bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest")},
    "implied_volatility": "implied_volatility",
    **{name: f"vendor_{name}" for name in ("delta", "gamma", "theta", "vega")},
}
NAMES = (*CONTRACT, *FIGURES, "quote_time", "spot", "date_format")
"""What a column can be."""
VALUES = ("root", "underlying", "expiration", "option_type", "date_format")
"""What can be a value for all rows."""

_PRINTED = ("root", "expiration", "option_type", "strike")
_SIDES = {"C": "C", "CALL": "C", "CALLS": "C", "P": "P", "PUT": "P", "PUTS": "P"}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?")
_ROOT = re.compile(r"[A-Z][A-Z0-9]{0,9}")
_SHOWN = 40
"""Columns of a header that an error shows."""


@dataclass(frozen=True)
class Understood:
    """What the user said of a file, found to fit its header.

    Attributes:
        names: A name for each column of the file: one of `NAMES`, else one that stands for nothing.
        values: What holds for all rows, by name.

    """

    names: list[str]
    values: dict[str, str]

    def has(self, name: str) -> bool:
        """Tell whether a name was given a column or a value."""
        return name in self.names or name in self.values


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
    """Yield the snapshots of a file: one, or one a time where `quote_time` is named.

    Raises:
        ContentError: No columns were named.
        FormatError: What was named does not fit the file, or no expiration is a date.
        UnreadableError: It is cut off or empty.

    """
    understood = _understood(header_of(blob.head()), pick.columns, blob.name)
    said = ", ".join(f"{name}={column}" for name, column in pick.columns.items())
    for found in _parts(blob, understood, lambda key: pick.takes(pick.underlying or "", _label(key))):
        yield _chain(found, understood, (f"columns as the user named them: {said}",), blob.name)


def _understood(header: list[str], columns: Mapping[str, str], source: str) -> Understood:
    """Hold what the user said against the file's header."""
    if not columns:
        raise ContentError("say which column is what: --map strike=K,expiration=Expiry,...", source=source)
    values = {name: column[1:].strip() for name, column in columns.items() if column.startswith("=")}
    places = {name: column.strip() for name, column in columns.items() if name not in values}
    problems = [*_unfit(values, places, header), *_incomplete(columns)]
    if problems:
        shown = ", ".join(map(repr, header[:_SHOWN])) + (", ..." if len(header) > _SHOWN else "")
        lists = f"the file's columns: {shown}; names to map: {', '.join(NAMES)}"
        raise FormatError(f"{'; '.join(problems)}; {lists}", source=source, row=1)
    by_place = {header.index(column): name for name, column in places.items()}
    return Understood([by_place.get(place, f"column {place}") for place in range(len(header))], values)


def _unfit(values: Mapping[str, str], places: Mapping[str, str], header: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with single names."""
    for name in (*places, *values):
        if name not in NAMES:
            yield f"there is no name {name!r}"
    for name, column in places.items():
        if header.count(column) != 1:
            yield f"{'no column' if column not in header else 'more than one column'} {column!r} for {name}"
        if list(places.values()).index(column) != list(places).index(name):
            yield f"column {column!r} has two names"
        if name == "date_format":
            yield "date_format is no column: write date_format==%m/%d/%Y"
    for name, value in values.items():
        if name in NAMES and name not in VALUES:
            yield f"{name} can be no value, but a column"
        if name == "date_format" and not _is_date_format(value):
            yield f"date_format {value!r} does not hold a year, a month and a day, as %Y-%m-%d does"


def _incomplete(columns: Mapping[str, str]) -> Iterator[str]:
    """Yield what of a contract is missing, or said twice."""
    if "underlying" in columns and ("root" in columns or "symbol" in columns):
        yield "underlying stands in for root and symbol: leave it out"
    if "symbol" not in columns:
        lacking = [name for name in _PRINTED if name not in columns and (name != "root" or "underlying" not in columns)]
        if lacking:
            yield f"{', '.join(lacking)} missing: name them, or the option symbol alone"


def _is_date_format(form: str) -> bool:
    day = dt.date(2024, 6, 21)
    if "%Y" not in form and "%y" not in form:  # Without a year Python warns of what it takes in its place.
        return False
    try:
        return dt.datetime.strptime(day.strftime(form), form).date() == day  # noqa: DTZ007 (a date alone)
    except (ValueError, re.error):
        return False


def _parts(blob: Blob, understood: Understood, wanted: Callable[[tuple[str, ...]], bool]) -> Iterator[Snapshot]:
    """Yield the file's rows as text, a snapshot at a time."""
    names = understood.names
    if "quote_time" in names:
        others = tuple(name for name in names if name != "quote_time")
        layout = Layout("the user's", {"quote_time": _TIME}, others, (), frozenset(names))
        yield from snapshots(blob, layout, wanted, names)
    elif wanted(()):
        found = tuple(pieces(blob, len(names)))
        yield Snapshot((), pl.concat([parse(piece, names, ()) for piece in found]), texts_in(found))


def _label(key: tuple[str, ...]) -> str:
    """Return the New York time of a snapshot; "" where the file has no times."""
    stamp = _stamp(key)
    return stamp.astimezone(NEW_YORK).replace(tzinfo=None).isoformat() if stamp else ""


def _stamp(key: tuple[str, ...]) -> dt.datetime | None:
    try:
        return parse_quote_time(key[0]) if key else None
    except ValueError:
        return None


def _chain(found: Snapshot, understood: Understood, notes: tuple[str, ...], source: str) -> RawChain:
    values = (pl.lit(value).alias(name) for name, value in understood.values.items() if name != "date_format")
    rows = _cleaned(found.rows.with_columns(*values), understood.values.get("date_format"), source)
    two_rooted = sorted(set(rows["underlying"].drop_nulls()) & set(WEEKLY)) if "underlying" in rows.columns else ()
    return RawChain(
        rows=typed(_with_contracts(rows)),
        source=NAME,
        stamp=_stamp(found.key),
        stamp_problem="no column was named quote_time",
        spot=_spot(rows) if "spot" in rows.columns else None,
        delay_minutes=0.0,
        texts=found.texts,
        notes=(*notes, *(note_on(underlying, "roots") for underlying in two_rooted)),
        snapshot=_label(found.key),
    )


def _spot(rows: pl.DataFrame) -> float | None:
    """Return the price in the middle of those on whole lines."""
    prices = rows.filter(pl.col("defect").is_null())["spot"].str.strip_chars().cast(pl.Float64, strict=False)
    spot = prices.filter(prices.is_finite() & (prices > 0)).median()
    return float(spot) if isinstance(spot, float) else None


def _cleaned(rows: pl.DataFrame, form: str | None, source: str) -> pl.DataFrame:
    """Return rows with the contract's words as the chain table has them, null where they are none.

    Raises:
        FormatError: No expiration is a date in the form that was named.

    """
    makers: dict[str, tuple[Callable[[str], object], pl.DataType]] = {
        "root": (_root, pl.String()),
        "underlying": (_underlying, pl.String()),
        "option_type": (lambda text: _SIDES.get(text.upper()), pl.String()),
        "expiration": (partial(_date, form), pl.Date()),
    }
    for name, (make, dtype) in makers.items():
        if name in rows.columns:
            made = _made(rows[name].str.strip_chars(), make, dtype)
            first = rows[name].drop_nulls().head(1).to_list()
            if name == "expiration" and first and made.null_count() == len(made):
                remedy = "say how dates are written: date_format==%m/%d/%Y"
                raise FormatError(f"expiration {first[0]!r} is not as {form or '2024-06-21'}; {remedy}", source=source)
            rows = rows.with_columns(made)
    return rows


def _made(words: pl.Series, make: Callable[[str], object], dtype: pl.DataType) -> pl.Series:
    """Return what each word stands for."""
    known = {word: make(word) for word in words.drop_nulls().unique()}
    if not known:
        return words.cast(dtype)
    meanings = pl.Series(list(known.values()), dtype=dtype)
    return words.replace_strict(pl.Series(list(known)), meanings, default=None, return_dtype=dtype)


def _date(form: str | None, text: str) -> dt.date | None:
    """Return a date, by default of ISO's forms, with or without a midnight behind it."""
    try:
        if form:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 (a date alone)
        return dt.date.fromisoformat(text.removesuffix("00:00:00").rstrip(" T"))
    except ValueError:
        return None


def _root(text: str) -> str | None:
    bare = text.upper().lstrip("^_$").replace(".", "")
    return bare if _ROOT.fullmatch(bare) else None


def _underlying(text: str) -> str | None:
    return _root(normalize_underlying(text))


def _with_contracts(rows: pl.DataFrame) -> pl.DataFrame:
    """Add root, expiration, side and strike, of the symbol where there is one, held against what else was named."""
    if "symbol" in rows.columns:
        rows, fault = _of_symbols(rows)
    else:
        if "underlying" in rows.columns:
            rows = rows.with_columns(_root_by_date(rows).alias("root"))
        lost = pl.any_horizontal(pl.col("root", "expiration", "option_type").is_null())
        fault = pl.when(lost).then(pl.lit("bad_number"))
    return rows.select(
        "line",
        pl.coalesce("defect", fault).alias("defect"),
        *_PRINTED,
        *(pl.col(name).alias(to) for name, to in FIGURES.items() if name in rows.columns),
    )


def _of_symbols(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Expr]:
    """Return the rows with the fields of their symbols, and what is wrong with them."""
    said = {name: f"said {name}" for name in _PRINTED if name in rows.columns}
    rows = with_symbol_fields(rows.rename(said))
    unlike = [
        pl.lit(value=False),
        *(pl.col(to).ne_missing(pl.col(name)) for name, to in said.items() if name != "strike"),
    ]
    if "strike" in said:
        strike = pl.col(said["strike"]).str.strip_chars().cast(pl.Float64, strict=False)
        unlike.append(((strike - pl.col("strike")).abs() < 5e-4).ne_missing(other=True))
    unknown = pl.when(pl.col("root").is_null()).then(pl.lit("bad_symbol"))
    return rows, unknown.when(pl.any_horizontal(unlike)).then(pl.lit("contradiction"))


def _root_by_date(rows: pl.DataFrame) -> pl.Expr:
    """Return the root of each row by its underlying and date."""
    names = rows["underlying"].unique().drop_nulls()
    known = [pl.when(pl.col("underlying") == name).then(root_of(name, rows["expiration"])) for name in names]
    return pl.coalesce(pl.lit(None, pl.String), *known)
