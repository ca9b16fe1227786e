"""The term structure of implied volatility: a nearer index over a farther one, backwardation above 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.signals.signal import Signal
from gex.signals.states import Change, States, common_days, finite_codes, states_of

if TYPE_CHECKING:
    from gex.ingest.daily_schema import DailyHistory
    from gex.signals.states import Comparison

NAMES = ("contango", "backwardation")


def term_structure(near: DailyHistory, far: DailyHistory) -> States:
    """Return near / far of the days that both have; backwardation where the near one is the higher.

    Args:
        near: Of the shorter horizon: VIX9D, or VIX.
        far: Of the longer one: VIX, or VIX3M.

    """
    days, others = common_days(near.dates, far.dates)
    first, second = near.column()[days], far.column()[others]
    ratio = np.divide(first, second, out=np.full(len(days), np.nan), where=second > 0)
    definition = f"{near.name} / {far.name}: above 1 the near horizon is priced higher (backwardation)"
    signal = Signal(f"{near.name}_over_{far.name}".lower(), definition, "ratio", near.dates[days], ratio)
    codes = finite_codes(ratio, (ratio > 1.0).astype(np.int64))
    changes: tuple[Change, ...] = ()
    if len(codes) and codes[-1] >= 0:
        inverted = bool(codes[-1])
        given = f"{far.name} as it is"
        side: Comparison = "at_or_below" if inverted else "above"
        changes = (Change(NAMES[not inverted], near.name, side, float(second[-1]), "points", given),)
    return states_of(signal, NAMES, codes, changes)
