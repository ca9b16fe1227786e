"""Who holds what: models, mixtures, a scale, and books of one's own."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex import Settings, analyze
from gex.position_book import KEY, PositionBook


def book_of(table: pl.DataFrame, name: str = "own.csv") -> PositionBook:
    return PositionBook(name, table, "0" * 64)


def naive_table(chain) -> pl.DataFrame:
    sign = pl.when(pl.col("option_type") == "C").then(1).otherwise(-1)
    return chain.frame.select(*KEY, contracts=sign * pl.col("open_interest")).filter(pl.col("contracts") != 0)


def test_a_book_that_holds_what_naive_says_gives_the_same_figures(chain) -> None:
    naive, own = (
        analyze(chain),
        analyze(chain, positions=book_of(naive_table(chain).sample(fraction=1, shuffle=True, seed=1))),
    )
    assert own.exposure == naive.exposure
    assert own.levels.gamma_flip == naive.levels.gamma_flip
    assert own.assumptions[0] == "positions of own.csv"
    assert own.settings.as_dict()["positions"] == {
        "book": "own.csv",
        "contracts": naive_table(chain).height,
        "sha256": "0" * 64,
    }


@given(st.integers(-1000, 1000).filter(bool))
def test_one_contract_is_worth_its_own_gamma(chain, count) -> None:
    own = analyze(chain, positions=book_of(naive_table(chain)[[3]].with_columns(contracts=pl.lit(count))))
    held = own.by_contract.filter(pl.col("position") != 0)
    assert held.height == 1
    assert held["position"].item() == count
    assert own.exposure.gamma_usd_per_1pct.net == held["gamma_usd_per_1pct"].item()


def test_a_contract_that_the_chain_does_not_list_is_named(chain) -> None:
    table = naive_table(chain).with_row_index("line", 2).with_columns(strike=pl.col("strike") + 0.5)
    with pytest.raises(
        ValueError, match=r"own\.csv, line 2: SPXW? 2025-09-0\d \d+\.5 [CP] and \d+ more not in the chain"
    ):
        analyze(chain, positions=book_of(table))


def test_a_book_of_nothing_is_refused(chain) -> None:
    with pytest.raises(ValueError, match=r"own\.csv holds no contract"):
        analyze(chain, positions=book_of(naive_table(chain).with_columns(contracts=0)))


def test_scale_multiplies_dollars_and_moves_no_level(chain) -> None:
    one, half = analyze(chain), analyze(chain, Settings(scale=0.5))
    assert half.exposure.gamma_usd_per_1pct.net == pytest.approx(0.5 * one.exposure.gamma_usd_per_1pct.net, rel=1e-12)
    assert half.levels.gamma_flip == pytest.approx(one.levels.gamma_flip, rel=1e-12)
    assert half.zero_dte.net_by_volume == pytest.approx(0.5 * one.zero_dte.net_by_volume, rel=1e-12)
    assert "positions times 0.5" in half.assumptions
    assert not any("times" in text for text in one.assumptions)


def test_shares_of_volume_mix_what_expires_today_and_nothing_else(chain) -> None:
    none, half, whole = (analyze(chain, Settings(zero_dte_volume=share, band=())) for share in (0.0, 0.5, 1.0))
    assert half.ex_zero_dte.exposure == none.ex_zero_dte.exposure == whole.ex_zero_dte.exposure
    nets = [each.zero_dte.exposure.gamma_usd_per_1pct.net for each in (none, half, whole)]
    assert nets[1] == pytest.approx(0.5 * (nets[0] + nets[2]), rel=1e-12)
    assert nets[2] == pytest.approx(none.zero_dte.net_by_volume, rel=1e-12)
    assert half.assumptions[1] == "0DTE 50% volume, 50% open interest"


def test_short_all_is_minus_the_gross(chain) -> None:
    gamma = analyze(chain, positions="short-all").exposure.gamma_usd_per_1pct
    assert gamma.net == pytest.approx(-gamma.gross, rel=1e-12)


def test_calls_cheaper_than_at_the_money_are_held_long(chain) -> None:
    """The fixture's skew makes calls cheap: call-skew is then naive, contract by contract where it is full."""
    naive, skewed = (
        analyze(chain, positions=name).by_contract["position"].to_numpy() for name in ("naive", "call-skew")
    )
    assert np.all(np.abs(skewed) <= np.abs(naive) + 1e-9)
    assert np.all(skewed[naive < 0] == naive[naive < 0])
