"""DBN files as such: compressed, cut, damaged, of other kinds, and without the vendor's library."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from databento_files import (
    Day,
    compressed,
    metadata,
    quote,
    quotes,
    read_day,
)
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.errors import ChainError, FormatError, UnreadableError
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers import dbn as layer
from gex.ingest.readers.registry import FORMATS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="day")
def _day() -> Day:
    return Day()


@pytest.fixture(name="chain")
def _chain(tmp_path: Path):
    """Return a function that reads a day's files, at a spot of 5283."""
    return partial(read_day, tmp_path)


def test_compressed_is_the_same(chain, day):
    packed = Day(compressed(day.quotes), compressed(day.definitions), compressed(day.statistics))
    assert len(packed.quotes) < len(day.quotes)
    found = chain(packed)
    assert found.frame.equals(chain(day).frame)


@pytest.mark.parametrize("pack", [bytes, compressed])
def test_standard_input(save, chain, day, monkeypatch, pack):
    day.quotes = pack(quotes() + quotes()[len(metadata("cbbo-1m")) :] * 10)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(day.quotes)))
    beside = [save(day.definitions, "definition.dbn"), save(day.statistics, "statistics.dbn")]
    assert read_chain("-", beside=beside, spot=5283.0).frame.equals(chain(day).frame)


def test_frames_of_zstd_one_after_another(chain, day):
    pieces = [day.quotes[start : start + 1000] for start in range(0, len(day.quotes), 1000)]
    assert chain(Day(b"".join(map(compressed, pieces)))).frame.equals(chain(day).frame)


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
    for data in (b"Expiration Date,Calls\n", compressed(b"Expiration Date,Calls\n")):
        with pytest.raises(FormatError, match=r"not Databento's encoding \(DBN\), plain or within zstd"):
            read_chain(save(data), format="databento")


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
