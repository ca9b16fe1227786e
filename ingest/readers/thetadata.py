"""ThetaData's CSV files, version 3 and 2: quotes, end-of-day reports and greeks, completed by open interest and more.

No one file has all of a chain. The one nearest to it is read (quotes or an end-of-day report, else greeks), and files that
lie beside it in a zip file, or are named beside it, complete it by contract: open interest, volume, greeks with the
underlying's price, and the quotes of the underlying's other roots, for `symbol` is the root: SPX and SPXW are asked for
apart. Rows of a snapshot have times of their own, the latest of which is the snapshot's; where contracts come again and again
the file is a history, and each time (each day of an end-of-day report) a snapshot of its own.

Times are New York's without a zone. Open interest is that of the session before; a contract without any has no row.
Version 2 has strikes in tenths of a cent, dates as YYYYMMDD, and milliseconds of the day.

Source: the vendor's documentation and headers seen in public code; no file of a customer has been seen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers.csv_pieces import Piece, parse, pieces
from gex.ingest.readers.long_csv import Layout, header_of, layout_of, texts_in
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.text import DAYS, date_of
from gex.ingest.times import as_utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.long_csv import Texts
    from gex.ingest.readers.raw import Pick

NAME = "thetadata"

CONTRACT = ("symbol", "expiration", "strike", "right")
_TEXT = frozenset(
    {"symbol", "root", "expiration", "right", "timestamp", "created", "last_trade", "underlying_timestamp", "date"}
)
_SIDES = {"CALL": "C", "PUT": "P", "C": "C", "P": "P"}
_TIMES = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_QUOTE = _words("bid_size bid_exchange bid bid_condition ask_size ask_exchange ask ask_condition")
_OHLC = _words("open high low close volume count")
_FIRST = _words("delta theta vega rho epsilon lambda")
_MORE = _words("gamma vanna charm vomma veta vera speed zomma color ultima d1 d2 dual_delta dual_gamma")
_IMPLIED = _words("implied_vol iv_error underlying_timestamp underlying_price")
_IMPLIED_2 = _words("implied_vol iv_error ms_of_day2 underlying_price")


@dataclass(frozen=True)
class Kind:
    """One of the vendor's files.

    Attributes:
        layout: Its columns.
        rank: How far it is from a chain by itself; from 2 on it is none.
        daily: Whether its rows are one of a contract and day, whatever their times.

    """

    layout: Layout
    rank: int
    daily: bool = False

    @property
    def old(self) -> bool:
        """Whether it is of version 2."""
        return "root" in self.layout.needed


def _kind(name: str, rank: int, *columns: str, daily: bool = False) -> Kind:
    text = _TEXT if "root" not in columns else _TEXT - {"expiration", "date"}
    return Kind(Layout(f"ThetaData's {name}", {}, columns, (), text), rank, daily)


_NEW = (*CONTRACT, "timestamp")
_OLD = ("root", "expiration", "strike", "right", "ms_of_day", "date")
KINDS = (
    _kind("quotes", 0, *_NEW, *_QUOTE),
    _kind("end-of-day report", 0, *CONTRACT, "created", "last_trade", *_OHLC, *_QUOTE, daily=True),
    _kind("end-of-day greeks", 0, *_NEW, *_OHLC, *_QUOTE, *_FIRST, *_MORE, *_IMPLIED, daily=True),
    _kind("greeks", 1, *_NEW, "bid", "ask", *_FIRST, *_MORE, *_IMPLIED),
    _kind("first-order greeks", 1, *_NEW, "bid", "ask", *_FIRST, *_IMPLIED),
    _kind("volume", 2, *_NEW, *_OHLC),
    _kind("open interest", 3, *_NEW, "open_interest"),
    _kind("quotes (version 2)", 0, *_OLD, *_QUOTE),
    _kind("greeks (version 2)", 1, *_OLD, "bid", "ask", *_FIRST, *_IMPLIED_2),
    _kind("open interest (version 2)", 3, *_OLD, "open_interest"),
)
# From the vendor's columns to the chain table's.
_FIGURES = {
    "bid": "bid",
    "ask": "ask",
    "bid_size": "bid_size",
    "ask_size": "ask_size",
    "close": "last",
    "volume": "volume",
    "open_interest": "open_interest",
    "implied_vol": "implied_volatility",
    "delta": "vendor_delta",
    "gamma": "vendor_gamma",
    "theta": "vendor_theta",
    "vega": "vendor_vega",
    "underlying_price": "underlying_price",
}


def sniff(head: bytes) -> bool:
    """Tell whether the first line is a header of ThetaData's, or nearly one."""
    names = set(header_of(head))
    contract = {*CONTRACT} <= names or {"root", *CONTRACT[1:], "ms_of_day"} <= names
    return contract and bool(names & {"timestamp", "created", "ms_of_day"})


