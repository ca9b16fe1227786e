"""What expires today, or next: the clock, maps of price and time, the hedging path, the odds, what dealers may hold."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from gex.cli.page.html import figure, floats, joined, paragraph, section, table
from gex.cli.page.panels.cards import CARD
from gex.cli.render import figures
from gex.cli.render.zero_dte_tables import caveat, held
from gex.plot import expiring, hedging_path, page, pin, surface
from gex.plot.theme import PAGE
from gex.plot.times import times_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.page.view import View
    from gex.intraday_results import RootClock, ZeroDte
    from gex.quotes import Floats

PRICES, TIMES = 4, 8
"""Of the tables behind the maps: every so manieth price, and about so many times."""
NAME = "zero-dte"
CARDS, ITEM = Markup('<div class="cards">\n{}</div>\n'), Markup("<li>{}</li>")


def panel(view: View) -> Markup:
    """Return the section."""
    shown = view.zero_dte
    if isinstance(shown, str):
        return section(NAME, "What expires today", paragraph(shown, "none"))
    title = "What expires today" if shown.clock.is_today else f"What expires on {shown.clock.expiration:%a %Y-%m-%d}"
    return section(NAME, title, *_told(shown), _cards(shown), *_maps(shown), _path(shown), _odds(shown), *_held(shown))


def _told(view: ZeroDte) -> Iterator[Markup]:
    """Say why it is not today's, and which side dealers are on."""
    if view.clock.reason:
        yield paragraph(expiring.why(view), "warning")
    net = view.holdings[0].gamma_usd_per_1pct.net
    side = "long" if net > 0 else "short"
    known = f"Dealers are {side} gamma in what expires, by these positions and by volume."
    yield paragraph(f"Sign unknown: {view.unsure}." if view.unsure else known)


def _cards(view: ZeroDte) -> Markup:
    """Return the time left of each root, the move left, and the trade that time alone asks for."""
    cards = [_card(f"clock-{root.root}", f"{root.root} has", *_clock(root, view)) for root in view.clock.roots]
    total = view.holdings[0].charm_trade_usd
    deed = f"{'buy' if total > 0 else 'sell'} {figures.dollars(abs(total)).removeprefix('+')}"
    expiry = figures.weekday_clock(view.clock.expires_at, view.evaluated_at)
    notes = [f"by {expiry} at this spot and volatility, positions as now"]
    cards += [_card("move", "Left to move", *_move(view)), *_settlement(view)]
    cards.append(_card("decay", "As time passes dealers", deed, notes))
    return CARDS.format(joined(cards))


def _card(name: str, label: str, value: str, notes: list[str]) -> Markup:
    items = joined(ITEM.format(note) for note in notes)
    return CARD.format(name=name, kind="neutral", label=label, value=value, notes=items)


def _clock(root: RootClock, view: ZeroDte) -> tuple[str, list[str]]:
    at = figures.weekday_clock(root.expires_at, view.evaluated_at)
    notes = [f"settles at {at} New York ({root.settlement})", f"{root.contracts:,} contracts"]
    return f"{figures.duration(root.minutes_left)} left", notes


def _move(view: ZeroDte) -> tuple[str, list[str]]:
    """Return one standard deviation to the expiry, where that leads, and the straddle."""
    sigma, straddle = view.moves.one_sigma, view.moves.straddle
    notes = [] if straddle is None else [f"straddle {figures.strike(straddle.strike)} at {straddle.straddle:.2f}"]
    notes += [view.moves.reason] if view.moves.reason else []
    if sigma is None:
        return "unknown", notes
    ends = " to ".join(figures.level(view.level + side * sigma, view.level) for side in (-1, 1))
    return f"±{figures.three_digits(sigma)} points", [f"1 sigma, {100 * sigma / view.level:.2f}%: {ends}", *notes]


def _settlement(view: ZeroDte) -> Iterator[Markup]:
    """Return the strike that is likeliest to be settled at, and the odds that the walls are touched."""
    rows, levels = {row["strike"]: row for row in view.odds.to_dicts()}, view.holdings[0].levels
    if view.moves.one_sigma is None or not rows:
        return
    row = max(rows.values(), key=lambda each: each["pin_probability"])
    notes = [f"{100 * row['pin_probability']:.1f}% within {figures.strike(row['half_spacing'])} points of it"]
    for name, wall in (("call wall", levels.call_wall), ("put wall", levels.put_wall)):
        if wall is not None and wall in rows:
            notes.append(f"{name} {figures.strike(wall)} touched: {figures.percent(rows[wall]['touch_probability'])}")
    yield _card("settlement", "Likeliest to settle near", figures.strike(row["strike"]), notes)


def _maps(view: ZeroDte) -> Iterator[Markup]:
    """Return gamma and trades by price and time; a script shows one of them at a time."""
    every = view.surface
    for name, label, unit, values, draw in (
        ("gamma", "Gamma", "per +1%", every.gamma_usd_per_1pct, surface.draw),
        ("charm", "Trades as time passes", "in the interval", every.charm_trade_usd[:, :-1], surface.draw_charm),
    ):
        data = _map(view, values) | {"label": label, "unit": unit}
        behind = _map_table(view, values, label)
        yield figure(f"{NAME}-{name}", draw(view, PAGE), behind, panel="zero_dte", data=data)


