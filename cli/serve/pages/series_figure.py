"""The chart of a series on its page: a picture, the table behind it, and the same figures for the script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.page.html import drawn, floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from gex.cli.render.series_chart import Chart

LETTERS = {"ok": "o", "pending": "p", "breached": "b", "cleared": "c", "unknown": "u", None: " "}


def figure(chart: Chart, table: Markup) -> Markup:
    """Return the chart with its table; the script draws the same figures again where it can."""
    from gex.cli.render.series_picture import draw
    from gex.plot.theme import PAGE

    finding = chart.finding[:1].upper() + chart.finding[1:]
    svg, data = draw(chart, PAGE).inline(), document(chart)
    return drawn("series-chart", f"{finding}.", svg, chart.caption, table, panel="series", data=data)


def document(chart: Chart) -> dict[str, Any]:
    """Return what the script draws."""
    return {
        "labels": [place.label for place in chart.places],
        "times": [place.time for place in chart.places],
        "missing": [place.missing for place in chart.places],
        "panels": [
            {
                "name": panel.name,
                "title": panel.title,
                "kind": panel.kind,
                "digits": panel.digits,
                "signed": panel.signed,
                "curves": [
                    {
                        "label": curve.label,
                        "look": curve.look,
                        "values": packed(curve.values),
                        "unsure": curve.unsure,
                        "breaches": curve.breaches,
                    }
                    for curve in panel.curves
                ],
                "bounds": [{"rule": each.rule, "value": each.value, "words": each.words} for each in panel.bounds],
                "ranks": packed(panel.ranks) if panel.ranks else None,
                "low": packed(panel.band[0]) if panel.band else None,
                "high": packed(panel.band[1]) if panel.band else None,
            }
            for panel in chart.panels
        ],
        "lanes": [
            {
                "rule": lane.rule,
                "now": lane.now,
                "severity": lane.severity,
                "states": "".join(LETTERS[state] for state in lane.states),
            }
            for lane in chart.lanes
        ],
    }


def packed(values: Sequence[float | None]) -> str:
    """Return figures as base64; what is not there as NaN."""
    return floats([float("nan") if value is None else value for value in values])
