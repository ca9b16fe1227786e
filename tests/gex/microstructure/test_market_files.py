"""A simulated day written as the vendors' files comes back through their readers as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from market import Day, databento, simulate, summary, writers
from polars.testing import assert_frame_equal, assert_series_equal

from gex.ingest.open_close import read_open_close
from gex.ingest.schema import KEY
from gex.ingest.trade_schema import TRADE_SCHEMA
from gex.ingest.trades.read import read_trades

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gex.ingest.trade_schema import Trades


@pytest.fixture(scope="module", name="day")
def _day() -> Day:
    return simulate(10_002, trades=3_000)


UNDERLYING = {"underlying_bid", "underlying_ask"}
CODES = {"exchange", "condition", "line"}
OWN_QUOTE = {"exchange_bid", "exchange_ask", "exchange_bid_size", "exchange_ask_size", "quality"}


def same(read: Trades, day: Day, but: set[str], order: Sequence[str] = ()) -> None:
    """Check that all columns but those that the format tells otherwise or not at all are as on the tape."""
    columns = [name for name in TRADE_SCHEMA if name not in but]
    ordered = [frame.sort(*order, "trade_time", maintain_order=True) for frame in (read.frame, day.trades)]
    assert_frame_equal(*(frame.select(columns) for frame in ordered))


def own_quotes(read: Trades, day: Day, names: dict[str, str]) -> None:
    """Check that the quote of the trade's exchange is known where that is whose the best quote is, and nowhere else."""
    named = day.trades.with_columns(*day.best_exchanges, place="line").select(*KEY, "trade_time", *ASKED, "place")
    named = named.sort(*KEY, "trade_time", "place")
    frame = read.frame.sort(*KEY, "trade_time", maintain_order=True)
    assert frame["exchange"].to_list() == [names[letter] for letter in named["exchange"]]
    best = {side: named[f"{side}_exchange"] == named["exchange"] for side in ("bid", "ask")}
    best["bid"] &= (frame["bid"] > 0) | best["ask"]  # no bid by itself is no quote
    for side, known in best.items():
        expected = frame.select(pl.when(known).then(side)).to_series()
        assert_series_equal(frame[f"exchange_{side}"], expected, check_names=False)


def taken_back(read: Trades, day: Day) -> None:
    """Check that misprints and the reports of them were counted out."""
    assert day.misprints.height > 0
    assert read.quality.quarantined == {"cancelled": day.misprints.height, "cancel": day.misprints.height}
    assert read.quality.rows_in == day.trades.height + 2 * day.misprints.height


ASKED = ("exchange", "bid_exchange", "ask_exchange")


def texts(numbers: dict[str, int]) -> dict[str, str]:
    return {letter: str(number) for letter, number in numbers.items()}


def test_our_own_parquet(day: Day, tmp_path: Path) -> None:
    same(read_trades(writers.parquet(day, tmp_path / "tape.parquet")), day, set())


def test_datashop(day: Day, tmp_path: Path) -> None:
    read = read_trades(writers.datashop(day, tmp_path / "datashop.csv"))
    same(read, day, CODES | {"bid_size", "ask_size"})
    taken_back(read, day)
    assert read.frame["exchange"].to_list() == [texts(writers.NANEX)[letter] for letter in day.trades["exchange"]]
    assert read.frame["bid_size"].null_count() == read.frame.height


def test_thetadata(day: Day, tmp_path: Path) -> None:
    read = read_trades(writers.thetadata(day, tmp_path / "thetadata.csv"))
    same(read, day, CODES | UNDERLYING | OWN_QUOTE, KEY)
    taken_back(read, day)
    own_quotes(read, day, texts(writers.NANEX))


def test_massive(day: Day, tmp_path: Path) -> None:
    trades, quotes = writers.massive(day, tmp_path)
    read = read_trades(trades, beside=[quotes])
    same(read, day, CODES | UNDERLYING | OWN_QUOTE, KEY)
    taken_back(read, day)
    own_quotes(read, day, texts(writers.MASSIVE))


def test_databento(day: Day, tmp_path: Path) -> None:
    read = read_trades(databento.tcbbo(day, tmp_path / "tcbbo.dbn"))
    same(read, day, CODES - {"line"} | UNDERLYING | OWN_QUOTE | {"is_complex"})
    own_quotes(read, day, databento.VENUES)


def test_a_ragged_tail_has_its_own_exchange_and_as_many_as_it_says(day: Day, tmp_path: Path) -> None:
    head, *lines = writers.datashop(day, tmp_path / "datashop.csv").read_text().splitlines()
    width = len(writers.DATASHOP)
    assert head.split(",")[:width] == list(writers.DATASHOP)
    cells = [line.split(",") for line in lines]
    assert len({len(row) for row in cells}) > 1
    for row in cells[:500]:
        assert len(row) == width + 5 * int(row[width - 1])
        assert row[7] in row[width::5]


def test_open_close_balances_and_gives_the_makers_true_change(day: Day, tmp_path: Path) -> None:
    read = read_open_close([str(summary.open_close(day, tmp_path / "open_close.csv"))])
    assert read.unbalanced == ()
    both = day.opening.join(day.closing, on=KEY, suffix="_after")
    changed = both.with_columns(contracts=both["contracts_after"] - both["contracts"]).select(*KEY, "contracts")
    left = (changed["contracts"] != 0) & (changed["expiration"] > day.settings.date)
    found = read.table.cast({"option_type": TRADE_SCHEMA["option_type"]})
    assert_frame_equal(found, changed.filter(left), check_row_order=False)