def rank(head: bytes) -> int:
    """Return how far a file is from a chain by itself; large where its header is not known."""
    names = header_of(head)
    return next((kind.rank for kind in KINDS if kind.layout.fits(names)), 9)


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
    """Yield the snapshots of a file, completed by those beside it.

    Raises:
        FormatError: A header is nearly ThetaData's, or two underlyings are mixed.
        UnreadableError: A file is cut off or empty.
        ContentError: There is no file with quotes among them, or some are of another version.

    """
    main = _file(blob)
    if main.kind.rank > 1:
        raise ContentError(
            f"{main.kind.layout.name} alone is no chain; name a file of quotes first and this one by --with",
            source=blob.name,
        )
    others = [_file(each) for each in pick.beside]
    same = [main, *(each for each in others if each.kind == main.kind)]
    rows, texts = _stacked(same)
    underlyings = {normalize_underlying(symbol) for symbol in rows["symbol"].drop_nulls().unique()}
    if len(underlyings) != 1:
        raise FormatError(
            f"one underlying's roots expected, got {', '.join(sorted(underlyings)) or 'none'}", source=blob.name
        )
    underlying = underlyings.pop()
    several = bool(
        rows.filter(pl.all_horizontal(pl.col(CONTRACT).is_not_null())).select(CONTRACT).is_duplicated().any()
    )
    completing = [each for each in others if each.kind != main.kind]
    for label, part in _snapshots(rows, main.kind, several=several):
        if pick.takes(underlying, label):
            chain = _chain(part, completing, label if several else None)
            yield replace(chain, texts=texts, underlying=underlying, snapshot=label if several else "")


@dataclass(frozen=True, eq=False)
class _File:
    """A file's rows under version 3's names, and the way to its lines."""

    kind: Kind
    rows: pl.DataFrame
    found: tuple[Piece, ...]


def _file(blob: Blob) -> _File:
    names = header_of(blob.head())
    layout = layout_of(names, [kind.layout for kind in KINDS], blob.name)
    kind = next(each for each in KINDS if each.layout is layout)
    found = tuple(pieces(blob, len(names)))
    numbers = layout.known - layout.text
    # Quotes hold no comma in these files; without them a piece is parsed at once.
    rows = pl.concat([parse(Piece(each.data.replace(b'"', b""), each.line), names, numbers) for each in found])
    return _File(kind, _as_version_3(rows) if kind.old else rows, found)


def _as_version_3(rows: pl.DataFrame) -> pl.DataFrame:
    """Rename version 2's columns, and bring its strikes, dates and times to version 3's form."""
    since = pl.duration(milliseconds=_whole("ms_of_day", 86_400_000))
    # By NumPy: Polars would multiply by 1 / 1000, and be a last digit off.
    strike = pl.Series("strike", rows["strike"].to_numpy() / 1000.0).fill_nan(None)
    return rows.with_columns(
        pl.col("root").alias("symbol"),
        _day("expiration").dt.to_string("%Y-%m-%d"),
        strike,
        (_day("date").cast(pl.Datetime("ms")) + since).dt.to_string("%Y-%m-%dT%H:%M:%S%.3f").alias("timestamp"),
    )


def _day(name: str) -> pl.Expr:
    return _whole(name, 99_999_999).cast(pl.String).str.to_date("%Y%m%d", strict=False)


def _whole(name: str, most: int) -> pl.Expr:
    """Return numbers from 0 to `most` as whole ones, null for all others."""
    return pl.when(pl.col(name).is_between(0, most)).then(pl.col(name)).cast(pl.Int64, strict=False)


def _stacked(files: Sequence[_File]) -> tuple[pl.DataFrame, Texts]:
    """Return the rows of files of one kind, and the way to their lines, as if the files were pasted one after another."""
    found: list[Piece] = []
    tables, before = [], 0
    for each in files:
        tables.append(each.rows.with_columns(pl.col("line") + before))
        found += [Piece(piece.data, piece.line + before) for piece in each.found]
        before += each.found[-1].line + each.found[-1].height - 1
    return pl.concat(tables, how="diagonal"), texts_in(found)


