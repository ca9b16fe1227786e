"""A series as a picture: spot, flip with its band and walls above, net gamma below, one place a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.history_screen import ABOVE, GROSS, NET, TODAY_NET, held
from gex.cli.render.pictures import in_form
from gex.plot import drawing
from gex.plot.drawing import Area, Dot, Drawing, Line, Text
from gex.summary import DECISIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gex.cli.render.history_screen import Shown
    from gex.plot.drawing import Mark

    Row = dict[str, Any]

WIDTH, HEIGHT = 1080, 720
LEFT, RIGHT = 76, 960
PRICES, NETS = (92, 440), (486, 646)
"""Top and bottom of the two panels."""
LABEL_GAP = 15
MOST_DATES = 9
CLOSE = 8
"""Pixels a row below which lines are drawn thinner."""
UNKNOWN = ("#c9d0d7", "#9aa5b1")
BAND = ("gamma_flip_method_low", "gamma_flip_method_high")
LINES = (
    ("call_wall", "call wall", drawing.POSITIVE),
    ("put_wall", "put wall", drawing.NEGATIVE),
)


@dataclass(frozen=True)
class Frame:
    """Where rows and values stand."""

    rows: Sequence[Row]
    price: Callable[[float], float]
    net: Callable[[float], float]
    low: float
    high: float
    low_net: float
    high_net: float

    @property
    def step(self) -> float:
        """Pixels a row."""
        return (RIGHT - LEFT) / len(self.rows)

    def x(self, place: float) -> float:
        """Return the middle of a row."""
        return LEFT + (place + 0.5) * self.step


def picture(shown: Shown, form: str) -> bytes:
    """Return the picture as SVG or PNG.

    Raises:
        click.UsageError: PNG, and matplotlib is not installed.

    """
    return in_form(draw(shown), form)


def draw(shown: Shown) -> Drawing:
    """Lay the picture out."""
    frame = _frame(shown.rows)
    title, caption = _title(shown), _caption(shown)
    marks: list[Mark] = [
        Text((LEFT, 34), title, size=19, bold=True),
        Text((LEFT, 56), _subtitle(shown), drawing.MUTED, 12.5),
        *_axes(frame, shown),
        *_ribbon(frame),
        *_walls(frame),
        *_flip(frame),
        *_spot(frame),
        *_bars(frame, shown),
        *_tags(frame),
        *(Text((LEFT, HEIGHT - 34 + 15 * place), line, drawing.MUTED, 11) for place, line in enumerate(caption)),
    ]
    return Drawing(WIDTH, HEIGHT, marks, title, " ".join(caption))


def _frame(rows: Sequence[Row]) -> Frame:
    names = ("spot", "gamma_flip", "call_wall", "put_wall", *BAND)
    prices = [row[name] for row in rows for name in names if row.get(name) is not None]
    low, high = _widened(min(prices), max(prices))
    nets = [row[NET] for row in rows]
    low_net, high_net = min(0.0, *nets), max(0.0, *nets) or 1.0
    low_net, high_net = (1.06 * low_net, 1.06 * high_net)
    price, net = drawing.scaled(low, high, *PRICES), drawing.scaled(low_net, high_net, *NETS)
    return Frame(rows, price, net, low, high, low_net, high_net)


def _widened(low: float, high: float) -> tuple[float, float]:
    room = 0.05 * (high - low) or 0.01 * high
    return low - room, high + room


def _title(shown: Shown) -> str:
    """Say what the picture shows in a sentence."""
    row, money = shown.rows[-1], shown.money
    day = f"{row['quote_date']:%Y-%m-%d}"
    net = f"{row['underlying']} net gamma was {money.alone(row[NET])} {money.unit} per +1% on {day}"
    if row[ABOVE] is None:
        return f"{net}; there was no flip"
    return f"{net}, spot {abs(row[ABOVE]):.2f}% {'above' if row[ABOVE] >= 0 else 'below'} the flip"


def _subtitle(shown: Shown) -> str:
    count = len(shown.rows)
    what = "session" if shown.every == "session" else "snapshot"
    which = "as reported" if shown.which == "as_reported" else "restated"
    text = f"{count} {what}{'' if count == 1 else 's'}, {which}"
    if shown.rows[-1][f"{NET}_percentile"] is not None:
        row = shown.rows[-1]
        text += f"; percentile {row[f'{NET}_percentile']:.0f} of the {row[f'{NET}_sessions']} sessions before"
    return text


def _caption(shown: Shown) -> list[str]:
    ends = dict.fromkeys(f"{end(row[GROSS] for row in shown.rows) / shown.money.scale:.0f}" for end in (min, max))
    gross = " to ".join(ends)
    dollars = f"Dollars {held(shown.rows)}. Gross gamma {gross} {shown.money.unit}."
    ribbon = "Ribbon: the flip under other sources and dynamics of volatility, and rates."
    bars = f"dark is what expires on the date (0DTE); grey, a net under {DECISIVE:.0%} of gross: sign unknown"
    return [
        f"{dollars} Walls by net gamma of all expirations.",
        f"{ribbon} Below: {bars}.",
    ]


def _axes(frame: Frame, shown: Shown) -> Iterator[Mark]:
    """Draw grids, zero line, units and dates."""
    money = shown.money
    for value in drawing.ticks(frame.low, frame.high):
        yield from _grid(frame.price(value), f"{value:,.0f}" if frame.high >= 1000 else f"{value:g}")
    for value in drawing.ticks(frame.low_net / money.scale, frame.high_net / money.scale, 5):
        yield from _grid(frame.net(value * money.scale), f"{value:+g}".replace("-", figures.MINUS) if value else "0")
    yield Text((LEFT, PRICES[0] - 10), "points", drawing.MUTED, 11.5)
    yield Text((LEFT, NETS[0] - 10), f"net gamma, {money.unit} per +1% of spot", drawing.MUTED, 11.5)
    yield Line([(LEFT, frame.net(0.0)), (RIGHT, frame.net(0.0))], drawing.MUTED, 1.2)
    every = -(-len(frame.rows) // MOST_DATES)
    last = len(frame.rows) - 1
    for place in range(last % every, last + 1, every):
        yield Text((frame.x(place), NETS[1] + 20), _date(frame.rows, place), drawing.MUTED, 11.5, "middle")


def _grid(y: float, label: str) -> Iterator[Mark]:
    yield Line([(LEFT, y), (RIGHT, y)], drawing.GRID)
    yield Text((LEFT - 8, y + 4), label, drawing.MUTED, 11.5, "end")


def _date(rows: Sequence[Row], place: int) -> str:
    time = rows[place]["quote_time"].astimezone(figures.NEW_YORK)
    many = len({row["quote_date"] for row in rows}) < len(rows)
    return f"{time:%m-%d %H:%M}" if many else f"{time:%Y-%m-%d}"


def _runs(frame: Frame, *names: str) -> Iterator[list[tuple[int, Row]]]:
    """Yield stretches of rows in which none of the values is missing."""
    run: list[tuple[int, Row]] = []
    for place, row in enumerate(frame.rows):
        if any(row.get(name) is None for name in names):
            if run:
                yield run
            run = []
        else:
            run.append((place, row))
    if run:
        yield run


def _ribbon(frame: Frame) -> Iterator[Mark]:
    low, high = BAND
    for run in _runs(frame, *BAND):
        upper = [(x, frame.price(row[high])) for place, row in run for x in _edges(frame, place, run)]
        lower = [(x, frame.price(row[low])) for place, row in run for x in _edges(frame, place, run)]
        yield Area([*upper, *reversed(lower)], drawing.MUTED, 0.22)


def _edges(frame: Frame, place: int, run: list[tuple[int, Row]]) -> tuple[float, ...]:
    """Return where a row's value stands: its middle, or both its edges where it stands alone."""
    return (frame.x(place - 0.35), frame.x(place + 0.35)) if len(run) == 1 else (frame.x(place),)


