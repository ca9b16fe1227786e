"""Each rule on a row that breaks it and it alone, and what makes a whole source unusable."""

import datetime as dt

import polars as pl
import pytest

from gex.ingest.errors import ContentError, SpotError
from gex.ingest.quality import ERRORS, RULES, WARNINGS, flags
from gex.ingest.read import read_chain

DAY = ("SPXW", "250905", "Fri Sep 05 2025")


CALL = "SPXW250905C00200000"


@pytest.mark.parametrize(
    ("reason", "old", "new", "rows"),
    [
        ("field_count", ",100,200.00", ",200.00", 2),
        ("bad_symbol", CALL, "SPXW25C200", 1),
        ("bad_symbol", CALL, "", 1),
        ("bad_number", ",9.5,", ",nine,", 1),
        ("bad_number", ",9.5,", ",inf,", 1),
        ("bad_number", ",100,200.00", ",100.5,200.00", 1),
        ("contradiction", "Fri Sep 05 2025", "Thu Sep 04 2025", 2),
        ("contradiction", ",200.00,", ",201.00,", 2),
        ("contradiction", ",200.00,", ",,", 2),
        ("contradiction", CALL, "SPXW250905P00200000", 1),
        ("missing_key", CALL, "SPXW251399C00200000", 1),
        ("bad_strike", CALL, "SPXW250905C00000000", 1),
        ("negative", ",9.5,", ",-9.5,", 1),
        ("negative", ",100,200.00", ",-100,200.00", 1),
    ],
)
def test_a_row_that_cannot_be_used_is_set_aside(table, line, save, accounted, reason, old, new, rows):
    """With its line, reason and text; the other rows stay."""
    text = line(*DAY, 200.0)
    assert old in text
    damaged = text.replace(old, new, 1)
    if reason == "bad_strike":
        damaged = damaged.replace(",200.00,", ",0.00,")
    table.extra = [damaged, line(*DAY, 300.0)]
    chain = read_chain(save(table.text()))
    accounted(chain)
    aside = chain.quarantine.filter(pl.col("reason") == reason)
    assert aside.height >= rows
    assert set(aside["line"]) == {20}
    assert set(aside["row"]) == {damaged}
    assert chain.frame.filter(pl.col("strike") == 300).height == 2
    assert chain.frame.filter(pl.col("root") == "SPX").height == 10


def test_an_expired_series_is_set_aside_with_its_count(table, save, accounted):
    chain = read_chain(save(table.text()), quote_time="2025-09-05T16:00")
    accounted(chain)
    assert chain.quality.quarantined == {"expired": 10}
    assert chain.expired.height == 10
    assert chain.expired.schema == chain.frame.schema
    assert (chain.expired["expires_at"] <= chain.quote_time).all()
    assert read_chain(save(table.text()), quote_time="2025-09-05T15:59").quality.quarantined == {}


def test_an_am_settled_contract_expires_at_the_open(table, save):
    chain = read_chain(save(table.text()), quote_time="2025-09-19T09:30")
    assert chain.frame["root"].unique().to_list() == ["SPXW"]
    assert chain.quality.quarantined == {"expired": 20}


def test_a_repeated_line_is_kept_once(table, line, save, accounted):
    table.extra = [line(*DAY, 90.0, 0)] * 2
    chain = read_chain(save(table.text()))
    accounted(chain)
    assert chain.quality.quarantined == {"duplicate": 4}
    assert chain.quarantine["line"].to_list() == [20, 20, 21, 21]
    assert chain.frame.height == 30


def test_lines_that_contradict_each_other_are_all_set_aside(table, line, save, accounted):
    table.extra = [line(*DAY, 90.0, 3)]
    chain = read_chain(save(table.text()))
    accounted(chain)
    assert chain.quality.quarantined == {"conflict": 4}
    assert sorted(chain.quarantine["line"]) == [5, 5, 20, 20]
    assert chain.frame.height == 28


def test_a_bad_copy_does_not_take_the_good_row_with_it(table, line, save, accounted):
    table.extra = [line(*DAY, 90.0).replace(",9.5,", ",-9.5,")]
    chain = read_chain(save(table.text()))
    accounted(chain)
    assert chain.quality.quarantined["negative"] == 1
    assert chain.frame.filter((pl.col("strike") == 90) & (pl.col("root") == "SPXW")).height == 4


def test_a_stray_contract_of_another_underlying_is_set_aside(table, line, save, accounted):
    days = [dt.date(2025, 9, 8) + dt.timedelta(days=n) for n in range(25)]
    table.series = tuple(("SPXW", f"{day:%y%m%d}", f"{day:%a %b %d %Y}") for day in days)
    table.extra = [line("AAPL", "250905", "Fri Sep 05 2025", 200.0)]
    chain = read_chain(save(table.text()))
    accounted(chain)
    assert chain.quality.quarantined == {"other_underlying": 2}


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("crossed", ",9.5,10.5,", ",11.5,10.5,"),
        ("no_ask", ",9.5,10.5,", ",9.5,0,"),
        ("no_bid", ",9.5,10.5,", ",,10.5,"),
        ("zero_bid", ",9.5,10.5,", ",0,10.5,"),
        ("no_open_interest", ",100,200.00", ",,200.00"),
        ("no_iv", ",0.20,0.5,", ",0,0.5,"),
        ("absurd_iv", ",0.20,0.5,", ",24.001,0.5,"),
        ("absurd_iv", ",0.20,0.5,", ",-0.2,0.5,"),
        ("above_bound", ",9.5,10.5,", ",101,102,"),
    ],
)
def test_a_doubtful_row_is_kept_and_flagged(table, line, save, accounted, code, old, new):
    text = line(*DAY, 200.0)
    assert old in text
    table.extra = [text.replace(old, new, 1)]
    chain = read_chain(save(table.text()))
    accounted(chain)
    assert chain.quality.warnings == {code: 1}
    assert chain.quality.quarantined == {}
    call = chain.frame.filter((pl.col("strike") == 200) & (pl.col("option_type") == "C"))
    assert flags(call["quality"][0]) == (code,)


