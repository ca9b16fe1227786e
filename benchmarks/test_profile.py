"""Gamma of a whole book at 400 spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.inputs import chain
from benchmarks.race import local_lane
from benchmarks.truth import profile_error
from gex.pricing import gamma_profile

if TYPE_CHECKING:
    from benchmarks.race import Race

COLUMNS = ("strike", "years", "sigma", "weight", "rate", "dividend")


def test_profile(race: Race) -> None:
    """On a ladder uniform in ln(spot); at any other spots, ours is a lane beside it."""
    data = chain()
    contracts = [data[name] for name in COLUMNS]
    spots = data["spots"]
    even = np.linspace(spots[0], spots[-1], spots.size)
    elsewhere = {"value": gamma_profile(even, *contracts)}
    assert profile_error({**data, "spots": even}, elsewhere, 8.5) <= 1e-12
    lane = local_lane("ours, at any spots", data["strike"].size, lambda: gamma_profile(even, *contracts))
    race(
        "profile",
        data,
        lambda: gamma_profile(spots, *contracts),
        profile_error,
        also=[lane],
        items=spots.size,
        topic=f"Gamma profile, {data['strike'].size:,} contracts at {spots.size} spots",
        unit="contract and spot",
    )
