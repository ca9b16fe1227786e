"""Price x time to the expiry: what dealers' gamma is, or what they trade as time passes, were spot there then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gex.plot import expiring, figures, page, prices
from gex.plot.drawing import Dot, Line, Patches, Text
from gex.plot.field import field_of
from gex.plot.figures import Money
from gex.plot.heat import legend, steps_of
from gex.plot.page import Found
from gex.plot.times import times_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from gex.intraday_results import ZeroDte
    from gex.plot.drawing import Drawing, Mark
    from gex.plot.field import Field
    from gex.plot.heat import Steps
    from gex.plot.prices import Window
    from gex.plot.theme import Theme
    from gex.plot.times import Times
    from gex.quotes import Floats

APART = (137.0, 49.0)
"""Pixels between the signs that are written in."""
CLEAR = 10.0
"""Pixels that a sign keeps from a line."""
# The corners of a sign's place and its middle.
AROUND = ((0.0, 0.0), (-CLEAR, -CLEAR), (CLEAR, -CLEAR), (-CLEAR, CLEAR), (CLEAR, CLEAR))
HALO = 2.4
"""Pixels of paper around a line on coloured ground."""
SIDES = ((1, "above"), (-1, "below"))
DOTS = (1.6, 3.2)
USUAL = 97.0
"""Percentile of sizes that the scale begins at or below: beyond it all is strongest."""


def draw(view: ZeroDte, theme: Theme) -> Drawing:
    """Return the chart of gamma."""
    values = view.surface.gamma_usd_per_1pct
    return _draw(view, theme, values, "net gamma from, {} per +1%; log-like scale", _found(view))


def draw_charm(view: ZeroDte, theme: Theme) -> Drawing:
    """Return the chart of trades as time passes."""
    values = view.surface.charm_trade_usd[:, :-1]
    return _draw(view, theme, values, "dealers buy (+) or sell (−) from, {}; log-like scale", _found_charm(view))


def _draw(view: ZeroDte, theme: Theme, values: Floats, name: str, found: Found) -> Drawing:
    times, spots = times_of(view), view.surface.spots
    sizes = np.abs(values[:, int(times.night and values.shape[1] > 1) :])
    if not np.any(sizes):
        return expiring.sheet(view, theme, found, page.absence(theme, "Dealers hold nothing that expires."))
    axis = expiring.window(view, float(spots[0]), float(spots[-1]))
    largest = float(np.percentile(sizes[sizes > 0], USUAL))
    money, steps = Money.spanning([largest]), steps_of(largest, theme)
    field = field_of(axis, times, spots, values)
    above = [*_cone(view, axis, times, theme), *prices.rules(axis, theme, (page.LEFT, page.RIGHT), beside=_ends(view))]
    marks = [
        *prices.scale(axis, theme, (page.LEFT, page.RIGHT)),
        *times.scale(theme, page.TOP, page.BOTTOM),
        *_layers(field, steps),
        *_signs(field, steps, [mark for mark in above if isinstance(mark, Line)]),
        *_haloed(above, theme),
        Dot((times.x(view.evaluated_at), axis.y(axis.spot)), theme.ink, 4.5),
        *legend(steps, money, name.format(money.unit)),
    ]
    return expiring.sheet(view, theme, found, marks)


def _layers(field: Field, steps: Steps) -> Iterator[Mark]:
    """Paint each side of zero from its weakest step to its strongest, each upon the one before."""
    for start in sorted(steps.starts):
        for side in (1.0, -1.0):
            shapes = field.beyond(side * start)
            if shapes:
                yield Patches(shapes, steps.color(side * start))


def _signs(field: Field, steps: Steps, lines: Sequence[Line]) -> Iterator[Mark]:
    """Write the sign into its ground here and there, away from lines and from where the colour changes."""
    paths = [np.array(line.points).T for line in lines]
    x, y = np.meshgrid(
        np.arange(page.LEFT + APART[0] / 2, page.RIGHT - CLEAR, APART[0]),
        np.arange(page.TOP + APART[1] / 2, page.BOTTOM - CLEAR, APART[1]),
        indexing="ij",
    )
    clear = np.all([np.abs(np.interp(x, *path) - y) > CLEAR for path in paths], axis=0)
    places = list(zip(x[clear].tolist(), y[clear].tolist(), strict=True))
    around = np.array(places)[:, None, :] + np.array(AROUND) if places else np.empty((0, len(AROUND), 2))
    for (left, top), values in zip(places, field.at(around[..., 0], around[..., 1]).tolist(), strict=True):
        near = set(map(steps.color, values))
        if len(near) == 1 and "" not in near:
            text = "+" if values[0] > 0 else figures.MINUS
            yield Text((left, top + 4), text, steps.theme.upon(near.pop()), 12, "middle")


def _cone(view: ZeroDte, axis: Window, times: Times, theme: Theme) -> Iterator[Mark]:
    """Draw one standard deviation from spot, widening with time."""
    if view.moves.one_sigma is None:
        return
    for side in (1, -1):
        points = [(times.x(view.evaluated_at), axis.y(axis.spot))]
        for until, sigma in zip(view.path["until"], view.path["one_sigma"], strict=True):
            points.append((times.x(until), axis.y(min(max(axis.spot + side * sigma, axis.low), axis.high))))
        yield Line(points, theme.ink, 1.8, DOTS)


def _ends(view: ZeroDte) -> list[tuple[float, str]]:
    """Name the ends of the cone."""
    sigma = view.moves.one_sigma
    if sigma is None:
        return []
    ends = ((view.level + sigma, "+"), (view.level - sigma, figures.MINUS))
    return [(end, f"{sign}1σ {figures.level(end, view.level)}") for end, sign in ends]


def _haloed(marks: Iterable[Mark], theme: Theme) -> Iterator[Mark]:
    """Set lines off from the ground below them."""
    for mark in marks:
        if isinstance(mark, Line):
            yield replace(mark, color=theme.paper, width=mark.width + HALO, dash=None)
        yield mark


def _found(view: ZeroDte) -> Found:
    surface = view.surface
    gamma = surface.gamma_usd_per_1pct[:, :-1]
    row, column = np.unravel_index(np.argmax(np.abs(gamma)), gamma.shape)
    peak = f"{figures.dollars(gamma[row, column])} around {surface.spots[row]:.{0 if view.level >= 1000 else 2}f}"
    peak += f" at {_clock(view, surface.times[column])}"
    first = f"sign of gamma unknown; as assumed {peak}" if view.unsure else f"{_along(view)}; peak {peak}"
    caption = (
        f"Dealers' net gamma of what expires, $ of delta per +1% over ±{100 * view.move:g}%, were spot there then: re-priced "
        f"at {len(surface.spots)} prices and {len(surface.times)} times, in between along straight lines, positions and "
        f"volatilities as now. Blank below the scale. {_dotted(view)}"
    )
    return Found(first if gamma.any() else "dealers hold nothing that expires", caption + _doubt(view))


def _along(view: ZeroDte) -> str:
    """Say what the sign at spot does as time passes."""
    signs = np.sign(view.surface.gamma_usd_per_1pct[len(view.surface.spots) // 2, :-1])
    names = {1.0: "positive", -1.0: "negative", 0.0: "zero"}
    turns = np.flatnonzero(signs != signs[0])
    if not len(turns):
        return f"gamma at spot stays {names[signs[0]]}"
    return f"gamma at spot is {names[signs[turns[0]]]} by {_clock(view, view.surface.times[turns[0]])}"


def _found_charm(view: ZeroDte) -> Found:
    surface, sigma = view.surface, view.moves.one_sigma
    sums = np.nansum(surface.charm_trade_usd, axis=1)
    here, title = float(np.interp(view.level, surface.spots, sums)), "time makes dealers {} at spot"
    if sigma is not None:
        sides = [(float(np.interp(view.level + side * sigma, surface.spots, sums)), name) for side, name in SIDES]
        there, name = max(sides, key=lambda side: abs(side[0] - here))
        deed = figures.dollars(abs(there)).removeprefix("+") if here * there > 0 else _deed(there)
        title += f", {deed} 1σ {name}"
    caption = (
        "What dealers must trade in each interval to stay hedged as time alone passes, were spot there then, $ of the underlying: "
        f"the difference of delta at fixed spot and volatility. Blank below the scale. {_dotted(view)}"
    )
    found = title.format(_deed(here)) if sums.any() else "dealers hold nothing that expires"
    return Found(found, caption + _doubt(view))


def _doubt(view: ZeroDte) -> str:
    return f" Sign unknown: {view.unsure}." if view.unsure else ""


def _deed(total: float) -> str:
    return f"{'buy' if total > 0 else 'sell'} {figures.dollars(abs(total)).removeprefix('+')}"


def _clock(view: ZeroDte, time: dt.datetime) -> str:
    return figures.weekday_clock(time, view.clock.expires_at)


def _dotted(view: ZeroDte) -> str:
    """Say what the cone is, or why there is none."""
    return "Dotted: one standard deviation." if view.moves.one_sigma else f"No expected move: {view.moves.reason}."
