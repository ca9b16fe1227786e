"""Sources that are not there, not chains, or not files; what a read must not load."""

import io
import subprocess
import sys
import types

import pytest

from gex.ingest.errors import ChainError, FormatError, UnreadableError
from gex.ingest.read import read_chain
from gex.ingest.readers.refused import REFUSED
from gex.ingest.readers.registry import FORMATS, detect

REFUSED_HEADS = {
    "long_quote_table": b"Expiration Date,Last Sale,Net,Bid,Ask,Strike,Type,Index Spot\n2025-01-29,0,0,1,2,2400,Call,6039\n",
    "seven_zip": b"7z\xbc\xaf'\x1c\x00\x04\x11\x22",
    "published_levels": b'{"symbol":"SPX","zero_gamma_level":1,"call_wall":2,"put_wall":3}',
    "occ_open_interest": b'{"ticker":"SPX","pull_dates":["10-8"],"expirations":["2026-08-07"]}',
    "occ_account_volume": b"quantity,underlying,symbol,actype,porc,exchange,actdate\n1,SPX,SPXW,C,C,CBOE,07/02/2026\n",
    "price_history": b"DATE,OPEN,HIGH,LOW,CLOSE\n01/02/1990,17.24,17.24,17.24,17.24\n",
}


def test_a_missing_file(tmp_path):
    with pytest.raises(UnreadableError, match="cannot be read: No such file or directory") as caught:
        read_chain(tmp_path / "none.csv")
    assert caught.value.source == str(tmp_path / "none.csv")


def test_a_directory(tmp_path):
    with pytest.raises(UnreadableError, match="a directory, where a file is expected"):
        read_chain(tmp_path)


@pytest.mark.parametrize("content", ["", "\n\n  \n"])
def test_an_empty_file(save, content):
    with pytest.raises(UnreadableError, match="the file is empty"):
        read_chain(save(content))


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "[]", "{}", b"\x00" * 64, "Expiration Date\n"])
def test_a_file_of_another_kind_is_told_what_is_known(save, content):
    with pytest.raises(FormatError, match="not an option chain of a known format; known are:"):
        read_chain(save(content))


def test_every_refused_kind_says_why_and_what_to_take(save):
    assert set(REFUSED_HEADS) == {each.name for each in REFUSED}
    for each in REFUSED:
        with pytest.raises(FormatError) as caught:
            read_chain(save(REFUSED_HEADS[each.name]))
        assert caught.value.message == each.message
        assert "; take " in each.message


def test_the_name_of_a_file_plays_no_part(table, save):
    assert read_chain(save(table.text(), "chain.json")).source.format == "cboe_csv"


def test_a_forced_format(table, save):
    assert read_chain(save(table.text()), format="cboe_csv").quality.rows_kept == 30
    with pytest.raises(FormatError, match="no format 'xls'; there are parquet, csv, cboe_csv"):
        read_chain(save(table.text()), format="xls")
    for each in FORMATS:
        if each.name != "cboe_csv":
            with pytest.raises(ChainError):
                read_chain(save(table.text()), format=each.name)


def test_formats_do_not_claim_each_others_files(table, record, quotes):
    import json

    sources = {
        "cboe_csv": table.text().encode(),
        "cboe_json": json.dumps(quotes([record("SPX250919C00100000")])).encode(),
    }
    for name, data in sources.items():
        assert [each.name for each in FORMATS if each.sniff(data)] == [name]
        assert detect(data, "").name == name


def test_standard_input(table, monkeypatch):
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(table.text().encode())))
    chain = read_chain("-")
    assert (chain.source.path, chain.quality.rows_kept) == ("-", 30)


def test_the_source_is_traced(table, save):
    import hashlib

    import gex

    source = read_chain(save(table.text(), "a.csv")).source
    assert source.path.endswith("a.csv")
    assert source.sha256 == hashlib.sha256(table.text().encode()).hexdigest()
    assert source.tool_version == gex.__version__


def test_reading_loads_no_heavy_library(table, save):
    """The command line's start depends on it."""
    code = (
        "import sys; from gex.ingest.read import read_chain; read_chain(sys.argv[1]);"
        "print([name for name in ('pyarrow', 'pandas', 'scipy', 'exchange_calendars') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(save(table.text()))], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_reader_is_loaded_when_a_file_may_be_its_own(table, save, tmp_path):
    from gex.ingest.store import save as store

    chain = read_chain(save(table.text()))
    code = (
        "import sys; from gex.ingest.read import read_chain; read_chain(sys.argv[1]);"
        "print([name for name in sys.modules if 'datashop' in name])"
    )
    path = store(chain, tmp_path / "store")
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
