"""Databento's OPRA files (DBN): quotes, completed by definitions and by the statistics with the open interest.

The quotes (cbbo-1s, cbbo-1m, cmbp-1 or tcbbo) name instruments by number; a definition file of the same days, else
the mappings in a file's metadata, say which contract each number is on each day (UTC). The snapshot is the last quote of each contract at or before the time that
is asked for, else at the end of the file. Times are UTC: those of capture (`ts_recv`), which for cbbo are the ends of
the intervals. Prices are integers of 1e-9, the largest of which means none. OPRA has no price of the underlying.

Source: the vendor's library (databento-dbn) and documentation; no file of a customer has been seen.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import NEW_YORK
from gex.ingest.contracts import normalize_underlying, with_symbol_fields
from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers import dbn
from gex.ingest.readers.dbn import sniff as sniff  # noqa: PLC0414 (a reader has its own)
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.times import as_utc, parse_quote_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.dbn import Header
    from gex.ingest.readers.raw import Pick

NAME = "databento"
DATASET = "OPRA.PILLAR"

EVENTS = ("cmbp-1", "tcbbo")
QUOTES = ("cbbo-1s", "cbbo-1m", *EVENTS)
_RANKS = {**dict.fromkeys(QUOTES, 0), "definition": 2, "statistics": 3}
_SYMBOL = r"^[A-Z].*\d{6}[CP]\d{8}$"
_OPEN_INTEREST, _DELETED = 9, 2
UNDEFINED_PRICE, UNDEFINED_SIZE, _UNDEFINED_QUANTITY = 2**63 - 1, 2**32 - 1, 2**31 - 1
"""The largest numbers mean none; that of a quantity until version 3."""
_SCALE = 1e9
_SIZES = {"bid_sz_00": "bid_size", "ask_sz_00": "ask_size"}
_PRICES = {"bid_px_00": "bid", "ask_px_00": "ask", "price": "last"}
_DAY = 86_400 * 10**9
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = ("date", "instrument_id")


def rank(blob: Blob) -> int:
    """Return how far a file is from a chain by itself: quotes are the nearest.

    Raises:
        ChainError: Those of `dbn.header`.

    """
    return _RANKS.get(dbn.header(blob).schema, 9)


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
    """Yield the chain of each underlying in a file, completed by the files beside it.

    Raises:
        FormatError: A file is of another schema or feed, or damaged.
        UnreadableError: A file is cut off or damaged, or the vendor's library is not installed.
        ContentError: There are no quotes or no definitions, or none at the time that is asked for.
        TimeError: `pick.snapshot` is no time.

    """
    files = [(each, _checked(each)) for each in (blob, *pick.beside)]
    if files[0][1].schema not in QUOTES:
        message = f"a {files[0][1].schema} file alone is no chain; name a file of quotes first and this one by --with"
        raise ContentError(message, source=blob.name)
    until = None if pick.snapshot is None else _nanoseconds(parse_quote_time(pick.snapshot))
    quotes = _last_quotes([each for each, found in files if found.schema in QUOTES], until)
    latest = _latest(quotes, [found for _, found in files if found.schema in QUOTES], until, blob.name)
    statistics = [each for each, found in files if found.schema == "statistics"]
    interest = _open_interest(statistics, latest, until)
    keys = pl.concat([quotes.select(_KEY), interest.select(_KEY)]).unique(maintain_order=True)
    names = Symbols.of(files).of_keys(keys)
    if names.is_empty() and not any(found.schema == "definition" for _, found in files):
        raise no_definitions(blob.name)
    interest = interest.join(names, on=_KEY, how="left")
    contracts = _contracts(quotes, names)
    notes = _notes(contracts, interest, latest, told=bool(statistics))
    by_symbol = interest.drop_nulls("symbol").select("symbol", "open_interest").unique("symbol", keep="last")
    yield from _chains(contracts.join(by_symbol, on="symbol", how="left", maintain_order="left"), pick, latest, notes)


def _checked(blob: Blob) -> Header:
    """Return what a file says of itself, if it is of use here.

    Raises:
        FormatError: It is of another schema or feed.

    """
    found = dbn.header(blob)
    if found.dataset != DATASET:
        raise FormatError(f"a DBN file of {found.dataset or 'no feed'}; options are in {DATASET}", source=blob.name)
    if found.schema not in _RANKS:
        takes = f"take {', '.join(QUOTES)} with definition and statistics"
        raise FormatError(f"a DBN file of schema {found.schema or 'mixed'} makes no chain; {takes}", source=blob.name)
    return found


def _last_quotes(blobs: Sequence[Blob], until: int | None) -> pl.DataFrame:
    """Return the last quote of each instrument and day (UTC) up to a time, and the price of its last trade."""
    state, before = pl.DataFrame(), 0
    for blob in blobs:
        # A record of an interval has its last trade; among single events a price may be an order's.
        marks = ("action",) if dbn.header(blob).schema in EVENTS else ()
        line = 0
        for table in dbn.tables(blob, ("instrument_id", "ts_event", "ts_recv", *_PRICES, *_SIZES, *marks)):
            line = table["line"][-1]
            traded = pl.col("action") == "T" if marks else pl.lit(value=True)
            placed = table.with_columns(pl.col("line") + before, pl.when(traded).then("price").alias("price"))
            quotes = _dated(placed, until).select("line", "time", *_KEY, *_PRICES, *_SIZES)
            state = _last(pl.concat([state, quotes]) if state.width else quotes)
        before += line
    return state


def _dated(table: pl.DataFrame, until: int | None) -> pl.DataFrame:
    """Return records up to a time, with their time in nanoseconds and their day, null where they have neither."""
    time = pl.coalesce(pl.col("ts_recv", "ts_event").cast(pl.Int64, strict=False)).alias("time")
    table = table.with_columns(time).with_columns((pl.col("time") // _DAY).alias("date"))
    return table if until is None else table.filter((pl.col("time") <= until).fill_null(value=True))


def _last(quotes: pl.DataFrame) -> pl.DataFrame:
    """Return the last row of each instrument and day; of trades the last that there was."""
    missing = pl.col("price") == UNDEFINED_PRICE
    quotes = quotes.with_columns(pl.when(~missing).then("price").alias("price")).sort("time", maintain_order=True)
    return (
        quotes.group_by(_KEY, maintain_order=True)
        .agg(pl.all().exclude(*_KEY, "price").last(), pl.col("price").drop_nulls().last())
        .select(quotes.columns)
    )


def _latest(quotes: pl.DataFrame, headers: Sequence[Header], until: int | None, source: str) -> int:
    """Return the time of the latest quote.

    Raises:
        ContentError: There is none, or the file ends before the time that is asked for.

    """
    latest = quotes["time"].max() if quotes.width else None
    if not isinstance(latest, int):
        raise ContentError("no quote" if until is None else "no quote at or before the time asked for", source=source)
    end = max(latest, *(found.end or 0 for found in headers))
    if until is not None and until > end:
        shown = f"{_new_york(end):%Y-%m-%dT%H:%M:%S}"
        raise ContentError(f"the quotes end at {shown} (New York), before the time asked for", source=source)
    return latest


def no_definitions(source: str) -> ContentError:
    """Return the error of instruments that nothing names."""
    return ContentError("no definitions: name the definition file of the same days by --with", source=source)


@dataclass(frozen=True)
class Symbols:
    """Which option an instrument is on a day: by its definition, else by the mappings in the metadata.

    Attributes:
        mappings: As `dbn.Header.mappings`.
        defined: Day, instrument and symbol.

    """

    mappings: pl.DataFrame
    defined: pl.DataFrame

    @classmethod
    def of(cls, files: Sequence[tuple[Blob, Header]]) -> Symbols:
        """Read them from files; there may be none."""
        mappings = pl.concat([found.mappings() for _, found in files]).filter(pl.col("symbol").str.contains(_SYMBOL))
        columns = ("instrument_id", "ts_event", "ts_recv", "raw_symbol", "security_update_action")
        defined = [pl.DataFrame(schema={"date": pl.Int64, "instrument_id": pl.UInt32, "symbol": pl.String})]
        defined += [
            _dated(table, None).filter(pl.col("security_update_action") != "D").select(*_KEY, symbol="raw_symbol")
            for blob, found in files
            if found.schema == "definition"
            for table in dbn.tables(blob, columns)
        ]
        return cls(mappings, pl.concat(defined).unique(_KEY, keep="last", maintain_order=True))

    def of_keys(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Return day, instrument and symbol of those that have one."""
        on_day = (pl.col("first") <= pl.col("date")) & (pl.col("date") < pl.col("until"))
        mapped = keys.join(self.mappings, on="instrument_id").filter(on_day).select(*_KEY, "symbol")
        defined = self.defined.join(keys, on=_KEY, how="semi")
        return pl.concat([mapped, defined]).unique(_KEY, keep="last", maintain_order=True)

    def named(self, records: pl.DataFrame) -> pl.DataFrame:
        """Return records with their `symbol`, null where there is none."""
        dated = _dated(records, None)
        names = self.of_keys(dated.select(_KEY).unique(maintain_order=True))
        return dated.join(names, on=_KEY, how="left", maintain_order="left")


