"""Gamma of a chain, in any order and in that of its expirations, and of a million contracts with nothing in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.inputs import chain, million, sorted_chain
from benchmarks.race import local_lane
from benchmarks.truth import gamma_error
from gex.pricing import gamma

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.inputs import Columns
    from benchmarks.race import Race


@pytest.mark.parametrize(
    ("columns", "order"),
    [(chain, ""), (sorted_chain, " sorted by expiration"), (million, "")],
    ids=["20,000", "sorted", "1,000,000"],
)
def test_gamma(race: Race, columns: Callable[[], Columns], order: str) -> None:
    data = columns()
    inputs = [data[name] for name in ("spot", "strike", "years", "sigma", "rate", "dividend")]
    out = np.empty_like(data["strike"])
    topic = f"Gamma, {out.size:,} contracts{order}"
    new = local_lane("ours, into a new array", out.size, lambda: gamma(*inputs))
    race("gamma", data, lambda: gamma(*inputs, out=out), gamma_error, also=[new], topic=topic, unit="contract")
