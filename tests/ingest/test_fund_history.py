"""Histories of funds' assets: what is read, and what is refused with its line."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.fund_history import read_fund_history

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "Date,Fund,Shares,AUM,NAV\n2025-11-20,sqqq,1000000,$2500000000,17.25\n2025-11-21,SQQQ,,2.4e9,16.5\n"


def written(folder: Path, text: str) -> str:
    path = folder / "funds.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_columns_are_found_by_any_of_their_names(tmp_path: Path) -> None:
    table = read_fund_history(written(tmp_path, GOOD))
    assert table.rows() == [
        (dt.date(2025, 11, 20), "SQQQ", 2.5e9, 17.25),
        (dt.date(2025, 11, 21), "SQQQ", 2.4e9, 16.5),
    ]
    semicolons = read_fund_history(written(tmp_path, GOOD.replace(",", ";")))
    assert semicolons.equals(table)


def test_parquet_with_typed_columns(tmp_path: Path) -> None:
    table = read_fund_history(written(tmp_path, GOOD))
    table.write_parquet(tmp_path / "funds.parquet")
    assert read_fund_history(str(tmp_path / "funds.parquet")).equals(table)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "empty"),
        ("date,ticker,aum\n", "column nav is missing"),
        ("date,ticker,aum,assets,nav\n", "aum_usd is there more than once"),
        ("date,ticker,aum,nav\n", "no fund"),
        ("date,ticker,aum,nav\n2025-13-01,A,1,1\n", "line 2.*no date"),
        ("date,ticker,aum,nav\n2025-11-20,,1,1\n", "line 2.*ticker"),
        ("date,ticker,aum,nav\n2025-11-20,A,1,1\n2025-11-21,A,0,1\n", "line 3.*positive dollars"),
        ("date,ticker,aum,nav\n2025-11-20,A,nan,1\n", "line 2.*positive dollars"),
        ("date,ticker,aum,nav\n2025-11-20,A,1,-1\n", "line 2.*value a share"),
        ("date,ticker,aum,nav\n2025-11-20,A,1,one\n", "line 2.*value a share"),
        ("date,ticker,aum,nav\n2025-11-20,A,1,1\n2025-11-20,a,1,1\n", "line 3.*twice"),
        ("date,ticker,aum,nav\n2025-11-20,A,1\n", "line 2.*cells"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises((FormatError, UnreadableError), match=match):
        read_fund_history(written(tmp_path, text))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="cannot be read"):
        read_fund_history(str(tmp_path / "none.csv"))


def test_the_reader_gives_what_the_detector_takes(tmp_path: Path) -> None:
    from gex.flows.liquidations import HISTORY

    assert read_fund_history(written(tmp_path, GOOD)).schema == pl.Schema(HISTORY)
