"""Write a sample in the shape of Cboe's quote-table download: what a newcomer's first file looks like."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import NEW_YORK
from gex.ingest.sample_market import PRODUCTS

if TYPE_CHECKING:
    from gex.ingest.sample_chain import Sample

DELAY = dt.timedelta(minutes=15)
"""The file's time is that of its download; its quotes are this much older."""
SIDE = ("Last Sale", "Net", "Bid", "Ask", "Volume", "IV", "Delta", "Gamma", "Open Interest")
HEADER = ("Expiration Date", "Calls", *SIDE, "Strike", "Puts", *SIDE)
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def write_cboe_csv(sample: Sample, path: str | Path) -> None:
    """Write a sample as Cboe's quote-table CSV: one line a strike, call on the left, put on the right.

    Prices are printed in cents, volatilities, deltas and gammas with four decimals, 0 where there is none. What the
    format has no column for (sizes, the exact instant of expiry) is left out.
    """
    calls, puts = sample.chain[::2], sample.chain[1::2]
    lines = pl.concat(
        [
            calls.select(pl.col("expiration").dt.strftime("%a %b %d %Y").alias("date")),
            _side(calls, sample.change).select(pl.all().name.prefix("call_")),
            calls.select(strike=_fixed(pl.col("strike"))),
            _side(puts, sample.change).select(pl.all().name.prefix("put_")),
        ],
        how="horizontal",
    )
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        file.write("\n".join(["", *_head(sample), ",".join(HEADER), ""]))
        file.write(lines.write_csv(include_header=False))


def _head(sample: Sample) -> tuple[str, str]:
    """Return the two lines above the table's header: the underlying, then the download's time and the last quote."""
    name = PRODUCTS[sample.symbol].name
    name = f'"{name}"' if "," in name else name
    index = sample.symbol == "SPX"
    half = 0.0004 * sample.spot if index else 0.01
    traded = "Volume: 0" if index else '"Volume: 23,486,150"'
    size = "1*1" if index else "4*7"
    stamp = (sample.quote_time + DELAY).astimezone(NEW_YORK)
    clock = f"{(stamp.hour - 1) % 12 + 1}:{stamp.minute:02} {'AM' if stamp.hour < 12 else 'PM'} {stamp.tzname()}"
    date = f"{MONTHS[stamp.month - 1]} {stamp.day}, {stamp.year} at {clock}"
    return (
        f"{name},Last: {sample.spot:.4f},Change: {sample.change: .4f}",
        f'"Date: {date}",Bid: {sample.spot - half:.2f},Ask: {sample.spot + half:.2f},Size: {size},{traded}',
    )


def _side(rows: pl.DataFrame, change: float) -> pl.DataFrame:
    """Return one side's ten cells as text: symbol, last, net change, bid, ask, volume, IV, delta, gamma, open interest."""
    moved = pl.when(pl.col("volume") > 0).then(pl.col("vendor_delta") * change).otherwise(0.0)
    return rows.select(
        symbol=_symbol(),
        last=_trimmed(pl.col("last"), 2),
        net=_trimmed(moved, 2),
        bid=_trimmed(pl.col("bid"), 2),
        ask=_trimmed(pl.col("ask"), 2),
        volume=pl.col("volume").cast(pl.String),
        iv=_trimmed(pl.col("implied_volatility"), 4),
        delta=_trimmed(pl.col("vendor_delta"), 4),
        gamma=_trimmed(pl.col("vendor_gamma"), 4),
        open_interest=pl.col("open_interest").cast(pl.String),
    )


def _symbol() -> pl.Expr:
    """Return OSI symbols without padding: root, YYMMDD, C or P, strike x 1000 in eight digits."""
    thousandths = (pl.col("strike") * 1000).round().cast(pl.Int64).cast(pl.String).str.zfill(8)
    date = pl.col("expiration").dt.strftime("%y%m%d")
    return pl.concat_str("root", date, pl.col("option_type").cast(pl.String), thousandths, ignore_nulls=True)


def _trimmed(value: pl.Expr, decimals: int) -> pl.Expr:
    """Return numbers as text without trailing zeros; 0 for null."""
    rounded = value.fill_null(0.0).round(decimals)
    return pl.when(rounded == 0.0).then(0.0).otherwise(rounded).cast(pl.String).str.strip_suffix(".0")


def _fixed(value: pl.Expr) -> pl.Expr:
    """Return numbers as text with two decimals."""
    whole = (value * 100).round().cast(pl.Int64).cast(pl.String).str.zfill(3)
    return whole.str.head(-2) + "." + whole.str.tail(2)
