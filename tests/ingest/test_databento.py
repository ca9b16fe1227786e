"""Databento's OPRA files: quotes completed by definitions and statistics, made by the vendor's own encoder."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from typing import Any

import databento_dbn as dbn
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import store
from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ChainError, ContentError, FormatError, SpotError, TimeError, UnreadableError
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers import databento
from gex.ingest.readers import dbn as layer
from gex.ingest.readers.registry import FORMATS

STRIKES = (5200, 5250, 5300, 5350)
SERIES = (("SPXW", "240607"), ("SPX", "240621"))
SYMBOLS = [f"{root:6}{code}{side}{1000 * strike:08d}" for root, code in SERIES for strike in STRIKES for side in "CP"]
IDS = {symbol: 16_777_216 + 7 * place for place, symbol in enumerate(SYMBOLS)}
NONE = dbn.UNDEF_PRICE
SCHEMAS = {"cbbo-1s": 0xC0, "cbbo-1m": 0xC1, "cmbp-1": 0xB1, "tcbbo": 0xC2}
MODULES = {1: dbn.v1, 2: dbn.v2, 3: dbn.v3}


def at(text: str) -> int:
    """Return nanoseconds UTC of a New York time."""
    instant = dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    return int(instant.timestamp()) * 10**9 + instant.microsecond * 1000


def points(price: float | None) -> int:
    return NONE if price is None else round(price * 1e9)


def metadata(schema: str | None, version: int = 3, **changes: Any) -> bytes:
    facts: dict[str, Any] = {
        "dataset": "OPRA.PILLAR", "start": at("2024-06-02T20:00"), "end": at("2024-06-03T20:00"), "symbols": ["SPX.OPT"],
        "stype_in": dbn.SType.PARENT, "stype_out": dbn.SType.INSTRUMENT_ID,
        "schema": schema and dbn.Schema.from_str(schema), "version": version,
    }  # fmt: skip
    return bytes(dbn.Metadata(**facts | changes))


@dataclass
class Interval:
    """On which days a symbol is which number."""

    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass
class Mapping:
    raw_symbol: str
    intervals: list[Interval]


def mapped(symbols: dict[str, int], day: dt.date = dt.date(2024, 6, 3)) -> bytes:
    """Return metadata of quotes with the symbols of a day's numbers."""
    to = day + dt.timedelta(days=1)
    mappings = [Mapping(symbol, [Interval(day, to, str(number))]) for symbol, number in symbols.items()]
    return metadata("cbbo-1m", mappings=mappings)


def quote(
    number: int, time: str, bid: float | None, ask: float | None, *, last: float | None = None, schema: str = "cbbo-1m"
) -> bytes:
    """Return a record of quotes; of the schemas of single events one of a trade where there is a last price."""
    level = dbn.ConsolidatedBidAskPair(points(bid), points(ask), 11, 9, 22, 32)
    facts: dict[str, Any] = {
        "publisher_id": 30, "instrument_id": number, "ts_event": at(time), "price": points(last), "size": 1,
        "side": dbn.Side.NONE, "ts_recv": at(time), "levels": level,
    }  # fmt: skip
    if schema.startswith("cbbo"):
        return bytes(dbn.CBBOMsg(SCHEMAS[schema], **facts | {"ts_event": dbn.UNDEF_TIMESTAMP}))
    action = dbn.Action.ADD if last is None else dbn.Action.TRADE
    facts["price"] = points(bid if last is None else last)
    return bytes(dbn.CMBP1Msg(SCHEMAS[schema], **facts, action=action))


def quotes(schema: str = "cbbo-1m", *, version: int = 3, extra: bytes = b"") -> bytes:
    """Return two rounds of quotes of all contracts, at 10:15 and at 11:30."""
    rounds = [
        quote(IDS[symbol], time, 20.1 + later, 20.6 + later, last=20.3 if later else None, schema=schema)
        for later, time in enumerate(("2024-06-03T10:15", "2024-06-03T11:30"))
        for symbol in SYMBOLS
    ]
    return metadata(schema, version) + b"".join(rounds) + extra


def old_definition(number: int, symbol: str, time: str, version: int) -> bytes:
    """Return a definition of an old version, whose maker wants all of its fields, by their layout."""
    layout = np.dtype(MODULES[version].InstrumentDefMsg._dtypes)  # noqa: SLF001
    record = np.zeros((), layout)
    for name, value in {
        "length": layout.itemsize // 4, "rtype": 0x13, "publisher_id": 30, "instrument_id": number, "ts_event": at(time),
        "ts_recv": at(time), "raw_symbol": symbol.encode(), "security_update_action": b"A",
    }.items():  # fmt: skip
        record[name] = value
    return record.tobytes()


