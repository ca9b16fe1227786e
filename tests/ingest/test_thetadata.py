"""ThetaData's files: quotes completed by greeks and open interest, histories, both versions."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ContentError, FormatError, SpotError
from gex.ingest.read import read_chain, read_chains

SHAPES = Path(__file__).parent / "shapes"
CONTRACT = "symbol,expiration,strike,right"
QUOTE = "bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition"
STRIKES = (5200, 5250, 5300, 5350)
ROOTS = (("SPXW", "2024-06-07"), ("SPX", "2024-06-21"))


def quotes(*roots: str, times: tuple[str, ...] = ("2024-06-03T11:30:00.120",)) -> str:
    """Return a quote file: of each contract as many rows as there are times."""
    rows = [
        f'"{root}","{expiration}",{strike}.000,"{right}",{time},11,5,{20 + number}.10,50,9,5,{20 + number}.60,50'
        for root, expiration in ROOTS
        if root in roots
        for strike in STRIKES
        for right in ("CALL", "PUT")
        for number, time in enumerate(times)
    ]
    return "\n".join([f"{CONTRACT},timestamp,{QUOTE}", *rows, ""])


def open_interest(*roots: str) -> str:
    """Return an open interest file in the snapshot's order of columns; the last strike has none."""
    rows = [
        f"2024-06-03T06:30:11.000,{root},{expiration},{strike}.000,{right},{100 * place + 7}"
        for root, expiration in ROOTS
        if root in roots
        for place, strike in enumerate(STRIKES[:-1])
        for right in ("call", "put")
    ]
    return "\n".join([f"timestamp,{CONTRACT},open_interest", *rows, ""])


def greeks() -> str:
    return (SHAPES / "thetadata-first_order_greeks.csv").read_text()


def clock(chain) -> str:
    return chain.quote_time.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture(name="files")
def _files(save):
    return {
        "quotes": save(quotes("SPX"), "quotes.csv"),
        "weeklies": save(quotes("SPXW"), "weeklies.csv"),
        "interest": save(open_interest("SPX", "SPXW"), "interest.csv"),
        "greeks": save(greeks(), "greeks.csv"),
    }


def test_quotes_are_completed_by_contract(files, accounted):
    main, *beside = files.values()
    chain = read_chain(main, beside=beside)
    accounted(chain)
    assert (chain.underlying, chain.spot, chain.quality.rows_in) == ("SPX", 5283.4, 16)
    assert clock(chain) == "2024-06-03T11:30:00"
    assert set(chain.frame["root"]) == {"SPX", "SPXW"}
    first = chain.frame.row(0, named=True)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5200.0, "option_type": "C", "bid": 20.1, "ask": 20.6,
        "bid_size": 11, "ask_size": 9, "open_interest": 7, "implied_volatility": 0.131, "vendor_delta": 0.9,
        "vendor_gamma": None,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert chain.frame["open_interest"].null_count() == 4
    assert sum("completed by" in note for note in chain.quality.notes) == 3


def test_files_of_one_zip_are_told_apart(tmp_path, files):
    path = tmp_path / "day.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("greeks", "interest", "weeklies", "quotes"):
            archive.write(files[name], f"{name}.csv")
    inside = read_chain(path)
    main, *beside = files.values()
    assert (
        inside.frame.drop("source")
        .sort("root", "strike")
        .equals(read_chain(main, beside=beside).frame.drop("source").sort("root", "strike"))
    )


def test_greeks_alone_are_a_chain_without_open_interest(files):
    chain = read_chain(files["greeks"])
    assert (chain.spot, clock(chain)) == (5283.4, "2024-06-03T11:30:03")
    assert any("no open interest" in note for note in chain.quality.notes)
    assert chain.frame["bid_size"].null_count() == 16


def test_quotes_alone_want_a_price_of_the_underlying(files):
    with pytest.raises(SpotError):
        read_chain(files["quotes"])
    assert read_chain(files["quotes"], spot=5283.0).spot == 5283.0


def test_open_interest_alone_is_no_chain(files):
    with pytest.raises(ContentError, match="ThetaData's open interest alone is no chain; name a file of quotes first"):
        read_chain(files["interest"])


def test_a_file_that_completes_nothing_is_refused(save, table, files):
    with pytest.raises(ContentError, match="completes no chain here; leave --with out"):
        read_chain(save(table.text(), "cboe.csv"), beside=[files["interest"]])
    with pytest.raises(ContentError, match="completes no chain here; leave --with out"):
        read_chain(files["greeks"], beside=[save(table.text(), "cboe.csv")])


def test_open_interest_without_a_quote_is_said(save, files):
    text = open_interest("SPX", "SPXW") + "2024-06-03T06:30:11.000,SPX,2024-06-21,9000.000,call,5\n"
    chain = read_chain(files["greeks"], beside=[save(text, "more.csv")])
    assert any("1 rows of ThetaData's open interest have no quote" in note for note in chain.quality.notes)
    assert chain.frame["open_interest"].sum() == 4 * (7 + 107 + 207)


