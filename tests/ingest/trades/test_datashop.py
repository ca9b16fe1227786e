"""Cboe DataShop's option trades, with the tail of every exchange's quotes."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tapes import DATASHOP_HEAD, datashop, datashop_line

from gex.ingest.errors import FormatError
from gex.ingest.trade_schema import TRADE_SCHEMA, TRADE_WARNINGS
from gex.ingest.trades.read import read_trades

UTC = dt.UTC


def bits(*codes: str) -> int:
    return sum(1 << list(TRADE_WARNINGS).index(code) for code in codes)


@pytest.fixture(name="read")
def _read(save):
    """Return a function that reads a tape of lines."""
    return lambda *lines, **options: read_trades(save(datashop(*lines)), **options)


def test_one_trade(read):
    tape = read(datashop_line())
    assert tape.frame.schema == TRADE_SCHEMA
    assert tape.frame.row(0, named=True) == {
        "underlying": "SPX",
        "root": "SPXW",
        "expiration": dt.date(2024, 6, 7),
        "expires_at": dt.datetime(2024, 6, 7, 20, tzinfo=UTC),
        "option_type": "C",
        "strike": 5300.0,
        "multiplier": 100.0,
        "trade_time": dt.datetime(2024, 6, 3, 15, 11, 5, 375000, tzinfo=UTC),
        "trade_date": dt.date(2024, 6, 3),
        "price": 20.5,
        "size": 3,
        "exchange": "6",
        "bid": 20.1,
        "ask": 20.6,
        "bid_size": None,
        "ask_size": None,
        "exchange_bid": 20.0,
        "exchange_ask": 20.7,
        "exchange_bid_size": 7,
        "exchange_ask_size": 3,
        "underlying_bid": 5283.4,
        "underlying_ask": 5283.9,
        "condition": "18",
        "is_complex": False,
        "line": 2,
        "quality": 0,
    }
    assert (tape.quality.rows_in, tape.quality.rows_kept, tape.source.format) == (1, 1, "datashop")


@pytest.mark.parametrize("groups", [("6",), ("6", "42"), ("5", "6"), ("42", "5", "6")])
def test_own_quote_wherever_it_stands(read, groups):
    row = read(datashop_line(*groups)).frame.row(0, named=True)
    assert (row["exchange_bid"], row["exchange_ask_size"]) == (20.0, 3)


@pytest.mark.parametrize(
    "changes", [{"exchange_id": 43}, {"exchange_id": ""}, {"exchange_id": "x"}, {"exchange_id": 66}]
)
def test_an_exchange_without_quote(read, changes):
    row = read(datashop_line(**changes)).frame.row(0, named=True)
    assert (row["exchange_bid"], row["exchange_ask"]) == (None, None)
    assert row["quality"] == bits("no_exchange_quote")


def test_older_layout_without_calculations(save):
    head = DATASHOP_HEAD.replace("trade_iv,trade_delta,", "")
    tape = read_trades(save(f"{head}\n{datashop_line().replace('0.1234,0.5000,', '')}\n"))
    assert tape.frame["exchange_bid"].to_list() == [20.0]


def test_lines_of_different_width_keep_their_place(read):
    lines = [datashop_line("6", trade_size=1), datashop_line(trade_size=2), datashop_line("5", trade_size=4)]
    tape = read(*lines)
    assert tape.frame.select("size", "exchange_bid").rows() == [(1, 20.0), (2, 20.0), (4, None)]


@pytest.mark.parametrize(
    "damage", [lambda line: line + ",1", lambda line: line[: line.rindex(",")], lambda line: line[:30]]
)
def test_a_line_with_too_few_or_too_many_cells(read, damage):
    bad = damage(datashop_line())
    tape = read(datashop_line(), bad, datashop_line("6"))
    assert tape.quarantine.rows() == [(3, "field_count", bad)]
    assert tape.frame["exchange_bid"].to_list() == [20.0, 20.0]


def test_a_comma_at_the_end_of_lines(read):
    assert read(datashop_line() + ",", datashop_line("42", "6") + ",").frame["exchange_ask"].to_list() == [20.7, 20.7]


def test_windows_line_ends_and_quotes(save):
    text = datashop(datashop_line(), datashop_line("6"))
    whole = read_trades(save(text)).frame
    assert read_trades(save(text.replace("\n", "\r\n"))).frame.equals(whole)
    assert read_trades(save(text.replace("SPXW", '"SPXW"'))).frame.equals(whole)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("bad_symbol", {"root": "spxw"}),
        ("bad_number", {"strike": "x"}),
        ("missing_key", {"option_type": "X"}),
        ("missing_key", {"expiration": "2024-13-01"}),
        ("bad_strike", {"strike": "0"}),
        ("bad_time", {"quote_datetime": "11:11"}),
        ("bad_time", {"quote_datetime": "99999-01-01 11:11:05.375"}),
        ("bad_time", {"quote_datetime": "2024-03-10 02:30:00.000"}),
        ("bad_price", {"trade_price": "0"}),
        ("bad_price", {"trade_price": "-1"}),
        ("bad_price", {"trade_price": "nan"}),
        ("bad_price", {"trade_price": ""}),
        ("zero_size", {"trade_size": 0}),
        ("bad_number", {"trade_size": "1.5"}),
        ("bad_number", {"trade_size": ""}),
        ("expired", {"expiration": "2024-06-01"}),
    ],
)
def test_rows_that_are_no_trades(read, reason, changes):
    bad = datashop_line(**changes)
    tape = read(datashop_line(), bad)
    assert tape.quarantine.rows() == [(3, reason, bad)]
    assert (tape.quality.rows_in, tape.quality.rows_kept, tape.quality.quarantined) == (2, 1, {reason: 1})


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("no_quote", {"best_bid": "0", "best_ask": "0"}),
        ("no_quote", {"best_ask": ""}),
        ("crossed_quote", {"best_bid": "20.7"}),
        ("locked_quote", {"best_bid": "20.6"}),
        ("outside_hours", {"quote_datetime": "2024-06-03 09:29:59.999"}),
        ("outside_hours", {"quote_datetime": "2024-06-03 16:15:00.001"}),
        ("outside_hours", {"quote_datetime": "2024-06-02 21:00:00.000"}),
        ("late_report", {"trade_condition_id": 13}),
        ("unknown_root", {"root": "ABCD"}),
    ],
)
def test_warnings(read, code, changes):
    tape = read(datashop_line(**changes))
    assert tape.frame["quality"].to_list() == [bits(code)]
    assert tape.quality.warnings == {code: 1}


def test_a_bid_of_zero_is_a_bid(read):
    assert read(datashop_line(best_bid="0.0000")).frame.select("bid", "quality").rows() == [(0.0, 0)]


def test_order_and_times_that_are_twice(read):
    times = ["11:11:05.000", "11:11:04.000", "11:11:05.000", "11:11:05.000", "11:11:06.000"]
    lines = [
        datashop_line(quote_datetime=f"2024-06-03 {time}", strike=5300 + (place == 2))
        for place, time in enumerate(times)
    ]
    codes = [0, bits("out_of_order"), 0, 0, 0]
    assert read(*lines).frame["quality"].to_list() == codes
    twice = read(datashop_line(), datashop_line())
    assert twice.frame["quality"].to_list() == [0, bits("duplicate_time")]


@pytest.mark.parametrize("code", [35, 105, 130, 144, 147])
def test_complex_legs(read, code):
    assert read(datashop_line(trade_condition_id=code)).frame["is_complex"].to_list() == [True]


def test_a_cancelled_trade_goes_with_its_report(read):
    """The latest of those alike, before the report."""
    trade, other = datashop_line(), datashop_line(trade_size=4)
    report = datashop_line(trade_condition_id=40)
    tape = read(trade, other, trade, report, trade)
    assert tape.quarantine.rows() == [(4, "cancelled", trade), (5, "cancel", report)]
    assert tape.frame["line"].to_list() == [2, 3, 6]
    first = datashop_line(trade_condition_id=42)
    assert read(trade, other, trade, first).quarantine["line"].to_list() == [2, 5]


def test_reports_without_their_trade_and_marked_trades(read):
    report, marked = datashop_line(trade_condition_id=41), datashop_line(canceled_trade_condition_id=18)
    assert read(report, datashop_line()).quality.quarantined == {"cancel_unmatched": 1}
    assert read(marked).quality.quarantined == {"cancelled": 1}
    tape = read(marked, datashop_line(), report, report, report)
    assert tape.quarantine.select("line", "reason").rows() == [
        (2, "cancelled"), (3, "cancelled"), (4, "cancel"), (5, "cancel"), (6, "cancel_unmatched"),
    ]  # fmt: skip
    assert read(marked, datashop_line(), report).frame["line"].to_list() == [3]


def test_a_tape_that_stops_in_mid_row(save):
    text = datashop(datashop_line(), datashop_line())
    for cut in (1, 2, 30, 120):
        tape = read_trades(save(text[:-cut]))
        assert tape.quality.quarantined == {"cut_row": 1}
        assert tape.quarantine.row(0) == (3, "cut_row", datashop_line()[: len(datashop_line()) + 1 - cut])


def test_one_underlying_of_several(read):
    other = datashop_line(root="QQQ", strike="440.000")
    tape = read(datashop_line(), other, datashop_line(root="?"), underlying="^SPX")
    assert tape.frame["underlying"].unique().to_list() == ["SPX"]
    assert (tape.quality.rows_in, tape.quality.quarantined) == (2, {"bad_symbol": 1})


def test_nearly_a_header(save):
    text = datashop(datashop_line()).replace("trade_price", "price")
    with pytest.raises(FormatError, match="its column 10 is 'price', not trade_price"):
        read_trades(save(text))


def test_no_trades(read):
    tape = read()
    assert tape.frame.is_empty()
    assert tape.frame.schema == TRADE_SCHEMA
    assert tape.quality.rows_in == 0


def test_another_file_is_refused_by_name(save):
    with pytest.raises(FormatError, match="known are: our own Parquet, our own CSV, Cboe DataShop"):
        read_trades(save("a,b,c\n1,2,3\n"))
    with pytest.raises(FormatError, match="there are parquet, csv, datashop"):
        read_trades(save(datashop(datashop_line())), format="x")
    assert isinstance(read_trades(save(datashop(datashop_line())), format="datashop").frame, pl.DataFrame)
