"""Odds by strike, price as height: to be settled at, to be touched, and dealers' gamma there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.plot import drawing, expiring, figures, page, prices
from gex.plot.drawing import Dot, Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found
from gex.plot.strikes import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.intraday_results import ZeroDte
    from gex.plot.drawing import Drawing, Mark
    from gex.plot.prices import Window
    from gex.plot.theme import Theme

    Row = dict[str, Any]

PIN, TOUCH, GAMMA = (page.LEFT, 360.0), (400.0, 600.0), (640.0, page.RIGHT)
"""Left and right of the three panels."""
PANELS = (PIN, TOUCH, GAMMA)
REACH = 2.5
"""Standard deviations from spot that are shown,"""
LEAST, MOST = 7, 80
"""with so many strikes at least and at most."""
BESIDE = 2.0
"""Ticks of volume further out than so many times the largest bar stand at the edge."""
LEGIBLE = 11.0
"""Pixels of height that a bar with its figure needs."""
NET, BY_VOLUME = "net_gamma_usd_per_1pct", "net_by_volume_usd_per_1pct"


def draw(view: ZeroDte, theme: Theme) -> Drawing:
    """Return the chart."""
    rows = rows_of(view)
    if not rows:
        found = Found("no odds", "Odds of each strike, by the smile of the expiration.")
        why = view.moves.reason or "no strike has a volatility"
        return expiring.sheet(view, theme, found, page.absence(theme, f"No odds: {why}."))
    return expiring.sheet(view, theme, _found(view, rows), list(_marks(view, rows, theme)))


def rows_of(view: ZeroDte) -> list[Row]:
    """Return the rows of `ZeroDte.odds` that are shown, lowest strike first; none without an expected move."""
    sigma = view.moves.one_sigma
    if sigma is None:
        return []
    rows = sorted(view.odds.to_dicts(), key=lambda row: abs(row["strike"] - view.level))
    near = sum(abs(row["strike"] - view.level) <= REACH * sigma for row in rows)
    return sorted(rows[: min(max(near, LEAST), MOST)], key=lambda row: row["strike"])


def window_of(view: ZeroDte, rows: Sequence[Row]) -> Window:
    """Return the prices in sight."""
    room = 1.2 * max(row["half_spacing"] for row in rows)
    return expiring.window(view, rows[0]["strike"] - room, rows[-1]["strike"] + room)


def _marks(view: ZeroDte, rows: Sequence[Row], theme: Theme) -> Iterator[Mark]:
    axis = window_of(view, rows)
    yield from prices.scale(axis, theme, *PANELS)
    below = [mark for mark in prices.rules(axis, theme, PIN) if isinstance(mark, Line)]
    yield from below
    yield from _pin(axis, rows, theme, [line.points[0][1] for line in below])
    yield from _touch(axis, rows, theme)
    yield from _gamma(axis, rows, theme)
    yield from prices.rules(axis, theme, TOUCH, GAMMA)


def _half(axis: Window, row: Row) -> float:
    """Return half the height of a strike's bar: it stands for the prices nearest to it."""
    return 0.84 * abs(axis.y(0.0) - axis.y(row["half_spacing"]))


def _pin(axis: Window, rows: Sequence[Row], theme: Theme, lines: Sequence[float]) -> Iterator[Mark]:
    """Draw the odds to settle nearest each strike, the likeliest in ink."""
    best = max(rows, key=lambda row: row["pin_probability"])
    most = best["pin_probability"]
    yield from _share_scale(PIN, 1.2 * most, "settle nearest the strike", theme)
    for row in rows:
        y, half, share = axis.y(row["strike"]), _half(axis, row), row["pin_probability"]
        end = PIN[0] + share / (1.2 * most) * (PIN[1] - PIN[0])
        likeliest = row is best
        yield drawing.box(PIN[0], y - half, end, y + half, theme.ink if likeliest else theme.muted)
        if 2 * half >= LEGIBLE or likeliest:
            text = f"{100 * share:.1f}%"
            if any(abs(line - y) < LEGIBLE for line in lines):
                wide = drawing.text_width(text, 10.5, bold=likeliest)
                yield drawing.box(end + 2, y - 6, end + 8 + wide, y + 6, theme.paper)
            yield Text((end + 5, y + 4), text, theme.ink, 10.5, bold=likeliest)


def _touch(axis: Window, rows: Sequence[Row], theme: Theme) -> Iterator[Mark]:
    """Draw the odds to be touched on the way; the price that spot has is touched already."""
    yield from _share_scale(TOUCH, 1.0, "touch it before the expiry", theme)
    odds = [(row["strike"], row["touch_probability"]) for row in rows]
    points = [(TOUCH[0] + share * (TOUCH[1] - TOUCH[0]), axis.y(price)) for price, share in odds]
    known = sorted({*points, (TOUCH[1], axis.y(axis.spot))}, key=lambda point: -point[1])
    yield Line(known, theme.ink, 1.8)
    yield from (Dot(point, theme.ink, 2.4) for point in points)


def _share_scale(panel: tuple[float, float], most: float, name: str, theme: Theme) -> Iterator[Mark]:
    for value in drawing.ticks(0.0, 100 * most, 4):
        x = panel[0] + value / (100 * most) * (panel[1] - panel[0])
        yield Line([(x, page.TOP), (x, page.BOTTOM)], theme.grid if value else theme.muted, 1.0 if value else 1.2)
        yield Text((x, page.BOTTOM + 18), f"{value:g}%", theme.muted, 11.5, "middle")
    yield Text((panel[0], page.TOP - 12), name, theme.muted, 11.5)


def _gamma(axis: Window, rows: Sequence[Row], theme: Theme) -> Iterator[Mark]:
    """Draw dealers' gamma of each strike, and as a tick what it would be by today's volume."""
    most = BESIDE * max(abs(row[NET]) for row in rows)
    volumes = [min(max(row[BY_VOLUME], -most), most) if most else row[BY_VOLUME] for row in rows]
    values = [*(row[NET] for row in rows), *volumes]
    money = Money.spanning(values)
    panel = Panel(GAMMA, page.span(values), money, theme)
    yield from panel.scale(f"dealers' gamma, {money.unit} per +1% (tick: by volume)", 5)
    for row in rows:
        y, half = axis.y(row["strike"]), _half(axis, row)
        yield from panel.bar(row[NET], y - half, y + half, theme.strong(row[NET]), sure=row[NET] * row[BY_VOLUME] >= 0)
        if row[BY_VOLUME]:
            x = panel.x(row[BY_VOLUME])
            yield Line([(x, y - half), (x, y + half)], theme.ink, 2.0)
    yield panel.zero()


def _found(view: ZeroDte, rows: Sequence[Row]) -> Found:
    row = max(rows, key=lambda each: each["pin_probability"])
    sigma = view.moves.one_sigma or 0.0
    halves = sorted({each["half_spacing"] for each in rows})
    spread = " to ".join(f"±{figures.strike(each)}" for each in (halves[:1] + halves[1:][-1:]))
    title = (
        f"most likely to settle near {figures.strike(row['strike'])}, at {100 * row['pin_probability']:.1f}%; "
        f"±{figures.three_digits(sigma)} points left to move (1 sigma)"
    )
    caption = (
        f"Odds by the expiration's own smile, risk-neutral. Settle: within {spread} points of the strike. Touch: at any time "
        "before. Gamma: dealers' of that strike; where it is positive their hedging holds the price near. Tick: were they to "
        "hold today's volume, at the edge if beyond; hatched: that has the other sign, so the sign is unknown."
    )
    return Found(title, caption)
