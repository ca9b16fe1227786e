"""A dated series that says how it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gex.quotes import Floats


@dataclass(frozen=True)
class Signal:
    """One figure a day.

    Attributes:
        name: `sma_50`, `vvix_persistence`.
        definition: The formula in words or symbols, with its source.
        unit: Of the values: `points`, `%`, `sessions`, `state`.
        dates: Days, ascending, `datetime64[D]`; shape (n,).
        values: NaN where it is not defined yet; shape (n,). A day's value uses nothing later than that day.

    """

    name: str
    definition: str
    unit: str
    dates: npt.NDArray[np.datetime64]
    values: Floats
