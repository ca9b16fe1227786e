"""What moved net gamma and the levels since the snapshot before, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.change import Change
from gex.cli.page.html import joined, paragraph, section, table
from gex.cli.render import figures
from gex.cli.render.change_screen import (
    DOLLARS,
    LEVELS,
    ORDERED,
    column_money,
    flip_finding,
    largest,
    level_move,
    short_time,
    step_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from gex.change import Moment
    from gex.cli.page.view import View
    from gex.cli.render.figures import Money

TITLE = "What changed"
HEAD = ("Step", "Net", "Net, reversed", "Gross", "0DTE net", "Vanna", "Flip", "Call wall", "Put wall")


def panel(view: View) -> Markup:
    """Return the section."""
    change = view.change
    if not isinstance(change, Change):
        return section("change", TITLE, paragraph(change[:1].upper() + change[1:] + ".", "none"))
    money = {name: column_money(change, name) for name in DOLLARS}
    caption = (
        f"From {figures.moment(change.before.quote_time)} to {figures.moment(change.after.quote_time)}: "
        f"{money['net'].unit} per +1% (vanna: per vol point), levels in points; {ORDERED}."
    )
    return section(
        "change", TITLE, paragraph(_net(change)), paragraph(flip_finding(change).capitalize() + "."),
        table(caption, HEAD, _rows(change, money)), joined(paragraph(f"! {each}", "warning") for each in change.warnings),
    )  # fmt: skip


def _net(change: Change) -> str:
    """Say what moved net gamma most."""
    money = column_money(change, "net")
    parts = ", ".join(f"{step_name(step)} {money(step.part.net)}" for step in largest(change, "net"))
    total = f"{money(change.total.net)} {money.unit} per +1%, to {money(change.after.figures.net)}"
    return f"Net gamma {total}: {parts}."


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
