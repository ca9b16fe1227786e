"""Who holds what: models, mixtures and a scale."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from gex import Settings, analyze
from gex.position_book import KEY, PositionBook


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


def test_a_share_of_signed_volume_is_added_contract_by_contract(chain) -> None:
    bought = chain.frame.select(*KEY, contracts=pl.int_range(pl.len()) % 7 - 3.0)
    flow = PositionBook("flow.csv", bought, "0" * 64)
    naive = analyze(chain).by_contract["position"].to_numpy()
    found = analyze(chain, Settings(signed_volume=flow, signed_share=0.25, scale=2.0))
    expected = 2.0 * (naive + 0.25 * bought["contracts"].to_numpy())
    assert found.by_contract["position"].to_numpy() == pytest.approx(expected, rel=1e-12)
    assert found.assumptions[1] == "plus 25% of the signed volume of flow.csv"
    assert "naive" in {each.convention for each in found.levels.bands.variants}
