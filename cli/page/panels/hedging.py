"""What dealers must trade after a move and as time passes, as a chart and as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.page.html import figure, section, table
from gex.cli.render import figures
from gex.plot import hedging, page
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from gex.cli.page.view import View
    from gex.results import Analysis, HedgeFlow

SIZES = (page.HALF, page.NARROW)


def panel(view: View) -> Markup:
    """Return the section."""
    analysis = view.analysis
    wide, narrow = (hedging.draw(analysis, PAGE, size) for size in SIZES)
    lines = [list(_lines(analysis, flow)) for flow in hedging.columns_of(analysis)]
    drawn = lines if any(flow.flow_usd for flow in analysis.hedge_flow) else []
    data = {"charts": [{"left": size.left, "right": size.right, "lines": drawn} for size in SIZES]}
    chart = figure("hedging-chart", wide, _table(analysis), narrow=narrow, panel="columns", data=data)
    return section("hedging", "What dealers must trade", chart, kind="half")


def _lines(analysis: Analysis, flow: HedgeFlow | None) -> Iterator[str]:
    """Say what the pointer says of a column."""
    spot = figures.spot_of(analysis)
    if flow is None:
        yield f"spot {figures.price(spot)}"
        return
    yield f"{_move(flow)} to {_price(analysis, flow)}"
    yield f"dealers {_trade(flow)}"
    yield f"which {_effect(flow)} the move"


def _table(analysis: Analysis) -> Markup:
    flows = sorted(analysis.hedge_flow, key=lambda flow: -flow.spot_move_pct)
    rows = [[_move(flow), _price(analysis, flow), figures.dollars(flow.flow_usd), _effect(flow)] for flow in flows]
    charm = analysis.exposure.charm_usd_to_close
    if charm is not None:
        rows.append(["time alone, to the close", "", figures.dollars(-charm), ""])
    caption = "What dealers must trade to stay hedged: + buys, − sells; options re-priced at each spot"
    return table(caption, ["Spot moves", "To", "They trade", "Which"], rows)


def _move(flow: HedgeFlow) -> str:
    return f"{figures.signed(flow.spot_move_pct, 1 if flow.spot_move_pct % 1 else 0)}%"


def _price(analysis: Analysis, flow: HedgeFlow) -> str:
    spot = figures.spot_of(analysis)
    return figures.level(spot * (1 + flow.spot_move_pct / 100), spot)


def _trade(flow: HedgeFlow) -> str:
    return f"{'buy' if flow.flow_usd >= 0 else 'sell'} {figures.dollars(abs(flow.flow_usd)).removeprefix('+')}"


def _effect(flow: HedgeFlow) -> str:
    return "dampens" if hedging.against(flow) >= 0 else "amplifies"
