"""Massive's (Polygon's) flat files of option aggregates: a day's bars of the whole market, by the day or by the minute.

A line is what was traded of a contract in one window: its volume and last price. There are no quotes, no open interest and
no price of the underlying. All underlyings are in one file, and one at a time is read: the file streams by, and what
is held of it are the lines of the one that was asked for. Bars of a day begin at midnight in New York, by which they are
told; bars of minutes are summed up to the end of the day, or of those that ended by the time `pick.snapshot`.

Source: the vendor's pages on its flat files (columns, example lines).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import NEW_YORK, covers, is_session, session_close
from gex.ingest.contracts import ROOTS, contract, normalize_underlying, with_symbol_fields
from gex.ingest.errors import ContentError
from gex.ingest.readers.csv_pieces import parse, pieces
from gex.ingest.readers.long_csv import Layout, ahead, header_of, layout_of
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.spill import TEXT
from gex.ingest.times import parse_quote_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.csv_pieces import Piece
    from gex.ingest.readers.raw import Pick

NAME = "massive_flat"

_COLUMNS = ("ticker", "volume", "open", "close", "high", "low", "window_start", "transactions")
LAYOUT = Layout("Massive's aggregates", {}, _COLUMNS, (), frozenset({"ticker", "window_start"}))
_TICKER = r"^O:[A-Z][A-Z0-9]{0,5}\d{6}[CP]\d{8}$"
_DATE = re.compile(r"[\d-]{0,10}")
_CONTRACT = ("root", "expiration", "option_type", "strike")
_MINUTE = dt.timedelta(minutes=1)
_LISTED = 5


def sniff(head: bytes) -> bool:
    """Tell whether the first line has the aggregates' columns, and a line of the beginning an option's ticker."""
    return LAYOUT.fits(header_of(head)) and b"\nO:" in head


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
    """Yield the days of `pick.underlying`, or of the only one there is.

    Raises:
        UnreadableError: The file is cut off or empty.
        ContentError: It has several underlyings and none was asked for, or a time within a bar of a day was.
        TimeError: `pick.snapshot` is no time.

    """
    names = header_of(blob.head())
    layout_of(names, (LAYOUT,), blob.name)
    lines = _lines(blob, names, None if pick.underlying is None else normalize_underlying(pick.underlying))
    if lines.is_empty():
        return
    lines, daily = _dated(lines, blob.name)
    text = (pick.snapshot or "").strip()
    until = None if _DATE.fullmatch(text) else parse_quote_time(text).astimezone(NEW_YORK)
    if until and daily:
        message = "the bars are of whole days; give a date with --snapshot, or take the file of minutes"
        raise ContentError(message, source=blob.name, value=text)
    for (day,), part in lines.partition_by("day", maintain_order=True, as_dict=True).items():
        if until is None and day.isoformat().startswith(text):
            yield _chain(part, day, None, daily=daily)
        elif until and day == until.date():
            bars = part.filter((pl.col("end") <= until).fill_null(value=True))
            if bars["end"].count():
                yield _chain(bars, day, until, daily=daily)


def _lines(blob: Blob, names: Sequence[str], asked: str | None) -> pl.DataFrame:
    """Return the lines on one underlying, with their text; one without a ticker goes with the line before it.

    Raises:
        ContentError: There are several, and none was asked for; or no line has a ticker.

    """
    found, seen, last = [], dict.fromkeys([asked] if asked else []), None
    marks = _marks(asked) if asked else [b""]
    for piece, parsed in ahead((piece, _parsed(piece, names, marks)) for piece in pieces(blob, len(names))):
        if parsed is None:
            last = ""
            continue
        filled = pl.coalesce(pl.col("underlying").forward_fill(), pl.lit(last, pl.String)).backward_fill()
        rows = parsed.with_columns(filled)
        last = rows["underlying"][-1] if rows.height else last
        if asked is None:
            seen.update(dict.fromkeys(rows["underlying"].drop_nulls().unique(maintain_order=True)))
            _check_one(seen, blob.name)
        own = rows.filter(pl.col("underlying") == next(iter(seen), ""))
        found.append(own.with_columns(pl.Series(TEXT, [piece.text(line) for line in own["line"]], pl.String)))
    if not seen:
        raise ContentError("no line has the ticker of an option", source=blob.name)
    return pl.concat(found) if found else pl.DataFrame()


def _marks(underlying: str) -> list[bytes]:
    """Return how the tickers on an underlying begin."""
    roots = {underlying, *(root for root, terms in ROOTS.items() if terms.underlying == underlying)}
    return [f"O:{root}".encode() for root in sorted(roots)]


def _parsed(piece: Piece, names: Sequence[str], marks: Sequence[bytes]) -> pl.DataFrame | None:
    """Return the rows of a piece with their underlying, null where the ticker is none of an option.

    Most pieces of a market's file have none of the tickers that are looked for: None at once.
    """
    if not any(mark in piece.data for mark in marks):
        return None
    rows = parse(piece, names, LAYOUT.known - LAYOUT.text)
    ticker = pl.col("ticker").str.strip_chars()
    rows = rows.with_columns(ticker, pl.when(ticker.str.contains(_TICKER)).then(ticker).alias("underlying"))
    root = rows["underlying"].str.slice(2).str.head(-15)
    known = {each: normalize_underlying(each) for each in root.unique().drop_nulls()}
    return rows.with_columns(root.replace_strict(known, default=None, return_dtype=pl.String).alias("underlying"))


def _check_one(seen: dict[str, None], source: str) -> None:
    """Refuse several underlyings: each would need a price of its own.

    Raises:
        ContentError: Names the first of them.

    """
    if len(seen) > 1:
        listed = ", ".join([*seen][:_LISTED]) + (", ..." if len(seen) > _LISTED else "")
        raise ContentError(f"options on several underlyings, {listed}; pick one with --underlying", source=source)


def _dated(lines: pl.DataFrame, source: str) -> tuple[pl.DataFrame, bool]:
    """Return the lines with their day and the end of their bar, null where they have none; and whether bars are of days.

    A line without a time goes with the day of the line before it.

    Raises:
        ContentError: No line has a time in a session.

    """
    start = pl.col("window_start").str.strip_chars().cast(pl.Int64, strict=False)
    zoned = pl.from_epoch(start, "ns").dt.replace_time_zone("UTC").dt.convert_time_zone(NEW_YORK.key)
    lines = lines.with_columns(zoned.alias("start"))
    sessions = [day for day in lines["start"].dt.date().unique().drop_nulls() if covers(day) and is_session(day)]
    lines = lines.with_columns(pl.when(pl.col("start").dt.date().is_in(sessions)).then("start").alias("start"))
    if not lines["start"].count():
        raise ContentError("window_start holds no time of a session, in nanoseconds of UTC", source=source)
    midnight = lines["start"].dt.time() == dt.time(0)
    daily = midnight.sum() * 2 > midnight.count()
    fits = pl.lit(midnight == daily)
    lines = lines.with_columns(pl.when(fits).then("start").alias("start"))
    day = pl.col("start").dt.date().forward_fill().backward_fill()
    bad = pl.when(pl.col("start").is_null()).then(pl.lit("bad_number"))
    end = pl.col("start") + (dt.timedelta(days=1) if daily else _MINUTE)
    return lines.with_columns(day.alias("day"), end.alias("end"), pl.coalesce("defect", bad).alias("defect")), daily


def _chain(lines: pl.DataFrame, day: dt.date, until: dt.datetime | None, *, daily: bool) -> RawChain:
    """Return a day's chain, up to a time within it or to its end."""
    underlying = str(lines["underlying"][0])
    rows = with_symbol_fields(lines.rename({"ticker": "symbol"}))
    unknown = pl.when(pl.col("root").is_null()).then(pl.lit("bad_symbol"))
    bad = pl.when(pl.col("volume").is_null()).then(pl.lit("bad_number"))
    rows = rows.with_columns(pl.coalesce("defect", unknown, bad).alias("defect"))
    by_line = dict(lines.select("line", TEXT).iter_rows())
    rows = rows.select("line", "defect", *_CONTRACT, "end", "volume", pl.col("close").alias("last"))
    summed = "volume is summed over the bars of minutes; a row's line is the first of its contract's"
    return RawChain(
        rows=typed((rows if daily else _summed(rows)).drop("end")),
        source=NAME,
        stamp=until.astimezone(dt.UTC) if until else session_close(day, contract(underlying).hours),
        spot=None,
        delay_minutes=0.0,
        texts=lambda numbers: [by_line[number] for number in numbers],
        notes=("no quotes in the format: the last price is that of a trade", *(() if daily else (summed,))),
        underlying=underlying,
        snapshot=(until.replace(tzinfo=None) if until else day).isoformat(),
    )


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the bars of each contract as one row, with the last price.

    Bars that cannot be summed stay rows of their own, for the rules to judge: without a volume, or of a minute that
    the contract has twice.
    """
    sound = pl.col("defect").is_null() & (pl.col("volume") >= 0) & (pl.col("volume").round() == pl.col("volume"))
    sound &= (pl.col("last") >= 0).fill_null(value=True) & pl.col("end").is_not_null()
    once = ~pl.struct(*_CONTRACT, "end").is_duplicated()
    rows = rows.with_columns((sound & once).fill_null(value=False).alias("sound"))
    bars = rows.filter("sound").sort("end", maintain_order=True).group_by(_CONTRACT, maintain_order=True)
    totals = bars.agg(
        pl.col("line").min(),
        pl.col("defect").first(),
        pl.col("end").last(),
        pl.col("volume").sum(),
        pl.col("last").drop_nulls().last(),
    )
    columns = [name for name in rows.columns if name != "sound"]
    return pl.concat([totals.select(columns), rows.filter(~pl.col("sound")).select(columns)]).sort("line")
