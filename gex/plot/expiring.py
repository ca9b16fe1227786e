"""What every chart of a 0DTE view has: which expiration it is of, why not today's, how long it has left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gex.plot import figures, page
from gex.plot.drawing import Text
from gex.plot.prices import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gex.intraday_results import RootClock, ZeroDte
    from gex.plot.drawing import Drawing, Mark
    from gex.plot.page import Found
    from gex.plot.theme import Theme


def sheet(view: ZeroDte, theme: Theme, found: Found, marks: Iterable[Mark]) -> Drawing:
    """Lay a chart out; where nothing expires today, it says so above all else."""
    drawn = page.sheet(name(view), state(view), page.assumed(view), theme, found, marks)
    if not view.clock.reason:
        return drawn
    told = Text((page.MARGIN, 76), why(view), theme.alert, 12.5, bold=True)
    return replace(drawn, frame=[*drawn.frame, told], description=f"{why(view)} {drawn.description}")


def name(view: ZeroDte) -> str:
    """Name the expiration: SPX 0DTE, SPX Mon 12-11."""
    date = view.clock.expiration
    here = view.evaluated_at.astimezone(figures.NEW_YORK)
    day = f"{date:%a %m-%d}" if date.year == here.year else f"{date:%a %Y-%m-%d}"
    return f"{view.underlying} 0DTE" if view.clock.is_today else f"{view.underlying} {day}"


def state(view: ZeroDte) -> str:
    """Say what the price is, when, and what expires when."""
    roots = ", ".join(_root(root, view) for root in view.clock.roots)
    return f"{page.quoted(view, view.level)} · {roots}"


def _root(root: RootClock, view: ZeroDte) -> str:
    at = figures.weekday_clock(root.expires_at, view.evaluated_at)
    return f"{root.root} expires {at}, {figures.duration(root.minutes_left)} left"


def why(view: ZeroDte) -> str:
    """Say why it is not today's expiration that is shown."""
    return f"Nothing expires today: {view.clock.reason}. Shown is the next expiration, {view.clock.expiration:%a %Y-%m-%d}."


def window(view: ZeroDte, low: float, high: float) -> Window:
    """Return prices in sight with spot and the expiration's own levels."""
    return Window(low, high, view.level, view.holdings[0].levels)
