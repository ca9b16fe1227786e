"""How often the tape's band holds the true flow, on simulated days of known sides; docs/microstructure.md has the counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from market import Day, simulate

from gex.microstructure.accuracies import Accuracies, calibrated
from gex.microstructure.bars import Bars
from gex.microstructure.sides import Sides, classify
from gex.microstructure.tape import Tape, TapeSettings
from gex.microstructure.trade_greeks import TradePricer

DAYS = 40


def measured(days: list[Day]) -> tuple[Accuracies, float]:
    """Return how often rules are right on some days, and how often a dealer is the other side."""
    told = [classify(day.trades) for day in days]
    arrays = (np.concatenate([getattr(each, name) for each in told]) for name in ("side", "rule", "probability"))
    truth = np.concatenate([-np.sign(day.truth["dealer_change"].to_numpy()) for day in days])
    accuracies = calibrated(pl.concat([day.trades for day in days]), Sides(*arrays, told[0].stack), truth)
    return accuracies, float((truth != 0).mean())


def is_inside(day: Day, accuracies: Accuracies, maker_share: float) -> bool:
    """Tell whether the band of a whole day holds what dealers' true changes come to."""
    tape = Tape(TapeSettings(bars=Bars.of("1d"), maker_share=maker_share))
    tape.add(day.trades, classify(day.trades, accuracies=accuracies))
    row = tape.close().row(0, named=True)
    found = TradePricer().price(day.trades)
    units = day.truth["dealer_change"].to_numpy() * day.trades["multiplier"].to_numpy()
    truth = -(units * np.nan_to_num(found.delta * found.spot)).sum()
    return bool(row["cumulated_low_usd"] <= truth <= row["cumulated_high_usd"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "least", "most"), [({"lean": 0.0, "contrarian": 0.0}, 34, 40), ({}, 28, 37)], ids=["apart", "together"]
)
def test_the_band_holds_the_truth_as_often_as_is_said(settings: dict[str, Any], least: int, most: int) -> None:
    """Of customers who lean and follow the market together it does not know: it is too narrow then."""
    known = measured([simulate(seed, **settings) for seed in range(4)])
    inside = sum(is_inside(simulate(10_000 + day, **settings), *known) for day in range(DAYS))
    assert least <= inside <= most
