"""A chain in memory to a full analysis, beside the least work it must contain."""

from __future__ import annotations

import numpy as np
import pytest

from gex import analyze
from gex.ingest.sample import generate
from gex.pricing import gamma_profile, log_ladder


@pytest.fixture(scope="module", name="chain")
def _chain():
    return generate("SPX", seed=1).chain


def test_analysis(benchmark, chain) -> None:
    analysis = benchmark(analyze, chain)
    assert analysis.rows_used == len(chain.frame)


def test_one_profile_of_the_same_size(benchmark, chain) -> None:
    """The yardstick: 600 spots, every contract, nothing else."""
    table = analyze(chain).by_contract
    spots = log_ladder(analyze(chain).spot.used, 0.15, 601)
    rate = -np.log(table["discount"].to_numpy()) / table["years"].to_numpy()
    columns = [table[name].to_numpy() for name in ("strike", "years", "sigma", "position")]
    profile = benchmark(gamma_profile, spots, *columns, rate, rate)
    assert np.isfinite(profile).all()