def test_a_history_is_a_snapshot_a_time(save, files):
    times = ("2024-06-03T10:15:00.000", "2024-06-03T10:16:00.000")
    path = save(quotes("SPX", times=times), "history.csv")
    read = list(read_chains(path, spot=5283.0, beside=[files["interest"]]))
    assert [clock(each) for each in read] == ["2024-06-03T10:15:00", "2024-06-03T10:16:00"]
    assert [each.frame["bid"].unique().to_list() for each in read] == [[20.1], [21.1]]
    assert [each.frame["open_interest"].sum() for each in read] == [2 * (7 + 107 + 207)] * 2
    later = read_chain(path, spot=5283.0, snapshot="2024-06-03T10:16", beside=[files["interest"]])
    assert later.frame.equals(read[1].frame)
    with pytest.raises(ContentError, match=r"several snapshots: .*10:15.*10:16.*pick one"):
        read_chain(path, spot=5283.0)


def test_end_of_day_greeks_have_volume_and_the_sessions_end(save):
    chain = read_chain(SHAPES / "thetadata-end_of_day_greeks.csv")
    assert clock(chain) == "2024-06-03T16:14:43"
    first = chain.frame.row(0, named=True)
    assert (first["volume"], first["last"], first["vendor_gamma"]) == (10, 90.5, 0.0031)
    two = (SHAPES / "thetadata-end_of_day_greeks.csv").read_text()
    second = two.split("\n", 1)[1].replace("2024-06-03T", "2024-06-04T")
    read = list(read_chains(save(two + second)))
    assert [each.quote_date for each in read] == [dt.date(2024, 6, 3), dt.date(2024, 6, 4)]


def test_quotes_of_an_earlier_day_are_said(save):
    text = quotes("SPX").replace("2024-06-03T11:30:00.120", "2024-05-31T15:59:31.000", 1)
    chain = read_chain(save(text), spot=5283.0)
    assert clock(chain) == "2024-06-03T11:30:00"
    assert any("1 of 8 quotes are of an earlier day" in note for note in chain.quality.notes)


def test_version_2(save):
    header = "root,expiration,strike,right,ms_of_day,bid_size,bid_exchange,bid,bid_condition"
    rows = [
        f"SPXW,20240607,{strike}000,{right},41400120,11,5,20.1,50,9,5,20.6,50,20240603"
        for strike in STRIKES
        for right in "CP"
    ]
    text = "\n".join([f"{header},ask_size,ask_exchange,ask,ask_condition,date", *rows, ""])
    interest = (
        "root,expiration,strike,right,ms_of_day,open_interest,date\nSPXW,20240607,5200000,C,23400000,55,20240603\n"
    )
    chain = read_chain(save(text, "quotes"), spot=5283.0, beside=[save(interest, "interest")])
    assert clock(chain) == "2024-06-03T11:30:00"
    assert chain.frame["strike"].unique().sort().to_list() == list(map(float, STRIKES))
    assert chain.frame["open_interest"].drop_nulls().to_list() == [55]
    row = "F,20240607,5600,C,41400120,11,5,0.9,50,9,5,1.0,50,20240603"
    assert read_chain(save(f"{text.splitlines()[0]}\n{row}\n"), spot=6.0).frame["strike"].to_list() == [5.6]


@pytest.mark.parametrize("value", ["1e400", "1e30", "1e18", "nan", "-1", "99999999", ""])
@pytest.mark.parametrize("place", [1, 4, 13])
def test_impossible_dates_and_times_of_version_2(save, accounted, place, value):
    """The expiration's takes the row out; a row without a time goes with the rows around it."""
    header = "root,expiration,strike,right,ms_of_day,bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask"
    lines = [f"SPXW,20240607,{strike}000,C,41400120,11,5,20.1,50,9,5,20.6,50,20240603".split(",") for strike in STRIKES]
    lines[1][place] = value
    text = "\n".join([f"{header},ask_condition,date", *map(",".join, lines), ""])
    chain = read_chain(save(text), spot=5283.0)
    accounted(chain)
    assert clock(chain) == "2024-06-03T11:30:00"
    assert chain.quality.quarantined == ({"bad_number": 1} if place == 1 else {})


def test_files_of_one_kind_are_read_as_one(tmp_path, files, accounted):
    """Also where one of them is the same once more, and one is of another kind."""
    with zipfile.ZipFile(tmp_path / "files.zip", "w") as archive:
        for name in ("quotes", "weeklies", "quotes", "greeks"):
            archive.write(files[name], f"{len(archive.namelist())}.csv")
    chain = read_chain(tmp_path / "files.zip", spot=5283.0)
    accounted(chain)
    assert (chain.quality.rows_in, chain.quality.quarantined) == (24, {"duplicate": 8})


def test_two_underlyings_are_refused(save):
    with pytest.raises(FormatError, match="one underlying's roots expected, got QQQ, SPX"):
        read_chain(save(quotes("SPX", "SPXW").replace('"SPXW"', '"QQQ"')), spot=5283.0)


@pytest.mark.parametrize("odd", ['"SPX","2024-06-21",5400.000,"STRADDLE"', '"SPX","2024-13-21",5400.000,"CALL"'])
def test_odd_rows_are_set_aside(save, accounted, odd):
    line = f"{odd},2024-06-03T11:30:00.120,11,5,20.10,50,9,5,20.60,50"
    chain = read_chain(save(quotes("SPX") + line + "\n"), spot=5283.0)
    accounted(chain)
    assert chain.quality.quarantined == {"bad_number": 1}
    assert chain.quarantine.select("line", "row").row(0) == (10, line)


def test_near_misses_name_the_columns(save):
    with pytest.raises(FormatError, match="nearly a file of ThetaData's quotes, but it has unknown columns 'venue'"):
        read_chain(save(quotes("SPX").replace("bid_exchange", "venue,bid_exchange", 1)), spot=1.0)
