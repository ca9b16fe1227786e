"""The four cards of the verdict: flip, call wall, put wall, net gamma."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from gex.change import Change
from gex.cli.page.html import joined
from gex.cli.render import figures
from gex.cli.render.level_table import horizon, margin
from gex.cli.render.screen import RANKED, VERDICT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gex.cli.page.view import View
    from gex.results import Analysis

    Note = tuple[str, str | Markup]

LevelName = Literal["gamma_flip", "call_wall", "put_wall"]
LEVELS: dict[LevelName, tuple[str, str]] = {
    "gamma_flip": ("Gamma flip", "neutral"),
    "call_wall": ("Call wall", "positive"),
    "put_wall": ("Put wall", "negative"),
}
CARD = Markup(
    '<article class="card {kind}" id="card-{name}">\n<h3>{label}</h3>\n<p class="value">{value}</p>\n'
    "<ul>{notes}</ul>\n</article>\n"
)
VALUE = Markup('{} <span class="unit">{}</span>')
SINCE = Markup('{} <span class="word">{}</span>')
NOTE = Markup('<li><span class="what">{}</span> <span>{}</span></li>\n')


def cards(view: View) -> Markup:
    """Return the cards."""
    return joined([*(_level(view, name) for name in LEVELS), _net(view)])


def _level(view: View, name: LevelName) -> Markup:
    analysis, (label, kind) = view.analysis, LEVELS[name]
    value = getattr(analysis.levels, name)
    if value is None:
        why = Markup("<li>{}</li>").format(analysis.levels.reasons.get(name, ""))
        return CARD.format(name=name, kind="unknown", label=label, value="none", notes=why)
    notes = _notes(_level_notes(view, name, value))
    return CARD.format(name=name, kind=kind, label=label, value=_written(name, value, analysis), notes=notes)


def _written(name: str, value: float, analysis: Analysis) -> str:
    """Write a level: the flip as finely as it is computed, a wall as its strike is listed."""
    return figures.level(value, figures.spot_of(analysis)) if name == "gamma_flip" else figures.strike(value)


def _level_notes(view: View, name: LevelName, value: float) -> Iterator[Note]:
    """Say how far the level is, how likely to be touched, how sure, and how it moved."""
    analysis, spot = view.analysis, figures.spot_of(view.analysis)
    away = analysis.distances.get(name)
    yield "from spot", f"{figures.points(value - spot, spot)} points, {figures.signed(100 * (value / spot - 1), 2)}%"
    if away and away.sigma is not None:
        yield "in sigma", f"{abs(away.sigma):.1f}"
    if away and away.touch_probability is not None:
        yield "touched", f"{figures.percent(away.touch_probability)} {horizon(analysis)}".rstrip()
    if sure := margin(analysis.levels, name):
        yield "margin", sure
    band = getattr(analysis.levels.bands.method, name) if analysis.levels.bands else None
    if band and band[0] < band[1]:
        yield "band", f"{_written(name, band[0], analysis)} to {_written(name, band[1], analysis)}"
    yield from _moved(view, name)


def _moved(view: View, name: str) -> Iterator[Note]:
    if not isinstance(view.change, Change):
        return
    before, after = (getattr(each.figures, name) for each in (view.change.before, view.change.after))
    if after is None:
        return
    spot = figures.spot_of(view.analysis)
    moved = "none before" if before is None else f"{figures.points(after - before, spot)} points"
    yield "change", "none" if before == after else SINCE.format(moved, _since(view.change))


def _since(change: Change) -> str:
    """Name the snapshot before: its time, of another day its date."""
    clock = figures.clock(change.before.quote_time, change.after.quote_time)
    return f"since {clock.partition('-')[2] or clock}"


def _net(view: View) -> Markup:
    analysis, gamma = view.analysis, view.analysis.exposure.gamma_usd_per_1pct
    unsure = analysis.regime == "near_zero"
    kind = "unknown" if unsure else VERDICT[analysis.regime][1]
    amount, _, unit = figures.dollars(gamma.net).partition(" ")
    label, value = "Net gamma, sign unknown" if unsure else "Net gamma", VALUE.format(amount, f"{unit} per +1%")
    return CARD.format(name="net_gamma", kind=kind, label=label, value=value, notes=_notes(_net_notes(view)))


def _net_notes(view: View) -> Iterator[Note]:
    analysis, gamma = view.analysis, view.analysis.exposure.gamma_usd_per_1pct
    share = f", net {figures.percent(abs(gamma.net) / gamma.gross)} of it" if gamma.gross else ""
    yield "gross", figures.dollars(gamma.gross).removeprefix("+") + share
    if analysis.zero_dte:
        today = analysis.zero_dte
        sign = ", sign unknown" if today.sign == "unknown" else ""
        yield "0DTE", figures.dollars(today.exposure.gamma_usd_per_1pct.net) + sign
    if analysis.levels.bands:
        yield "band", " to ".join(map(figures.dollars, analysis.levels.bands.positions.net_usd_per_1pct))
    if analysis.intervals:
        net = analysis.intervals.net
        yield f"{analysis.intervals.confidence:.0%}", f"{figures.dollars(net.low)} to {figures.dollars(net.high)}"
    if isinstance(view.change, Change):
        yield "change", SINCE.format(figures.dollars(view.change.total.net), _since(view.change))
    if view.standing:
        for name, rank in view.standing.ranks.items():
            if rank.percentile is not None:
                yield RANKED[name], f"percentile {rank.percentile:.0f} of {rank.sessions} sessions"


def _notes(notes: Iterable[Note]) -> Markup:
    return joined(NOTE.format(*note) for note in notes)
