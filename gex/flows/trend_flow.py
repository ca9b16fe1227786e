"""Trend followers on the order-flow curve of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.trend import step

if TYPE_CHECKING:
    from gex.flows.trend import TrendModel, TrendState
    from gex.quotes import Floats


@dataclass(frozen=True)
class TrendFlow:
    """What they trade in a session that closes at a price: the change of their position, worked evenly until then.

    Attributes:
        state: After the close before, of shape (1,).
        model: What is traded.
        name: On the curve.

    """

    state: TrendState
    model: TrendModel
    name: str = "trend_followers"

    def usd(self, spots: Floats, elapsed: float) -> Floats:
        """Return what they have traded since the session's start if the price is there by then, $, buying positive.

        Args:
            spots: Prices of the underlying, points; shape (n,).
            elapsed: Fraction of the session that has passed, 0 at its start and 1 at its close.

        """
        before = self.state.at(np.zeros(len(spots), dtype=np.intp))
        after = step(before, np.log(np.asarray(spots) / before.close), self.model)
        change = after.held(self.model) - before.held(self.model)
        return np.asarray(elapsed * self.model.full_size_usd * change + 0.0)  # no negative zero
