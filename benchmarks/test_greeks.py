"""Price and six greeks in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.inputs import chain, million, sorted_chain
from benchmarks.race import local_lane
from benchmarks.truth import greeks_error
from gex.pricing import greeks

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.inputs import Columns
    from benchmarks.race import Race


@pytest.mark.parametrize(
    ("columns", "order"),
    [(chain, ""), (sorted_chain, " sorted by expiration"), (million, "")],
    ids=["20,000", "sorted", "1,000,000"],
)
def test_greeks(race: Race, columns: Callable[[], Columns], order: str) -> None:
    data = columns()
    inputs = [data[name] for name in ("spot", "strike", "years", "sigma", "rate", "dividend", "is_call")]
    out = list(np.empty((7, data["strike"].size)))
    topic = f"Seven greeks, {out[0].size:,} contracts{order}"
    new = local_lane("ours, into new arrays", out[0].size, lambda: greeks(*inputs))
    race("greeks", data, lambda: greeks(*inputs, out=out), greeks_error, also=[new], topic=topic, unit="contract")
