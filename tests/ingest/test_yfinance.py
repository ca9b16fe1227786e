"""Yahoo's chains as yfinance gives them: CSV, JSON records and frames in memory."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from gex.ingest.errors import ContentError, FormatError, SpotError, TimeError, UnreadableError
from gex.ingest.read import read_chain, read_chains

SHAPES = Path(__file__).parent / "shapes"
SAVED = SHAPES / "yfinance.csv"
USERS = {"quote_time": "2024-06-03T11:45", "spot": 5283.4}


def frame() -> pd.DataFrame:
    """Return calls and puts of two expirations, as option_chain gives them."""
    table = pd.read_csv(SAVED, index_col=0)
    return table.assign(lastTradeDate=pd.to_datetime(table["lastTradeDate"], utc=True))


def edited(old: str, new: str) -> str:
    text = SAVED.read_text()
    assert old in text
    return text.replace(old, new, 1)


def test_what_each_column_becomes(accounted):
    chain = read_chain(SAVED, **USERS)
    accounted(chain)
    assert (chain.underlying, chain.spot, chain.quality.rows_in, chain.quality.rows_kept) == ("SPX", 5283.4, 16, 16)
    assert chain.quote_time == dt.datetime(2024, 6, 3, 15, 45, tzinfo=dt.UTC)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5200.0, "option_type": "C", "bid": 20.5, "ask": 21.5,
        "last": 21.0, "volume": 1, "open_interest": 101, "implied_volatility": 0.121, "bid_size": None, "ask_size": None,
        "vendor_delta": None, "settlement": "PM", "multiplier": 100.0, "source": "yfinance",
    }  # fmt: skip
    first = chain.frame.row(0, named=True)
    assert {name: first[name] for name in expected} == expected
    assert set(chain.frame["root"]) == {"SPX", "SPXW"}


def test_sentinels_mean_none():
    rows = read_chain(SAVED, **USERS).frame.filter(root="SPX").sort("option_type", "strike")
    unsolved, *_, unquoted = rows.filter(option_type="C").iter_rows(named=True)
    assert (unsolved["implied_volatility"], unsolved["bid"]) == (None, 28.5)
    # Both 0: outside trading hours, and the volatility is of nothing.
    assert [unquoted[name] for name in ("bid", "ask", "volume", "implied_volatility")] == [None] * 4
    assert unquoted["last"] == 32.0


def test_contracts_without_quotes_are_counted_in_a_note():
    notes = read_chain(SAVED, **USERS).quality.notes
    assert any("2 of 16 contracts have neither bid nor ask" in note for note in notes)
    whole = read_chain(SHAPES / "yfinance-records.json", **USERS)
    assert not any("neither" in note for note in whole.quality.notes)


def test_a_bid_of_zero_beside_an_ask_is_a_bid(save):
    chain = read_chain(save(edited(",20.5,21.5,", ",0.0,21.5,")), **USERS)
    assert (chain.frame["bid"][0], chain.frame["implied_volatility"][0]) == (0.0, 0.121)


def test_time_and_price_are_asked_for():
    with pytest.raises(TimeError, match=r"lastTradeDate is of the last trade.*--spot.*--quote-time"):
        read_chain(SAVED)
    with pytest.raises(SpotError, match="--spot"):
        read_chain(SAVED, quote_time=USERS["quote_time"])


@pytest.mark.parametrize("index", [True, False])
def test_with_and_without_the_index(save, index):
    text = frame().to_csv(index=index)
    assert read_chain(save(text), **USERS).frame.equals(read_chain(SAVED, **USERS).frame)


def test_an_index_that_was_read_and_saved_again(save):
    text = edited(",contractSymbol", "Unnamed: 0,contractSymbol")
    assert read_chain(save(text), **USERS).frame.equals(read_chain(SAVED, **USERS).frame)


def test_json_records_are_read_alike(save):
    """With dates as text; those of the file in shapes are numbers."""
    saved = frame().to_json(orient="records", date_format="iso")
    chain = read_chain(save(saved, "chain.json"), **USERS)
    assert chain.frame.equals(read_chain(SAVED, **USERS).frame)


@pytest.mark.parametrize(
    "convert", [lambda table: table, pl.DataFrame, lambda table: pl.DataFrame(table).to_arrow()], ids=str
)
def test_frames_in_memory(convert):
    """Pandas', Polars' and PyArrow's."""
    chain = read_chain(convert(frame()), **USERS)
    assert chain.frame.equals(read_chain(SAVED, **USERS).frame)
    assert (chain.source.path, chain.source.format, len(chain.source.sha256)) == ("<table>", "yfinance", 64)


