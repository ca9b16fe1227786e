"""Open-Close summaries: market makers hold what all others sold, by hand and by the conservation of trades."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.errors import ChainError, ContentError, FormatError
from gex.ingest.open_close import VOLUMES, OpenClose, read_open_close

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEAD = "underlying_symbol,option_symbol,expiration_date,strike_price,call_put_flag,series_type"
EOD = f"quote_date,{HEAD},open,high,low,close,total_exchange_vol,open_interest," + ",".join(VOLUMES)
TIMED = f"quote_datetime,{HEAD},open,high,low,close,total_exchange_vol,open_interest," + ",".join(VOLUMES)


def row(
    time: str = "2025-09-03",
    contract: str = "^SPX,SPXW,2025-09-19,6500,C,S",
    total: int | str | None = None,
    **volumes: int,
) -> str:
    """Return a row; market makers take the other side of what is given, unless they are given too."""
    unknown = set(volumes) - set(VOLUMES)
    assert not unknown
    net = sum(count * (1 if "_buy_" in name else -1) for name, count in volumes.items())
    if not any(name.startswith("mm_") for name in volumes):
        volumes = volumes | {"mm_sell_vol": max(net, 0), "mm_buy_vol": max(-net, 0)}
    bought = sum(count for name, count in volumes.items() if "_buy_" in name)
    counts = ",".join(str(volumes.get(name, 0)) for name in VOLUMES)
    return f"{time},{contract},1,2,1,1.5,{bought if total is None else total},1000,{counts}"


def write(path: Path, rows: Iterable[str], head: str = EOD) -> str:
    path.write_text("\n".join([head, *rows]) + "\n")
    return str(path)


def read(path: Path, *rows: str, head: str = EOD, **options: Any) -> OpenClose:
    return read_open_close([write(path / "oc.csv", rows, head)], **options)


CALL, PUT = "^SPX,SPXW,2025-09-19,6500,C,S", "SPX,SPX,2025-09-19,6400.5,P,S"


def test_makers_hold_what_the_others_sold_over_days_and_exchanges(tmp_path: Path) -> None:
    first = write(
        tmp_path / "c1_03.csv",
        [
            row(cust_lt_100_open_buy_vol=30, firm_close_sell_vol=10, bd_open_buy_vol=5),
            row(contract=PUT, procust_gt_199_open_buy_vol=400, cust_gt_199_close_sell_vol=250),
        ],
    )
    second = write(tmp_path / "c1_04.csv", [row("2025-09-04", cust_100_199_close_sell_vol=100)])
    elsewhere = write(tmp_path / "c2_03.csv", [row(contract=PUT, firm_open_sell_vol=7)])
    found = read_open_close([first, second, elsewhere])
    assert found.table.rows() == [
        ("SPX", dt.date(2025, 9, 19), 6400.5, "P", -143),
        ("SPXW", dt.date(2025, 9, 19), 6500.0, "C", 75),
    ]
    assert (found.first, found.last, found.rows) == (dt.date(2025, 9, 3), dt.date(2025, 9, 4), 4)
    assert found.unbalanced == ()


def test_what_has_expired_what_is_flat_and_what_was_adjusted_is_out(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row(contract="SPX,SPXW,2025-09-03,6500,C,S", bd_open_buy_vol=5),
        row(contract="SPX,SPXW,2025-09-04,6500,C,S", bd_open_buy_vol=5, firm_open_sell_vol=5),
        row(contract="SPX,SPXW,2025-09-04,6510,C,N", bd_open_buy_vol=5),
        row(contract="SPX,SPXW,2025-09-04,6520,C,S", bd_open_buy_vol=5),
    )
    assert found.table["strike"].to_list() == [6520.0]
    assert found.nonstandard == 1


def test_rows_whose_buys_sells_and_total_differ_are_named(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row(bd_open_buy_vol=5),
        row(contract=PUT, bd_open_buy_vol=5, mm_sell_vol=4),
        row(contract="SPX,SPXW,2025-09-04,6500,C,S", total=6, bd_open_buy_vol=5),
    )
    assert found.unbalanced == tuple(f"{tmp_path / 'oc.csv'}, line {line}" for line in (3, 4))


def test_ten_minutes_are_the_day_so_far_or_their_own(tmp_path: Path) -> None:
    rows = [
        row("2025-09-03 09:40:00", total="", cust_lt_100_open_buy_vol=10),
        row("2025-09-03 09:50:00", total="", cust_lt_100_open_buy_vol=25),
        row("2025-09-04 09:40:00", total="", cust_lt_100_open_buy_vol=3),
    ]
    today = row("2025-09-04 09:40:00", "SPX,SPXW,2025-09-04,6500,P,S", total="", firm_open_buy_vol=1)
    for intervals, contracts in (("cumulative", -28), ("incremental", -38)):
        found = read(tmp_path, *rows, today, head=TIMED, intervals=intervals)
        assert found.table["contracts"].to_list() == [-1, contracts]
    with pytest.raises(ContentError, match="say with --intervals whether each counts the day so far"):
        read(tmp_path, *rows, head=TIMED)
    fallen = row("2025-09-03 10:00:00", total="", cust_lt_100_open_buy_vol=24)
    with pytest.raises(ContentError, match=r"line 5: a volume of SPXW 6500 C falls: not the day so far"):
        read(tmp_path, *rows, fallen, head=TIMED, intervals="cumulative")


@given(
    trades=st.lists(
        st.tuples(st.sampled_from(VOLUMES), st.integers(1, 1000), st.integers(1, 5)), min_size=1, max_size=20
    )
)
def test_makers_side_is_the_negative_of_all_others(
    tmp_path_factory: pytest.TempPathFactory, trades: list[tuple[str, int, int]]
) -> None:
    days: dict[int, dict[str, int]] = {}
    for name, count, day in trades:
        if not name.startswith("mm_"):
            volumes = days.setdefault(day, {})
            volumes[name] = volumes.get(name, 0) + count
    others = sum(n * (1 if "_buy_" in name else -1) for each in days.values() for name, n in each.items())
    rows = [row(f"2025-09-0{day}", **volumes) for day, volumes in days.items()] or [row()]
    found = read(tmp_path_factory.mktemp("oc"), *rows)
    assert found.unbalanced == ()
    assert found.table["contracts"].sum() == -others


def test_a_zip_is_read_and_the_same_bytes_are_refused(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.csv", [row(bd_open_buy_vol=5)])
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(plain, "inside.csv")
    assert read_open_close([str(tmp_path / "b.zip")]).table["contracts"].to_list() == [-5]
    with pytest.raises(ContentError, match=r"b\.zip:inside\.csv: the same bytes as .*a\.csv; give each summary once"):
        read_open_close([plain, str(tmp_path / "b.zip")])
    with pytest.raises(ContentError, match=r"a\.csv: the same bytes as .*a\.csv; give each summary once"):
        read_open_close([plain, plain])


def test_several_underlyings_need_a_choice(tmp_path: Path) -> None:
    rows = row(bd_open_buy_vol=5), row(contract="QQQ,QQQ,2025-09-19,500,C,S", bd_open_buy_vol=6)
    with pytest.raises(ContentError, match="the summaries are of QQQ, SPX; pick one with --underlying"):
        read(tmp_path, *rows)
    assert read(tmp_path, *rows, underlying="qqq").table["contracts"].to_list() == [-6]
    with pytest.raises(ContentError, match="are of QQQ, SPX; pick one"):
        read(tmp_path, *rows, underlying="NDX")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (EOD.replace("mm_buy_vol,", "") + "\n", "line 1: no Open-Close summary: lacks mm_buy_vol"),
        (EOD.replace("option_symbol,", "") + "\n", "lacks option_symbol"),
        (EOD + ",jbo_open_buy_vol\n", "unknown volume 'jbo_open_buy_vol'"),
        (f"{EOD}\n{row()}\n{row(contract=PUT).replace('6400.5', 'high')}\n", "line 3: strike is 'high'"),
        (f"{EOD}\n{row(bd_open_buy_vol=-5, mm_sell_vol=5)}\n", "line 2: bd_open_buy_vol is '-5'"),
        (f"{EOD}\n{row('03.09.2025')}\n", "line 2: time is '03.09.2025'"),
        (f"{EOD}\n{row()}\n{row()}\n", "line 3: SPXW 2025-09-19 6500 C of 2025-09-03 00:00:00 is there twice"),
        (f"{EOD}\n", "the summaries are of nothing"),
        (f"{EOD}\n{row(contract='SPX,SPX,2025-09-19,6400,P,N')}\n", "no standard contract"),
        ("", "the file is empty"),
        (f"{EOD}\n{row()},1,2,3\n", "no table"),
    ],
)
def test_what_is_no_summary_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "oc.csv"
    path.write_text(text)
    with pytest.raises(ChainError) as caught:
        read_open_close([str(path)])
    assert message in str(caught.value)
    assert isinstance(caught.value, FormatError | ContentError) or "empty" in message
