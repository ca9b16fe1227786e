"""Delayed quotes and flat lists of quotes as JSON."""

import datetime as dt
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gex.ingest.errors import ChainError, FormatError, SpotError, TimeError, UnreadableError
from gex.ingest.read import read_chain

SYMBOLS = ("SPX250919C00100000", "SPX250919P00100000", "SPXW250919C00100000", "SPXW250905P00090000")


@pytest.fixture(name="document")
def _document(record, quotes):
    return quotes([record(symbol) for symbol in SYMBOLS])


def flat(**changes):
    rows = [
        {
            "symbol": symbol, "expiration": "2025-09-19", "side": "call", "strike": 1.0, "bid": 9.5, "ask": 10.5, "last": 10.0,
            "volume": None, "openInterest": 12.0, "iv": 0.2, "delta": 0.5, "gamma": 0.01, "theta": -0.1, "vega": 0.2,
        }
        for symbol in SYMBOLS
    ]  # fmt: skip
    base = {"symbol": "SPX", "updated": "2025-09-05T10:16:36.689471-04:00", "underlyingPrice": 100.5, "quotes": rows}
    return base | changes


def test_delayed_quotes_become_a_chain(document, save, accounted):
    """The stamp is UTC, counts are floats, sizes and all Greeks are there."""
    chain = read_chain(save(document))
    accounted(chain)
    assert chain.stamp == dt.datetime(2025, 9, 5, 14, 16, tzinfo=dt.UTC)
    assert chain.quote_time == dt.datetime(2025, 9, 5, 14, 1, tzinfo=dt.UTC)
    assert chain.source.format == chain.frame["source"][0] == "cboe_json"
    row = chain.frame.row(0, named=True)
    assert [row[name] for name in ("root", "strike", "option_type", "bid_size", "ask_size", "open_interest", "volume")] == [
        "SPXW", 90.0, "P", 7, 3, 12, 4,
    ]  # fmt: skip
    assert [row[f"vendor_{greek}"] for greek in ("delta", "gamma", "theta", "vega")] == [0.5, 0.01, -0.1, 0.2]


def test_zero_volatility_and_ask_are_none(record, quotes, save):
    chain = read_chain(save(quotes([record(SYMBOLS[0], iv=0.0, ask=0.0, last_trade_price=0.0), record(SYMBOLS[1])])))
    row = chain.frame.row(0, named=True)
    assert [row[name] for name in ("implied_volatility", "ask", "last")] == [None, None, None]


def test_bad_records_are_set_aside_by_their_place(record, quotes, save, accounted):
    options = [
        record(SYMBOLS[0]),
        record("nonsense"),
        record(SYMBOLS[1], bid="n/a"),
        record(SYMBOLS[2], bid="nine"),
        record(SYMBOLS[3], open_interest=-1.0),
        "no record",
        record("SPXW250905C00090000", volume=1.5),
        record("SPXW250905C00095000", bid=[1]),
    ]
    chain = read_chain(save(quotes(options)))
    accounted(chain)
    assert dict(chain.quarantine.select("line", "reason").rows()) == {
        2: "bad_symbol", 4: "bad_number", 5: "negative", 6: "bad_symbol", 7: "bad_number", 8: "bad_number",
    }  # fmt: skip
    assert json.loads(chain.quarantine["row"][0])["option"] == "nonsense"
    assert chain.frame["bid"].null_count() == 1


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"timestamp": None}, TimeError, "expected a timestamp.*--quote-time"),
        ({"timestamp": "soon"}, TimeError, "'soon'"),
        (
            {"data": {"options": [{"option": "x", "last_trade_price": 1}], "current_price": 1.0}},
            FormatError,
            "bid, ask",
        ),
    ],
)
def test_what_is_missing_is_named(document, save, change, error, match):
    with pytest.raises(error, match=match):
        read_chain(save(document | change))


def test_no_price_of_the_underlying(document, save):
    document["data"]["current_price"] = 0.0
    with pytest.raises(SpotError, match="--spot"):
        read_chain(save(document))
    assert read_chain(save(document), spot=99.0).spot == 99.0


def test_options_out_of_place(document, save):
    with pytest.raises(FormatError, match=r"data\.options"):
        read_chain(save({"timestamp": "2025-09-05 14:16:00", "other": document["data"]}), format="cboe_json")


def test_a_flat_list_becomes_a_chain(save, accounted):
    chain = read_chain(save(flat()))
    accounted(chain)
    assert chain.stamp == dt.datetime(2025, 9, 5, 14, 16, 36, 689471, tzinfo=dt.UTC)
    assert chain.delay_minutes == 15
    assert chain.frame["volume"].null_count() == 4
    assert any("--delay" in note for note in chain.quality.notes)
    assert read_chain(save(flat()), delay_minutes=0).quote_time == chain.stamp


def test_an_unsolved_volatility_is_none(save):
    document = flat()
    document["quotes"][0]["iv"] = 1.0000000000000003e-05
    chain = read_chain(save(document))
    assert chain.frame["implied_volatility"].null_count() == 1


def test_a_flat_list_without_an_offset_asks_for_the_time(save):
    with pytest.raises(TimeError, match="offset under 'updated'"):
        read_chain(save(flat(updated="2025-09-05T10:16:36")))


@pytest.mark.parametrize("make", [lambda document: document, lambda _: flat()], ids=["delayed", "flat"])
def test_cut_json_is_refused_at_every_byte(document, save, make):
    data = json.dumps(make(document)).encode()
    for end in range(1, len(data), 7):
        with pytest.raises((UnreadableError, FormatError)):
            read_chain(save(data[:end]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["option", "bid", "ask", "iv", "open_interest", "volume", "bid_size", "last_trade_price"]),
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.lists(st.none(), max_size=2),
    ),
)
def test_any_values_are_refused_or_accounted_for(record, quotes, save, accounted, values):
    try:
        chain = read_chain(save(quotes([record(SYMBOLS[0]), record(SYMBOLS[1], **values)])))
    except ChainError:
        return
    accounted(chain)
    assert chain.frame.filter(pl.col("option_type") == "C").height >= 1


@pytest.mark.parametrize("price", ["1" + "0" * 400, "Infinity", "NaN", "-1", "0", '"100.5"'])
def test_a_price_that_is_none(document, save, price):
    text = json.dumps(document).replace('"current_price": 100.5', f'"current_price": {price}')
    with pytest.raises((SpotError, UnreadableError)):
        read_chain(save(text))


def test_a_number_of_thousands_of_digits(document, save):
    text = json.dumps(document).replace('"bid": 9.5', f'"bid": {"9" * 5000}', 1)
    with pytest.raises(UnreadableError, match="not valid JSON"):
        read_chain(save(text))


@pytest.mark.parametrize("value", [10**400, "\ud800", "½"])
def test_values_that_no_number_holds_are_set_aside(record, quotes, save, value):
    chain = read_chain(save(quotes([record(SYMBOLS[0], bid=value), record(SYMBOLS[1])])))
    assert chain.quality.quarantined == {"bad_number": 1}


def test_great_whole_numbers_are_numbers(record, quotes, save):
    chain = read_chain(save(quotes([record(SYMBOLS[0], volume=10**18, bid=10**20), record(SYMBOLS[1])])))
    assert chain.frame.row(0, named=True)["bid"] == 1e20
