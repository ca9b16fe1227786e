"""CSV files whose columns the user names: what each name becomes, and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import store
from gex.ingest.errors import ChainError, ContentError, FormatError, SpotError, TimeError, UnreadableError
from gex.ingest.read import read_chain, read_chains

TIME = "2024-06-03T11:30"
COLUMNS = {
    "root": "Root", "expiration": "Expiry", "strike": "K", "option_type": "Right", "bid": "Bid", "ask": "Ask",
    "last": "Last", "bid_size": "BidSz", "ask_size": "AskSz", "volume": "Vol", "open_interest": "OI",
    "implied_volatility": "IV", "delta": "D", "gamma": "G", "theta": "T", "vega": "V", "spot": "Index",
}  # fmt: skip
ROWS = [
    ["SPXW", "2024-06-07", "5250", "call", "69", "71", "70", "11", "9", "12", "1001", "0.127", "0.7", "0.003", "-1.2", "2.4", "5283.4"],
    ["SPXW", "2024-06-07", "5250", "Put", "29", "31", "30", "11", "9", "12", "1002", "0.127", "-0.3", "0.003", "-1.2", "2.4", "5283.4"],
    ["SPX", "2024-06-21", "5300.0", "C", "49", "51", "", "1", "9", "0", "7", "0.12", "0.5", "0.003", "-1.2", "2.4", "5283.4"],
    ["spx", "2024-06-21", "5300", "P", "65", "67", "N/A", "1", "9", "0", "8", "-", "nan", "", "--", "null", "5283.4"],
]  # fmt: skip
CELLS = ["", "0", "-1", "1.5", "x", '"', '"1"', "1e3", "nan", "inf", " 2", "1,2", "2024-06-21", "SPX", "é", "\r", "\0"]


def text(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join(",".join(cells) for cells in [header, *rows]) + "\n"


@pytest.fixture(name="path")
def _path(save) -> Any:
    return save(text(list(COLUMNS.values()), ROWS))


def test_every_name(path, accounted):
    chain = read_chain(path, columns=COLUMNS, quote_time=TIME)
    accounted(chain)
    assert (chain.underlying, chain.spot, chain.delay_minutes) == ("SPX", 5283.4, 0.0)
    assert chain.source.format == chain.frame["source"][0] == "mapped"
    assert chain.quality.quarantined == {}
    assert any(note.startswith("columns as the user named them: root=Root, ") for note in chain.quality.notes)
    first = chain.frame.row(0, named=True)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5250.0, "option_type": "C", "settlement": "PM",
        "bid": 69.0, "ask": 71.0, "bid_size": 11, "ask_size": 9, "last": 70.0, "volume": 12, "open_interest": 1001,
        "implied_volatility": 0.127, "vendor_delta": 0.7, "vendor_gamma": 0.003, "vendor_theta": -1.2, "vendor_vega": 2.4,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    last = chain.frame.row(3, named=True)
    nothing = ("last", "implied_volatility", "vendor_delta", "vendor_gamma", "vendor_theta", "vendor_vega")
    assert [last[name] for name in ("root", "bid", *nothing)] == ["SPX", 65.0, *[None] * 6]


@given(data=st.data())
def test_names_and_order_of_columns_do_not_matter(tmp_path_factory, data):
    """The same table under any header, with columns between that nobody named, is the same chain."""
    folder = tmp_path_factory.getbasetemp()
    (folder / "plain").write_text(text(list(COLUMNS.values()), ROWS))
    plain = read_chain(folder / "plain", columns=COLUMNS, quote_time=TIME).frame
    word = st.text(st.characters(codec="utf-8", exclude_characters='",\r\n='), min_size=1, max_size=6).map(str.strip)
    names = data.draw(st.lists(word.filter(bool), min_size=20, max_size=20, unique=True))
    order = data.draw(st.permutations(range(20)))
    rows = [[*cells, "x", "", "1"] for cells in ROWS]
    (folder / "mixed").write_bytes(
        text([names[i] for i in order], [[cells[i] for i in order] for cells in rows]).encode()
    )
    columns = dict(zip(COLUMNS, names, strict=False))
    assert read_chain(folder / "mixed", columns=columns, quote_time=TIME).frame.equals(plain)


def test_a_symbol_alone(save):
    rows = [["SPXW  240607C05250000", "69", "71"], ["O:SPX240621P05300000", "65", "67"], ["SPX", "1", "2"]]
    path = save(text(["contractSymbol", "bid", "ask"], rows))
    columns = {"symbol": "contractSymbol", "bid": "bid", "ask": "ask"}
    chain = read_chain(path, columns=columns, quote_time=TIME, spot=5283.0)
    key = chain.frame.select("root", "expiration", "option_type", "strike").rows()
    assert key == [("SPXW", dt.date(2024, 6, 7), "C", 5250.0), ("SPX", dt.date(2024, 6, 21), "P", 5300.0)]
    assert chain.quality.quarantined == {"bad_symbol": 1}


@pytest.mark.parametrize(
    "said",
    [
        ["SPX", "2024-06-07", "5250", "C"],
        ["SPXW", "2024-06-08", "5250", "C"],
        ["SPXW", "2024-06-07", "5251", "C"],
        ["SPXW", "2024-06-07", "", "C"],
        ["SPXW", "2024-06-07", "5250", "P"],
        ["SPXW", "2024-06-07", "5250", ""],
    ],
)
def test_a_symbol_is_held_against_the_rest(save, accounted, said):
    good = ["SPXW240607C05200000", "SPXW", "2024-06-07", "5200.00", "CALL"]
    path = save(text(["s", "root", "day", "k", "side"], [good, ["SPXW240607C05250000", *said]]))
    columns = {"symbol": "s", "root": "root", "expiration": "day", "strike": "k", "option_type": "side"}
    chain = read_chain(path, columns=columns, quote_time=TIME, spot=5283.0)
    accounted(chain)
    assert chain.quality.quarantined == {"contradiction": 1}
    assert chain.quarantine["line"].to_list() == [3]


def test_values_for_all_rows(save):
    path = save(text(["k", "oi"], [["5250", "5"], ["5300", "6"]]))
    columns = {
        "root": "=SPXW",
        "expiration": "=2024-06-07",
        "option_type": "=call",
        "strike": "k",
        "open_interest": "oi",
    }
    frame = read_chain(path, columns=columns, quote_time=TIME, spot=5283.0).frame
    key = frame.select("root", "expiration", "option_type", "strike", "open_interest").rows()
    assert key == [("SPXW", dt.date(2024, 6, 7), "C", 5250.0, 5), ("SPXW", dt.date(2024, 6, 7), "C", 5300.0, 6)]


@pytest.mark.parametrize("underlying", ["SPX", "=SPX", "=^SPX"])
def test_without_roots_the_date_tells(save, underlying):
    days = ["2024-06-07", "2024-06-21", "2024-06-28"]
    path = save(text(["SPX", "day", "k"], [["$SPX", day, "5250"] for day in days]))
    columns = {"underlying": underlying, "expiration": "day", "strike": "k", "option_type": "=C"}
    chain = read_chain(path, columns=columns, quote_time=TIME, spot=5283.0)
    assert chain.frame["root"].to_list() == ["SPXW", "SPX", "SPXW"]
    assert "no roots in the file: third Fridays are taken as SPX, others as SPXW" in chain.quality.notes


@pytest.mark.parametrize("underlying", ["QQQ", "BRK.B"])
def test_an_underlying_with_one_root_is_that_root(save, underlying):
    path = save(text(["day", "k"], [["2024-06-21", "450"]]))
    columns = {"underlying": f"={underlying}", "expiration": "day", "strike": "k", "option_type": "=P"}
    chain = read_chain(path, columns=columns, quote_time=TIME, spot=450.0)
    assert chain.frame["root"].to_list() == [underlying.replace(".", "")]
    assert not any("third Fridays" in note for note in chain.quality.notes)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("2024-06-21", None),
        ("20240621", None),
        ("2024-06-21 00:00:00", None),
        ("2024-06-21T00:00:00", None),
        ("06/21/2024", "%m/%d/%Y"),
        ("21.06.24", "%d.%m.%y"),
        ('"Jun 21, 2024"', "%b %d, %Y"),
        ("21JUN2024", "%d%b%Y"),
    ],
)
def test_dates(save, written, form):
    path = save(text(["day", "k"], [[written, "5250"], ["soon", "5300"]]))
    columns = {"root": "=SPX", "expiration": "day", "strike": "k", "option_type": "=C"}
    columns |= {"date_format": f"={form}"} if form else {}
    chain = read_chain(path, columns=columns, quote_time=TIME, spot=5283.0)
    assert chain.frame["expiration"].to_list() == [dt.date(2024, 6, 21)]
    assert chain.quality.quarantined == {"bad_number": 1}


@pytest.mark.parametrize("written", ["06/07/2024", "7.6.2024", "240607", "2024-06-07 16:00:00", "Jun 7 2024"])
def test_dates_are_not_guessed(save, written):
    path = save(text(["day", "k"], [[written, "5250"]]))
    columns = {"root": "=SPX", "expiration": "day", "strike": "k", "option_type": "=C"}
    with pytest.raises(FormatError, match=f"expiration '{written}' is not as 2024-06-21; say how dates are written"):
        read_chain(path, columns=columns, quote_time=TIME, spot=5283.0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"Bid": "Bid"}, "there is no name 'Bid'"),
        ({"bid": "bid"}, "no column 'bid' for bid"),
        ({"bid": "Twice"}, "more than one column 'Twice' for bid"),
        ({"bid": "Ask"}, "column 'Ask' has two names"),
        ({"bid": "=5"}, "bid can be no value, but a column"),
        ({"quote_time": f"={TIME}"}, "quote_time can be no value"),
        ({"date_format": "Expiry"}, "date_format is no column"),
        ({"date_format": "=%d/%m"}, "date_format '%d/%m' does not hold a year"),
        ({"date_format": "=%d%d%Y"}, "date_format '%d%d%Y' does not hold a year"),
        ({"date_format": "="}, "date_format '' does not hold a year"),
        ({"underlying": "=SPX"}, "underlying stands in for root and symbol: leave it out"),
        ({"strike": None}, "strike missing: name them, or the option symbol alone"),
        ({"root": None, "option_type": None}, "root, option_type missing"),
    ],
)
def test_what_does_not_fit_is_refused(save, change, match):
    """With what the file has, and what can be named."""
    path = save(text([*COLUMNS.values(), "Twice", "Twice"], [[*cells, "", ""] for cells in ROWS]))
    columns = {name: column for name, column in (COLUMNS | change).items() if column is not None}
    with pytest.raises(FormatError, match=match) as caught:
        read_chain(path, columns=columns, quote_time=TIME)
    assert "the file's columns: 'Root', 'Expiry', 'K'" in str(caught.value)
    assert "names to map: symbol, root, underlying" in str(caught.value)


def test_columns_are_for_files_of_no_known_format(path):
    with pytest.raises(ContentError, match="say which column is what: --map"):
        read_chain(path, format="mapped")
    with pytest.raises(ValueError, match="got the format 'orats' as well"):
        read_chain(path, format="orats", columns=COLUMNS)
    with pytest.raises(ValueError, match="columns are for files; rename those of the table"):
        read_chain(pl.DataFrame({"strike": [1.0]}), columns=COLUMNS)
    with pytest.raises(FormatError, match="its columns named by --map"):
        read_chain(path)


def test_time_and_spot_are_asked_for(path):
    with pytest.raises(TimeError, match=r"no column was named quote_time.*--quote-time"):
        read_chain(path, columns=COLUMNS)
    without = {name: column for name, column in COLUMNS.items() if name != "spot"}
    with pytest.raises(SpotError, match="--spot"):
        read_chain(path, columns=without, quote_time=TIME)


@pytest.mark.parametrize("cell", ['"5,250"', "5250 pts", "$5250", "0x10", "inf"])
def test_numbers_are_not_guessed(save, accounted, cell):
    rows = [[*ROWS[0]], [*ROWS[1][:4], cell, *ROWS[1][5:]]]
    chain = read_chain(save(text(list(COLUMNS.values()), rows)), columns=COLUMNS, quote_time=TIME)
    accounted(chain)
    assert chain.quality.quarantined == {"bad_number": 1}
    assert chain.quarantine["row"].to_list() == [",".join(rows[1])]


def test_columns_may_have_any_name(save):
    """Also those that a reader uses for itself, none, and a byte order mark before them."""
    header = ["line", "defect", "", "said root", "column 0", "column 0", "symbol"]
    data = text(header, [["5250", "2024-06-07", "C", "SPXW", "", "", "?"]]).encode("utf-8-sig")
    columns = {"strike": "line", "expiration": "defect", "option_type": "=C", "root": "said root"}
    frame = read_chain(save(data), columns=columns, quote_time=TIME, spot=5283.0).frame
    assert frame.select("root", "strike").rows() == [("SPXW", 5250.0)]


def several(save, times: list[str]) -> Any:
    header = [*COLUMNS.values(), "At"]
    return save(text(header, [[*cells, time] for time in times for cells in ROWS]))


def test_a_column_of_times_tells_snapshots_apart(save):
    path = several(save, ["2024-06-03 10:15:00", "2024-06-03T15:30:00Z", "2024-06-03 10:15:00"])
    columns = COLUMNS | {"quote_time": "At"}
    first, second = read_chains(path, columns=columns)
    assert first.quote_time == dt.datetime(2024, 6, 3, 14, 15, tzinfo=dt.UTC)
    assert first.quality.quarantined == {"duplicate": 4}
    assert second.quote_time == dt.datetime(2024, 6, 3, 15, 30, tzinfo=dt.UTC)
    picked = read_chain(path, columns=columns, snapshot="2024-06-03T11:30", underlying="SPX")
    assert picked.frame.equals(second.frame)
    with pytest.raises(ContentError, match=r"several snapshots: 2024-06-03T10:15:00, 2024-06-03T11:30:00; pick one"):
        read_chain(path, columns=columns)
    with pytest.raises(ContentError, match=r"no snapshot 2024-06-04; the source has 2024-06-03T10:15:00"):
        read_chain(path, columns=columns, snapshot="2024-06-04")


def test_times_in_another_form_are_refused(save):
    with pytest.raises(FormatError, match="no line begins a snapshot: quote_time '06/03/2024 10:15'"):
        read_chain(several(save, ["06/03/2024 10:15"]), columns=COLUMNS | {"quote_time": "At"})


@pytest.mark.parametrize("times", [[], ["2024-06-03 10:15"]])
@given(data=st.data())
def test_whatever_cells_hold_every_line_is_accounted_for(tmp_path_factory, times, data):
    header, columns = [*COLUMNS.values(), "At"], COLUMNS | ({"quote_time": "At"} if times else {})
    lines = [[*cells, *(times or [""])] for cells in ROWS]
    for _ in range(data.draw(st.integers(0, 6))):
        place, column = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(header) - 1))
        lines[place][column] = data.draw(st.sampled_from(CELLS))
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    path.write_bytes(text(header, lines).encode())
    try:
        chain = read_chain(path, columns=columns, quote_time=None if times else TIME)
    except ChainError:
        return
    assert chain.quality.rows_in == len(lines) == chain.quality.rows_kept + sum(chain.quality.quarantined.values())
    for line, row in chain.quarantine.select("line", "row").iter_rows():
        assert row == ",".join(lines[line - 2]).rstrip("\r")


@given(data=st.data())
def test_damaged_bytes_are_an_error_or_a_chain(tmp_path_factory, data):
    raw = bytearray(text([*COLUMNS.values(), "At"], [[*cells, "2024-06-03 10:15"] for cells in ROWS]).encode())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(raw)
    try:
        chains = list(read_chains(path, columns=COLUMNS | {"quote_time": "At"}, on_error=lambda _: None))
    except ChainError:
        return
    assert all(chain.source.format == "mapped" for chain in chains)


def test_cut_off_anywhere(save, path):
    data = path.read_bytes()
    whole = set(read_chain(path, columns=COLUMNS, quote_time=TIME).frame.rows())
    for end in range(0, len(data) - 1, 3):
        try:
            chain = read_chain(save(data[:end], "cut"), columns=COLUMNS, quote_time=TIME)
        except (UnreadableError, FormatError, ContentError, SpotError):
            continue
        assert set(chain.frame.rows()) <= whole


def test_stored_and_read_again(tmp_path, path):
    chain = read_chain(path, columns=COLUMNS, quote_time=TIME)
    again = read_chain(store.save(chain, tmp_path / "store"))
    assert again.frame.equals(chain.frame)
    assert (again.source, again.quality, again.spot) == (chain.source, chain.quality, chain.spot)
