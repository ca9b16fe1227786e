"""A simulated day as the vendors' files tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.calendar import NEW_YORK
from gex.ingest.schema import KEY
from market.settings import EXCHANGES

if TYPE_CHECKING:
    from pathlib import Path

    from market.day import Day

NANEX = dict(zip(EXCHANGES, (4, 5, 6, 7, 9, 60), strict=True))
MASSIVE = {letter: 300 + ord(letter) - ord("A") for letter in EXCHANGES}
NANEX_CONDITIONS = {"I": 18, "S": 95, "a": 125, "f": 130, "D": 13, "A": 40}
MASSIVE_CONDITIONS = {"I": 209, "S": 219, "a": 227, "f": 232, "D": 204, "A": 201}
CANCEL = "A"
_FROM = ("exchange", "bid_exchange", "ask_exchange")

DATASHOP = (
    *("underlying_symbol", "quote_datetime", "sequence_number", *KEY, "exchange_id", "trade_size", "trade_price"),
    *("trade_condition_id", "canceled_trade_condition_id", "best_bid", "best_ask", "trade_iv", "trade_delta"),
    *("underlying_bid", "underlying_ask", "number_of_exchanges"),
)
_TAIL = "{exchange,bid_size,bid,ask_size,ask}[number_of_exchanges]"


def told(day: Day) -> pl.DataFrame:
    """Return every report of the day in the order of time: trades, misprints (`cancelled`), and what takes those back."""
    trades = day.trades.with_columns(cancelled=False)
    wrong = day.misprints.with_columns(cancelled=True).drop("cancel_time")
    back = day.misprints.with_columns(trade_time="cancel_time", condition=pl.lit(CANCEL), cancelled=False)
    reports = pl.concat([trades, wrong, back.drop("cancel_time")]).sort("trade_time", maintain_order=True)
    reports = reports.with_columns(sequence=pl.int_range(1, pl.len() + 1), place=pl.col("line") - 1)
    return pl.concat([reports, day.best_exchanges[reports["place"]]], how="horizontal")


def datashop(day: Day, path: Path) -> Path:
    """Write Cboe DataShop's Option Trades: a line's tail has as many exchanges as quote the contract."""
    reports = told(day)
    columns = reports.select(
        underlying_symbol=pl.format("^{}", "underlying"),
        quote_datetime=_clock("%Y-%m-%d %H:%M:%S%.3f"),
        sequence_number="sequence",
        root="root",
        expiration="expiration",
        strike="strike",
        option_type="option_type",
        exchange_id=pl.col("exchange").replace_strict(NANEX),
        trade_size="size",
        trade_price="price",
        trade_condition_id=pl.col("condition").replace_strict(NANEX_CONDITIONS),
        canceled_trade_condition_id=pl.col("cancelled") * NANEX_CONDITIONS[CANCEL],
        best_bid="bid",
        best_ask="ask",
        trade_iv=pl.lit(0.0),
        trade_delta=pl.lit(0.0),
        underlying_bid="underlying_bid",
        underlying_ask="underlying_ask",
    )
    groups = pl.DataFrame({letter: _group(day, reports, letter) for letter in EXCHANGES})
    there = groups.select(number_of_exchanges=pl.sum_horizontal(pl.all().is_not_null()))
    lines = pl.concat([columns, there, groups], how="horizontal")
    text = lines.select(pl.concat_str(pl.all().cast(pl.String), separator=",", ignore_nulls=True)).to_series()
    path.write_text("\n".join([",".join((*DATASHOP, _TAIL)), *text]) + "\n")
    return path


def _clock(form: str) -> pl.Expr:
    return pl.col("trade_time").dt.convert_time_zone(NEW_YORK.key).dt.strftime(form)


def _group(day: Day, reports: pl.DataFrame, letter: str) -> pl.Series:
    """Return the tail's part of one exchange: null now and then, if the trade is not its own."""
    quote = day.everywhere[reports["place"].to_numpy(), np.full(len(reports), EXCHANGES.index(letter))]
    cells = [pl.Series(getattr(quote, name)) for name in ("bid_size", "bid", "ask_size", "ask")]
    shown = pl.concat_str(pl.lit(NANEX[letter]), *map(pl.lit, cells), separator=",")
    absent = (pl.col("exchange") != letter) & ((pl.col("sequence") + NANEX[letter]) % 7 == 0)
    return reports.select(pl.when(~absent).then(shown)).to_series()


def thetadata(day: Day, path: Path) -> Path:
    """Write ThetaData's trades with their national quotes, version 3, contract by contract."""
    exchange, bidding, asking = (pl.col(name).replace_strict(NANEX) for name in _FROM)
    four = {f"ext_condition{n}": pl.lit(255) for n in range(1, 5)}
    table = (
        told(day)
        .sort(KEY, maintain_order=True)
        .select(
            symbol="root",
            expiration="expiration",
            strike="strike",
            right=pl.col("option_type").cast(pl.String).replace({"C": "CALL", "P": "PUT"}),
            trade_timestamp=_clock("%Y-%m-%dT%H:%M:%S%.3f"),
            quote_timestamp=_clock("%Y-%m-%dT%H:%M:%S%.3f"),
            sequence="sequence",
            **four,
            condition=pl.col("condition").replace_strict(NANEX_CONDITIONS),
            size="size",
            exchange=exchange,
            price="price",
            bid_size="bid_size",
            bid_exchange=bidding,
            bid="bid",
            bid_condition=pl.lit(50),
            ask_size="ask_size",
            ask_exchange=asking,
            ask="ask",
            ask_condition=pl.lit(50),
        )
    )
    table.write_csv(path, float_precision=3)
    return path


def massive(day: Day, folder: Path) -> tuple[Path, Path]:
    """Write Massive's flat files of trades and of national quotes, each by ticker and time; a quote before every trade."""
    code = pl.format("{}{}", pl.col("expiration").dt.strftime("%y%m%d"), pl.col("option_type"))
    strike = (pl.col("strike") * 1000).round().cast(pl.Int64).cast(pl.String).str.zfill(8)
    numbered = [pl.col(name).replace_strict(MASSIVE).alias(name) for name in _FROM]
    reports = told(day).with_columns(*numbered, ticker=pl.format("O:{}{}{}", "root", code, strike))
    trades = reports.select(
        ticker="ticker",
        conditions=pl.col("condition").replace_strict(MASSIVE_CONDITIONS),
        correction=pl.lit(0),
        exchange="exchange",
        price="price",
        sip_timestamp=pl.col("trade_time").dt.epoch("ns"),
        size="size",
    )
    quotes = reports.select(
        ticker="ticker",
        ask_exchange="ask_exchange",
        ask_price="ask",
        ask_size="ask_size",
        bid_exchange="bid_exchange",
        bid_price="bid",
        bid_size="bid_size",
        sequence_number="sequence",
        sip_timestamp=pl.col("trade_time").dt.epoch("ns") - 500_000,
    )
    paths = folder / f"trades_{day.settings.date}.csv", folder / f"quotes_{day.settings.date}.csv"
    for table, path in zip((trades, quotes), paths, strict=True):
        table.sort("ticker", "sip_timestamp", maintain_order=True).write_csv(path)
    return paths


def parquet(day: Day, path: Path) -> Path:
    """Write the trade table as it is."""
    day.trades.write_parquet(path)
    return path
