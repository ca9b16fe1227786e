"""What a page shows of one snapshot: the analysis, and what stands beside it or why it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gex.analysis import Priced
    from gex.change import Change
    from gex.history import Standing
    from gex.intraday_results import ZeroDte
    from gex.level_book import LevelBook
    from gex.results import Analysis

MERGED = "of a merged book there is none; see its sources one by one"
FIRST = "there is no earlier snapshot of this underlying to compare with"
EVERY_MINUTES, VOL_POINTS, FINITE_MOVE = 15.0, 1.0, 0.001
"""The hedging path's interval, the move of volatility that vanna is traded for, the move gamma is averaged over."""


@dataclass(frozen=True)
class View:
    """One snapshot as a page shows it; a sentence in place of a part says why it is not there."""

    analysis: Analysis
    levels: LevelBook | str
    """Under every public definition."""
    zero_dte: ZeroDte | str
    """What expires today, or next."""
    change: Change | str
    """What moved gamma and levels since the snapshot before."""
    standing: Standing | None = None
    """Where its figures stand among those of earlier sessions; None where no results are named."""


def view_of(
    base: Priced, analysis: Analysis, *, before: Priced | str | None = None, standing: Standing | None = None
) -> View:
    """Return what a page shows of a chain that is priced and analysed.

    Args:
        base: The chain, priced.
        analysis: Its analysis.
        before: The snapshot before it, priced under the same settings, or why it cannot be had; None where there is
            none.
        standing: Where its figures stand among those of earlier sessions.

    """
    from gex.level_book import level_book

    return View(analysis, level_book(base), _zero_dte(base), _change(before, base), standing)


def merged_view(analysis: Analysis) -> View:
    """Return what a page shows of several sources as one book."""
    return View(analysis, MERGED, MERGED, MERGED)


def _zero_dte(base: Priced) -> ZeroDte | str:
    from gex.cli.zero_dte import plan_of
    from gex.intraday import zero_dte

    try:
        return zero_dte(base.chain, base.settings, plan_of(EVERY_MINUTES, VOL_POINTS, FINITE_MOVE))
    except ValueError as error:
        return str(error)


def _change(before: Priced | str | None, after: Priced) -> Change | str:
    from gex.change import change_of

    if before is None or isinstance(before, str):
        return before or FIRST
    try:
        return change_of(before, after)
    except ValueError as error:
        return str(error)
