"""Massive's flat files of option aggregates: one underlying of many, bars of days, and of minutes summed up to a time."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import pytest

from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ContentError, FormatError, SpotError, TimeError
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers import csv_pieces

SHAPES = Path(__file__).parent / "shapes"
HEADER = "ticker,volume,open,close,high,low,window_start,transactions"
CALL, PUT = "O:SPXW240607C05250000", "O:SPX240621P05200000"


def shape(name: str = "days") -> str:
    return (SHAPES / f"massive_flat-{name}.csv").read_text()


def bar(ticker: str, volume: object, close: object, start: str) -> str:
    """Return a line; `start` is New York's time."""
    instant = dt.datetime.fromisoformat(start).replace(tzinfo=NEW_YORK)
    return f"{ticker},{volume},1.5,{close},9.5,0.5,{round(instant.timestamp())}000000000,3"


def table(*bars: str) -> str:
    return "\n".join([HEADER, *bars, ""])


def minutes(*bars: tuple[str, object, object, str]) -> str:
    """Return a file of 2024-06-03; each bar is a ticker, volume, close and minute."""
    return table(*(bar(*rest, f"2024-06-03T{minute}") for *rest, minute in bars))


def one(path: Path, **keywords):
    return read_chain(path, **{"spot": 5283.4, **keywords})


def figures(chain) -> dict:
    rows = chain.frame.select("root", "option_type", "volume", "last").iter_rows()
    return {(root, side): (volume, last) for root, side, volume, last in rows}


def test_a_bar_of_a_day_is_a_row_at_the_end_of_the_session(save):
    chain = one(save(shape()))
    assert (chain.underlying, chain.spot, chain.source.format) == ("SPX", 5283.4, "massive_flat")
    assert chain.quote_time == dt.datetime(2024, 6, 3, 20, 15, tzinfo=dt.UTC)
    assert (chain.quality.rows_in, chain.quality.rows_kept, chain.open_interest_date) == (16, 16, None)
    row = chain.frame.filter(root="SPX", option_type="C", strike=5250.0).row(0, named=True)
    assert (row["volume"], row["last"], row["expiration"]) == (21, 31.25, dt.date(2024, 6, 21))
    nothing = ("bid", "ask", "bid_size", "ask_size", "open_interest", "implied_volatility", "vendor_delta")
    assert {row[name] for name in nothing} == {None}
    assert "no quotes in the format: the last price is that of a trade" in chain.quality.notes
    assert "no open interest in any row: only --positions volume can use it" in chain.quality.notes


def test_the_price_of_the_underlying_has_to_be_said(save):
    with pytest.raises(SpotError, match="give it with --spot"):
        read_chain(save(shape()))


def test_bars_of_minutes_are_summed_with_the_last_price(save, accounted):
    bars = [(CALL, 5, 2.0, "09:30"), (CALL, 7, 2.5, "10:14"), (PUT, 1, 3.0, "10:15"), (CALL, 11, 1.75, "15:59")]
    chain = one(save(minutes(*bars)))
    accounted(chain)
    assert figures(chain) == {("SPXW", "C"): (23, 1.75), ("SPX", "P"): (1, 3.0)}
    assert chain.quote_time == dt.datetime(2024, 6, 3, 20, 15, tzinfo=dt.UTC)
    assert one(save(minutes(*reversed(bars)))).frame.equals(chain.frame)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2024-06-03T09:31", {("SPXW", "C"): (5, 2.0)}),
        ("2024-06-03T10:14", {("SPXW", "C"): (5, 2.0)}),
        ("2024-06-03 10:15", {("SPXW", "C"): (12, 2.5)}),
        ("2024-06-03T10:15:59", {("SPXW", "C"): (12, 2.5)}),
        ("2024-06-03T14:16Z", {("SPXW", "C"): (12, 2.5), ("SPX", "P"): (1, 3.0)}),
    ],
)
def test_up_to_a_time_those_bars_count_that_had_ended(save, time, expected):
    text = minutes((CALL, 5, 2.0, "09:30"), (CALL, 7, 2.5, "10:14"), (PUT, 1, 3.0, "10:15"), (CALL, 9, 1.0, "15:59"))
    chain = one(save(text), snapshot=time)
    assert figures(chain) == expected
    wanted = dt.datetime.fromisoformat(time)
    assert chain.quote_time == (wanted if wanted.tzinfo else wanted.replace(tzinfo=NEW_YORK))


def test_times_that_are_not_there(save):
    text = minutes((CALL, 5, 2.0, "09:30"))
    for time in ("2024-06-03T09:30", "2024-06-04T10:00", "2024-06-04"):
        with pytest.raises(ContentError, match=f"no snapshot {time}; the source has SPX 2024-06-03"):
            one(save(text), snapshot=time)
    with pytest.raises(TimeError, match="is not a date and time"):
        one(save(text), snapshot="noon")
    with pytest.raises(ContentError, match="the bars are of whole days"):
        one(save(shape()), snapshot="2024-06-03T10:15")


