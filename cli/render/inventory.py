"""Dealers' inventory as a table, a document and a position file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gex.cli.render import figures
from gex.cli.render.intervals import interval_lines, published
from gex.cli.render.terminal import aligned, flow
from gex.ingest.contracts import option_symbol

if TYPE_CHECKING:
    from gex.cli.inventory_run import Found
    from gex.cli.render.terminal import Terminal
    from gex.microstructure.inventory import Inventory

SCHEMA_VERSION = 1
SIDES = {"C": "calls", "P": "puts"}
NO_CHAIN = "no --chain to price what is held with"
NO_NEXT = "no --reconcile with the next morning's open interest"
NO_ERROR = "every quantity is certain"


def positions(inventory: Inventory) -> pl.DataFrame:
    """Return the inventory as a position file: option symbol, contracts, standard error."""
    held = inventory.table.filter((pl.col("contracts") != 0) | (pl.col("variance") > 0))
    return held.select(
        option_symbol().alias("contract"), "contracts", pl.col("variance").sqrt().alias("standard_error")
    )


def totals(found: Found) -> pl.DataFrame:
    """Return a row for the calls and one for the puts of each expiration, and one of all."""
    from gex.microstructure.errors import book_errors

    table = found.inventory.table
    errors = book_errors(found.inventory.book("totals"), table)
    group = table.select(pl.struct("expiration", "option_type").rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    ones = np.ones(table.height)
    sums = (
        table.group_by("expiration", "option_type", maintain_order=True)
        .agg(pl.col("trades", "volume", "contracts").sum())
        .sort("expiration", "option_type")
    )
    variance = errors.variances(ones, group, sums.height) if errors else np.zeros(sums.height)
    rows = sums.with_columns(standard_error=np.sqrt(variance)).join(
        found.sides, on=["expiration", "option_type"], how="left", maintain_order="left"
    )
    rows = rows.with_columns(pl.col("bought", "unknown").fill_null(0))
    counted = pl.col("trades", "volume", "contracts", "bought", "unknown").sum()
    error = float(np.sqrt(errors.variance(ones))) if errors else 0.0
    return pl.concat([rows, rows.select(counted).with_columns(standard_error=pl.lit(error))], how="diagonal")


def screen(found: Found, terminal: Terminal) -> str:
    """Return what dealers hold as text."""
    blocks = [_head(found, terminal), _table(found, terminal), _levels(found, terminal), _rests(found, terminal)]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def document(found: Found) -> dict[str, Any]:
    """Return what dealers hold as a document; `jsonable` turns its times into JSON's."""
    read, analysis = found.read, found.analysis
    intervals = analysis.intervals if analysis else None
    missing = {
        "reconciliation": (found.reconciliation, NO_NEXT),
        "levels": (analysis, NO_CHAIN),
        "intervals": (intervals, NO_ERROR if analysis else NO_CHAIN),
    }
    rows = totals(found).to_dicts()
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": found.underlying,
        "first_trade": min(read.times),
        "last_trade": max(read.times),
        "quality": read.account.as_dict(),
        "settings": {
            "stack": found.stack,
            "accuracies": found.accuracies,
            "maker_share": found.maker_share,
            "lean": found.lean,
            "opening": found.given.opening,
            "confidence": found.given.confidence if found.given.opening == "naive" else None,
        },
        "total": {name: value for name, value in rows[-1].items() if name not in {"expiration", "option_type"}},
        "by_expiration": rows[:-1],
        "contracts_not_in_chain": found.unlisted,
        "reconciliation": _reconciled(found),
        "levels": analysis
        and {name: getattr(analysis.levels, name) for name in ("gamma_flip", "call_wall", "put_wall")},
        "intervals": intervals and published(intervals),
        "reasons": {name: reason for name, (value, reason) in missing.items() if value is None}
        | ({} if found.given.opening == "naive" else {"settings.confidence": "of --opening naive alone"}),
    }


def _reconciled(found: Found) -> dict[str, Any] | None:
    if found.reconciliation is None:
        return None
    rest = found.reconciliation
    return {
        "contracts": rest.table.height,
        "opened": rest.table["opened"].sum(),
        "impossible": rest.impossible.to_dicts(),
    }


def _head(found: Found, terminal: Terminal) -> list[str]:
    first, last = min(found.read.times), max(found.read.times)
    parts = [
        f"{found.underlying} trades {figures.moment(first)} to {figures.clock(last, first)}",
        f"opening {found.given.opening}",
    ]
    head, *rest = flow(parts, terminal.width, indent="  ")
    return [terminal.paint(head, "ink", bold=True), *rest]


def _table(found: Found, terminal: Terminal) -> list[str]:
    rows = totals(found)
    head = ("DEALERS", "", "net", "± 95%", "volume", "bought", "unknown", "trades")
    body = [_row(row) for row in rows.to_dicts()]
    first, *lines = aligned([head, *body], "<<>>>>>>")
    return [terminal.paint(first, "muted"), *lines]


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    from gex.microstructure.errors import TWO_SIDED_95

    unknown = figures.percent(row["unknown"] / row["volume"]) if row["volume"] else ""
    return (
        f"{row['expiration']:%Y-%m-%d}" if row["expiration"] else "all",
        SIDES[row["option_type"]] if row["option_type"] else "",
        figures.signed(row["contracts"], 0),
        f"{TWO_SIDED_95 * row['standard_error']:,.0f}",
        f"{row['volume']:,}",
        figures.signed(row["bought"], 0),
        unknown,
        f"{row['trades']:,}",
    )


def _levels(found: Found, terminal: Terminal) -> list[str]:
    """Lay out the levels with their intervals."""
    if found.analysis is None:
        return []
    levels, spot = found.analysis.levels, figures.spot_of(found.analysis)
    gamma = found.analysis.exposure.gamma_usd_per_1pct.net
    flip = "none" if levels.gamma_flip is None else figures.level(levels.gamma_flip, spot)
    both = (("call wall", levels.call_wall), ("put wall", levels.put_wall))
    walls = [f"{name} {'none' if wall is None else figures.strike(wall)}" for name, wall in both]
    line = flow([f"flip {flip}", *walls, f"net {figures.dollars(gamma)} per +1%"], terminal.width, separator="   ")
    return [*line, *interval_lines(found.analysis, terminal)]


def _rests(found: Found, terminal: Terminal) -> list[str]:
    """Say what it rests on."""
    parts = [
        f"ASSUMES  sides by {found.given.stack} ({found.accuracies} accuracies)",
        f"a dealer opposite {found.maker_share:.0%} of customers",
        f"flows of contracts lean by {np.sqrt(found.lean):.0%}",
    ]
    if found.given.opening == "naive":
        parts.append(f"naive opening trusted {found.given.confidence:.0%}")
    if found.reconciliation is not None:
        done, odd = found.reconciliation.table.height, found.reconciliation.impossible.height
        parts.append(f"{done:,} contracts within the next open interest, {odd:,} impossible")
    if found.unlisted:
        parts.append(f"{found.unlisted:,} contracts not in the chain left out")
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent=" " * 9)]
