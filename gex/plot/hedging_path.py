"""What dealers trade as time alone passes: what it adds up to by each time above, each interval's own below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.plot import drawing, expiring, figures, page
from gex.plot.drawing import Dot, Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found
from gex.plot.times import times_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gex.intraday_results import ZeroDte
    from gex.plot.drawing import Drawing, Mark
    from gex.plot.theme import Theme
    from gex.plot.times import Times

    Row = dict[str, Any]
    Height = Callable[[float], float]

SUM, EACH = (page.TOP, 316.0), (388.0, page.BOTTOM)
"""Top and bottom of the two panels."""
GAP = 1.0
"""Pixels that a bar keeps from its interval's ends."""


def draw(view: ZeroDte, theme: Theme) -> Drawing:
    """Return the chart."""
    rows, times = view.path.to_dicts(), times_of(view)
    if not any(row["charm_trade_usd"] for row in rows):
        return expiring.sheet(
            view, theme, _found(view), page.absence(theme, "No trade: dealers hold nothing that decays.")
        )
    marks = [
        *times.scale(theme, page.TOP, page.BOTTOM),
        *_sums(rows, times, theme),
        *_trades(view, rows, times, theme),
    ]
    return expiring.sheet(view, theme, _found(view), marks)


def _sums(rows: Sequence[Row], times: Times, theme: Theme) -> Iterator[Mark]:
    """Draw what trades have added up to, of what expires and of all expirations."""
    total = 0.0
    whole = [0.0] + [total := total + (row["all_expirations_usd"] or 0.0) for row in rows]
    own = [0.0, *(row["cumulative_usd"] for row in rows)]
    shown: list[tuple[list[float], str, str, float, tuple[float, float] | None]] = []
    if any(row["all_expirations_usd"] is not None for row in rows):
        shown.append((whole, "all expirations", theme.muted, 1.6, (5.0, 3.0)))
    shown.append((own, "what expires", theme.ink, 2.2, None))
    ends, money = page.span([value for values, *_ in shown for value in values]), Money.spanning([*own, *whole])
    y = drawing.scaled(*ends, *SUM)
    yield Text((page.MARGIN, SUM[0] - 14), f"bought (+) or sold (−) by then, {money.unit}", theme.muted, 11.5)
    yield from page.dollar_grid(ends, money, y, theme, page.RIGHT)
    labels = []
    for values, name, color, width, dash in shown:
        points = [(times.x(time), y(value)) for time, value in zip(times.instants, values, strict=True)]
        yield Line(points, color, width, dash)
        text = f"{money.alone(values[-1])} {name}"
        labels.append((points[-1][1] + 4, Text((page.RIGHT + 8, 0), text, color, 12, bold=dash is None)))
    yield Dot((times.x(times.instants[-1]), y(own[-1])), theme.ink, 4)
    yield from drawing.apart(labels, page.LABEL_GAP)


def _trades(view: ZeroDte, rows: Sequence[Row], times: Times, theme: Theme) -> Iterator[Mark]:
    """Draw each interval's trade as a bar, and as a tick across what a move of volatility would add."""
    trades, vanna = ([row[name] for row in rows] for name in ("charm_trade_usd", "vanna_trade_usd"))
    evenly = [*trades[times.night :], *vanna[times.night :]]  # a night's trade would flatten those of the session
    ends, money = page.span(evenly, room=1.12), Money.spanning(evenly)
    y = drawing.scaled(*ends, *EACH)
    move = f"{figures.signed(view.vol_points, 0 if view.vol_points % 1 == 0 else 1)} vol point{'' if abs(view.vol_points) == 1 else 's'}"
    name = f"each interval, {money.unit}; tick: a trade on top if volatility moves {move} at its start"
    yield Text((page.MARGIN, EACH[0] - 32), name, theme.muted, 11.5)
    yield from page.dollar_grid(ends, money, y, theme, page.RIGHT)
    for row in rows:
        left, right = times.x(row["since"]) + GAP, times.x(row["until"]) - GAP
        yield from _bar(row["charm_trade_usd"], left, right, ends, y, money, theme)
        if ends[0] <= row["vanna_trade_usd"] <= ends[1]:
            tick = y(row["vanna_trade_usd"])
            yield Line([(left, tick), (right, tick)], theme.ink, 2.0)
    yield Line([(page.LEFT, y(0.0)), (page.RIGHT, y(0.0))], theme.muted, 1.2)


def _bar(
    value: float, left: float, right: float, ends: tuple[float, float], y: Height, money: Money, theme: Theme
) -> Iterator[Mark]:
    """Draw a bar from zero; one that is cut says its figure."""
    within = min(max(value, ends[0]), ends[1])
    if value:
        top, bottom = sorted((y(0.0), y(within)))
        yield drawing.box(left, top, right, bottom, theme.strong(value))
    if within != value:
        at = (left, y(within) - 5 if value > 0 else y(within) + 14)
        yield Text(at, f"{money.alone(value)} {'▲' if value > 0 else '▼'}", theme.strong(value), 11.5, bold=True)


def _found(view: ZeroDte) -> Found:
    total = float(view.path["charm_trade_usd"].sum())
    row = max(view.path.to_dicts(), key=lambda each: abs(each["charm_trade_usd"]))
    since, until, expiry = (
        figures.weekday_clock(time, view.clock.expires_at)
        for time in (row["since"], row["until"], view.clock.expires_at)
    )
    deed = "buy" if total > 0 else "sell"
    title = f"dealers {deed} {figures.dollars(abs(total)).removeprefix('+')} by {expiry} as time passes, most {since}–{until}"
    caption = (
        f"What dealers must trade to stay hedged at fixed spot {figures.price(view.level)} and volatility, $ of the underlying, "
        f"the difference of delta over each interval, exact. Above zero they buy, below they sell.{_missing(view)}"
    )
    return Found(title if total else "time alone makes dealers trade nothing", caption)


def _missing(view: ZeroDte) -> str:
    none = view.path["all_expirations_usd"].null_count()
    return " All expirations: none, American contracts of others expire on the way." if none else ""
