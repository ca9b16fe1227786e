"""ORATS' strikes: what each column becomes, roots and times."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import FormatError, TimeError
from gex.ingest.read import read_chain, read_chains

SHAPES = Path(__file__).parent / "shapes"


def shape(name: str) -> str:
    return (SHAPES / f"orats-{name}.csv").read_text()


def clock(chain) -> str:
    return chain.quote_time.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M")


def changed(text: str, line: int, **cells: str) -> str:
    """Return a file with these cells of a line changed; the header is line 1."""
    lines = text.splitlines()
    names, values = lines[0].split(","), lines[line - 1].split(",")
    lines[line - 1] = ",".join(cells.get(name, value) for name, value in zip(names, values, strict=True))
    return "\n".join([*lines, ""])


def test_a_line_of_the_near_end_of_day_file_is_a_call_and_a_put(save):
    chain = read_chain(save(shape("near_eod")), snapshot="2024-06-03")
    assert (chain.underlying, chain.spot, clock(chain)) == ("SPX", 5283.4, "2024-06-03T15:46")
    assert (chain.quality.rows_in, chain.open_interest_date) == (16, dt.date(2024, 5, 31))
    call, put = chain.frame.filter(strike=5200.0, root="SPXW").sort("option_type").iter_rows(named=True)
    shared = {"expiration": dt.date(2024, 6, 7), "settlement": "PM", "vendor_gamma": 0.0031, "vendor_vega": 2.5}
    expected = {"bid": 95.0, "ask": 97.0, "volume": 10, "open_interest": 1000, "implied_volatility": 0.131, **shared}
    assert {name: call[name] for name in expected} == expected
    expected = {"bid": 9.0, "ask": 10.0, "volume": 20, "open_interest": 2000, "implied_volatility": 0.132, **shared}
    assert {name: put[name] for name in expected} == expected
    assert (call["vendor_delta"], call["vendor_theta"]) == (0.9, -1.25)
    assert (put["vendor_delta"], put["vendor_theta"]) == (None, None)


def test_one_minute_and_live_strikes_have_sizes_and_their_own_times(save):
    minutes = list(read_chains(save(shape("one_minute"))))
    assert [clock(each) for each in minutes] == ["2024-06-03T11:30", "2024-06-03T11:31"]
    live = read_chain(save(shape("data_api")))
    assert clock(live) == "2024-06-03T11:30"
    assert live.spot == 452.11
    first = live.frame.row(0, named=True)
    assert (first["root"], first["exercise"], first["bid_size"], first["ask_size"]) == ("QQQ", "A", 5, 6)
    # A volatility of 0 is none.
    assert live.frame["implied_volatility"].null_count() == 2


def test_without_symbols_the_third_friday_is_the_am_root(save):
    chain = read_chain(save(shape("near_eod_without_symbols")), snapshot="2024-06-03")
    found = set(chain.frame.select("expiration", "root", "settlement").iter_rows())
    assert found == {(dt.date(2024, 6, 7), "SPXW", "PM"), (dt.date(2024, 6, 21), "SPX", "AM")}
    assert any("no option symbols" in note for note in chain.quality.notes)
    same = read_chain(save(shape("near_eod")), snapshot="2024-06-03")
    assert chain.frame.drop("source").equals(same.frame.drop("source"))


def test_a_monthly_expiration_before_a_holiday(save):
    """Good Friday of 2022 was the third Friday: the monthly options expired on Thursday."""
    text = shape("near_eod_without_symbols").replace("6/21/2024", "4/14/2022").replace("6/7/2024", "4/13/2022")
    chain = read_chain(save(text.replace("6/3/2024", "4/1/2022")), snapshot="2022-04-01")
    found = set(chain.frame.select("expiration", "root").iter_rows())
    assert found == {(dt.date(2022, 4, 13), "SPXW"), (dt.date(2022, 4, 14), "SPX")}


@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        ({"cOpra": "SPXW240607P05200000"}, {"contradiction": 1}),
        ({"cOpra": "SPXW240607"}, {"bad_symbol": 1}),
        ({"strike": "5201"}, {"contradiction": 2}),
        ({"expirDate": "6/8/2024"}, {"contradiction": 2}),
        ({"pBidPx": "x"}, {"bad_number": 2}),
        ({"pOi": "1.5"}, {"bad_number": 1}),
    ],
)
def test_what_contradicts_or_is_no_number_is_set_aside(save, accounted, cells, reasons):
    chain = read_chain(save(changed(shape("near_eod"), 2, **cells)), snapshot="2024-06-03")
    accounted(chain)
    assert chain.quality.quarantined == reasons
    assert set(chain.quarantine["line"]) == {2}


def test_near_misses_name_the_columns(save):
    with pytest.raises(FormatError, match="nearly a file of ORATS' near-end-of-day strikes, but it lacks pOi"):
        read_chain(save(shape("near_eod").replace(",pOi,", ",pOpenInterest,", 1)))
    with pytest.raises(
        FormatError, match="nearly a file of ORATS' Data API strikes, but it has unknown columns 'extra'"
    ):
        read_chain(save(shape("data_api").replace("updatedAt", "updatedAt,extra", 1)))


def test_a_day_without_a_session_has_no_time(save):
    with pytest.raises(TimeError, match="trade_date '6/1/2024' is no session of New York"):
        read_chain(save(shape("near_eod").replace("6/3/2024", "6/1/2024")), snapshot="2024-06-01")
    with pytest.raises(TimeError, match="no time within a session"):
        read_chain(save(shape("one_minute").replace(",1130,", ",0430,")), snapshot="2024-06-03T04:30")