def test_several_days_are_several_snapshots(save):
    text = table(bar(CALL, 5, 2.0, "2024-06-03"), bar(CALL, 6, 3.0, "2024-06-04"))
    assert [figures(each) for each in read_chains(save(text), spot=5283.4)] == [
        {("SPXW", "C"): (5, 2.0)},
        {("SPXW", "C"): (6, 3.0)},
    ]
    assert figures(one(save(text), snapshot="2024-06-04")) == {("SPXW", "C"): (6, 3.0)}
    with pytest.raises(ContentError, match="several snapshots: SPX 2024-06-03, SPX 2024-06-04"):
        one(save(text))


def test_one_underlying_of_the_whole_market_is_read(save, accounted, monkeypatch):
    """However the file is cut into pieces; of the others not even bad lines count."""
    market = [bar(f"O:Z{letter}240621C00100000", "x", 1, "2024-06-03") for letter in "ABCDEFGHIJ"]
    market[3] = market[7] = bar("O:?", 1, 1, "2024-06-03")
    text = table(*market[:5], *shape().splitlines()[1:], *market[5:])
    whole = one(save(gzip.compress(text.encode())), underlying="^SPX")
    accounted(whole)
    assert whole.frame.equals(one(save(shape())).frame)
    assert whole.quality.quarantined == {}
    monkeypatch.setattr(csv_pieces, "SIZE", 200)
    assert one(save(text), underlying="SPX").frame.equals(whole.frame)
    with pytest.raises(ContentError, match=r"options on several underlyings, ZA, ZB.*; pick one with --underlying"):
        one(save(text))
    with pytest.raises(ContentError, match="no snapshot SPX 2024-06-04; the source has SPX 2024-06-03"):
        one(save(text), underlying="SPX", snapshot="2024-06-04")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (bar("O:SPXW2406", 5, 2.0, "2024-06-03T10:00"), "bad_symbol"),
        (bar(CALL, "1.5", 2.0, "2024-06-03T10:00"), "bad_number"),
        (bar(CALL, "", 2.0, "2024-06-03T10:00"), "bad_number"),
        (bar(CALL, 5, "x", "2024-06-03T10:00"), "bad_number"),
        (bar(CALL, -5, 2.0, "2024-06-03T10:00"), "negative"),
        (bar(CALL, 5, -2.0, "2024-06-03T10:00"), "negative"),
        (bar(CALL, 5, 2.0, "2024-06-02T10:00"), "bad_number"),
        (bar(CALL, 5, 2.0, "2024-06-03T00:00"), "bad_number"),
        (bar(CALL, 5, 2.0, "2024-06-03T10:00").replace("000000000,3", ",3"), "bad_number"),
        (bar(CALL, 5, 2.0, "2024-06-03T10:00") + ",1", "field_count"),
    ],
)
def test_a_line_that_cannot_be_summed_is_set_aside(save, accounted, line, reason):
    text = minutes((PUT, 3, 3.0, "09:30"), (PUT, 4, 3.5, "09:31")) + line + "\n"
    chain = one(save(text))
    accounted(chain)
    assert figures(chain) == {("SPX", "P"): (7, 3.5)}
    assert chain.quarantine.rows() == [(4, reason, line)]


def test_a_minute_that_comes_twice_is_not_counted_twice(save, accounted):
    chain = one(save(minutes((PUT, 3, 3.0, "09:30"), (CALL, 5, 2.0, "09:30"), (CALL, 7, 2.5, "09:31"))))
    assert figures(chain) == {("SPX", "P"): (3, 3.0), ("SPXW", "C"): (12, 2.5)}
    twice = [(PUT, 3, 3.0, "09:30"), (CALL, 5, 2.0, "09:30"), (CALL, 7, 2.5, "09:31"), (CALL, 7, 2.5, "09:31")]
    chain = one(save(minutes(*twice)))
    accounted(chain)
    assert figures(chain) == {("SPX", "P"): (3, 3.0)}
    assert chain.quality.quarantined == {"conflict": 3}


def test_bars_of_stocks_are_no_chain(save):
    with pytest.raises(FormatError, match="not an option chain of a known format"):
        one(save(table(bar("AAPL", 5, 190.0, "2024-06-03"))))


def test_no_time_or_ticker_at_all(save):
    with pytest.raises(ContentError, match="window_start holds no time of a session, in nanoseconds of UTC"):
        one(save(shape().replace("1717387200000000000", "1717387200")))
    with pytest.raises(ContentError, match="no line has the ticker of an option"):
        one(save(table(bar("O:SPXW", 5, 2.0, "2024-06-03"))))
