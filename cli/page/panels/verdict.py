"""Which side of the flip dealers are on, in words, and four cards: flip, walls, net gamma."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from gex.change import Change
from gex.cli.page.html import joined, paragraph
from gex.cli.render import figures
from gex.cli.render.level_table import margin
from gex.cli.render.screen import HELD, RANKED, VERDICT, today_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.page.view import View

LevelName = Literal["gamma_flip", "call_wall", "put_wall"]
CARDS: dict[LevelName, str] = {"gamma_flip": "Gamma flip", "call_wall": "Call wall", "put_wall": "Put wall"}
EFFECT = {
    "long_gamma": "their hedging leans against moves",
    "short_gamma": "their hedging goes with moves",
    "near_zero": "which way their hedging goes is not known",
}
CARD = Markup(
    '<article class="card {kind}" id="card-{name}">\n<h3>{label}</h3>\n<p class="value">{value}</p>\n<ul>{notes}</ul>\n</article>\n'
)


def panel(view: View) -> Markup:
    """Return the verdict and its cards."""
    analysis = view.analysis
    words, token = VERDICT[analysis.regime]
    held = HELD[analysis.settings.model or "naive"]
    today = [today_alone(analysis.zero_dte, analysis)] if analysis.zero_dte else []
    return Markup(
        '<section id="verdict" class="verdict" aria-labelledby="verdict-title">\n<h2 id="verdict-title" class="visually-hidden">Verdict and levels</h2>\n{}{}{}</section>\n'
    ).format(
        Markup('<p class="finding"><strong class="{}">{}</strong> {}: {}.</p>\n').format(
            token, words.strip(",").capitalize(), held, EFFECT[analysis.regime]
        ),
        joined(
            [paragraph(text, "aside") for text in today] + [paragraph(f"! {w}", "warning") for w in analysis.warnings]
        ),
        Markup('<div class="cards">\n{}</div>\n').format(
            joined([*(_card(view, n, label) for n, label in CARDS.items()), _net(view)])
        ),
    )


def _card(view: View, name: LevelName, label: str) -> Markup:
    analysis = view.analysis
    value, spot = getattr(analysis.levels, name), figures.spot_of(analysis)
    kind = {"gamma_flip": "neutral", "call_wall": "positive", "put_wall": "negative"}[name]
    if value is None:
        return _filled(name, label, "none", [analysis.levels.reasons.get(name, "")], kind="unknown")
    write = partial(figures.level, spot=spot) if name == "gamma_flip" else figures.strike
    return _filled(name, label, write(value), _notes(view, name, value, spot), kind=kind)


def _notes(view: View, name: LevelName, value: float, spot: float) -> Iterator[str]:
    """Say how far the level is, how likely to be touched, how sure, and how it moved."""
    analysis = view.analysis
    away, sigma = analysis.distances.get(name), ""
    if away and away.sigma is not None:
        sigma = f", {abs(away.sigma):.1f} sigma"
    yield f"{figures.points(value - spot, spot)} points, {figures.signed(100 * (value / spot - 1), 2)}%{sigma} from spot"
    if away and away.touch_probability is not None:
        yield f"touched by the nearest expiration: {figures.percent(away.touch_probability)}"
    if sure := margin(analysis.levels, name):
        yield sure
    band = getattr(analysis.levels.bands.method, name) if analysis.levels.bands else None
    if band and band[0] < band[1]:
        write = partial(figures.level, spot=spot) if name == "gamma_flip" else figures.strike
        yield f"other methods: {write(band[0])} to {write(band[1])}"
    yield from _moved(view, name)


def _moved(view: View, name: str) -> Iterator[str]:
    if not isinstance(view.change, Change):
        return
    before, after = (getattr(each.figures, name) for each in (view.change.before, view.change.after))
    if before is None or after is None:
        return
    spot = figures.spot_of(view.analysis)
    since = figures.clock(view.change.before.quote_time, view.change.after.quote_time)
    yield (
        f"unchanged since {since}"
        if before == after
        else f"{figures.points(after - before, spot)} points since {since}"
    )


def _net(view: View) -> Markup:
    analysis, gamma = view.analysis, view.analysis.exposure.gamma_usd_per_1pct
    kind = VERDICT[analysis.regime][1] if analysis.regime != "near_zero" else "unknown"
    value = f"{figures.dollars(gamma.net)} per +1%"
    return _filled("net_gamma", "Net gamma", value, _net_notes(view), kind=kind)


def _net_notes(view: View) -> Iterator[str]:
    analysis, gamma = view.analysis, view.analysis.exposure.gamma_usd_per_1pct
    gross = figures.dollars(gamma.gross).removeprefix("+")
    share = f", net is {figures.percent(abs(gamma.net) / gamma.gross)} of it" if gamma.gross else ""
    yield f"gross {gross}{share}"
    if analysis.levels.bands:
        low, high = analysis.levels.bands.positions.net_usd_per_1pct
        yield f"other positions: {figures.dollars(low)} to {figures.dollars(high)}"
    if isinstance(view.change, Change):
        since = figures.clock(view.change.before.quote_time, view.change.after.quote_time)
        yield f"{figures.dollars(view.change.total.net)} since {since}"
    if view.standing:
        yield from (
            f"{RANKED[name]}: percentile {rank.percentile:.0f} of {rank.sessions} sessions"
            for name, rank in view.standing.ranks.items()
            if rank.percentile is not None
        )


def _filled(name: str, label: str, value: str, notes: Iterator[str] | list[str], *, kind: str) -> Markup:
    items = joined(Markup("<li>{}</li>").format(note) for note in notes)
    return CARD.format(name=name, kind=kind, label=label, value=value, notes=items)
