"""A series of results as commands read it: which results, of which days, and what is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

from gex.cli import options, values
from gex.cli.log import LOGGER
from gex.ingest.errors import MissingError

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import polars as pl

    from gex.ingest.result_parts import Table
    from gex.ingest.result_store import Damaged

Which = Literal["restated", "as_reported"]
NAMED = 3
"""Missing sessions that are named, before the rest is counted."""


@dataclass(frozen=True)
class SeriesOptions:
    """Which results make a series."""

    results: Path | None
    which: Which
    spec: str | None
    start: dt.date | None
    end: dt.date | None
    skip_damaged: bool

    def __post_init__(self) -> None:
        """Refuse days in the wrong order."""
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"--to {self.end} lies before --from {self.start}")


def spec_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Check that a text can be the beginning of a fingerprint."""
    if value is not None and not (value and len(value) <= 16 and set(value) <= set("0123456789abcdef")):
        raise click.BadParameter(f"{value!r} is no beginning of a fingerprint such as 5b77aa10")
    return value


series_options = options.gathered(
    SeriesOptions,
    "given",
    options.results_option,
    click.option(
        "--restated/--as-reported",
        "which",
        default=True,
        callback=lambda _ctx, _param, restated: "restated" if restated else "as_reported",
        help="Of a quote time, the last result or the first; as reported is what was known then.",
    ),
    click.option(
        "--spec",
        metavar="HEX",
        callback=spec_of,
        help="Results under these settings alone: the first digits of spec_fingerprint.",
    ),
    click.option("--from", "start", metavar="DATE", callback=values.day_of, help="First date shown."),
    click.option("--to", "end", metavar="DATE", callback=values.day_of, help="Last date; nothing later is read."),
    click.option("--skip-damaged", is_flag=True, help="Name damaged results and leave them out, in place of failing."),
)


def needed_results(results: Path | None) -> Path:
    """Return the results' folder, which somebody must have named.

    Raises:
        click.UsageError: Nobody has.

    """
    if results is None:
        raise click.UsageError("no results named; give --results DIR, or set GEX_RESULTS")
    return results


def read_series(symbol: str, given: SeriesOptions) -> pl.DataFrame:
    """Return the summaries of a symbol up to the last date asked for, by quote time.

    Dates before the first one asked for are in it: they are the past of those after.

    Raises:
        click.UsageError: No folder was named.
        MissingError: It has nothing of the symbol until then.
        UnreadableError: A part is damaged, and they are not to be skipped.

    """
    from gex.ingest.result_store import scan_series

    results = needed_results(given.results)
    damaged = damaged_of(symbol, given)
    frame = scan_series(results, symbol, which=given.which, spec=given.spec, end=given.end, damaged=damaged).collect()
    if frame.is_empty():
        raise MissingError(f"no result of {symbol.upper()} until {given.end}", source=str(results))
    return frame


def damaged_of(symbol: str, given: SeriesOptions, table: Table = "summary") -> Damaged:
    """Return what becomes of damaged parts of a table; those that are to be left out are named."""
    from gex.ingest.result_store import damaged_parts, revisions

    if not given.skip_damaged:
        return "error"
    found = revisions(needed_results(given.results), table, symbol, spec=given.spec)
    for error in damaged_parts(found).values():
        LOGGER.warning("%s; left out", error)
    return "skip"


def shown(frame: pl.DataFrame, given: SeriesOptions) -> list[bool]:
    """Mark the rows from the first date asked for on.

    Raises:
        MissingError: There is none.

    """
    marks = [given.start is None or day >= given.start for day in frame["quote_date"]]
    if not any(marks):
        last = frame["quote_date"][-1]
        raise MissingError(f"no result from {given.start} on; the last is of {last}", source=str(given.results))
    return marks


def gaps(days: list[dt.date]) -> str | None:
    """Name the sessions between the first and the last day that are not among them."""
    from gex.ingest.calendar import next_session

    missing, day, there = [], days[0], set(days)
    while (day := next_session(day)) < days[-1]:
        if day not in there:
            missing.append(f"{day}")
    if not missing:
        return None
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return f"no result for {', '.join(missing[:NAMED])}{more}: a change across a gap is of several sessions"
