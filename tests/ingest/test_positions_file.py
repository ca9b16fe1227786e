"""Position files: every spelling that is accepted gives the same book, and what is not one names its line."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.errors import ChainError, FormatError, UnreadableError
from gex.ingest.positions_file import read_positions

if TYPE_CHECKING:
    from pathlib import Path

BOOK = [
    ("SPXW", dt.date(2025, 9, 5), 6500.0, "C", 120.0, 2),
    ("SPX", dt.date(2025, 9, 19), 6512.5, "P", -300.25, 3),
]
TERMS = "root,expiration,strike,option_type,contracts\nSPXW,2025-09-05,6500,C,120\nSPX,2025-09-19,6512.5,P,-300.25\n"


def read(tmp_path: Path, text: str | bytes, name: str = "book.csv") -> pl.DataFrame:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    table, digest = read_positions(str(path))
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert table.columns == ["root", "expiration", "strike", "option_type", "contracts", "line"]
    return table


@pytest.mark.parametrize(
    "text",
    [
        TERMS,
        "contract,contracts\nSPXW  250905C06500000,120\nSPX   250919P06512500,-300.25\n",
        "contract,quantity\nSPXW250905C06500000,+120\nspx250919p06512500,-3.0025e2",
        "\ufeffQuantity;Contract\r\n120;O:SPXW250905C06500000\r\n-300.25; .SPX250919P06512500 \r\n",
        TERMS.replace(",", "\t"),
        TERMS.replace("SPXW,", '"spxw" ,').replace(",C,", ",Call,").replace(",P,", ",put,") + "\n,,,,\n",
    ],
)
def test_every_spelling_is_the_same_book(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).rows() == BOOK


def test_parquet_is_read_by_its_values(tmp_path: Path) -> None:
    columns = ("root", "expiration", "strike", "option_type", "contracts")
    frame = pl.DataFrame([row[:5] for row in BOOK], schema=columns, orient="row")
    symbols = pl.DataFrame({"contract": ["SPXW250905C06500000", "SPX250919P06512500"], "quantity": [120.0, -300.25]})
    for name, table in (("a.parquet", frame), ("b", symbols), ("c", frame.cast({"option_type": pl.Categorical}))):
        table.write_parquet(tmp_path / name)
        found, _ = read_positions(str(tmp_path / name))
        assert [row[:5] for row in found.rows()] == [row[:5] for row in BOOK]
        assert found["line"].to_list() == [1, 2]


@given(
    strike=st.integers(1, 99_999_999),
    contracts=st.floats(-1e9, 1e9),
    day=st.dates(dt.date(2010, 1, 1), dt.date(2099, 12, 31)),
)
def test_symbol_and_terms_are_the_same_contract(
    tmp_path_factory: pytest.TempPathFactory, strike: int, contracts: float, day: dt.date
) -> None:
    folder = tmp_path_factory.mktemp("book")
    symbol = read(folder, f"contract,contracts\nXSP{day:%y%m%d}P{strike:08d},{contracts!r}\n")
    terms = read(folder, f"root,expiration,strike,option_type,contracts\nXSP,{day},{strike / 1000!r},P,{contracts!r}\n")
    assert symbol.equals(terms)
    assert symbol.row(0) == ("XSP", day, strike / 1000, "P", contracts, 2)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("contract,contracts,desk\n", 1, "unknown column 'desk'; take it out, expected contract (or root, expiration"),
        ("contract,contracts,contracts\n", 1, "column 'contracts' is there twice; keep one"),
        ("contract,contracts,quantity\n", 1, "got contract, contracts, quantity"),
        ("contract\nSPXW250905C06500000\n", 1, "expected the columns contract (or root"),
        ("contract,root,contracts\n", 1, "expected the columns contract (or root"),
        ("root,expiration,strike,contracts\n", 1, "got root, expiration, strike, contracts"),
        ("contract,contracts\nSPXW250905C06500000,1\nSPXW 6500C,2\n", 3, "contract 'SPXW 6500C' is no option symbol"),
        ("contract,contracts\n\nSPXW251305C06500000,1\n", 3, "contract 'SPXW251305C06500000' is no option symbol"),
        ("contract,contracts\nSPXW250905C06500000,1.2.3\n", 2, "contracts '1.2.3' is no number; write 120, or -35"),
        ("contract,contracts\nSPXW250905C06500000,\n", 2, "contracts '' is no number"),
        ("contract,contracts\nSPXW250905C06500000,inf\n", 2, "contracts 'inf' is no number"),
        ("contract,contracts\nSPXW250905C06500000,nan\n", 2, "contracts 'nan' is no number"),
        ("contract,contracts\nSPXW250905C06500000,1,2\n", 2, "expected 2 cells, as in the header"),
        (TERMS.replace("SPX,", "S P X,"), 3, "root 'S P X' is no root"),
        (TERMS.replace("2025-09-19", "19.09.2025"), 3, "expiration '19.09.2025' is no date; write 2025-09-05"),
        (TERMS.replace("6512.5", "-6512.5"), 3, "strike '-6512.5' is no strike"),
        (TERMS.replace(",P,", ",X,"), 3, "option_type 'X' is neither; write C or P"),
        (
            "contract,contracts\nSPXW250905C06500000,1\nSPX250919P06512500,3\nSPXW  250905C06500000,1\n",
            4,
            "SPXW 2025-09-05 6500 C is on line 2 already; give each contract once",
        ),
    ],
)
def test_what_is_no_book_names_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(tmp_path, text)
    assert caught.value.row == line
    assert str(caught.value).startswith(f"{tmp_path / 'book.csv'}, line {line}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"contract,contracts\n", "holds no contract"),
        (b"PAR1 and no more", "not a whole Parquet file"),
        (b"\x00\x01\x02\x03" * 10, "not text"),
    ],
)
def test_a_file_without_a_book_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        read(tmp_path, data)


def test_a_parquet_file_of_lists_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.parquet"
    pl.DataFrame({"contract": [["SPXW250905C06500000"]], "contracts": [1]}).write_parquet(path)
    with pytest.raises(FormatError, match="column contract holds List"):
        read_positions(str(path))
    with pytest.raises(UnreadableError, match=r"none\.csv: cannot be read: No such file"):
        read_positions(str(tmp_path / "none.csv"))


@given(data=st.binary(max_size=300) | st.text('contras,\n;\tSPXW250905C06500000.-"', max_size=200).map(str.encode))
def test_any_bytes_are_a_book_or_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "book.csv"
    for content in (data, b"contract,contracts\n" + data):
        path.write_bytes(content)
        try:
            table, _ = read_positions(str(path))
        except ChainError:
            continue
        assert table["contracts"].is_finite().all()
