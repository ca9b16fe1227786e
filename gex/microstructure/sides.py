"""Who crossed the spread: the side of each trade, which rule told it, and how likely it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Sides:
    """The sides of n trades.

    Attributes:
        side: +1 where the buyer took liquidity, -1 where the seller did, 0 where nothing tells; int8, shape (n,).
        rule: The place in `stack` of the rule that told it, -1 where none did; int8, shape (n,).
        probability: That `side` is right, from 0.5 to 1; 0.5 where it is 0; float64, shape (n,).
        stack: The rules in the order they were asked.

    """

    side: npt.NDArray[np.int8]
    rule: npt.NDArray[np.int8]
    probability: npt.NDArray[np.float64]
    stack: tuple[str, ...]

    @property
    def expected(self) -> npt.NDArray[np.float64]:
        """The expected side, (2p - 1) times the side told: what a sum over trades must add, or it overstates."""
        shrunk: npt.NDArray[np.float64] = self.side * (2.0 * self.probability - 1.0)
        return shrunk
