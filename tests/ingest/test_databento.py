"""Databento's OPRA files: what quotes, definitions and statistics become."""

from __future__ import annotations

import datetime as dt
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from databento_files import (
    IDS,
    SCHEMAS,
    SYMBOLS,
    Day,
    compressed,
    definition,
    definitions,
    mapped,
    metadata,
    quote,
    quotes,
    read_day,
    statistic,
    statistics,
)
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import store
from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ContentError, SpotError, TimeError
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers import databento

if TYPE_CHECKING:
    from pathlib import Path


def clock(chain: Any) -> str:
    return str(chain.quote_time.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M:%S"))


@pytest.fixture(name="day")
def _day() -> Day:
    return Day()


@pytest.fixture(name="chain")
def _chain(tmp_path: Path):
    """Return a function that reads a day's files, at a spot of 5283."""
    return partial(read_day, tmp_path)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_field(chain, accounted, schema, version):
    found = chain(Day(quotes(schema, version=version), definitions(version=version), statistics(version=version)))
    accounted(found)
    assert (found.underlying, found.spot, found.delay_minutes, found.quality.rows_in) == ("SPX", 5283.0, 0.0, 16)
    assert clock(found) == "2024-06-03T11:30:00"
    first = found.frame.row(0, named=True)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5200.0, "option_type": "C", "settlement": "PM",
        "bid": 21.1, "ask": 21.6, "last": 20.3, "bid_size": 11, "ask_size": 9, "volume": None, "open_interest": 100,
        "implied_volatility": None,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert set(found.frame["root"]) == {"SPX", "SPXW"}
    assert found.frame["open_interest"].null_count() == 1
    assert sum("completed by" in note for note in found.quality.notes) == 2


def test_files_of_one_zip_are_told_apart(tmp_path, chain, day):
    path = tmp_path / "day.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("statistics", "definitions", "quotes"):
            archive.writestr(f"{name}.dbn.zst", compressed(getattr(day, name)))
    assert read_chain(path, spot=5283.0).frame.drop("source").equals(chain(day).frame.drop("source"))


def test_the_last_quote_at_or_before_a_time(chain, day):
    for asked in ("2024-06-03T10:15", "2024-06-03 11:29:59"):
        found = chain(day, snapshot=asked)
        assert clock(found) == "2024-06-03T10:15:00"
        assert set(found.frame["bid"]) == {20.1}
        assert found.frame["last"].null_count() == 16
    assert set(chain(day, snapshot="2024-06-03T11:30").frame["bid"]) == {21.1}
    assert clock(chain(day, snapshot="2024-06-03T19:00")) == "2024-06-03T11:30:00"


def test_times_outside_the_file(chain, day):
    with pytest.raises(ContentError, match="no quote at or before the time asked for"):
        chain(day, snapshot="2024-06-03T10:14:59")
    with pytest.raises(ContentError, match=r"the quotes end at 2024-06-03T20:00:00 \(New York\)"):
        chain(day, snapshot="2024-06-03T20:01")
    with pytest.raises(TimeError, match="'eod' is not a date and time"):
        chain(day, snapshot="eod")


def test_quotes_out_of_order_and_in_two_files(save):
    early = metadata("cbbo-1s") + b"".join(
        quote(number, "2024-06-03T09:45", 3, 4, schema="cbbo-1s") for number in IDS.values()
    )
    other = quote(5, "2024-06-03T11:31", 7, 8)
    beside = [
        save(early, "early.dbn"), save(definitions(extra=definition(5, "SPXW  240607C05400000")), "definition.dbn"),
    ]  # fmt: skip
    found = read_chain(save(quotes(extra=other), "quotes.dbn"), beside=beside, spot=5283.0)
    assert found.quality.rows_in == 17
    assert set(found.frame["bid"]) == {21.1, 7.0}
    assert clock(found) == "2024-06-03T11:31:00"


def test_undefined_prices_are_none(chain):
    number = IDS[SYMBOLS[0]]
    found = chain(Day(quotes(extra=quote(number, "2024-06-03T11:31", None, 0.05))))
    first = found.frame.row(0, named=True)
    # The trade before is still the last.
    assert (first["bid"], first["ask"], first["last"]) == (None, 0.05, 20.3)


@given(price=st.integers(0, 10**6), scale=st.sampled_from([10, 100, 1000, 10_000]))
def test_prices_are_the_nearest_numbers_to_their_decimals(tmp_path_factory, price, scale):
    folder = tmp_path_factory.getbasetemp()
    record = quote(IDS[SYMBOLS[0]], "2024-06-03T11:31", 0.0, price / scale)
    (folder / "quotes.dbn").write_bytes(quotes(extra=record))
    (folder / "definition.dbn").write_bytes(definitions())
    found = read_chain(folder / "quotes.dbn", beside=[folder / "definition.dbn"], spot=5283.0)
    assert found.frame["ask"][0] == (price / scale or None)


def test_the_price_of_an_order_is_no_last_trade(chain):
    extra = quote(IDS[SYMBOLS[0]], "2024-06-03T11:31", 20, 21, schema="cmbp-1")
    assert chain(Day(quotes("cmbp-1", extra=extra))).frame["last"][0] == 20.3


def test_numbers_are_others_each_day(chain):
    """A number is given anew the next day; the contract it was before keeps its quote."""
    number, symbol, other = IDS[SYMBOLS[0]], SYMBOLS[0], "SPXW  240614C05000000"
    day = Day(
        quotes(extra=quote(number, "2024-06-04T09:31", 1, 2)),
        definitions(extra=definition(number, other, "2024-06-04T06:30")),
        statistics(extra=statistic(number, 77, time="2024-06-04T06:31")),
    )
    found = chain(day)
    assert clock(found) == "2024-06-04T09:31:00"
    rows = {
        (each["expiration"], each["strike"], each["option_type"]): each for each in found.frame.iter_rows(named=True)
    }
    assert rows[dt.date(2024, 6, 7), 5200.0, "C"]["bid"] == 21.1
    assert rows[dt.date(2024, 6, 14), 5000.0, "C"]["bid"] == 1.0
    assert rows[dt.date(2024, 6, 14), 5000.0, "C"]["open_interest"] == 77
    # Open interest of the day before is that of another session.
    assert rows[dt.date(2024, 6, 7), 5200.0, "C"]["open_interest"] is None
    assert any("16 of 17 contracts were not quoted since an earlier day" in note for note in found.quality.notes)
    assert symbol not in found.quarantine["row"].to_list()


def test_instruments_without_definition_are_set_aside(chain, accounted):
    found = chain(Day(quotes(extra=quote(5, "2024-06-03T11:30", 1, 2) + quote(6, "2024-06-03T11:30", 1, 2))))
    accounted(found)
    assert found.quality.quarantined == {"no_definition": 2}
    assert found.quarantine["line"].to_list() == [33, 34]
    assert '"instrument_id": 5, "symbol": null' in found.quarantine["row"][0]


def test_mappings_in_the_metadata_stand_in_for_definitions(save, chain, day):
    records = day.quotes[len(metadata("cbbo-1m")) :]
    statistics_file = save(day.statistics, "statistics.dbn")
    found = read_chain(save(mapped(IDS) + records), beside=[statistics_file], spot=5283.0)
    assert found.frame.equals(chain(day).frame)
    part = dict(list(IDS.items())[3:])
    found = read_chain(save(mapped(part) + records), beside=[statistics_file], spot=5283.0)
    assert found.quality.quarantined == {"no_definition": 3}
    for other in (mapped(IDS, dt.date(2024, 6, 4)), mapped({"SPX.OPT": next(iter(IDS.values()))})):
        with pytest.raises(ContentError, match="no definitions"):
            read_chain(save(other + records), spot=5283.0)


def test_a_definition_holds_over_a_mapping(chain):
    wrong = {symbol.replace("052", "062"): number for symbol, number in IDS.items()}
    day = Day(mapped(wrong) + quotes()[len(metadata("cbbo-1m")) :])
    assert chain(day).frame.equals(chain(Day()).frame)


def test_definitions_of_another_day_are_none(chain, day):
    day.quotes = metadata("cbbo-1m") + quote(IDS[SYMBOLS[0]], "2024-06-04T11:30", 1, 2)
    with pytest.raises(ContentError):
        chain(day)


def test_odd_and_deleted_definitions(chain):
    extra = quote(5, "2024-06-03T11:30", 1, 2) + quote(6, "2024-06-03T11:30", 1, 2)
    more = definition(5, "SPXW 1") + definition(6, "SPXW  240607C05400000", deleted=True)
    found = chain(Day(quotes(extra=extra), definitions(extra=more)))
    assert found.quality.quarantined == {"bad_symbol": 1, "no_definition": 1}


def test_open_interest_that_finds_no_quote_is_said(chain):
    found = chain(Day(statistics=statistics(extra=statistic(9, 10))))
    assert any("1 figures of open interest are of contracts without" in note for note in found.quality.notes)


def test_statistics_of_another_day_are_said(chain):
    found = chain(Day(statistics=metadata("statistics") + statistic(IDS[SYMBOLS[0]], 10, time="2024-06-04T06:31")))
    assert any("no open interest of 2024-06-03 (UTC), the day of the quotes" in note for note in found.quality.notes)
    assert found.frame["open_interest"].null_count() == 16


def test_open_interest_that_comes_after_the_snapshot_is_not_used(chain):
    late = statistics(extra=statistic(IDS[SYMBOLS[0]], 9999, time="2024-06-03T11:00"))
    assert chain(Day(statistics=late), snapshot="2024-06-03T10:15").frame["open_interest"][0] == 100
    assert chain(Day(statistics=late)).frame["open_interest"][0] == 9999


def test_underlyings_are_chains_of_their_own(save):
    symbol = "SPY   240607C00530000"
    path = save(quotes(extra=quote(5, "2024-06-03T11:30", 1, 2) + quote(6, "2024-06-03T11:30", 1, 2)), "quotes.dbn")
    beside = [save(definitions(extra=definition(5, symbol)), "definition.dbn")]
    with pytest.raises(ContentError, match="several snapshots: SPX, SPY; pick one with --underlying"):
        read_chain(path, beside=beside, spot=5283.0)
    found = read_chain(path, beside=beside, spot=528.0, underlying="SPY")
    assert (found.underlying, found.frame.height) == ("SPY", 1)
    both = list(read_chains(path, beside=beside, spot=1500.0))
    assert sum(each.quality.rows_in for each in both) == 18


def test_wants_a_price_of_the_underlying(chain, day):
    with pytest.raises(SpotError, match="give it with --spot"):
        chain(day, spot=None)


def test_quotes_alone_want_definitions(save, day):
    with pytest.raises(ContentError, match="name the definition file of the same days by --with"):
        read_chain(save(day.quotes), spot=5283.0)


def test_files_that_are_no_chain_alone(save, day):
    for schema in ("definitions", "statistics"):
        with pytest.raises(ContentError, match="file alone is no chain; name a file of quotes first"):
            read_chain(save(getattr(day, schema)), spot=5283.0)


def test_no_record(chain):
    with pytest.raises(ContentError, match="no quote"):
        chain(Day(metadata("cbbo-1m")))


def test_stored_and_read_again(tmp_path, chain, day):
    found = chain(day)
    again = read_chain(store.save(found, tmp_path))
    assert again.frame.equals(found.frame)
    assert (again.source, again.quality, again.spot) == (found.source, found.quality, found.spot)


def test_ranks(save, day):
    from gex.ingest.blob import blobs

    found = []
    for data in (day.quotes, day.definitions, day.statistics, metadata("mbo")):
        with blobs(save(data)) as (blob,):
            found.append(databento.rank(blob))
    assert found == [0, 2, 3, 9]