def _snapshots(rows: pl.DataFrame, kind: Kind, *, several: bool) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the time and the rows of each snapshot, in order of time: the latest time where there is one alone."""
    time = pl.col("created" if "created" in rows.columns else "timestamp")
    read = pl.coalesce(time.str.to_datetime(form, time_unit="ms", strict=False) for form in _TIMES)
    rows = rows.with_columns(pl.when(read.dt.date().is_between(*DAYS)).then(read).alias("time"))
    if not several:
        latest = rows["time"].max()
        yield (latest.isoformat() if isinstance(latest, dt.datetime) else ""), rows
        return
    # A row without a time goes with the rows around it.
    rows = rows.with_columns(pl.col("time").forward_fill().backward_fill().alias("time"))
    group = pl.col("time").dt.date() if kind.daily else pl.col("time")
    for _, part in sorted(rows.with_columns(group.alias("group")).partition_by("group", as_dict=True).items()):
        latest = part["time"].max()
        yield (latest.isoformat() if isinstance(latest, dt.datetime) else ""), part.drop("group")


def _chain(rows: pl.DataFrame, completing: Sequence[_File], label: str | None) -> RawChain:
    """Return one snapshot; `label` is its time where the file has several."""
    contracts = _clean(rows).select("line", "defect", *CONTRACT, *(name for name in _FIGURES if name in rows.columns))
    notes: list[str] = []
    for each in completing:
        contracts, lost = _completed(contracts, _clean(each.rows), label)
        notes += [f"{lost:,} rows of {each.kind.layout.name} have no quote and are left out"] if lost else []
    latest = rows["time"].max()
    stamp = as_utc(latest) if isinstance(latest, dt.datetime) else None
    early = rows.filter(pl.col("time").dt.date() < pl.col("time").max().dt.date()).height
    notes += [f"{early:,} of {rows.height:,} quotes are of an earlier day: not quoted since"] if early else []
    return RawChain(
        rows=_typed(contracts),
        source=NAME,
        stamp=stamp,
        stamp_problem="no row has a time; give --quote-time",
        spot=_spot(contracts),
        delay_minutes=0.0,
        texts=lambda _: [],
        notes=tuple(notes),
    )


def _completed(contracts: pl.DataFrame, theirs: pl.DataFrame, label: str | None) -> tuple[pl.DataFrame, int]:
    """Add the figures of another file, by contract, and count its rows that have no contract here.

    Greeks are those of the snapshot's own time; open interest and volume are of no time within the day.
    """
    theirs = theirs.filter(pl.col("defect").is_null())
    if label is not None and "underlying_price" in theirs.columns:
        theirs = theirs.filter(pl.col("timestamp").str.starts_with(label[:19]))
    figures = [name for name in _FIGURES if name in theirs.columns and name not in contracts.columns]
    theirs = theirs.select(*CONTRACT, *figures).unique(CONTRACT, keep="last", maintain_order=True)
    lost = theirs.join(contracts, on=CONTRACT, how="anti").height
    return contracts.join(theirs, on=CONTRACT, how="left", maintain_order="left"), lost


def _typed(contracts: pl.DataFrame) -> pl.DataFrame:
    table = contracts.select(
        "line",
        "defect",
        pl.col("symbol").alias("root"),
        date_of(pl.col("expiration"), "%Y-%m-%d"),
        "strike",
        pl.col("right").alias("option_type"),
        *(
            pl.col(name).alias(to)
            for name, to in _FIGURES.items()
            if name in contracts.columns and name != "underlying_price"
        ),
    )
    lost = pl.any_horizontal(pl.col("root", "expiration", "option_type", "strike").is_null())
    return typed(table.with_columns(pl.coalesce("defect", pl.when(lost).then(pl.lit("bad_number"))).alias("defect")))


def _clean(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows whose contract is written alike in all files."""
    return rows.with_columns(
        pl.col("symbol").str.strip_chars().str.to_uppercase().str.strip_prefix("^"),
        pl.col("expiration").str.strip_chars(),
        pl.col("right")
        .str.strip_chars()
        .str.to_uppercase()
        .replace_strict(_SIDES, default=None, return_dtype=pl.String),
    )


def _spot(rows: pl.DataFrame) -> float | None:
    """Return the underlying's price beside the greeks; None where there is none."""
    if "underlying_price" not in rows.columns:
        return None
    spot = rows["underlying_price"].filter(rows["underlying_price"] > 0).median()
    return float(spot) if isinstance(spot, float) else None
