"""ThetaData's trades with quotes, both versions."""

from __future__ import annotations

import datetime as dt

import pytest
from tapes import THETA_HEAD, THETA_OLD_HEAD, lines_of, theta_line, theta_old_line

from gex.ingest.errors import FormatError
from gex.ingest.trades.read import read_trades

VERSIONS = {3: (THETA_HEAD, theta_line), 2: (THETA_OLD_HEAD, theta_old_line)}
each_version = pytest.mark.parametrize(("head", "line"), VERSIONS.values(), ids=["v3", "v2"])


@pytest.fixture(name="read")
def _read(save):
    """Return a function that reads a tape of a header and lines."""
    return lambda head, *lines: read_trades(save(lines_of(head, *lines)))


@each_version
def test_one_trade(read, head, line):
    tape = read(head, line())
    row = tape.frame.row(0, named=True)
    assert (row["root"], row["expiration"], row["strike"], row["option_type"]) == (
        "SPXW",
        dt.date(2024, 6, 7),
        5300.0,
        "C",
    )
    assert row["trade_time"] == dt.datetime(2024, 6, 3, 15, 11, 5, 375000, tzinfo=dt.UTC)
    assert (row["price"], row["size"], row["exchange"], row["condition"]) == (20.5, 3, "6", "18")
    assert (row["bid"], row["bid_size"], row["ask"], row["ask_size"]) == (20.1, 7, 20.6, 9)
    assert (row["exchange_bid"], row["exchange_bid_size"], row["exchange_ask"], row["exchange_ask_size"]) == (
        20.1,
        7,
        None,
        None,
    )
    assert tape.source.format == "thetadata"
    assert tape.quality.warnings == {"no_exchange_quote": 1}


def test_both_versions_are_the_same(read):
    assert read(THETA_HEAD, theta_line()).frame.equals(read(THETA_OLD_HEAD, theta_old_line()).frame)


@pytest.mark.parametrize("strike", ["0.125", "7.001", "5283.255", "2999.5"])
def test_strikes_are_exact(read, strike):
    old = read(THETA_OLD_HEAD, theta_old_line(strike=round(float(strike) * 1000)))
    assert old.frame["strike"].to_list() == [float(strike)]


@each_version
@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("missing_key", {"right": "X"}),
        ("missing_key", {"expiration": "20241301"}),
        ("bad_number", {"strike": "x"}),
        ("bad_price", {"price": "0"}),
        ("zero_size", {"size": 0}),
        ("cancel_unmatched", {"condition": 43}),
    ],
)
def test_rows_that_are_no_trades(read, head, line, reason, changes):
    assert read(head, line(size=9), line(**changes)).quarantine["reason"].to_list() == [reason]


@pytest.mark.parametrize(
    ("head", "bad"),
    [
        (THETA_HEAD, theta_line(trade_timestamp="11:11")),
        (THETA_HEAD, theta_line(trade_timestamp="")),
        (THETA_OLD_HEAD, theta_old_line(ms_of_day=86_400_000)),
        (THETA_OLD_HEAD, theta_old_line(ms_of_day=-1)),
        (THETA_OLD_HEAD, theta_old_line(date=20240231)),
    ],
)
def test_times_that_are_none(read, head, bad):
    assert read(head, bad).quality.quarantined == {"bad_time": 1}


@each_version
def test_cancels_and_complex_legs(read, head, line):
    tape = read(head, line(size=1), line(size=2), line(size=1, condition=40), line(size=3, condition=130))
    assert tape.quarantine.select("line", "reason").rows() == [(2, "cancelled"), (4, "cancel")]
    assert tape.frame.select("size", "is_complex").rows() == [(2, False), (3, True)]


def test_a_tape_contract_by_contract_is_in_order(read):
    """Each contract begins the day again; only times within one can be out of order."""
    early, late = "2024-06-03T10:00:00.000", "2024-06-03T15:00:00.000"
    lines = [
        theta_line(trade_timestamp=late),
        theta_line(strike=5350, trade_timestamp=early),
        theta_line(strike=5350, trade_timestamp="2024-06-03T09:59:00.000"),
    ]
    assert read(THETA_HEAD, *lines).quality.warnings["out_of_order"] == 1


def test_a_file_without_the_contract_is_refused(read):
    head = THETA_OLD_HEAD.removeprefix("root,expiration,strike,right,")
    with pytest.raises(FormatError, match="lacks expiration, right, root, strike"):
        read(head, theta_old_line().split(",", 4)[4])
