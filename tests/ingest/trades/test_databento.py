"""Databento's OPRA trades, made by the vendor's own encoder."""

from __future__ import annotations

import datetime as dt
import json

import databento_dbn as dbn
import pytest
from databento_files import (
    IDS,
    NONE,
    SYMBOLS,
    Interval,
    Mapping,
    at,
    compressed,
    definition,
    definitions,
    metadata,
    quote,
)

from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers import dbn as layer
from gex.ingest.trades.databento import NOTE
from gex.ingest.trades.read import read_trades, trade_batches

SCHEMAS = {"tcbbo": 0xC2, "cmbp-1": 0xB1}
TIME = at("2024-06-03T11:11:05.375")
SYMBOL = SYMBOLS[0]


def trade(symbol=SYMBOL, schema="tcbbo", **changes):
    """Return a record of a trade on Cboe at the bid of its own and the ask of another exchange."""
    facts = {
        "publisher_id": 22, "instrument_id": IDS.get(symbol, 5), "ts_event": TIME + 7, "price": round(20.1 * 1e9), "size": 3,
        "side": dbn.Side.NONE, "ts_recv": TIME + 1000, "action": dbn.Action.TRADE,
        "levels": dbn.ConsolidatedBidAskPair(round(20.1 * 1e9), round(20.6 * 1e9), 11, 9, 22, 32),
    }  # fmt: skip
    return bytes(dbn.CMBP1Msg(SCHEMAS[schema], **facts | changes))


@pytest.fixture(name="read")
def _read(save):
    """Return a function that reads records with the definitions of the day beside them."""

    def read(*records, schema="tcbbo", beside=None, pack=bytes, version=3):
        others = [save(definitions(), "definitions")] if beside is None else beside
        return read_trades(save(pack(metadata(schema, version) + b"".join(records)), "trades"), beside=others)

    return read


@pytest.mark.parametrize("pack", [bytes, compressed])
def test_one_trade(read, pack):
    tape = read(trade(), pack=pack)
    row = tape.frame.row(0, named=True)
    assert (row["root"], row["strike"], row["option_type"]) == ("SPXW", 5200.0, "C")
    assert tape.frame["trade_time"].to_physical().to_list() == [TIME + 7]
    assert (row["price"], row["size"], row["exchange"], row["condition"]) == (20.1, 3, "XCBO", None)
    assert (row["bid"], row["bid_size"], row["ask"], row["ask_size"]) == (20.1, 11, 20.6, 9)
    assert (row["exchange_bid"], row["exchange_bid_size"], row["exchange_ask"]) == (20.1, 11, None)
    assert (tape.source.format, tape.quality.notes) == ("databento", (NOTE,))
    assert tape.quality.warnings == {"no_exchange_quote": 1}


def test_trades_among_events(read):
    """Only they are rows of a tape; a row's line is its record."""
    events = [quote(IDS[SYMBOL], "2024-06-03T11:00", 20.0, 21.0, schema="cmbp-1"), trade(schema="cmbp-1")]
    tape = read(*events, *events, schema="cmbp-1")
    assert tape.frame["line"].to_list() == [2, 4]
    assert tape.quality.rows_in == 2


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("no_definition", {"instrument_id": 4}),
        ("bad_price", {"price": NONE}),
        ("bad_price", {"price": 0}),
        ("zero_size", {"size": 0}),
        ("bad_number", {"size": dbn.UNDEF_ORDER_SIZE}),
    ],
)
def test_rows_that_are_no_trades(read, reason, changes):
    tape = read(trade(), trade(**changes))
    assert tape.quarantine["reason"].to_list() == [reason]
    assert json.loads(tape.quarantine["row"][0])["size"] == changes.get("size", 3)


def test_times_of_capture_where_there_is_no_other(read):
    tape = read(trade(ts_event=dbn.UNDEF_TIMESTAMP))
    assert tape.frame["trade_time"].to_physical().to_list() == [TIME + 1000]


def test_quotes_that_are_none_and_new_venues(read):
    none = dbn.ConsolidatedBidAskPair(NONE, NONE, dbn.UNDEF_ORDER_SIZE, 0, 0, 0)
    row = read(trade(levels=none, publisher_id=99)).frame.row(0, named=True)
    assert [row[name] for name in ("bid", "ask", "bid_size", "ask_size", "exchange")] == [None, None, None, None, "99"]


def test_definitions_of_another_day(save, read):
    later = metadata("definition") + definition(IDS[SYMBOL], SYMBOL, "2024-06-04T06:30")
    assert read(trade(), beside=[save(later, "later")]).quality.quarantined == {"no_definition": 1}


def test_mappings_stand_in_for_definitions(save, read):
    day = dt.date(2024, 6, 3)
    mappings = [Mapping(SYMBOL, [Interval(day, day + dt.timedelta(days=1), str(IDS[SYMBOL]))])]
    tape = read_trades(save(metadata("tcbbo", mappings=mappings) + trade() + trade(SYMBOLS[1])))
    assert (tape.frame["strike"].to_list(), tape.quality.quarantined) == ([5200.0], {"no_definition": 1})
    with pytest.raises(ContentError, match="no definitions"):
        read(trade(), beside=[])


def test_other_files(save, read):
    with pytest.raises(FormatError, match="; cmbp-1 or tcbbo of"):
        read_trades(save(metadata("cbbo-1m")), beside=[save(definitions(), "definitions")])
    with pytest.raises(FormatError, match="; definition of"):
        read(trade(), beside=[save(metadata("tcbbo") + trade(), "beside")])


def test_a_tape_that_stops_within_a_record(save):
    beside = [save(definitions(), "definitions")]
    data = metadata("tcbbo") + trade() + trade()
    for cut in (1, 40, len(trade()) - 1):
        tape = read_trades(save(data[:-cut]), beside=beside)
        assert tape.quarantine.select("line", "reason").rows() == [(2, "cut_row")]
        assert tape.frame.height == 1


def test_batches_are_the_whole(save, monkeypatch):
    path, beside = save(metadata("tcbbo") + b"".join(trade(each) for each in SYMBOLS * 3)), [save(definitions(), "d")]
    whole = read_trades(path, beside=beside)
    monkeypatch.setattr(layer, "_PIECE", 600)
    batches = list(trade_batches(path, beside=beside, rows=5))
    assert sum(each.frame.height for each in batches) == whole.frame.height == 3 * len(SYMBOLS)
    assert [row for each in batches for row in each.frame.rows()] == whole.frame.rows()
