"""`--map`: a CSV of no known format, its columns named on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gex.ingest.read import read_chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

MAP = (
    "--map", "root=Root,expiration=Expiry,strike=K, option_type=Right,bid=Bid,ask=Ask",
    "--map", "open_interest=Open, interest,implied_volatility=IV,date_format==%b %d, %Y",
)  # fmt: skip


@pytest.fixture(name="table")
def _table(tmp_path: Path, spx_csv: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a chain under names of nobody's, dates in words, and what else has to be said of it."""
    chain = read_chain(spx_csv)
    rows = chain.frame.select(
        "root", "expiration", "strike", "option_type", "bid", "ask", "open_interest", "implied_volatility"
    ).with_columns(chain.frame["expiration"].dt.to_string("%b %d, %Y"))
    rows.columns = ["Root", "Expiry", "K", "Right", "Bid", "Ask", "Open, interest", "IV"]
    path = tmp_path / "table.csv"
    rows.write_csv(path)
    return path, ("--spot", str(chain.spot), "--quote-time", chain.quote_time.isoformat())


def test_the_levels_are_those_of_the_same_chain(gex: Callable[..., Ran], table, spx_csv: Path) -> None:
    path, facts = table
    mapped = json.loads(gex("report", path, *MAP, *facts, "--format", "json").out)
    known = json.loads(gex("report", spx_csv, "--format", "json").out)
    for name in ("flip", "walls", "net_gex", "gross_gex"):
        assert mapped.get(name) == known.get(name)
    assert mapped["source"]["format"] == "mapped"


def test_into_the_store(gex: Callable[..., Ran], table, tmp_path: Path) -> None:
    path, facts = table
    store = ("--store", tmp_path / "store")
    ran = gex("ingest", path, *MAP, *facts, *store)
    assert ran.code == 0, ran.err
    assert gex("report", "SPX@latest", *store).out.startswith("SPX ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("strike", "'strike' is no NAME=COLUMN; write strike=K,bid=Bid, and root==SPXW for a value"),
        ("strike=", "'strike=' is no NAME=COLUMN"),
        ("strike=K,strike=L", "strike is named twice"),
        ("", "'' is no NAME=COLUMN"),
    ],
)
def test_words_that_name_nothing(gex: Callable[..., Ran], table, words: str, message: str) -> None:
    ran = gex("report", table[0], "--map", words)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())


def test_a_column_that_is_not_there(gex: Callable[..., Ran], table) -> None:
    ran = gex("report", table[0], *MAP, "--map", "volume=Vol")
    assert ran.code == 3
    assert "no column 'Vol' for volume; the file's columns: 'Root', 'Expiry', 'K'" in ran.err
    assert "names to map: symbol, root, underlying" in ran.err