def test_a_frame_with_a_column_of_ones_own_is_refused():
    with pytest.raises(FormatError, match="unknown columns 'mine'"):
        read_chain(frame().assign(mine=1), **USERS)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("SPXW240607C05200000", "SPXW240607X05200000", "bad_symbol"),
        ("SPXW240607C05200000", "", "bad_symbol"),
        (",5200.0,", ",5205.0,", "contradiction"),
        (",5200.0,", ",,", "contradiction"),
        ("True,REGULAR", "True,MINI", "adjusted"),
        ("True,REGULAR", "True,", "adjusted"),
        (",101,", ",101.5,", "bad_number"),
        (",20.5,", ",x,", "bad_number"),
        (",20.5,", ",-20.5,", "negative"),
        (",USD", "", "field_count"),
    ],
)
def test_quarantined_with_a_reason(save, accounted, old, new, reason):
    text = edited(old, new)
    chain = read_chain(save(text), **USERS)
    accounted(chain)
    assert chain.quality.quarantined == {reason: 1}
    assert chain.quarantine.row(0, named=True) == {"line": 2, "reason": reason, "row": text.split("\n")[1]}


def test_records_are_quarantined_with_a_reason(save, accounted):
    saved = json.loads((SHAPES / "yfinance-records.json").read_text())
    saved[0]["contractSize"], saved[1]["bid"], saved[2]["strike"], saved[3] = "MINI", "x", None, 7
    chain = read_chain(save(json.dumps(saved), "chain.json"), **USERS)
    accounted(chain)
    assert chain.quarantine.select("line", "reason").rows() == [
        (1, "adjusted"), (2, "bad_number"), (3, "contradiction"), (4, "bad_symbol"),
    ]  # fmt: skip


def test_a_contract_twice_is_two_snapshots_in_one(save):
    text = SAVED.read_text() + edited(",20.5,21.5,", ",20.6,21.6,").split("\n")[1] + "\n"
    assert read_chain(save(text), **USERS).quality.quarantined == {"conflict": 2}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (",openInterest,", ",oi,", "lacks openInterest and has unknown columns 'oi'"),
        (",currency", ",currency,optionType", "unknown columns 'optionType'"),
        (",currency", ",strike", "lacks currency and repeats a column"),
    ],
)
def test_any_other_header_is_refused(save, old, new, problem):
    with pytest.raises(FormatError, match=f"nearly a file of Yahoo's option chains .*{problem}"):
        read_chain(save(edited(old, new)), **USERS)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[{"contractSymbol": 1, "lastTradeDate": 1, "contractSize": 1}]', FormatError),
        ('["contractSymbol", "lastTradeDate", "contractSize"]', FormatError),
        ('[{"contractSymbol": 1, "lastTradeDate": 1, "contractSize": 1', UnreadableError),
    ],
)
def test_other_json_is_refused(save, text, error):
    with pytest.raises(error):
        read_chain(save(text, "chain.json"), **USERS)


def test_several_underlyings_are_picked_from(save, tmp_path):
    others = [row.replace("SPXW240607", "QQQ240607") for row in SAVED.read_text().split("\n")[1:9]]
    path = save(SAVED.read_text() + "\n".join([*others, ""]))
    with pytest.raises(ContentError, match="options on several underlyings"):
        read_chain(path, **USERS)
    assert read_chain(path, underlying="QQQ", **USERS).quality.rows_kept == 8
    with pytest.raises(ContentError, match="one snapshot"):
        read_chain(path, snapshot="2024-06-03", **USERS)
    archive = tmp_path / "chains.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(SAVED, "calls.csv")
        file.write(SHAPES / "yfinance-records.json", "puts.json")
    assert [each.quality.rows_in for each in read_chains(archive, **USERS)] == [16, 8]
