"""Tradier's option chains: what each key becomes, and what may be missing."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from gex.ingest.errors import FormatError, SpotError, TimeError
from gex.ingest.read import read_chain


@pytest.fixture(name="document")
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(__file__).parent / "shapes" / "tradier.json").read_text())
    return document


def test_every_key(save, accounted, document):
    chain = read_chain(save(document))
    accounted(chain)
    assert (chain.underlying, chain.spot, chain.delay_minutes) == ("SPX", 5283.4, 0.0)
    assert chain.quote_time == dt.datetime(2024, 6, 3, 15, 30, 3, 250000, tzinfo=dt.UTC)
    assert set(chain.frame["root"]) == {"SPX", "SPXW"}
    assert chain.frame.height == 24
    row = chain.frame.row(2, named=True)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5250.0, "option_type": "C", "settlement": "PM",
        "bid": 69.0, "ask": 71.0, "bid_size": 11, "ask_size": 9, "last": 70.0, "volume": 11, "open_interest": 1001,
        "implied_volatility": 0.127, "vendor_delta": 0.7, "vendor_gamma": 0.003, "vendor_theta": -1.2, "vendor_vega": 2.4,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert "the vendor's volatility and greeks are made once an hour, here last at 2024-06-03 14:59:53" in (
        chain.quality.notes
    )


def test_what_is_none(save, document):
    """One strike has no greeks, one a volatility of 0, one no trade."""
    frame = read_chain(save(document)).frame
    assert frame["vendor_gamma"].null_count() == 6
    assert frame["implied_volatility"].null_count() == 12
    assert frame["last"].null_count() == 6


def test_without_greeks_at_all(save, document):
    for option in document["options"]["option"]:
        del option["greeks"]
    chain = read_chain(save(document))
    assert chain.frame["implied_volatility"].null_count() == chain.frame.height == 24
    assert not any("once an hour" in note for note in chain.quality.notes)


def test_a_single_contract_is_an_object(save, document):
    document["options"]["option"] = document["options"]["option"][0]
    assert read_chain(save(document)).frame["strike"].to_list() == [5200.0]


def test_spot_is_the_underlyings_and_nothing_elses(save, document):
    index = document["quotes"]["quote"]
    document["quotes"]["quote"] = [{**index, "symbol": "VIX", "last": 13.0}, index]
    assert read_chain(save(document)).spot == 5283.4
    document["quotes"]["quote"] = [{**index, "symbol": "VIX"}, {**index, "type": "option"}, {**index, "last": None}]
    with pytest.raises(SpotError):
        read_chain(save(document))
    del document["quotes"]
    assert read_chain(save(document), spot=5283.0).spot == 5283.0
    assert read_chain(save({**document, "underlying": index})).spot == 5283.4


def test_without_any_time(save, document):
    for option in document["options"]["option"]:
        option["bid_date"] = 0
        option["ask_date"] = None
    with pytest.raises(TimeError, match="no option has a time under bid_date or ask_date"):
        read_chain(save(document))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"strike": 5201.0}, "contradiction"),
        ({"strike": 10**400}, "contradiction"),
        ({"option_type": "put"}, "contradiction"),
        ({"expiration_date": "2024-06-08"}, "contradiction"),
        ({"root_symbol": "SPX"}, "contradiction"),
        ({"symbol": "SPXW"}, "bad_symbol"),
        ({"symbol": None}, "bad_symbol"),
        ({"symbol": "\ud800"}, "bad_symbol"),
        ({"bid": "much"}, "bad_number"),
        ({"bid": 10**400}, "bad_number"),
        ({"volume": 1.5}, "bad_number"),
        ({"open_interest": -1}, "negative"),
    ],
)
def test_options_that_cannot_be_used_are_set_aside(save, accounted, document, change, reason):
    document["options"]["option"][2] |= change
    chain = read_chain(save(document))
    accounted(chain)
    assert chain.quality.quarantined == {reason: 1}
    assert chain.quarantine["line"].to_list() == [3]


@pytest.mark.parametrize("odd", [None, 3, "x", [], {"symbol": 5}, {"greeks": []}])
def test_odd_options_are_set_aside(save, document, odd):
    document["options"]["option"].append(odd)
    chain = read_chain(save(document))
    assert chain.quality.rows_in == 25
    assert chain.quality.quarantined == {"bad_symbol": 1}


@pytest.mark.parametrize("options", [None, "null", [], {}, {"option": []}, {"option": None}])
def test_without_options(save, document, options):
    with pytest.raises(FormatError, match=r"under options\.option"):
        read_chain(save({**document, "options": options}), format="tradier")