def _walls(frame: Frame) -> Iterator[Mark]:
    """Draw walls as steps: a wall is one strike for the whole of its row."""
    for name, _, color in LINES:
        for run in _runs(frame, name):
            points = [(frame.x(place + side), frame.price(row[name])) for place, row in run for side in (-0.5, 0.5)]
            yield Line(points, color, 1.3 if frame.step > CLOSE else 0.9)


def _flip(frame: Frame) -> Iterator[Mark]:
    for run in _runs(frame, "gamma_flip"):
        points = [(x, frame.price(row["gamma_flip"])) for place, row in run for x in _edges(frame, place, run)]
        yield Line(points, drawing.INK, 1.4, (6, 4))


def _spot(frame: Frame) -> Iterator[Mark]:
    points = [(frame.x(place), frame.price(row["spot"])) for place, row in enumerate(frame.rows)]
    yield Line(points, drawing.INK, 2.2 if frame.step > CLOSE else 1.5)
    if frame.step > 12:
        yield from (Dot(point, drawing.INK, 3) for point in points)


def _bars(frame: Frame, shown: Shown) -> Iterator[Mark]:
    """Draw net gamma, the part of what expires on the date darker inside, and its figure where there is room."""
    half = max(0.5, min(0.36 * frame.step, 30))
    for place, row in enumerate(frame.rows):
        net, today = row[NET], row[TODAY_NET] or 0.0
        soft, dark = _colors(row)
        inside = min(abs(today), abs(net)) * (1 if net >= 0 else -1) if today * net > 0 else 0.0
        yield _bar(frame, place, half, net, soft)
        if inside:
            yield _bar(frame, place, half, inside, dark)
        if frame.step > 44:
            y = frame.net(net) + (-5 if net >= 0 else 14)
            yield Text((frame.x(place), y), shown.money(net), drawing.INK, 11.5, "middle")


def _colors(row: Row) -> tuple[str, str]:
    """Return the colours of a bar, the soft one and that of 0DTE: of a sign, or of none where it is unknown."""
    if row.get("regime") == "near_zero":
        return UNKNOWN
    if row[NET] >= 0:
        return drawing.POSITIVE_SOFT, drawing.POSITIVE
    return drawing.NEGATIVE_SOFT, drawing.NEGATIVE


def _bar(frame: Frame, place: int, half: float, value: float, color: str) -> Area:
    x, zero, y = frame.x(place), frame.net(0.0), frame.net(value)
    return Area([(x - half, zero), (x + half, zero), (x + half, y), (x - half, y)], color)


def _tags(frame: Frame) -> list[Text]:
    """Name each line at its right end, none over another."""
    row = frame.rows[-1]
    labels = [("spot", f"spot {figures.price(row['spot'])}", drawing.INK)]
    if row["gamma_flip"] is not None:
        labels.append(("gamma_flip", f"flip {figures.level(row['gamma_flip'], row['spot'])}", drawing.INK))
    labels += [
        (name, f"{label} {figures.strike(row[name])}", color) for name, label, color in LINES if row[name] is not None
    ]
    texts = [
        (frame.price(row[name]) + 4, Text((RIGHT + 8, 0), text, color, 12, bold=name == "spot"))
        for name, text, color in labels
    ]
    return drawing.apart(texts, LABEL_GAP)
