"""The flows of a session on a terminal: who trades what by price at the close, the total by price and time, the order book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gex.cli.render import figures
from gex.cli.render.bars import Bar, draw
from gex.cli.render.flows_document import assumptions, strikes
from gex.cli.render.heat import heat, legend
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    import polars as pl

    from gex.cli.render.flows_document import Shown
    from gex.cli.render.terminal import Terminal
    from gex.flows.session import Part, SessionFlows

EVERY = 4
"""One line of the table for so many prices of the curve."""
WIDEST = 6
"""Columns of the screen that one time of the map takes at most."""
TOP = 4
"""Strikes, and liquidations, that are named."""
TITLES = {
    "dealers": "dealers",
    "leveraged_funds": "lev funds",
    "volatility_control": "vol control",
    "trend_followers": "trend",
}


def screen(shown: Shown, terminal: Terminal) -> str:
    """Return the flows as text."""
    blocks = [
        _head(shown, terminal),
        _table(shown.flows, terminal),
        _map(shown.flows, terminal),
        _book(shown.flows, terminal),
        list(_strikes(shown, terminal)),
        list(_decided(shown, terminal)),
        [] if shown.events is None else liquidations(shown.events, terminal),
        list(_parts(shown.flows, terminal)),
        [
            terminal.paint(line, "muted")
            for line in flow(
                ["ASSUMES  " + assumptions(shown)[0], *assumptions(shown)[1:]], terminal.width, indent=" " * 9
            )
        ],
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _head(shown: Shown, terminal: Terminal) -> list[str]:
    """Say what of, when, and from which price."""
    flows, session = shown.flows, shown.flows.session
    hours = f"{_clock(session.opens_at)}–{_clock(session.closes_at)} ET"
    when = (
        f"now {_clock(session.now)}, {figures.percent(session.begun)} of it gone"
        if session.begun
        else "before the open"
    )
    close = (
        "close before unknown"
        if flows.previous_close is None
        else f"close before {figures.price(flows.previous_close)}"
    )
    parts = [
        f"{flows.underlying} {figures.price(flows.spot)}  session of {session.date:%a %Y-%m-%d} {hours}",
        when,
        close,
    ]
    first, *rest = flow(parts, terminal.width, indent="  ")
    warnings = (f"! {text}" for text in shown.warnings)
    alerts = [terminal.paint(line, "alert") for text in warnings for line in flow([text], terminal.width, indent="  ")]
    return [terminal.paint(first, "ink", bold=True), *rest, *alerts]


def _table(flows: SessionFlows, terminal: Terminal) -> list[str]:
    """Lay out who has traded what by the close, highest price first."""
    names = [part.name for part in flows.parts if part.flow is not None]
    rows = _rows(flows, EVERY)
    columns = [flows.curve.usd[name][-1] for name in names] + ([flows.curve.total[-1]] if len(names) > 1 else [])
    money = figures.Money.spanning([float(column[row]) for column in columns for row in rows])
    texts = [_column([float(column[row]) for row in rows], money) for column in columns]
    head = ["PRICE", "", "move", *(TITLES.get(name, name) for name in names), *(["TOTAL"] if len(names) > 1 else [])]
    cells = [
        [
            figures.level(flows.curve.spots[row], flows.spot),
            "◄" if row == len(flows.curve.spots) // 2 else "",
            f"{figures.signed(100.0 * (flows.curve.spots[row] / flows.spot - 1.0), 2)}%",
            *line,
        ]
        for row, *line in zip(rows, *texts, strict=True)
    ]
    first, *lines = aligned([head, *cells], "><" + ">" * (len(head) - 2))
    title = f"BY THE CLOSE  what each must have traded if the session ends there, {money.unit}, + buys"
    return [title, terminal.paint(first, "muted"), *lines]


def _column(values: list[float], money: figures.Money) -> list[str]:
    """Return figures on one scale, with three significant digits of the column's largest."""
    decimals = figures.decimals(max(map(abs, values)) / money.scale)
    return [figures.signed(value / money.scale, decimals) for value in values]


