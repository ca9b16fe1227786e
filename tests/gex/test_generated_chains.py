"""Full-size generated chains, whose levels were found by SciPy on the volatilities that made the quotes."""

from __future__ import annotations

import pytest

from gex import Settings, analyze, read_chain
from gex.ingest.sample import generate
from gex.settings import Curve

CASES = [("SPX", 1), ("SPX", 2), ("QQQ", 3)]


def analysis_of(symbol: str, seed: int, *, rounded: bool):
    sample = generate(symbol, seed=seed, rounded=rounded)
    curve = Curve(tuple(sample.curve.years), tuple(sample.curve.rates))
    return sample, analyze(read_chain(sample.chain), Settings(exercise="european", curve=curve))


@pytest.mark.parametrize(("symbol", "seed"), CASES)
def test_unrounded_quotes_give_back_the_true_levels(symbol: str, seed: int) -> None:
    """Walls exactly, the flip to 1e-6 and exposures to 1e-6 of gross: forwards and smile are recovered exactly."""
    sample, analysis = analysis_of(symbol, seed, rounded=False)
    truth, levels = sample.truth, analysis.levels
    assert levels.gamma_flip == pytest.approx(truth.gamma_flip, rel=1e-6)
    assert [c.spot for c in levels.gamma_flip_crossings] == pytest.approx(list(truth.crossings), rel=1e-6)
    assert (levels.call_wall, levels.put_wall) == (truth.call_wall, truth.put_wall)
    assert levels.absolute_gamma_strike == truth.absolute_gamma_strike
    assert levels.high_vol_level == truth.high_vol_level
    gamma = analysis.exposure.gamma_usd_per_1pct
    assert gamma.net == pytest.approx(truth.net, abs=1e-6 * truth.gross)
    assert gamma.gross == pytest.approx(truth.gross, rel=1e-6)


@pytest.mark.parametrize(("symbol", "seed"), CASES)
def test_quotes_in_ticks_give_the_flip_to_five_in_ten_thousand(symbol: str, seed: int) -> None:
    sample, analysis = analysis_of(symbol, seed, rounded=True)
    assert analysis.levels.gamma_flip == pytest.approx(sample.truth.gamma_flip, rel=5e-4)
    gamma = analysis.exposure.gamma_usd_per_1pct
    assert gamma.net == pytest.approx(sample.truth.net, abs=0.01 * sample.truth.gross)
