"""The page of a snapshot: what writing it takes beyond the analysis, its size, and Plotly where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.race import local_lane
from gex import Settings, read_chain
from gex.analysis import analysis_of, priced
from gex.cli.page.page import report
from gex.cli.page.view import view_of
from gex.ingest.sample import generate_days

if TYPE_CHECKING:
    from benchmarks.race import Lane, Race
    from gex.results import Analysis

MOST_BYTES = 500_000


def test_page(free_race: Race) -> None:
    first, second = (priced(read_chain(sample.chain), Settings()) for sample in generate_days("SPX", 2, seed=1))
    analysis = analysis_of(second)
    view = view_of(second, analysis, before=first)
    page = report(view)
    print(f"\n{second.market.used.size:,} contracts: a page of {len(page) / 1e3:.0f} kB")
    assert len(page) < MOST_BYTES
    lanes = [
        local_lane("the analysis it shows", 1, lambda: analysis_of(second)),
        local_lane("every definition, 0DTE, what changed", 1, lambda: view_of(second, analysis, before=first)),
        *_plotly(analysis),
    ]
    free_race.run(lambda: report(view), lanes, rows=1, rounds=9, topic="Writing the page of a snapshot", unit="page")


def _plotly(analysis: Analysis) -> list[Lane]:
    """Return Plotly's page of bars by strike, the profile and the heat map, its script inside."""
    try:
        import plotly.graph_objects as plotly
        from plotly.io import to_html
    except ModuleNotFoundError:
        return []
    by_strike, profile = analysis.by_strike, analysis.profile
    cells = analysis.by_contract.pivot(
        "expiration", index="strike", values="gamma_usd_per_1pct", aggregate_function="sum"
    ).sort("strike")

    def page() -> str:
        bars = plotly.Figure(
            plotly.Bar(x=by_strike["net"].to_numpy(), y=by_strike["strike"].to_numpy(), orientation="h")
        )
        curve = plotly.Figure(plotly.Scatter(x=profile.spots, y=profile.gamma_usd_per_1pct))
        heat = plotly.Figure(plotly.Heatmap(z=cells.drop("strike").to_numpy(), y=cells["strike"].to_numpy()))
        return "".join(to_html(each, full_html=False, include_plotlyjs=each is bars) for each in (bars, curve, heat))

    return [local_lane("Plotly, three bare charts of it", 1, page, note=f"{len(page()) / 1e6:.1f} MB")]
