"""How far an analysis can be off because its positions are estimated: two lines under the levels, and in JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.microstructure.intervals import FlipInterval, Interval, Intervals, WallInterval
    from gex.results import Analysis

NO_ZERO_DTE = "no contract expires on the quote date"
NO_OTHERS = "every contract used expires on the quote date"
SHOWN = 2
"""Strikes of a wall; more are counted."""


def interval_lines(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Return the intervals as lines; none where positions are taken for certain."""
    found = analysis.intervals
    if found is None:
        return []
    unit, cells = cells_of(found, figures.spot_of(analysis))
    head = (f"{found.confidence:.0%} BY POSITIONS", "flip", "call wall", "put wall", f"net {unit}")
    first, second = aligned([head, ("", *cells)], "<>>>>")
    below = [f"net gamma below zero with {figures.percent(found.net.negative_probability)}"]
    if found.zero_dte:
        today = figures.Money.spanning([found.zero_dte.low, found.zero_dte.high])
        odds = figures.percent(found.zero_dte.negative_probability)
        below.append(f"0DTE alone {_range(found.zero_dte, today)} {today.unit}, below zero with {odds}")
    if others := len(found.flip.ranges) - (found.flip.flip is not None):
        below.append(f"{others} more range{'s'[: others > 1]} where it may flip")
    return [terminal.paint(first, "muted"), second, *flow(below, terminal.width, indent="  ")]


def cells_of(found: Intervals, spot: float, money: figures.Money | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the unit of net gamma, and the intervals of flip, call wall, put wall and net; on `money`'s scale if given."""
    money = money or figures.Money.spanning([found.net.low, found.net.high])
    walls = (_wall(found.call_wall), _wall(found.put_wall))
    return money.unit, (_flip(found.flip, spot), *walls, _range(found.net, money))


def published(found: Intervals) -> dict[str, Any]:
    """Return the intervals as published in JSON."""
    missing = {"zero_dte": (found.zero_dte, NO_ZERO_DTE), "ex_zero_dte": (found.ex_zero_dte, NO_OTHERS)}
    flip = asdict(found.flip) | {"ranges": [{"low": low, "high": high} for low, high in found.flip.ranges]}
    return {
        "confidence": found.confidence,
        "net": _published(found.net),
        "zero_dte": found.zero_dte and _published(found.zero_dte),
        "ex_zero_dte": found.ex_zero_dte and _published(found.ex_zero_dte),
        "by_expiration": [{"expiration": day} | _published(each) for day, each in found.by_expiration.items()],
        "flip": flip,
        "call_wall": asdict(found.call_wall),
        "put_wall": asdict(found.put_wall),
        "reasons": {name: reason for name, (value, reason) in missing.items() if value is None},
    }


def _published(each: Interval) -> dict[str, float]:
    values: dict[str, float] = asdict(each)
    return {"net_usd_per_1pct": values.pop("net"), **values}


def _range(each: Interval, money: figures.Money) -> str:
    return f"{money(each.low)} to {money(each.high)}"


def _flip(found: FlipInterval, spot: float) -> str:
    """Write the range the flip is in; an end that is not known is left open."""
    if found.flip is None:
        return "none"
    if found.low is None and found.high is None:
        return "anywhere"
    return "–".join("…" if end is None else figures.level(end, spot) for end in (found.low, found.high))


def _wall(found: WallInterval) -> str:
    if not found.strikes:
        return "none"
    more = len(found.strikes) - SHOWN
    listed = [figures.strike(share.strike) for share in found.strikes[:SHOWN]]
    return "/".join(listed) + (f" +{more}" if more > 0 else "")
