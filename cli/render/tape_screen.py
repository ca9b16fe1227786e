"""The tape on a terminal: what dealers did in a sentence, a line a bar, what the figures rest on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.bars import Bar, draw
from gex.cli.render.columns import Column, fitting, laid_out
from gex.cli.render.figures import Money
from gex.cli.render.terminal import flow
from gex.microstructure.errors import TWO_SIDED_95

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from gex.cli.render.terminal import Terminal, Token
    from gex.cli.tape import TapeOptions
    from gex.microstructure.tape import Tape

    Row = dict[str, Any]

BARS = 16
"""Columns that bars need beside the figures."""
GROUPS = {"zero_dte": "0DTE", "size_1_9": "1-9", "size_10_99": "10-99", "size_100_up": "100+"}
MM = Money(1e6, "$mm", 1)
WIDEST: dict[str, Any] = {
    "start": dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
    "group": "2000-01-01",
    "spot": 99_999.0,
    "trades": 99_999,
    "contracts": 999_999,
    "zero_dte_contracts": 999_999,
    "flow_usd": -9.9999e9,
    "cumulated_flow_usd": -9.9999e9,
    "cumulated_error_usd": 0.5e9,
    "calls_usd": -9.9999e9,
    "puts_usd": -9.9999e9,
    "gamma_usd_per_1pct": -9.9999e9,
    "vanna_usd_per_vol_point": -0.9999e9,
}
"""A row as wide as rows that nobody has seen yet are taken to be."""


@dataclass(frozen=True)
class Scales:
    """What dollars are told in."""

    flow: Money = MM
    gamma: Money = MM
    vanna: Money = MM

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Scales:
        """Return the scales of rows that are all there."""
        return cls(
            Money.spanning([*rows["flow_usd"], *rows["cumulated_flow_usd"]]),
            Money.spanning(rows["gamma_usd_per_1pct"]),
            Money.spanning(rows["vanna_usd_per_vol_point"]),
        )


def screen(rows: pl.DataFrame, tape: Tape, given: TapeOptions, terminal: Terminal) -> str:
    """Return the tape as text."""
    scales = Scales.of(rows)
    table = _table(rows, _columns(scales, given, dated=rows["date"].n_unique() > 1), given, terminal)
    blocks = [_head(tape, given, terminal), table, _notes(tape, scales, terminal)]
    return "\n".join("\n".join(block) + "\n" for block in blocks)


def followed(frames: Iterable[pl.DataFrame], tape: Tape, given: TapeOptions, terminal: Terminal) -> Iterator[str]:
    """Yield the head of the table, a line a bar as it is finished, and at the end what the tape comes to."""
    columns = fitting(_columns(Scales(), given, dated=False), [WIDEST], terminal.width)
    yield terminal.paint(laid_out(columns, [WIDEST])[0], "muted") + "\n"
    for frame in frames:
        for row in frame.iter_rows(named=True):
            yield laid_out(columns, [WIDEST, row])[2] + "\n"
    if tape.summary.first is not None:
        lines = [*_head(tape, given, terminal), "", *_notes(tape, Scales(), terminal)]
        yield "\n" + "\n".join(lines) + "\n"


def sentence(tape: Tape) -> str:
    """Say what dealers did: bought, sold, or neither for sure."""
    totals, underlying = tape.summary.totals, tape.summary.underlying
    net, reach = totals["flow_usd"], TWO_SIDED_95 * max(totals["variance"], 0.0) ** 0.5
    money = Money.spanning([net, reach])
    error = f"± {money(reach).removeprefix('+')} {money.unit}"
    if abs(net) <= reach:
        return f"{underlying}: dealers' hedging has no sure direction, {money(net)} {error}"
    done = "bought" if net > 0 else "sold"
    return f"{underlying}: dealers {done} {money(abs(net)).removeprefix('+')} {error} against options"


def span(tape: Tape) -> str:
    """Say which trades these are."""
    summary = tape.summary
    assert summary.first is not None  # noqa: S101 (a tape with rows has trades)
    assert summary.last is not None  # noqa: S101
    last = figures.clock(summary.last, summary.first)
    return f"{int(summary.totals['trades']):,} trades, {figures.moment(summary.first).removesuffix(' ET')} to {last} ET"


def _head(tape: Tape, given: TapeOptions, terminal: Terminal) -> list[str]:
    totals = tape.summary.totals
    net = totals["flow_usd"]
    token: Token = "positive" if net > 0 else "negative"
    told = [f"{figures.percent(totals[f'{name}_contracts'] / totals['contracts'])} {name}" for name in SIDES]
    raw = Money.spanning([totals["flow_raw_usd"]])
    parts = [
        span(tape),
        f"sides by {given.stack}: {', '.join(told)}",
        f"in full {raw(totals['flow_raw_usd'])} {raw.unit} were every side right",
    ]
    return [terminal.paint(sentence(tape), token, bold=True), *flow(parts, terminal.width, indent="  ")]


SIDES = ("bought", "sold", "unknown")


def _columns(scales: Scales, given: TapeOptions, *, dated: bool) -> list[Column]:
    pattern = "%m-%d %H:%M" if dated else "%H:%M"
    if given.bars.strip().lower().endswith("s"):
        pattern += ":%S"
    money = scales.flow
    columns = [
        Column("TIME", lambda row: row["start"].astimezone(figures.NEW_YORK).strftime(pattern)),
        *([Column(given.by, lambda row: str(GROUPS.get(row["group"], row["group"])))] if given.by else []),
        Column("spot", lambda row: "–" if row["spot"] is None else figures.price(row["spot"])),
        Column("trades", lambda row: f"{row['trades']:,}", 4),
        Column("contr", lambda row: f"{row['contracts']:,}", 3),
        Column("flow", lambda row: money(row["flow_usd"])),
        Column("cum", lambda row: money(row["cumulated_flow_usd"])),
        Column("± 95%", lambda row: money(TWO_SIDED_95 * row["cumulated_error_usd"]).removeprefix("+")),
        Column("calls", lambda row: money(row["calls_usd"])),
        Column("puts", lambda row: money(row["puts_usd"])),
        Column("0DTE", _zero_dte),
        Column("gamma", lambda row: scales.gamma(row["gamma_usd_per_1pct"]), 1),
        Column("vanna", lambda row: scales.vanna(row["vanna_usd_per_vol_point"]), 2),
    ]
    return [column for column in columns if not (given.by == "type" and column.head in {"calls", "puts"})]


def _zero_dte(row: Row) -> str:
    return figures.percent(row["zero_dte_contracts"] / row["contracts"]) if row["contracts"] else "–"


def _table(rows: pl.DataFrame, columns: Sequence[Column], given: TapeOptions, terminal: Terminal) -> list[str]:
    """Lay out a line a bar, with bars of what is cumulated where there is room."""
    told = rows.to_dicts()
    head, *lines = laid_out(fitting(columns, told, terminal.width), told)
    width = max(map(len, [head, *lines]))
    if given.by or terminal.width - width < BARS:
        return [terminal.paint(head, "muted"), *lines]
    marks = [Bar(f"{line:<{width}}", row["cumulated_flow_usd"]) for line, row in zip(lines, told, strict=True)]
    title = f"{head:<{width}}  cumulated"
    return [terminal.paint(title[: terminal.width], "muted"), *draw(marks, terminal, terminal.width)]


def _notes(tape: Tape, scales: Scales, terminal: Terminal) -> list[str]:
    """Say in which units, what is cumulated from where, and what has no hedge."""
    totals = tape.summary.totals
    parts = [
        f"flow, calls, puts: {scales.flow.unit} of the underlying that dealers buy (+) or sell ({figures.MINUS}) in the bar",
        "cum: since midnight New York",
        f"gamma {scales.gamma.unit} per +1%, vanna {scales.vanna.unit} per vol point: as dealers take them on",
        "0DTE: share of contracts",
    ]
    if totals["unpriced"]:
        share = figures.percent(totals["unpriced_contracts"] / totals["contracts"])
        parts.append(f"{int(totals['unpriced']):,} trades without a hedge, {share} of contracts")
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent="  ")]
