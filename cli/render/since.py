"""What has changed since the snapshot before, in a line: differences, where `gex diff` tells causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.terminal import flow

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.results import Analysis

SIDES = {"long_gamma": "LONG GAMMA", "short_gamma": "SHORT GAMMA", "near_zero": "GAMMA NEAR ZERO"}
WALLS = {"call_wall": "call wall", "put_wall": "put wall"}


def since_lines(before: Analysis, after: Analysis, terminal: Terminal) -> list[str]:
    """Return by how much spot, net gamma and the flip moved, which walls did, and the side if that is another one."""
    spot, was = figures.spot_of(after), figures.spot_of(before)
    when, percent = figures.clock(before.quote_time, after.quote_time), figures.signed(100 * (spot / was - 1), 2)
    parts = [
        f"SINCE {when}  spot {_points(spot - was)} ({percent}%)",
        _net(before, after),
        _flip(before, after),
        _walls(before, after),
    ]
    lines = [terminal.paint(line, "ink", bold=True) for line in flow(parts, terminal.width, indent="  ")]
    if before.regime != after.regime:
        turned = f"! {SIDES[after.regime]}, and was {SIDES[before.regime]}"
        lines.append(terminal.paint(turned, "alert", bold=True))
    return lines


def _net(before: Analysis, after: Analysis) -> str:
    old, new = (each.exposure.gamma_usd_per_1pct.net for each in (before, after))
    money = figures.Money.spanning([old, new])
    if money(old) == money(new):
        return f"net unchanged at {money(new)} {money.unit}"
    return f"net {money(new - old)} to {money(new)} {money.unit}"


def _flip(before: Analysis, after: Analysis) -> str:
    old, new, spot = before.levels.gamma_flip, after.levels.gamma_flip, figures.spot_of(after)
    if new is None:
        return "no flip" if old is None else f"flip gone, was {figures.level(old, spot)}"
    if old is None:
        return f"flip new at {figures.level(new, spot)}"
    if figures.level(old, spot) == figures.level(new, spot):
        return f"flip unchanged at {figures.level(new, spot)}"
    return f"flip {_points(new - old)} to {figures.level(new, spot)}"


def _walls(before: Analysis, after: Analysis) -> str:
    moved = []
    for name, label in WALLS.items():
        old, new = getattr(before.levels, name), getattr(after.levels, name)
        if old != new:
            texts = ("none" if each is None else figures.strike(each) for each in (old, new))
            moved.append(f"{label} {' → '.join(texts)}")
    return ", ".join(moved) or "walls unchanged"


def _points(value: float) -> str:
    return figures.signed(value, 2)
