"""The tables of a 0DTE view: positions side by side, the odds of each strike, the move of each session to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render import figures
from gex.cli.render.bars import Bar, draw
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.intraday_results import Holding, ZeroDte

NETS = ("net_gamma_usd_per_1pct", "net_by_volume_usd_per_1pct")
SHOWN = 11
"""Strikes whose odds are shown, walls apart."""
REACH = 2.0
"""They lie within this many standard deviations of spot."""
BESIDE = 2
"""Strikes either side of the nearest that are shown however little is left to move."""
UNUSUAL = 1.2
"""A session that moves this many times the typical one stands out: data, a central bank, a vote."""


def holdings(view: ZeroDte, terminal: Terminal) -> list[str]:
    """Lay out what dealers may hold, one idea a line, and say why volume is a scenario."""
    rows, gamma, trades = held(view)
    names = (f"net {gamma}", f"±{100 * view.move:g}%", "gross", "flip", "CW", "PW", f"charm {trades}")
    table = aligned([("DEALERS HOLD", *names), *rows], "<>>>>>>>")
    table[0] = terminal.paint(table[0], "muted")
    notes = [
        "net per +1% at spot",
        f"±{100 * view.move:g}%: averaged over that move",
        "charm: dealers' trade to the expiry, + buys",
    ]
    legend = [terminal.paint(line, "muted") for line in flow(notes, terminal.width, indent="  ")]
    return [_verdict(view, terminal), *table, *legend, *flow(caveat(view), terminal.width, indent="  ")]


def held(view: ZeroDte) -> tuple[list[tuple[str, ...]], str, str]:
    """Return what dealers may hold, a row per idea, and the units of gamma and of trades.

    A row has its idea's name, net, finite and gross gamma, flip, call wall, put wall and the trade to the expiry.
    """
    every = [holding.gamma_usd_per_1pct for holding in view.holdings]
    money = figures.Money.spanning([gamma.gross for gamma in every])
    trades = figures.Money.spanning([holding.charm_trade_usd for holding in view.holdings])
    rows = [_holding(holding, view, money, trades) for holding in view.holdings]
    return rows, money.unit, trades.unit


def _verdict(view: ZeroDte, terminal: Terminal) -> str:
    """Say which side dealers are on, where open interest and volume agree on one."""
    if view.unsure:
        return terminal.paint(f"SIGN UNKNOWN: {view.unsure}", "muted", bold=True)
    net = view.holdings[0].gamma_usd_per_1pct.net
    text, token = ("LONG GAMMA", "positive") if net > 0 else ("SHORT GAMMA", "negative")
    return terminal.paint(text, token, bold=True) + " in what expires, by these positions and by volume"  # type: ignore[arg-type]


def label_of(holding: Holding) -> str:
    """Name an idea: naive, open interest; naive, half volume; my.csv."""
    share = holding.volume_share
    if share is None:
        return holding.name
    if holding.name == "volume" or share == 1.0:
        return f"{'naive' if holding.name == 'volume' else holding.name}, volume"
    return f"{holding.name}, " + ("open interest" if share == 0 else f"{share:.0%} volume")


def _holding(holding: Holding, view: ZeroDte, money: figures.Money, trades: figures.Money) -> tuple[str, ...]:
    gamma, levels = holding.gamma_usd_per_1pct, holding.levels
    return (
        label_of(holding),
        money(gamma.net),
        money(holding.finite_gamma_usd_per_1pct),
        money(gamma.gross).lstrip("+"),
        "none" if levels.gamma_flip is None else figures.level(levels.gamma_flip, view.level),
        "none" if levels.call_wall is None else figures.strike(levels.call_wall),
        "none" if levels.put_wall is None else figures.strike(levels.put_wall),
        trades(holding.charm_trade_usd),
    )


def caveat(view: ZeroDte) -> list[str]:
    """Say why volume is a scenario and not an estimate, with what it makes of net gamma here."""
    volume, held = view.by_volume(1.0), view.by_volume(0.0)
    if volume is None or not volume.contracts:
        return ["No volume in what expires: nothing to hold against open interest."]
    text = "Volume is turnover, not inventory: it counts opening and closing trades of both sides"
    if view.volume_per_open_interest:
        ratio = view.volume_per_open_interest
        text += f", here {f'{ratio:.2g}' if ratio < 10 else f'{ratio:,.0f}'} times the open interest"
    return [f"{text}. Taken as if dealers held it, it is a scenario, not an estimate{_contrast(volume, held)}."]


def _contrast(volume: Holding, held: Holding | None) -> str:
    if held is None:
        return ""
    by_volume, by_interest = volume.gamma_usd_per_1pct.net, held.gamma_usd_per_1pct.net
    return f" ({figures.dollars(by_volume)} against {figures.dollars(by_interest)})"


def odds(view: ZeroDte, terminal: Terminal) -> list[str]:
    """Lay out the odds of strikes around spot, highest first."""
    rows = _chosen(view)
    if not rows:
        return []
    money = figures.Money.spanning([row[name] for row in rows for name in NETS])
    tags = {view.holdings[0].levels.call_wall: "CW", view.holdings[0].levels.put_wall: "PW"}
    head = ("STRIKE", "", "dist", "touch", "pin", "±", "above", f"net {money.unit}", "by volume")
    cells = [
        (
            figures.strike(row["strike"]),
            tags.get(row["strike"], ""),
            figures.points(row["strike"] - view.level, view.level),
            figures.percent(row["touch_probability"]),
            f"{100 * row['pin_probability']:.1f}%",
            figures.strike(row["half_spacing"]),
            figures.percent(row["above_probability"]),
            *(money(row[name]) for name in NETS),
        )
        for row in rows
    ]
    table = aligned([head, *cells], "<<>>>>>>>")
    note = "touch before the expiry; pin: settle within ± points of the strike; above: settle above it"
    return [
        terminal.paint(table[0], "muted"),
        *table[1:],
        *(terminal.paint(line, "muted") for line in flow([note], terminal.width, indent="  ")),
    ]


def _chosen(view: ZeroDte) -> list[dict[str, Any]]:
    """Return rows of `odds` evenly spread around spot, and the walls; highest strike first."""
    sigma = view.moves.one_sigma
    if sigma is None or view.odds.is_empty():
        return []
    rows = view.odds.to_dicts()
    nearest = min(range(len(rows)), key=lambda place: abs(rows[place]["strike"] - view.level))
    around = [place for place, row in enumerate(rows) if abs(row["strike"] - view.level) <= REACH * sigma]
    step = max(1, -(-len(around) // SHOWN))
    walls = {view.holdings[0].levels.call_wall, view.holdings[0].levels.put_wall}
    kept = {place for place in around if (place - nearest) % step == 0} | {nearest}
    kept |= (
        set(range(max(0, nearest - BESIDE), min(len(rows), nearest + BESIDE + 1))) if len(around) <= SHOWN else set()
    )
    kept |= {place for place, row in enumerate(rows) if row["strike"] in walls}
    return [rows[place] for place in sorted(kept, reverse=True)]


def sessions(view: ZeroDte, terminal: Terminal) -> list[str]:
    """Draw the move that options price for each session to come; the unusual ones are marked."""
    rows = view.sessions.filter(pl.col("move_pct").is_not_null()).to_dicts()
    if not rows:
        return []
    texts = aligned([_session(row) for row in rows], ">><")
    bars = [
        Bar(f"{row['expiration']:%a %m-%d}", row["move_pct"], figures=text)
        for row, text in zip(rows, texts, strict=True)
    ]
    head = "SESSIONS TO COME  move that options price for each, 1 sigma, %, points"
    lines = draw(bars, terminal, min(terminal.width, 80))
    missing = view.sessions.filter(pl.col("move_pct").is_null())
    notes = [f"{row['expiration']:%a %m-%d}: none; {row['reason']}" for row in missing.to_dicts()]
    return [
        terminal.paint(head, "muted"),
        *lines,
        *(line for note in notes for line in flow([note], terminal.width, indent="  ")),
    ]


def _session(row: dict[str, Any]) -> tuple[str, ...]:
    remark = "left of the session" if row["partial"] else ""
    if row["sessions"] > 1:
        remark = f"each of {row['sessions']} sessions"
    if row["times_typical"] is not None and row["times_typical"] >= UNUSUAL:
        remark = f"◄ {row['times_typical']:.1f}x the typical session"
    return f"{row['move_pct']:.2f}%", f"±{figures.three_digits(row['move_points'])}", remark