def definition(
    number: int, symbol: str, time: str = "2024-06-03T06:30", *, version: int = 3, deleted: bool = False
) -> bytes:
    if version < 3:
        return old_definition(number, symbol, time, version)
    facts: dict[str, Any] = {
        "publisher_id": 30, "instrument_id": number, "ts_event": at(time), "ts_recv": at(time), "min_price_increment": NONE,
        "display_factor": NONE, "raw_symbol": symbol, "asset": symbol[:6].strip(), "security_type": "OOF",
        "instrument_class": dbn.InstrumentClass.CALL,
        "security_update_action": dbn.SecurityUpdateAction.DELETE if deleted else dbn.SecurityUpdateAction.ADD,
    }  # fmt: skip
    return bytes(dbn.InstrumentDefMsg(**facts))


def definitions(*, version: int = 3, extra: bytes = b"") -> bytes:
    rows = [definition(number, symbol, version=version) for symbol, number in IDS.items()]
    return metadata("definition", version) + b"".join(rows) + extra


def statistic(
    number: int,
    quantity: int,
    kind: dbn.StatType = dbn.StatType.OPEN_INTEREST,
    *,
    time: str = "2024-06-03T06:31",
    version: int = 3,
) -> bytes:
    record = MODULES[version].StatMsg
    return bytes(record(30, number, at(time), at(time), at("2024-05-31T00:00"), NONE, quantity, kind))


def statistics(*, version: int = 3, extra: bytes = b"") -> bytes:
    """Return open interest of all contracts but the last, which has none, among figures of another kind."""
    undefined = 2**63 - 1 if version == 3 else 2**31 - 1
    rows = [
        statistic(number, undefined if symbol == SYMBOLS[-1] else 100 + place, version=version)
        + statistic(number, 5, dbn.StatType.CLEARED_VOLUME, version=version)
        for place, (symbol, number) in enumerate(IDS.items())
    ]
    return metadata("statistics", version) + b"".join(rows) + extra


