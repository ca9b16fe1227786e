"""A 0DTE view on a terminal: the clock, what dealers may hold, the odds, the hedging path, a map, the days to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.cli.render import figures
from gex.cli.render.bars import Bar, draw
from gex.cli.render.heat import heat, legend
from gex.cli.render.screen import STATUS
from gex.cli.render.terminal import aligned, flow
from gex.cli.render.zero_dte_tables import holdings, odds, sessions

if TYPE_CHECKING:
    import datetime as dt

    from gex.cli.render.terminal import Terminal
    from gex.intraday_results import RootClock, ZeroDte

MAPS = {
    "gamma": ("gamma_usd_per_1pct", "Net gamma by price and time", "per +1%"),
    "delta": ("delta_usd", "Dealers' delta by price and time", "of delta"),
    "charm": ("charm_trade_usd", "Dealers' trades as time passes, at each price, in each interval", "+ buys"),
    "hedge": ("hedge_trade_usd", "What dealers will have traded if spot goes there by then", "+ buys"),
}
ROWS_APART = 3
"""One line of the map for so many spots of the surface."""
WIDEST = 6
"""Columns of the screen that one time takes at most."""


def screen(view: ZeroDte, terminal: Terminal, shown: str) -> str:
    """Return the view as text."""
    blocks = [
        [*_status(view, terminal), *_clock(view, terminal), *_warnings(view, terminal)],
        holdings(view, terminal),
        odds(view, terminal),
        _path(view, terminal),
        [] if shown == "none" else _map(view, terminal, shown),
        sessions(view, terminal),
        _assumes(view, terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _status(view: ZeroDte, terminal: Terminal) -> list[str]:
    """Say what, when, and in which state the data are."""
    file_time = f" (file {figures.clock(view.stamp, view.quote_time)})" if view.stamp else ""
    state = STATUS[view.status] + (f" {view.delay_minutes:g} min" if view.status == "delayed" else "")
    head = f"{view.underlying} {figures.price(view.spot.used)}  {figures.moment(view.quote_time)}{file_time}   {state}"
    parts = [head]
    if view.settings.move_to:
        parts.append(f"RE-PRICED at {figures.price(view.level)}")
    if view.evaluated_at != view.quote_time:
        parts.append(f"EVALUATED at {figures.moment(view.evaluated_at)}")
    first, *rest = flow(parts, terminal.width, indent="  ")
    return [terminal.paint(first, "ink", bold=True), *rest]


def _clock(view: ZeroDte, terminal: Terminal) -> list[str]:
    """Say what expires when, and what it prices as the move."""
    clock, moves = view.clock, view.moves
    title = "0DTE" if clock.is_today else f"NEXT EXPIRATION {clock.expiration:%a %m-%d}" if clock.reason else ""
    title = title or f"EXPIRATION {clock.expiration:%a %Y-%m-%d}"
    lines = []
    if clock.reason:
        text = f"NOTHING EXPIRES TODAY: {clock.reason}"
        lines += [terminal.paint(line, "alert", bold=True) for line in flow([text], terminal.width, indent="  ")]
    parts = [", ".join(_root(root, view.evaluated_at) for root in clock.roots)]
    if moves.one_sigma is not None:
        share = 100 * moves.one_sigma / view.level
        parts.append(f"left to move ±{figures.three_digits(moves.one_sigma)} points ({share:.2f}%, 1 sigma)")
    if moves.straddle:
        when = "" if view.evaluated_at == view.quote_time else " when quoted"
        parts.append(f"straddle {figures.strike(moves.straddle.strike)} at {moves.straddle.straddle:.2f}{when}")
    else:
        parts.append(f"no straddle: {moves.reason}")
    return [*lines, *flow([f"{title}  {parts[0]}", *parts[1:]], terminal.width, indent="  ")]


def _root(root: RootClock, now: dt.datetime) -> str:
    at = figures.weekday_clock(root.expires_at, now)
    return f"{root.root} {root.settlement}-settled {at} ET, {figures.duration(root.minutes_left)} left"


def _warnings(view: ZeroDte, terminal: Terminal) -> list[str]:
    return [
        terminal.paint(line, "alert")
        for warning in view.warnings
        for line in flow([f"! {warning}"], terminal.width, indent="  ")
    ]


def _path(view: ZeroDte, terminal: Terminal) -> list[str]:
    """Draw dealers' trades interval by interval, and give what they add up to."""
    rows, close = view.path.to_dicts(), view.clock.expires_at
    trades = ("charm_trade_usd", "cumulative_usd", "vanna_trade_usd")
    money = figures.Money.spanning([row[name] for row in rows for name in trades])
    gamma = figures.Money.spanning(view.path["gamma_usd_per_1pct"])
    vol = f"vol{figures.signed(view.vol_points, 0 if view.vol_points % 1 == 0 else 1)}"
    cells = [[*(money(row[name]) for name in trades), gamma(row["gamma_usd_per_1pct"])] for row in rows]
    head, *texts = aligned([["trade", "sum", vol, f"gamma {gamma.unit}"], *cells], ">>>>")
    bars = [
        Bar(
            "–".join(figures.weekday_clock(row[end], close) for end in ("since", "until")), row[trades[0]], figures=text
        )
        for row, text in zip(rows, texts, strict=True)
    ]
    width, label = min(terminal.width, 100), f"{money.unit}, + buys"
    note = f"trade, sum: spot {figures.price(view.level)} and volatility fixed · {vol}: if volatility moves so many points at the start · gamma over ±{100 * view.move:g}%, at the start"
    return [
        *flow([_total(view, money)], terminal.width, indent="  "),
        terminal.paint(f"{label}{head:>{width - len(label)}}", "muted"),
        *draw(bars, terminal, width),
        *(terminal.paint(line, "muted") for line in flow(note.split(" · "), terminal.width, indent="  ")),
    ]


def _total(view: ZeroDte, money: figures.Money) -> str:
    """Say what the path adds up to."""
    total, whole = float(view.path["charm_trade_usd"].sum()), view.path["all_expirations_usd"]
    done = f"{'buy' if total > 0 else 'sell'} {figures.three_digits(total / money.scale)} {money.unit}"
    beside = "" if whole.null_count() else f" (all expirations {money.alone(float(whole.sum()))})"
    return f"HEDGING PATH  dealers {done} to the expiry as time alone passes{beside}"


def _map(view: ZeroDte, terminal: Terminal, shown: str) -> list[str]:
    """Draw one surface around spot, highest price first."""
    name, title, unit = MAPS[shown]
    surface = view.surface
    middle = len(surface.spots) // 2
    rows = np.arange(middle % ROWS_APART, len(surface.spots), ROWS_APART)[::-1]
    labels = [("◄ " if row == middle else "") + figures.level(surface.spots[row], view.level) for row in rows]
    room = min(terminal.width, 100) - max(map(len, labels)) - 1
    every = -(-len(surface.times) // room)
    columns = np.arange(0, len(surface.times), every)
    values = getattr(surface, name)[np.ix_(rows, columns)]
    times = [figures.weekday_clock(surface.times[column], view.clock.expires_at) for column in columns]
    head = [f"MAP  {title}, the book held as it is", legend(values, unit)]
    return [
        *flow(head, terminal.width, indent="  "),
        *heat(values, labels, times, terminal, cell=min(WIDEST, room // len(columns))),
    ]


def _assumes(view: ZeroDte, terminal: Terminal) -> list[str]:
    lines = flow([f"ASSUMES  {view.assumptions[0]}", *view.assumptions[1:]], terminal.width, indent=" " * 9)
    return [terminal.paint(line, "muted") for line in lines]
