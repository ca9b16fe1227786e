"""Interactive Brokers' tickers as ib_async (and ib_insync before it) gives them: `util.df(tickers)`, saved by pandas.

The frame has the fields of Ticker, with the contract and its model's greeks as text (`Option(...)`, `OptionComputation(...)`).
Read as well are the fields of Contract beside those of Ticker, one column each, and the greeks as `modelGreeks.impliedVol`
and so on. Any of these columns may be left out but the contract, bid and ask; other columns are refused.

The contract is `localSymbol`: the last day of trading, which `lastTradeDateOrContractMonth` is, is the session before
the expiration of AM-settled options. An empty cell is no value; so are a price of -1 and a greek of -2, and the largest number.
Open interest is that of the contract's own side. `impliedVolatility` is the underlying's, and not used.

Source: ib_async, `util.df`, `Ticker`, `Contract`, `OptionComputation`, `Wrapper.priceSizeTick` and `tickOptionComputation`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import NEW_YORK, previous_session
from gex.ingest.contracts import contract, normalize_underlying, with_symbol_fields
from gex.ingest.readers.csv_pieces import parse, pieces
from gex.ingest.readers.long_csv import Layout, header_of, layout_of, texts_in
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.yfinance import INDEX
from gex.ingest.times import as_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.ingest.blob import Blob

NAME = "ib_async"
DELAY_MINUTES = 15.0


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# The fields of all versions since ib_insync's of 2019.
_CONTRACT = _words(
    "secType conId symbol lastTradeDateOrContractMonth strike right multiplier exchange primaryExchange currency localSymbol"
    " tradingClass includeExpired secIdType secId description issuerId comboLegsDescrip comboLegs deltaNeutralContract"
)
_TICKER = _words(
    "contract time timestamp marketDataType minTick bid bidSize bidExchange ask askSize askExchange last lastSize lastExchange"
    " lastTimestamp prevBid prevBidSize prevAsk prevAskSize prevLast prevLastSize volume open high low close vwap low13week"
    " high13week low26week high26week low52week high52week bidYield askYield lastYield markPrice halted rtHistVolatility"
    " rtVolume rtTradeVolume rtTime avVolume tradeCount tradeRate volumeRate volumeRate3Min volumeRate5Min volumeRate10Min"
    " shortable shortableShares indexFuturePremium futuresOpenInterest putOpenInterest callOpenInterest putVolume callVolume"
    " avOptionVolume histVolatility impliedVolatility openInterest lastRthTrade lastRegTime optionBidExch optionAskExch"
    " bondFactorMultiplier creditmanMarkPrice creditmanSlowMarkPrice delayedLastTimestamp delayedHalted reutersMutualFunds"
    " etfNavClose etfNavPriorClose etfNavBid etfNavAsk etfNavLast etfFrozenNavLast etfNavHigh etfNavLow socialMarketAnalytics"
    " estimatedIpoMidpoint finalIpoLast dividends fundamentalRatios ticks tickByTicks domBids domBidsDict domAsks domAsksDict"
    " domTicks bidGreeks askGreeks lastGreeks modelGreeks custGreeks bidEfp askEfp lastEfp openEfp highEfp lowEfp closeEfp"
    " auctionVolume auctionPrice auctionImbalance regulatoryImbalance bboExchange snapshotPermissions defaults created"
)
_GREEKS = {
    "impliedVol": "implied_volatility",
    "delta": "vendor_delta",
    "gamma": "vendor_gamma",
    "vega": "vendor_vega",
    "theta": "vendor_theta",
    "undPrice": "underlying_price",
}
_FLAT = tuple(f"modelGreeks.{name}" for name in (*_GREEKS, "tickAttrib", "optPrice", "pvDividend"))
_FIGURES = {
    "bid": "bid",
    "ask": "ask",
    "last": "last",
    "bidSize": "bid_size",
    "askSize": "ask_size",
    "volume": "volume",
}
_FIELDS = {
    "localSymbol": "symbol",
    "tradingClass": "said_root",
    "lastTradeDateOrContractMonth": "said_date",
    "strike": "said_strike",
    "right": "said_side",
    "multiplier": "multiplier",
}
_NUMBERS = frozenset({*_FIGURES, "callOpenInterest", "putOpenInterest", "strike", *_FLAT})
_ALL = (*INDEX, *_CONTRACT, *_TICKER, *_FLAT)
_TEXT = frozenset(_ALL) - _NUMBERS
_SYMBOL = ("localSymbol", "lastTradeDateOrContractMonth", "strike", "right")


def _layout(name: str, needed: tuple[str, ...], known: tuple[str, ...]) -> Layout:
    needed = (*needed, "bid", "ask")
    return Layout(f"Interactive Brokers' {name} (ib_async)", {}, needed, tuple(set(known) - set(needed)), _TEXT)


_LAYOUTS = (
    _layout("tickers", ("contract",), (*INDEX, *_TICKER, *_FLAT)),
    _layout("contracts and tickers", _SYMBOL, _ALL),
)
# Fields of Ticker that say that `contract` is one of Interactive Brokers'.
_MARKS = {"marketDataType", "modelGreeks", "callOpenInterest", "putOpenInterest"}

_DELAYED = (3.0, 4.0)
_UNSET = 1e300
"""Below the largest number, which the library takes for none."""
_DELAY_NOTE = "quotes marked as delayed, by how much is not said: 15 minutes are taken (--delay says otherwise)"


def sniff(head: bytes) -> bool:
    """Tell whether the first line has the names of a contract's fields, or a ticker's."""
    names = set(header_of(head))
    return {"lastTradeDateOrContractMonth", "right"} <= names or ("contract" in names and bool(names & _MARKS))


def read(blob: Blob) -> RawChain:
    """Read the chain.

    Raises:
        FormatError: Columns are missing or unknown.
        UnreadableError: The file is cut off or empty.

    """
    names = header_of(blob.head())
    layout_of(names, _LAYOUTS, blob.name)
    found = tuple(pieces(blob, len(names)))
    table = pl.concat([parse(piece, names, _NUMBERS) for piece in found])
    rows = _rows(table)
    stamp, notes = _stamp(table)
    delayed = _column(table, "marketDataType").cast(pl.Float64, strict=False).is_in(_DELAYED).any()
    spot, said = _spot(rows)
    return RawChain(
        rows=rows.drop("underlying_price"),
        source=NAME,
        stamp=stamp,
        stamp_problem="no ticker has a time with its offset",
        spot=spot,
        delay_minutes=DELAY_MINUTES if delayed else 0.0,
        texts=texts_in(found),
        notes=(*notes, *said, *((_DELAY_NOTE,) if delayed else ())),
    )


def _column(table: pl.DataFrame, name: str) -> pl.Series:
    """Return a column, without any value where the file has not got it."""
    return table[name] if name in table.columns else pl.Series(name, [None] * table.height, pl.String)


def _stamp(table: pl.DataFrame) -> tuple[dt.datetime | None, list[str]]:
    """Return the latest time of a ticker, and a note on those of an earlier day."""
    known = {text: _instant(text) for text in _column(table, "time").drop_nulls().unique()}
    times = [time for text in _column(table, "time") if (time := known.get(text))]
    if not times:
        return None, []
    days = [time.astimezone(NEW_YORK).date() for time in times]
    early = len(days) - days.count(max(days))
    return max(times), [f"{early:,} of {table.height:,} tickers were last updated on an earlier day"] if early else []


def _instant(text: str) -> dt.datetime | None:
    try:
        instant = dt.datetime.fromisoformat(text.strip())
        return as_utc(instant) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _spot(rows: pl.DataFrame) -> tuple[float | None, list[str]]:
    """Return the underlying's price beside the greeks, and a note on it; None where there are several underlyings."""
    prices = rows.filter(pl.col("defect").is_null() & (pl.col("underlying_price") > 0))["underlying_price"].sort()
    underlyings = {normalize_underlying(root) for root in rows["root"].drop_nulls().unique()}
    spot = prices.median()
    if not isinstance(spot, float) or len(underlyings) > 1:
        return None, []
    span = f"from {prices[0]:.2f} to {prices[-1]:.2f}"
    return spot, [f"modelGreeks.undPrice is {span}: its median is the spot, unless one is given"]


