"""Exposure by expiration: net as a bar within that of calls and puts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.plot import drawing, figures, page
from gex.plot.dates import dates_of
from gex.plot.drawing import Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found
from gex.summary import DECISIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gex.plot.dates import Dates
    from gex.plot.drawing import Drawing, Mark
    from gex.plot.page import Size
    from gex.plot.theme import Theme
    from gex.results import Analysis, Slice

    Row = dict[str, Any]
    Ends = tuple[float, float]
    Height = Callable[[float], float]

WIDE, NARROW = 0.38, 0.2
"""Half of a bar, as a fraction of its column: calls and puts, net."""
LEGIBLE = 24
"""Pixels of length that a bar with its name in it needs."""
VALUES = ("net", "calls", "puts")
SUMS = (*VALUES, "gross")


def draw(analysis: Analysis, theme: Theme, size: Size = page.WHOLE) -> Drawing:
    """Return the chart."""
    dates, rows = columns_of(analysis, size)
    if not any(row["gross"] for row in rows):
        found = Found("no expiration has gamma", "$ of delta per +1% of spot: no expiration has any.")
        return size.holds(page.page(analysis, theme, found, page.absence(theme, found.caption, size)))
    return size.holds(page.page(analysis, theme, _found(dates, rows), list(_marks(dates, rows, theme))))


def columns_of(analysis: Analysis, size: Size) -> tuple[Dates, Sequence[Row]]:
    """Return the columns drawn, and `column`, `net`, `calls`, `puts`, `gross` and `sure`, its sign, of each in its place."""
    dates = dates_of(analysis, size.dates, size.right, size.left)
    places = {date: place for place, date in enumerate(dates.dates)}
    rows: dict[int, Row] = {}
    table = analysis.by_expiration
    for date, *values in zip(table["expiration"], *(table[name] for name in SUMS), strict=True):
        column = places.get(date, len(places))
        row = rows.setdefault(column, {"column": column} | dict.fromkeys(SUMS, 0.0))
        for name, value in zip(SUMS, values, strict=True):
            row[name] += value
    for row in rows.values():
        row["sure"] = _sure(row, dates, analysis.zero_dte)
    return dates, sorted(rows.values(), key=lambda row: row["column"])


def _marks(dates: Dates, rows: Sequence[Row], theme: Theme) -> Iterator[Mark]:
    values = [row[name] for row in rows for name in VALUES]
    ends, money = page.span(values, room=1.1), Money.spanning(values)
    y = drawing.scaled(*ends, page.TOP, page.BOTTOM)
    yield Text((page.MARGIN, page.TOP - 26), f"gamma, {money.unit} per +1% of spot", theme.muted, 11.5)
    yield from page.dollar_grid(ends, money, y, theme, dates.right, dates.left)
    for row in rows:
        yield from _bars(row, dates, ends, y, theme)
        yield from _figure(row, dates, ends, y, money, theme)
    yield Line([(dates.left, y(0.0)), (dates.right, y(0.0))], theme.muted, 1.2)
    yield from dates.names(theme)
    yield from _key(rows, dates, ends, y, theme)


def _sides(row: Row) -> dict[str, tuple[float, float]]:
    """Return left and right of each bar from its column's middle; calls and puts that share a side stand abreast."""
    abreast = row["calls"] * row["puts"] > 0
    calls, puts = ((-WIDE, 0.0), (0.0, WIDE)) if abreast else ((-WIDE, WIDE), (-WIDE, WIDE))
    return {"calls": calls, "puts": puts, "net": (-NARROW, NARROW)}


def _key(rows: Sequence[Row], dates: Dates, ends: Ends, y: Height, theme: Theme) -> Iterator[Mark]:
    """Name the bars of calls and puts inside the largest, where they stand apart."""
    row = max(rows, key=lambda each: each["gross"])
    for name in ("calls", "puts"):
        end = y(_within(row[name], ends))
        if abs(end - y(0.0)) > LEGIBLE and row["calls"] * row["puts"] < 0:
            at = (dates.x(row["column"]), end + 14 if row[name] > 0 else end - 6)
            yield Text(at, name, theme.upon(theme.soft(row[name])), 11, "middle")


def _bars(row: Row, dates: Dates, ends: Ends, y: Height, theme: Theme) -> Iterator[Mark]:
    x, step = dates.x(row["column"]), dates.step
    colors = {"calls": theme.soft(row["calls"]), "puts": theme.soft(row["puts"]), "net": theme.strong(row["net"])}
    for name, (left, right) in _sides(row).items():
        if row[name]:
            top, bottom = sorted((y(_within(row[name], ends)), y(0.0)))
            place = (x + left * step, top, x + right * step, bottom)
            if name == "net" and not row["sure"]:
                yield from drawing.unsure(*place, theme)
            else:
                yield drawing.box(*place, colors[name])


def _sure(row: Row, dates: Dates, today: Slice | None) -> bool:
    """Whether the sign of a net is known: volume may contradict what expires today."""
    if today and today.sign == "unknown" and dates.dates[row["column"] : row["column"] + 1] == [dates.today]:
        return False
    return bool(abs(row["net"]) >= DECISIVE * row["gross"])


def _figure(row: Row, dates: Dates, ends: Ends, y: Height, money: Money, theme: Theme) -> Iterator[Mark]:
    """Write net above its column; where a bar is cut, how long it would be."""
    x, top = dates.x(row["column"]), min(y(0.0), *(y(_within(row[name], ends)) for name in VALUES))
    text = money(row["net"]) + (" ▲" if any(_within(row[name], ends) != row[name] for name in VALUES) else "")
    yield Text((x, top - 7), text, theme.strong(row["net"]) if row["sure"] else theme.muted, 11.5, "middle", bold=True)


def _within(value: float, ends: Ends) -> float:
    return min(max(value, ends[0]), ends[1])


def _found(dates: Dates, rows: Sequence[Row]) -> Found:
    total = sum(row["gross"] for row in rows)
    row = max((each for each in rows if each["column"] < len(dates.dates)), key=lambda each: each["gross"])
    date = dates.dates[row["column"]]
    when = "today (0DTE)" if date == dates.today else f"on {date:%Y-%m-%d}"
    title = f"{figures.percent(row['gross'] / total)} of gross gamma expires {when}, {figures.dollars(row['net'])} net"
    shown = (
        f" {len(dates.dates)} largest of {len(dates.dates) + dates.others} dates, the rest summed."
        if dates.others
        else ""
    )
    beside = ", left and right where they share a side" if any(row["calls"] * row["puts"] > 0 for row in rows) else ""
    unsure = f"under {DECISIVE:.0%} of gross"
    if any(not row["sure"] and abs(row["net"]) >= DECISIVE * row["gross"] for row in rows):
        unsure += ", or 0DTE that volume contradicts"
    caption = (
        f"Dealers' gamma by expiration, $ of delta per +1% of spot. Wide: calls and puts{beside}; narrow, with its "
        f"figure: net, hatched grey where its sign is unknown: {unsure}.{shown}"
    )
    return Found(title, caption)
