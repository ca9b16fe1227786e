"""What moved net gamma and the levels since the snapshot before, step by step, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.change import Change
from gex.cli.page.html import canvas_of, figure, joined, paragraph, section, table
from gex.cli.render import figures
from gex.cli.render.change_screen import (
    DOLLARS,
    LEVELS,
    ORDERED,
    accounted,
    column_money,
    flip_finding,
    level_move,
    moved_most,
    short_time,
    step_name,
)
from gex.cli.render.sentences import sentence
from gex.plot import attribution, page
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.change import Moment
    from gex.cli.page.html import Kind
    from gex.cli.page.view import View
    from gex.cli.render.figures import Money

TITLE = "What changed"
HEAD = ("Step", "Net", "Net, reversed", "Gross", "0DTE net", "Vanna", "Flip", "Call wall", "Put wall")
STRIKES, EXPIRATIONS = 8, 5
PAIR = Markup('<div class="pair">\n<div>{}</div>\n<div>{}</div>\n</div>\n')


def panel(view: View) -> Markup:
    """Return the section."""
    change = view.change
    if not isinstance(change, Change):
        return section("change", TITLE, paragraph(sentence(change), "none"))
    flip = flip_finding(change)
    return section(
        "change", TITLE, paragraph(sentence(f"Flip{flip.removeprefix('FLIP')}")),
        PAIR.format(_chart(change), joined([_where(change, "strike", STRIKES), _where(change, "expiration", EXPIRATIONS)])),
        _steps(change), paragraph(sentence("; ".join(accounted(change))), "note"),
        joined(paragraph(f"! {each}", "warning") for each in change.warnings),
    )  # fmt: skip


def _chart(change: Change) -> Markup:
    picture = attribution.draw(change, PAGE, page.HALF)
    lines = [list(_lines(column)) for column in attribution.columns_of(change)]
    data = {"charts": [{"left": page.HALF.left, "right": page.HALF.right, "lines": lines}]}
    return figure("change-chart", picture, canvas=canvas_of(picture, kind="half"), panel="columns", data=data)


def _lines(column: attribution.Column) -> Iterator[str]:
    """Say what the pointer says of a column."""
    yield column.name
    yield f"{figures.dollars(column.value)} per +1%"
    if not column.is_whole:
        yield f"from {figures.dollars(column.start)} to {figures.dollars(column.end)}"


def _where(change: Change, column: str, most: int) -> Markup:
    """Return where net gamma changed most and what moved it there most: a row a strike or expiration."""
    found = moved_most(change, column, most)
    if not found:
        return Markup()
    money = figures.Money.spanning(each.change for each in found)
    found.sort(key=lambda each: each.where, reverse=column == "strike")
    rows = ([each.label, money(each.change), each.cause, money(each.part)] for each in found)
    head = [column.capitalize(), f"Change of net, {money.unit}", "Most by", "Its part"]
    kinds: Sequence[Kind] = ("word", "figure", "word", "figure")
    return table(f"Where net gamma changed most, by {column}, per +1%", head, rows, kinds=kinds)


def _steps(change: Change) -> Markup:
    """Return a row a step, between those of the two snapshots."""
    money = {name: column_money(change, name) for name in DOLLARS}
    caption = (
        f"From {figures.moment(change.before.quote_time)} to {figures.moment(change.after.quote_time)}: "
        f"{money['net'].unit} per +1% (vanna: per vol point), levels in points; {ORDERED}."
    )
    return table(caption, HEAD, _rows(change, money))


def _rows(change: Change, money: dict[str, Money]) -> Iterator[list[str]]:
    yield _own(change.before, money)
    for step in change.steps:
        net, *others = (money[name](getattr(step.part, name)) for name in DOLLARS)
        moves = (
            level_move(getattr(step.part, name), change.after.spot, strike=name != "gamma_flip") for name in LEVELS
        )
        yield [step_name(step), net, money["net"](step.reversed_net), *others, *moves]
    yield _own(change.after, money)


def _own(moment: Moment, money: dict[str, Money]) -> list[str]:
    """Return the row of a snapshot's own figures."""
    values, spot = moment.figures, moment.spot
    net, gross, *others = (money[name](getattr(values, name)) for name in DOLLARS)
    flip = "none" if values.gamma_flip is None else figures.level(values.gamma_flip, spot)
    walls = ("none" if wall is None else figures.strike(wall) for wall in (values.call_wall, values.put_wall))
    return [short_time(moment.quote_time), net, "", gross.removeprefix("+"), *others, flip, *walls]
