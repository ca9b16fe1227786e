"""What moved net gamma and the flip from session to session, as a table, as flat columns, as a document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.cli.render.terminal import Terminal

    Row = dict[str, Any]

STEPS = ("rolled_off", "price", "time", "volatility", "carry", "quantity", "new")
HEADS = ("rolled", "price", "time", "vol", "carry", "quantity", "new")
FIRST = "the first of the series"
FIGURES = {"net": "net_gamma_usd_per_1pct", "gamma_flip": "gamma_flip"}
"""What is attributed: its name among a step's figures, and in the series."""


def columns_of(name: str) -> tuple[str, ...]:
    """Return the columns of one figure: the whole change, its parts, and what they leave."""
    stem = FIGURES[name]
    return (f"{stem}_moved", *(f"{stem}_moved_by_{step}" for step in STEPS), f"{stem}_moved_residual")


def moved(rows: Sequence[Row], reasons: Sequence[dict[str, str]], terminal: Terminal) -> list[str]:
    """Return both tables; nothing where no attribution was asked for."""
    if "attributed_from" not in rows[0]:
        return []
    there = [row for row in rows if row["attributed_from"] is not None]
    missing = [
        f"{row['quote_date']:%m-%d}: {reason['attributed_from']}"
        for row, reason in zip(rows, reasons, strict=True)
        if row["attributed_from"] is None and reason["attributed_from"] != FIRST
    ]
    lines = [*_net(there, terminal), *_flip(there, terminal)] if there else []
    return [*lines, *(line for text in missing for line in flow([text], terminal.width, indent="  "))]


def _net(rows: Sequence[Row], terminal: Terminal) -> list[str]:
    names = columns_of("net")[:-1]
    money = figures.Money.spanning(row[name] for row in rows for name in names)
    money = replace(money, decimals=money.decimals + 1)
    title = f"WHAT MOVED NET GAMMA, {money.unit} per +1%"
    return _laid_out(rows, names, lambda value, _: money(value), title, terminal)


def _flip(rows: Sequence[Row], terminal: Terminal) -> list[str]:
    def points(value: float, row: Row) -> str:
        return figures.signed(value, 1 if row["spot"] >= 1000 else 2)

    return _laid_out(rows, columns_of("gamma_flip")[:-1], points, "WHAT MOVED THE FLIP, points", terminal)


def _laid_out(rows: Sequence[Row], names: Sequence[str], text: Any, title: str, terminal: Terminal) -> list[str]:
    cells = [
        (f"{row['quote_date']:%m-%d}", *("none" if row[name] is None else text(row[name], row) for name in names))
        for row in rows
    ]
    head, *lines = aligned([("", "change", *HEADS), *cells], "<" + ">" * len(names))
    return [terminal.paint(title, "muted"), terminal.paint(head, "muted"), *lines]
