"""A level taken apart: every figure again from its own inputs, and flips without a part by SciPy."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.optimize import brentq

from gex import Settings
from gex.analysis import analysis_of, priced
from gex.explain import explain


@pytest.fixture(name="base", scope="module")
def _base(chain):
    return priced(chain, Settings())


@pytest.fixture(name="analysis", scope="module")
def _analysis(base):
    return analysis_of(base)


def gamma_usd(table: pl.DataFrame, spot: float, at: float) -> np.ndarray:
    """Return 0.01 S^2 N m gamma by the textbook, from the columns an explanation shows and no others."""
    forward = table["forward"].to_numpy() * at / spot
    w = table["sigma"].to_numpy() * np.sqrt(table["years"].to_numpy())
    d1 = np.log(forward / table["strike"].to_numpy()) / w + 0.5 * w
    gamma = table["discount"].to_numpy() * forward / at * np.exp(-0.5 * d1**2) / (np.sqrt(2 * np.pi) * at * w)
    return 0.01 * at**2 * table["position"].to_numpy() * table["multiplier"].to_numpy() * gamma


@pytest.mark.parametrize("level", ["gamma_flip", "call_wall", "put_wall", 6500.0])
def test_every_figure_can_be_had_again_from_its_inputs(base, analysis, level) -> None:
    found = explain(base, analysis, level)
    table = found.by_contract
    again = gamma_usd(table, found.spot, found.spot)
    assert table["gamma_usd_per_1pct"].to_numpy() == pytest.approx(again, rel=1e-9, abs=1e-3)
    assert found.net_usd_per_1pct == pytest.approx(again.sum(), abs=1e-9 * found.gross_usd_per_1pct)
    assert found.gross_usd_per_1pct == pytest.approx(np.abs(again).sum(), rel=1e-9)
    assert np.all(np.diff(np.abs(table["gamma_usd_per_1pct"].to_numpy())) <= 0)
    assert found.by_expiration["net"].sum() == pytest.approx(
        found.net_usd_per_1pct, abs=1e-9 * found.gross_usd_per_1pct
    )
    assert found.by_expiration["share_of_gross"].sum() == pytest.approx(found.share_of_gross, rel=1e-12)


def test_the_flip_is_where_all_contracts_cancel(base, analysis) -> None:
    found = explain(base, analysis, "gamma_flip")
    assert found.value == found.spot == analysis.levels.gamma_flip
    assert abs(found.net_usd_per_1pct) < 1e-9 * found.gross_usd_per_1pct
    assert found.share_of_gross == pytest.approx(1.0, rel=1e-12)
    assert found.points_per_1pct_of_gross == analysis.levels.points_per_1pct_of_gross


def test_the_flip_without_a_contract_or_an_expiration(base, analysis) -> None:
    """Against SciPy's root of the textbook's sum over all other contracts."""
    found = explain(base, analysis, "gamma_flip", top=3)
    table = found.by_contract
    for place in range(3):
        rest = table.with_row_index().filter(pl.col("index") != place)
        root = brentq(lambda at, rest=rest: gamma_usd(rest, found.spot, at).sum(), 6300, 6700, xtol=1e-9)
        assert table["flip_without"][place] == pytest.approx(root, rel=2e-8)
    assert table["flip_without"][3:].null_count() == table.height - 3
    for row in found.by_expiration.iter_rows(named=True):
        rest = table.filter(pl.col("expiration") != row["expiration"])
        profile = [gamma_usd(rest, found.spot, at).sum() for at in (6000.0, 7000.0)]
        if profile[0] * profile[1] < 0:
            root = brentq(lambda at, rest=rest: gamma_usd(rest, found.spot, at).sum(), 6000, 7000, xtol=1e-9)
            assert row["flip_without"] == pytest.approx(root, rel=2e-8)


def test_a_wall_stands_on_its_strike_and_leads_by_its_margin(base, analysis) -> None:
    found = explain(base, analysis, "call_wall")
    assert set(found.by_contract["strike"]) == {analysis.levels.call_wall}
    assert found.net_usd_per_1pct == pytest.approx(analysis.levels.walls.net.call.value, rel=1e-12)
    runner_up = explain(base, analysis, found.wall.runner_up)
    assert found.net_usd_per_1pct / runner_up.net_usd_per_1pct - 1 == pytest.approx(found.wall.margin, rel=1e-9)
    assert runner_up.wall is None


def test_what_is_not_there_is_said(base, analysis, chain) -> None:
    with pytest.raises(ValueError, match="no contract in use has the strike 6501; the nearest is 6500"):
        explain(base, analysis, 6501.0)
    short = priced(chain, Settings(positions="short-all"))
    with pytest.raises(ValueError, match="there is no gamma flip: net gamma is negative everywhere"):
        explain(short, analysis_of(short), "gamma_flip")
    with pytest.raises(ValueError, match="there is no call wall: no strike has positive"):
        explain(short, analysis_of(short), "call_wall")
