"""Massive's flat files of trades, with the quotes before them."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest
from tapes import MASSIVE_HEAD, MASSIVE_QUOTES_HEAD, SIP, lines_of, massive_line, massive_quote

from gex.ingest.errors import ContentError, FormatError, UnreadableError
from gex.ingest.readers import csv_pieces
from gex.ingest.trades.massive import WITHOUT
from gex.ingest.trades.massive_quotes import LOST
from gex.ingest.trades.read import read_trades, trade_batches

OTHER = "O:SPXW240607P05300000"


@pytest.fixture(name="read")
def _read(save):
    """Return a function that reads lines of trades, beside lines of quotes if there are any."""

    def read(*trades, quotes=None, **options):
        beside = [] if quotes is None else [save(lines_of(MASSIVE_QUOTES_HEAD, *quotes), "quotes")]
        return read_trades(save(lines_of(MASSIVE_HEAD, *trades), "trades"), beside=beside, **options)

    return read


def test_one_trade(read):
    tape = read(massive_line(), quotes=[massive_quote()])
    row = tape.frame.row(0, named=True)
    assert (row["root"], row["expiration"], row["strike"], row["option_type"]) == (
        "SPXW",
        dt.date(2024, 6, 7),
        5300.0,
        "C",
    )
    assert tape.frame["trade_time"].to_physical().to_list() == [SIP]
    assert (row["price"], row["size"], row["exchange"], row["condition"]) == (20.5, 3, "302", "209")
    assert (row["bid"], row["bid_size"], row["ask"], row["ask_size"]) == (20.1, 7, 20.6, 9)
    assert (row["exchange_bid"], row["exchange_bid_size"], row["exchange_ask"]) == (20.1, 7, None)
    assert (tape.source.format, tape.quality.notes) == ("massive", ())


def test_without_quotes(read):
    tape = read(massive_line())
    assert tape.quality.warnings == {"no_quote": 1, "no_exchange_quote": 1}
    assert tape.quality.notes == (WITHOUT,)


@pytest.mark.parametrize(
    ("times", "bid"),
    [([-1], 0), ([0], None), ([1], None), ([-2, -1], 1), ([-1, 0], 0), ([-1, 1], 0), ([-(10**12), 5], 0)],
)
def test_the_quote_before_a_trade(read, times, bid):
    """One of the same nanosecond is not before it."""
    quotes = [massive_quote(time=SIP + time, bid_price=place) for place, time in enumerate(times)]
    assert read(massive_line(), quotes=quotes).frame["bid"].to_list() == [bid]


def test_quotes_of_other_contracts_and_of_none(read):
    others = [massive_quote("O:SPXW240607C05295000"), massive_quote("O:SPXW240607C05305000", SIP - 5)]
    assert read(massive_line(), quotes=others).frame["bid"].to_list() == [None]
    gone = [massive_quote(time=SIP - 2), massive_quote(bid_exchange=0, bid_price=0, bid_size=0, ask_price=0)]
    assert read(massive_line(), quotes=gone).frame.select("bid", "ask", "bid_size").rows() == [(None, None, None)]
    broken = [massive_quote(time=SIP - 2), massive_quote(bid_price="x"), massive_quote(sip_timestamp="")]
    tape = read(massive_line(), quotes=broken)
    assert (tape.frame["bid"].to_list(), tape.quality.notes) == ([20.1], (LOST,))


def test_any_division_of_both_files(save, monkeypatch):
    """The quotes are those of a plain search, however trades and quotes come in pieces."""
    draw = random.Random(7)  # noqa: S311 (a test)
    tickers = sorted(f"O:SPXW240607{side}0{strike}000" for side in "CP" for strike in range(5280, 5300, 5))
    trades = [
        (ticker, SIP + time) for ticker in tickers for time in sorted(draw.choices(range(60), k=draw.randrange(9)))
    ]
    quotes = [
        (ticker, SIP + time) for ticker in tickers for time in sorted(draw.choices(range(60), k=draw.randrange(20)))
    ]
    bids = [
        max(
            ((time, place) for place, (of, time) in enumerate(quotes) if of == ticker and time < at), default=(0, None)
        )[1]
        for ticker, at in trades
    ]
    beside = save(
        lines_of(
            MASSIVE_QUOTES_HEAD,
            *(massive_quote(*each, bid_price=place, ask_price=999) for place, each in enumerate(quotes)),
        ),
        "quotes",
    )
    tape = save(lines_of(MASSIVE_HEAD, *(massive_line(*each) for each in trades)), "trades")
    assert None in bids
    for size in (1 << 20, 1500, 300):
        monkeypatch.setattr(csv_pieces, "SIZE", size)
        found = pl.concat([each.frame for each in trade_batches(tape, beside=[beside], rows=7)])
        assert found["bid"].to_list() == bids


def test_files_in_another_order(read):
    with pytest.raises(ContentError, match="trades: not in the order of tickers"):
        read(massive_line(OTHER), massive_line(), quotes=[massive_quote()])
    with pytest.raises(ContentError, match="quotes: not in the order of tickers"):
        read(massive_line(OTHER), quotes=[massive_quote(OTHER), massive_quote()])


def test_cancels_corrections_and_complex_legs(read):
    lines = [
        massive_line(size=1),
        massive_line(size=2),
        massive_line(size=1, conditions=203),
        massive_line(correction=8),
    ]
    tape = read(*lines, massive_line(conditions=232), massive_line(conditions='"209,202"'))
    assert tape.quarantine.select("line", "reason").rows() == [(2, "cancelled"), (4, "cancel"), (5, "cancelled")]
    assert tape.frame["is_complex"].to_list() == [False, True, False]
    assert tape.quality.warnings["late_report"] == 1
    assert tape.frame["condition"].to_list() == ["209", "232", "209,202"]


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("bad_symbol", {"ticker": "O:SPXW240607X05300000"}),
        ("missing_key", {"ticker": "O:SPXW241307C05300000"}),
        ("bad_symbol", {"ticker": ""}),
        ("bad_time", {"sip_timestamp": "2024-06-03"}),
        ("bad_time", {"sip_timestamp": 1_717_427_465}),
        ("bad_price", {"price": 0}),
        ("zero_size", {"size": 0}),
        ("bad_number", {"size": 0.5}),
    ],
)
def test_rows_that_are_no_trades(read, reason, changes):
    for quotes in (None, [massive_quote()]):
        tape = read(massive_line(**changes), quotes=quotes)
        assert tape.quality.quarantined == {reason: 1}


def test_what_is_beside(save):
    tape, quotes = save(lines_of(MASSIVE_HEAD, massive_line()), "tape"), lines_of(MASSIVE_QUOTES_HEAD, massive_quote())
    with pytest.raises(FormatError, match="nearly a file of Massive's option quotes"):
        read_trades(tape, beside=[tape])
    for text in (quotes[:-40], quotes[: len(MASSIVE_QUOTES_HEAD) + 1]):
        with pytest.raises(UnreadableError, match="cut off"):
            read_trades(tape, beside=[save(text, "cut")])
    with pytest.raises(ContentError, match="one file of quotes"):
        read_trades(tape, beside=[save(quotes, "quotes")] * 2)
