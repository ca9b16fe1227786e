"""The section of a brief on trend followers: where their signals turn, what they hold, what a fall would make them sell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.brief_sections import Figure, Section, side
from gex.flows.fitted import ERRORS, FIRST, LAST
from gex.flows.trend import PIVOTS
from gex.flows.trend_report import trend_report
from gex.signals.averages import ema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.flows.trend_report import TrendReport
    from gex.ingest.daily_schema import DailyHistory

BILLION = 1e9


def trend_followers(prices: DailyHistory) -> Section:
    """Return pivots, position, flows over a week and a month, and the nearest triggers of both sides."""
    closes = prices.column()
    try:
        report = trend_report(prices.name, prices.dates, closes)
    except ValueError as error:
        return Section("trend_followers", None, (), str(error))
    pivots = [
        Figure(f"pivot_{name}", report.pivots[name], "points", side(closes, ema(closes, span)))
        for name, span in PIVOTS.items()
    ]
    figures = (*pivots, *_triggers(report), _position(report), *_flows(report))
    return Section("trend_followers", report.as_of, figures)


def _position(report: TrendReport) -> Figure:
    """Return the position with its dollars and its place among its own past."""
    usd = "" if report.position_usd is None else f", {_billions(report.position_usd)} $bn"
    rank = "" if report.percentile is None else f"; percentile {report.percentile:.0f}"
    return Figure("position", report.position, "multiple", f"of a full one{usd}{rank}")


def _flows(report: TrendReport) -> Iterator[Figure]:
    """Yield what a fall makes them trade, beside the other paths, with the error of the fit."""
    for horizon, flows in (report.flows or {}).items():
        others = f"flat {_billions(flows['flat'])}, up {_billions(flows['up'])}"
        error = f"±{ERRORS[f'{horizon}_down'].left_out / BILLION:.0f} $bn, fit of {FIRST[:4]}–{LAST[2:4]}"
        yield Figure(f"{horizon}_down", flows["down"], "usd", f"{others}; {error}")


def _triggers(report: TrendReport) -> Iterator[Figure]:
    """Yield the nearest close below at which a long rule turns short, and the nearest above at which a short one turns."""
    near = [each for each in report.triggers if each.in_reach]
    below = [each for each in near if each.state > 0 and each.next_close <= report.close]
    above = [each for each in near if each.state < 0 and each.next_close >= report.close]
    if below:
        first = max(below, key=lambda each: each.next_close)
        yield Figure("turns_short", first.next_close, "points", f"{first.rule.name}, the next below the close")
    if above:
        first = min(above, key=lambda each: each.next_close)
        yield Figure("turns_long", first.next_close, "points", f"{first.rule.name}, the next above the close")


def _billions(usd: float) -> str:
    return f"{'−' if usd < 0 else '+'}{abs(usd) / BILLION:.0f}"
