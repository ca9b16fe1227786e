"""OptionsDX's quotes: what each column becomes, what has to be said, roots, times and missing open interest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from gex.analysis import analyze
from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ContentError, FormatError, TimeError
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers import csv_pieces
from gex.settings import Settings

SHAPES = Path(__file__).parent / "shapes"
ROOTS = "no roots in the file: third Fridays are taken as SPX, others as SPXW"


def shape(name: str = "end_of_day") -> str:
    return (SHAPES / f"optionsdx-{name}.csv").read_text()


def clock(chain) -> str:
    return chain.quote_time.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M")


def changed(text: str, line: int, **cells: str) -> str:
    """Return a file with these cells of a line changed; the header is line 1."""
    lines = text.splitlines()
    names, values = lines[0].split(", "), lines[line - 1].split(", ")
    lines[line - 1] = ", ".join(cells.get(name[1:-1], value) for name, value in zip(names, values, strict=True))
    return "\n".join([*lines, ""])


def one(path: Path, **keywords):
    return read_chain(path, **{"underlying": "SPX", "snapshot": "2024-06-03", **keywords})


def test_a_line_is_a_call_and_a_put(save):
    chain = one(save(shape()))
    assert (chain.underlying, chain.spot, clock(chain)) == ("SPX", 5283.4, "2024-06-03T16:00")
    assert (chain.quality.rows_in, chain.delay_minutes, chain.source.format) == (16, 0.0, "optionsdx")
    call, put = chain.frame.filter(strike=5250.0, root="SPXW").sort("option_type").iter_rows(named=True)
    expected = {
        "bid": 75.0,
        "ask": 77.0,
        "last": 96.1,
        "bid_size": 12,
        "ask_size": 30,
        "volume": 11,
        "implied_volatility": 0.131,
        "vendor_delta": 0.91012,
        "vendor_gamma": 0.0031,
        "vendor_vega": 2.5,
        "vendor_theta": -1.25,
        "expiration": dt.date(2024, 6, 7),
        "settlement": "PM",
    }
    assert {name: call[name] for name in expected} == expected
    expected = {
        "bid": 27.0,
        "ask": 28.0,
        "last": 9.5,
        "bid_size": 0,
        "ask_size": 45,
        "volume": 21,
        "implied_volatility": 0.1315,
        "vendor_delta": -0.01988,
        "vendor_gamma": 0.0032,
        "vendor_vega": 2.6,
        "vendor_theta": -1.15,
    }
    assert {name: put[name] for name in expected} == expected


def test_empty_cells_are_none(save):
    chain = one(save(shape()))
    blank = chain.frame.filter(strike=5350.0, option_type="C", root="SPXW")
    assert blank.select("volume", "implied_volatility").row(0) == (None, None)
    assert blank["bid"].item() == 35.0


def test_blanks_behind_commas_are_not_needed(save):
    padded, bare = one(save(shape())), one(save(shape().replace(", ", ","), "bare"))
    assert bare.frame.equals(padded.frame)


def test_what_the_options_are_on_has_to_be_said(save):
    with pytest.raises(ContentError, match="does not say what its options are on; give --underlying"):
        read_chain(save(shape()), snapshot="2024-06-03")
    with pytest.raises(ContentError, match="several snapshots: 2024-06-03T16:00, 2024-06-04T16:00; pick one"):
        read_chain(save(shape()))
    spy = one(save(shape()), underlying="SPY")
    assert set(spy.frame.select("root", "exercise", "settlement").rows()) == {("SPY", "A", "PM")}
    assert not any("roots" in note for note in spy.quality.notes)


def test_a_snapshot_that_is_not_there_is_told_with_those_that_are(save):
    with pytest.raises(ContentError, match="no snapshot SPX 2024-06-05; the source has SPX 2024-06-03T16:00, SPX 20"):
        one(save(shape()), snapshot="2024-06-05")


def test_no_open_interest_means_positions_by_volume(save):
    chain = one(save(shape()))
    assert chain.frame["open_interest"].null_count() == chain.frame.height
    assert chain.open_interest_date is None
    assert "no open interest in any row: only --positions volume can use it" in chain.quality.notes
    assert chain.quality.warnings["no_open_interest"] == 16
    with pytest.raises(ValueError, match="no contract has open interest: use --positions volume"):
        analyze(chain)
    assert analyze(chain, Settings(positions="volume", vol="vendor")).open_interest_date is None


def test_third_fridays_are_the_am_root(save):
    chain = one(save(shape()))
    found = set(chain.frame.select("expiration", "root", "settlement").iter_rows())
    assert found == {(dt.date(2024, 6, 7), "SPXW", "PM"), (dt.date(2024, 6, 21), "SPX", "AM")}
    assert ROOTS in chain.quality.notes


def test_what_expires_on_the_day_is_the_pm_root(save):
    """On a third Friday as well: the AM-settled options had their last trade on Thursday."""
    lines = shape("intraday").replace("2024-06-03", "2024-06-21").splitlines()
    chain = one(save("\n".join([*lines[:1], *lines[5:9], ""])), snapshot="2024-06-21T10:00")
    assert set(chain.frame.select("expiration", "root").iter_rows()) == {(dt.date(2024, 6, 21), "SPXW")}
    assert chain.quality.rows_kept == 8


def test_both_roots_on_a_third_friday_cannot_be_told_apart(save, accounted):
    lines = shape().splitlines()
    later = lines[5].replace(" 95.000000,", " 95.400000,")
    chain = one(save("\n".join([*lines[:9], later, *lines[9:], ""])))
    accounted(chain)
    assert chain.quality.quarantined == {"conflict": 2, "duplicate": 1}
    assert any(note.startswith("4 rows are of contracts that come twice") for note in chain.quality.notes)
    assert chain.frame.filter(strike=5200.0, root="SPX", option_type="C").is_empty()
    assert chain.frame.filter(strike=5200.0, root="SPXW").height == 2


def test_times_are_new_yorks_and_held_against_the_epoch(save):
    chains = list(read_chains(save(shape("intraday")), underlying="SPX"))
    assert [clock(each) for each in chains] == ["2024-06-03T10:00", "2024-06-03T10:15"]
    assert [each.stamp.timestamp() for each in chains] == [1717423200.0, 1717424100.0]
    assert not any("UNIXTIME" in note for each in chains for note in each.quality.notes)
    shifted = one(save(shape().replace("1717444800,", "1717441200,")))
    assert clock(shifted) == "2024-06-03T16:00"
    assert any(note.startswith("[QUOTE_UNIXTIME] is not the instant of") for note in shifted.quality.notes)


def test_a_time_outside_trading_is_the_end_of_the_session_before(save):
    """Neither an early close nor a holiday stamped 16:00 makes a year's file unreadable."""
    text = shape().replace("2024-06-03", "2024-07-03").replace("2024-06-04", "2024-07-04")
    text = text.replace("2024-06-07", "2024-07-12").replace("2024-06-21", "2024-07-19")
    early, holiday = read_chains(save(text), underlying="SPX")
    assert (clock(early), early.quote_time_source) == ("2024-07-03T13:15", "session_end")
    assert (clock(holiday), holiday.quote_time_source) == ("2024-07-03T13:15", "session_end")
    note = "2024-07-04 is no session of New York: its quotes are taken as those at the end of the session before"
    assert [note in each.quality.notes for each in (early, holiday)] == [False, True]


