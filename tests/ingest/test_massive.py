"""Massive's chain snapshots: what each key becomes, and what may be missing."""

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
    document: dict[str, Any] = json.loads((Path(__file__).parent / "shapes" / "massive.json").read_text())
    return document


def test_every_key(save, document):
    chain = read_chain(save(document))
    assert (chain.underlying, chain.spot, chain.delay_minutes) == ("SPX", 5283.4, 0.0)
    assert chain.quote_time == dt.datetime(2024, 6, 3, 15, 30, 3, tzinfo=dt.UTC)
    assert set(chain.frame["root"]) == {"SPX", "SPXW"}
    first = chain.frame.row(0, named=True)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5200.0, "option_type": "C", "settlement": "PM",
        "bid": 89.0, "ask": 91.0, "bid_size": 11, "ask_size": 9, "last": 90.0, "volume": 10, "open_interest": 1000,
        "implied_volatility": 0.131, "vendor_delta": 0.9, "vendor_gamma": 0.003, "vendor_theta": -1.2, "vendor_vega": 2.4,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert chain.frame["vendor_gamma"].null_count() == 4


def test_a_page_of_several_is_refused(save, document):
    with pytest.raises(ContentError, match=r"one page of several: .* put the results of all pages into one list"):
        read_chain(save({**document, "next_url": "https://example.com/next"}))


def test_without_quotes_the_day_gives_the_time(save, document):
    for result in document["results"]:
        del result["last_quote"], result["last_trade"]
        result["day"]["last_updated"] = int(dt.datetime(2024, 6, 3, 18, 0, tzinfo=dt.UTC).timestamp()) * 10**9
    chain = read_chain(save(document))
    assert chain.quote_time == dt.datetime(2024, 6, 3, 17, 45, tzinfo=dt.UTC)
    assert any("no quotes in the file" in note for note in chain.quality.notes)
    assert chain.frame["bid"].null_count() == 16


def test_without_any_time_or_spot(save, document):
    for result in document["results"]:
        result["underlying_asset"].pop("value")
    with pytest.raises(SpotError):
        read_chain(save(document))
    for result in document["results"]:
        result["last_quote"].pop("last_updated")
        result["day"] = {}
    with pytest.raises(TimeError, match="no result has a time under last_quote or day"):
        read_chain(save(document), spot=5283.4)


def test_options_on_stocks_have_a_price(save, document):
    for result in document["results"]:
        result["underlying_asset"] = {"ticker": "SPX", "price": 5283.0}
    assert read_chain(save(document)).spot == 5283.0


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"strike_price": 5201}, "contradiction"),
        ({"strike_price": "5200"}, "contradiction"),
        ({"contract_type": "put"}, "contradiction"),
        ({"expiration_date": "2024-06-08"}, "contradiction"),
        ({"ticker": "SPXW"}, "bad_symbol"),
        ({"ticker": None}, "bad_symbol"),
    ],
)
def test_results_that_contradict_themselves_are_set_aside(save, accounted, document, details, reason):
    document["results"][2]["details"] |= details
    chain = read_chain(save(document))
    accounted(chain)
    assert chain.quality.quarantined == {reason: 1}
    assert chain.quarantine["line"].to_list() == [3]


@pytest.mark.parametrize("odd", [None, 3, "x", [], {"details": 5}, {"details": {"ticker": 7}, "greeks": []}])
def test_odd_results_are_set_aside(save, document, odd):
    document["results"].append(odd)
    chain = read_chain(save(document))
    assert chain.quality.rows_in == 17
    assert chain.quality.quarantined == {"bad_symbol": 1}


def test_without_results(save, document):
    with pytest.raises(FormatError, match="under results"):
        read_chain(save({**document, "results": [], "details": '"shares_per_contract"'}), format="massive")
