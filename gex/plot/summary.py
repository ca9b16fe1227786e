"""An analysis as a small table of a notebook: where spot, flip and walls are, and how sure it is."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from gex.plot import figures
from gex.plot.page import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.results import Analysis

LEVELS = (("gamma_flip", "gamma flip"), ("call_wall", "call wall"), ("put_wall", "put wall"))


def table(analysis: Analysis) -> str:
    """Return an HTML table of levels, distances and exposure; all text is escaped."""
    head = f"<caption><b>{escape(analysis.underlying)}</b> {escape(state(analysis))}</caption>"
    rows = [*_levels(analysis), *_exposures(analysis)]
    body = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td><td>{escape(note)}</td></tr>" for name, value, note in rows
    )
    notes = "; ".join((*analysis.assumptions, *analysis.warnings))
    return f'<table>{head}<tbody>{body}<tr><td colspan="3">{escape(notes)}</td></tr></tbody></table>'


def _levels(analysis: Analysis) -> Iterator[tuple[str, str, str]]:
    spot, levels = figures.spot_of(analysis), analysis.levels
    for name, label in LEVELS:
        value = getattr(levels, name)
        if value is None:
            yield label, "none", levels.reasons.get(name, "")
            continue
        distance = analysis.distances.get(name)
        away = f"{figures.points(distance.points, spot)} points, {figures.signed(distance.pct, 2)}%" if distance else ""
        band = getattr(levels.bands.method, name) if levels.bands else None
        write = partial(figures.level, spot=spot) if name == "gamma_flip" else figures.strike
        around = f"; other methods {write(band[0])} to {write(band[1])}" if band and band[0] < band[1] else ""
        yield label, write(value), away + around


def _exposures(analysis: Analysis) -> Iterator[tuple[str, str, str]]:
    gamma = analysis.exposure.gamma_usd_per_1pct
    unsure = "near zero, sign unknown" if analysis.regime == "near_zero" else ""
    yield "net gamma", f"{figures.dollars(gamma.net)} per +1%", unsure
    yield "gross gamma", f"{figures.dollars(gamma.gross).removeprefix('+')} per +1%", ""
    if analysis.zero_dte:
        share = f"{figures.percent(analysis.zero_dte.share_of_gross)} of gross"
        yield "0DTE net gamma", f"{figures.dollars(analysis.zero_dte.exposure.gamma_usd_per_1pct.net)} per +1%", share
