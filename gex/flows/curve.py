"""One order-flow curve: dollars that everyone must trade, against the price and the time of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.quotes import Floats


class Flow(Protocol):
    """Someone whose trades the price and the time decide."""

    @property
    def name(self) -> str:
        """`dealers`, `leveraged_funds`, `trend_followers`, `volatility_control`."""
        ...

    def usd(self, spots: Floats, elapsed: float) -> Floats:
        """Return what they have traded since the session's start if the price is there by then, $, buying positive.

        Args:
            spots: Prices of the underlying, points; shape (n,).
            elapsed: Fraction of the session that has passed, 0 at its start and 1 at its close.

        """
        ...


@dataclass(frozen=True)
class FlowCurve:
    """Dollars traded since the start of a session, by whom, at each time and price.

    Attributes:
        spots: Points, ascending; shape (n,).
        elapsed: Fractions of the session, ascending; shape (t,).
        usd: By name, $ with buying positive; shape (t, n) each.

    """

    spots: Floats
    elapsed: Floats
    usd: dict[str, Floats]

    @property
    def total(self) -> Floats:
        """All of them, $; shape (t, n)."""
        total: Floats = np.sum(list(self.usd.values()), axis=0)
        return total

    @property
    def book(self) -> Floats:
        """The implied order book, d(total)/dS, $ per point; shape (t, n): positive adds to a move, negative resists it."""
        slope: Floats = np.gradient(self.total, self.spots, axis=1)
        return slope


def flow_curve(flows: Sequence[Flow], spots: Floats, elapsed: Floats) -> FlowCurve:
    """Add up what everyone trades.

    Args:
        flows: Each with a name of its own.
        spots: Points, ascending, two or more; shape (n,).
        elapsed: Fractions of the session, ascending; shape (t,).

    Raises:
        ValueError: Two flows have one name, there is none, or spots are not positive and ascending.

    """
    names = [flow.name for flow in flows]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"expected flows of different names, got {names}")
    if len(spots) < 2 or not (spots[0] > 0 and np.all(np.diff(spots) > 0)):
        raise ValueError("spots must be two or more prices, positive and ascending")
    usd = {flow.name: np.stack([flow.usd(spots, float(each)) for each in elapsed]) for flow in flows}
    return FlowCurve(np.asarray(spots), np.asarray(elapsed), usd)
