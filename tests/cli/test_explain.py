"""`gex explain`: the screen, the document and the table say the same."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


@pytest.mark.parametrize("level", ["flip", "call-wall", "put-wall", "gamma_flip"])
def test_the_screen_names_the_level_and_its_largest_contract(
    gex: Callable[..., Ran], spx_csv: Path, level: str
) -> None:
    ran = gex("explain", spx_csv, level, "--top", "3")
    document = json.loads(gex("explain", spx_csv, level, "--top", "3", "--format", "json").out)
    assert ran.code == 0
    assert ran.out.startswith(f"SPX {document['level'].removeprefix('gamma_').replace('_', ' ')} ")
    first = document["by_contract"][0]
    assert f"{first['expiration']} {first['strike']:g} {first['option_type']}" in ran.out
    assert f"and {document['contracts'] - 3:,} contracts more" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_table_holds_every_contract(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    document = json.loads(gex("explain", spx_csv, "flip", "--format", "json").out)
    table = pl.read_csv(io.StringIO(gex("explain", spx_csv, "flip", "--format", "csv").out))
    assert table.height == document["contracts"]
    gross = table["gamma_usd_per_1pct"].abs().sum()
    assert gross == pytest.approx(document["gross_usd_per_1pct"], rel=1e-12)
    assert gex("explain", spx_csv, "flip", "-o", tmp_path / "flip.parquet").code == 0
    assert pl.read_parquet(tmp_path / "flip.parquet").height == table.height


def test_a_strike_nobody_lists_is_bad_data_and_a_level_nobody_knows_is_usage(
    gex: Callable[..., Ran], spx_csv: Path
) -> None:
    ran = gex("explain", spx_csv, "17")
    assert (ran.code, ran.out) == (3, "")
    assert "no contract in use has the strike 17; the nearest is" in ran.err
    ran = gex("explain", spx_csv, "middle")
    assert (ran.code, ran.out) == (2, "")
    assert "none of flip, call-wall, put-wall, nor a strike" in ran.err