def _map(view: ZeroDte, values: Floats) -> dict[str, Any]:
    """Return a map's figures, and where the picture has them: rows are prices going up, columns times or intervals."""
    times, spots = times_of(view), view.surface.spots
    return {
        "top": page.TOP,
        "bottom": page.BOTTOM,
        "x": [round(times.x(time), 1) for time in times.instants],
        "times": [figures.weekday_clock(time, view.clock.expires_at) for time in times.instants],
        "spots": floats(spots),
        "values": floats(values),
        "spot": view.level,
        "sigma": view.moves.one_sigma,
        "digits": 1 if view.level >= 1000 else 2,
    }


def _map_table(view: ZeroDte, values: Floats, label: str) -> Markup:
    """Return some prices, the highest first, and times of a map."""
    money = figures.Money.spanning(values.ravel().tolist())
    every = range(0, values.shape[1], -(-values.shape[1] // TIMES))
    rows = range(len(view.surface.spots) - 1, -1, -PRICES)
    head = ["Price", *(figures.weekday_clock(view.surface.times[n], view.clock.expires_at) for n in every)]
    cells = (
        [figures.level(view.surface.spots[row], view.level), *(money(values[row, n]) for n in every)] for row in rows
    )
    return table(f"{label}, {money.unit}, at some prices and New York times", head, cells)


def _path(view: ZeroDte) -> Markup:
    rows, times = view.path.to_dicts(), times_of(view)
    names = ("charm_trade_usd", "cumulative_usd", "all_expirations_usd", "vanna_trade_usd", "gamma_usd_per_1pct")
    moneys = [figures.Money.spanning(view.path[name].to_list()) for name in names]
    labels = ("Trade", "Sum", "All expirations", f"If volatility moves {view.vol_points:+g}", "Gamma per +1%")
    cells = [
        ["none" if row[name] is None else money(row[name]) for name, money in zip(names, moneys, strict=True)]
        for row in rows
    ]
    spans = [
        "–".join(figures.weekday_clock(row[end], view.clock.expires_at) for end in ("since", "until")) for row in rows
    ]
    units = [money.unit for money in moneys]
    head = ["Interval", *(f"{label}, {unit}" for label, unit in zip(labels, units, strict=True)), "1 sigma, points"]
    sigmas = ["none" if row["one_sigma"] is None else figures.three_digits(row["one_sigma"]) for row in rows]
    behind = table(
        "What dealers trade in each interval as time passes; positive buys",
        head,
        ([span, *texts, sigma] for span, texts, sigma in zip(spans, cells, sigmas, strict=True)),
    )
    lines = [
        [span, *(f"{label.lower()} {text} {unit}" for label, text, unit in zip(labels, texts, units, strict=True))]
        for span, texts in zip(spans, cells, strict=True)
    ]
    data = {"across": True, "edges": [round(times.x(time), 1) for time in times.instants], "lines": lines}
    return figure(f"{NAME}-path", hedging_path.draw(view, PAGE), behind, panel="zero_dte_rows", data=data)


def _odds(view: ZeroDte) -> Markup:
    rows = pin.rows_of(view)
    if not rows:
        return figure(f"{NAME}-pin", pin.draw(view, PAGE))
    money = figures.Money.spanning([row[name] for row in rows for name in (pin.NET, pin.BY_VOLUME)])
    labels = ("Distance", "Touch", "Settle", "within ±", "Above", f"Gamma, {money.unit}", f"By volume, {money.unit}")
    cells = [_strike(row, view, money) for row in rows]
    behind = table("The odds of each strike, and dealers' gamma there", ["Strike", *labels], reversed(cells))
    axis = pin.window_of(view, rows)
    middles = [axis.y(row["strike"]) for row in rows]
    edges = [
        axis.y(axis.low),
        *((one + other) / 2 for one, other in itertools.pairwise(middles)),
        axis.y(axis.high),
    ]
    lines = [
        [f"strike {strike}", *(" ".join(pair) for pair in zip(labels, rest, strict=True))] for strike, *rest in cells
    ]
    data = {"across": False, "edges": [round(edge, 1) for edge in reversed(edges)], "lines": lines[::-1]}
    return figure(f"{NAME}-pin", pin.draw(view, PAGE), behind, panel="zero_dte_rows", data=data)


def _strike(row: dict[str, Any], view: ZeroDte, money: figures.Money) -> list[str]:
    return [
        figures.strike(row["strike"]),
        figures.points(row["strike"] - view.level, view.level),
        figures.percent(row["touch_probability"]),
        f"{100 * row['pin_probability']:.1f}%",
        figures.strike(row["half_spacing"]),
        figures.percent(row["above_probability"]),
        money(row[pin.NET]),
        money(row[pin.BY_VOLUME]),
    ]


def _held(view: ZeroDte) -> Iterator[Markup]:
    rows, gamma, unit = held(view)
    head = ["Dealers hold", f"Net gamma, {gamma}", f"Over ±{100 * view.move:g}%, {gamma}", f"Gross, {gamma}"]
    head += ["Flip", "Call wall", "Put wall", f"Trade to the expiry, {unit}"]
    yield table(
        "What expires under other ideas of what dealers hold; gamma per +1% at spot, trades: positive buys", head, rows
    )
    yield from (paragraph(text, "note") for text in caveat(view))
