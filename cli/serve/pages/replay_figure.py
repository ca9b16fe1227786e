"""The levels of a day as a picture, for a reader without scripts and for paper; `replay_chart.js` draws them else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.page.html import canvas_of
from gex.cli.render import figures
from gex.cli.render.series_chart import Chart, Curve, Look, Panel, Place
from gex.cli.render.series_picture import draw
from gex.cli.serve.pages.briefs import Brief
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

LEVELS: tuple[Look, ...] = ("spot", "flip", "call_wall", "put_wall")
CAPTION = (
    "One step a snapshot. Hatched: figures that are not known, or a net gamma under 5% of gross, whose sign is unknown."
)


def picture(symbol: str, finding: str, clocks: Sequence[str], found: Sequence[Brief | str | None]) -> Markup:
    """Return the picture of a day's figures, those of its snapshots in their order.

    Args:
        symbol: Whose.
        finding: What the day's figures did, a sentence.
        clocks: The time of each snapshot, as it is read.
        found: Their figures; a sentence or None where there are none.

    """
    there = [each if isinstance(each, Brief) else None for each in found]
    places = tuple(Place(clock, clock, int(brief is None)) for clock, brief in zip(clocks, there, strict=True))
    chart = Chart(symbol, finding, CAPTION, places, (_levels(there), _net(there)))
    return canvas_of(draw(chart, PAGE))


def _levels(there: Sequence[Brief | None]) -> Panel:
    curves = tuple(
        Curve(name.replace("_", " "), name, tuple(getattr(brief, name) if brief else None for brief in there))
        for name in LEVELS
    )
    last = there[-1].written() if there[-1] else {}
    beside = tuple(f"{curve.label} {last.get(curve.look, '')}" for curve in curves)
    return Panel("levels", "Spot, flip and walls, points", "price", 1, False, curves, beside=beside)


def _net(there: Sequence[Brief | None]) -> Panel:
    money = figures.Money.spanning([brief.net for brief in there if brief])
    values = tuple(brief.net / money.scale if brief else None for brief in there)
    unsure = tuple(place for place, brief in enumerate(there) if brief and brief.regime == "near_zero")
    last = [brief.written()["net"] for brief in there if brief][-1:]
    curve = Curve("net gamma", "net", values, unsure)
    return Panel("net", f"Net gamma, {money.unit} per +1% of spot", "number", 3, True, (curve,), beside=tuple(last))
