"""Sale conditions: OPRA's letters, and what the vendors make of them."""

from __future__ import annotations

import polars as pl
import pytest

from gex.ingest.trades.conditions import MASSIVE, NANEX

PLAIN, CANCEL, LATE, COMPLEX = (False, False, False), (True, False, False), (False, True, False), (False, False, True)
# OPRA's letter, Massive's number, Nanex's number (ThetaData and DataShop), and what it means.
CODES = [
    ("A CANC", 201, 40, CANCEL), ("B OSEQ", 202, 2, LATE), ("C CNCL", 203, 41, CANCEL), ("D LATE", 204, 13, LATE),
    ("E CNCO", 205, 42, CANCEL), ("F OPEN", 206, 6, LATE), ("G CNOL", 207, 43, CANCEL), ("H OPNL", 208, 5, LATE),
    ("I AUTO", 209, 18, PLAIN), ("J REOP", 210, 21, PLAIN), ("S ISOI", 219, 95, PLAIN), ("a SLAN", 227, 125, PLAIN),
    ("b SLAI", 228, 126, PLAIN), ("c SLCN", 229, 127, PLAIN), ("d SLCI", 230, 128, PLAIN), ("e SLFT", 231, 129, PLAIN),
    ("f MLET", 232, 130, COMPLEX), ("g MLAT", 233, 131, COMPLEX), ("h MLCT", 234, 132, COMPLEX),
    ("i MLFT", 235, 133, COMPLEX), ("j MESL", 236, 134, COMPLEX), ("k TLAT", 237, 135, COMPLEX),
    ("l MASL", 238, 136, COMPLEX), ("m MFSL", 239, 137, COMPLEX), ("n TLET", 240, 138, COMPLEX),
    ("o TLCT", 241, 139, COMPLEX), ("p TLFT", 242, 140, COMPLEX), ("q TESL", 243, 141, COMPLEX),
    ("r TASL", 244, 142, COMPLEX), ("s TFSL", 245, 143, COMPLEX), ("t CBMO", 246, 144, COMPLEX),
    ("u MCTP", 247, 147, COMPLEX), ("v EXHT", 248, 148, PLAIN),
]  # fmt: skip


@pytest.mark.parametrize(("name", "massive", "nanex", "kind"), CODES, ids=[code[0] for code in CODES])
def test_every_code(name, massive, nanex, kind):  # noqa: ARG001 (its id)
    assert MASSIVE.flags(pl.Series([str(massive)])).row(0) == kind
    assert NANEX.flags(pl.Series([str(nanex)])).row(0) == kind


def test_codes_that_are_none_and_several():
    texts = ["0", "", None, "255", "130", "18,130", "209 232", "4", "40"]
    assert NANEX.flags(pl.Series(texts)).rows() == [PLAIN, PLAIN, PLAIN, PLAIN, COMPLEX, COMPLEX, PLAIN, PLAIN, CANCEL]
    assert MASSIVE.flags(pl.Series(["209,232"])).rows() == [COMPLEX]
    assert MASSIVE.flags(pl.Series([], dtype=pl.String)).rows() == []
    assert MASSIVE.flags(pl.Series([None], dtype=pl.String)).rows() == [PLAIN]