def test_an_unknown_root_is_flagged_and_noted(table, save):
    table.series = (("ZZZZ", "250905", "Fri Sep 05 2025"), ("ZZZZ", "250919", "Fri Sep 19 2025"))
    chain = read_chain(save(table.text()))
    assert (chain.underlying, chain.asset_class) == ("ZZZZ", "stock")
    assert chain.quality.warnings == {"unknown_root": 20}
    assert any("unknown root ZZZZ" in note for note in chain.quality.notes)


def test_an_expiration_on_a_saturday_is_noted(table, save):
    table.series = (("SPX", "140621", "Sat Jun 21 2014"),)
    table.date = '"Date: June 19, 2014 at 10:16 AM EDT",Bid: 1,Ask: 2'
    chain = read_chain(save(table.text()))
    assert chain.frame["expires_at"].unique().to_list() == [dt.datetime(2014, 6, 20, 13, 30, tzinfo=dt.UTC)]
    assert any("2014-06-21 is no session" in note for note in chain.quality.notes)


def test_all_expired(table, save):
    with pytest.raises(ContentError, match=r"every contract had expired by the quote time, 2025-12-01 .*--quote-time"):
        read_chain(save(table.text()), quote_time="2025-12-01T10:00")


def test_no_open_interest_at_all(table, save):
    lines = table.lines()
    rows = [row.rsplit(",", 1)[0].replace(",100,", ",0,") + ",0" for row in lines[4:]]
    rows = [",".join([*row.split(",")[:10], "0", *row.split(",")[11:]]) for row in rows]
    chain = read_chain(save("\n".join([*lines[:4], *rows]) + "\n"))
    assert any("no open interest in any row" in note for note in chain.quality.notes)


def in_percent(table):
    lines = table.lines()
    cells = [row.split(",") for row in lines[4:]]
    for row in cells:
        row[7], row[18] = (str(float(row[place]) * 100) for place in (7, 18))
    return "\n".join([*lines[:4], *map(",".join, cells)]) + "\n"


def test_volatility_in_percent_is_refused_until_said(table, save):
    path = save(in_percent(table))
    with pytest.raises(ContentError, match=r"implied_volatility has the median 1\d\.?\d* .*--iv-unit percent"):
        read_chain(path)
    said = read_chain(path, iv_unit="percent").frame
    plain = read_chain(save(table.text(), "plain")).frame
    assert (said["implied_volatility"] - plain["implied_volatility"]).abs().max() < 1e-12


def test_percent_said_of_decimals_is_refused(table, save):
    with pytest.raises(ContentError, match="already a decimal"):
        read_chain(save(table.text()), iv_unit="percent")
    with pytest.raises(ValueError, match="iv_unit must be one of decimal, percent"):
        read_chain(save(table.text()), iv_unit="bps")


def test_strikes_a_thousand_times_too_large(table, save):
    frame = read_chain(save(table.text())).frame.with_columns(pl.col("strike") * 1000)
    with pytest.raises(ContentError, match=r"the median strike 100000 is 995 times the spot 100\.5"):
        read_chain(frame)


@pytest.mark.parametrize("spot", [-1.0, float("nan"), float("inf"), 0.0])
def test_an_impossible_spot(table, save, spot):
    with pytest.raises(SpotError, match="must be positive"):
        read_chain(save(table.text()), spot=spot)


def test_two_underlyings_need_one_to_be_picked(table, save, accounted):
    table.series += (("QQQ", "250905", "Fri Sep 05 2025"),)
    path = save(table.text())
    with pytest.raises(ContentError, match=r"SPX \(30 rows\), QQQ \(10 rows\); pick one with --underlying"):
        read_chain(path)
    chain = read_chain(path, underlying="^SPX")
    accounted(chain)
    assert chain.quality.quarantined == {"other_underlying": 10}
    with pytest.raises(ContentError, match="no option on NDX; the source has SPX"):
        read_chain(path, underlying="NDX")


def test_nothing_but_bad_rows(table, line, save):
    table.series = ()
    table.extra = [line(*DAY, 200.0).replace("SPXW", "")]
    with pytest.raises(ContentError, match="no row holds an option symbol"):
        read_chain(save(table.text()))


def test_codes_are_unique_and_fit_the_mask():
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len(WARNINGS) <= 32
    assert len(ERRORS) <= 32
    assert flags(0) == ()
    assert flags(0b101) == (WARNINGS[0].code, WARNINGS[2].code)
