"""What `gex score` grades: our levels, those that vendors published, and the prices they are held against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gex.cli import histories
from gex.cli.log import LOGGER
from gex.cli.series import damaged_of, needed_results
from gex.ingest.errors import ContentError, MissingError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from gex.cli.series import SeriesOptions
    from gex.ingest.result_parts import Table
    from gex.score import On

OURS = ("gamma_flip", "call_wall", "put_wall", "absolute_gamma_strike", "high_vol_level")
OF_THE_DAY = ("zero_dte_gamma_flip", "zero_dte_call_wall", "zero_dte_put_wall")
"""Levels that do not outlive their session."""
NOON = 12
SESSION = 1 / 252
"""Years of trading in a session."""
ALIKE = 0.05
"""A close further than this from the results' spot, as a fraction, is of another underlying or another day."""


@dataclass(frozen=True)
class Prices:
    """Daily prices."""

    frame: pl.DataFrame
    """`date`, `high`, `low`, `close`."""
    name: str
    note: str | None = None


def prices_of(rows: pl.DataFrame, file: str | None, store: Path | None) -> Prices:
    """Return daily prices: of a file, of the history in the store, or the range of the results' own spots.

    Args:
        rows: All snapshots of the series.
        file: A daily history.
        store: May hold one, from `gex fetch --history`.

    Raises:
        ChainError: The file cannot be read, or is of another underlying.

    """
    import polars as pl

    symbol = rows["underlying"][0]
    if file is None and store is not None:
        kept = sorted((store / "history" / f"symbol={symbol}").glob("*.parquet"))
        file = str(kept[-1]) if kept else None
    if file is None:
        spots = pl.col("spot")
        days = rows.group_by(pl.col("quote_date").alias("date"), maintain_order=True)
        frame = days.agg(high=spots.max(), low=spots.min(), close=spots.last())
        note = (
            "no daily prices: ranges are those of the snapshots' own spots, which miss what lies between; give --prices"
        )
        return Prices(frame, "the snapshots' spots", note)
    frame = histories.read(file, symbol).frame.select("date", "high", "low", "close").drop_nulls()
    if frame.is_empty():
        raise ContentError("it has no highs and lows: which levels were touched cannot be told", source=file)
    _check(frame, rows, file)
    return Prices(frame, Path(file).name)


def _check(frame: pl.DataFrame, rows: pl.DataFrame, file: str) -> None:
    """Refuse prices that are not those of the underlying."""
    import polars as pl

    both = rows.join(frame, left_on="quote_date", right_on="date")
    far = both.filter((pl.col("close") / pl.col("spot") - 1).abs() > ALIKE)
    if len(far):
        day, close, spot = far.select("quote_date", "close", "spot").row(0)
        raise ContentError(
            f"it closed at {close:g} on {day}, and the results' spot was {spot:g}: another's", source=file
        )


def sessions_of(rows: pl.DataFrame, on: On) -> pl.DataFrame:
    """Return the snapshot of each session whose levels are graded: its last, or its first if that is before noon.

    Raises:
        MissingError: No session has one before noon.

    """
    import polars as pl

    sessions = rows.group_by("quote_date", maintain_order=True)
    if on == "next":
        return sessions.last()
    hour = pl.col("quote_time").dt.convert_time_zone("America/New_York").dt.hour()
    found = sessions.first().filter(hour < NOON)
    if found.is_empty():
        raise MissingError(f"no snapshot before noon in {rows['quote_date'].n_unique()} sessions", source="--on same")
    LOGGER.warning("a day's range holds what came before the snapshot as well, for levels and placebo levels alike")
    return found


def levels_of(sessions: pl.DataFrame, given: SeriesOptions, on: On) -> pl.DataFrame:
    """Return our levels as `gex.score.score` takes them, one row a level and session.

    Args:
        sessions: A snapshot of each session.
        given: What they were chosen by.
        on: The session they are graded on; those of 0DTE on their own alone.

    """
    import polars as pl

    from gex.ingest.result_store import scan_results

    symbol: str = sessions["underlying"][0]
    table: Table = "by_expiration"
    damaged = damaged_of(symbol, given, table)
    nearest = (
        scan_results(needed_results(given.results), table, symbol, spec=given.spec, damaged=damaged)
        .filter(pl.col("atm_iv").is_not_null())
        .sort("years", maintain_order=True)
        .group_by("part", maintain_order=True)
        .agg(pl.col("atm_iv").first())
        .collect()
    )
    names = OURS if on == "next" else (*OURS, *OF_THE_DAY)
    known = sessions.join(nearest, on="part", how="left", maintain_order="left").select(
        pl.col("quote_date").alias("date"),
        pl.lit("ours").alias("source"),
        "spot",
        (pl.col("spot") * pl.col("atm_iv") * SESSION**0.5).alias("sigma"),
        *names,
    )
    return known.unpivot(names, index=["date", "source", "spot", "sigma"], variable_name="name", value_name="level")


def published_of(levels: pl.DataFrame, symbol: str, results: Path, on: On) -> pl.DataFrame:
    """Add the levels that vendors published on the same dates, as `gex compare` kept them.

    Raises:
        UnreadableError: A file of them is damaged.

    """
    import polars as pl

    rows = list(_published(results / "published" / symbol, on))
    if not rows:
        return levels
    kept = pl.DataFrame(rows, schema={"date": pl.String, "source": pl.String, "name": pl.String, "level": pl.Float64})
    kept = kept.with_columns(pl.col("date").str.to_date()).unique(maintain_order=True)
    twice = kept.filter(pl.struct("date", "source", "name").is_duplicated())
    for day, source, name in twice.select("date", "source", "name").unique(maintain_order=True).iter_rows():
        LOGGER.warning("%s published %s of %s twice, with two values: left out", source, name, day)
    kept = kept.join(twice, on=["date", "source", "name"], how="anti")
    known = levels.select("date", "spot", "sigma").unique(maintain_order=True)
    return pl.concat([levels, kept.join(known, on="date", maintain_order="left").select(levels.columns)])


def _published(folder: Path, on: On) -> Iterator[dict[str, Any]]:
    """Yield levels, not figures in dollars; those of 0DTE only where they are graded on their own day."""
    from gex.level_names import named

    for path in sorted(folder.glob("*/*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            for level in document["levels"]:
                means = named(level["name"])
                lasting = means.scope != "0dte" or on == "same"
                if means.kind == "level" and lasting and level["value"] is not None:
                    who = {"date": document["quote_date"], "source": document["vendor"]}
                    yield who | {"name": level["name"], "level": float(level["value"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableError(f"not what gex compare kept ({type(error).__name__})", source=str(path)) from None