def _open_interest(blobs: Sequence[Blob], latest: int, until: int | None) -> pl.DataFrame:
    """Return the last open interest of each instrument on the day of the latest quote."""
    columns = ("instrument_id", "ts_event", "ts_recv", "stat_type", "quantity", "update_action")
    of_day = (pl.col("stat_type") == _OPEN_INTEREST) & (pl.col("date") == latest // _DAY)
    found = [pl.DataFrame(schema={"date": pl.Int64, "instrument_id": pl.UInt32, "open_interest": pl.Int64})]
    for blob in blobs:
        for table in dbn.tables(blob, columns):
            undefined = pl.col("quantity").is_in([_UNDEFINED_QUANTITY, UNDEFINED_PRICE])
            value = pl.when(~undefined & (pl.col("update_action") != _DELETED)).then("quantity").cast(pl.Int64)
            rows = _dated(table, until).filter(of_day).sort("time", maintain_order=True)
            found.append(rows.select(*_KEY, value.alias("open_interest")))
    return pl.concat(found).unique(_KEY, keep="last", maintain_order=True)


def _contracts(quotes: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Return the last quote of each contract, in the order of the file; instruments without definition stay each a row."""
    named = quotes.join(names, on=_KEY, how="left").sort("time", maintain_order=True)
    known = named.drop_nulls("symbol").unique("symbol", keep="last", maintain_order=True)
    rows = pl.concat([known, named.filter(pl.col("symbol").is_null())]).sort("line")
    undefined = pl.when(pl.col("symbol").is_null()).then(pl.lit("no_definition"))
    return with_symbol_fields(rows).with_columns(
        pl.coalesce(undefined, pl.when(pl.col("root").is_null()).then(pl.lit("bad_symbol"))).alias("defect")
    )


def _notes(contracts: pl.DataFrame, interest: pl.DataFrame, latest: int, *, told: bool) -> list[str]:
    """Return what is odd about quotes and open interest."""
    midnight = _new_york(latest).replace(hour=0, minute=0, second=0, microsecond=0)
    early = contracts.filter(pl.col("time") < _nanoseconds(midnight)).height
    lost = interest.join(contracts, on="symbol", how="anti").height
    day = f"{dt.datetime.fromtimestamp(latest // 10**9, dt.UTC):%Y-%m-%d}"
    notes = {
        f"{early:,} of {contracts.height:,} contracts were not quoted since an earlier day": early,
        f"{lost:,} figures of open interest are of contracts without definition or quote and are left out": lost,
        f"the statistics have no open interest of {day} (UTC), the day of the quotes": told and not interest.height,
    }
    return [note for note, said in notes.items() if said]


def _chains(contracts: pl.DataFrame, pick: Pick, latest: int, notes: Sequence[str]) -> Iterator[RawChain]:
    """Yield a chain for each underlying; rows without a contract go with the first of them."""
    roots = contracts["root"].unique(maintain_order=True).drop_nulls()
    underlying = pl.col("root").replace_strict(
        {root: normalize_underlying(root) for root in roots}, default=None, return_dtype=pl.String
    )
    contracts = contracts.with_columns(underlying.alias("underlying"))
    found = contracts["underlying"].unique(maintain_order=True).drop_nulls()
    wanted = [each for each in found if replace(pick, snapshot=None).takes(each, "")]
    for place, each in enumerate(wanted or ([""] if found.is_empty() else [])):
        of_it = (pl.col("underlying") == each).fill_null(value=place == 0)
        yield _chain(contracts.filter(of_it), each, latest, notes)


def _chain(rows: pl.DataFrame, underlying: str, latest: int, notes: Sequence[str]) -> RawChain:
    table = rows.select(
        *("line", "defect", "root", "expiration", "option_type", "strike", "open_interest"),
        *(points(rows[name]).alias(to) for name, to in _PRICES.items()),
        *(pl.when(pl.col(name) != UNDEFINED_SIZE).then(name).alias(to) for name, to in _SIZES.items()),
    )
    return RawChain(
        rows=typed(table),
        source=NAME,
        stamp=as_utc(_new_york(latest)),
        spot=None,
        delay_minutes=0.0,
        texts=_texts(rows),
        notes=tuple(notes),
        underlying=underlying,
    )


def points(prices: pl.Series) -> pl.Series:
    """Return prices in points, NaN where there is none; each is the nearest number to its decimals."""
    values = pl.DataFrame(prices).select(pl.when(pl.first() != UNDEFINED_PRICE).then(pl.first())).to_series()
    # Polars would multiply by 1e-9, which is off in the last digit.
    return pl.Series(values.cast(pl.Float64).to_numpy() / _SCALE)


def _texts(rows: pl.DataFrame) -> Callable[[Sequence[int]], list[str]]:
    """Return the way from a record's place to its fields."""
    shown = rows.select("line", "instrument_id", "symbol", pl.col("time").alias("ts_recv"), *_PRICES, *_SIZES)

    def texts(lines: Sequence[int]) -> list[str]:
        found = {each["line"]: each for each in shown.filter(pl.col("line").is_in(list(lines))).to_dicts()}
        return [json.dumps({name: value for name, value in found[line].items() if name != "line"}) for line in lines]

    return texts


def _nanoseconds(instant: dt.datetime) -> int:
    return (instant - _EPOCH) // dt.timedelta(microseconds=1) * 1000


def _new_york(nanoseconds: int) -> dt.datetime:
    return (_EPOCH + dt.timedelta(microseconds=nanoseconds // 1000)).astimezone(NEW_YORK)
