"""A book of one's own in place of a model: what it holds is what is priced, and nothing else."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex import Settings, analyze
from gex.ingest.schema import KEY
from gex.position_book import PositionBook

if TYPE_CHECKING:
    from gex.ingest.schema import Chain


def book(chain: Chain, contracts: pl.Expr, keep: pl.Expr | None = None) -> PositionBook:
    """Return a book with some contracts of a chain, shuffled: its order means nothing."""
    rows = chain.frame.filter(pl.lit(value=True) if keep is None else keep)
    table = rows.select(*KEY, contracts.cast(pl.Float64).alias("contracts")).sample(fraction=1.0, shuffle=True, seed=7)
    return PositionBook("desk.csv", table.cast({"option_type": pl.String}), "0" * 64)


def test_a_book_of_what_naive_holds_is_naive(chain: Chain) -> None:
    sign = pl.when(pl.col("option_type") == "C").then(1).otherwise(-1)
    own = analyze(chain, positions=book(chain, pl.col("open_interest") * sign))
    naive = analyze(chain)
    assert own.exposure == naive.exposure
    assert dataclasses.replace(own.levels, bands=None) == dataclasses.replace(naive.levels, bands=None)
    assert own.hedge_flow == naive.hedge_flow
    assert own.assumptions[0] == "positions of desk.csv"


def test_only_what_the_book_holds_has_exposure(chain: Chain) -> None:
    held = (pl.col("strike") == 6500.0) & (pl.col("option_type") == "P")
    own = book(chain, pl.lit(-7.5), held)
    table = analyze(chain, positions=own).by_contract
    assert table.filter(held)["position"].unique().to_list() == [-7.5]
    assert table.filter(~held)["position"].unique().to_list() == [0.0]
    assert table.filter(~held)["gamma_usd_per_1pct"].unique().to_list() == [0.0]
    twice = analyze(chain, Settings(positions=own, scale=2.0)).by_contract
    assert (twice["gamma_usd_per_1pct"] == 2.0 * table["gamma_usd_per_1pct"]).all()


def test_volume_says_nothing_of_a_book(chain: Chain) -> None:
    held = pl.col("option_type") == "P"
    part = analyze(chain, positions=book(chain, pl.lit(10), held)).zero_dte
    assert part is not None
    assert part.net_by_volume is None
    assert part.reasons["net_by_volume"] == "volume says nothing of a book of your own"
    assert part.sign == "positive"


def test_a_contract_that_is_not_in_the_chain_is_named(chain: Chain) -> None:
    own = book(chain, pl.lit(1), pl.col("strike") == 6500.0)
    other = own.table.with_columns(pl.lit(6501.5).alias("strike"), pl.lit(4).alias("line")).head(2)
    strange = replace(own, table=pl.concat([own.table, other], how="diagonal"))
    with pytest.raises(ValueError, match=r"desk\.csv, line 4: SPXW 2025-\d\d-\d\d 6501\.5 [CP] and 1 more not in the"):
        analyze(chain, positions=strange)


def test_a_book_of_nothing_is_refused(chain: Chain) -> None:
    with pytest.raises(ValueError, match=r"desk\.csv holds no contract: every quantity is 0"):
        analyze(chain, positions=book(chain, pl.lit(0)))


def test_another_content_is_another_fingerprint(chain: Chain) -> None:
    own = book(chain, pl.lit(1))
    prints = {Settings(positions=each).fingerprint for each in (own, replace(own, digest="1" * 64), None)}
    assert len(prints) == 3
