"""What prices did after each event: returns to a horizon, and how bad and how good it got on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gex.quotes import Bools, Floats, Ints

ROWS = 4096
"""Windows looked at together: at 252 sessions each, 8 MB."""


def forward_returns(closes: Floats, horizon: int) -> Floats:
    """Return close to close returns over the next `horizon` sessions, as fractions; NaN where they are not over yet.

    Args:
        closes: Above 0; shape (n,).
        horizon: Sessions, 1 or more.

    Returns:
        Shape (n,).

    """
    returns = np.full(len(closes), np.nan)
    if horizon < len(closes):
        returns[:-horizon] = closes[horizon:] / closes[:-horizon] - 1
    return returns


def excursions(closes: Floats, entries: Ints, horizon: int) -> tuple[Floats, Floats, Floats]:
    """Return the deepest fall from a high, the lowest and the highest close of each window, all against the entry.

    Args:
        closes: Above 0; shape (n,).
        entries: Places in `closes` with `horizon` sessions after them; shape (m,).
        horizon: Sessions.

    Returns:
        Fractions, of closes alone (days' ranges are not looked at); the entry is part of its window, so that falls are
        0 or below and gains 0 or above. Shape (m,) each.

    """
    found = np.empty((3, len(entries)))
    if len(entries):
        windows = np.lib.stride_tricks.sliding_window_view(closes, horizon + 1)
        for start in range(0, len(entries), ROWS):
            path = windows[entries[start : start + ROWS]]
            drawdowns = (path / np.maximum.accumulate(path, axis=1)).min(axis=1)
            ends = path.min(axis=1) / path[:, 0], path.max(axis=1) / path[:, 0]
            found[:, start : start + ROWS] = np.stack([drawdowns, *ends]) - 1
    return found[0], found[1], found[2]


def cooled(entries: Ints, gap: int) -> Bools:
    """Say of each entry whether it is kept, if one is only taken `gap` sessions or more after the last that was.

    Args:
        entries: Ascending; shape (m,).
        gap: Sessions.

    """
    kept = np.zeros(len(entries), dtype=bool)
    last = None
    for place, entry in enumerate(entries):
        if last is None or entry - last >= gap:
            kept[place], last = True, entry
    return kept
