"""Bands of a level: which one each day is in, and the levels at its ends."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.signal import Signal
from gex.signals.states import Change, States, finite_codes, states_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.quotes import Floats, Ints

VIX_EDGES = (20.0, 24.0, 45.0)
VIX_BANDS = ("normal", "raised", "stress", "extreme")
"""Below 20, from 20, from 24 and from 45 on: a rule of thumb of the street, not an estimate."""


def bands(
    name: str,
    dates: npt.NDArray[np.datetime64],
    values: Floats,
    edges: Sequence[float] = VIX_EDGES,
    names: Sequence[str] = VIX_BANDS,
) -> States:
    """Return the band of each day; a value on an edge is in the band above it.

    Args:
        name: Of the series: VIX.
        dates: Ascending, shape (n,).
        values: Points, shape (n,).
        edges: Where the bands meet, points, ascending.
        names: Of the bands, one more than edges, going up.

    Raises:
        ValueError: Edges are not finite and ascending, or names do not fit them.

    """
    if not edges or not all(map(isfinite, edges)) or any(high <= low for low, high in pairwise(edges)):
        raise ValueError(f"edges must be finite and ascending, got {list(edges)}")
    if len(names) != len(edges) + 1:
        raise ValueError(f"{len(edges)} edges make {len(edges) + 1} bands, got {len(names)} names")
    codes = finite_codes(values, np.searchsorted(edges, values, side="right"))
    definition = f"{name} in bands from {', '.join(f'{edge:g}' for edge in edges)} on: {', '.join(names)}"
    signal = Signal(f"{name.lower()}_band", definition, "points", dates, values)
    return states_of(signal, tuple(names), codes, _changes(name, codes, edges, names))


def _changes(name: str, codes: Ints, edges: Sequence[float], names: Sequence[str]) -> tuple[Change, ...]:
    """Return the ends of the last day's band."""
    if not len(codes) or codes[-1] < 0:
        return ()
    band = int(codes[-1])
    up = [Change(names[band + 1], name, "at_or_above", edges[band], "points")] if band < len(edges) else []
    down = [Change(names[band - 1], name, "below", edges[band - 1], "points")] if band else []
    return (*up, *down)
