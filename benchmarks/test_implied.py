"""Volatility from prices: the out-of-the-money options of the chain that are worth a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.inputs import quotes
from benchmarks.truth import implied_error
from gex.pricing import Status, implied_vol

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.race import Race


def test_implied(race: Race) -> None:
    data = quotes()
    inputs = [data[name] for name in ("price", "forward", "strike", "years")]

    def ours() -> np.ndarray:
        return implied_vol(*inputs, is_call=data["is_call"])[0]

    assert (implied_vol(*inputs, is_call=data["is_call"])[1] == Status.CONVERGED).all()
    race("implied", data, ours, implied_error, topic="Implied volatility, quotes of a chain", unit="quote")
