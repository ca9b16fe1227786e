"""The table behind the chart of a series: every session, the last first, each figure with its percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.page.html import table
from gex.cli.render import figures
from gex.cli.render.history_screen import ABOVE, GROSS, NET, TODAY
from gex.cli.serve.pages.series_panels import NAMES, measure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from gex.cli.render.history_screen import Shown
    from gex.cli.render.series_chart import Chart
    from gex.cli.serve.pages.series_panels import Measure

    Row = dict[str, Any]

NONE = "–"
RANKED = (NET, GROSS, ABOVE, TODAY)
HEADS = {NET: "Net gamma", GROSS: "Gross gamma", ABOVE: "Above the flip", TODAY: "0DTE of gross"}


def behind(shown: Shown, chart: Chart, columns: Sequence[str] | None) -> Markup:
    """Return the table; `columns` are those asked for beyond the usual."""
    measures = {name: measure_of(name, [row[name] for row in shown.rows]) for name in RANKED}
    more = {name: measure_of(name, [row[name] for row in shown.rows]) for name in columns or () if name not in RANKED}
    head = [
        "Session", "Quotes, ET", "Spot", "Flip", "Call wall", "Put wall",
        *(text for name in RANKED for text in (_headed(HEADS[name], measures[name]), "pctl")),
        *(_headed(NAMES.get(name) or name.replace("_", " "), measure) for name, measure in more.items()),
    ]  # fmt: skip
    by_date = {f"{row['quote_date']}": row for row in shown.rows}
    rows = []
    for place in reversed(chart.places):
        if place.missing:
            count = f"no result for {place.missing:,} sessions" if place.missing > 1 else "no result"
            rows.append([place.label, count, *[NONE] * (len(head) - 2)])
        else:
            rows.append(list(_cells(by_date[place.label], place.time, measures, more)))
    caption = (
        "Every session, the last first. pctl: percentile among all sessions before its own, under the same settings"
    )
    return table(caption, head, rows, words=2)


def _headed(text: str, measure: Measure) -> str:
    return f"{text}, {measure.unit.removesuffix(' of spot')}" if measure.unit else text


def _cells(row: Row, time: str, measures: dict[str, Measure], more: dict[str, Measure]) -> Iterator[str]:
    yield f"{row['quote_date']}"
    yield time.removesuffix(" ET")
    yield figures.price(row["spot"])
    yield NONE if row["gamma_flip"] is None else figures.level(row["gamma_flip"], row["spot"])
    yield from (NONE if row[name] is None else figures.strike(row[name]) for name in ("call_wall", "put_wall"))
    for name, measure in measures.items():
        yield _or_none(row[name], measure) + ("?" if name == NET and row.get("regime") == "near_zero" else "")
        rank = row[f"{name}_percentile"]
        yield NONE if rank is None else f"{rank:.0f}"
    yield from (_or_none(row[name], measure) for name, measure in more.items())


def _or_none(value: float | None, measure: Measure) -> str:
    return NONE if value is None else measure(value)
