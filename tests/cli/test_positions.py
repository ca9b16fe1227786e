"""`--positions FILE`: a book of one's own wherever a model may stand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import polars as pl
import pytest

from gex import read_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran


@pytest.fixture(name="book")
def _book(spx_csv: Path, tmp_path: Path) -> Path:
    """Three contracts of the chain."""
    rows = read_chain(spx_csv).frame.filter(pl.col("open_interest") > 0).head(3).to_dicts()
    lines = [
        f"{row['root']},{row['expiration']},{row['strike']},{row['option_type']},{10 + row['strike']}" for row in rows
    ]
    path = tmp_path / "desk.csv"
    path.write_text("\n".join(["root,expiration,strike,option_type,contracts", *lines]))
    return path


def test_the_report_names_the_file(gex: Callable[..., Ran], spx_csv: Path, book: Path) -> None:
    ran = gex("report", spx_csv, "--positions", book)
    assert (ran.code, ran.err) == (0, "")
    assert "positions of desk.csv" in ran.out
    assert "in your own book" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_document_names_the_file_and_its_content_and_validates(
    gex: Callable[..., Ran], spx_csv: Path, book: Path
) -> None:
    document = json.loads(gex("report", spx_csv, "--positions", book, "--format", "json", "--detail").out)
    digest = hashlib.sha256(book.read_bytes()).hexdigest()
    assert document["settings"]["positions"] == {"book": "desk.csv", "contracts": 3, "sha256": digest}
    schema = json.loads(gex("formats", "--json-schema").out)
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
    assert gex("levels", spx_csv, "--positions", book, "--format", "csv").out.count("desk.csv") == 1


def test_a_file_that_says_what_the_model_says_gives_the_same_levels(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path
) -> None:
    sign = pl.when(pl.col("option_type") == "C").then(1).otherwise(-1)
    table = read_chain(spx_csv).frame.select(
        *("root", "expiration", "strike", "option_type"), quantity=pl.col("open_interest") * sign
    )
    table.cast({"option_type": pl.String}).write_parquet(tmp_path / "naive.parquet")
    own, naive = (
        json.loads(gex("report", spx_csv, "--positions", positions, "--band", "none", "--format", "json").out)
        for positions in (tmp_path / "naive.parquet", "naive")
    )
    assert own["levels"] == naive["levels"]
    assert own["exposure"] == naive["exposure"]


def test_environment_and_configuration_name_a_file_too(
    gex: Callable[..., Ran], spx_csv: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEX_POSITIONS", str(book))
    assert "positions of desk.csv" in gex("report", spx_csv).out
    assert str(book) in gex("config", "show").out
    assert "naive (dealers" in gex("report", spx_csv, "--positions", "naive").out
    monkeypatch.delenv("GEX_POSITIONS")
    Path("gex.toml").write_text(f'positions = "{book}"\n')
    assert "positions of desk.csv" in gex("report", spx_csv).out


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (None, 2, "is none of naive, short-all, call-skew, volume, and no file"),
        ("contract,contracts\nSPXW250905C06500000,many\n", 3, "book.csv, line 2: contracts 'many' is no number"),
        ("contract,contracts\nSPXW100105C06500000,5\n", 3, "book.csv, line 2: SPXW 2010-01-05 6500 C not in the chain"),
    ],
)
def test_what_is_no_book_of_the_chain_is_one_line(
    gex: Callable[..., Ran], spx_csv: Path, text: str | None, code: int, message: str
) -> None:
    if text:
        Path("book.csv").write_text(text)
    ran = gex("report", spx_csv, "--positions", "book.csv")
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_help_with_a_file_of_positions_in_the_environment_reads_nothing(
    gex: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEX_POSITIONS", "gone.csv")
    assert gex("report", "--help").code == 0


def test_signed_volume_is_a_file_whose_share_is_added(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    chain = read_chain(spx_csv).frame
    traded = chain.select("root", "expiration", "strike", "option_type", contracts=pl.lit(100))
    traded.cast({"option_type": pl.String}).write_csv(tmp_path / "flow.csv")
    ran = gex("report", spx_csv, "--signed-volume", tmp_path / "flow.csv", "--signed-share", "50%", "--format", "json")
    document = json.loads(ran.out)
    assert document["settings"]["signed_volume"]["book"] == "flow.csv"
    assert "plus 50% of the signed volume of flow.csv" in document["assumptions"]
    naive = json.loads(gex("report", spx_csv, "--format", "json").out)
    assert document["exposure"]["gamma_usd_per_1pct"]["net"] > naive["exposure"]["gamma_usd_per_1pct"]["net"]
    assert gex("report", spx_csv, "--signed-volume", tmp_path / "none.csv").code == 2