@pytest.mark.parametrize("day", ["2024-02-30", "1969-12-31"])
def test_what_is_no_time_is_refused(save, day):
    with pytest.raises(TimeError, match=f"'{day}T16:00' is no time"):
        one(save(shape().replace("2024-06-03", day)), snapshot=day)


@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        ({"EXPIRE_DATE": "2024-06-31"}, {"bad_number": 2}),
        ({"EXPIRE_DATE": ""}, {"bad_number": 2}),
        ({"C_SIZE": "12 by 30"}, {"bad_number": 1}),
        ({"P_BID": "x"}, {"bad_number": 2}),
        ({"P_VOLUME": "1.5"}, {"bad_number": 1}),
        ({"C_VOLUME": "-1"}, {"negative": 1}),
        ({"STRIKE": ""}, {"missing_key": 2}),
        ({"STRIKE": "0"}, {"bad_strike": 2}),
    ],
)
def test_what_is_no_number_is_set_aside(save, accounted, cells, reasons):
    chain = one(save(changed(shape(), 2, **cells)))
    accounted(chain)
    assert chain.quality.quarantined == reasons
    assert set(chain.quarantine["line"]) == {2}


def test_near_misses_name_the_columns(save):
    with pytest.raises(FormatError, match=r"nearly a file of OptionsDX, but it lacks \[P_BID\] and has unknown"):
        one(save(shape().replace("[P_BID]", "[P_BEST]", 1)))
    with pytest.raises(FormatError, match="not an option chain of a known format"):
        one(save(shape().replace("[", "").replace("]", "")))


def test_many_snapshots_in_pieces_and_scattered(save, monkeypatch):
    """However the file is cut into pieces, and in whatever order its lines stand."""
    whole = {clock(each): each.frame for each in read_chains(save(shape()), underlying="SPX")}
    monkeypatch.setattr(csv_pieces, "SIZE", 1500)
    pieces = {clock(each): each.frame for each in read_chains(save(shape()), underlying="SPX")}
    header, *lines = shape().splitlines()
    mixed = save("\n".join([header, *lines[::2], *lines[1::2], ""]))
    scattered = {clock(each): each.frame for each in read_chains(mixed, underlying="SPX")}
    assert len(whole) == 2
    for other in (pieces, scattered):
        assert other.keys() == whole.keys()
        assert all(other[each].equals(whole[each]) for each in whole)
