"""Schwab's option chains: what each key becomes, its percents and its marks for nothing."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from gex.ingest.errors import ContentError, FormatError, SpotError, TimeError
from gex.ingest.read import read_chain


@pytest.fixture(name="document")
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(__file__).parent / "shapes" / "schwab.json").read_text())
    return document


def contracts(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        contract
        for side in ("callExpDateMap", "putExpDateMap")
        for strikes in document[side].values()
        for found in strikes.values()
        for contract in found
    ]


def test_every_key(save, accounted, document):
    chain = read_chain(save(document))
    accounted(chain)
    assert (chain.underlying, chain.spot, chain.delay_minutes) == ("SPX", 5283.4, 0.0)
    assert chain.quote_time == dt.datetime(2024, 6, 3, 15, 30, 3, tzinfo=dt.UTC)
    assert chain.quality.quarantined == {}
    assert chain.frame.height == 24
    row = chain.frame.row(2, named=True)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5250.0, "option_type": "C", "settlement": "PM",
        "bid": 69.0, "ask": 71.0, "bid_size": 11, "ask_size": 9, "last": 70.0, "volume": 11, "open_interest": 1001,
        "implied_volatility": 0.127, "vendor_delta": 0.7, "vendor_gamma": 0.003, "vendor_theta": -1.2, "vendor_vega": 2.4,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_roots_of_one_day_lie_together(save, document):
    frame = read_chain(save(document)).frame
    same = frame.filter((frame["expiration"] == dt.date(2024, 6, 21)) & (frame["strike"] == 5200.0))
    assert sorted(same.select("root", "settlement").rows()) == [("SPX", "AM")] * 2 + [("SPXW", "PM")] * 2


@pytest.mark.parametrize("none", [-999.0, "-999.0", -999, float("nan"), "NaN", None])
def test_marks_for_nothing(save, document, none):
    names = ("volatility", "delta", "gamma", "theta", "vega")
    contracts(document)[0] |= dict.fromkeys(names, none)
    frame = read_chain(save(document)).frame
    first = frame.row(0, named=True)
    assert [first[name] for name in ("implied_volatility", "vendor_delta", "vendor_gamma", "vendor_theta")] == [
        None
    ] * 4
    # Of the file's four strikes one has -999 as its volatility, one NaN.
    assert frame["implied_volatility"].null_count() == 13
    assert frame["vendor_delta"].null_count() == 7


def test_delayed_quotes(save, document):
    chain = read_chain(save({**document, "isDelayed": True}))
    assert chain.quote_time == dt.datetime(2024, 6, 3, 15, 15, 3, tzinfo=dt.UTC)
    assert any("--delay says otherwise" in note for note in chain.quality.notes)
    assert read_chain(save({**document, "isDelayed": True}), delay_minutes=0).quote_time == chain.stamp


def test_spot(save, document):
    document["underlyingPrice"] = float("nan")
    document["underlying"]["last"] = 5283.0
    assert read_chain(save(document)).spot == 5283.0
    document["underlying"] = None
    with pytest.raises(SpotError):
        read_chain(save(document))
    assert read_chain(save(document), spot=5282.0).spot == 5282.0


def test_without_any_time(save, document):
    for contract in contracts(document):
        contract["quoteTimeInLong"] = 0
    with pytest.raises(TimeError, match="no contract has a time under quoteTimeInLong"):
        read_chain(save(document))


def test_a_truncated_chain_is_refused(save, document):
    with pytest.raises(ContentError, match="left contracts out"):
        read_chain(save({**document, "isChainTruncated": True}))


def test_settlement_follows_the_root_and_a_note_tells_of_the_other(save, document):
    assert not any("settlementType" in note for note in read_chain(save(document)).quality.notes)
    for contract in contracts(document):
        contract["settlementType"] = "P"
    chain = read_chain(save(document))
    note = "8 contracts with a settlementType that is not their root's (SPX PM): the root's is taken"
    assert note in chain.quality.notes
    assert set(chain.frame.filter(chain.frame["root"] == "SPX")["settlement"]) == {"AM"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"strikePrice": 5201.0}, "contradiction"),
        ({"putCall": "PUT"}, "contradiction"),
        ({"optionRoot": "SPX"}, "contradiction"),
        ({"symbol": "SPXW  240607P05250000"}, "contradiction"),
        ({"symbol": "SPXW  240607C05300000"}, "contradiction"),
        ({"symbol": "SPXW  240614C05250000"}, "contradiction"),
        ({"symbol": "SPXW_060724C5250"}, "bad_symbol"),
        ({"symbol": None}, "bad_symbol"),
        ({"volatility": "much"}, "bad_number"),
        ({"totalVolume": 1.5}, "bad_number"),
        ({"openInterest": -1}, "negative"),
    ],
)
def test_contracts_that_cannot_be_used_are_set_aside(save, accounted, document, change, reason):
    contracts(document)[1] |= change
    chain = read_chain(save(document))
    accounted(chain)
    assert chain.quality.quarantined == {reason: 1}
    assert chain.quarantine["line"].to_list() == [2]


@pytest.mark.parametrize("odd", [None, 3, "x", [None], {"5": 5}, {"5": [{"symbol": 5}]}])
def test_odd_contracts_are_set_aside(save, document, odd):
    document["putExpDateMap"]["2024-06-28:25"] = odd
    chain = read_chain(save(document))
    assert chain.quality.rows_in == 25
    assert chain.quality.quarantined == {"bad_symbol": 1}


@pytest.mark.parametrize("maps", [None, [], {}, {"2024-06-07:4": {}}, {"2024-06-07:4": {"5200.0": []}}])
def test_without_contracts(save, document, maps):
    with pytest.raises(FormatError, match="under callExpDateMap and putExpDateMap"):
        read_chain(save({**document, "callExpDateMap": maps, "putExpDateMap": maps}))
