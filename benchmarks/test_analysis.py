"""A chain in memory to a full analysis, beside the least work it must contain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.peers.numpy_scipy import profile
from benchmarks.race import local_lane
from gex import Settings, analyze, read_chain
from gex.ingest.sample import generate
from gex.pricing import EarlyExercise, gamma_profile, log_ladder

if TYPE_CHECKING:
    from benchmarks.race import Race
    from gex.ingest.schema import Chain

SPOTS = 601
ROUNDS = 15


def test_analysis(free_race: Race) -> None:
    chain = read_chain(generate("SPX", seed=1).chain)
    analysis = analyze(chain)
    assert analysis.rows_used == len(chain.frame)

    table = analysis.by_contract
    rate = -np.log(table["discount"].to_numpy()) / table["years"].to_numpy()
    columns = {name: table[name].to_numpy() for name in ("strike", "years", "sigma", "position")}
    spots = log_ladder(analysis.spot.used, 0.15, SPOTS)
    ours = gamma_profile(spots, *columns.values(), rate, rate)
    weighted = {**columns, "weight": columns["position"], "rate": rate, "dividend": rate, "spots": spots}
    theirs = profile({**weighted, "spot": spots}, "").call
    np.testing.assert_allclose(theirs(), ours, rtol=0.0, atol=1e-10 * np.abs(ours).max())

    rows = len(chain.frame)
    lanes = [
        local_lane("one gamma_profile of ours", rows, lambda: gamma_profile(spots, *columns.values(), rate, rate)),
        local_lane("one profile by NumPy", rows, theirs),
        local_lane("the same without bands", rows, lambda: analyze(chain, Settings(band=()))),
    ]
    free_race.run(
        lambda: analyze(chain),
        lanes,
        rows=rows,
        rounds=ROUNDS,
        topic="Full analysis, a chain in memory",
        unit="contract",
    )


def american_chain() -> Chain:
    """Return a QQQ-like chain whose quotes hold what early exercise is worth."""
    chain = read_chain(generate("QQQ", seed=1).chain)
    european = analyze(chain, Settings(exercise="european"))
    table, spot = european.by_contract, european.spot.used
    strike, years, sigma, discount, forward = (
        table[name].to_numpy() for name in ("strike", "years", "sigma", "discount", "forward")
    )
    rate, calls = -np.log(discount) / years, (table["option_type"] == "C").to_numpy()
    early = EarlyExercise(strike, years, sigma, rate, rate - np.log(forward / spot) / years, calls)
    premium = np.where(years > 7 / 365, early.values(spot).price, 0.0)
    quotes = (pl.when(pl.col(name) > 0).then(pl.col(name) + pl.Series(premium)).alias(name) for name in ("bid", "ask"))
    return read_chain(chain.frame.with_columns(*quotes))


def test_american_analysis(free_race: Race) -> None:
    chain = american_chain()
    analysis = analyze(chain)
    assert "American beyond 7 days" in analysis.assumptions
    assert analysis.by_expiration["forward_source"].to_list().count("parity") >= len(analysis.by_expiration) - 1
    as_european = Settings(exercise="european")
    free_race.run(
        lambda: analyze(chain),
        [local_lane("the same chain as European", len(chain.frame), lambda: analyze(chain, as_european))],
        rows=len(chain.frame),
        rounds=ROUNDS,
        topic="Full analysis, an American chain in memory",
        unit="contract",
    )