def _rows(table: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of `ROWS` and `underlying_price`; the symbol is held against the contract's other fields."""
    rows = with_symbol_fields(
        table.select(
            "line",
            "defect",
            *_contract(table),
            *(pl.col(name).alias(to) for name, to in _FIGURES.items() if name in table.columns),
            *(_greek(table, name).alias(to) for name, to in _GREEKS.items()),
            *(_column(table, name) for name in ("callOpenInterest", "putOpenInterest", "modelGreeks")),
        )
    )
    own = pl.when(pl.col("option_type") == "C").then("callOpenInterest").otherwise("putOpenInterest")
    rows = _without_sentinels(typed(rows.with_columns(own.alias("open_interest"))))
    size = pl.col("multiplier").is_not_null() & pl.col("multiplier").cast(pl.Float64, strict=False).ne_missing(100.0)
    fault = (
        pl.when(pl.col("root").is_null())
        .then(pl.lit("bad_symbol"))
        .when(_contradicts(rows))
        .then(pl.lit("contradiction"))
        .when(size)
        .then(pl.lit("adjusted"))
        .when(~pl.col("modelGreeks").str.contains(r"^OptionComputation\(.*\)$"))
        .then(pl.lit("bad_number"))
    )
    extra = (*_FIELDS.values(), "callOpenInterest", "putOpenInterest", "modelGreeks")
    return rows.with_columns(pl.coalesce("defect", fault).alias("defect")).drop(extra)


def _contract(table: pl.DataFrame) -> Iterator[pl.Series | pl.Expr]:
    """Yield the fields of the contracts as text, from columns of their own or out of `Option(...)`."""
    for name, to in _FIELDS.items():
        if "localSymbol" in table.columns:
            yield _column(table, name).cast(pl.String).str.strip_chars().alias(to)
        else:
            yield pl.col("contract").str.extract(rf"\b{name}='?([^',)]+)").alias(to)


def _greek(table: pl.DataFrame, name: str) -> pl.Expr:
    if f"modelGreeks.{name}" in table.columns:
        return pl.col(f"modelGreeks.{name}")
    text = pl.col("modelGreeks") if "modelGreeks" in table.columns else pl.lit(None, pl.String)
    return text.str.extract(rf"\b{name}=([^,)]+)")


def _without_sentinels(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows without the numbers that mean none."""
    rows = rows.with_columns(pl.col("underlying_price").cast(pl.Float64, strict=False))
    none = {**dict.fromkeys(("bid", "ask", "last", "implied_volatility", "underlying_price"), -1.0)}
    none |= dict.fromkeys(("vendor_delta", "vendor_gamma", "vendor_theta", "vendor_vega"), -2.0)
    return rows.with_columns(
        pl.when((pl.col(name) != value) & (pl.col(name).abs() < _UNSET)).then(name).alias(name)
        for name, value in none.items()
    )


def _contradicts(rows: pl.DataFrame) -> pl.Series:
    """Tell where the contract's fields, as far as they are there, say something else than its symbol."""
    side = (
        pl.when(pl.col("said_side").is_in(("C", "CALL")))
        .then(pl.lit("C"))
        .when(pl.col("said_side").is_in(("P", "PUT")))
        .then(pl.lit("P"))
    )
    strike = pl.col("said_strike").cast(pl.Float64, strict=False)
    wrong = rows.select(
        (pl.col("said_root").is_not_null() & pl.col("said_root").ne_missing(pl.col("root")))
        | (pl.col("said_side").is_not_null() & side.ne_missing(pl.col("option_type")))
        | (pl.col("said_strike").is_not_null() & ((strike - pl.col("strike")).abs() < 5e-4).ne_missing(other=True))
    ).to_series()
    dates = rows.select("root", "expiration", "said_date")
    known = {each: _days(*each) for each in dates.drop("said_date").drop_nulls().unique().iter_rows()}
    other = [said is not None and said not in known.get((root, day), (said,)) for root, day, said in dates.iter_rows()]
    return wrong | pl.Series(other, dtype=pl.Boolean)


def _days(root: str, expiration: dt.date) -> tuple[str, ...]:
    """Return what the last day of trading can be: for AM-settled options the session before the expiration as well."""
    days = [expiration, previous_session(expiration)] if contract(root).settlement == "AM" else [expiration]
    return tuple(day.strftime("%Y%m%d") for day in days)