def compressed(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@dataclass
class Day:
    """The files of a day, to be written; every one can be replaced."""

    quotes: bytes = field(default_factory=quotes)
    definitions: bytes = field(default_factory=definitions)
    statistics: bytes = field(default_factory=statistics)


def clock(chain: Any) -> str:
    return str(chain.quote_time.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M:%S"))


@pytest.fixture(name="day")
def _day() -> Day:
    return Day()


@pytest.fixture(name="chain")
def _chain(save):
    """Return a function that reads a day's files, at a spot of 5283."""

    def read(day: Day, **given: Any):
        beside = [save(day.definitions, "definition.dbn"), save(day.statistics, "statistics.dbn")]
        return read_chain(save(day.quotes, "quotes.dbn"), beside=beside, **{"spot": 5283.0} | given)

    return read


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


def test_compressed_is_the_same(chain, day):
    packed = Day(compressed(day.quotes), compressed(day.definitions), compressed(day.statistics))
    assert len(packed.quotes) < len(day.quotes)
    found = chain(packed)
    assert found.frame.equals(chain(day).frame)


def test_frames_of_zstd_one_after_another(chain, day):
    pieces = [day.quotes[start : start + 1000] for start in range(0, len(day.quotes), 1000)]
    assert chain(Day(b"".join(map(compressed, pieces)))).frame.equals(chain(day).frame)


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


@pytest.mark.parametrize("schema", ["mbo", "mbp-1", "trades", "ohlcv-1d", None])
def test_other_schemas_are_refused_by_name(save, chain, schema):
    name = schema or "mixed"
    with pytest.raises(FormatError, match=f"schema {name} makes no chain; take cbbo-1s, cbbo-1m, cmbp-1, tcbbo"):
        read_chain(save(metadata(schema)), spot=5283.0)
    with pytest.raises(FormatError, match=f"schema {name} makes no chain"):
        chain(Day(statistics=metadata(schema)))


def test_other_feeds_and_versions_are_refused(save):
    with pytest.raises(FormatError, match=r"a DBN file of EQUS.MINI; options are in OPRA.PILLAR"):
        read_chain(save(metadata("cbbo-1m", dataset="EQUS.MINI")))
    with pytest.raises(FormatError, match="version 9; versions 1 to 3 are known"):
        read_chain(save(compressed(b"DBN\x09" + metadata("cbbo-1m")[4:])))
    with pytest.raises(FormatError, match="compressed by zstd, but not Databento's encoding"):
        read_chain(save(compressed(b"Expiration Date,Calls\n")))


@pytest.mark.parametrize("place", [4, 108, 112, 120])
def test_damaged_lengths_in_the_metadata(save, place):
    data = bytearray(metadata("cbbo-1m"))
    data[place : place + 4] = b"\xff\xff\xff\x7f"
    with pytest.raises(UnreadableError, match="damaged"):
        read_chain(save(bytes(data)), spot=5283.0)


def test_records_of_other_kinds_are_refused(chain):
    mixed = quotes(extra=quote(5, "2024-06-03T11:30", 1, 2, schema="cmbp-1"))
    with pytest.raises(FormatError, match="record 33 is of kind 0xb1 and size 80, not 0xc1 and 80"):
        chain(Day(mixed))


def test_no_record(chain):
    with pytest.raises(ContentError, match="no quote"):
        chain(Day(metadata("cbbo-1m")))


def test_times_of_sending_behind_the_records(chain, day):
    head = len(metadata("cbbo-1m"))
    records = [bytearray(day.quotes[place : place + 80]) for place in range(head, len(day.quotes), 80)]
    for record in records:
        record[0] += 2
    live = metadata("cbbo-1m", ts_out=True) + b"".join(bytes(record) + bytes(8) for record in records)
    assert chain(Day(live)).frame.equals(chain(day).frame)


def test_pieces_make_no_difference(chain, day, monkeypatch):
    whole = chain(day)
    monkeypatch.setattr(layer, "_PIECE", 1100)
    assert chain(day).frame.equals(whole.frame)


def test_exactly_one_format_claims_the_files(day):
    for data in (day.quotes, day.definitions, compressed(day.statistics)):
        assert [each.name for each in FORMATS if each.sniff(data[:8192])] == ["databento"]


def test_stored_and_read_again(tmp_path, chain, day):
    found = chain(day)
    again = read_chain(store.save(found, tmp_path))
    assert again.frame.equals(found.frame)
    assert (again.source, again.quality, again.spot) == (found.source, found.quality, found.spot)


@pytest.mark.parametrize("which", ["quotes", "definitions", "statistics"])
@pytest.mark.parametrize("pack", [bytes, compressed])
def test_cut_off_within_a_record_or_a_frame(chain, day, which, pack):
    data = pack(getattr(day, which))
    head = len(metadata("cbbo-1m"))
    for end in range(1, len(data), max(len(data) // 40, 1)):
        plain = pack is bytes and end >= head
        sizes = {"quotes": 80, "definitions": 520, "statistics": 80}
        if plain and (end - head) % sizes[which] == 0:
            continue  # a plain file cut between two records cannot be told from a shorter one
        with pytest.raises((UnreadableError, FormatError)):
            chain(Day(**{which: data[:end]}))


@pytest.mark.parametrize("which", ["quotes", "definitions", "statistics"])
@pytest.mark.parametrize("pack", [bytes, compressed])
@given(data=st.data())
def test_damaged_bytes_are_an_error_or_rows_accounted_for(tmp_path_factory, which, pack, data):
    raw = bytearray(pack(getattr(Day(), which)))
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.getbasetemp()
    day = Day(**{which: bytes(raw)})
    paths = {name: folder / f"damaged-{name}" for name in ("quotes", "definitions", "statistics")}
    for name, path in paths.items():
        path.write_bytes(getattr(day, name))
    with contextlib.suppress(ChainError):
        for chain in read_chains(
            paths["quotes"], beside=[paths["definitions"], paths["statistics"]], spot=5283.0, on_error=lambda _: None
        ):
            assert chain.source.format == "databento"
            assert chain.quality.rows_in == chain.quality.rows_kept + sum(chain.quality.quarantined.values())


def test_bombs_are_refused(chain, day, monkeypatch):
    monkeypatch.setattr("gex.ingest.archives.FREE", 1 << 16)
    with pytest.raises(UnreadableError, match="unpacks to more than 200 times its size"):
        chain(Day(compressed(day.quotes + day.quotes[-80:] * 100_000)))


def test_without_the_library_the_extra_is_named(chain, day, monkeypatch):
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(UnreadableError, match=r"pip install 'gexlab\[databento\]'"):
        chain(day)


def test_the_library_is_loaded_for_dbn_files_only(save, table):
    path = save(table.text())
    code = f"import sys; from gex.ingest.read import read_chain; read_chain({str(path)!r}); sys.exit('databento_dbn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_ranks(save, day):
    from gex.ingest.blob import blobs

    found = []
    for data in (day.quotes, day.definitions, day.statistics, metadata("mbo")):
        with blobs(save(data)) as (blob,):
            found.append(databento.rank(blob))
    assert found == [0, 2, 3, 9]