def _rows(flows: SessionFlows, every: int) -> list[int]:
    """Return the places of prices to show, highest first, spot among them."""
    count = len(flows.curve.spots)
    return list(range((count // 2) % every, count, every))[::-1]


def _map(flows: SessionFlows, terminal: Terminal) -> list[str]:
    """Draw the total by price and time."""
    rows, times = _rows(flows, EVERY), flows.curve.elapsed
    labels = [
        ("◄ " if row == len(flows.curve.spots) // 2 else "") + figures.level(flows.curve.spots[row], flows.spot)
        for row in rows
    ]
    room = min(terminal.width, 100) - max(map(len, labels)) - 1
    every = -(-len(times) // max(1, room))
    columns = np.arange(len(times) - 1, -1, -every)[::-1]
    values = flows.curve.total[columns][:, rows].T
    clocks = [_clock(flows.session.at(float(times[column]))) for column in columns]
    head = ["MAP  Total by price and time: traded if the price is there by then", legend(values, "+ buys")]
    return [
        *flow(head, terminal.width, indent="  "),
        *heat(values, labels, clocks, terminal, cell=max(1, min(WIDEST, room // len(columns)))),
    ]


def _book(flows: SessionFlows, terminal: Terminal) -> list[str]:
    """Draw the slope of the total at the close by price: what adds to a move, and what resists it."""
    rows, slope = _rows(flows, EVERY), flows.curve.book[-1]
    money = figures.Money.spanning(slope[rows])
    bars = [
        Bar(figures.level(flows.curve.spots[row], flows.spot), float(slope[row]), figures=money(float(slope[row])))
        for row in rows
    ]
    head = f"ORDER BOOK  by the close, {money.unit} for each point that the price rises: + adds to a move, {figures.MINUS} resists it"
    return [*flow([head], terminal.width, indent="  "), *draw(bars, terminal, min(terminal.width, 100))]


def _strikes(shown: Shown, terminal: Terminal) -> Iterator[str]:
    """Name the strikes behind dealers' hedging of a move either way."""
    if shown.base is None:
        return
    for (move,), rows in strikes(shown).group_by("move_pct", maintain_order=True):
        total, top = rows["usd"].sum(), rows.sort(rows["usd"].abs(), descending=True).head(TOP)
        names = ", ".join(f"{figures.strike(row['strike'])} {figures.dollars(row['usd'])}" for row in top.to_dicts())
        text = f"DEALERS AT {figures.signed(move, 0)}% NOW  {figures.dollars(total)}"  # type: ignore[arg-type]
        yield from flow([text, f"most from {names}"], terminal.width, indent="  ")


def _decided(shown: Shown, terminal: Terminal) -> Iterator[str]:
    """Say what this session's close makes volatility control trade later."""
    control = shown.volatility_control
    if control is None or not control.rule.lag:
        return
    spots = shown.flows.spot * np.array([0.97, 1.0, 1.03])
    down, same, up = (figures.dollars(float(value)) for value in control.decided_usd(spots))
    when = "1 session" if control.rule.lag == 1 else f"{control.rule.lag} sessions"
    text = f"DECIDED BY THIS CLOSE, traded {when} later  volatility control {down} at {figures.MINUS}3%"
    yield from flow([text, f"{same} at 0%", f"{up} at +3%"], terminal.width, indent="  ")


def liquidations(events: pl.DataFrame, terminal: Terminal) -> list[str]:
    """Rank the days on which funds were liquidated."""
    if events.is_empty():
        return ["LIQUIDATIONS  none in the history of funds"]
    money = figures.Money.spanning(events["gone_usd"])
    head = ("RANK", "date", f"gone {money.unit}", "lost", "redeemed", "of assets", "rank then", "index bought")
    cells = [
        (
            str(row["rank"]),
            f"{row['date']:%Y-%m-%d}",
            *(money(row[name]).lstrip("+") for name in ("gone_usd", "lost_usd", "redeemed_usd")),
            figures.percent(row["gone_share"]),
            str(row["rank_so_far"]),
            money(row["unwound_usd"]),
        )
        for row in events.head(2 * TOP).to_dicts()
    ]
    first, *lines = aligned([head, *cells], "><" + ">" * (len(head) - 2))
    return [
        f"LIQUIDATIONS  {events.height} day{'s' * (events.height > 1)} on which the funds lost and were redeemed",
        terminal.paint(first, "muted"),
        *lines,
    ]


def _parts(flows: SessionFlows, terminal: Terminal) -> Iterator[str]:
    """Say what each part rests on, or why it is missing."""
    for part in flows.parts:
        name = part.name.replace("_", " ").upper()
        if part.flow is None:
            lines = flow([f"{name}  missing: {part.reason}"], terminal.width, indent="  ")
            yield from (terminal.paint(line, "alert") for line in lines)
        else:
            first, *rest = about_of(part)
            yield from flow([f"{name}  {first}", *rest], terminal.width, indent="  ")


def about_of(part: Part) -> list[str]:
    """Return what a part rests on, in words."""
    about: dict[str, Any] = part.about
    if part.name == "dealers":
        vol = about["vol_move_points"]
        moved = [f"volatility {figures.signed(vol, 1)} points"] if vol else []
        net = figures.dollars(about["net_gamma_usd_per_1pct"])
        return [f"{about['contracts']:,} contracts, positions {about['positions']}", f"net gamma {net} per +1%", *moved]
    if part.name == "leveraged_funds":
        later = f", {about['funds_dated_later']} dated later left out" if "funds_dated_later" in about else ""
        return [
            f"{about['funds_with_assets']} of {about['funds']} funds on {about['index']} have assets{later}",
            f"{_size(about['aum_usd'])} of {about['assets_from']} to {about['assets_until']}",
            f"{figures.dollars(about['usd_per_1pct'])} per +1%",
        ]
    if part.name == "volatility_control":
        lag = f"{about['lag_sessions']} session{'' if about['lag_sessions'] == 1 else 's'} later"
        hold = f"hold {about['exposure']:.2f} times {_size(about['aum_usd'])}"
        return [hold, f"target {100 * about['target']:g}%, {about['cap']:g} times at the most", f"trade {lag}"]
    position = figures.signed(about["position"], 2)
    return [f"position {position} of 1, {figures.dollars(about['held_usd'])} in {about['of']}"]


def _size(value: float) -> str:
    return figures.dollars(value).removeprefix("+")


def _clock(time: dt.datetime) -> str:
    return f"{time.astimezone(figures.NEW_YORK):%H:%M}"
