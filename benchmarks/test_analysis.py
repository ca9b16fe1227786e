"""A chain in memory to a full analysis, beside the least work it must contain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers.numpy_scipy import profile
from benchmarks.race import local_lane
from gex import analyze, read_chain
from gex.ingest.sample import generate
from gex.pricing import gamma_profile, log_ladder

if TYPE_CHECKING:
    from benchmarks.race import Race

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
    ]
    free_race.run(
        lambda: analyze(chain),
        lanes,
        rows=rows,
        rounds=ROUNDS,
        topic="Full analysis, a chain in memory",
        unit="contract",
    )
