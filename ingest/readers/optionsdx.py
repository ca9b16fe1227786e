"""OptionsDX's quotes, at the end of the day and intraday, plain or zipped: a month or a year of snapshots a file.

One line is the call and the put of one strike. The file says neither what its options are on, nor their roots, nor their
open interest: `pick.underlying` says the first, and the chain has volume only. The roots of an index with two of them
are told by the date: the third Friday is the AM-settled one's, but what expires on the day of the quotes is the PM-settled
one's, because the other has had its last trade on the day before.

Times are New York's: in two lines of real files that public code quotes, `[QUOTE_UNIXTIME]` 1638392400 stands beside 2021-12-01
16:00 and 1672866000 beside 2023-01-04 16:00, the same instants there. Both are of winter, so each snapshot is held against
its own. Files of the end of the day are said to have 16:00 on every date, and more dates than there were sessions: a time outside
trading is the end of the session before. `[DTE]` is not used.

Source: headers and lines in public code; neither the vendor's documentation nor a customer's file has been seen.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import NEW_YORK, is_session
from gex.ingest.contracts import normalize_underlying
from gex.ingest.readers.long_csv import Layout, header_of, layout_of, snapshots
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.text import date_of
from gex.ingest.readers.weeklies import WEEKLY, note_on, root_of
from gex.ingest.times import as_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.ingest.blob import Blob
    from gex.ingest.readers.long_csv import Snapshot
    from gex.ingest.readers.raw import Pick

NAME = "optionsdx"

_NO_UNDERLYING = "the file does not say what its options are on; give --underlying, e.g. --underlying SPX"

# Words are behind a comma and a blank.
_MINUTE = re.compile(r" ?\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")
_SIZES = r"^(\d+) ?x ?(\d+)$"
_TIME = "[QUOTE_READTIME]"
_FIGURES = ("DELTA", "GAMMA", "VEGA", "THETA", "RHO", "IV", "VOLUME", "LAST", "SIZE", "BID", "ASK")
_NAMES = {
    "BID": "bid",
    "ASK": "ask",
    "LAST": "last",
    "VOLUME": "volume",
    "IV": "implied_volatility",
    "DELTA": "vendor_delta",
    "GAMMA": "vendor_gamma",
    "THETA": "vendor_theta",
    "VEGA": "vendor_vega",
}
_LINE = ("QUOTE_UNIXTIME", "QUOTE_DATE", "QUOTE_TIME_HOURS", "UNDERLYING_LAST", "EXPIRE_DATE", "EXPIRE_UNIX", "DTE")
_COLUMNS = (*_LINE, *(f"{side}_{name}" for side in "CP" for name in _FIGURES), "STRIKE")
_DISTANCES = ("STRIKE_DISTANCE", "STRIKE_DISTANCE_PCT")
LAYOUT = Layout(
    "OptionsDX",
    {_TIME: _MINUTE},
    tuple(f"[{name}]" for name in (*_COLUMNS, *_DISTANCES)),
    (),
    frozenset({_TIME, "[QUOTE_DATE]", "[EXPIRE_DATE]", "[C_SIZE]", "[P_SIZE]"}),
)


def sniff(head: bytes) -> bool:
    """Tell whether the first line is OptionsDX's header, or nearly."""
    names = header_of(head)
    return _TIME in names and LAYOUT.resembles(names)


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
    """Yield the snapshots of a file, on `pick.underlying`.

    Raises:
        FormatError: Its header is nearly OptionsDX's, or the column of times holds something else.
        UnreadableError: It is cut off or empty.

    """
    layout_of(header_of(blob.head()), (LAYOUT,), blob.name)
    underlying = normalize_underlying(pick.underlying or "")
    for found in snapshots(blob, LAYOUT, lambda key: pick.takes(underlying, _label(key[0]))):
        yield _chain(found, underlying)


def _label(text: str) -> str:
    return text.strip().replace(" ", "T")


def _chain(found: Snapshot, underlying: str) -> RawChain:
    label = _label(found.key[0])
    stamp = _stamp(label)
    spot = found.rows["[UNDERLYING_LAST]"].filter(found.rows["[UNDERLYING_LAST]"] > 0).median()
    rows = _rows(found.rows, underlying, label[:10])
    return RawChain(
        rows=rows,
        source=NAME,
        stamp=stamp,
        stamp_problem=f"{_TIME} {label!r} is no time",
        root_problem=_NO_UNDERLYING,
        spot=float(spot) if isinstance(spot, float) else None,
        delay_minutes=0.0,
        texts=found.texts,
        notes=tuple(_notes(found.rows, rows, underlying, stamp)),
        underlying=underlying,
        snapshot=label,
    )


def _stamp(label: str) -> dt.datetime | None:
    try:
        return as_utc(dt.datetime.fromisoformat(label))
    except ValueError:
        return None


def _notes(lines: pl.DataFrame, rows: pl.DataFrame, underlying: str, stamp: dt.datetime | None) -> Iterator[str]:
    """Yield what the file leaves open, and where it contradicts itself."""
    if underlying in WEEKLY:
        yield note_on(underlying, "roots")
        monthly = rows.filter(pl.col("defect").is_null() & (pl.col("root") == underlying))
        twice = int(monthly.select("expiration", "strike", "option_type").is_duplicated().sum())
        if twice:
            yield f"{twice:,} rows are of contracts that come twice, as of {underlying} and {WEEKLY[underlying]}: not told apart"
    if stamp is not None and not is_session(day := stamp.astimezone(NEW_YORK).date()):
        yield f"{day} is no session of New York: its quotes are taken as those at the end of the session before"
    epoch = lines["[QUOTE_UNIXTIME]"].median()
    if stamp is not None and epoch != stamp.timestamp():
        yield f"[QUOTE_UNIXTIME] is not the instant of {_TIME} in New York; {_TIME} is taken"


def _rows(lines: pl.DataFrame, underlying: str, day: str) -> pl.DataFrame:
    """Return calls above puts, typed."""
    sides = pl.concat(
        [
            lines.select(
                "line",
                "defect",
                pl.lit(side).alias("option_type"),
                date_of(pl.col("[EXPIRE_DATE]").str.strip_chars(), "%Y-%m-%d").alias("expiration"),
                pl.col("[STRIKE]").alias("strike"),
                pl.col(f"[{side}_SIZE]").str.strip_chars().alias("size"),
                *(pl.col(f"[{side}_{name}]").alias(to) for name, to in _NAMES.items()),
            )
            for side in "CP"
        ]
    )
    sizes = (pl.col("size").str.extract(_SIZES, place).alias(to) for place, to in ((1, "bid_size"), (2, "ask_size")))
    root = root_of(underlying, sides["expiration"]) if underlying else pl.lit(None, pl.String)
    due = pl.col("expiration").dt.to_string("%Y-%m-%d") == day
    rows = sides.with_columns(
        *sizes,
        pl.when(due & pl.lit(underlying in WEEKLY)).then(pl.lit(WEEKLY.get(underlying))).otherwise(root).alias("root"),
    )
    unread = pl.col("expiration").is_null() | ((pl.col("size") != "") & pl.col("bid_size").is_null())
    bad = pl.when(unread).then(pl.lit("bad_number"))
    return typed(rows.with_columns(pl.coalesce("defect", bad).alias("defect")).drop("size"))
